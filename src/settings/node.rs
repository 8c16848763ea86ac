//! A configuration text as a tree in which every value knows where it stands.
//!
//! Nothing is converted here: what the file says is a whole number stays one.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Index into the origins of the load.
    pub file: usize,
    /// From 1; `None` for an environment variable.
    pub line: Option<usize>,
}

pub(super) type Table = BTreeMap<String, Node>;

#[derive(Clone, Debug)]
pub(super) struct Node {
    /// `None` only for tables that were put together from several layers.
    pub place: Option<Place>,
    pub value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// Something no key of ours takes, in words: a date, a number beyond 64 bits.
    Other(&'static str),
}

impl Node {
    /// Where a table that was put together from several layers begins: at the first value of the last layer.
    pub fn first_place(&self) -> Option<Place> {
        let Value::Table(table) = &self.value else { return self.place };
        let places = table.values().filter_map(|node| node.place.or_else(|| node.first_place()));
        places.max_by_key(|place| (place.file, std::cmp::Reverse(place.line)))
    }
}

/// A place where a text is not TOML.
pub(super) struct SyntaxError {
    pub line: usize,
    pub message: String,
}

/// Reads a whole file; what stands beside a syntax error is read all the same.
pub(super) fn parse_file(text: &str, file: usize) -> (Table, Vec<SyntaxError>) {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let errors = errors
        .iter()
        .map(|error| SyntaxError {
            line: lines.at(error.span().map_or(text.len(), |span| span.start)),
            message: error.message().to_lowercase().replace('\n', ", "),
        })
        .collect();
    (Shape { file, lines: Some(&lines) }.table(table.get_ref()), errors)
}

/// Reads an environment variable's text: a TOML value, or else the text itself.
pub(super) fn parse_variable(text: &str, file: usize) -> Node {
    let shape = Shape { file, lines: None };
    match DeValue::parse(text) {
        Ok(value) => shape.node(&value, value.span().start),
        Err(_) => Node { place: shape.place(0), value: Value::Text(text.to_owned()) },
    }
}

struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|&end| end < offset) + 1
    }
}

struct Shape<'a> {
    file: usize,
    lines: Option<&'a Lines>,
}

impl Shape<'_> {
    fn place(&self, offset: usize) -> Option<Place> {
        Some(Place { file: self.file, line: self.lines.map(|lines| lines.at(offset)) })
    }

    /// A value of a table stands where its key stands, so that a list over many lines is found by its name.
    fn table(&self, table: &DeTable<'_>) -> Table {
        table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), self.node(value, key.span().start)))
            .collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>, offset: usize) -> Node {
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .map_or(Value::Other("a number too large to count with"), Value::Integer),
            DeValue::Float(float) => {
                float.as_str().parse().map_or(Value::Other("a number too large to count with"), Value::Float)
            }
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(_) => Value::Other("a date or time"),
            DeValue::Array(list) => {
                Value::List(list.iter().map(|entry| self.node(entry, entry.span().start)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { place: self.place(offset), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(table: &Table, key: &str) -> Option<usize> {
        table.get(key).and_then(|node| node.place).and_then(|place| place.line)
    }

    #[test]
    fn values_stand_where_their_keys_do() {
        let (table, errors) =
            parse_file("a = 1\nb = [\n  2,\n  3,\n]\n[c]\nd = 'x'\n[[e]]\n[[e]]\nf = 1.5\n", 0);
        assert!(errors.is_empty());
        assert_eq!((line(&table, "a"), line(&table, "b"), line(&table, "c")), (Some(1), Some(2), Some(6)));
        let Value::List(b) = &table["b"].value else { panic!("b is a list") };
        assert_eq!(b[1].place, Some(Place { file: 0, line: Some(4) }));
        let Value::List(e) = &table["e"].value else { panic!("e is a list") };
        assert_eq!(e[1].place, Some(Place { file: 0, line: Some(9) }));
    }

    #[test]
    fn a_syntax_error_hides_nothing_else() {
        let (table, errors) = parse_file("a = \nb = 2\nc = 'x\nd = 4\n", 0);
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [1, 3]);
        assert!(matches!(table["b"].value, Value::Integer(2)));
        assert!(matches!(table["d"].value, Value::Integer(4)));
    }

    #[test]
    fn a_variable_is_a_value_or_else_a_text() {
        assert!(matches!(parse_variable("[1, 2]", 0).value, Value::List(_)));
        assert!(matches!(parse_variable("true", 0).value, Value::Flag(true)));
        assert!(matches!(parse_variable("Asia/Ho_Chi_Minh", 0).value, Value::Text(_)));
        assert!(matches!(parse_variable("\"7\"", 0).value, Value::Text(text) if text == "7"));
    }
}
