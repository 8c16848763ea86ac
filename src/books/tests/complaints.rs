//! Histories of complaints, learned in any order, with checks and closings in between, against a recount by hand.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::*;

use crate::books::{ClockSeen, ComplaintBooking, book_complaint};
use crate::domain::complaint::{
    Classification, Clock, Compensation, ComplaintEvent, ComplaintKind, ComplaintLine, DatedEvent, LineKind,
};
use crate::domain::ids::{ComplaintNo, Pseudonym};
use crate::domain::money::Money;

const ANSWER: SignedDuration = SignedDuration::from_hours(24);
const SETTLE: SignedDuration = SignedDuration::from_hours(72);

fn at(hours: i64) -> Timestamp {
    "2026-03-02T01:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

fn received() -> DatedEvent {
    let classification = Classification::new(ComplaintKind::Product, Some(2));
    DatedEvent { at: at(0), event: ComplaintEvent::Received(classification) }
}

/// Two clocks with fixed terms; the resolution's starts anew with each reopening.
fn clocks(front: &[DatedEvent]) -> Vec<ClockSeen> {
    let (mut answered, mut started, mut resolved) = (None, at(0), None);
    for dated in front {
        match dated.event {
            ComplaintEvent::Acknowledged => answered = answered.or(Some(dated.at)),
            ComplaintEvent::Resolved => {
                answered = answered.or(Some(dated.at));
                resolved = resolved.or(Some(dated.at));
            }
            ComplaintEvent::Reopened if resolved.is_some() => (started, resolved) = (dated.at, None),
            _ => {}
        }
    }
    let seen = |clock, started, due, stopped| ClockSeen { clock, started, due, stopped };
    vec![
        seen(Clock::FirstResponse, at(0), at(0) + ANSWER, answered),
        seen(Clock::Resolution, started, started + SETTLE, resolved),
    ]
}

fn book(
    events: &[DatedEvent],
    booked: &[ComplaintLine],
    closed: Option<Date>,
    now: Timestamp,
) -> Vec<ComplaintLine> {
    book_complaint(&ComplaintBooking {
        complaint: ComplaintNo(7),
        events,
        clocks: &clocks,
        complainant: Pseudonym(1),
        channel: "email",
        zone: &TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
        booked,
        closed_until: closed,
        now,
    })
}

/// What the shop comes to know, in this order, at growing instants.
#[derive(Clone, Debug)]
enum Step {
    /// An event so many hours after the receipt.
    Learned(DatedEvent),
    Checked,
    /// The books, up to today.
    Closed,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        3 => Just(ComplaintEvent::Acknowledged),
        4 => Just(ComplaintEvent::Resolved),
        3 => Just(ComplaintEvent::Reopened),
        1 => Just(ComplaintEvent::Closed),
        1 => (1..=4u8, 0..1_000i64).prop_map(|(level, amount)| {
            ComplaintEvent::Compensated(Compensation { level, amount: Money::from_minor(amount), formula: None })
        }),
        1 => Just(ComplaintEvent::Reclassified(Classification::new(ComplaintKind::Payment, None))),
    ];
    let learned =
        (1..400i64, kind).prop_map(|(hours, event)| Step::Learned(DatedEvent { at: at(hours), event }));
    let step = prop_oneof![5 => learned, 2 => Just(Step::Checked), 1 => Just(Step::Closed)];
    proptest::collection::vec(step, 0..14)
}

fn count(lines: &[ComplaintLine], kinds: &[LineKind]) -> i64 {
    lines.iter().filter(|line| kinds.contains(&line.line)).count() as i64
}

/// By hand, without fronts: (day, what) as a calm shop would have written them down.
fn recount(events: &[DatedEvent], now: Timestamp) -> BTreeMap<(Date, LineKind, Option<Clock>), i64> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::get("Asia/Ho_Chi_Minh").unwrap()).date();
    let mut found = BTreeMap::new();
    let mut note = |at, kind, clock| *found.entry((day(at), kind, clock)).or_insert(0) += 1;
    let mut sorted = events.to_vec();
    sorted.sort_by_key(|dated| dated.at);
    note(at(0), LineKind::Opened, None);
    let (mut answered, mut open_since) = (None, Some(at(0)));
    for dated in &sorted {
        match dated.event {
            ComplaintEvent::Acknowledged => answered = answered.or(Some(dated.at)),
            ComplaintEvent::Resolved => {
                answered = answered.or(Some(dated.at));
                let Some(since) = open_since.take() else { continue };
                note(dated.at, LineKind::Time, Some(Clock::Resolution));
                if dated.at <= since + SETTLE {
                    note(dated.at, LineKind::ClosedOnTime, Some(Clock::Resolution));
                } else {
                    note(dated.at, LineKind::Closed, None);
                    note(since + SETTLE, LineKind::Breached, Some(Clock::Resolution));
                }
            }
            ComplaintEvent::Reopened if open_since.is_none() => {
                open_since = Some(dated.at);
                note(dated.at, LineKind::Reopened, None);
            }
            ComplaintEvent::Compensated(_) => note(dated.at, LineKind::Compensated, None),
            _ => {}
        }
    }
    if open_since.is_some_and(|since| now > since + SETTLE) {
        note(open_since.unwrap() + SETTLE, LineKind::Breached, Some(Clock::Resolution));
    }
    if let Some(answered) = answered {
        note(answered, LineKind::Time, Some(Clock::FirstResponse));
    }
    match answered {
        Some(answered) if answered <= at(0) + ANSWER => {
            note(answered, LineKind::OnTime, Some(Clock::FirstResponse));
        }
        None if now <= at(0) + ANSWER => {}
        _ => note(at(0) + ANSWER, LineKind::Breached, Some(Clock::FirstResponse)),
    }
    found
}

