//! The facts, or the lines of the complaints' books, as plain columns, each dimension's values coded in their order.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use polars::prelude::{ChunkedArray, DataFrame, PolarsNumericType, PolarsResult};

use super::Error;
use crate::domain::cell::Universe;
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::{Dimension, UNKNOWN};

/// Rows that add nothing to any component (they carry tax or shipping alone) are left out: nobody can
/// see them, and they must not pass for contributors.
pub(super) struct Rows {
    pub universe: Universe,
    /// Days since 1 January 1970.
    pub days: Vec<i32>,
    pub customers: Vec<u64>,
    /// One column a component, in the universe's order.
    pub components: Vec<Vec<i64>>,
    /// For each dimension of the universe, in its order, the values that occur, sorted.
    values: Vec<Vec<String>>,
    /// For each dimension, each row's value as an index into its values.
    codes: Vec<Vec<u32>>,
}

impl Rows {
    pub fn read(frame: &DataFrame) -> Result<Self, Error> {
        let all_days = read(frame, "day", |name| Ok(plain(frame.column(name)?.date()?.physical())))?;
        let all_belongs =
            read(frame, "belongs_to", |name| Ok(plain(frame.column(name)?.date()?.physical())))?;
        let all_customers = read(frame, "customer", |name| Ok(plain(frame.column(name)?.u64()?)))?;
        let all_components = Universe::Sales
            .components()
            .iter()
            .map(|component| read(frame, component.as_str(), |name| Ok(plain(frame.column(name)?.i64()?))))
            .collect::<Result<Vec<_>, _>>()?;
        let kept: Vec<usize> =
            (0..all_days.len()).filter(|&row| all_components.iter().any(|column| column[row] != 0)).collect();
        let days: Vec<i32> = kept.iter().map(|&row| all_days[row]).collect();
        let (mut values, mut codes) = (Vec::new(), Vec::new());
        for dimension in Dimension::SALES {
            let (known, column) = match dimension {
                Dimension::Weekday => coded(days.iter().map(|&day| weekday(day))),
                Dimension::BelongsTo => {
                    let months: Vec<String> =
                        kept.iter().map(|&row| late_month(all_days[row], all_belongs[row])).collect();
                    coded(months.iter().map(String::as_str))
                }
                _ => read_texts(frame, dimension.as_str(), &kept)?,
            };
            values.push(known);
            codes.push(column);
        }
        Ok(Self {
            universe: Universe::Sales,
            customers: kept.iter().map(|&row| all_customers[row]).collect(),
            components: all_components
                .iter()
                .map(|column| kept.iter().map(|&row| column[row]).collect())
                .collect(),
            days,
            values,
            codes,
        })
    }

    /// Lines of the complaints' books.
    pub fn of_complaints(lines: &[ComplaintLine]) -> Self {
        let kept: Vec<(&ComplaintLine, [i64; 7])> = lines
            .iter()
            .map(|line| (line, line.components()))
            .filter(|(_, components)| components.iter().any(|&amount| amount != 0))
            .collect();
        let coded_by = |value: fn(&ComplaintLine) -> &str| coded(kept.iter().map(|(line, _)| value(line)));
        let (values, codes) = Universe::Complaints
            .dimensions()
            .iter()
            .map(|dimension| match dimension {
                Dimension::ComplaintKind => coded_by(|line| line.kind.as_str()),
                Dimension::DamageLevel => coded_by(ComplaintLine::level_code),
                Dimension::Timeliness => coded_by(ComplaintLine::timeliness),
                Dimension::Clock => coded_by(|line| line.clock.map_or(UNKNOWN, |clock| clock.as_str())),
                _ => coded_by(|line| &line.channel),
            })
            .unzip();
        Self {
            universe: Universe::Complaints,
            days: kept.iter().map(|(line, _)| epoch_day(line.day)).collect(),
            customers: kept.iter().map(|(line, _)| line.complainant.0).collect(),
            components: (0..7)
                .map(|at| kept.iter().map(|(_, components)| components[at]).collect())
                .collect(),
            values,
            codes,
        }
    }

    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Where a dimension stands among those of the universe.
    pub fn slot(&self, dimension: Dimension) -> Option<usize> {
        self.universe.dimensions().iter().position(|&known| known == dimension)
    }

    /// The code of a row in the dimension at `slot`.
    pub fn code_at(&self, slot: usize, row: usize) -> u32 {
        self.codes[slot][row]
    }

    /// The values of a dimension, by code; none when the universe does not have it.
    pub fn values(&self, dimension: Dimension) -> &[String] {
        self.slot(dimension).map_or(&[], |slot| &self.values[slot])
    }

    /// `None` for a value that does not occur.
    pub fn code_of(&self, dimension: Dimension, value: &str) -> Option<u32> {
        let found = self.values(dimension).binary_search_by(|known| known.as_str().cmp(value));
        found.ok().and_then(|code| u32::try_from(code).ok())
    }
}

/// Days since 1 January 1970, as the frame counts them.
pub(super) fn epoch_day(day: Date) -> i32 {
    (day - date(1970, 1, 1)).get_days()
}

/// `1` is Monday; 1 January 1970 was a Thursday.
fn weekday(day: i32) -> &'static str {
    ["1", "2", "3", "4", "5", "6", "7"][(day + 3).rem_euclid(7) as usize]
}

/// The month that a late booking belongs to; [`UNKNOWN`] of one that is on time.
fn late_month(day: i32, belongs_to: i32) -> String {
    if belongs_to >= day {
        return UNKNOWN.to_owned();
    }
    let day = date(1970, 1, 1).saturating_add(belongs_to.days());
    format!("{:04}-{:02}", day.year(), day.month())
}

/// A column without gaps, read by `values`.
fn read<T>(
    frame: &DataFrame,
    name: &str,
    values: impl FnOnce(&str) -> PolarsResult<Vec<Option<T>>>,
) -> Result<Vec<T>, Error> {
    let missing = || Error::Column { column: name.to_owned() };
    let values: Option<Vec<T>> = values(name).map_err(|_| missing())?.into_iter().collect();
    values.filter(|values| values.len() == frame.height()).ok_or_else(missing)
}

fn plain<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Vec<Option<T::Native>> {
    column.iter().collect()
}

fn read_texts(frame: &DataFrame, name: &str, kept: &[usize]) -> Result<(Vec<String>, Vec<u32>), Error> {
    let missing = || Error::Column { column: name.to_owned() };
    let column = frame.column(name).and_then(|column| column.str()).map_err(|_| missing())?;
    let texts: Vec<&str> = column.iter().collect::<Option<_>>().ok_or_else(missing)?;
    Ok(coded(kept.iter().map(|&row| texts[row])))
}

/// The distinct texts, sorted, and each text as an index into them.
fn coded<'a>(texts: impl Iterator<Item = &'a str>) -> (Vec<String>, Vec<u32>) {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut first_seen: Vec<&str> = Vec::new();
    let mut codes: Vec<u32> = texts
        .map(|text| {
            *seen.entry(text).or_insert_with(|| {
                first_seen.push(text);
                first_seen.len() as u32 - 1
            })
        })
        .collect();
    let mut order: Vec<u32> = (0..first_seen.len() as u32).collect();
    order.sort_unstable_by_key(|&code| first_seen[code as usize]);
    let mut rank = vec![0; order.len()];
    for (place, &code) in (0u32..).zip(&order) {
        rank[code as usize] = place;
    }
    codes.iter_mut().for_each(|code| *code = rank[*code as usize]);
    (order.iter().map(|&code| first_seen[code as usize].to_owned()).collect(), codes)
}
