//! CSV files.
//!
//! A file is split as bytes and decoded field by field, strictly: a row with bytes that are no text in the
//! configured encoding is kept with those bytes escaped, and costs no other row. Memory is bounded by the
//! longest row, and a row by [`LONGEST_RECORD`].
//!
//! A file cut off inside a quoted field would read as if the field ended there. So an end mark is read
//! after the file: when it comes back inside a field, the file's last quote was never closed. A file cut
//! off inside its very last unquoted field cannot be told from one that ends there.
//!
//! Deliberately absent: guessing of encodings, delimiters or heads.

use std::cell::Cell as Shared;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;
use std::sync::Arc;

use ::csv::{ByteRecord, Reader, ReaderBuilder};
use encoding_rs::{Encoding, UTF_8};
use jiff::Timestamp;

use super::Sink;
use super::error::Error;
use super::file;
use super::row::{Cell, Header, Row};
use crate::domain::feed::Feed;
use crate::settings::{FeedMap, SourceSettings};

/// Past this a record is no record, and reading on would only fill the memory.
const LONGEST_RECORD: u64 = 256 << 20;

/// A last field with an unclosed quote that swallowed so many line ends did not lose its end: it lost its
/// quote, and everything after it.
const SWALLOWED_LINES: usize = 100;

const END: &[u8] = b"\x04\x04end of file\x04\x04";

/// Reads the file's first `limit` rows.
///
/// # Errors
/// [`Error::Unreadable`] for a file that is missing, empty, changing, or of another encoding as a whole.
pub(super) fn read(
    source: &SourceSettings,
    feed: Feed,
    map: &FeedMap,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<Timestamp, Error> {
    let (file, origin) = file::open(feed, map)?;
    let before = file::state(&file, feed, &origin)?;
    read_bytes(source, feed, &origin, &file, limit, sink)?;
    if file::state(&file, feed, &origin)? != before {
        return Err(file::changed(feed, &origin));
    }
    Ok(before.modified)
}

/// Reads the first `limit` rows of what a file holds, wherever that comes from.
///
/// # Errors
/// [`Error::Unreadable`] when it is empty, or of another encoding as a whole.
pub(super) fn read_bytes(
    source: &SourceSettings,
    feed: Feed,
    origin: &str,
    content: impl Read,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let encoding = encoding(source)?;
    let left = Rc::new(Shared::new(LONGEST_RECORD));
    let mut bytes = BufReader::with_capacity(1 << 16, Capped { inner: content, left: Rc::clone(&left) });
    skip_mark(&mut bytes, encoding, feed, origin)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(source.delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes.chain(&b"\n"[..]).chain(END));
    let mut records = Records { reader: &mut reader, left: &left, feed, origin, number: 0 };

    let mut ahead = ByteRecord::new();
    if !records.next(&mut ahead)? || is_end(&ahead) {
        return Err(Error::unreadable(feed, origin, "it is empty; it has no header"));
    }
    if ahead.iter().any(|name| name.ends_with(END)) {
        return Err(Error::unreadable(feed, origin, "its header opens a quote that is never closed"));
    }
    let header = Arc::new(header(&ahead, encoding, feed, origin, source.decimal)?);
    sink.head(&header)?;
    let (mut number, mut record) = (0, ByteRecord::new());
    let mut more = records.next(&mut ahead)?;
    while more && number < limit {
        std::mem::swap(&mut record, &mut ahead);
        more = records.next(&mut ahead)?;
        if !more && is_end(&record) {
            break;
        }
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        number += 1;
        let row = if more {
            row(&header, number, &record, encoding)
        } else {
            cut_off(&header, number, &record, encoding)?
        };
        sink.row(row);
    }
    Ok(())
}

fn encoding(source: &SourceSettings) -> Result<&'static Encoding, Error> {
    let label = &source.encoding;
    Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_ascii_compatible()).ok_or_else(|| {
        Error::Settings(format!("encoding {label:?} cannot be read; write one like \"utf-8\" or \"windows-1258\", or save the file as UTF-8"))
    })
}

