//! Escalation: when each step of a clock is due.
//!
//! A percentage is of the clock's own time from its start to its deadline: working time for terms in working days and hours,
//! with the rest of the first day, clock time for terms in hours and days. Pauses do not count in it. Where the law's ceiling
//! or a promise sets the deadline, which no pause moves, they do; and the ceiling's own time passes.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::count::{Passing, Place, after, passed};
use super::history::Stop;
use super::{ClockState, Clocks, DueStep};
use crate::calendar::WorkingCalendar;
use crate::domain::complaint::{Clock, ComplaintPolicy, EscalationRule, StepAt};

/// The steps that are due at `now`, in order of their instants, then of their clocks; the caller leaves out those whose
/// key it has on record. A clock that has stopped, or that a pause holds up at `now`, has none.
pub fn due_steps<'p>(
    clocks: &Clocks,
    policy: &'p ComplaintPolicy,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<DueStep<'p>> {
    let place = Place { calendar, zone };
    let mut due = Vec::new();
    for state in clocks.states.iter().filter(|state| state.stopped.is_none() && !state.is_held_up(now)) {
        let mut way = Way::of(place, clocks, state);
        for rule in rules(clocks, policy, state.clock) {
            let due_at = match rule.at {
                StepAt::Percent(percent) if percent < 100 => way.percent_by(percent, now),
                at => Some(way.instant(at)),
            };
            due.extend(due_at.filter(|&due_at| is_due(rule.at, due_at, now)).map(|due_at| DueStep {
                clock: state.clock,
                deadline: state.due,
                due_at,
                rule,
            }));
        }
    }
    due.sort_by_key(|step| (step.due_at, step.clock));
    due
}

/// All steps of a clock, past and future, in order of their instants; none when the complaint has no such clock.
pub fn steps<'p>(
    clocks: &Clocks,
    clock: Clock,
    policy: &'p ComplaintPolicy,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
) -> Vec<DueStep<'p>> {
    let Some(state) = clocks.state(clock) else { return Vec::new() };
    let mut way = Way::of(Place { calendar, zone }, clocks, state);
    let mut steps: Vec<_> = rules(clocks, policy, clock)
        .iter()
        .map(|rule| DueStep { clock, deadline: state.due, due_at: way.instant(rule.at), rule })
        .collect();
    steps.sort_by_key(|step| step.due_at);
    steps
}

fn rules<'p>(clocks: &Clocks, policy: &'p ComplaintPolicy, clock: Clock) -> &'p [EscalationRule] {
    match clock {
        Clock::AttackNotice | Clock::HarmNotice => &policy.notices.escalation,
        _ => &policy.kinds[&clocks.classification.kind].escalation,
    }
}

/// The deadline itself is the last instant that is not late.
fn is_due(at: StepAt, due_at: Timestamp, now: Timestamp) -> bool {
    if at == StepAt::DUE { due_at < now } else { due_at <= now }
}

/// The way of a clock from its start to its deadline.
struct Way<'a> {
    place: Place<'a>,
    state: &'a ClockState,
    passing: Passing,
    stops: &'a [Stop],
    /// Its length, once somebody has asked for it.
    total: Option<SignedDuration>,
}

impl<'a> Way<'a> {
    fn of(place: Place<'a>, clocks: &'a Clocks, state: &'a ClockState) -> Self {
        let stops = if state.clock == Clock::Resolution { &clocks.stops[..] } else { &[] };
        Self { place, state, passing: clocks.passing[state.clock as usize], stops, total: None }
    }

    fn instant(&mut self, at: StepAt) -> Timestamp {
        let (start, due) = (self.state.started, self.state.due);
        match at {
            StepAt::Percent(percent) if percent < 100 => {
                let share = self.share(percent);
                self.after(share)
            }
            StepAt::Percent(_) => due,
            StepAt::AfterStart(length) => start.checked_add(length).unwrap_or(Timestamp::MAX),
            StepAt::BeforeDue(length) => due.checked_sub(length).map_or(start, |before| before.max(start)),
            StepAt::AfterDue(length) => due.checked_add(length).unwrap_or(Timestamp::MAX),
        }
    }

    /// The instant of a percentage, if it has come by `now`. The length of the way is found once, and its point is looked
    /// for only when it may have come: a clock's own time never passes faster than the clock on the wall.
    fn percent_by(&mut self, percent: u8, now: Timestamp) -> Option<Timestamp> {
        if now < self.state.started {
            return None;
        }
        let share = self.share(percent);
        (share <= now.duration_since(self.state.started)).then(|| self.after(share))
    }

    /// So many percent of the way, rounded up to a second.
    fn share(&mut self, percent: u8) -> SignedDuration {
        let (start, due) = (self.state.started, self.state.due);
        let total =
            *self.total.get_or_insert_with(|| passed(self.place, start, due, self.passing, self.stops));
        let hundredths = i128::from(total.as_secs()) * i128::from(percent);
        let seconds = hundredths / 100 + i128::from(hundredths % 100 > 0);
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    fn after(&self, share: SignedDuration) -> Timestamp {
        after(self.place, self.state.started, share, self.passing, self.stops)
    }
}
