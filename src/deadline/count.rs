//! Where a length of time ends: the Civil Code's counting (Art. 147-148) over the working calendar, with pauses.
//!
//! A pause is over an interval [since, until). Time within it does not count. A day counts by its end, 24:00: it does
//! not when the clock was paused just before, whatever happened earlier in the day. So a pause that ends at midnight takes
//! the day before with it, and one that begins at midnight does not.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::history::Stop;
use super::terms::Length;
use crate::calendar::WorkingCalendar;
use crate::domain::term::Term;

/// What days and hours are where the shop is.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub calendar: &'a WorkingCalendar,
    pub zone: &'a TimeZone,
}

/// What passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    ClockTime,
    WorkingTime,
}

/// When `length` from `start` is used up. Days end with their last second.
pub(super) fn end_of(place: Place<'_>, start: Timestamp, length: Length, stops: &[Stop]) -> Timestamp {
    let first = || place.zone.to_datetime(start).date();
    match length {
        Length::ClockTime(time) => after(place, start, time, Passing::ClockTime, stops),
        Length::WorkingTime(time) => after(place, start, time, Passing::WorkingTime, stops),
        Length::Days(days) if stops.is_empty() => {
            place.calendar.deadline(start, Term::Days(days), place.zone)
        }
        Length::Days(days) => end_of_day(place, last_day(place, first(), days, stops)),
        Length::WorkingDays { whole, half: false } if stops.is_empty() => {
            place.calendar.deadline(start, Term::WorkingDays(whole), place.zone)
        }
        Length::WorkingDays { whole, half } => {
            let last = (0..whole).fold(first(), |day, _| next_counted(place, day, stops));
            match half {
                true => end_of_half(place, last, stops),
                false => end_of_day(place, last),
            }
        }
    }
}

/// When so much of a clock's time has passed. What ends with a stretch of it ends there, not where the next begins.
pub(super) fn after(
    place: Place<'_>,
    start: Timestamp,
    time: SignedDuration,
    passing: Passing,
    stops: &[Stop],
) -> Timestamp {
    if time <= SignedDuration::ZERO {
        return start;
    }
    let (mut from, mut left) = (start, time);
    for Stop { pause, .. } in stops.iter().filter(|stop| stop.pause.until > start) {
        let run = between(place, from, pause.since, passing);
        if left <= run {
            break;
        }
        left -= run;
        from = from.max(pause.until);
    }
    match passing {
        Passing::ClockTime => from.checked_add(left).unwrap_or(Timestamp::MAX),
        Passing::WorkingTime => place.calendar.add_working_hours(from, left, place.zone),
    }
}

/// How much of a clock's time passes from one instant to another.
pub(super) fn passed(
    place: Place<'_>,
    start: Timestamp,
    until: Timestamp,
    passing: Passing,
    stops: &[Stop],
) -> SignedDuration {
    let (mut from, mut sum) = (start, SignedDuration::ZERO);
    for Stop { pause, .. } in stops.iter().filter(|stop| stop.pause.until > start) {
        sum += between(place, from, pause.since.min(until), passing);
        from = from.max(pause.until);
    }
    sum + between(place, from, until, passing)
}

fn between(place: Place<'_>, from: Timestamp, until: Timestamp, passing: Passing) -> SignedDuration {
    match passing {
        _ if until <= from => SignedDuration::ZERO,
        Passing::ClockTime => until.duration_since(from),
        Passing::WorkingTime => place.calendar.working_time_between(from, until, place.zone),
    }
}

/// The pause that the clock was in just before an instant.
pub(super) fn stop_before(instant: Timestamp, stops: &[Stop]) -> Option<&Stop> {
    stops.iter().find(|stop| stop.pause.since < instant && instant <= stop.pause.until)
}

/// The days at whose end the clock is in the pause: from the first to the second, which is no longer one.
fn stopped_days(place: Place<'_>, stop: &Stop) -> (Date, Date) {
    let day = |instant| place.zone.to_datetime(instant).date();
    (day(stop.pause.since), day(stop.pause.until))
}

/// The pause that takes a day away, and the first day after it that counts again.
pub(super) fn stop_of_day<'s>(place: Place<'_>, day: Date, stops: &'s [Stop]) -> Option<(&'s Stop, Date)> {
    let days = stops.iter().map(|stop| (stop, stopped_days(place, stop)));
    days.filter(|(_, (from, until))| (*from..*until).contains(&day))
        .map(|(stop, (_, until))| (stop, until))
        .next()
}

/// The `count`-th day after `first` that counts. A last day that is off rolls over to the next working day (Art. 148(5))
/// that counts.
fn last_day(place: Place<'_>, first: Date, count: u32, stops: &[Stop]) -> Date {
    let plus = |day: Date, count: i64| {
        let span = Span::new().try_days(count);
        span.and_then(|span| day.checked_add(span)).unwrap_or(Date::MAX)
    };
    let mut last = plus(first, i64::from(count));
    for stop in stops {
        let (from, until) = stopped_days(place, stop);
        let from = from.max(plus(first, 1));
        if from <= last && from < until {
            last = plus(last, i64::from((until - from).get_days()));
        }
    }
    loop {
        last = place.calendar.roll_over(last);
        match stop_of_day(place, last, stops) {
            Some((_, again)) if last < Date::MAX => last = again,
            _ => return last,
        }
    }
}

/// The first working day after `day` that counts.
fn next_counted(place: Place<'_>, day: Date, stops: &[Stop]) -> Date {
    let mut next = place.calendar.next_working_day(day);
    while let Some((_, again)) = stop_of_day(place, next, stops)
        && next < Date::MAX
    {
        next = place.calendar.roll_over(again);
    }
    next
}

/// The middle of the working hours of the first working day after `day`. In a pause, that day ends with its end; a day
/// that does not count at all leaves it to the next.
fn end_of_half(place: Place<'_>, day: Date, stops: &[Stop]) -> Timestamp {
    let mut next = day;
    loop {
        next = place.calendar.next_working_day(next);
        if next == Date::MAX {
            return Timestamp::MAX;
        }
        let middle = place.calendar.middle_of_working_time(next, place.zone);
        let middle = middle.unwrap_or_else(|| end_of_day(place, next));
        if stop_before(middle, stops).is_none() {
            return middle;
        }
        if stop_of_day(place, next, stops).is_none() {
            return end_of_day(place, next);
        }
    }
}

/// When a day begins.
pub(super) fn start_of_day(place: Place<'_>, day: Date) -> Timestamp {
    place.zone.to_timestamp(day.to_datetime(Time::midnight())).unwrap_or(Timestamp::MAX)
}

/// The last second of a day, so that the day it prints is the day that is meant.
fn end_of_day(place: Place<'_>, day: Date) -> Timestamp {
    let next = day.tomorrow().map(|next| start_of_day(place, next)).unwrap_or(Timestamp::MAX);
    next.checked_sub(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX)
}
