//! Schedules and deadlines against slow oracles that know nothing of croner or of our walks over days.

use std::collections::BTreeSet;

use firstwatch::calendar::{CalendarDays, WorkingCalendar};
use firstwatch::domain::term::Term;
use firstwatch::schedule::{OnDays, Schedule};
use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

/// Zones whose clocks change by an hour, by half an hour, at midnight, south of the equator, or never.
const ZONES: [&str; 10] = [
    "Asia/Ho_Chi_Minh",
    "Europe/Paris",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
];

fn vietnam() -> WorkingCalendar {
    WorkingCalendar::office_week(CalendarDays::vietnam().unwrap())
}

/// A cron pattern as plain sets; an empty one stands for `*`.
#[derive(Clone, Debug)]
struct Pattern {
    minutes: BTreeSet<i8>,
    hours: BTreeSet<i8>,
    days: BTreeSet<i8>,
    months: BTreeSet<i8>,
    weekdays: BTreeSet<i8>,
}

impl Pattern {
    fn text(&self) -> String {
        [&self.minutes, &self.hours, &self.days, &self.months, &self.weekdays]
            .map(|set| match set.is_empty() {
                true => "*".to_owned(),
                false => set.iter().map(i8::to_string).collect::<Vec<_>>().join(","),
            })
            .join(" ")
    }

    fn matches(&self, local: DateTime) -> bool {
        let has = |set: &BTreeSet<i8>, value| set.is_empty() || set.contains(&value);
        let (day, weekday) = (local.day(), local.weekday().to_sunday_zero_offset());
        let is_day = match (self.days.is_empty(), self.weekdays.is_empty()) {
            (false, false) => self.days.contains(&day) || self.weekdays.contains(&weekday),
            _ => has(&self.days, day) && has(&self.weekdays, weekday),
        };
        has(&self.minutes, local.minute())
            && has(&self.hours, local.hour())
            && has(&self.months, local.month())
            && is_day
    }
}

/// Every slot in `from < slot <= until`, found by looking at each minute of the dial.
fn minute_by_minute(
    pattern: &Pattern,
    zone: &TimeZone,
    from: Timestamp,
    until: Timestamp,
    moves: Option<&WorkingCalendar>,
) -> Vec<Timestamp> {
    // The minutes of the local calendar that have a slot, those of days off moved.
    let mut planned = BTreeSet::new();
    let days_before = if moves.is_some() { 20 } else { 2 };
    let first = zone.to_datetime(from).date().saturating_sub(days_before.days());
    let mut local = first.to_datetime(jiff::civil::Time::midnight());
    let end = zone.to_datetime(until).saturating_add(1.days());
    while local < end {
        if pattern.matches(local) {
            let mut day = local.date();
            while moves.is_some_and(|calendar| !calendar.is_working_day(day)) {
                day = day.tomorrow().unwrap();
            }
            planned.insert(day.to_datetime(local.time()));
        }
        local = local.saturating_add(1.minutes());
    }
    // The dial, minute by minute: what it shows for the first time runs, and with it what it has jumped over.
    let minute = SignedDuration::from_mins(1);
    let mut instant = from - SignedDuration::from_hours(26);
    let mut furthest = zone.to_datetime(instant);
    let mut slots = Vec::new();
    while instant < until {
        instant += minute;
        let shown = zone.to_datetime(instant);
        if shown > furthest {
            let mut reached =
                planned.range((std::ops::Bound::Excluded(furthest), std::ops::Bound::Included(shown)));
            if reached.next().is_some() && instant > from {
                slots.push(instant);
            }
            furthest = shown;
        }
    }
    slots
}

