//! The time of a clock from its start to its deadline, in intervals without gaps.
//!
//! Time that is counted as time is told as it passed. Where days are counted, a day is one thing: counted, or taken away by
//! the pause that the clock was in at its end, or off.

use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use serde::Serialize;

use super::super::count::{Place, start_of_day, stop_before, stop_of_day};
use super::super::course::Course;
use super::super::history::Stop;
use super::super::terms::Length;
use crate::domain::complaint::PauseReason;

/// From one instant to another, which it does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Interval {
    pub from: Timestamp,
    pub until: Timestamp,
    #[serde(flatten)]
    pub time: TimeOf,
}

/// What the time of an interval is to a clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "time", rename_all = "kebab-case")]
pub enum TimeOf {
    Counted,
    /// The day of the start, which days do not count (Civil Code Art. 147(2)).
    FirstDay,
    Paused {
        reason: PauseReason,
    },
    /// Lunch and night of a working day.
    OutsideHours,
    Weekend,
    DayOff {
        name: String,
    },
    /// The last day is off, so that the term ends with the next working day (Civil Code Art. 148(5)). The name of the day
    /// off; none for a weekend.
    RolledOver {
        name: Option<String>,
    },
}

pub(super) fn intervals(place: Place<'_>, course: &Course<'_>) -> Vec<Interval> {
    let mut line = Line { until: course.due, next: course.started, intervals: Vec::new() };
    match course.length {
        Length::ClockTime(_) => {
            line.with_stops(course.due, &TimeOf::Counted, course.stops);
        }
        Length::WorkingTime(_) => line.working_time(place, course.stops),
        Length::Days(days) => line.days(place, days, course.stops),
        Length::WorkingDays { .. } => line.working_days(place, course.stops),
    }
    line.intervals
}

/// Intervals in the making, up to the deadline.
struct Line {
    until: Timestamp,
    /// Where the next interval begins.
    next: Timestamp,
    intervals: Vec<Interval>,
}

impl Line {
    /// Goes on to `until`, or the deadline; neighbours of the same kind are one.
    fn go_on(&mut self, until: Timestamp, time: TimeOf) {
        let until = until.min(self.until);
        if until <= self.next {
            return;
        }
        match self.intervals.last_mut() {
            Some(last) if last.time == time => last.until = until,
            _ => self.intervals.push(Interval { from: self.next, until, time }),
        }
        self.next = until;
    }

    /// The same, with the pauses taken out.
    fn with_stops(&mut self, until: Timestamp, time: &TimeOf, stops: &[Stop]) {
        for Stop { pause, reason, .. } in stops {
            if pause.until > self.next && pause.since < until {
                self.go_on(pause.since, time.clone());
                self.go_on(pause.until.min(until), TimeOf::Paused { reason: *reason });
            }
        }
        self.go_on(until, time.clone());
    }

    fn working_time(&mut self, place: Place<'_>, stops: &[Stop]) {
        for day in self.days_to_deadline(place) {
            for (begin, end) in place.calendar.spans(day, place.zone) {
                self.with_stops(begin, &TimeOf::OutsideHours, stops);
                self.with_stops(end, &TimeOf::Counted, stops);
            }
            let rest = off(place, day).map_or(TimeOf::OutsideHours, Off::passed);
            self.with_stops(end_of(place, day), &rest, stops);
        }
    }

    fn days(&mut self, place: Place<'_>, count: u32, stops: &[Stop]) {
        let mut left = count;
        for (index, day) in self.days_to_deadline(place).enumerate() {
            let time = match (self.stop_of(place, day, stops), off(place, day)) {
                _ if index == 0 => TimeOf::FirstDay,
                (Some(stop), _) => TimeOf::Paused { reason: stop.reason },
                (None, Some(off)) if left <= 1 => off.rolled_over(),
                _ => {
                    left = left.saturating_sub(1);
                    TimeOf::Counted
                }
            };
            self.go_on(end_of(place, day), time);
        }
    }

    fn working_days(&mut self, place: Place<'_>, stops: &[Stop]) {
        for (index, day) in self.days_to_deadline(place).enumerate() {
            let time = match (self.stop_of(place, day, stops), off(place, day)) {
                _ if index == 0 => TimeOf::FirstDay,
                (Some(stop), _) => TimeOf::Paused { reason: stop.reason },
                (None, Some(off)) => off.passed(),
                (None, None) => TimeOf::Counted,
            };
            self.go_on(end_of(place, day), time);
        }
    }

    /// The pause that takes a day away. A deadline within the day cuts it short: what comes later in it takes nothing away.
    fn stop_of<'s>(&self, place: Place<'_>, day: Date, stops: &'s [Stop]) -> Option<&'s Stop> {
        let last_second = end_of(place, day).saturating_sub(SignedDuration::from_secs(1));
        match last_second {
            Ok(last) if self.until < last => stop_before(self.until, stops),
            _ => stop_of_day(place, day, stops).map(|(stop, _)| stop),
        }
    }

    fn days_to_deadline(&self, place: Place<'_>) -> impl Iterator<Item = Date> + use<> {
        let day = |instant| place.zone.to_datetime(instant).date();
        let (first, last) = (day(self.next), day(self.until));
        first.series(Span::new().days(1)).take_while(move |&day| day <= last)
    }
}

fn end_of(place: Place<'_>, day: Date) -> Timestamp {
    day.tomorrow().map_or(Timestamp::MAX, |next| start_of_day(place, next))
}

/// Why a day is off: a day off by its name, or a weekend.
struct Off<'n>(Option<&'n str>);

fn off<'n>(place: Place<'n>, day: Date) -> Option<Off<'n>> {
    (!place.calendar.is_working_day(day)).then(|| Off(place.calendar.days().off(day)))
}

impl Off<'_> {
    fn passed(self) -> TimeOf {
        self.0.map_or(TimeOf::Weekend, |name| TimeOf::DayOff { name: name.to_owned() })
    }

    fn rolled_over(self) -> TimeOf {
        TimeOf::RolledOver { name: self.0.map(str::to_owned) }
    }
}
