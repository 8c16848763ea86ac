//! Periods: half-open ranges of calendar days in the business time zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// The length of a periodic report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PeriodKind {
    Day,
    /// Monday to Sunday (ISO 8601).
    Week,
    Month,
    Quarter,
    Year,
}

impl PeriodKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The period of this kind that holds `day`.
    pub fn holding(self, day: Date) -> Period {
        match self {
            Self::Day => Period::Day(day),
            Self::Week => {
                let week = day.iso_week_date();
                Period::Week { year: week.year(), week: week.week() }
            }
            Self::Month => Period::Month { year: day.year(), month: day.month() },
            Self::Quarter => Period::Quarter { year: day.year(), quarter: (day.month() - 1) / 3 + 1 },
            Self::Year => Period::Year(day.year()),
        }
    }

    /// The latest period of this kind that is over when the day `today` begins.
    pub fn last_complete(self, today: Date) -> Period {
        self.holding(self.holding(today).first().yesterday().unwrap_or(Date::MIN))
    }
}

/// A half-open range of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    Day(Date),
    /// An ISO week; `year` is the ISO week year.
    Week {
        year: i16,
        week: i8,
    },
    Month {
        year: i16,
        month: i8,
    },
    /// `quarter` is 1 to 4.
    Quarter {
        year: i16,
        quarter: i8,
    },
    Year(i16),
    /// Any other range: `from` is in it, `until` is not.
    Span {
        from: Date,
        until: Date,
    },
}

/// A text that names no period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a period; write 2026-11-22, 2026-W47, 2026-11, 2026-Q4, 2026 or 2026-11-01..2026-11-15"
)]
pub struct PeriodError(String);

impl Period {
    /// The first day.
    pub fn first(self) -> Date {
        match self {
            Self::Day(day) => day,
            Self::Week { year, week } => {
                ISOWeekDate::new(year, week, Weekday::Monday).map(ISOWeekDate::date).unwrap_or(Date::MIN)
            }
            Self::Month { year, month } => Date::constant(year, month, 1),
            Self::Quarter { year, quarter } => Date::constant(year, quarter * 3 - 2, 1),
            Self::Year(year) => Date::constant(year, 1, 1),
            Self::Span { from, .. } => from,
        }
    }

    /// The first day that is no longer in the period.
    pub fn until(self) -> Date {
        match self {
            Self::Day(day) => day.saturating_add(1.day()),
            Self::Week { .. } => self.first().saturating_add(7.days()),
            Self::Month { .. } => self.first().saturating_add(1.month()),
            Self::Quarter { .. } => self.first().saturating_add(3.months()),
            Self::Year(_) => self.first().saturating_add(1.year()),
            Self::Span { until, .. } => until,
        }
    }

    /// The last day that is in the period.
    pub fn last(self) -> Date {
        self.until().yesterday().unwrap_or(Date::MIN)
    }

    pub fn contains(self, day: Date) -> bool {
        self.first() <= day && day < self.until()
    }

    /// The period's first instant, in the business time zone.
    pub fn start(self, zone: &TimeZone) -> Timestamp {
        self.first().to_zoned(zone.clone()).map_or(Timestamp::MIN, |zoned| zoned.timestamp())
    }

