//! Which slots a schedule has, and which of them are due (trù hoạch: slot, catch-up, misfire).
//!
//! [`Schedule`] is five-field cron in the business time zone, [`due`] decides what to run and what to skip. croner
//! reads the pattern and says whether a day matches; the walk over days and the law of daylight saving are ours:
//!
//! - A slot is a minute of the local calendar. One in the gap of a clock put forward runs right after the gap; one in the
//!   overlap of a clock put back runs once, at its first occurrence. Slots that land on the same instant are one.
//! - "On working days" moves a slot on a day off to the same time of the next working day, where it merges with a slot that
//!   stands there.
//! - A schedule whose date never comes is refused: the calendar repeats after 400 years, so a search of 400 years decides.
//!
//! Invariant: pure functions of (pattern, zone, calendar, instants). No clock, no sleeping, no state: the last slot that
//! has a row in the ledger is all there is to remember, which is why a clock that jumps neither repeats nor loses a slot.

mod cron;
mod due;
mod instant;

pub use cron::{CronError, OnDays, Schedule};
pub use due::{CatchUp, CatchUpPolicy, Due, ON_TIME, SkipReason, due};
