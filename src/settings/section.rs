//! Strict reading, key by key: every wrong value and every unknown key is noted, and reading goes on.
//!
//! A value is taken as the type the file gave it or refused; nothing is converted. What a section never
//! asks for is an unknown key. A reader of one layer alone does not mind what is missing; the reader of
//! all layers together does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::node::{Node, Place, Table, Value};
use super::problem::{Fault, Problem, one_of};

/// A file or variable that settings come from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// As problems name it.
    pub name: String,
    /// Relative paths in it start here.
    pub base: PathBuf,
}

/// What one reading has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub problems: Vec<Problem>,
    /// Every key that was asked for, entries of lists as `[]`.
    pub known: BTreeSet<String>,
    /// Where each key stands that is there.
    pub places: BTreeMap<String, Place>,
}

/// What all sections of one reading share.
pub(super) struct Reader<'r> {
    pub origins: &'r [Origin],
    /// Whether these are all layers together, so that what is missing is missing.
    pub whole: bool,
    /// The file that what is missing should be put into.
    pub home: &'r str,
    pub seen: RefCell<Seen>,
}

impl<'r> Reader<'r> {
    pub fn new(origins: &'r [Origin], whole: bool, home: &'r str) -> Self {
        Self { origins, whole, home, seen: RefCell::default() }
    }

    /// Reads a whole document.
    pub fn document<T>(&'r self, table: &'r Table, read: impl FnOnce(&mut Section<'r>) -> T) -> T {
        let mut section =
            Section { reader: self, path: String::new(), table, asked: Vec::new(), place: None };
        let result = read(&mut section);
        section.finish();
        result
    }

    /// Notes what is wrong with the key at `path`, wherever it stands; with the file it belongs into, if
    /// it stands nowhere but in the built-in defaults.
    pub fn note_key(&self, path: &str, fault: Fault) {
        let place = self.seen.borrow().places.get(path).copied().filter(|place| place.file != BUILT_IN);
        self.note(place, path, fault);
    }

    fn note(&self, place: Option<Place>, path: &str, fault: Fault) {
        let file = place.map_or(self.home, |place| &self.origins[place.file].name).to_owned();
        let line = place.and_then(|place| place.line);
        let Fault { message, remedy } = fault;
        self.seen.borrow_mut().problems.push(Problem { file, line, key: path.to_owned(), message, remedy });
    }
}

/// The index of the embedded `default.toml` among the origins.
pub(super) const BUILT_IN: usize = 0;

/// A table being read.
pub(super) struct Section<'r> {
    pub reader: &'r Reader<'r>,
    path: String,
    table: &'r Table,
    asked: Vec<&'static str>,
    place: Option<Place>,
}

static NOTHING: Table = Table::new();

