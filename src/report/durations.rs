//! What of the complaints' books does not add up: how long clocks ran, and how long the oldest open complaint waits.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::domain::complaint::{Clock, ComplaintLine, LineKind};
use crate::domain::ids::ComplaintNo;

/// How long the clocks ran that stopped on the days `from..until`, as they are booked: (complainant, seconds).
pub fn durations(lines: &[ComplaintLine], clock: Clock, from: Date, until: Date) -> Vec<(u64, i64)> {
    let of_clock = lines.iter().filter(|line| line.clock == Some(clock) && (from..until).contains(&line.day));
    of_clock.filter_map(|line| Some((line.complainant.0, line.seconds?))).collect()
}

/// Whole days from the receipt of the oldest complaint that is open at the end of the day before `until` to that day;
/// `None` when none is open.
pub fn oldest_open(lines: &[ComplaintLine], until: Date) -> Option<i64> {
    let mut complaints: BTreeMap<ComplaintNo, (i64, Option<Date>)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.day < until) {
        let (open, received) = complaints.entry(line.complaint).or_default();
        match line.line {
            LineKind::Opened => {
                *open += 1;
                *received = Some(line.belongs_to);
            }
            LineKind::Reopened => *open += 1,
            LineKind::ClosedOnTime | LineKind::Closed => *open -= 1,
            _ => {}
        }
    }
    let received = complaints.into_values().filter(|(open, _)| *open > 0).filter_map(|it| it.1).min()?;
    let last = until.yesterday().unwrap_or(until);
    Some(i64::from((last - received).get_days()).max(0))
}
