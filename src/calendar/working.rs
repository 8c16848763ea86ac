//! Counting working days and hours, and deadlines by the Civil Code.

use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::days::CalendarDays;
use crate::domain::term::Term;

/// Which days and hours are worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingCalendar {
    days: CalendarDays,
    /// By weekday, Monday first.
    week: [bool; 7],
    /// Half-open, in order, without overlap.
    hours: Vec<(Time, Time)>,
}

/// A working week that cannot be counted with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeekError {
    #[error("no day of the week is worked; name at least one, 1 for Monday to 7 for Sunday")]
    NoDay,
    #[error("{0} is not a day of the week; write 1 for Monday to 7 for Sunday")]
    Day(i8),
    #[error("no hour is worked; name at least one span, for example 08:00 to 12:00")]
    NoHour,
    #[error("the working hours {from} to {until} end before they begin; write the earlier time first")]
    Backwards { from: Time, until: Time },
    #[error(
        "the working hours from {from} begin before the span ahead of them has ended; write the spans in order, without overlap"
    )]
    Overlap { from: Time },
}

impl WorkingCalendar {
    /// `working_days` are 1 (Monday) to 7; `hours` are half-open spans in order, with the lunch left out. A day
    /// worked in place of another (làm bù) has the same hours.
    pub fn new(days: CalendarDays, working_days: &[i8], hours: &[(Time, Time)]) -> Result<Self, WeekError> {
        let mut week = [false; 7];
        for &day in working_days {
            let index = usize::try_from(day).ok().filter(|index| (1..=7).contains(index));
            week[index.ok_or(WeekError::Day(day))? - 1] = true;
        }
        if !week.contains(&true) {
            return Err(WeekError::NoDay);
        }
        if hours.is_empty() {
            return Err(WeekError::NoHour);
        }
        if let Some(&(from, until)) = hours.iter().find(|(from, until)| from >= until) {
            return Err(WeekError::Backwards { from, until });
        }
        if let Some(pair) = hours.windows(2).find(|pair| pair[1].0 < pair[0].1) {
            return Err(WeekError::Overlap { from: pair[1].0 });
        }
        Ok(Self { days, week, hours: hours.to_vec() })
    }

    /// Monday to Friday, 08:00-12:00 and 13:00-17:00.
    pub fn office_week(days: CalendarDays) -> Self {
        let week = [true, true, true, true, true, false, false];
        let hours = vec![(time(8, 0, 0, 0), time(12, 0, 0, 0)), (time(13, 0, 0, 0), time(17, 0, 0, 0))];
        Self { days, week, hours }
    }

    /// What the calendar files say.
    pub fn days(&self) -> &CalendarDays {
        &self.days
    }

    /// The working hours of a working day: half-open, in order, without overlap.
    pub fn working_hours(&self) -> &[(Time, Time)] {
        &self.hours
    }

    pub fn is_working_day(&self, day: Date) -> bool {
        if self.days.worked(day).is_some() {
            return true;
        }
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.week[weekday] && self.days.off(day).is_none()
    }

    /// The first working day after `day`.
    pub fn next_working_day(&self, day: Date) -> Date {
        let mut next = day;
        // Ends: a weekday is worked, and files name finitely many days off.
        while let Ok(tomorrow) = next.tomorrow() {
            next = tomorrow;
            if self.is_working_day(next) {
                break;
            }
        }
        next
    }

    /// `day` itself when it is worked, else the first working day after it.
    pub fn roll_over(&self, day: Date) -> Date {
        if self.is_working_day(day) { day } else { self.next_working_day(day) }
    }

    /// The `count`-th working day after `day`, which is not counted itself (Civil Code Art. 147(2)); with a count of
    /// 0, `day` rolled over to a working day.
    pub fn add_working_days(&self, day: Date, count: u32) -> Date {
        if count == 0 {
            return self.roll_over(day);
        }
        let mut last = day;
        for _ in 0..count {
            last = self.next_working_day(last);
            if last == Date::MAX {
                break;
            }
        }
        last
    }