/// What the planner and the oracle disagree about first, forward or backward; `None` when they agree.
fn disagreement(pattern: &Pattern, name: &str, change: usize, moves: bool) -> Option<String> {
    let zone = TimeZone::get(name).unwrap();
    let calendar = vietnam();
    let on = if moves { OnDays::WorkingDays } else { OnDays::AllDays };
    // Of a date that never comes there is nothing to compare.
    let schedule = Schedule::parse(&pattern.text(), on, zone.clone()).ok()?;
    let (from, until) = around_change(&zone, change);
    let expected = minute_by_minute(pattern, &zone, from, until, moves.then_some(&calendar));
    let is_working_day = |day| calendar.is_working_day(day);
    let mut forward = schedule.after(from, expected.len() + 1, &is_working_day);
    forward.retain(|&slot| slot <= until);
    let mut backward = schedule.before(until + SignedDuration::from_secs(1), expected.len(), &is_working_day);
    backward.reverse();
    [("forward", forward), ("backward", backward)].into_iter().find_map(|(way, slots)| {
        let at = (0..slots.len().max(expected.len())).find(|&at| slots.get(at) != expected.get(at))?;
        let (ours, theirs) = (slots.get(at), expected.get(at));
        Some(format!("{} in {name}, {way}: planned {ours:?}, expected {theirs:?}", pattern.text()))
    })
}

/// Two days and a half on either side of a zone's change of clocks, on whole minutes; of some Monday where it has none.
fn around_change(zone: &TimeZone, change: usize) -> (Timestamp, Timestamp) {
    let start: Timestamp = "2025-01-06T00:00:00Z".parse().unwrap();
    let middle = zone.following(start).nth(change).map_or(start, |transition| transition.timestamp());
    let middle = middle.round(jiff::Unit::Minute).unwrap();
    (middle - SignedDuration::from_hours(60), middle + SignedDuration::from_hours(60))
}

#[test]
fn slots_at_every_change_of_clocks_agree_with_a_walk_over_every_minute() {
    let every = BTreeSet::new;
    let times = |minutes: &[i8], hours: &[i8]| Pattern {
        minutes: minutes.iter().copied().collect(),
        hours: hours.iter().copied().collect(),
        days: every(),
        months: every(),
        weekdays: every(),
    };
    let patterns = [
        times(&[], &[]),
        times(&[0], &[0]),
        times(&[0, 15, 30, 45], &[]),
        times(&[10, 30, 50], &[0, 1, 2, 3, 23]),
        Pattern { weekdays: [0].into(), ..times(&[30], &[2]) },
    ];
    for name in ZONES {
        for change in 0..2 {
            for pattern in &patterns {
                assert_eq!(disagreement(pattern, name, change, false), None);
            }
        }
    }
}

fn set(values: std::ops::RangeInclusive<i8>, most: usize) -> impl Strategy<Value = BTreeSet<i8>> {
    prop_oneof![2 => Just(BTreeSet::new()), 1 => prop::collection::btree_set(values, 1..=most)]
}

