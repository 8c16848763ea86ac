//! A server's texts as values of the type that its column has there.

use jiff::civil::{Date, DateTime};
use jiff::{Timestamp, tz};

use crate::settings::SourceSettings;
use crate::source::Context;
use crate::source::dates::Dates;
use crate::source::error::Error;
use crate::source::row::Cell;

/// A column of a query, as the server tells of it.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    /// Exact, with decimals.
    Number,
    Real,
    Boolean,
    Day,
    /// Of no zone.
    Local,
    Instant,
    Bytes,
}

/// How the source's instants are written: in which zone, and since when it is asked.
pub(super) struct Offset {
    since: Timestamp,
    /// As `:since` is written for a column of texts.
    pub since_text: String,
    /// In the source's zone.
    since_local: DateTime,
    has_formats: bool,
    /// Of the source's zone, at the fetch.
    pub at_server: tz::Offset,
}

impl Offset {
    /// # Errors
    /// [`Error::Settings`] for a zone or a date format that is none.
    pub fn new(source: &SourceSettings, context: &Context<'_>) -> Result<Self, Error> {
        let dates = Dates::new(source, context.zone)?;
        let since = context.asked_since();
        let zone = dates.zone();
        let at_server = zone.to_offset(context.now);
        // Where the zone's offset has changed since, the earlier of both: a row twice rather than never.
        let since_local = at_server.to_datetime(since).min(zone.to_datetime(since));
        let since_text = dates.written(since)?;
        Ok(Self { since, since_text, since_local, has_formats: !source.date_formats.is_empty(), at_server })
    }

    /// `:since` for a column of instants.
    pub fn since_instant(&self) -> String {
        self.since.to_string()
    }

    /// `:since` for a column of days and times of no zone.
    pub fn since_local(&self) -> String {
        self.since_local.strftime("%Y-%m-%d %H:%M:%S%.6f").to_string()
    }

    /// `:since` where nobody knows what it is compared with.
    pub fn since_anything(&self) -> String {
        if self.has_formats { self.since_text.clone() } else { self.since_local() }
    }
}

/// A value that does not look like its kind stays a text, and is rejected with its reason.
pub(super) fn cell(kind: Kind, text: String, offset: &Offset, decimal: char) -> Cell {
    // What MySQL has where it has no date.
    if matches!(kind, Kind::Day | Kind::Local | Kind::Instant) && text.starts_with("0000-00-00") {
        return Cell::Missing;
    }
    let read = match kind {
        Kind::Text => None,
        Kind::Number if decimal == '.' => None,
        Kind::Number => Some(Cell::Text(text.replace('.', &decimal.to_string()))),
        Kind::Integer => text.parse().ok().map(Cell::Integer),
        Kind::Real => text.parse().ok().map(Cell::Real),
        Kind::Boolean => text.parse().ok().map(Cell::Boolean),
        Kind::Day => text.parse::<Date>().ok().map(Cell::Day),
        Kind::Local => text.parse::<DateTime>().ok().map(Cell::Local),
        Kind::Instant => instant(&text, offset).map(Cell::Instant),
        Kind::Bytes => return Cell::Bytes(text.into_bytes()),
    };
    read.unwrap_or(Cell::Text(text))
}

/// With its zone, or in that of the connection.
fn instant(text: &str, offset: &Offset) -> Option<Timestamp> {
    let local = || offset.at_server.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse::<Timestamp>().ok().or_else(local)
}
