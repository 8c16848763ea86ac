//! The clocks of a complaint (khiếu nại), computed from its events.
//!
//! Invariant: one pure function makes every deadline from (events, policy, calendar, zone); nothing stores a deadline as
//! truth, so a corrected event or a new holiday corrects every deadline at once. A step is keyed by (clock, deadline
//! instant, step): it goes out once, and a new deadline is a new key. No mail, no recipients, no clock on the wall.
//!
//! How events move the clocks:
//! - First response and resolution start with the receipt; containment and the notices to the authority with the detection.
//! - The first response stops with the acknowledgement, the containment when a breach is contained, both with a resolution
//!   that came without one. A notice stops only when the authority has been told.
//! - The resolution stops with the resolution. Reopening starts it anew, with its full term from that instant; what else was
//!   done has been done and stays so.
//! - Reclassifying takes the new kind's terms from the original receipt: what the complaint is does not change when it came.
//! - A vulnerable consumer's terms are halved, but for those that are the law's own.
//! - A pause stops the resolution alone. It ends with the resolution, and by itself after the policy's longest; one that
//!   nobody has ended counts as if it lasted that long.
//! - The law's one extension adds to a resolution in calendar days, when it was taken before the deadline.
//! - No pause moves the resolution past the law's ceiling, which is counted from the start without any pause.
//! - A promise can only tighten the resolution. The latest promise counts; one for before the clock's start (made before a
//!   reopening) is spent.
//!
//! `history` reads the events, `terms` finds the policy's line, `count` counts by the Civil Code, `course` puts the three
//! together, `steps` escalates; `explain` tells the same once more in intervals, and is never needed to know a deadline.

mod count;
mod course;
mod explain;
mod history;
mod steps;
mod terms;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::calendar::WorkingCalendar;
pub use crate::domain::complaint::Clock;
use crate::domain::complaint::{Classification, ComplaintPolicy, DatedEvent, EscalationRule, PauseReason};
use count::{Passing, Place};
use course::{Course, SetBy, course};
pub use explain::{Basis, BasisCeiling, ExplainedStep, Explanation, Interval, Origin, Rule, TimeOf, explain};
use history::{History, Stop};
pub use steps::{due_steps, steps};
pub use terms::Length;

/// One clock: when it started, when it is due, and when it stopped, if it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ClockState {
    pub clock: Clock,
    pub started: Timestamp,
    /// The last instant that is not late.
    pub due: Timestamp,
    pub stopped: Option<Timestamp>,
    /// The pause that nobody has ended and that holds the clock up. None does once the law's ceiling or a promise has set
    /// the deadline, for they stand still.
    pub paused: Option<Pause>,
}

/// A pause (tạm dừng): it ends by itself at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pause {
    pub since: Timestamp,
    pub until: Timestamp,
}

impl ClockState {
    /// Whether the clock stopped, or still runs at `now`, after its deadline.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.stopped.unwrap_or(now) > self.due
    }

    /// Whether it still runs past its deadline.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && now > self.due
    }

    /// Whether a pause holds it up at `now`.
    pub fn is_held_up(&self, now: Timestamp) -> bool {
        self.paused.is_some_and(|pause| (pause.since..pause.until).contains(&now))
    }
}

/// The clocks of one complaint, and what its events say beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// What the complaint is now, after any reclassifying.
    pub classification: Classification,
    pub received: Timestamp,
    pub resolved: Option<Timestamp>,
    /// Closed after it was resolved, and not reopened since.
    pub closed: bool,
    /// Who answers for it: an internal address.
    pub assignee: Option<String>,
    /// What it waits for, by a pause that nobody has ended, whether or not that holds the resolution up.
    pub waits_for: Option<(PauseReason, Pause)>,
    /// In the order of [`Clock::ALL`]; those that the complaint has.
    pub states: Vec<ClockState>,
    /// What passes on each clock, in the order of [`Clock::ALL`].
    passing: [Passing; Clock::ALL.len()],
    /// The pauses that move the resolution's deadline.
    stops: Vec<Stop>,
}

/// A step that is due: with the complaint and a recipient, the key of something to be told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueStep<'p> {
    pub clock: Clock,
    pub deadline: Timestamp,
    /// When it became due.
    pub due_at: Timestamp,
    pub rule: &'p EscalationRule,
}

/// Computes the clocks of a complaint from its events, given in any order; `None` when none of them is the receipt.
pub fn clocks(
    events: &[DatedEvent],
    policy: &ComplaintPolicy,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
) -> Option<Clocks> {
    let place = Place { calendar, zone };
    let history = History::read(events, policy.longest_pause)?;
    let mut clocks = Clocks {
        classification: history.classification,
        received: history.received,
        resolved: history.resolved,
        closed: history.closed,
        assignee: history.assignee.map(str::to_owned),
        waits_for: history.open_stop().map(|stop| (stop.reason, stop.pause)),
        states: Vec::with_capacity(Clock::ALL.len()),
        passing: [Passing::ClockTime; Clock::ALL.len()],
        stops: Vec::new(),
    };
    for clock in Clock::ALL {
        if let Some(course) = course(place, policy, &history, clock) {
            clocks.states.push(state(&history, &course, clock));
            clocks.passing[clock as usize] = course.passing();
            if clock == Clock::Resolution {
                clocks.stops = course.stops_that_count().to_vec();
            }
        }
    }
    Some(clocks)
}

fn state(history: &History<'_>, course: &Course<'_>, clock: Clock) -> ClockState {
    let open = history.open_stop().filter(|_| clock == Clock::Resolution && course.set_by == SetBy::Length);
    ClockState {
        clock,
        started: course.started,
        due: course.due,
        stopped: history.stopped(clock),
        paused: open.map(|stop| stop.pause).filter(|pause| pause.since < course.due),
    }
}

/// Whether nothing can become due any more, by its events alone: it is resolved, and the authority knows all that the
/// law wants it to. Needs no policy, so that a store may note it beside the events.
pub fn is_settled(events: &[DatedEvent]) -> bool {
    // How long a pause may last settles nothing.
    History::read(events, SignedDuration::ZERO).is_some_and(|history| history.is_settled())
}

/// Calendar days from the deadline's day to today's, in the business zone; 0 on the deadline's own day.
pub fn days_over(deadline: Timestamp, now: Timestamp, zone: &TimeZone) -> i32 {
    let day = |instant| zone.to_datetime(instant).date();
    (day(now) - day(deadline)).get_days()
}

impl Clocks {
    pub fn state(&self, clock: Clock) -> Option<&ClockState> {
        self.states.iter().find(|state| state.clock == clock)
    }

    /// Whether it is not resolved, or was reopened.
    pub fn is_open(&self) -> bool {
        self.resolved.is_none()
    }
}
