//! The lines of a page as a polars frame, and its Parquet bytes.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::civil::{Date, date};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, IntoColumn, NamedFrom, ParallelStrategy, ParquetCompression,
    ParquetReader, ParquetWriter, PolarsResult, SerReader, Series, StatisticsOptions,
};

use super::Error;
use super::netting::{Key, Numbers};
use crate::domain::entry::{Component, Dimension, Place};

/// Fixed, for the bytes of a page depend on it.
const ROW_GROUP: usize = 65_536;

type Rows<'a> = [(Key<'a>, Numbers)];

/// The Parquet bytes of a page; the same for the same rows. One thread, for the order of its work must
/// not show.
pub(super) fn to_parquet(rows: &Rows<'_>) -> Result<Vec<u8>, Error> {
    fenced(|| {
        let mut frame = of_rows(rows)?;
        let mut bytes = Vec::new();
        ParquetWriter::new(&mut bytes)
            .with_compression(ParquetCompression::Zstd(None))
            .with_statistics(StatisticsOptions::default())
            .with_row_group_size(Some(ROW_GROUP))
            .set_parallel(false)
            .finish(&mut frame)?;
        Ok(bytes)
    })
}

/// The frame of a page's bytes, which must have the columns of a page.
pub(super) fn from_parquet(bytes: Vec<u8>) -> Result<DataFrame, Error> {
    let frame = fenced(|| {
        ParquetReader::new(Cursor::new(bytes))
            .read_parallel(ParallelStrategy::None)
            .set_rechunk(true)
            .finish()
    })?;
    let expected = empty()?;
    if frame.schema() != expected.schema() {
        return Err(Error::Polars("the columns are not those of a page".into()));
    }
    Ok(frame)
}

/// These columns of a page's bytes.
pub(super) fn some_of_parquet(bytes: Vec<u8>, columns: &[&str]) -> Result<DataFrame, Error> {
    let frame = fenced(|| {
        ParquetReader::new(Cursor::new(bytes))
            .read_parallel(ParallelStrategy::None)
            .with_columns(Some(columns.iter().map(|&name| name.to_owned()).collect()))
            .finish()
    })?;
    let expected = fenced(|| of_rows(&[])?.select(columns.iter().copied()))?;
    let found = fenced(|| frame.select(columns.iter().copied()))?;
    if found.schema() != expected.schema() {
        return Err(Error::Polars("the columns are not those of a page".into()));
    }
    Ok(found)
}

/// A frame of no rows.
pub(super) fn empty() -> Result<DataFrame, Error> {
    fenced(|| of_rows(&[]))
}

/// `whole` with those rows of `page` under it that are booked on `from..until`.
pub(super) fn append(
    mut whole: DataFrame,
    page: &DataFrame,
    from: Date,
    until: Date,
) -> Result<DataFrame, Error> {
    let range = epoch_day(from)..epoch_day(until);
    fenced(move || {
        let days = page.column("day")?.date()?.physical();
        let within: Vec<bool> = days.iter().map(|day| day.is_some_and(|day| range.contains(&day))).collect();
        let mask = BooleanChunked::new("mask".into(), within);
        whole.vstack_mut(&page.filter(&mask)?)?;
        Ok(whole)
    })
}

/// Runs polars so that neither its errors nor its panics leave this room as they are.
fn fenced<T>(work: impl FnOnce() -> PolarsResult<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Error::Polars(error.to_string())),
        Err(_) => Err(Error::Polars("it panicked".into())),
    }
}

fn of_rows(rows: &Rows<'_>) -> PolarsResult<DataFrame> {
    let mut columns = vec![
        days("day", rows.iter().map(|(key, _)| key.day)),
        days("belongs_to", rows.iter().map(|(key, _)| key.belongs_to)),
        texts("kind", rows.iter().map(|(key, _)| key.kind.as_str())),
        Column::new("customer".into(), rows.iter().map(|(key, _)| key.customer.0).collect::<Vec<u64>>()),
    ];
    for dimension in Dimension::SALES {
        if !matches!(dimension, Dimension::Weekday | Dimension::BelongsTo) {
            let values = rows.iter().map(|(key, _)| value(key.place, dimension));
            columns.push(texts(dimension.as_str(), values));
        }
    }
    let names = Component::SALES.into_iter().map(Component::as_str).chain(["tax", "shipping"]);
    for (index, name) in names.enumerate() {
        let numbers: Vec<i64> = rows.iter().map(|(_, numbers)| numbers[index]).collect();
        columns.push(Column::new(name.into(), numbers));
    }
    DataFrame::new(rows.len(), columns)
}

fn value(place: &Place, dimension: Dimension) -> &str {
    match dimension {
        Dimension::Product => &place.product,
        Dimension::Brand => &place.brand,
        Dimension::Category => &place.category,
        Dimension::Province => &place.province,
        Dimension::Region => &place.region,
        Dimension::Channel => &place.channel,
        Dimension::PaymentMethod => &place.payment_method,
        Dimension::CustomerType => place.customer_type.as_str(),
        Dimension::Weekday | Dimension::BelongsTo => {
            unreachable!("it follows from the entry's days and has no column")
        }
        Dimension::ComplaintKind | Dimension::DamageLevel | Dimension::Clock | Dimension::Timeliness => {
            unreachable!("no sale has it")
        }
    }
}

fn texts<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Column {
    Column::new(name.into(), values.collect::<Vec<&str>>())
}

fn days(name: &str, days: impl Iterator<Item = Date>) -> Column {
    let numbers: Vec<i32> = days.map(epoch_day).collect();
    Series::new(name.into(), numbers).into_date().into_column()
}

/// Days since 1 January 1970, which is how Parquet and polars count.
fn epoch_day(day: Date) -> i32 {
    (day - date(1970, 1, 1)).get_days()
}