    /// The instant after the period's last, in the business time zone.
    pub fn end(self, zone: &TimeZone) -> Timestamp {
        self.until().to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// The period of the same kind and length just before.
    pub fn previous(self) -> Self {
        let before = self.first().yesterday().unwrap_or(Date::MIN);
        match self {
            Self::Span { from, until } => {
                let days = (until - from).get_days();
                Self::Span { from: from.saturating_sub(days.days()), until: from }
            }
            _ => self.kind().map_or(self, |kind| kind.holding(before)),
        }
    }

    /// The same period a year before: a day by its weekday, fifty-two weeks earlier; a week by its ISO number (week
    /// 53 compares with 52 where the year before has none); the same month or quarter.
    pub fn last_year(self) -> Self {
        match self {
            Self::Day(day) => Self::Day(day.saturating_sub(52.weeks())),
            Self::Week { year, week } => {
                let longest = ISOWeekDate::new(year - 1, 53, Weekday::Monday).map_or(52, |_| 53);
                Self::Week { year: year - 1, week: week.min(longest) }
            }
            Self::Month { year, month } => Self::Month { year: year - 1, month },
            Self::Quarter { year, quarter } => Self::Quarter { year: year - 1, quarter },
            Self::Year(year) => Self::Year(year - 1),
            Self::Span { from, until } => {
                Self::Span { from: from.saturating_sub(1.year()), until: until.saturating_sub(1.year()) }
            }
        }
    }

    /// `None` for a span.
    pub fn kind(self) -> Option<PeriodKind> {
        match self {
            Self::Day(_) => Some(PeriodKind::Day),
            Self::Week { .. } => Some(PeriodKind::Week),
            Self::Month { .. } => Some(PeriodKind::Month),
            Self::Quarter { .. } => Some(PeriodKind::Quarter),
            Self::Year(_) => Some(PeriodKind::Year),
            Self::Span { .. } => None,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Day(day) => day.to_string(),
            Self::Week { year, week } => format!("{year:04}-W{week:02}"),
            Self::Month { year, month } => format!("{year:04}-{month:02}"),
            Self::Quarter { year, quarter } => format!("{year:04}-Q{quarter}"),
            Self::Year(year) => format!("{year:04}"),
            Self::Span { from, until } => format!("{from}..{until}"),
        };
        f.pad(&text)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let wrong = || PeriodError(text.to_owned());
        let date = |part: &str| part.parse::<Date>().map_err(|_| wrong());
        if let Some((from, until)) = text.split_once("..") {
            let (from, until) = (date(from)?, date(until)?);
            return if from < until { Ok(Self::Span { from, until }) } else { Err(wrong()) };
        }
        let Some((year, rest)) = text.split_once('-') else {
            return number(text, 4).map(Self::Year).ok_or_else(wrong);
        };
        let year = number(year, 4).ok_or_else(wrong)?;
        let period = if let Some(week) = rest.strip_prefix('W') {
            number(week, 2)
                .filter(|&week| ISOWeekDate::new(year, week as i8, Weekday::Monday).is_ok())
                .map(|week| Self::Week { year, week: week as i8 })
        } else if let Some(quarter) = rest.strip_prefix('Q') {
            number(quarter, 1)
                .filter(|quarter| (1..=4).contains(quarter))
                .map(|quarter| Self::Quarter { year, quarter: quarter as i8 })
        } else if rest.contains('-') {
            Some(Self::Day(date(text)?))
        } else {
            number(rest, 2)
                .filter(|month| (1..=12).contains(month))
                .map(|month| Self::Month { year, month: month as i8 })
        };
        period.ok_or_else(wrong)
    }
}

/// A number of exactly `digits` ASCII digits.
fn number(text: &str, digits: usize) -> Option<i16> {
    let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn weeks_across_new_year_are_iso() {
        let week = PeriodKind::Week.holding(date(2027, 1, 1));
        assert_eq!(week, Period::Week { year: 2026, week: 53 });
        assert_eq!((week.first(), week.until()), (date(2026, 12, 28), date(2027, 1, 4)));
        assert_eq!(week.previous().to_string(), "2026-W52");
        assert_eq!(week.last_year().to_string(), "2025-W52");
    }

    #[test]
    fn the_last_complete_period_is_over() {
        let monday = date(2026, 11, 16);
        for (kind, name) in [
            (PeriodKind::Day, "2026-11-15"),
            (PeriodKind::Week, "2026-W46"),
            (PeriodKind::Month, "2026-10"),
            (PeriodKind::Quarter, "2026-Q3"),
            (PeriodKind::Year, "2025"),
        ] {
            assert_eq!(kind.last_complete(monday).to_string(), name);
        }
    }

    #[test]
    fn a_day_compares_with_the_same_weekday() {
        assert_eq!(Period::Day(date(2026, 11, 22)).last_year(), Period::Day(date(2025, 11, 23)));
        let leap = date(2024, 2, 29);
        let before = Period::Day(leap).last_year().first();
        assert_eq!((before, before.weekday()), (date(2023, 3, 2), leap.weekday()));
    }

    #[test]
    fn refuses_what_is_no_period() {
        for bad in
            ["", "26", "2026-13", "2025-W53", "2026-Q5", "2026-02-30", "2026-02-02..2026-02-01", "2026-1"]
        {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn names_read_back_and_neighbours_touch(days in 0i32..40_000, kind in 0usize..5) {
            let kind = [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year][kind];
            let day = date(1950, 1, 1).saturating_add(days.days());
            let period = kind.holding(day);
            proptest::prop_assert!(period.contains(day));
            proptest::prop_assert_eq!(period.to_string().parse::<Period>(), Ok(period));
            proptest::prop_assert_eq!(period.previous().until(), period.first());
        }
    }
}
