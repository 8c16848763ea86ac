//! Parquet files, through polars.
//!
//! Numbers, texts, truth values, dates and instants are read; a column of another type is an error when a
//! column of ours is read from it, and is not looked at else. The file is read into memory as a whole
//! rather than mapped, for a mapped file that somebody cuts short kills the process. A timestamp that the
//! file does not mark as UTC is what a clock on the wall showed, in the source's zone.
//!
//! Deliberately absent: anything lazy, which would bring polars' whole streaming engine.

use std::io::{Cursor, Read};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use polars::prelude::{AnyValue, ArrowDataType, DataFrame, ParquetReader, PolarsResult, SerReader, TimeUnit};

use super::Sink;
use super::error::Error;
use super::file;
use super::plan::Plan;
use super::row::{Cell, Header, Row};
use crate::domain::feed::Feed;
use crate::settings::{FeedMap, SourceSettings};

/// Reads the file's first `limit` rows.
///
/// # Errors
/// [`Error::Unreadable`] for a file that is missing, changing, damaged, or has our columns in types that
/// are not read.
pub(super) fn read(
    source: &SourceSettings,
    feed: Feed,
    map: &FeedMap,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<Timestamp, Error> {
    let (mut file, origin) = file::open(feed, map)?;
    let before = file::state(&file, feed, &origin)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|error| Error::because(feed, &origin, "it cannot be read", error))?;
    if file::state(&file, feed, &origin)? != before {
        return Err(file::changed(feed, &origin));
    }
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let schema = guarded(feed, &origin, || reader.schema())?;
    let (known, unknown): (Vec<_>, Vec<_>) = schema.iter_values().partition(|field| is_read(&field.dtype));

    let everything = schema.iter_names().map(ToString::to_string).collect();
    let whole = Header::new(feed, &origin, everything, source.decimal)?;
    let unused = Plan::lenient(map, &whole)?.unused(&whole);
    if let Some(field) = unknown.iter().find(|field| !unused.contains(&field.name.trim().to_owned())) {
        let what = format!(
            "its column {:?} is of a type that is not read ({:?}); write it as a number, text, date or timestamp",
            field.name.as_str(),
            field.dtype
        );
        return Err(Error::unreadable(feed, &origin, what));
    }

    let names: Vec<String> = known.iter().map(|field| field.name.to_string()).collect();
    let header = Arc::new(Header::new(feed, &origin, names.clone(), source.decimal)?);
    sink.head(&header)?;
    let rows = usize::try_from(limit).unwrap_or(usize::MAX);
    let frame =
        guarded(feed, &origin, || reader.with_columns(Some(names)).with_slice(Some((0, rows))).finish())?;
    give_rows(&frame, &header, sink)
        .map_err(|error| Error::because(feed, &origin, "it is damaged", error))?;
    Ok(before.modified)
}

fn give_rows(frame: &DataFrame, header: &Arc<Header>, sink: &mut dyn Sink) -> PolarsResult<()> {
    for index in 0..frame.height() {
        let cells = frame.columns().iter().map(|column| column.get(index).map(|value| cell(&value)));
        let cells = cells.collect::<PolarsResult<Vec<Cell>>>()?;
        sink.row(Row::new(header, index as u64 + 1, cells));
    }
    Ok(())
}

/// polars panics on some damaged files; such a file must not take the daemon along.
fn guarded<T>(feed: Feed, origin: &str, work: impl FnOnce() -> PolarsResult<T>) -> Result<T, Error> {
    let what = "it is no Parquet file, or damaged";
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| Error::because(feed, origin, what, error)),
        Err(_) => Err(Error::unreadable(feed, origin, what)),
    }
}

/// The types that the enabled features of polars read.
fn is_read(kind: &ArrowDataType) -> bool {
    use ArrowDataType as Kind;
    matches!(
        kind,
        Kind::Null
            | Kind::Boolean
            | Kind::Int32
            | Kind::Int64
            | Kind::UInt32
            | Kind::UInt64
            | Kind::Float32
            | Kind::Float64
            | Kind::Utf8
            | Kind::LargeUtf8
            | Kind::Utf8View
            | Kind::Date32
            | Kind::Timestamp(..)
    )
}

fn cell(value: &AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Missing,
        AnyValue::Boolean(truth) => Cell::Boolean(*truth),
        AnyValue::String(text) => Cell::Text((*text).to_owned()),
        AnyValue::StringOwned(text) => Cell::Text(text.to_string()),
        AnyValue::Int32(number) => Cell::Integer(i64::from(*number)),
        AnyValue::Int64(number) => Cell::Integer(*number),
        AnyValue::UInt32(number) => Cell::Integer(i64::from(*number)),
        AnyValue::UInt64(number) => {
            i64::try_from(*number).map_or_else(|_| Cell::Text(number.to_string()), Cell::Integer)
        }
        // The shortest decimal of the narrow type: 0.1 stays 0.1.
        AnyValue::Float32(number) => Cell::Real(number.to_string().parse().unwrap_or(f64::from(*number))),
        AnyValue::Float64(number) => Cell::Real(*number),
        AnyValue::Date(days) => day(*days),
        AnyValue::Datetime(ticks, unit, zone) => instant(*ticks, *unit, zone.is_some()),
        AnyValue::DatetimeOwned(ticks, unit, zone) => instant(*ticks, *unit, zone.is_some()),
        other => Cell::Text(other.to_string()),
    }
}

fn day(days: i32) -> Cell {
    let epoch = Date::constant(1970, 1, 1);
    let day = epoch.checked_add(SignedDuration::from_hours(i64::from(days) * 24));
    // A day outside of jiff's years fits no column; its number is what there is to show.
    day.map_or_else(|_| Cell::Text(days.to_string()), Cell::Day)
}

/// A tick count with a zone is an instant; without, the clock on the wall.
fn instant(ticks: i64, unit: TimeUnit, zoned: bool) -> Cell {
    let instant = match unit {
        TimeUnit::Nanoseconds => Timestamp::from_nanosecond(i128::from(ticks)),
        TimeUnit::Microseconds => Timestamp::from_microsecond(ticks),
        TimeUnit::Milliseconds => Timestamp::from_millisecond(ticks),
    };
    match instant {
        Ok(instant) if zoned => Cell::Instant(instant),
        Ok(instant) => Cell::Local(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime()),
        Err(_) => Cell::Text(ticks.to_string()),
    }
}
