//! A row as a source holds it, before anybody has understood it, and what is kept of one that does not fit.
//!
//! Invariant: what is kept of a row is lossless: every column with its value, bytes that are no text
//! escaped so that they can be told.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use zeroize::Zeroize;

use super::error::Error;
use crate::domain::feed::{Feed, Rejected};

/// A row may hold this many bytes; no shop's row does, but a file with an unclosed quote has such rows.
pub(super) const LARGEST_ROW: usize = 1 << 20;

/// The columns of one file or query, as it names them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub feed: Feed,
    /// The file's or the query's name; never a value.
    pub origin: String,
    pub columns: Vec<String>,
    /// The decimal sign in which numbers are kept, the source's own: so they read back the same.
    pub decimal: char,
}

impl Header {
    /// # Errors
    /// When two columns have the same name: nobody could tell which one is meant.
    pub fn new(feed: Feed, origin: &str, columns: Vec<String>, decimal: char) -> Result<Self, Error> {
        let mut columns: Vec<String> = columns.into_iter().map(|name| name.trim().to_owned()).collect();
        for (index, name) in columns.iter_mut().enumerate().filter(|(_, name)| name.is_empty()) {
            *name = nameless(index);
        }
        let mut seen = BTreeSet::new();
        if let Some(index) = columns.iter().position(|name| !seen.insert(name.as_str())) {
            return Err(Error::unreadable(
                feed,
                origin,
                format!("column {} has the name of an earlier one; give each its own name", index + 1),
            ));
        }
        Ok(Self { feed, origin: origin.to_owned(), columns, decimal })
    }

    /// The same head, lengthened for a row that has more fields than it.
    pub fn widened(&self, fields: usize) -> Self {
        let more = (self.columns.len()..fields).map(nameless);
        Self {
            feed: self.feed,
            origin: self.origin.clone(),
            columns: self.columns.iter().cloned().chain(more).collect(),
            decimal: self.decimal,
        }
    }
}

/// What a column without a name is called, by its place.
fn nameless(index: usize) -> String {
    format!("column {}", index + 1)
}

/// One value, with as much type as its source gives it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// SQL's NULL.
    Missing,
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Day(Date),
    /// A date and time of no zone.
    Local(DateTime),
    Instant(Timestamp),
    /// No text: a BLOB, or bytes that are not in the configured encoding.
    Bytes(Vec<u8>),
    /// The text that was kept of a typed value (see [`Cell::text`]).
    Kept(String),
}

impl Cell {
    /// The value as text; `None` when it is missing.
    pub fn text(&self, decimal: char) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Missing => return None,
            Self::Text(text) | Self::Kept(text) => Cow::Borrowed(text),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Real(number) => Cow::Owned(number.to_string().replace('.', &decimal.to_string())),
            Self::Boolean(truth) => Cow::Owned(truth.to_string()),
            Self::Day(day) => Cow::Owned(day.to_string()),
            Self::Local(instant) => Cow::Owned(instant.to_string()),
            Self::Instant(instant) => Cow::Owned(instant.to_string()),
            Self::Bytes(bytes) => Cow::Owned(escaped(bytes)),
        })
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Kept(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => size_of::<Self>(),
        }
    }
}

/// Printable ASCII as it stands, every other byte as `\xNN`, the backslash doubled.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text
}

/// A row with its place. Its texts are overwritten when it is dropped.
#[derive(Debug)]
pub(super) struct Row {
    pub header: Arc<Header>,
    /// From 1; 0 when unknown.
    pub number: u64,
    pub cells: Vec<Cell>,
    /// Why the row as a whole is no row of this file, whatever its values say.
    pub fault: Option<String>,
}

impl Row {
    pub fn new(header: &Arc<Header>, number: u64, cells: Vec<Cell>) -> Self {
        let size: usize = cells.iter().map(Cell::size).sum();
        let fault = (size > LARGEST_ROW).then(|| {
            format!("the row has {size} bytes where {LARGEST_ROW} are the most; shorten it at its source")
        });
        Self { header: Arc::clone(header), number, cells, fault }
    }

    /// A row that was kept, as it was.
    pub fn kept(header: &Arc<Header>, rejected: &mut Rejected, typed: bool) -> Self {
        let cell = if typed { Cell::Kept } else { Cell::Text };
        let cells = std::mem::take(&mut rejected.raw).into_values().map(cell).collect();
        let fault = rejected.column.is_empty().then(|| rejected.reason.clone());
        Self { header: Arc::clone(header), number: rejected.row, cells, fault }
    }

    /// Whether two rows hold the same in every column.
    pub fn same(&self, other: &Self) -> bool {
        self.header == other.header && self.cells == other.cells
    }

    pub fn reject(&self, mut unfit: Unfit) -> Rejected {
        let raw: BTreeMap<String, String> = std::iter::zip(&self.header.columns, &self.cells)
            .filter_map(|(name, cell)| Some((name.clone(), cell.text(self.header.decimal)?.into_owned())))
            .collect();
        Rejected {
            feed: self.header.feed,
            origin: self.header.origin.clone(),
            row: self.number,
            column: unfit.column.to_owned(),
            value: std::mem::take(&mut unfit.value),
            reason: std::mem::take(&mut unfit.reason),
            raw,
        }
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        for cell in &mut self.cells {
            match cell {
                Cell::Text(text) | Cell::Kept(text) => text.zeroize(),
                Cell::Bytes(bytes) => bytes.zeroize(),
                _ => {}
            }
        }
    }
}

/// Why a row does not fit.
#[derive(Debug)]
pub(super) struct Unfit {
    /// Our column, or empty for the row as a whole: such a row is not tried again by itself, for only
    /// its whole file can tell whether it fits now.
    pub column: &'static str,
    pub value: String,
    pub reason: String,
}

impl Unfit {
    pub fn row(reason: impl Into<String>) -> Self {
        Self { column: "", value: String::new(), reason: reason.into() }
    }

    pub fn of(column: &'static str, reason: impl Into<String>) -> Self {
        Self { column, value: String::new(), reason: reason.into() }
    }
}

impl Drop for Unfit {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}
