//! One value, taken as the type it has or refused.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::node::{Node, Value};
use super::problem::{Fault, one_of};
use super::section::{Reader, Section};

/// A value being read.
#[derive(Clone)]
pub(super) struct Field<'r> {
    pub reader: &'r Reader<'r>,
    pub path: String,
    pub node: &'r Node,
}

impl<'r> Field<'r> {
    pub fn new(reader: &'r Reader<'r>, path: String, node: &'r Node) -> Self {
        if let Some(place) = node.place {
            reader.seen.borrow_mut().places.insert(path.clone(), place);
        }
        Self { reader, path, node }
    }

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
            .map(|(index, node)| read(Field::new(self.reader, format!("{}[{}]", self.path, index + 1), node)))
            .collect();
        entries.into_iter().collect()
    }

    pub fn section<T>(&self, read: impl FnOnce(&mut Section<'r>) -> Option<T>) -> Option<T> {
        let Value::Table(table) = &self.node.value else {
            return self.expected("a table", "write it as a [section] or { key = value }");
        };
        let place = self.node.place.or_else(|| self.node.first_place());
        Section::read(self.reader, self.path.clone(), table, place, read)
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
