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

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::WorkingCalendar;
use crate::domain::complaint::{ComplaintEvent, ComplaintKind, DatedEvent};
use crate::domain::term::Term;

/// How long a kind of complaint may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    pub first_response: Term,
    pub resolution: Term,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    FirstResponse,
    Resolution,
}

impl Clock {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstResponse => "first-response",
            Self::Resolution => "resolution",
        }
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is done about a clock at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The deadline has passed and the clock still runs.
    Overdue,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One clock: when it started, when it is due, and when it stopped, if it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockState {
    pub started: Timestamp,
    /// The last instant that is not late.
    pub due: Timestamp,
    pub stopped: Option<Timestamp>,
}

impl ClockState {
    /// Whether the clock stopped, or still runs at `now`, after its deadline.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.stopped.unwrap_or(now) > self.due
    }

    fn is_overdue(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && now > self.due
    }
}

/// The clocks of one complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// What the complaint is about now, after any reclassifying.
    pub kind: ComplaintKind,
    pub first_response: ClockState,
    pub resolution: ClockState,
}

/// A clock that runs past its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub clock: Clock,
    pub deadline: Timestamp,
    /// Calendar days from the deadline's day to today's, in the business zone; 0 on the deadline's own day.
    pub days_over: i32,
}

/// The key of something to be done once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DueStep {
    pub clock: Clock,
    pub deadline: Timestamp,
    pub step: Step,
}

/// Computes the clocks of a complaint from its events, given in any order; `None` when none of them is the receipt.
pub fn clocks(
    events: &[DatedEvent],
    terms: &dyn Fn(ComplaintKind) -> Terms,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
) -> Option<Clocks> {
    let history = History::read(events)?;
    let terms = terms(history.kind);
    let first_response = ClockState {
        started: history.received,
        due: calendar.deadline(history.received, terms.first_response, zone),
        stopped: history.answered,
    };
    let ours = calendar.deadline(history.opened, terms.resolution, zone);
    let promised = history.promised.filter(|&promised| promised >= history.opened);
    let resolution = ClockState {
        started: history.opened,
        due: promised.map_or(ours, |promised| promised.min(ours)),
        stopped: history.resolved,
    };
    Some(Clocks { kind: history.kind, first_response, resolution })
}

/// The steps that are due at `now`; the caller leaves out those whose key it has on record.
pub fn due_steps(clocks: &Clocks, now: Timestamp) -> Vec<DueStep> {
    clocks
        .each()
        .filter(|(_, state)| state.is_overdue(now))
        .map(|(clock, state)| DueStep { clock, deadline: state.due, step: Step::Overdue })
        .collect()
}

impl Clocks {
    /// The clocks that run past their deadlines.
    pub fn overdue(&self, now: Timestamp, zone: &TimeZone) -> Vec<Overdue> {
        let day = |instant| zone.to_datetime(instant).date();
        self.each()
            .filter(|(_, state)| state.is_overdue(now))
            .map(|(clock, state)| Overdue {
                clock,
                deadline: state.due,
                days_over: (day(now) - day(state.due)).get_days(),
            })
            .collect()
    }

    /// Whether the complaint awaits something: a response or its resolution.
    pub fn is_open(&self) -> bool {
        self.each().any(|(_, state)| state.stopped.is_none())
    }

    /// Each clock with its state.
    pub fn each(&self) -> impl Iterator<Item = (Clock, ClockState)> {
        [(Clock::FirstResponse, self.first_response), (Clock::Resolution, self.resolution)].into_iter()
    }
}

