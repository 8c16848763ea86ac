//! The clocks of a complaint (khiếu nại), computed from its events.
//!
//! Invariant: one pure function makes every deadline from (events, terms, calendar, zone); nothing stores a deadline as
//! truth, so a corrected event or a new holiday corrects every deadline at once. A step is keyed by (clock, deadline instant,
//! step): it goes out once, and a new deadline is a new key. No mail, no recipients, no clock on the wall.
//!
//! How events move the clocks:
//! - Both start with the receipt. The first response stops with the acknowledgement, or with a resolution that came without one.
//! - The resolution stops with the resolution. Reopening starts it anew, with its full term from that instant; the first
//!   response has been given and stays so.
//! - Reclassifying takes the new kind's terms from the original receipt: what the complaint is does not change when it came.
//! - A promise can only tighten the resolution. The latest promise counts; one for before the clock's start (made before a
//!   reopening) is spent.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::WorkingCalendar;
pub use crate::domain::complaint::Clock;
use crate::domain::complaint::{
    Classification, ComplaintEvent, ComplaintPolicy, DatedEvent, EscalationRule, StepAt,
};

/// One clock: when it started, when it is due, and when it stopped, if it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockState {
    pub clock: Clock,
    pub started: Timestamp,
    /// The last instant that is not late.
    pub due: Timestamp,
    pub stopped: Option<Timestamp>,
    /// The pause that has begun and not been ended by anybody.
    pub paused: Option<Pause>,
}

/// A pause (tạm dừng): it ends by itself at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// The clocks of one complaint, and what its events say beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// What the complaint is now, after any reclassifying.
    pub classification: Classification,
    pub received: Timestamp,
    pub resolved: Option<Timestamp>,
    pub closed: bool,
    /// Who answers for it: an internal address.
    pub assignee: Option<String>,
    /// In the order of [`Clock::ALL`]; those that the complaint has.
    pub states: Vec<ClockState>,
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
    let history = History::read(events)?;
    let terms = policy.kinds[&history.classification.kind].terms;
    let first_response = ClockState {
        clock: Clock::FirstResponse,
        started: history.received,
        due: calendar.deadline(history.received, terms.first_response, zone),
        stopped: history.answered,
        paused: None,
    };
    let ours = calendar.deadline(history.opened, terms.resolution, zone);
    let promised = history.promised.filter(|&promised| promised >= history.opened);
    let resolution = ClockState {
        clock: Clock::Resolution,
        started: history.opened,
        due: promised.map_or(ours, |promised| promised.min(ours)),
        stopped: history.resolved,
        paused: None,
    };
    Some(Clocks {
        classification: history.classification,
        received: history.received,
        resolved: history.resolved,
        closed: false,
        assignee: None,
        states: vec![first_response, resolution],
    })
}

/// The steps that are due at `now`, in order of their instants; the caller leaves out those whose key it has on record.
pub fn due_steps<'p>(
    clocks: &Clocks,
    policy: &'p ComplaintPolicy,
    _calendar: &WorkingCalendar,
    _zone: &TimeZone,
    now: Timestamp,
) -> Vec<DueStep<'p>> {
    let rules = &policy.kinds[&clocks.classification.kind].escalation;
    let overdue = clocks.states.iter().filter(|state| state.is_overdue(now));
    overdue
        .flat_map(|state| {
            let due = rules.iter().filter(|rule| rule.at == StepAt::DUE);
            due.map(|rule| DueStep { clock: state.clock, deadline: state.due, due_at: state.due, rule })
        })
        .collect()
}

/// Whether nothing can become due any more, by its events alone: it is resolved, and the authority knows all that the
/// law wants it to. Needs no policy, so that a store may note it beside the events.
pub fn is_settled(events: &[DatedEvent]) -> bool {
    History::read(events).is_some_and(|history| history.resolved.is_some())
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

/// What the events come to.
struct History {
    classification: Classification,
    received: Timestamp,
    /// When the resolution clock last started: the receipt, or the last reopening.
    opened: Timestamp,
    answered: Option<Timestamp>,
    resolved: Option<Timestamp>,
    promised: Option<Timestamp>,
}

impl History {
    fn read(events: &[DatedEvent]) -> Option<Self> {
        let mut ordered: Vec<&DatedEvent> = events.iter().collect();
        // Stable: events of the same instant keep the order they were recorded in, but for the receipt, which comes first.
        ordered.sort_by_key(|dated| (dated.at, !matches!(dated.event, ComplaintEvent::Received(_))));
        let (received, classification) = ordered.iter().find_map(|dated| match dated.event {
            ComplaintEvent::Received(classification) => Some((dated.at, classification)),
            _ => None,
        })?;
        let mut history = Self {
            classification,
            received,
            opened: received,
            answered: None,
            resolved: None,
            promised: None,
        };
        for dated in ordered {
            history.take(dated);
        }
        Some(history)
    }

    fn take(&mut self, dated: &DatedEvent) {
        match dated.event {
            ComplaintEvent::Promised { due_at } => self.promised = Some(due_at),
            ComplaintEvent::Acknowledged => {
                self.answered.get_or_insert(dated.at);
            }
            ComplaintEvent::Reclassified(classification) => self.classification = classification,
            ComplaintEvent::Resolved => {
                self.answered.get_or_insert(dated.at);
                self.resolved.get_or_insert(dated.at);
            }
            ComplaintEvent::Reopened => {
                // Only what was resolved can be opened again.
                if self.resolved.take().is_some() {
                    self.opened = dated.at;
                }
            }
            // The first receipt counts; a source that shows it again adds nothing.
            _ => {}
        }
    }
}
