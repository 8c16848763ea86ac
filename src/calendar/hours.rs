//! Counting working hours, forwards and backwards.
//!
//! Hours are those that pass, not those on the dial: where the clock is put forward within working hours a span is
//! shorter, where it is put back, longer. A span's end that the clock skips lies at the change; one that the clock shows
//! twice is the first of the two.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::instants::{instant_of, plus};
use super::working::WorkingCalendar;

impl WorkingCalendar {
    /// The instant at which `duration` of working hours after `instant` is used up; lunch, nights and days off do not
    /// count. What ends with a span ends at its end, not at the next one's beginning. `instant` itself when `duration`
    /// is not positive, and the end of time when there are not so many hours.
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

    /// The instant from which `duration` of working hours leads up to `instant`: the last there is, so what uses up a
    /// span begins at its beginning, not at the end of the one before. Takes back [`Self::add_working_hours`] from any
    /// instant within working hours. `instant` itself when `duration` is not positive, and the beginning of time when
    /// there are not so many hours.
    pub fn subtract_working_hours(
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
            for (from, until) in self.spans(day, zone).rev() {
                let until = until.min(instant);
                if until <= from {
                    continue;
                }
                let length = until.duration_since(from);
                if left <= length {
                    return until.checked_sub(left).unwrap_or(Timestamp::MIN);
                }
                left -= length;
            }
            let previous = self.previous_working_day(day);
            if previous >= day || previous == Date::MIN {
                return Timestamp::MIN;
            }
            day = previous;
        }
    }

    /// The working hours from `a` to `b`; negative when `b` is the earlier one.
    pub fn working_time_between(&self, a: Timestamp, b: Timestamp, zone: &TimeZone) -> SignedDuration {
        if b < a {
            return -self.working_time_between(b, a, zone);
        }
        let last = zone.to_datetime(b).date();
        let mut day = zone.to_datetime(a).date();
        let mut sum = SignedDuration::ZERO;
        loop {
            let spans = self.spans(day, zone).map(|(from, until)| (from.max(a), until.min(b)));
            sum += spans
                .filter(|(from, until)| from < until)
                .map(|(from, until)| until.duration_since(from))
                .sum::<SignedDuration>();
            let next = self.next_working_day(day);
            if next <= day || next > last {
                return sum;
            }
            day = next;
        }
    }

    /// The instant at which half of a day's working hours is used up: 12:00 of a day from 08:00 to 12:00 and 13:00 to
    /// 17:00. `None` for a day on which nobody works.
    pub fn middle_of_working_time(&self, day: Date, zone: &TimeZone) -> Option<Timestamp> {
        let length = |(from, until): (Timestamp, Timestamp)| until.duration_since(from);
        let total: SignedDuration = self.spans(day, zone).map(length).sum();
        let (first, _) = self.spans(day, zone).next()?;
        (total > SignedDuration::ZERO).then(|| self.add_working_hours(first, total / 2, zone))
    }

    /// The working spans of a day as instants, in order, without overlap; none for a day off.
    pub fn spans(
        &self,
        day: Date,
        zone: &TimeZone,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, Timestamp)> {
        let hours = if self.is_working_day(day) { self.hours.as_slice() } else { &[] };
        hours.iter().filter_map(move |&(from, until)| {
            let at = |time| instant_of(day.to_datetime(time), zone);
            Some((at(from)?, at(until)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::CalendarDays;

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

    /// Every day worked, from one time to another.
    fn daily(spans: &[(i8, i8)]) -> WorkingCalendar {
        let hours: Vec<_> =
            spans.iter().map(|&(from, until)| (time(from, 0, 0, 0), time(until, 0, 0, 0))).collect();
        WorkingCalendar::new(CalendarDays::default(), &[1, 2, 3, 4, 5, 6, 7], &hours).unwrap()
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
    fn hours_that_leave_time_end_at_its_ends() {
        let calendar = vietnam();
        let end = calendar.add_working_hours(at("9999-12-01T16:00"), SignedDuration::MAX, &hanoi());
        let start = calendar.subtract_working_hours(at("-009999-02-01T16:00"), SignedDuration::MAX, &hanoi());
        assert_eq!((start, end), (Timestamp::MIN, Timestamp::MAX));
    }

    #[test]
    fn hours_are_taken_back_through_lunch_nights_and_days_off() {
        for (until, hours, expected) in [
            ("2026-11-20T12:00", 4, "2026-11-20T08:00"),
            ("2026-11-20T14:00", 1, "2026-11-20T13:00"),
            ("2026-11-20T12:30", 1, "2026-11-20T11:00"),
            ("2026-11-23T08:30", 1, "2026-11-20T16:30"),
            ("2026-11-26T09:00", 25, "2026-11-20T08:00"),
            ("2026-02-23T09:00", 2, "2026-02-13T16:00"),
            ("2026-08-22T09:00", 2, "2026-08-21T16:00"),
            ("2026-11-21T10:00", 0, "2026-11-21T10:00"),
        ] {
            let start =
                vietnam().subtract_working_hours(at(until), SignedDuration::from_hours(hours), &hanoi());
            assert_eq!(start, at(expected), "{until} - {hours} h");
        }
    }

    #[test]
    fn time_between_counts_working_hours_alone() {
        for (a, b, minutes) in [
            ("2026-11-20T11:30", "2026-11-20T13:30", 60),
            ("2026-11-20T12:10", "2026-11-20T12:50", 0),
            ("2026-11-20T16:30", "2026-11-23T08:30", 60),
            ("2026-11-21T00:00", "2026-11-23T00:00", 0),
            // Tết, and the Saturday worked for 31 August.
            ("2026-02-13T00:00", "2026-02-24T00:00", 2 * 480),
            ("2026-08-21T17:00", "2026-09-03T08:00", 6 * 480),
        ] {
            let between = |a, b| vietnam().working_time_between(at(a), at(b), &hanoi());
            assert_eq!(between(a, b), SignedDuration::from_mins(minutes), "{a} to {b}");
            assert_eq!(between(b, a), SignedDuration::from_mins(-minutes), "{b} to {a}");
        }
    }

    #[test]
    fn the_middle_of_a_day_is_that_of_its_hours() {
        let middle = |calendar: &WorkingCalendar, day| calendar.middle_of_working_time(day, &hanoi());
        assert_eq!(middle(&vietnam(), date(2026, 11, 20)), Some(at("2026-11-20T12:00")));
        assert_eq!(middle(&vietnam(), date(2026, 11, 21)), None);
        assert_eq!(middle(&vietnam(), date(2026, 8, 22)), Some(at("2026-08-22T12:00")));
        let day = date(2026, 11, 20);
        assert_eq!(middle(&daily(&[(8, 12)]), day), Some(at("2026-11-20T10:00")));
        assert_eq!(middle(&daily(&[(8, 12), (13, 19)]), day), Some(at("2026-11-20T14:00")));
    }

    /// 29 March and 25 October 2026 in Berlin: 02:00 becomes 03:00, 03:00 becomes 02:00.
    #[test]
    fn nights_on_which_the_clock_changes_have_the_hours_that_pass() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let worked = |spans: &[(i8, i8)], day: Date| {
            let at = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp();
            daily(spans).working_time_between(at(day), at(day.tomorrow().unwrap()), &zone).as_hours()
        };
        let (spring, autumn) = (date(2026, 3, 29), date(2026, 10, 25));
        for (spans, plain, short, long) in [
            (&[(0, 6)][..], 6, 5, 7),
            (&[(1, 2), (2, 4)][..], 3, 2, 4),
            // Skipped altogether.
            (&[(2, 3)][..], 1, 0, 2),
            (&[(3, 6)][..], 3, 3, 3),
        ] {
            let hours = [date(2026, 6, 1), spring, autumn].map(|day| worked(spans, day));
            assert_eq!(hours, [plain, short, long], "{spans:?}");
        }
        assert_eq!(daily(&[(2, 3)]).middle_of_working_time(spring, &zone), None);
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
            let is_open = calendar.hours.iter().any(|&(from, until)| (from..until).contains(&local.time()));
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

        /// Where the clock changes, the hours that passed count, not those on the dial: by day, and by night through
        /// the changes of March and November.
        #[test]
        fn working_hours_agree_with_the_oracle_over_clock_changes(
            by_night in proptest::bool::ANY,
            start in 0i64..(300 * 24 * 60),
            minutes in 1i64..(40 * 60),
        ) {
            let zone = TimeZone::get("America/New_York").unwrap();
            let calendar = if by_night { daily(&[(0, 4), (5, 9)]) } else { daily(&[(8, 12), (13, 17)]) };
            let from = at("2026-02-15T00:00") + SignedDuration::from_mins(start);
            let length = SignedDuration::from_mins(minutes);
            let end = calendar.add_working_hours(from, length, &zone);
            prop_assert_eq!(end, minute_by_minute(&calendar, from, minutes, &zone));
            prop_assert_eq!(calendar.working_time_between(from, end, &zone), length);
            let back = calendar.subtract_working_hours(end, length, &zone);
            prop_assert_eq!(minute_by_minute(&calendar, back, minutes, &zone), end);
            // The last instant from which it is so.
            prop_assert!(back >= from && calendar.working_time_between(from, back, &zone).is_zero());
        }

        #[test]
        fn working_hours_add_up(start in 0i64..(11 * 365 * 24 * 60), one in 0i64..3000, two in 0i64..3000) {
            let from = at("2024-01-01T00:00") + SignedDuration::from_mins(start);
            let add = |from, minutes| vietnam().add_working_hours(from, SignedDuration::from_mins(minutes), &hanoi());
            prop_assert_eq!(add(add(from, one), two), add(from, one + two));
        }
    }
}
