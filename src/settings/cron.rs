//! Whether a job's schedule can be read, and whether it ever comes: the room `schedule` knows.

use jiff::tz::TimeZone;

use super::problem::Fault;
use crate::schedule::{OnDays, Schedule};

/// Five fields: minute, hour, day of the month, month, day of the week. Neither the zone nor the working
/// days decide whether it can be read.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let read = Schedule::parse(text, OnDays::AllDays, TimeZone::UTC).map(drop);
    read.map_err(|error| {
        let error = error.to_string();
        // The message of a schedule says what to do behind its semicolon.
        let (message, remedy) = error.split_once("; ").unwrap_or((&error, "write another schedule"));
        Fault::new(message, remedy)
    })
}
