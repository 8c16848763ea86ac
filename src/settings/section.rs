//! Strict reading, key by key: every wrong value and every unknown key is noted, and reading goes on.
//!
//! A value is taken as the type the file gave it or refused; nothing is converted. What a section never
//! asks for is an unknown key. A reader of one layer alone does not mind what is missing; the reader of
//! all layers together does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::field::Field;
use super::node::{Node, Place, Table};
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
    /// Lists of recipients: the key they stand at, and whom they name.
    pub told: Vec<(String, Vec<String>)>,
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

    pub fn note(&self, place: Option<Place>, path: &str, fault: Fault) {
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
    /// Reads a table to its end: what `read` does not ask for is unknown.
    pub fn read<T>(
        reader: &'r Reader<'r>,
        path: String,
        table: &'r Table,
        place: Option<Place>,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let mut section = Section { reader, path, table, asked: Vec::new(), place };
        let result = read(&mut section);
        section.finish();
        result
    }

    /// A key without which there is no setting.
    pub fn required<T>(&mut self, key: &'static str, read: impl FnOnce(Field<'r>) -> Option<T>) -> Option<T> {
        match self.field(key) {
            Some(field) => read(field),
            None => {
                let remedy = match self.path.as_str() {
                    "" => format!("add `{key}`"),
                    path if path.contains('[') => format!("add `{key}` to {path}"),
                    path => format!("add `{key}` to [{path}]"),
                };
                self.missing(key, "is not set", remedy);
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
        Field::new(self.reader, self.path_of(key), node)
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
            self.reader.note(node.place.or_else(|| node.first_place()), &self.path_of(key), fault);
        }
    }
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