/// What the events come to.
struct History {
    kind: ComplaintKind,
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
        ordered.sort_by_key(|dated| (dated.at, !matches!(dated.event, ComplaintEvent::Received { .. })));
        let (received, kind) = ordered.iter().find_map(|dated| match dated.event {
            ComplaintEvent::Received { kind, .. } => Some((dated.at, kind)),
            _ => None,
        })?;
        let mut history =
            Self { kind, received, opened: received, answered: None, resolved: None, promised: None };
        for dated in ordered {
            history.take(dated);
        }
        Some(history)
    }

    fn take(&mut self, dated: &DatedEvent) {
        match dated.event {
            // The first receipt counts; a source that shows it again adds nothing.
            ComplaintEvent::Received { .. } => {}
            ComplaintEvent::Promised { due_at } => self.promised = Some(due_at),
            ComplaintEvent::Acknowledged => {
                self.answered.get_or_insert(dated.at);
            }
            ComplaintEvent::Reclassified { kind, .. } => self.kind = kind,
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::CalendarDays;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    /// A local time of November 2026 in Vietnam; the 24th is a holiday, the 21st a Saturday.
    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}+07:00").parse().unwrap()
    }

    fn event(day: &str, event: ComplaintEvent) -> DatedEvent {
        DatedEvent { at: at(day), event }
    }

    fn received(day: &str, kind: ComplaintKind) -> DatedEvent {
        event(day, ComplaintEvent::Received { kind, damage_level: None })
    }

    fn terms(kind: ComplaintKind) -> Terms {
        let (first_response, resolution) = match kind {
            ComplaintKind::DataBreach => (Term::Hours(4), Term::Hours(24)),
            ComplaintKind::Delivery => (Term::WorkingDays(1), Term::WorkingDays(5)),
            _ => (Term::WorkingDays(2), Term::Days(10)),
        };
        Terms { first_response, resolution }
    }

    fn clocks_of(events: &[DatedEvent]) -> Clocks {
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        clocks(events, &terms, &calendar, &zone()).unwrap()
    }

    #[test]
    fn both_clocks_start_with_the_receipt() {
        let clocks = clocks_of(&[received("20T10:00", ComplaintKind::Delivery)]);
        assert_eq!(clocks.first_response.due, at("23T23:59:59"));
        assert_eq!(clocks.resolution.due, "2026-11-30T23:59:59+07:00".parse().unwrap());
        assert_eq!((clocks.first_response.stopped, clocks.resolution.stopped), (None, None));
        assert!(clocks.is_open());
    }

    #[test]
    fn nothing_is_known_of_a_complaint_that_was_never_received() {
        let calendar = WorkingCalendar::office_week(CalendarDays::default());
        let events = [event("20T10:00", ComplaintEvent::Acknowledged)];
        assert_eq!(clocks(&events, &terms, &calendar, &zone()), None);
        assert_eq!(clocks(&[], &terms, &calendar, &zone()), None);
    }

    #[test]
    fn events_count_by_their_instants_not_by_their_order() {
        let mut events = vec![
            event("23T09:00", ComplaintEvent::Resolved),
            event("21T09:00", ComplaintEvent::Acknowledged),
            event("22T09:00", ComplaintEvent::Acknowledged),
            received("21T09:00", ComplaintKind::Product),
            received("20T10:00", ComplaintKind::Delivery),
        ];
        let one = clocks_of(&events);
        events.reverse();
        assert_eq!(clocks_of(&events), one);
        assert_eq!((one.kind, one.first_response.started), (ComplaintKind::Delivery, at("20T10:00")));
        assert_eq!(one.first_response.stopped, Some(at("21T09:00")));
        assert_eq!(one.resolution.stopped, Some(at("23T09:00")));
        assert!(!one.is_open());
    }

    #[test]
    fn a_resolution_answers_too() {
        let clocks = clocks_of(&[
            received("16T10:00", ComplaintKind::Delivery),
            event("18T10:00", ComplaintEvent::Resolved),
        ]);
        assert_eq!(clocks.first_response.stopped, Some(at("18T10:00")));
        assert!(clocks.first_response.is_late(at("18T10:00")));
        assert!(!clocks.resolution.is_late(at("30T10:00")));
    }

    #[test]
    fn reopening_starts_the_resolution_anew() {
        let mut events = vec![
            received("02T10:00", ComplaintKind::Delivery),
            event("03T10:00", ComplaintEvent::Resolved),
            event("16T10:00", ComplaintEvent::Reopened),
        ];
        let clocks = clocks_of(&events);
        assert_eq!(
            clocks.resolution,
            ClockState { started: at("16T10:00"), due: at("23T23:59:59"), stopped: None }
        );
        assert_eq!(clocks.first_response.stopped, Some(at("03T10:00")));
        events.push(event("17T10:00", ComplaintEvent::Reopened));
        assert_eq!(
            clocks_of(&events).resolution.started,
            at("16T10:00"),
            "only what is resolved is reopened"
        );
        events.push(event("18T10:00", ComplaintEvent::Resolved));
        assert_eq!(clocks_of(&events).resolution.stopped, Some(at("18T10:00")));
    }

    #[test]
    fn reclassifying_counts_from_the_receipt() {
        let clocks = clocks_of(&[
            received("20T10:00", ComplaintKind::Delivery),
            event(
                "23T10:00",
                ComplaintEvent::Reclassified { kind: ComplaintKind::DataBreach, damage_level: Some(3) },
            ),
        ]);
        assert_eq!(clocks.kind, ComplaintKind::DataBreach);
        assert_eq!((clocks.first_response.due, clocks.resolution.due), (at("20T14:00"), at("21T10:00")));
    }

    #[test]
    fn promises_only_tighten() {
        let promise = |due_at: &str| event("17T10:00", ComplaintEvent::Promised { due_at: at(due_at) });
        let receipt = || received("16T10:00", ComplaintKind::Delivery);
        assert_eq!(clocks_of(&[receipt(), promise("18T17:00")]).resolution.due, at("18T17:00"));
        assert_eq!(clocks_of(&[receipt(), promise("30T17:00")]).resolution.due, at("23T23:59:59"));
        let second = event("18T10:00", ComplaintEvent::Promised { due_at: at("20T17:00") });
        assert_eq!(clocks_of(&[receipt(), promise("18T17:00"), second]).resolution.due, at("20T17:00"));
        let reopened = [
            receipt(),
            promise("18T17:00"),
            event("18T10:00", ComplaintEvent::Resolved),
            event("19T10:00", ComplaintEvent::Reopened),
        ];
        assert_eq!(clocks_of(&reopened).resolution.due, at("27T23:59:59"), "a promise kept is spent");
    }

    #[test]
    fn steps_are_due_once_past_and_a_new_deadline_is_a_new_key() {
        let mut events = vec![received("16T10:00", ComplaintKind::Delivery)];
        let clocks = clocks_of(&events);
        assert_eq!(due_steps(&clocks, at("17T23:59:59")), []);
        let key = |clock, deadline| DueStep { clock, deadline, step: Step::Overdue };
        let response = key(Clock::FirstResponse, at("17T23:59:59"));
        assert_eq!(due_steps(&clocks, at("18T00:00")), [response]);
        let resolution = key(Clock::Resolution, at("23T23:59:59"));
        assert_eq!(due_steps(&clocks, at("26T08:00")), [response, resolution]);
        assert_eq!(due_steps(&clocks, at("27T08:00")), [response, resolution], "the same keys every day");

        events.push(event("26T09:00", ComplaintEvent::Acknowledged));
        events.push(event("26T09:30", ComplaintEvent::Promised { due_at: at("20T12:00") }));
        let tightened = key(Clock::Resolution, at("20T12:00"));
        assert_eq!(due_steps(&clocks_of(&events), at("27T08:00")), [tightened]);
        events.push(event("27T09:00", ComplaintEvent::Resolved));
        assert_eq!(due_steps(&clocks_of(&events), at("30T08:00")), []);
    }

    #[test]
    fn days_over_are_days_of_the_calendar() {
        let clocks = clocks_of(&[received("20T10:00", ComplaintKind::DataBreach)]);
        let over = |now| {
            clocks
                .overdue(at(now), &zone())
                .iter()
                .map(|late| (late.clock, late.days_over))
                .collect::<Vec<_>>()
        };
        assert_eq!(over("20T14:00"), []);
        assert_eq!(over("20T14:01"), [(Clock::FirstResponse, 0)]);
        assert_eq!(over("22T00:00"), [(Clock::FirstResponse, 2), (Clock::Resolution, 1)]);
    }
}
