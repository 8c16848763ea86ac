//! What is wrong with a file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// Names the file, the row (line) and the column, where they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub file: PathBuf,
    pub row: Option<u64>,
    pub column: Option<String>,
    pub message: String,
}

impl Problem {
    pub fn new(file: &Path, message: impl Into<String>) -> Self {
        Self { file: file.into(), row: None, column: None, message: message.into() }
    }

    pub fn file(file: &Path, error: &std::io::Error) -> Self {
        Self::new(file, format!("cannot be read: {error}"))
    }

    pub fn row(file: &Path, row: u64, message: impl Into<String>) -> Self {
        Self { row: Some(row), ..Self::new(file, message) }
    }

    pub fn at(file: &Path, row: u64, column: &str, message: impl Into<String>) -> Self {
        Self { column: Some(column.into()), ..Self::row(file, row, message) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.file.display())?;
        if let Some(row) = self.row {
            write!(formatter, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(formatter, ", column {column:?}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

impl std::error::Error for Problem {}
