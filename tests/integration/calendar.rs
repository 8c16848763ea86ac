//! The lunisolar calendar against others' work.

use std::collections::BTreeMap;

use firstwatch::calendar::lunar::{self, LunarDate};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// A row of `lunar_years.csv`.
struct Year {
    year: i16,
    tet: Date,
    hung_kings: Date,
    leap_month: i8,
    /// How many days each month has.
    months: Vec<i8>,
}

fn years() -> Vec<Year> {
    let text = include_str!("../fixtures/calendar/lunar_years.csv");
    let rows = text.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let row = |line: &str| {
        let [year, tet, hung_kings, leap_month, months] =
            line.split(',').collect::<Vec<_>>().try_into().unwrap();
        Year {
            year: year.parse().unwrap(),
            tet: tet.parse().unwrap(),
            hung_kings: hung_kings.parse().unwrap(),
            leap_month: leap_month.parse().unwrap(),
            months: months.chars().map(|month| if month == '+' { 30 } else { 29 }).collect(),
        }
    };
    rows.map(row).collect()
}

#[test]
fn tet_and_the_hung_kings_fall_where_others_have_them() {
    let years = years();
    assert_eq!(years.len(), 232);
    for Year { year, tet, hung_kings, .. } in years {
        assert_eq!((lunar::tet(year), lunar::hung_kings(year)), (Some(tet), Some(hung_kings)), "{year}");
    }
    // China's new year is the day after, and in 1985 the month after.
    for (year, month, day) in
        [(1968, 1, 29), (1969, 2, 16), (1985, 1, 21), (2007, 2, 17), (2030, 2, 2), (2053, 2, 18)]
    {
        assert_eq!(lunar::tet(year), Some(date(year, month, day)));
    }
}

/// Every day of 232 years. They differ in one month: its new moon comes on 8 May 2054, less than half a minute after
/// midnight by our reckoning and by an ephemeris, and before midnight by Hồ Ngọc Đức's.
#[test]
fn every_day_is_the_day_that_others_have() {
    let mut others = BTreeMap::new();
    for Year { year, tet, leap_month, months, .. } in years() {
        let plain = (1..=12).map(|month| (month, false));
        let mut names: Vec<(i8, bool)> = plain.collect();
        if leap_month > 0 {
            names.insert(leap_month as usize, (leap_month, true));
        }
        assert_eq!(names.len(), months.len(), "{year}");
        let mut first = tet;
        for ((month, is_leap), length) in names.into_iter().zip(months) {
            for day in 1..=length {
                let solar = first.saturating_add(i32::from(day - 1).days());
                others.insert(solar, LunarDate { year, month, is_leap, day });
            }
            first = first.saturating_add(i32::from(length).days());
        }
    }
    let differ = others.iter().filter(|&(&solar, &theirs)| LunarDate::from_solar(solar) != Some(theirs));
    let differ: Vec<Date> = differ.map(|(&solar, _)| solar).collect();
    assert_eq!((others.len(), differ.len()), (84_754, 30));
    assert_eq!((differ[0], differ[29]), (date(2054, 5, 7), date(2054, 6, 5)));
    for (&solar, theirs) in others.iter().filter(|(solar, _)| !differ.contains(solar)) {
        assert_eq!(theirs.to_solar(), Some(solar));
    }
}
