//! What a report tells of complaints: protected tables, and what does not add up, under rules of its own.

use super::particulars::Particulars;
use super::tables::{BY_CLOCK, BY_KIND, BY_LEVEL, COMPLAINT_KEY, COMPLAINT_TABLES};
use crate::disclosure::{self, ProtectedCell, ProtectedTable};
use crate::document::{AGE_LIMITS, ClockTimes, ComplaintTable, Complaints};
use crate::domain::complaint::{Clock, ComplaintLine};
use crate::domain::entry::Dimension;
use crate::report;

/// The clocks whose times are told; the others concern too few.
const TIMED: [Clock; 2] = [Clock::FirstResponse, Clock::Resolution];
const MEDIAN: u32 = 50;
const MOST: u32 = 90;

const HOUR: i64 = 3_600;

/// Owns what a [`Complaints`] points to.
pub(super) struct ComplaintSection<'a> {
    key: Vec<&'a ProtectedTable>,
    tables: Vec<(&'static [Dimension], Vec<&'a ProtectedTable>)>,
    times: Vec<ClockTimes>,
    oldest: Option<disclosure::ProtectedFigure>,
}

impl<'a> ComplaintSection<'a> {
    /// From the report's protected tables and the lines that they were summed from.
    pub fn of(report: &Particulars, tables: &'a [ProtectedTable], lines: &[ComplaintLine]) -> Self {
        let named = |name: &str| tables.iter().find(|table| table.name() == name);
        let by = |rows: &'static [Dimension]| {
            let names = COMPLAINT_TABLES.iter().filter(|(_, of, _)| *of == rows);
            (rows, names.filter_map(|(name, ..)| named(name)).collect())
        };
        let open = named("complaints/open").and_then(|table| cell(table, "this"));
        let age = report::oldest_open(lines, report.period.until());
        let on_time = named("complaints/on-time");
        Self {
            key: COMPLAINT_KEY.iter().filter_map(|(name, _)| named(name)).collect(),
            tables: [BY_KIND, BY_CLOCK, BY_LEVEL].map(by).into(),
            times: TIMED.iter().filter_map(|&clock| times(report, on_time?, lines, clock)).collect(),
            oldest: open.zip(age).and_then(|(open, age)| disclosure::band(open, age, &AGE_LIMITS)),
        }
    }

    /// As the document takes it.
    pub fn told<'s>(&'s self, tables: &'s [ComplaintTable<'s>]) -> Complaints<'s> {
        Complaints { key: &self.key, tables, times: &self.times, oldest: self.oldest }
    }

    pub fn tables(&self) -> Vec<ComplaintTable<'_>> {
        self.tables.iter().map(|(rows, tables)| ComplaintTable { rows, tables }).collect()
    }
}

/// How long the clock ran; `None` where none of the period stopped or was missed.
fn times(
    report: &Particulars,
    on_time: &ProtectedTable,
    lines: &[ComplaintLine],
    clock: Clock,
) -> Option<ClockTimes> {
    let cell = cell(on_time, clock.as_str())?;
    let (from, until) = (report.period.first(), report.period.until());
    let seconds = report::durations(lines, clock, from, until);
    let minimum = u64::from(report.minimum_contributors);
    let quantile = |percent| disclosure::quantile(cell, &seconds, percent, minimum, rounded);
    Some(ClockTimes { clock, median: quantile(MEDIAN), most: quantile(MOST) })
}

/// The cell of a total by one code.
fn cell<'t>(table: &'t ProtectedTable, code: &str) -> Option<&'t ProtectedCell> {
    let codes = |cell: &&ProtectedCell| cell.place().first().is_some_and(|codes| codes[..] == [code]);
    table.cells().iter().find(codes)
}

/// Seconds to the hour under two days, else to half days: finer, and somebody would know his own complaint by it.
fn rounded(seconds: i64) -> i64 {
    let to = |unit: i64| (seconds + unit / 2) / unit * unit;
    if seconds < 48 * HOUR { to(HOUR) } else { to(12 * HOUR) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_is_told() {
        assert_eq!(rounded(29 * 60), 0);
        assert_eq!(rounded(31 * 60), HOUR);
        assert_eq!(rounded(47 * HOUR + 1_700), 47 * HOUR);
        assert_eq!(rounded(53 * HOUR), 48 * HOUR);
        assert_eq!(rounded(54 * HOUR), 60 * HOUR);
    }
}