    /// The instant at which `duration` of working hours after `instant` is used up; lunch, nights and days off do not
    /// count. What ends with a span ends at its end, not at the next one's beginning.
    pub fn add_working_hours(
        &self,
        instant: Timestamp,
        duration: SignedDuration,
        zone: &TimeZone,
    ) -> Timestamp {
        if duration <= SignedDuration::ZERO {
            return instant;
        }
        let mut left = duration;
        let mut day = zone.to_datetime(instant).date();
        loop {
            for (from, until) in self.spans(day, zone) {
                let from = from.max(instant);
                if until <= from {
                    continue;
                }
                let length = until.duration_since(from);
                if left <= length {
                    return plus(from, left);
                }
                left -= length;
            }
            let next = self.next_working_day(day);
            if next <= day || next == Date::MAX {
                return Timestamp::MAX;
            }
            day = next;
        }
    }

    /// When a term that starts at `from` is over.
    ///
    /// - Clock hours run at once, around the clock (Civil Code Art. 147(1)).
    /// - Days do not count the first one (Art. 147(2)); a last day that is off rolls over to the next working day (Art. 148(5)).
    /// - Working days count only those worked, without the first.
    ///
    /// The last day counts to its end, 24:00 (Art. 148(6)): the instant returned is its last second, so that the day
    /// it prints is the day that is meant. It is late only after that.
    pub fn deadline(&self, from: Timestamp, term: Term, zone: &TimeZone) -> Timestamp {
        let first = zone.to_datetime(from).date();
        let last = match term {
            Term::Hours(hours) => return plus(from, SignedDuration::from_hours(i64::from(hours))),
            Term::Days(days) => {
                let span = Span::new().try_days(days);
                self.roll_over(span.and_then(|span| first.checked_add(span)).unwrap_or(Date::MAX))
            }
            Term::WorkingDays(days) => self.add_working_days(first, days),
            Term::WorkingHours(hours) => {
                return self.add_working_hours(from, SignedDuration::from_hours(i64::from(hours)), zone);
            }
        };
        end_of(last, zone)
    }

    /// The days off that calendar files name in a year, in order, with their names.
    pub fn days_off(&self, year: i16) -> impl Iterator<Item = (Date, &str)> {
        self.days.off_in(year)
    }

    /// The days worked that calendar files name in a year, in order, with their reasons.
    pub fn days_worked(&self, year: i16) -> impl Iterator<Item = (Date, &str)> {
        self.days.worked_in(year)
    }

    /// Whether the government has decided the year's days.
    pub fn is_confirmed(&self, year: i16) -> bool {
        self.days.is_confirmed(year)
    }

    /// The working spans of a day as instants; none for a day off.
    fn spans(&self, day: Date, zone: &TimeZone) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let hours = if self.is_working_day(day) { self.hours.as_slice() } else { &[] };
        hours.iter().filter_map(move |&(from, until)| {
            let at = |time| zone.to_timestamp(day.to_datetime(time)).ok();
            Some((at(from)?, at(until)?))
        })
    }
}

