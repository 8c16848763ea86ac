//! Which days and hours are worked, counting working days, and deadlines by the Civil Code.

use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::days::CalendarDays;
use super::instants::plus;
use super::table::Table;
use crate::domain::term::Term;

/// Which days and hours are worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingCalendar {
    days: CalendarDays,
    /// By weekday, Monday first.
    week: [bool; 7],
    /// Half-open, in order, without overlap.
    pub(super) hours: Vec<(Time, Time)>,
    /// What `days` and `week` come to.
    table: Table,
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
        Ok(Self { table: Table::new(&days, week), days, week, hours: hours.to_vec() })
    }

    /// Monday to Friday, 08:00-12:00 and 13:00-17:00.
    pub fn office_week(days: CalendarDays) -> Self {
        let week = [true, true, true, true, true, false, false];
        let hours = vec![(time(8, 0, 0, 0), time(12, 0, 0, 0)), (time(13, 0, 0, 0), time(17, 0, 0, 0))];
        Self { table: Table::new(&days, week), days, week, hours }
    }

    /// What the rules and the calendar files say.
    pub fn days(&self) -> &CalendarDays {
        &self.days
    }

    /// Quick from 1995 to 2199. Outside those years no holiday is known, and only weekends are off, and what files name.
    pub fn is_working_day(&self, day: Date) -> bool {
        self.table.is_worked(day).unwrap_or_else(|| self.is_worked_by_name(day))
    }

    fn is_worked_by_name(&self, day: Date) -> bool {
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

    /// The last working day before `day`.
    pub fn previous_working_day(&self, day: Date) -> Date {
        let mut previous = day;
        while let Ok(yesterday) = previous.yesterday() {
            previous = yesterday;
            if self.is_working_day(previous) {
                break;
            }
        }
        previous
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

    /// The days off of a year that rules or calendar files name, in order, with their names.
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
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

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
