//! Layers put over each other: the `config` crate decides what covers what.
//!
//! Tables join key by key; anything else, lists included, covers what lies below it as a whole. Values go
//! in and come out as they are: `config`'s own conversions are never asked for, and each value carries
//! its place through as its origin.

use config::{ConfigError, Source, ValueKind};

use super::node::{Node, Place, Table, Value};

/// One file or variable.
#[derive(Clone, Debug)]
pub(super) struct Layer(pub Table);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    /// `config` takes the uppermost keys for paths; a key with a dot in it is none of ours, and has been
    /// reported when the layer was read by itself.
    fn collect(&self) -> Result<config::Map<String, config::Value>, ConfigError> {
        let plain = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Ok(self
            .0
            .iter()
            .filter(|(key, _)| plain(key))
            .map(|(key, node)| (key.clone(), to_config(node)))
            .collect())
    }
}

/// The lowest layer first.
pub(super) fn merge(layers: &[Layer]) -> Result<Table, ConfigError> {
    let mut builder = config::Config::builder();
    for layer in layers {
        builder = builder.add_source(layer.clone());
    }
    Ok(builder.build()?.collect()?.into_iter().map(|(key, value)| (key, from_config(value))).collect())
}

fn to_config(node: &Node) -> config::Value {
    let origin = node.place.map(|place| format!("{}:{}", place.file, place.line.unwrap_or(0)));
    let kind = match &node.value {
        Value::Text(text) => ValueKind::String(text.clone()),
        Value::Integer(integer) => ValueKind::I64(*integer),
        Value::Float(float) => ValueKind::Float(*float),
        Value::Flag(flag) => ValueKind::Boolean(*flag),
        Value::List(list) => ValueKind::Array(list.iter().map(to_config).collect()),
        Value::Table(table) => {
            ValueKind::Table(table.iter().map(|(key, node)| (key.clone(), to_config(node))).collect())
        }
        Value::Other(_) => ValueKind::Nil,
    };
    config::Value::new(origin.as_ref(), kind)
}

fn from_config(value: config::Value) -> Node {
    let place = value.origin().and_then(|origin| {
        let (file, line) = origin.split_once(':')?;
        let line = line.parse().ok()?;
        Some(Place { file: file.parse().ok()?, line: (line > 0).then_some(line) })
    });
    let value = match value.kind {
        ValueKind::String(text) => Value::Text(text),
        ValueKind::I64(integer) => Value::Integer(integer),
        ValueKind::Float(float) => Value::Float(float),
        ValueKind::Boolean(flag) => Value::Flag(flag),
        ValueKind::Array(list) => Value::List(list.into_iter().map(from_config).collect()),
        ValueKind::Table(table) => {
            Value::Table(table.into_iter().map(|(key, value)| (key, from_config(value))).collect())
        }
        ValueKind::Nil | ValueKind::I128(_) | ValueKind::U64(_) | ValueKind::U128(_) => {
            Value::Other("a value of another type")
        }
    };
    Node { place, value }
}

#[cfg(test)]
mod tests {
    use super::super::node::parse_file;
    use super::*;

    #[test]
    fn tables_join_and_lists_cover() {
        let layer = |text, file| Layer(parse_file(text, file).0);
        let merged = merge(&[
            layer("[a]\nb = 1\nc = [1, 2]\n[[s]]\nx = 1\n[[s]]\nx = 2\n", 0),
            layer("[a]\nc = [3]\nd = 2.7\n[[s]]\ny = true\n", 1),
        ])
        .unwrap();
        let Value::Table(a) = &merged["a"].value else { panic!("a is a table") };
        assert!(matches!(
            a["b"],
            Node { place: Some(Place { file: 0, line: Some(2) }), value: Value::Integer(1) }
        ));
        assert!(matches!(&a["c"].value, Value::List(list) if list.len() == 1));
        assert!(matches!(a["d"].value, Value::Float(float) if float == 2.7));
        assert!(matches!(&merged["s"].value, Value::List(list) if list.len() == 1));
    }
}