fn tally(lines: &[ComplaintLine]) -> BTreeMap<(Date, LineKind, Option<Clock>), i64> {
    let mut found = BTreeMap::new();
    for line in lines {
        *found.entry((line.day, line.line, line.clock)).or_insert(0) += 1;
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_learned_in_whatever_order_the_stock_is_right_and_nothing_is_told_twice(steps in steps()) {
        let (mut events, mut booked, mut closed, mut now) = (vec![received()], Vec::new(), None, at(1));
        for step in steps {
            now = now.saturating_add(13.hours()).unwrap();
            match step {
                Step::Learned(event) => events.push(event),
                Step::Checked => {}
                Step::Closed => closed = Some(closed.unwrap_or(Date::MIN).max(now.to_zoned(TimeZone::UTC).date())),
            }
            let lines = book(&events, &booked, closed, now);
            prop_assert!(lines.iter().all(|line| line.belongs_to <= line.day));
            prop_assert!(lines.iter().all(|line| closed.is_none_or(|open| line.day >= open)));
            booked.extend(lines);
            prop_assert_eq!(book(&events, &booked, closed, now), vec![]);
            let mut ordered = events.clone();
            ordered.sort_by_key(|dated| (dated.at, !matches!(dated.event, ComplaintEvent::Received(_))));
            let is_open = clocks(&ordered)[1].stopped.is_none();
            let stock = count(&booked, &[LineKind::Opened, LineKind::Reopened])
                - count(&booked, &[LineKind::Closed, LineKind::ClosedOnTime]);
            prop_assert_eq!(stock, i64::from(is_open));
            let mut outcomes = BTreeMap::new();
            let told = [LineKind::ClosedOnTime, LineKind::OnTime, LineKind::Breached];
            for line in booked.iter().filter(|line| told.contains(&line.line)) {
                *outcomes.entry((line.clock, line.started)).or_insert(0) += 1;
            }
            prop_assert!(outcomes.values().all(|&times| times == 1), "{outcomes:?}");
        }
    }

    /// Learned as it happens, however often somebody looks.
    #[test]
    fn what_is_learned_in_its_order_is_what_a_recount_finds(steps in steps(), checks in 0..4usize) {
        let mut learned: Vec<DatedEvent> = steps
            .into_iter()
            .filter_map(|step| match step { Step::Learned(event) => Some(event), _ => None })
            .collect();
        learned.sort_by_key(|dated| dated.at);
        learned.dedup_by_key(|dated| dated.at);
        let (mut events, mut booked) = (vec![received()], Vec::new());
        for dated in &learned {
            for check in 0..checks {
                let since = events.last().unwrap().at;
                let now = since + dated.at.duration_since(since) * check as i32 / checks as i32;
                booked.extend(book(&events, &booked, None, now));
            }
            events.push(dated.clone());
            if checks % 2 == 0 {
                booked.extend(book(&events, &booked, None, dated.at));
            }
        }
        booked.extend(book(&events, &booked, None, at(450)));
        prop_assert_eq!(tally(&booked), recount(&events, at(450)));
        let amounts = |event: &DatedEvent| match event.event {
            ComplaintEvent::Compensated(given) => given.amount.minor(),
            _ => 0,
        };
        let given: i64 = events.iter().map(amounts).sum();
        prop_assert_eq!(booked.iter().map(|line| line.compensation.minor()).sum::<i64>(), given);
    }
}

#[test]
fn what_is_learned_after_the_books_closed_goes_to_the_first_open_day() {
    let mut events = vec![received()];
    let mut booked = book(&events, &[], None, at(1));
    let closed = Some(date(2026, 4, 1));
    assert_eq!(booked.len(), 1);
    events.push(DatedEvent { at: at(10), event: ComplaintEvent::Resolved });
    let late = book(&events, &booked, closed, at(800));
    assert!(late.iter().all(|line| line.day == date(2026, 4, 1) && line.belongs_to == date(2026, 3, 2)));
    let mut kinds: Vec<LineKind> = late.iter().map(|line| line.line).collect();
    kinds.sort();
    assert_eq!(kinds, [LineKind::ClosedOnTime, LineKind::OnTime, LineKind::Time, LineKind::Time]);
    booked.extend(late);
    assert_eq!(book(&events, &booked, closed, at(900)), []);
}

#[test]
fn what_was_booked_as_late_is_not_on_time_later() {
    let mut events = vec![received()];
    let mut booked = book(&events, &[], None, at(30));
    assert_eq!(count(&booked, &[LineKind::Breached]), 1, "no answer for thirty hours");
    // The answer had been given in time, as it turns out; nobody had written it down.
    events.push(DatedEvent { at: at(2), event: ComplaintEvent::Acknowledged });
    booked.extend(book(&events, &booked, None, at(31)));
    assert_eq!((count(&booked, &[LineKind::Breached]), count(&booked, &[LineKind::OnTime])), (1, 0));
    let time = booked.iter().find(|line| line.line == LineKind::Time).unwrap();
    assert_eq!(time.seconds, Some(2 * 3_600));
}
