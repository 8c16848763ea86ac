//! The facts of a page, or the lines of the complaints' books, as plain columns, each dimension's values coded.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem::take;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use polars::prelude::{ChunkedArray, DataFrame, PolarsNumericType, PolarsResult};

use super::Error;
use crate::disclosure::Amounts;
use crate::domain::cell::Universe;
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::{Component, Dimension, UNKNOWN};
use crate::domain::quick_hash::QuickHash;

pub(super) struct Rows {
    pub universe: Universe,
    /// Days since 1 January 1970.
    pub days: Vec<i32>,
    pub customers: Vec<u64>,
    /// One column a component, in the universe's order; zeros where nobody asked.
    pub components: Vec<Amounts>,
    /// For each row, which components it has any of, a bit a component and one for those that nobody asked for. Rows that add nothing to any component (they carry
    /// tax or shipping alone) have none: nobody can see them, and they must not pass for contributors.
    pub present: Vec<u8>,
    /// For each dimension of the universe, in its order; empty where nobody asked.
    pub dimensions: Vec<Coded>,
}

/// The bit of a row that has nothing but what is not asked for.
const OTHERS: u8 = 1 << 7;

/// A column of texts.
#[derive(Default)]
pub(super) struct Coded {
    /// The values that occur, each once.
    pub values: Vec<String>,
    /// Each row's value as an index into them.
    pub codes: Vec<u32>,
}

impl Rows {
    /// The columns that [`Self::read`] needs for these dimensions and components.
    pub fn columns(slots: &[usize], components: &[Component]) -> Vec<&'static str> {
        let mut columns = vec!["day", "customer"];
        columns.extend(components.iter().map(|component| component.as_str()));
        if slots.iter().any(|&slot| Dimension::SALES[slot] == Dimension::BelongsTo) {
            columns.push("belongs_to");
        }
        let dimensions = slots.iter().map(|&slot| Dimension::SALES[slot]);
        columns.extend(dimensions.filter(|it| !follows_from_days(*it)).map(Dimension::as_str));
        columns
    }

    /// The rows with these dimensions and components.
    pub fn read(frame: &DataFrame, slots: &[usize], asked: &[Component]) -> Result<Self, Error> {
        let universe = Universe::Sales;
        let days = read(frame, "day", |name| Ok(plain(frame.column(name)?.date()?.physical())))?;
        let customers = read(frame, "customer", |name| Ok(plain(frame.column(name)?.u64()?)))?;
        let (components, dimensions) = (Vec::new(), Vec::new());
        let present = vec![0; days.len()];
        let mut rows = Self { universe, days, customers, components, present, dimensions };
        rows.components = vec![Amounts::zeros(rows.len()); universe.components().len()];
        for (at, column) in amounts(frame, asked)? {
            rows.note(at, &column);
            rows.components[at] = column;
        }
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
        let components = (0..universe.components().len())
            .map(|at| lines.iter().map(|line| line.components()[at]).collect::<Amounts>());
        let mut rows = Self {
            universe,
            days: lines.iter().map(|line| epoch_day(line.day)).collect(),
            customers: lines.iter().map(|line| line.complainant.0).collect(),
            components: components.collect(),
            present: vec![0; lines.len()],
            dimensions: dimensions.collect(),
        };
        for (at, column) in take(&mut rows.components).into_iter().enumerate() {
            rows.note(at, &column);
            rows.components.push(column);
        }
        rows
    }

    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Notes which rows of nothing have any of further components, which are not asked for.
    pub fn look_for(&mut self, frame: &DataFrame, others: &[Component]) -> Result<(), Error> {
        for (_, column) in amounts(frame, others)? {
            column.each_of(0..self.len(), |row, amount| {
                let bits = &mut self.present[row];
                if *bits & !OTHERS == 0 && amount != 0 {
                    *bits = OTHERS;
                }
            });
        }
        Ok(())
    }

    /// Takes over which components each row has any of, a bit a component of the universe, as it is known from elsewhere.
    pub fn take_present(&mut self, present: &[u8], asked: &[Component]) {
        let all = self.universe.components().iter().enumerate();
        let mask = all.filter(|(_, it)| asked.contains(it)).fold(0, |mask, (at, _)| mask | 1 << at);
        let of_asked = present.iter().map(|bits| if bits & mask == 0 { OTHERS } else { bits & mask });
        self.present = of_asked.collect();
    }

    fn note(&mut self, component: usize, column: &Amounts) {
        let present = &mut self.present[..column.len()];
        column.each_of(0..present.len(), |row, amount| present[row] |= u8::from(amount != 0) << component);
    }
}

/// The columns of these components, each after its place among the universe's.
fn amounts(frame: &DataFrame, components: &[Component]) -> Result<Vec<(usize, Amounts)>, Error> {
    let all = Universe::Sales.components().iter().enumerate();
    all.filter(|(_, component)| components.contains(component))
        .map(|(at, component)| {
            let missing = || Error::Column { column: component.as_str().to_owned() };
            let column = frame.column(component.as_str()).and_then(|column| column.i64());
            let column = column.map_err(|_| missing())?;
            if column.null_count() > 0 {
                return Err(missing());
            }
            let slices: Vec<&[i64]> = column.downcast_iter().map(|chunk| chunk.values().as_slice()).collect();
            Ok((at, Amounts::of_slices(&slices)))
        })
        .collect()
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
