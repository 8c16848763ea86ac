//! Days, instants and periods as people read them: `22/11/2026`, `Tuần 47/2026`, `Quý I/2026`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::texts::Texts;
use crate::domain::period::Period;

/// `22/11/2026`, in both languages: the shop's managers read it this way whatever the language.
pub fn day(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

/// `22/11`.
pub fn day_and_month(day: Date) -> String {
    format!("{:02}/{:02}", day.day(), day.month())
}

/// From one step of a trend to another, both included: `16/11 – 22/11/2026`, `12/2025 – 11/2026`.
pub fn steps(first: Period, last: Period) -> String {
    if matches!(first, Period::Day(_)) {
        return format!("{} – {}", day_and_month(first.first()), day(last.last()));
    }
    let month = |day: Date| format!("{:02}/{:04}", day.month(), day.year());
    format!("{} – {}", month(first.first()), month(last.last()))
}

/// `22/11/2026 07:00`, in the business time zone.
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    let at = Zoned::new(at, zone.clone());
    format!("{} {:02}:{:02}", day(at.date()), at.hour(), at.minute())
}

/// `16/11/2026 – 22/11/2026`, both days included; one day alone stands once.
pub fn range(first: Date, last: Date) -> String {
    if first == last { day(first) } else { format!("{} – {}", day(first), day(last)) }
}

/// `Tuần 47/2026`.
pub fn period(period: Period, texts: &Texts) -> String {
    let year = |year: i16| year.to_string();
    match period {
        Period::Day(date) => day(date),
        Period::Week { year: of, week } => {
            texts.fill("period-week", [("week", week.to_string().into()), ("year", year(of).into())])
        }
        Period::Month { year: of, month } => {
            texts.fill("period-month", [("month", i64::from(month).into()), ("year", year(of).into())])
        }
        Period::Quarter { year: of, quarter } => {
            texts.fill("period-quarter", [("quarter", i64::from(quarter).into()), ("year", year(of).into())])
        }
        Period::Year(of) => texts.fill("period-year", [("year", year(of).into())]),
        Period::Span { .. } => range(period.first(), period.last()),
    }
}

/// `UTC+7`, as it stands at that instant.
pub fn offset(at: Timestamp, zone: &TimeZone) -> String {
    let seconds = zone.to_offset(at).seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    match minutes % 60 {
        0 => format!("UTC{sign}{}", minutes / 60),
        rest => format!("UTC{sign}{}:{rest:02}", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Language;

    #[test]
    fn periods_are_named_as_the_country_does() {
        let (vi, en) = (Texts::new(Language::Vi).expect("vi"), Texts::new(Language::En).expect("en"));
        for (name, in_vi, in_en) in [
            ("2026-W47", "Tuần 47/2026", "Week 47/2026"),
            ("2026-11", "Tháng 11/2026", "November 2026"),
            ("2026-Q1", "Quý I/2026", "Q1/2026"),
            ("2026-Q4", "Quý IV/2026", "Q4/2026"),
            ("2026", "Năm 2026", "2026"),
            ("2026-11-22", "22/11/2026", "22/11/2026"),
            ("2026-11-01..2026-11-16", "01/11/2026 – 15/11/2026", "01/11/2026 – 15/11/2026"),
        ] {
            let of: Period = name.parse().expect("a period");
            assert_eq!((period(of, &vi).as_str(), period(of, &en).as_str()), (in_vi, in_en));
        }
    }

    #[test]
    fn instants_stand_in_the_business_zone() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone");
        let at: Timestamp = "2026-11-22T17:30:00Z".parse().expect("an instant");
        assert_eq!(instant(at, &zone), "23/11/2026 00:30");
        assert_eq!(offset(at, &zone), "UTC+7");
        assert_eq!(offset(at, &TimeZone::get("Asia/Kolkata").expect("a zone")), "UTC+5:30");
    }
}
