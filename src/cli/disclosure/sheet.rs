//! A CSV file, whole: its header, and its rows with the line each stands in.

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use super::problem::Problem;
use crate::settings::one_of;

#[derive(Debug)]
pub(super) struct Sheet {
    path: PathBuf,
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

#[derive(Debug)]
pub(super) struct Row {
    pub line: u64,
    fields: csv::StringRecord,
}

impl Row {
    /// A field without the blanks around it.
    pub fn field(&self, at: usize) -> &str {
        self.fields[at].trim()
    }
}

impl Sheet {
    pub fn parse(path: &Path, text: &str, delimiter: u8) -> Result<Self, Problem> {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let unreadable = |error: csv::Error| Problem {
            row: error.position().map(csv::Position::line),
            ..Problem::new(path, error.to_string())
        };
        let header: Vec<String> =
            reader.headers().map_err(unreadable)?.iter().map(|name| name.trim().to_owned()).collect();
        if header.iter().all(String::is_empty) {
            return Err(Problem::new(path, "the file is empty; its first row must name the columns"));
        }
        let mut lines = Lines { text, line: 1, byte: 0 };
        let mut rows = Vec::new();
        for fields in reader.records() {
            let fields = fields.map_err(unreadable)?;
            let line = lines.of(fields.position().map_or(0, csv::Position::byte));
            if fields.len() != header.len() {
                let message = format!("has {} fields, but the header {}", fields.len(), header.len());
                return Err(Problem::row(path, line, message));
            }
            rows.push(Row { line, fields });
        }
        Ok(Self { path: path.into(), header, rows })
    }

    /// Where a column stands.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }

    /// Where a column stands that `why` asks for; there must be exactly one.
    pub fn need(&self, name: &str, why: &str) -> Result<usize, Problem> {
        let named: Vec<usize> = (0..self.header.len()).filter(|&at| self.header[at] == name).collect();
        match named[..] {
            [at] => Ok(at),
            [] => {
                let near = one_of(name, self.header.iter().map(String::as_str));
                let message = match self.header.len() {
                    1 => format!(
                        "there is no such column ({why}); the header is one column, so see delimiter in [input]"
                    ),
                    _ => format!("there is no such column ({why}); {near}"),
                };
                Err(Problem::at(&self.path, 1, name, message))
            }
            _ => Err(Problem::at(&self.path, 1, name, "two columns have this name")),
        }
    }
}

/// Counts lines as it goes through a text.
struct Lines<'t> {
    text: &'t str,
    line: u64,
    byte: usize,
}

impl Lines<'_> {
    /// The line in which the record stands that was asked for at a byte: the end of the line before, and empty lines, are
    /// passed over.
    fn of(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut to = usize::try_from(byte).unwrap_or(bytes.len()).min(bytes.len());
        while to < bytes.len() && matches!(bytes[to], b'\r' | b'\n') {
            to += 1;
        }
        self.line += bytes[self.byte..to.max(self.byte)].iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.byte = to.max(self.byte);
        self.line
    }
}

/// A file's text in composed letters, so that the same word is the same in every encoding; a byte order mark says
/// the encoding itself.
pub(super) fn read_text(path: &Path, encoding: &str) -> Result<String, Problem> {
    let bytes = std::fs::read(path).map_err(|error| Problem::file(path, &error))?;
    let known = encoding_rs::Encoding::for_label(encoding.as_bytes())
        .ok_or_else(|| Problem::new(path, format!("the encoding {encoding:?} is not known")))?;
    let (text, used, failed) = known.decode(&bytes);
    if failed {
        let row = text.split('\u{fffd}').next().map_or(0, |before| before.matches('\n').count()) as u64 + 1;
        return Err(Problem::row(
            path,
            row,
            format!("the text is not {}; name its encoding in [input]", used.name()),
        ));
    }
    if unicode_normalization::is_nfc(&text) { Ok(text.into_owned()) } else { Ok(text.nfc().collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_know_their_lines_whatever_ends_them() {
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,2", "", "\"x", "y\",4", "5,6"].join(end);
            let sheet = Sheet::parse(Path::new("a.csv"), &text, b',').expect("is well-formed");
            let lines: Vec<u64> = sheet.rows.iter().map(|row| row.line).collect();
            assert_eq!(lines, [2, 4, 6], "{end:?}");
        }
    }
}
