//! From what a clock shows to instants, and instants that stay within the range of time.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// When the clock shows `local`: at the change, where it skips it, so that later times never come earlier; the first of
/// two. `None` outside the range of instants.
pub(super) fn instant_of(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { before, .. } => {
            // By the old offset the skipped time lies after the change.
            let after = before.to_timestamp(local).ok()?.checked_add(SignedDuration::from_nanos(1)).ok()?;
            zone.preceding(after).next().map(|change| change.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.compatible().ok(),
    }
}

pub(super) fn plus(instant: Timestamp, duration: SignedDuration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(Timestamp::MAX)
}
