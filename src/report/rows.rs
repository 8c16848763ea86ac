//! The facts of a page, or the lines of the complaints' books, as plain columns, each dimension's values coded.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use polars::prelude::{ChunkedArray, DataFrame, PolarsNumericType, PolarsResult};

use super::Error;
use super::packed::QuickHash;
use crate::domain::cell::Universe;
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::{Dimension, UNKNOWN};

pub(super) struct Rows {
    pub universe: Universe,
    /// Days since 1 January 1970.
    pub days: Vec<i32>,
    pub customers: Vec<u64>,
    /// One column a component, in the universe's order.
    pub components: Vec<Vec<i64>>,
    /// For each dimension of the universe, in its order; empty where nobody asked.
    pub dimensions: Vec<Coded>,
}

/// A column of texts.
#[derive(Default)]
pub(super) struct Coded {
    /// The values that occur, each once.
    pub values: Vec<String>,
    /// Each row's value as an index into them.
    pub codes: Vec<u32>,
}

impl Rows {
    /// The columns that [`Self::read`] needs for these dimensions.
    pub fn columns(slots: &[usize]) -> Vec<&'static str> {
        let mut columns = vec!["day", "belongs_to", "customer"];
        columns.extend(Universe::Sales.components().iter().map(|component| component.as_str()));
        let dimensions = slots.iter().map(|&slot| Dimension::SALES[slot]);
        columns.extend(dimensions.filter(|it| !follows_from_days(*it)).map(Dimension::as_str));
        columns
    }

    /// The rows with these dimensions.
    pub fn read(frame: &DataFrame, slots: &[usize]) -> Result<Self, Error> {
        let universe = Universe::Sales;
        let days = read(frame, "day", |name| Ok(plain(frame.column(name)?.date()?.physical())))?;
        let customers = read(frame, "customer", |name| Ok(plain(frame.column(name)?.u64()?)))?;
        let components = universe.components().iter();
        let components = components
            .map(|component| read(frame, component.as_str(), |name| Ok(plain(frame.column(name)?.i64()?))))
            .collect::<Result<_, _>>()?;
        let mut rows = Self { universe, days, customers, components, dimensions: Vec::new() };
        rows.dimensions.resize_with(universe.dimensions().len(), Coded::default);
        for &slot in slots {
            rows.dimensions[slot] = match Dimension::SALES[slot] {
                Dimension::Weekday => coded(rows.days.iter().map(|&day| weekday(day)), str::to_owned),
                Dimension::BelongsTo => {
                    let belong =
                        read(frame, "belongs_to", |name| Ok(plain(frame.column(name)?.date()?.physical())))?;
                    let months =
                        rows.days.iter().zip(belong).map(|(&day, belongs_to)| late_month(day, belongs_to));
                    coded(months, month_written)
                }
                dimension => read_texts(frame, dimension.as_str())?,
            };
        }
        Ok(rows)
    }

    /// Lines of the complaints' books.
    pub fn of_complaints(lines: &[ComplaintLine]) -> Self {
        let universe = Universe::Complaints;
        let coded_by = |value: fn(&ComplaintLine) -> &str| coded(lines.iter().map(value), str::to_owned);
        let dimensions = universe.dimensions().iter().map(|dimension| match dimension {
            Dimension::ComplaintKind => coded_by(|line| line.kind.as_str()),
            Dimension::DamageLevel => coded_by(ComplaintLine::level_code),
            Dimension::Timeliness => coded_by(ComplaintLine::timeliness),
            Dimension::Clock => coded_by(|line| line.clock.map_or(UNKNOWN, |clock| clock.as_str())),
            _ => coded_by(|line| &line.channel),
        });
        Self {
            universe,
            days: lines.iter().map(|line| epoch_day(line.day)).collect(),
            customers: lines.iter().map(|line| line.complainant.0).collect(),
            components: (0..universe.components().len())
                .map(|at| lines.iter().map(|line| line.components()[at]).collect())
                .collect(),
            dimensions: dimensions.collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// For each row, which components it has any of, a bit a component. Rows that add nothing to any component (they carry
    /// tax or shipping alone) have none: nobody can see them, and they must not pass for contributors.
    pub fn present(&self) -> Vec<u8> {
        let mut present = vec![0u8; self.len()];
        for (bit, column) in self.components.iter().enumerate() {
            for (bits, &amount) in present.iter_mut().zip(column) {
                *bits |= u8::from(amount != 0) << bit;
            }
        }
        present
    }
}

/// Days since 1 January 1970, as the frame counts them.
pub(super) fn epoch_day(day: Date) -> i32 {
    (day - date(1970, 1, 1)).get_days()
}

fn follows_from_days(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Weekday | Dimension::BelongsTo)
}

