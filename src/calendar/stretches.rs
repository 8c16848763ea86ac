//! What the time between two instants was: worked, or why not.

use std::collections::VecDeque;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::instants::instant_of;
use super::working::WorkingCalendar;

/// A stretch of time of one kind, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch<'a> {
    pub from: Timestamp,
    pub until: Timestamp,
    pub kind: StretchKind<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StretchKind<'a> {
    /// Working hours.
    Working,
    /// Working hours of a day that is worked in place of another (làm bù), and why.
    WorkedInPlace(&'a str),
    /// Between the working hours of a day: lunch.
    Break,
    /// Before or after the working hours of a working day.
    Night,
    /// Days that the week leaves free and that no holiday names.
    Weekend,
    /// A day off, and its name.
    DayOff(&'a str),
}

impl StretchKind<'_> {
    /// Whether its time counts.
    pub fn is_working(self) -> bool {
        matches!(self, Self::Working | Self::WorkedInPlace(_))
    }
}

impl WorkingCalendar {
    /// The stretches of [`from`, `until`), in order, without gap or overlap; each is of another kind than its
    /// neighbours, so a night from one working day to the next is one stretch, and so is a weekend. None when `until`
    /// is not after `from`. The working ones add up to [`Self::working_time_between`].
    pub fn stretches<'a>(
        &'a self,
        from: Timestamp,
        until: Timestamp,
        zone: &'a TimeZone,
    ) -> impl Iterator<Item = Stretch<'a>> {
        let mut stretches = Stretches {
            calendar: self,
            zone,
            next_day: Some(zone.to_datetime(from).date()),
            reached: from,
            until,
            waiting: VecDeque::new(),
        };
        let mut current = stretches.next();
        std::iter::from_fn(move || {
            let mut joined = current.take()?;
            for stretch in stretches.by_ref() {
                if stretch.kind != joined.kind {
                    current = Some(stretch);
                    break;
                }
                joined.until = stretch.until;
            }
            Some(joined)
        })
    }

    /// What a day is when nobody works.
    fn rest(&self, day: Date) -> StretchKind<'_> {
        self.days().off(day).map_or(StretchKind::Weekend, StretchKind::DayOff)
    }

    fn work(&self, day: Date) -> StretchKind<'_> {
        self.days().worked(day).map_or(StretchKind::Working, StretchKind::WorkedInPlace)
    }
}

/// Day by day, neighbours of one kind still apart.
struct Stretches<'a> {
    calendar: &'a WorkingCalendar,
    zone: &'a TimeZone,
    next_day: Option<Date>,
    /// All up to here has been told or waits.
    reached: Timestamp,
    until: Timestamp,
    waiting: VecDeque<Stretch<'a>>,
}

impl<'a> Iterator for Stretches<'a> {
    type Item = Stretch<'a>;

    fn next(&mut self) -> Option<Stretch<'a>> {
        while self.waiting.is_empty() && self.reached < self.until {
            match self.next_day {
                Some(day) => self.tell(day),
                // Time ends within the last day.
                None => self.reach(self.until, StretchKind::Night),
            }
        }
        self.waiting.pop_front()
    }
}

impl Stretches<'_> {
    fn tell(&mut self, day: Date) {
        self.next_day = day.tomorrow().ok();
        let midnight =
            self.next_day.and_then(|next| instant_of(next.to_datetime(Time::midnight()), self.zone));
        let end = midnight.unwrap_or(self.until);
        if !self.calendar.is_working_day(day) {
            return self.reach(end, self.calendar.rest(day));
        }
        for (at, (from, until)) in self.calendar.spans(day, self.zone).enumerate() {
            self.reach(from, if at == 0 { StretchKind::Night } else { StretchKind::Break });
            self.reach(until, self.calendar.work(day));
        }
        self.reach(end, StretchKind::Night);
    }
}