impl<'r> Section<'r> {
    /// A key without which there is no setting.
    pub fn required<T>(&mut self, key: &'static str, read: impl FnOnce(Field<'r>) -> Option<T>) -> Option<T> {
        match self.field(key) {
            Some(field) => read(field),
            None => {
                self.missing(key, "is not set", format!("add `{key}` (see default.toml)"));
                None
            }
        }
    }

    /// A key that may be missing.
    pub fn optional<T>(&mut self, key: &'static str, read: impl FnOnce(Field<'r>) -> Option<T>) -> Option<T> {
        self.field(key).and_then(read)
    }

    /// A table; a missing one is read as an empty one, so that each key it lacks is named.
    pub fn child<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'r>) -> Option<T>,
    ) -> Option<T> {
        match self.field(key) {
            Some(field) => field.section(read),
            None => {
                let (path, reader) = (self.path_of(key), self.reader);
                let mut child =
                    Section { reader, path, table: &NOTHING, asked: Vec::new(), place: self.place };
                read(&mut child)
            }
        }
    }

    /// Every key of a table whose keys the administrator chooses.
    pub fn entries(&mut self) -> Vec<(&'r str, Field<'r>)> {
        self.asked.clear();
        let fields = self.table.iter().map(|(key, node)| (key.as_str(), self.field_of(key, node))).collect();
        self.table = &NOTHING;
        fields
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes a key that has no meaning here.
    pub fn refuse(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        if let Some(node) = self.table.get(key) {
            self.reader.note(node.place, &self.path_of(key), Fault::new(message, remedy));
        }
    }

    /// Notes a key that is missing, unless another layer may have it.
    pub fn missing(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        if self.reader.whole && !self.has(key) {
            let place = self.place.filter(|place| place.file != BUILT_IN);
            self.reader.note(place, &self.path_of(key), Fault::new(message, remedy));
        }
    }

    fn field(&mut self, key: &'static str) -> Option<Field<'r>> {
        self.asked.push(key);
        let path = self.path_of(key);
        self.reader.seen.borrow_mut().known.insert(without_numbers(&path));
        self.table.get(key).map(|node| self.field_of(key, node))
    }

    fn field_of(&self, key: &str, node: &'r Node) -> Field<'r> {
        let path = self.path_of(key);
        if let Some(place) = node.place {
            self.reader.seen.borrow_mut().places.insert(path.clone(), place);
        }
        Field { reader: self.reader, path, node }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn finish(self) {
        for (key, node) in self.table.iter().filter(|(key, _)| !self.asked.contains(&key.as_str())) {
            let fault = if is_secret(key) {
                Fault::new(
                    "a secret may not stand in the configuration",
                    "put it into a file of mode 0600 and name that file (`mail.password_file`, `vault.master_key_file`)",
                )
            } else {
                let known = self.asked.iter().copied();
                Fault::new(format!("the key `{key}` is not known"), one_of(key, known))
            };
            self.reader.note(node.place.or_else(|| first_place(node)), &self.path_of(key), fault);
        }
    }
}

/// A value being read.
#[derive(Clone)]
pub(super) struct Field<'r> {
    pub reader: &'r Reader<'r>,
    pub path: String,
    node: &'r Node,
}

impl<'r> Field<'r> {
    /// Notes that the value is wrong; it gives nothing, so that `field.wrong(..)` can stand for it.
    pub fn wrong<T>(&self, message: impl Into<String>, remedy: impl Into<String>) -> Option<T> {
        self.check(Err(Fault::new(message, remedy)))
    }

    pub fn check<T>(&self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.reader.note(self.node.place, &self.path, fault)).ok()
    }

    pub fn text(&self) -> Option<&'r str> {
        match &self.node.value {
            Value::Text(text) => Some(text),
            Value::Integer(_) | Value::Float(_) | Value::Flag(_) | Value::Other(_) => {
                self.expected("a text", "write it in quotes")
            }
            _ => self.expected("a text", "write one text in quotes"),
        }
    }

    /// A text that fits in one line, such as a name: not empty, no control characters.
    pub fn line(&self) -> Option<String> {
        let text = self.text()?;
        if text.trim().is_empty() {
            return self.wrong("is empty", "write a text");
        }
        if text.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')) {
            return self.wrong("has a line break or another control character in it", "write it in one line");
        }
        Some(text.to_owned())
    }

    /// A name of our own making: small letters, digits, `-` and `_`.
    pub fn slug(&self) -> Option<String> {
        let text = self.text()?;
        if is_slug(text) {
            return Some(text.to_owned());
        }
        self.wrong(
            "is not a plain name",
            "write small letters a-z, digits, - and _ only, a letter first, 60 at most",
        )
    }

    pub fn integer(&self, range: RangeInclusive<i64>) -> Option<i64> {
        let Value::Integer(integer) = self.node.value else {
            return self.expected("a whole number", "write digits only, without quotes or a fraction");
        };
        if range.contains(&integer) {
            return Some(integer);
        }
        let (least, most) = range.into_inner();
        let remedy = if most == i64::MAX {
            format!("write {least} or more")
        } else {
            format!("write {least} to {most}")
        };
        self.wrong(format!("{integer} is out of range"), remedy)
    }

    pub fn number(&self) -> Option<f64> {
        match self.node.value {
            Value::Float(float) if float.is_finite() => Some(float),
            // Up to 2^53, far beyond any setting, a whole number is exact as a float.
            Value::Integer(integer) => Some(integer as f64),
            _ => self.expected("a number", "write a number such as 10 or 12.5, without quotes"),
        }
    }

    pub fn flag(&self) -> Option<bool> {
        match self.node.value {
            Value::Flag(flag) => Some(flag),
            _ => self.expected("true or false", "write true or false, without quotes"),
        }
    }

    pub fn choice<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.or_else(|| {
            let words = words.iter().map(|(word, _)| *word);
            self.wrong(format!("the word {text:?} is not known here"), one_of(text, words))
        })
    }

    /// A path; a relative one starts where the file stands that names it.
    pub fn path(&self) -> Option<PathBuf> {
        self.path_after("")
    }

    /// A path behind a word such as `maildir:`.
    pub fn path_after(&self, word: &str) -> Option<PathBuf> {
        let text = self.line()?;
        let path = text.strip_prefix(word).unwrap_or(&text);
        if path.is_empty() {
            return self.wrong("names no path", "write the path");
        }
        let base = self.node.place.map(|place| &self.reader.origins[place.file].base);
        Some(base.map_or_else(|| PathBuf::from(path), |base| base.join(path)))
    }

    /// Every entry of a table whose keys the administrator chooses.
    pub fn entries(&self) -> Option<Vec<(&'r str, Field<'r>)>> {
        self.section(|section| Some(section.entries()))
    }

    /// A table of texts by key; `read` gets each key and its value.
    pub fn texts(
        &self,
        mut read: impl FnMut(&str, &Field<'r>) -> Option<String>,
    ) -> Option<BTreeMap<String, String>> {
        let entries: Vec<_> = self
            .entries()?
            .into_iter()
            .map(|(key, field)| Some((key.to_owned(), read(key, &field)?)))
            .collect();
        entries.into_iter().collect()
    }

    /// Reads every entry, and gives nothing when one of them is wrong.
    pub fn list<T>(&self, mut read: impl FnMut(Field<'r>) -> Option<T>) -> Option<Vec<T>> {
        let Value::List(list) = &self.node.value else {
            return self.expected("a list", "write it in brackets: [ ... ]");
        };
        let entries: Vec<Option<T>> = list
            .iter()
            .enumerate()
            .map(|(index, node)| {
                read(Field { reader: self.reader, path: format!("{}[{}]", self.path, index + 1), node })
            })
            .collect();
        entries.into_iter().collect()
    }

    pub fn section<T>(&self, read: impl FnOnce(&mut Section<'r>) -> Option<T>) -> Option<T> {
        let Value::Table(table) = &self.node.value else {
            return self.expected("a table", "write it as a [section] or { key = value }");
        };
        let place = self.node.place.or_else(|| first_place(self.node));
        let (reader, path) = (self.reader, self.path.clone());
        let mut section = Section { reader, path, table, asked: Vec::new(), place };
        let result = read(&mut section);
        section.finish();
        result
    }

    fn expected<T>(&self, what: &str, remedy: &str) -> Option<T> {
        let found = match &self.node.value {
            Value::Text(_) => "this is a text".to_owned(),
            Value::Integer(integer) => format!("{integer} is a whole number"),
            Value::Float(float) => format!("{float} is a number with a fraction"),
            Value::Flag(flag) => format!("{flag} is a truth value"),
            Value::List(_) => "this is a list".to_owned(),
            Value::Table(_) => "this is a table".to_owned(),
            Value::Other(what) => format!("this is {what}"),
        };
        self.wrong(format!("{found}, but {what} belongs here"), remedy)
    }
}

pub(super) fn is_slug(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase().replace('-', "_");
    [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "master_key",
        "private_key",
        "credentials",
    ]
    .iter()
    .any(|word| key.ends_with(word))
}

/// Where a table that was put together of layers begins: at the first of its values.
fn first_place(node: &Node) -> Option<Place> {
    match &node.value {
        Value::Table(table) => {
            let places = table.values().filter_map(|node| node.place.or_else(|| first_place(node)));
            places.max_by_key(|place| (place.file, std::cmp::Reverse(place.line)))
        }
        _ => node.place,
    }
}

fn without_numbers(path: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for letter in path.chars() {
        inside = letter == '[' || (inside && letter != ']');
        if !inside || letter == '[' {
            plain.push(letter);
        }
    }
    plain
}
