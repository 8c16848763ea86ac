//! The working calendar (lịch làm việc): which days and hours are worked, and where a deadline falls.
//!
//! Vietnam's holidays follow from the lunisolar calendar ([`lunar`]) and the Labour Code ([`holidays`]); calendar files
//! say what the government decided otherwise. [`CalendarDays`] holds the outcome: days off, days worked in their place
//! (làm bù) and the years whose days are confirmed. [`WorkingCalendar`] joins them with the week and the hours of the
//! shop, counts days and deadlines by the Civil Code (Bộ luật Dân sự 2015, Art. 147-148) and working hours in either
//! direction, and tells what the time between two instants was ([`Stretch`]).
//!
//! Invariant: everything that counts working time (deadlines, report slots, the `calendar` command) asks this room,
//! so no two clocks of the house can disagree. Pure: no files (`settings` reads them), no clock, no zone of its own.

mod days;
pub mod holidays;
mod hours;
mod instants;
pub mod lunar;
mod stretches;
mod table;
mod working;

pub use days::{CalendarDays, FileError};
pub use stretches::{Stretch, StretchKind};
pub use working::{WeekError, WorkingCalendar};
