//! From a minute of the local calendar to the instant it runs at.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// The instant of a local time: its first occurrence in an overlap; the end of the gap for one that does not exist.
/// Never decreases as the local time grows. `None` beyond the years that can be told.
pub(super) fn instant_of(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        AmbiguousOffset::Gap { before, after } => {
            // Read with the offset after the gap the time lies before the transition, and the other way round.
            let earlier = after.to_timestamp(local).ok()?;
            let later = before.to_timestamp(local).ok()?;
            let transition = zone
                .following(earlier)
                .take_while(|transition| transition.timestamp() <= later)
                .find(|transition| transition.offset() == after);
            // Every gap has its transition; a zone's data that named none would still not silence a schedule.
            Some(transition.map_or(later, |transition| transition.timestamp()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_end_and_overlaps_happen_once() {
        for (zone, local, expected) in [
            ("Asia/Ho_Chi_Minh", "2026-11-23T07:00", "2026-11-23T00:00:00Z"),
            ("Europe/Paris", "2026-03-29T02:00", "2026-03-29T01:00:00Z"),
            ("Europe/Paris", "2026-03-29T02:59", "2026-03-29T01:00:00Z"),
            ("Europe/Paris", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            ("Europe/Paris", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("Europe/Paris", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
            // Half an hour only.
            ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"),
            // A whole day that never was: Samoa crossed the date line.
            ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00:00Z"),
            // The clock was put back over midnight.
            ("America/St_Johns", "2010-11-06T23:30", "2010-11-07T02:00:00Z"),
            ("America/St_Johns", "2010-11-07T00:00", "2010-11-07T02:30:00Z"),
        ] {
            let instant = instant_of(local.parse().unwrap(), &TimeZone::get(zone).unwrap()).unwrap();
            assert_eq!(instant.to_string(), expected, "{local} in {zone}");
        }
    }
}
