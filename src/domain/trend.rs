//! The steps that a report's trend runs over, and those they are compared with.

use super::period::{Period, PeriodKind};

/// Steps of one length, each beside the one it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trend {
    /// In time, up to the end of the report's period.
    pub now: Vec<Period>,
    /// As many, just before.
    pub before: Vec<Period>,
}

/// Days of a week beside the same weekdays of the week before; months beside the same months of the year before. A
/// month's report shows a year of months, for days of few customers would be withheld.
///
/// `None` for a span of days, whose neighbours no other report shows.
pub fn trend(period: Period) -> Option<Trend> {
    let (kind, count) = match period.kind()? {
        PeriodKind::Day | PeriodKind::Week => (PeriodKind::Day, 7),
        PeriodKind::Month | PeriodKind::Quarter | PeriodKind::Year => (PeriodKind::Month, 12),
    };
    let mut steps = Vec::with_capacity(2 * count);
    let mut step = kind.holding(period.last());
    for _ in 0..2 * count {
        steps.push(step);
        step = step.previous();
    }
    steps.reverse();
    let now = steps.split_off(count);
    Some(Trend { now, before: steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(period: &str) -> Vec<String> {
        let trend = trend(period.parse().unwrap()).unwrap();
        [&trend.before, &trend.now]
            .into_iter()
            .flat_map(|steps| [steps[0], steps[steps.len() - 1]])
            .map(|step| step.to_string())
            .collect()
    }

    #[test]
    fn steps_end_with_the_period_and_follow_those_before() {
        assert_eq!(ends("2026-W53"), ["2026-12-21", "2026-12-27", "2026-12-28", "2027-01-03"]);
        assert_eq!(ends("2026-11-22"), ["2026-11-09", "2026-11-15", "2026-11-16", "2026-11-22"]);
        assert_eq!(ends("2026-02"), ["2024-03", "2025-02", "2025-03", "2026-02"]);
        assert_eq!(ends("2026-Q1"), ["2024-04", "2025-03", "2025-04", "2026-03"]);
        assert_eq!(ends("2026"), ["2025-01", "2025-12", "2026-01", "2026-12"]);
        assert_eq!(trend("2026-02-01..2026-02-15".parse().unwrap()), None);
    }
}
