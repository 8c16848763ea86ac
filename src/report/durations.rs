//! What of the complaints' books does not add up: how long clocks ran that were kept, and how long the oldest open complaint waits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::domain::complaint::{Clock, ComplaintLine, LineKind};
use crate::domain::ids::ComplaintNo;

/// How long the clocks ran that stopped by their deadline on the days `from..until`, as they are booked: (complainant,
/// seconds). Of exactly those that the cells of kept deadlines count: a time of another would tell of a late one.
pub fn durations(lines: &[ComplaintLine], clock: Clock, from: Date, until: Date) -> Vec<(u64, i64)> {
    let kept = if clock == Clock::Resolution { LineKind::ClosedOnTime } else { LineKind::OnTime };
    let of_clock = || lines.iter().filter(|line| line.clock == Some(clock));
    let is_told = |line: &&ComplaintLine| line.line == kept && (from..until).contains(&line.day);
    let told: BTreeSet<_> = of_clock().filter(is_told).map(|line| (line.complaint, line.started)).collect();
    of_clock()
        .filter(|line| told.contains(&(line.complaint, line.started)))
        .filter_map(|line| Some((line.complainant.0, line.seconds?)))
        .collect()
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::complaint::ComplaintKind;
    use crate::domain::ids::Pseudonym;
    use crate::domain::money::Money;

    /// The outcome of complaint `no`, of a clock that ran for so many hours up to noon of a day in May, and its time.
    fn stopped(no: i64, line: LineKind, clock: Clock, (day, hours): (i8, i64)) -> [ComplaintLine; 2] {
        let day = date(2024, 5, day);
        let at = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let outcome = ComplaintLine {
            complaint: ComplaintNo(no),
            line,
            at,
            day,
            belongs_to: day,
            complainant: Pseudonym(no.cast_unsigned()),
            kind: ComplaintKind::Product,
            damage_level: None,
            channel: String::new(),
            clock: Some(clock),
            started: Some(at - jiff::SignedDuration::from_hours(hours)),
            compensation: Money::ZERO,
            seconds: None,
        };
        let time = ComplaintLine { line: LineKind::Time, seconds: Some(hours * 3_600), ..outcome.clone() };
        [outcome, time]
    }

    #[test]
    fn only_what_was_kept_is_timed() {
        let lines = [
            stopped(1, LineKind::OnTime, Clock::FirstResponse, (10, 2)),
            stopped(2, LineKind::Breached, Clock::FirstResponse, (10, 90)),
            stopped(3, LineKind::OnTime, Clock::FirstResponse, (20, 3)),
            stopped(4, LineKind::ClosedOnTime, Clock::Resolution, (10, 50)),
            stopped(5, LineKind::Breached, Clock::Resolution, (10, 900)),
            // It was resolved later than its clock stopped: the cell of resolutions on time does not count it.
            stopped(6, LineKind::OnTime, Clock::Resolution, (10, 60)),
        ]
        .concat();
        let told = |clock| durations(&lines, clock, date(2024, 5, 1), date(2024, 5, 16));
        assert_eq!(told(Clock::FirstResponse), [(1, 2 * 3_600)]);
        assert_eq!(told(Clock::Resolution), [(4, 50 * 3_600)]);
    }
}
