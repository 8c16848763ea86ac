//! The planner against the oracle: every zone whose clock changes, patterns of every kind, each slot compared both ways
//! and through `due`.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use firstwatch::schedule::{CatchUp, CatchUpPolicy, CronError, Due, OnDays, Schedule, SkipReason, due};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::full;
use super::oracle::{AROUND, DAY, Day, Minute, Pattern, Zone, days, is_off};

const WORKERS: usize = 2;
const SEED: u64 = 0x636c_6f63_6b00;

/// Above so many times a day a pattern is compared around the changes only.
const OFTEN: usize = 4;

const FIXED: [&str; 30] = [
    "*/15 * * * *",
    "0 * * * *",
    "7,37 * * * *",
    "*/20 0-5 * * *",
    "30 2 * * *",
    "0 0 * * *",
    "59 23 * * *",
    "0 3 * * *",
    "15 1,2,3 * * *",
    "0 7 * * MON",
    "0 7 * * 1-5",
    "0 7 * * fri-sun",
    "0 0 * * 7",
    "0 0 1 * *",
    "0 0 L * *",
    "0 2 LW * *",
    "0 9 15W * *",
    "0 9 1W * *",
    "30 0 31W * *",
    "30 8 * * MON#1",
    "30 2 * * SUN#L",
    "0 7 * * FRI#L",
    "0 0 * * SUN#5",
    "0 7 1 JAN,APR,JUL,OCT *",
    "0 6 29 2 *",
    "0 7 13 * FRI",
    "0 7 13 * +FRI",
    "0 2 */2 * *",
    "0 0 1,15,L MAR-OCT *",
    "45 23 24-31 3,10 SUN",
];

const SHORT_ZONES: [&str; 14] = [
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Ho_Chi_Minh",
    "America/St_Johns",
    "Europe/Paris",
    "America/New_York",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "Pacific/Chatham",
    "Asia/Gaza",
    "America/Scoresbysund",
];

#[derive(Default)]
struct Tally {
    zones: usize,
    slots: usize,
    deviations: Vec<String>,
}

/// The days that are looked at, the last not included.
struct Range {
    first: Day,
    last: Day,
}

#[test]
fn slots_come_when_brute_force_says() {
    let (years, random) = if full() { ((2020, 2038), 60) } else { ((2024, 2028), 20) };
    let range = Range { first: days(years.0, 1, 1), last: days(years.1, 1, 1) };
    let patterns = patterns(random, &range);
    let zones: Vec<String> = match full() {
        true => jiff::tz::db().available().map(|name| name.to_string()).collect(),
        false => SHORT_ZONES.map(str::to_owned).to_vec(),
    };
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let seen = Mutex::new(BTreeSet::new());
    // Of a zone that changes when another did, a few patterns tell whether it is read as that one.
    let few: Vec<&Pattern> = patterns.iter().step_by(5).collect();
    let all: Vec<&Pattern> = patterns.iter().collect();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(name) = zones.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let zone = Zone::read(name, range.first, range.last);
                    // One that never changes tells nothing that another does not: the shop's is enough.
                    if zone.changes().next().is_some() || name == "Asia/Ho_Chi_Minh" {
                        let is_new = seen.lock().unwrap().insert(zone.offsets.clone());
                        compare(&zone, if is_new { &all } else { &few }, &range, &tally);
                    }
                }
            });
        }
    });
    let Tally { zones, slots, deviations } = tally.into_inner().unwrap();
    println!(
        "planner: {zones} zones ({} of their own), {} patterns, {slots} slots compared; {} deviations",
        seen.into_inner().unwrap().len(),
        patterns.len(),
        deviations.len()
    );
    let some: Vec<_> = deviations.iter().take(20).map(String::as_str).collect();
    assert!(deviations.is_empty(), "{}", some.join("\n"));
}

fn patterns(random: usize, range: &Range) -> Vec<Pattern> {
    let mut texts: Vec<String> = FIXED.map(str::to_owned).to_vec();
    let mut chance = Rng::with_seed(SEED);
    texts.extend(std::iter::repeat_with(|| made_up(&mut chance)).take(random));
    let distinct: BTreeSet<&String> = texts.iter().collect();
    let both = |text: &String| {
        [OnDays::AllDays, OnDays::WorkingDays].map(|on| Pattern::read(text, on, range.first, range.last))
    };
    let mut patterns: Vec<Pattern> = distinct.into_iter().flat_map(both).collect();
    patterns.retain(|pattern| match Schedule::parse(&pattern.text, pattern.on, jiff::tz::TimeZone::UTC) {
        Ok(_) => true,
        Err(CronError::Never(text)) => {
            assert!(pattern.never_comes(), "{text:?} comes");
            false
        }
        Err(error) => panic!("{error}"),
    });
    patterns
}