/// Skips UTF-8's byte order mark; refuses a mark that contradicts the settings.
fn skip_mark(bytes: &mut impl BufRead, encoding: &Encoding, feed: Feed, origin: &str) -> Result<(), Error> {
    let start = bytes.fill_buf().map_err(|error| Error::because(feed, origin, "it cannot be read", error))?;
    match start {
        [0xEF, 0xBB, 0xBF, ..] if encoding == UTF_8 => bytes.consume(3),
        [0xEF, 0xBB, 0xBF, ..] => {
            return Err(Error::unreadable(
                feed,
                origin,
                "it begins with the mark of UTF-8; set `encoding` to \"utf-8\"",
            ));
        }
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] if encoding == UTF_8 => {
            return Err(Error::unreadable(feed, origin, "it is in UTF-16; save it as UTF-8"));
        }
        _ => {}
    }
    Ok(())
}

fn header(
    record: &ByteRecord,
    encoding: &'static Encoding,
    feed: Feed,
    origin: &str,
    decimal: char,
) -> Result<Header, Error> {
    let name = |field| encoding.decode_without_bom_handling_and_without_replacement(field);
    let names: Option<Vec<String>> = record.iter().map(|field| Some(name(field)?.into_owned())).collect();
    let names = names.ok_or_else(|| {
        let what =
            format!("its header is not in {}; set `encoding`, or save the file as UTF-8", encoding.name());
        Error::unreadable(feed, origin, what)
    })?;
    Header::new(feed, origin, names, decimal)
}

fn row(header: &Arc<Header>, number: u64, record: &ByteRecord, encoding: &'static Encoding) -> Row {
    let decode = |field: &[u8]| match encoding.decode_without_bom_handling_and_without_replacement(field) {
        Some(text) => Cell::Text(text.into_owned()),
        None => Cell::Bytes(field.to_vec()),
    };
    let cells: Vec<Cell> = record.iter().map(decode).collect();
    let (fields, wanted) = (cells.len(), header.columns.len());
    let undecoded = cells.iter().any(|cell| matches!(cell, Cell::Bytes(_)));
    let mut row = if fields > wanted {
        Row::new(&Arc::new(header.widened(fields)), number, cells)
    } else {
        Row::new(header, number, cells)
    };
    if fields != wanted {
        let reason =
            format!("{fields} fields where the header has {wanted}; quote fields that hold the delimiter");
        row.fault.get_or_insert(reason);
    } else if undecoded {
        let reason = format!(
            "it has bytes that are not {}; set `encoding`, or correct it at the source",
            encoding.name()
        );
        row.fault.get_or_insert(reason);
    }
    row
}

/// The last row of a file whose last quote is not closed.
fn cut_off(
    header: &Arc<Header>,
    number: u64,
    record: &ByteRecord,
    encoding: &'static Encoding,
) -> Result<Row, Error> {
    let mut fields: Vec<&[u8]> = record.iter().collect();
    if let Some(last) = fields.last_mut() {
        *last = last.strip_suffix(END).and_then(|last| last.strip_suffix(b"\n")).unwrap_or(last);
        if last.iter().filter(|byte| **byte == b'\n').count() > SWALLOWED_LINES {
            let what = format!(
                "the quote that row {number} opens is never closed, and the rest of the file is in it"
            );
            return Err(Error::unreadable(header.feed, &header.origin, what));
        }
    }
    let mut row = row(header, number, &fields.into_iter().collect(), encoding);
    row.fault = Some("the file ends inside a quoted field: it was cut off; export it again".to_owned());
    Ok(row)
}

fn is_end(record: &ByteRecord) -> bool {
    record.len() == 1 && &record[0] == END
}

struct Records<'a, R> {
    reader: &'a mut Reader<R>,
    left: &'a Shared<u64>,
    feed: Feed,
    origin: &'a str,
    number: u64,
}

impl<R: Read> Records<'_, R> {
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool, Error> {
        self.left.set(LONGEST_RECORD);
        self.number += 1;
        self.reader.read_byte_record(record).map_err(|error| {
            let what = if self.left.get() == 0 {
                format!(
                    "line {} or so opens a quote that is not closed within {} MiB",
                    self.number,
                    LONGEST_RECORD >> 20
                )
            } else {
                "it cannot be read".to_owned()
            };
            Error::because(self.feed, self.origin, what, error)
        })
    }
}

/// Fails after so many bytes, which are given anew for each record.
struct Capped<R> {
    inner: R,
    left: Rc<Shared<u64>>,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left.get() == 0 {
            return Err(std::io::Error::other("a record is too long"));
        }
        let read = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}
