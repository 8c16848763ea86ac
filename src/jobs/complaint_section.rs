//! What a report tells of complaints: protected tables, and what does not add up, under rules of its own. Times are
//! told of the first response and of the resolution where their deadlines were kept: those are the contributors of one
//! cell each, while a late one's deadline may have passed in another period. The other clocks concern too few.

use super::particulars::Particulars;
use super::tables::COMPLAINT_KEY;
use crate::disclosure::{self, ProtectedCell, ProtectedTable};
use crate::document::{AGE_LIMITS, ClockTimes, Complaints};
use crate::domain::complaint::{Clock, ComplaintLine};
use crate::domain::entry::ON_TIME;
use crate::report;

const MEDIAN: u32 = 50;
const MOST: u32 = 90;

/// A clock, and where the deadlines kept of it are counted: table, row and column.
type Kept = (Clock, &'static str, &'static [&'static str], &'static [&'static str]);

/// The clocks whose times are told.
const KEPT: [Kept; 2] = [
    (Clock::FirstResponse, "complaints/on-time", &[Clock::FirstResponse.as_str()], &[]),
    (Clock::Resolution, "complaints/closed-by-kind", &[], &[ON_TIME]),
];

const HOUR: i64 = 3_600;

/// Owns what a [`Complaints`] points to.
pub(super) struct ComplaintSection<'a> {
    tables: &'a [ProtectedTable],
    key: Vec<&'a ProtectedTable>,
    times: Vec<ClockTimes>,
    oldest: Option<disclosure::ProtectedFigure>,
}

impl<'a> ComplaintSection<'a> {
    /// From the report's protected tables and the lines that they were summed from.
    pub fn of(report: &Particulars, tables: &'a [ProtectedTable], lines: &[ComplaintLine]) -> Self {
        let age = report::oldest_open(lines, report.period.until());
        let open = named(tables, "complaints/open").and_then(|table| cell(table, &["this"], &[]));
        let times = KEPT.iter().filter_map(|&(clock, table, row, column)| {
            times_of(report, cell(named(tables, table)?, row, column)?, lines, clock)
        });
        Self {
            tables,
            key: COMPLAINT_KEY.iter().filter_map(|(name, _)| named(tables, name)).collect(),
            times: times.collect(),
            oldest: open.zip(age).and_then(|(open, age)| disclosure::band(open, age, &AGE_LIMITS)),
        }
    }

    /// As the document takes it.
    pub fn told(&self) -> Option<Complaints<'_>> {
        Some(Complaints {
            key: &self.key,
            opened: named(self.tables, "complaints/opened-by-kind")?,
            closed: named(self.tables, "complaints/closed-by-kind")?,
            on_time: named(self.tables, "complaints/on-time")?,
            breached: named(self.tables, "complaints/breached")?,
            compensation: named(self.tables, "complaints/compensation")?,
            times: &self.times,
            oldest: self.oldest,
        })
    }
}

fn named<'t>(tables: &'t [ProtectedTable], name: &str) -> Option<&'t ProtectedTable> {
    tables.iter().find(|table| table.name() == name)
}

/// How long a clock ran, beside the cell that counts those that stopped in time; `None` where none did. (Whether any did
/// is not told where that cell is withheld.)
fn times_of(
    report: &Particulars,
    cell: &ProtectedCell,
    lines: &[ComplaintLine],
    clock: Clock,
) -> Option<ClockTimes> {
    let (from, until) = (report.period.first(), report.period.until());
    let seconds = report::durations(lines, clock, from, until);
    let minimum = u64::from(report.minimum_contributors);
    let quantile = |percent| disclosure::quantile(cell, &seconds, percent, minimum, rounded);
    let is_told = cell.values().is_none() || !seconds.is_empty();
    is_told.then(|| ClockTimes { clock, median: quantile(MEDIAN), most: quantile(MOST) })
}

/// The cell at these codes.
fn cell<'t>(table: &'t ProtectedTable, row: &[&str], column: &[&str]) -> Option<&'t ProtectedCell> {
    let side = |cell: &'t ProtectedCell, at: usize| cell.place().get(at).map_or(&[][..], Vec::as_slice);
    table.cells().iter().find(|cell| side(cell, 0) == row && side(cell, 1) == column)
}

/// Seconds to the hour under two days, else to half days: finer, and somebody would know his own complaint by it.
fn rounded(seconds: i64) -> i64 {
    let to = |unit: i64| (seconds + unit / 2) / unit * unit;
    if seconds < 48 * HOUR { to(HOUR) } else { to(12 * HOUR) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::CellStatus;

    /// All resolutions may be told while those in time, whose times these are, may not.
    #[test]
    fn a_time_stands_beside_the_cell_of_those_that_kept_it() {
        let place = |row: &[&str], column: &[&str]| {
            [row, column].map(|side| side.iter().map(|&code| code.to_owned()).collect()).into()
        };
        let all = (place(&[], &[]), CellStatus::Safe, Some(vec![60]));
        let kept = |row: &[&str], column: &[&str]| (place(row, column), CellStatus::Primary, None);
        for (_, name, row, column) in KEPT {
            let table = ProtectedTable::for_tests(name, &[], &[], vec![all.clone(), kept(row, column)]);
            assert_eq!(cell(&table, row, column).unwrap().status(), CellStatus::Primary);
        }
        assert_eq!(KEPT[1].3, [ON_TIME]);
    }

    #[test]
    fn no_minute_is_told() {
        assert_eq!(rounded(29 * 60), 0);
        assert_eq!(rounded(31 * 60), HOUR);
        assert_eq!(rounded(47 * HOUR + 1_700), 47 * HOUR);
        assert_eq!(rounded(53 * HOUR), 48 * HOUR);
        assert_eq!(rounded(54 * HOUR), 60 * HOUR);
    }
}