impl<'a> Stretches<'a> {
    /// Whatever is left up to `until` is of this kind.
    fn reach(&mut self, until: Timestamp, kind: StretchKind<'a>) {
        let until = until.min(self.until);
        if self.reached < until {
            self.waiting.push_back(Stretch { from: self.reached, until, kind });
            self.reached = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::{date, time};

    use super::*;
    use crate::calendar::CalendarDays;

    fn vietnam() -> WorkingCalendar {
        WorkingCalendar::office_week(CalendarDays::vietnam().unwrap())
    }

    fn at(text: &str) -> Timestamp {
        format!("{text}+07:00").parse().unwrap()
    }

    fn told(calendar: &WorkingCalendar, from: &str, until: &str) -> Vec<String> {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let stretches = calendar.stretches(at(from), at(until), &zone);
        let line = |stretch: Stretch<'_>| {
            let local = |instant| zone.to_datetime(instant).strftime("%d/%m %H:%M").to_string();
            format!("{} - {} {:?}", local(stretch.from), local(stretch.until), stretch.kind)
        };
        stretches.map(line).collect()
    }

    #[test]
    fn each_stretch_has_its_kind() {
        assert_eq!(
            told(&vietnam(), "2026-11-23T11:00", "2026-11-25T09:00"),
            [
                "23/11 11:00 - 23/11 12:00 Working",
                "23/11 12:00 - 23/11 13:00 Break",
                "23/11 13:00 - 23/11 17:00 Working",
                "23/11 17:00 - 24/11 00:00 Night",
                "24/11 00:00 - 25/11 00:00 DayOff(\"Ngày Văn hóa Việt Nam\")",
                "25/11 00:00 - 25/11 08:00 Night",
                "25/11 08:00 - 25/11 09:00 Working",
            ]
        );
        assert_eq!(
            told(&vietnam(), "2026-08-21T16:00", "2026-08-24T08:00"),
            [
                "21/08 16:00 - 21/08 17:00 Working",
                "21/08 17:00 - 22/08 08:00 Night",
                "22/08 08:00 - 22/08 12:00 WorkedInPlace(\"Làm bù cho 31/8\")",
                "22/08 12:00 - 22/08 13:00 Break",
                "22/08 13:00 - 22/08 17:00 WorkedInPlace(\"Làm bù cho 31/8\")",
                "22/08 17:00 - 23/08 00:00 Night",
                "23/08 00:00 - 24/08 00:00 Weekend",
                "24/08 00:00 - 24/08 08:00 Night",
            ]
        );
        assert_eq!(
            told(&vietnam(), "2026-11-21T01:00", "2026-11-22T23:00"),
            ["21/11 01:00 - 22/11 23:00 Weekend"]
        );
        assert!(told(&vietnam(), "2026-11-21T01:00", "2026-11-21T01:00").is_empty());
        assert!(told(&vietnam(), "2026-11-21T01:00", "2026-11-20T01:00").is_empty());
    }

    #[test]
    fn a_shop_that_never_closes_works_in_one_stretch() {
        let day = (Time::midnight(), time(23, 59, 59, 999_999_999));
        let calendar = WorkingCalendar::new(CalendarDays::default(), &[1, 2, 3, 4, 5, 6, 7], &[day]).unwrap();
        let told = told(&calendar, "2026-11-20T01:00", "2026-11-20T23:00");
        assert_eq!(told, ["20/11 01:00 - 20/11 23:00 Working"]);
    }

    /// Zones whose midnight is skipped, shown twice, or whose day is skipped altogether.
    #[test]
    fn stretches_cover_every_clock_change() {
        for (zone, day) in [
            ("Europe/Berlin", date(2026, 3, 28)),
            ("Europe/Berlin", date(2026, 10, 24)),
            ("Africa/Cairo", date(2026, 4, 23)),
            ("America/Havana", date(2026, 10, 31)),
            ("America/Sao_Paulo", date(2018, 2, 16)),
            ("Pacific/Apia", date(2011, 12, 28)),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let from = day.to_zoned(zone.clone()).unwrap().timestamp();
            let until = from + SignedDuration::from_hours(5 * 24);
            let calendar = vietnam();
            let stretches: Vec<_> = calendar.stretches(from, until, &zone).collect();
            assert_eq!((stretches[0].from, stretches[stretches.len() - 1].until), (from, until), "{zone:?}");
            for pair in stretches.windows(2) {
                assert!(pair[0].until == pair[1].from && pair[0].kind != pair[1].kind, "{zone:?} {pair:?}");
            }
            let worked = stretches.iter().filter(|stretch| stretch.kind.is_working());
            let worked: SignedDuration =
                worked.map(|stretch| stretch.until.duration_since(stretch.from)).sum();
            assert_eq!(worked, calendar.working_time_between(from, until, &zone), "{zone:?}");
        }
    }

    #[test]
    fn the_end_of_time_is_covered() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let from = Timestamp::MAX - SignedDuration::from_hours(100);
        let calendar = vietnam();
        let last = calendar.stretches(from, Timestamp::MAX, &zone).last().unwrap();
        assert_eq!(last.until, Timestamp::MAX);
    }
}
