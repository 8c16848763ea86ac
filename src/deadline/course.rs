//! The course of one clock: from where it starts, through pauses, extension, the law's ceiling and promises, to where it
//! is due.

use jiff::Timestamp;

use super::count::{Passing, Place, end_of};
use super::history::{History, Round, Stop};
use super::terms::{Basis, Length, basis};
use crate::domain::complaint::{Ceiling, Clock, ComplaintPolicy, extension_ceiling};
use crate::domain::term::Term;

pub(super) struct Course<'h> {
    pub basis: Basis,
    pub started: Timestamp,
    /// With the extension.
    pub length: Length,
    /// When the extension was taken, and the days it adds.
    pub extended: Option<(Timestamp, u32)>,
    /// With the extension's.
    pub ceiling: Option<Ceiling>,
    /// Only the resolution is ever paused.
    pub stops: &'h [Stop],
    /// Where the ceiling cut it short.
    pub held: Option<Timestamp>,
    pub due: Timestamp,
    pub set_by: SetBy,
}

/// What the deadline comes from. A promise and the ceiling are fixed from the start, so that no pause holds up a clock
/// whose deadline they set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetBy {
    Length,
    Ceiling,
    Promise,
}

impl Course<'_> {
    /// What passes on the way to the deadline.
    pub fn passing(&self) -> Passing {
        let is_working_time = match (self.set_by, self.ceiling) {
            (SetBy::Ceiling, Some(Ceiling { most, .. })) => {
                matches!(most, Term::WorkingDays(_) | Term::WorkingHours(_))
            }
            _ => self.length.is_working_time(),
        };
        if is_working_time { Passing::WorkingTime } else { Passing::ClockTime }
    }

    /// The pauses that move the deadline.
    pub fn stops_that_count(&self) -> &[Stop] {
        if self.set_by == SetBy::Length { self.stops } else { &[] }
    }
}

/// `None` when the complaint has no such clock.
pub(super) fn course<'h>(
    place: Place<'_>,
    policy: &ComplaintPolicy,
    history: &'h History<'_>,
    clock: Clock,
) -> Option<Course<'h>> {
    let basis = basis(&history.classification, clock, policy)?;
    let started = history.started(clock);
    let mut course = Course {
        basis,
        started,
        length: basis.length,
        extended: None,
        ceiling: basis.ceiling,
        stops: &[],
        held: None,
        due: started,
        set_by: SetBy::Length,
    };
    if clock != Clock::Resolution {
        // No rule moves it, and settings keep its term within the ceiling.
        course.due = end_of(place, started, course.length, &[]);
        return Some(course);
    }
    course.stops = &history.round.stops;
    extend(place, policy, history, &mut course);
    hold(place, &mut course);
    if let Some(promised) = history.promised.filter(|promised| (started..course.due).contains(promised)) {
        course.due = promised;
        course.set_by = SetBy::Promise;
    }
    Some(course)
}

/// The law's one extension. One that an earlier run of the clock has used up is not there again.
fn extend(place: Place<'_>, policy: &ComplaintPolicy, history: &History<'_>, course: &mut Course<'_>) {
    let kind = history.classification.kind;
    let (Length::Days(days), Some(Term::Days(more))) = (course.length, policy.kinds[&kind].extension) else {
        return;
    };
    let Some(at) = history.round.extended else { return };
    let taken_in = |round: &Round| {
        let limit = limit_of(place, course, round);
        round.extended.is_some_and(|extended| extended < limit)
    };
    if history.extended_rounds.iter().any(taken_in) || !taken_in(&history.round) {
        return;
    }
    course.extended = Some((at, more));
    course.length = Length::Days(days.saturating_add(more));
    let by_law = extension_ceiling(kind).map(|law| law.most);
    if let (Some(Ceiling { most: Term::Days(most), .. }), Some(Term::Days(more))) =
        (&mut course.ceiling, by_law)
    {
        *most = most.saturating_add(more);
    }
}

/// The deadline that a run of the clock has without an extension. Promises need no look: they tighten what is extended
/// all the same.
fn limit_of(place: Place<'_>, course: &Course<'_>, round: &Round) -> Timestamp {
    let counted = end_of(place, round.opened, course.basis.length, &round.stops);
    let most = course.basis.ceiling.map(|law| place.calendar.deadline(round.opened, law.most, place.zone));
    most.map_or(counted, |most| most.min(counted))
}

/// The deadline by its length, and no later than the law's ceiling without any pause.
fn hold(place: Place<'_>, course: &mut Course<'_>) {
    let plain_length = |length: Length, most: Term| match (length, most) {
        (Length::Days(days), Term::Days(most)) => days <= most,
        (Length::WorkingDays { whole, half: false }, Term::WorkingDays(most)) => whole <= most,
        _ => false,
    };
    course.due = end_of(place, course.started, course.length, course.stops);
    let Some(Ceiling { most, .. }) = course.ceiling else { return };
    if course.stops.is_empty() && plain_length(course.length, most) {
        return;
    }
    let ceiling = place.calendar.deadline(course.started, most, place.zone);
    if ceiling < course.due {
        course.held = Some(ceiling);
        course.due = ceiling;
        course.set_by = SetBy::Ceiling;
    }
}