/// A pattern out of everything that a field may be.
fn made_up(chance: &mut Rng) -> String {
    let a = |chance: &mut Rng, low: u32, high: u32| chance.u32(low..=high);
    let plain = |chance: &mut Rng, low, high| match chance.u8(0..6) {
        0 => format!("*/{}", a(chance, 2, high / 2)),
        1 => format!("{},{}", a(chance, low, high), a(chance, low, high)),
        2 => {
            let from = a(chance, low, high - 1);
            format!("{from}-{}/{}", a(chance, from, high), a(chance, 1, 5))
        }
        _ => a(chance, low, high).to_string(),
    };
    let minute = plain(chance, 0, 59);
    let hour = match chance.bool() {
        true => plain(chance, 0, 23),
        // Where the clocks change.
        false => a(chance, 0, 4).to_string(),
    };
    let of_month = match chance.u8(0..9) {
        0 => "L".to_owned(),
        1 => "LW".to_owned(),
        2 => format!("{}W", a(chance, 1, 31)),
        3 => format!("{},L", a(chance, 1, 28)),
        4 => plain(chance, 1, 31),
        _ => "*".to_owned(),
    };
    let month = match chance.u8(0..5) {
        0 => plain(chance, 1, 12),
        1 => ["JAN", "MAR", "APR,OCT", "SEP-NOV", "feb"][chance.usize(0..5)].to_owned(),
        _ => "*".to_owned(),
    };
    let name = ["SUN", "MON", "tue", "WED", "THU", "FRI", "SAT"][chance.usize(0..7)];
    let of_week = match chance.u8(0..9) {
        0 => format!("{name}#{}", a(chance, 1, 5)),
        1 => format!("{name}#L"),
        2 => format!("+{name}"),
        3 => format!("{name},{}", a(chance, 0, 7)),
        4 => ["1-5", "TUE-THU", "5-7", "*/2", "SAT-SUN"][chance.usize(0..5)].to_owned(),
        5 => name.to_owned(),
        _ => "*".to_owned(),
    };
    format!("{minute} {hour} {of_month} {month} {of_week}")
}

fn compare(zone: &Zone, patterns: &[&Pattern], range: &Range, tally: &Mutex<Tally>) {
    let (whole_from, whole_until) = (range.first * DAY, range.last * DAY);
    let (mut slots, mut deviations) = (0, Vec::new());
    let mut chance = Rng::with_seed(SEED);
    for &pattern in patterns {
        let schedule = Schedule::parse(&pattern.text, pattern.on, zone.zone.clone()).unwrap();
        let mut look = |from: Minute, until: Minute| {
            let expected = zone.slots(pattern, from, until);
            slots += expected.len();
            deviations.extend(
                deviation(&schedule, &expected, from, until, &mut chance)
                    .map(|what| format!("{:?} {:?} in {}: {what}", pattern.text, pattern.on, zone.name)),
            );
        };
        if pattern.times_a_day() <= OFTEN {
            look(whole_from, whole_until);
            continue;
        }
        for change in zone.changes().filter(|change| (whole_from..whole_until).contains(change)) {
            look((change - AROUND).max(whole_from), (change + AROUND).min(whole_until));
        }
    }
    let mut tally = tally.lock().unwrap();
    tally.zones += 1;
    tally.slots += slots;
    tally.deviations.extend(deviations);
}

/// The first difference between what is expected in `from..until` and what the planner says.
fn deviation(
    schedule: &Schedule,
    expected: &[Minute],
    from: Minute,
    until: Minute,
    chance: &mut Rng,
) -> Option<String> {
    let at = |minute: Minute| Timestamp::from_second(minute * 60).unwrap();
    let expected: Vec<Timestamp> = expected.iter().map(|&minute| at(minute)).collect();
    let is_working = |day: Date| !is_off(days(day.year().into(), day.month().into(), day.day().into()));
    let (last, now) = (at(from) - SignedDuration::from_secs(1), at(until) - SignedDuration::from_secs(1));
    let count = expected.len() + 1;
    let mut after = schedule.after(last, count, &is_working);
    after.retain(|&slot| slot <= now);
    let mut before = schedule.before(at(until), count, &is_working);
    before.retain(|&slot| slot > last);
    before.reverse();
    let catch_up = [CatchUp::All, CatchUp::Latest, CatchUp::None][chance.usize(0..3)];
    let policy = CatchUpPolicy { catch_up, window: SignedDuration::from_mins(chance.i64(0..3 * AROUND)) };
    let decided = due(schedule, last, now, policy, &is_working);
    let first = |found: &[Timestamp]| {
        let place =
            (0..expected.len().max(found.len())).find(|&place| expected.get(place) != found.get(place));
        place.map(|place| format!("expected {:?}, found {:?}", expected.get(place), found.get(place)))
    };
    if after != expected {
        return first(&after).map(|what| format!("after: {what}"));
    }
    if before != expected {
        return first(&before).map(|what| format!("before: {what}"));
    }
    let wanted = decide(&expected, now, policy);
    (decided != wanted)
        .then(|| format!("due by {policy:?}: {} run, not {}", decided.run.len(), wanted.run.len()))
}

/// What the policy's description says: a slot up to five minutes old is on time.
fn decide(slots: &[Timestamp], now: Timestamp, policy: CatchUpPolicy) -> Due {
    let mut due = Due::default();
    for (place, &slot) in slots.iter().enumerate() {
        let (is_last, minutes) = (place + 1 == slots.len(), now.duration_since(slot).as_secs_f64() / 60.0);
        let too_old = minutes > (policy.window.as_secs_f64() / 60.0).max(5.0);
        let reason = match policy.catch_up {
            CatchUp::None if is_last && minutes <= 5.0 => None,
            CatchUp::None => Some(SkipReason::NotCaughtUp),
            _ if too_old => Some(SkipReason::OlderThanWindow),
            CatchUp::Latest if !is_last => Some(SkipReason::Superseded),
            CatchUp::Latest | CatchUp::All => None,
        };
        match reason {
            None => due.run.push(slot),
            Some(reason) => due.skipped.push((slot, reason)),
        }
    }
    due
}