fn patterns() -> impl Strategy<Value = Pattern> {
    // Mostly small hours, for that is when clocks change.
    let hours = prop_oneof![prop::collection::btree_set(0i8..=4, 1..=3), set(0..=23, 4)];
    (set(0..=59, 4), hours, set(1..=31, 6), set(1..=12, 6), set(0..=6, 3)).prop_map(
        |(minutes, hours, days, months, weekdays)| Pattern { minutes, hours, days, months, weekdays },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn slots_of_any_pattern_agree_with_a_walk_over_every_minute(
        pattern in patterns(),
        name in prop::sample::select(&ZONES[..]),
        change in 0usize..8,
        moves in any::<bool>(),
    ) {
        prop_assert_eq!(disagreement(&pattern, name, change, moves), None);
    }

    /// Civil Code Art. 147-148, read aloud: without the first day, to the end of the last, and past days off.
    #[test]
    fn deadlines_in_days_agree_with_a_walk_over_every_day(start in 0i64..(11 * 365 * 24 * 60), count in 0u32..120) {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let from = "2024-01-01T00:00:00+07:00".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(start);
        let calendar = vietnam();
        let mut day = zone.to_datetime(from).date();
        for _ in 0..count {
            day = day.tomorrow().unwrap();
        }
        while !calendar.is_working_day(day) {
            day = day.tomorrow().unwrap();
        }
        let expected: Timestamp = format!("{day}T23:59:59+07:00").parse().unwrap();
        prop_assert_eq!(calendar.deadline(from, Term::Days(count), &zone), expected);
    }
}

/// `L`, `W` and `#` against their definitions, day by day over eleven years.
#[test]
fn days_that_depend_on_the_month_agree_with_their_definitions() {
    fn is_last(day: Date) -> bool {
        day == day.last_of_month()
    }
    fn is_weekend(day: Date) -> bool {
        matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
    }
    /// The weekday of the month nearest to its `number`th day.
    fn nearest(day: Date, number: i8) -> bool {
        let Ok(wanted) = Date::new(day.year(), day.month(), number) else { return false };
        let near = (-2i32..=2).map(|days| wanted.saturating_add(days.days()));
        let best = near
            .filter(|near| near.month() == wanted.month() && !is_weekend(*near))
            .min_by_key(|&near| (wanted - near).get_days().abs());
        best == Some(day)
    }
    type Rule = (&'static str, fn(Date) -> bool);
    let rules: [Rule; 9] = [
        ("0 7 * * MON", |day| day.weekday() == Weekday::Monday),
        ("0 0 L * *", is_last),
        ("0 9 15W * *", |day| nearest(day, 15)),
        ("0 9 1W * *", |day| nearest(day, 1)),
        ("0 9 31W * *", |day| nearest(day, 31)),
        ("30 8 * * MON#1", |day| day.weekday() == Weekday::Monday && day.day() <= 7),
        ("30 8 * * FRI#L", |day| day.weekday() == Weekday::Friday && day.day() + 7 > day.days_in_month()),
        ("0 6 29 2 *", |day| day.month() == 2 && day.day() == 29),
        ("0 6 13 * +FRI", |day| day.day() == 13 && day.weekday() == Weekday::Friday),
    ];
    let (first, last) = (date(2024, 1, 1), date(2034, 12, 31));
    for (cron, rule) in rules {
        let schedule = Schedule::parse(cron, OnDays::AllDays, TimeZone::UTC).unwrap();
        let start = first.yesterday().unwrap().at(23, 59, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let days: Vec<Date> = std::iter::successors(Some(first), |day| day.tomorrow().ok())
            .take_while(|&day| day <= last)
            .filter(|&day| rule(day))
            .collect();
        assert!(!days.is_empty(), "{cron}");
        let slots = schedule.after(start, days.len(), &|_| true);
        let found: Vec<Date> = slots.iter().map(|&slot| TimeZone::UTC.to_datetime(slot).date()).collect();
        assert_eq!(found, days, "{cron}");
    }
}

/// What an administrator does each autumn: next year's days in a file of their own.
#[test]
fn an_override_file_confirms_a_year_and_moves_deadlines_and_slots() {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let decided =
        "confirmed = [2027]\n[off]\n2027-09-01 = \"Quốc khánh\"\n[worked]\n2027-09-03 = \"không nghỉ\"\n";
    let by_rule = vietnam();
    let confirmed = WorkingCalendar::office_week(
        CalendarDays::vietnam().unwrap().overridden_by(CalendarDays::parse(decided).unwrap()),
    );
    assert_eq!((by_rule.is_confirmed(2027), confirmed.is_confirmed(2027)), (false, true));
    let received: Timestamp = "2027-08-31T09:00:00+07:00".parse().unwrap();
    let schedule = Schedule::parse("0 7 2 * *", OnDays::WorkingDays, zone.clone()).unwrap();
    for (calendar, deadline, slot) in [
        (by_rule, "2027-09-01T23:59:59+07:00", "2027-09-06T07:00:00+07:00"),
        (confirmed, "2027-09-03T23:59:59+07:00", "2027-09-03T07:00:00+07:00"),
    ] {
        assert_eq!(calendar.deadline(received, Term::WorkingDays(1), &zone), deadline.parse().unwrap());
        assert_eq!(
            schedule.after(received, 1, &|day| calendar.is_working_day(day)),
            [slot.parse::<Timestamp>().unwrap()]
        );
    }
}