/// `1` is Monday; 1 January 1970 was a Thursday.
fn weekday(day: i32) -> &'static str {
    ["1", "2", "3", "4", "5", "6", "7"][(day + 3).rem_euclid(7) as usize]
}

/// The month that a late booking belongs to; `None` of one that is on time.
fn late_month(day: i32, belongs_to: i32) -> Option<(i16, i8)> {
    (belongs_to < day).then(|| {
        let day = date(1970, 1, 1).saturating_add(belongs_to.days());
        (day.year(), day.month())
    })
}

fn month_written(month: Option<(i16, i8)>) -> String {
    month.map_or_else(|| UNKNOWN.to_owned(), |(year, month)| format!("{year:04}-{month:02}"))
}

/// A column without gaps, read by `values`.
fn read<T>(
    frame: &DataFrame,
    name: &str,
    values: impl FnOnce(&str) -> PolarsResult<Option<Vec<T>>>,
) -> Result<Vec<T>, Error> {
    let missing = || Error::Column { column: name.to_owned() };
    let values = values(name).map_err(|_| missing())?;
    values.filter(|values| values.len() == frame.height()).ok_or_else(missing)
}

/// `None` where a value is missing.
fn plain<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Option<Vec<T::Native>> {
    let mut all = Vec::with_capacity(column.len());
    for chunk in column.downcast_iter() {
        all.extend_from_slice(chunk.values());
    }
    (column.null_count() == 0).then_some(all)
}

/// Texts off a page stand in it once and are pointed at. Rows that point alike have the same text, so almost all rows are
/// coded by what they point at, without a look at the text.
fn read_texts(frame: &DataFrame, name: &str) -> Result<Coded, Error> {
    let missing = || Error::Column { column: name.to_owned() };
    let column = frame.column(name).and_then(|column| column.str()).map_err(|_| missing())?;
    if column.null_count() > 0 {
        return Err(missing());
    }
    let mut coder = Coder::default();
    let mut codes = Vec::with_capacity(column.len());
    for chunk in column.downcast_iter() {
        // Pointers of another chunk mean other texts.
        let mut pointed: HashMap<u128, u32, QuickHash> = HashMap::default();
        let mut last: Option<(u128, u32)> = None;
        for (row, view) in chunk.views().iter().enumerate() {
            let pointer = view.as_u128();
            let code = match last {
                Some((known, code)) if known == pointer => code,
                _ => *pointed.entry(pointer).or_insert_with(|| coder.code(chunk.value(row))),
            };
            last = Some((pointer, code));
            codes.push(code);
        }
    }
    Ok(Coded { values: coder.first_seen.into_iter().map(str::to_owned).collect(), codes })
}

fn coded<T: Copy + Eq + Hash>(keys: impl Iterator<Item = T>, written: impl Fn(T) -> String) -> Coded {
    let mut coder = Coder::default();
    let codes = keys.map(|key| coder.code(key)).collect();
    Coded { values: coder.first_seen.into_iter().map(written).collect(), codes }
}

/// Numbers values in the order they come.
struct Coder<T> {
    seen: HashMap<T, u32>,
    first_seen: Vec<T>,
}

impl<T> Default for Coder<T> {
    fn default() -> Self {
        Self { seen: HashMap::new(), first_seen: Vec::new() }
    }
}

impl<T: Copy + Eq + Hash> Coder<T> {
    fn code(&mut self, value: T) -> u32 {
        let next = self.first_seen.len() as u32;
        *self.seen.entry(value).or_insert_with(|| {
            self.first_seen.push(value);
            next
        })
    }
}
