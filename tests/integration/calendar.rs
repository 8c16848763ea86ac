//! The lunisolar calendar against others' work, and what the status says of a year that nobody has confirmed.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use firstwatch::calendar::lunar::{self, LunarDate};
use firstwatch::domain::actor::Actor;
use firstwatch::domain::clock::SetClock;
use firstwatch::jobs::House;
use firstwatch::operations::status;
use firstwatch::settings::{self, LoadOptions};
use firstwatch::vault::MasterKey;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use tempfile::TempDir;

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

#[test]
fn from_october_on_next_year_should_be_confirmed() {
    let shop = Shop::new();
    let complaint = |year: i16| format!("the days off of {year} are not confirmed");
    for (now, files, missing) in [
        ("2026-09-30T16:59:59Z", "", None),
        // 1 October begins in Hanoi.
        ("2026-09-30T17:00:00Z", "", Some(2027)),
        ("2026-12-31T16:59:59Z", "", Some(2027)),
        ("2026-12-31T17:00:00Z", "", Some(2027)),
        ("2026-10-01T00:00:00Z", "confirmed = [2027]", None),
        ("2027-09-30T00:00:00Z", "confirmed = [2027]", None),
        ("2027-10-01T00:00:00Z", "confirmed = [2027]", Some(2028)),
    ] {
        let problems = shop.problems(now, files);
        let named: Vec<&String> =
            problems.iter().filter(|problem| problem.contains("not confirmed")).collect();
        match missing {
            None => assert!(named.is_empty(), "{now}: {named:?}"),
            Some(year) => {
                assert!(named.len() == 1 && named[0].contains(&complaint(year)), "{now}: {named:?}");
            }
        }
    }
}

struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let configuration = r#"
            jobs_directory = "jobs"
            business = { name = "Test", timezone = "Asia/Ho_Chi_Minh", language = "vi" }
            store = { directory = "state" }
            vault = { master_key_file = "key" }
            calendar = { files = ["decided.toml"] }
            mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
            recipients = { managers = ["m@shop.vn"], administrators = ["a@shop.vn"], complaints = ["c@shop.vn"] }
            [[source]]
            name = "shop"
            kind = "csv"
            complaints = { path = "complaints.csv" }
        "#;
        fs::create_dir(folder.path().join("jobs")).unwrap();
        fs::write(folder.path().join("jobs/pull.toml"), "kind = \"pull\"\nschedule = \"0 3 * * *\"\n")
            .unwrap();
        fs::write(folder.path().join("firstwatch.toml"), configuration).unwrap();
        MasterKey::generate().unwrap().write_new(&folder.path().join("key")).unwrap();
        Self { folder }
    }

    /// What the status complains of at an instant, with a calendar file of its own.
    fn problems(&self, now: &str, calendar: &str) -> Vec<String> {
        fs::write(self.folder.path().join("decided.toml"), calendar).unwrap();
        let options = LoadOptions {
            file: Some(self.folder.path().join("firstwatch.toml")),
            environment: BTreeMap::default(),
        };
        let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let clock = Arc::new(SetClock::new(now.parse().unwrap()));
        let house = House::open(settings, None, clock).unwrap();
        status::status(&house, &Actor::Daemon).unwrap().problems
    }
}
