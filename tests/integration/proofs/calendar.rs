//! Working time against an oracle that knows each minute from 2024 to 2035: Tết, swapped Saturdays, lunches, nights. The
//! oracle has its own days (the published ones), its own weeks and its own hours, and shares no line with `src/calendar`.

use fastrand::Rng;
use firstwatch::calendar::{CalendarDays, StretchKind, WorkingCalendar};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::oracle::days;

const MINUTE: i64 = 60;
const DAY: i64 = 1440;

/// What a minute is, as the first letter of its kind: working, in place, break, night, weekend, off.
type Kind = u8;

/// Each minute by Vietnam's clock from the first of 2024, told by seconds from then.
struct Minutes {
    kinds: Vec<Kind>,
    /// How many minutes are worked before each.
    worked: Vec<i64>,
}

impl Minutes {
    fn look_at_each() -> Self {
        let first = days(2024, 1, 1);
        let number = |day: &str| {
            let part = |range: std::ops::Range<usize>| day[range].parse::<i64>().unwrap();
            days(part(0..4), part(5..7), part(8..10)) - first
        };
        let published = include_str!("../../fixtures/calendar/public_holidays.csv");
        let mut off: Vec<i64> = published.lines().filter(|line| line.starts_with("20")).map(number).collect();
        off.push(number("2026-08-31"));
        let in_place = number("2026-08-22");
        let mut kinds = Vec::new();
        for day in 0..days(2036, 1, 1) - first {
            // 1 January 2024 was a Monday.
            let work = match day {
                _ if day == in_place => b'i',
                _ if off.contains(&day) => b'o',
                _ if day % 7 >= 5 => b's',
                _ => b'w',
            };
            for minute in 0..DAY {
                let is_worked = matches!(work, b'w' | b'i');
                kinds.push(match minute / 60 {
                    8..12 | 13..17 => work,
                    12 if is_worked => b'b',
                    _ if is_worked => b'n',
                    _ => work,
                });
            }
        }
        let mut sum = 0;
        let mut worked = vec![0];
        for kind in &kinds {
            sum += i64::from(matches!(kind, b'w' | b'i'));
            worked.push(sum);
        }
        Self { kinds, worked }
    }

    /// Seconds worked before a second.
    fn before(&self, second: i64) -> i64 {
        let minute = (second / MINUTE) as usize;
        let begun = self.worked[minute + 1] - self.worked[minute];
        self.worked[minute] * MINUTE + begun * (second % MINUTE)
    }

    fn add(&self, second: i64, duration: i64) -> i64 {
        let wanted = self.before(second) + duration;
        // The first minute with whose end so much is worked.
        let minute = self.worked.partition_point(|&worked| worked * MINUTE < wanted) - 1;
        if duration == 0 { second } else { minute as i64 * MINUTE + wanted - self.worked[minute] * MINUTE }
    }

    fn subtract(&self, second: i64, duration: i64) -> i64 {
        let wanted = self.before(second) - duration;
        // The last minute before which no more is worked.
        let minute = self.worked.partition_point(|&worked| worked * MINUTE <= wanted) - 1;
        if duration == 0 { second } else { minute as i64 * MINUTE + wanted - self.worked[minute] * MINUTE }
    }

    fn seconds(&self) -> i64 {
        self.kinds.len() as i64 * MINUTE
    }
}

/// What is asked of both.
struct Case<'a> {
    minutes: &'a Minutes,
    calendar: &'a WorkingCalendar,
    zone: &'a TimeZone,
    start: Timestamp,
}