fn plus(instant: Timestamp, duration: SignedDuration) -> Timestamp {
    instant.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The last second of a day.
fn end_of(day: Date, zone: &TimeZone) -> Timestamp {
    let next =
        day.tomorrow().ok().and_then(|next| zone.to_timestamp(next.to_datetime(Time::midnight())).ok());
    next.and_then(|next| next.checked_sub(SignedDuration::from_secs(1)).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn vietnam() -> WorkingCalendar {
        WorkingCalendar::office_week(CalendarDays::vietnam().unwrap())
    }

    fn hanoi() -> TimeZone {
        TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
    }

    /// A local time in Vietnam.
    fn at(text: &str) -> Timestamp {
        format!("{text}+07:00").parse().unwrap()
    }

    #[test]
    fn the_swap_of_2026_works_saturday_and_rests_monday() {
        let calendar = vietnam();
        let worked: Vec<bool> = (20..=31).map(|day| calendar.is_working_day(date(2026, 8, day))).collect();
        let expected = [true, true, true, false, true, true, true, true, true, false, false, false];
        assert_eq!(worked, expected);
        assert_eq!(calendar.next_working_day(date(2026, 8, 28)), date(2026, 9, 3));
        assert_eq!(calendar.next_working_day(date(2026, 2, 13)), date(2026, 2, 23));
        assert_eq!(calendar.roll_over(date(2026, 8, 22)), date(2026, 8, 22));
    }

    #[test]
    fn saturdays_are_worked_when_the_week_says_so() {
        let days = || CalendarDays::vietnam().unwrap();
        let morning = [(time(8, 0, 0, 0), time(12, 0, 0, 0))];
        let calendar = WorkingCalendar::new(days(), &[1, 2, 3, 4, 5, 6], &morning).unwrap();
        assert!(calendar.is_working_day(date(2026, 11, 21)));
        // A Saturday that is a holiday stays one.
        assert!(!calendar.is_working_day(date(2027, 2, 6)));
        assert!(!calendar.is_working_day(date(2026, 11, 22)));
    }

    #[test]
    fn refuses_weeks_that_cannot_be_counted_with() {
        let new = |week: &[i8], hours: &[(Time, Time)]| {
            WorkingCalendar::new(CalendarDays::default(), week, hours).unwrap_err()
        };
        let (eight, noon, five) = (time(8, 0, 0, 0), time(12, 0, 0, 0), time(17, 0, 0, 0));
        assert_eq!(new(&[], &[(eight, noon)]), WeekError::NoDay);
        assert_eq!(new(&[0], &[(eight, noon)]), WeekError::Day(0));
        assert_eq!(new(&[8], &[(eight, noon)]), WeekError::Day(8));
        assert_eq!(new(&[1], &[]), WeekError::NoHour);
        assert_eq!(new(&[1], &[(noon, noon)]), WeekError::Backwards { from: noon, until: noon });
        assert_eq!(new(&[1], &[(eight, five), (noon, five)]), WeekError::Overlap { from: noon });
    }

    #[test]
    fn working_hours_honour_lunch_nights_and_days_off() {
        for (from, hours, expected) in [
            ("2026-11-20T08:00", 4, "2026-11-20T12:00"),
            ("2026-11-20T08:00", 5, "2026-11-20T14:00"),
            ("2026-11-20T11:30", 1, "2026-11-20T13:30"),
            ("2026-11-20T12:15", 1, "2026-11-20T14:00"),
            ("2026-11-20T16:30", 1, "2026-11-23T08:30"),
            ("2026-11-20T16:00", 1, "2026-11-20T17:00"),
            ("2026-11-20T22:00", 8, "2026-11-23T17:00"),
            // Over 24 November and a weekend.
            ("2026-11-20T08:00", 25, "2026-11-26T09:00"),
            // Over the whole of Tết.
            ("2026-02-13T16:00", 2, "2026-02-23T09:00"),
            // Into the Saturday that is worked for 31 August.
            ("2026-08-21T16:00", 2, "2026-08-22T09:00"),
            ("2026-11-21T10:00", 0, "2026-11-21T10:00"),
        ] {
            let end = vietnam().add_working_hours(at(from), SignedDuration::from_hours(hours), &hanoi());
            assert_eq!(end, at(expected), "{from} + {hours} h");
        }
    }

    #[test]
    fn deadlines_follow_the_civil_code() {
        for (from, term, expected) in [
            // Hours run at once, through the weekend.
            ("2026-11-20T16:00", Term::Hours(72), "2026-11-23T16:00"),
            // The first day does not count, however early it began.
            ("2026-11-16T00:00", Term::Days(1), "2026-11-17T23:59:59"),
            ("2026-11-16T23:59", Term::Days(1), "2026-11-17T23:59:59"),
            // The last day falls on a Saturday, on 24 November, into Tết.
            ("2026-11-11T09:00", Term::Days(10), "2026-11-23T23:59:59"),
            ("2026-11-14T09:00", Term::Days(10), "2026-11-25T23:59:59"),
            ("2026-02-01T09:00", Term::Days(15), "2026-02-23T23:59:59"),
            ("2026-11-20T09:00", Term::WorkingDays(1), "2026-11-23T23:59:59"),
            ("2026-11-20T09:00", Term::WorkingDays(2), "2026-11-25T23:59:59"),
            ("2026-08-20T09:00", Term::WorkingDays(2), "2026-08-22T23:59:59"),
            ("2026-11-21T09:00", Term::WorkingDays(0), "2026-11-23T23:59:59"),
        ] {
            assert_eq!(vietnam().deadline(at(from), term, &hanoi()), at(expected), "{from} + {term}");
        }
    }

    #[test]
    fn counts_that_leave_time_end_at_its_end() {
        let calendar = vietnam();
        for term in [Term::Hours(u32::MAX), Term::Days(u32::MAX)] {
            assert_eq!(calendar.deadline(at("9998-11-20T16:00"), term, &hanoi()), Timestamp::MAX, "{term}");
        }
        assert_eq!(calendar.add_working_days(date(9999, 12, 30), 10), Date::MAX);
        let end = calendar.add_working_hours(at("9999-12-01T16:00"), SignedDuration::MAX, &hanoi());
        assert_eq!(end, Timestamp::MAX);
    }

    /// A slow oracle: looks at each minute.
    fn minute_by_minute(
        calendar: &WorkingCalendar,
        from: Timestamp,
        minutes: i64,
        zone: &TimeZone,
    ) -> Timestamp {
        let minute = SignedDuration::from_mins(1);
        let (mut instant, mut left) = (from, minutes);
        while left > 0 {
            let local = zone.to_datetime(instant);
            let is_open = (8..17).contains(&local.hour()) && local.hour() != 12;
            if is_open && calendar.is_working_day(local.date()) {
                left -= 1;
            }
            instant += minute;
        }
        instant
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn working_hours_agree_with_the_oracle(start in 0i64..(11 * 365 * 24 * 60), minutes in 1i64..(60 * 60)) {
            let from = at("2024-01-01T00:00") + SignedDuration::from_mins(start);
            let calendar = vietnam();
            let end = calendar.add_working_hours(from, SignedDuration::from_mins(minutes), &hanoi());
            prop_assert_eq!(end, minute_by_minute(&calendar, from, minutes, &hanoi()));
        }

        /// Where the clock changes, the hours that passed count, not those on the dial.
        #[test]
        fn working_hours_agree_with_the_oracle_over_clock_changes(start in 0i64..(90 * 24 * 60), minutes in 1i64..(40 * 60)) {
            let zone = TimeZone::get("America/New_York").unwrap();
            let hours = [(time(8, 0, 0, 0), time(12, 0, 0, 0)), (time(13, 0, 0, 0), time(17, 0, 0, 0))];
            let calendar = WorkingCalendar::new(CalendarDays::default(), &[1, 2, 3, 4, 5, 6, 7], &hours).unwrap();
            let from = at("2026-09-20T00:00") + SignedDuration::from_mins(start);
            let end = calendar.add_working_hours(from, SignedDuration::from_mins(minutes), &zone);
            prop_assert_eq!(end, minute_by_minute(&calendar, from, minutes, &zone));
        }

        #[test]
        fn working_hours_add_up(start in 0i64..(11 * 365 * 24 * 60), one in 0i64..3000, two in 0i64..3000) {
            let from = at("2024-01-01T00:00") + SignedDuration::from_mins(start);
            let add = |from, minutes| vietnam().add_working_hours(from, SignedDuration::from_mins(minutes), &hanoi());
            prop_assert_eq!(add(add(from, one), two), add(from, one + two));
        }

        #[test]
        fn working_days_agree_with_the_oracle(start in 0i32..(11 * 365), count in 1u32..60) {
            let calendar = vietnam();
            let from = date(2024, 1, 1).checked_add(start.days()).unwrap();
            let mut day = from;
            let mut left = count;
            while left > 0 {
                day = day.tomorrow().unwrap();
                let is_weekend = matches!(day.weekday().to_monday_one_offset(), 6 | 7);
                let days = calendar.days();
                if days.worked(day).is_some() || !is_weekend && days.off(day).is_none() {
                    left -= 1;
                }
            }
            prop_assert_eq!(calendar.add_working_days(from, count), day);
        }
    }
}
