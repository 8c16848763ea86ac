//! Vietnam's public holidays (ngày lễ, Tết) by rule, for the years that no file has decided.
//!
//! The Labour Code names them: 2019 Art. 112 (1 January; five days of Tết; Giỗ Tổ Hùng Vương; 30 April; 1 May; 2 September
//! and one day beside it), and what each change of it brought from when on: Giỗ Tổ in 2007 (Law 84/2007), the fifth day of
//! Tết in 2014 (Labour Code 2012 Art. 115), the day beside 2 September in 2021; 24 November in 2026 (Resolution
//! 28/2026/QH16). A holiday on a weekly day off moves to the next working day that is none itself (Art. 111(3), nghỉ bù).
//!
//! Three things are decided a year at a time and are guesses here: which five days of Tết are off (the last of the old
//! year and the first four of the new), on which side of 2 September the second day lies, and which days are swapped.
//! The weekly days off are Saturday and Sunday, whatever a shop's own week is, as in the government's decisions.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::lunar;

/// The years whose holidays are known by rule: from the first Labour Code to the last lunar year that is computed.
pub const YEARS: RangeInclusive<i16> = 1995..=2199;

/// The days off of every year by rule, with their names; worked out at the first question.
pub(super) fn by_rule() -> &'static BTreeMap<Date, String> {
    static BY_RULE: LazyLock<BTreeMap<Date, String>> =
        LazyLock::new(|| YEARS.flat_map(|year| moved(&holidays(year))).collect());
    &BY_RULE
}

/// The holidays of a year and the days to which those on a weekend move.
fn moved(holidays: &BTreeMap<Date, &'static str>) -> BTreeMap<Date, String> {
    let mut off: BTreeMap<Date, String> =
        holidays.iter().map(|(&day, &name)| (day, name.to_owned())).collect();
    for (&day, name) in holidays.iter().filter(|&(&day, _)| is_weekend(day)) {
        // Ends: a year's days off are few.
        let mut free = day;
        while is_weekend(free) || off.contains_key(&free) {
            free = free.saturating_add(1.day());
        }
        off.insert(free, format!("Nghỉ bù: {name}"));
    }
    off
}

/// The holidays that the law names, wherever they fall.
fn holidays(year: i16) -> BTreeMap<Date, &'static str> {
    let fixed = [
        (1995, 1, 1, "Tết Dương lịch"),
        (1995, 4, 30, "Ngày Chiến thắng"),
        (1995, 5, 1, "Ngày Quốc tế lao động"),
        (1995, 9, 2, NATIONAL_DAY),
        (2026, 11, 24, "Ngày Văn hóa Việt Nam"),
    ];
    let fixed = fixed.into_iter().filter(|&(since, ..)| year >= since);
    let mut days: BTreeMap<Date, &'static str> =
        fixed.filter_map(|(_, month, day, name)| Some((Date::new(year, month, day).ok()?, name))).collect();
    if let Some(tet) = lunar::tet(year) {
        let named = TET.iter().filter(|&&(since, ..)| year >= since);
        days.extend(named.map(|&(_, after, name)| (tet.saturating_add(after.days()), name)));
    }
    if year >= 2007 {
        days.extend(lunar::hung_kings(year).map(|day| (day, "Giỗ Tổ Hùng Vương")));
    }
    if year >= 2021 {
        days.extend(beside_national_day(year).map(|day| (day, "Quốc khánh (ngày liền kề, ước tính)")));
    }
    days
}

const NATIONAL_DAY: &str = "Quốc khánh";

/// Since when, how many days after mùng 1, and the name.
const TET: [(i16, i32, &str); 5] = [
    (1995, -1, "Giao thừa (ngày cuối năm âm lịch)"),
    (1995, 0, "Mùng 1 Tết"),
    (1995, 1, "Mùng 2 Tết"),
    (1995, 2, "Mùng 3 Tết"),
    (2014, 3, "Mùng 4 Tết"),
];

/// The side on which the longer rest comes out, as the government has chosen each year since 2021.
fn beside_national_day(year: i16) -> Option<Date> {
    let day = Date::new(year, 9, 2).ok()?;
    match day.weekday() {
        Weekday::Sunday | Weekday::Monday | Weekday::Thursday => day.tomorrow().ok(),
        Weekday::Tuesday | Weekday::Wednesday | Weekday::Friday | Weekday::Saturday => day.yesterday().ok(),
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// As published, day by day and name by name: 2024 to 2035.
    #[test]
    fn the_rules_give_the_published_days() {
        let published = include_str!("../../tests/fixtures/calendar/public_holidays.csv");
        let published: Vec<(String, &str)> = published
            .lines()
            .filter(|line| line.starts_with("20"))
            .map(|line| {
                let (day, name) = (line.split(',').next().unwrap(), line.splitn(3, ',').nth(2).unwrap());
                (day.to_owned(), name.trim_matches('"'))
            })
            .collect();
        assert_eq!(published.len(), 176);
        let ours = by_rule().range(date(2024, 1, 1)..=date(2035, 12, 31));
        let ours: Vec<(String, &str)> = ours.map(|(day, name)| (day.to_string(), name.as_str())).collect();
        assert_eq!(ours, published);
    }

    #[test]
    fn each_holiday_has_a_working_day_of_its_own() {
        for year in YEARS {
            let (named, off) = (holidays(year), moved(&holidays(year)));
            // One more of each: Giỗ Tổ, mùng 4, the day beside 2 September, 24 November.
            let expected = 8 + [2007, 2014, 2021, 2026].iter().filter(|&&since| year >= since).count();
            // None falls on another, and each takes a day from Monday to Friday of the same year.
            assert_eq!(named.len(), expected, "{year}");
            assert_eq!(off.keys().filter(|&&day| !is_weekend(day)).count(), expected, "{year}");
            assert!(off.keys().all(|day| day.year() == year), "{year}");
        }
    }

    /// What the government decided for 2 September, beyond what the calendar file says.
    #[test]
    fn the_day_beside_national_day_is_where_it_was() {
        for (year, month, day) in
            [(2021, 9, 3), (2022, 9, 1), (2023, 9, 1), (2024, 9, 3), (2025, 9, 1), (2026, 9, 1)]
        {
            assert_eq!(beside_national_day(year), Some(date(year, month, day)));
        }
    }
}