impl Case<'_> {
    fn at(&self, second: i64) -> Timestamp {
        self.start + SignedDuration::from_secs(second)
    }

    /// Adds, takes back, and measures; how many answers differ.
    fn count(&self, rng: &mut Rng) -> usize {
        let Self { minutes, calendar, zone, .. } = *self;
        // A working year is left at either end.
        let margin = 380 * DAY * MINUTE;
        let second = rng.i64(margin..minutes.seconds() - margin);
        // Terms as they occur, now and then one of a year; on the minute, to the second, and of whole spans.
        let most = if rng.u8(0..20) == 0 { 2000 } else { 90 };
        let duration = match rng.u8(0..3) {
            0 => rng.i64(0..most * 60) * 60,
            1 => rng.i64(0..most * 3600),
            _ => rng.i64(0..=most / 4) * 4 * 3600,
        };
        let second = if rng.bool() { second } else { second / 1800 * 1800 };
        let other = if rng.bool() { rng.i64(0..minutes.seconds()) } else { second + rng.i64(0..margin) / 10 };
        let length = SignedDuration::from_secs(duration);
        let (from, other_instant) = (self.at(second), self.at(other));

        let later = calendar.add_working_hours(from, length, zone);
        let earlier = calendar.subtract_working_hours(from, length, zone);
        let between = calendar.working_time_between(from, other_instant, zone);
        let mut right = vec![
            later == self.at(minutes.add(second, duration)),
            earlier == self.at(minutes.subtract(second, duration)),
            between.as_secs() == minutes.before(other) - minutes.before(second),
            calendar.working_time_between(from, later, zone) == length,
            calendar.working_time_between(earlier, from, zone) == length,
        ];
        // What is taken back from within working time is there again.
        if matches!(minutes.kinds[(second / MINUTE) as usize], b'w' | b'i') {
            right.push(calendar.subtract_working_hours(later, length, zone) == from);
        }
        right.iter().filter(|&&right| !right).count()
    }

    /// Looks at a fortnight's stretches minute by minute, and at the middle of its first day.
    fn tell(&self, rng: &mut Rng) -> usize {
        let Self { minutes, calendar, zone, .. } = *self;
        let first = rng.i64(0..minutes.kinds.len() as i64 - 15 * DAY);
        let last = first + rng.i64(1..14 * DAY);
        let (from, until) = (self.at(first * MINUTE), self.at(last * MINUTE));
        let mut told: Vec<Kind> = Vec::new();
        let mut reached = from;
        for stretch in calendar.stretches(from, until, zone) {
            assert!(stretch.from == reached && stretch.from < stretch.until, "{stretch:?}");
            reached = stretch.until;
            let kind = match stretch.kind {
                StretchKind::Working => b'w',
                StretchKind::WorkedInPlace(_) => b'i',
                StretchKind::Break => b'b',
                StretchKind::Night => b'n',
                StretchKind::Weekend => b's',
                StretchKind::DayOff(_) => b'o',
            };
            let length = stretch.until.duration_since(stretch.from).as_mins();
            told.extend(std::iter::repeat_n(kind, usize::try_from(length).unwrap()));
        }
        assert_eq!(reached, until);
        let is_told = told == minutes.kinds[first as usize..last as usize];

        let midnight = first / DAY * DAY * MINUTE;
        let total = minutes.before(midnight + DAY * MINUTE) - minutes.before(midnight);
        let middle = (total > 0).then(|| self.at(minutes.add(midnight, total / 2)));
        let is_middle = calendar.middle_of_working_time(zone.to_datetime(from).date(), zone) == middle;
        usize::from(!is_told) + usize::from(!is_middle)
    }
}

#[test]
fn working_time_agrees_with_each_minute() {
    let cases: u64 = if super::full() { 100_000 } else { 1_000 };
    let minutes = Minutes::look_at_each();
    let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let start = "2024-01-01T00:00:00+07:00".parse().unwrap();
    let case = Case { minutes: &minutes, calendar: &calendar, zone: &zone, start };
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let deviations: usize = std::thread::scope(|scope| {
        let walks: Vec<_> = (0..threads)
            .map(|thread| {
                let case = &case;
                scope.spawn(move || {
                    let seeds = (thread..cases).step_by(threads as usize);
                    let one = |seed: u64| {
                        let mut rng = Rng::with_seed(seed);
                        let told = if seed.is_multiple_of(10) { case.tell(&mut rng) } else { 0 };
                        case.count(&mut rng) + told
                    };
                    seeds.map(one).sum::<usize>()
                })
            })
            .collect();
        walks.into_iter().map(|walk| walk.join().unwrap()).sum()
    });
    assert_eq!(deviations, 0);
    println!(
        "calendar: {cases} cases of adding, taking back and measuring, {} of stretches, against {} minutes; 0 deviations",
        cases / 10,
        minutes.kinds.len()
    );
}

/// The oracle knows what the days are for: without them, each kind of day is missed.
#[test]
fn a_calendar_that_lacks_a_day_is_found_out() {
    let minutes = Minutes::look_at_each();
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let start = "2024-01-01T00:00:00+07:00".parse().unwrap();
    for day in ["2026-08-22", "2026-08-31", "2030-02-06", "2033-04-11"] {
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        let day: jiff::civil::Date = day.parse().unwrap();
        let toggled = if calendar.is_working_day(day) { "off" } else { "worked" };
        let wrong = CalendarDays::parse(&format!("[{toggled}]\n{day} = \"wrong\"")).unwrap();
        let wrong = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap().overridden_by(wrong));
        let noon = day.to_zoned(zone.clone()).unwrap().timestamp();
        let second = noon.duration_since(start).as_secs();
        let next = day.saturating_add(1.day()).to_zoned(zone.clone()).unwrap().timestamp();
        let expected = minutes.before(second + DAY * MINUTE) - minutes.before(second);
        assert_eq!(calendar.working_time_between(noon, next, &zone).as_secs(), expected, "{day}");
        assert_ne!(wrong.working_time_between(noon, next, &zone).as_secs(), expected, "{day}");
    }
}
