//! Deadlines by the shipped policy: what a shop gets that configures nothing.

use std::fs;
use std::sync::LazyLock;

use firstwatch::calendar::{CalendarDays, WorkingCalendar};
use firstwatch::deadline::{self, Clock, Clocks};
use firstwatch::domain::complaint::{
    Classification, ComplaintEvent, ComplaintKind, ComplaintPolicy, DatedEvent,
};
use firstwatch::settings::{LoadOptions, load};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

/// The least that a shop must say, and nothing about deadlines.
const SHOP: &str = r#"
[business]
name = "Shop"
[mail]
relay = "smtp://127.0.0.1:25"
from = "Shop <reports@shop.vn>"
internal_domains = ["shop.vn"]
[recipients]
managers = ["boss@shop.vn"]
administrators = ["admin@shop.vn"]
complaints = ["care@shop.vn"]
[[source]]
name = "shop"
kind = "csv"
[source.orders]
path = "orders.csv"
flat = true
"#;

static POLICY: LazyLock<ComplaintPolicy> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("firstwatch.toml");
    fs::write(&file, SHOP).unwrap();
    let settings = load(&LoadOptions { file: Some(file), environment: [].into() });
    settings.unwrap_or_else(|problems| panic!("{problems:?}")).complaints.policy
});

static VIETNAM: LazyLock<WorkingCalendar> =
    LazyLock::new(|| WorkingCalendar::office_week(CalendarDays::vietnam().unwrap()));

fn zone() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
}

fn at(text: &str) -> Timestamp {
    format!("{text}+07:00").parse().unwrap()
}

fn clocks(received: &str, classification: Classification, more: &[DatedEvent]) -> Clocks {
    let mut events = vec![DatedEvent { at: at(received), event: ComplaintEvent::Received(classification) }];
    events.extend_from_slice(more);
    deadline::clocks(&events, &POLICY, &VIETNAM, &zone()).unwrap()
}

fn due(clocks: &Clocks, clock: Clock) -> Timestamp {
    clocks.state(clock).unwrap().due
}

/// Received on Monday, 9 November 2026, at 09:00: 14 and 15, 21 and 22, 28 and 29 are weekends, 24 is a day off.
#[test]
fn each_kind_has_its_first_response_and_its_resolution() {
    for (kind, first, resolution) in [
        (ComplaintKind::DataBreach, "2026-11-09T13:00", "2026-11-25T23:59:59"),
        (ComplaintKind::DataMisuse, "2026-11-10T23:59:59", "2026-11-18T23:59:59"),
        (ComplaintKind::DataAccess, "2026-11-11T23:59:59", "2026-11-19T23:59:59"),
        (ComplaintKind::DataObjection, "2026-11-11T23:59:59", "2026-11-25T23:59:59"),
        // The twentieth day is Sunday, 29 November.
        (ComplaintKind::DataDeletion, "2026-11-11T23:59:59", "2026-11-30T23:59:59"),
        (ComplaintKind::Payment, "2026-11-10T23:59:59", "2026-11-16T23:59:59"),
        (ComplaintKind::Product, "2026-11-10T23:59:59", "2026-11-18T23:59:59"),
        (ComplaintKind::Delivery, "2026-11-10T23:59:59", "2026-11-16T23:59:59"),
        (ComplaintKind::Negotiation, "2026-11-12T23:59:59", "2026-11-18T23:59:59"),
        (ComplaintKind::Inquiry, "2026-11-11T23:59:59", "2026-11-16T23:59:59"),
    ] {
        let clocks = clocks("2026-11-09T09:00", Classification::new(kind, None), &[]);
        let found = (due(&clocks, Clock::FirstResponse), due(&clocks, Clock::Resolution));
        assert_eq!(found, (at(first), at(resolution)), "{kind}");
        let others = if kind == ComplaintKind::DataBreach { 3 } else { 0 };
        assert_eq!(clocks.states.len(), 2 + others, "{kind}");
    }
}

#[test]
fn a_breach_has_hours() {
    let breach = Classification::new(ComplaintKind::DataBreach, None);
    let found = clocks("2026-02-16T23:00", breach, &[]);
    for (clock, expected) in [
        (Clock::FirstResponse, "2026-02-17T03:00"),
        (Clock::Containment, "2026-02-17T23:00"),
        (Clock::AttackNotice, "2026-02-17T23:00"),
        (Clock::HarmNotice, "2026-02-19T23:00"),
    ] {
        assert_eq!(due(&found, clock), at(expected), "{clock}, through Tết");
    }
    let misuse = Classification { kind: ComplaintKind::DataMisuse, harm: Some(true), ..breach };
    assert_eq!(due(&clocks("2026-02-16T23:00", misuse, &[]), Clock::HarmNotice), at("2026-02-19T23:00"));
}

/// A request about one's own data: with a third party, and with the one extension.
#[test]
fn requests_have_the_laws_days() {
    for (kind, alone, third_party, extended, both) in [
        (ComplaintKind::DataAccess, "19", "24", "29", "34"),
        (ComplaintKind::DataObjection, "24", "29", "39", "44"),
        (ComplaintKind::DataDeletion, "29", "39", "49", "59"),
    ] {
        let extend = DatedEvent { at: at("2026-11-10T09:00"), event: ComplaintEvent::Extended };
        for (third, more, day) in [
            (false, &[][..], alone),
            (true, &[], third_party),
            (false, std::slice::from_ref(&extend), extended),
            (true, std::slice::from_ref(&extend), both),
        ] {
            let classification = Classification { third_party: third, ..Classification::new(kind, None) };
            let found = due(&clocks("2026-11-09T09:00", classification, more), Clock::Resolution);
            let days = day.parse::<i64>().unwrap() - 1;
            let last = at("2026-11-01T12:00") + jiff::SignedDuration::from_hours(24 * days);
            let last = VIETNAM.roll_over(zone().to_datetime(last).date());
            assert_eq!(found, at(&format!("{last}T23:59:59")), "{kind}, {third}, {}", more.len());
        }
    }
}

#[test]
fn a_vulnerable_consumer_waits_half_as_long_where_the_law_leaves_it_to_the_shop() {
    for (kind, first, resolution) in [
        (ComplaintKind::DataBreach, "2026-11-09T11:00", "2026-11-16T23:59:59"),
        (ComplaintKind::DataAccess, "2026-11-11T23:59:59", "2026-11-19T23:59:59"),
        (ComplaintKind::Payment, "2026-11-10T12:00", "2026-11-12T12:00"),
        (ComplaintKind::Product, "2026-11-10T12:00", "2026-11-13T12:00"),
        // Of three days one and a half; the seven are the law's.
        (ComplaintKind::Negotiation, "2026-11-11T12:00", "2026-11-18T23:59:59"),
        (ComplaintKind::Inquiry, "2026-11-10T23:59:59", "2026-11-12T12:00"),
    ] {
        let classification = Classification { vulnerable: true, ..Classification::new(kind, None) };
        let clocks = clocks("2026-11-09T09:00", classification, &[]);
        let found = (due(&clocks, Clock::FirstResponse), due(&clocks, Clock::Resolution));
        assert_eq!(found, (at(first), at(resolution)), "{kind}");
    }
}

/// Tết of 2026 is off from 16 to 20 February; Saturday, 22 August, is worked for Monday, 31 August, and 1 and 2
/// September are off.
#[test]
fn days_off_move_deadlines_as_the_civil_code_says() {
    for (received, kind, resolution) in [
        ("2026-02-11T09:00", ComplaintKind::Product, "2026-02-27T23:59:59"),
        ("2026-02-06T09:00", ComplaintKind::DataAccess, "2026-02-23T23:59:59"),
        ("2026-08-20T09:00", ComplaintKind::Delivery, "2026-08-26T23:59:59"),
        ("2026-08-27T09:00", ComplaintKind::Delivery, "2026-09-08T23:59:59"),
        ("2026-08-21T09:00", ComplaintKind::DataAccess, "2026-09-03T23:59:59"),
    ] {
        let clocks = clocks(received, Classification::new(kind, None), &[]);
        assert_eq!(due(&clocks, Clock::Resolution), at(resolution), "{received} {kind}");
    }
}

/// Of a fault, from its receipt on Monday at 09:00: half of the 15 working hours until tomorrow's end, four fifths of the
/// 63 until the seventh day's; and who is told.
#[test]
fn a_fault_is_escalated_at_half_at_four_fifths_and_at_the_end() {
    let events = [DatedEvent {
        at: at("2026-11-09T09:00"),
        event: ComplaintEvent::Received(Classification::new(ComplaintKind::Product, None)),
    }];
    let told = deadline::explain(&events, &POLICY, &VIETNAM, &zone()).unwrap();
    let steps: Vec<_> = told
        .iter()
        .flat_map(|one| one.steps.iter().map(|step| (&*step.at, step.due_at, step.to.join(" "))))
        .collect();
    let expected = [
        ("50%", "2026-11-10T08:30", "assignee"),
        ("80%", "2026-11-10T14:00", "assignee department"),
        ("100%", "2026-11-10T23:59:59", "assignee department director"),
        ("50%", "2026-11-13T08:30", "assignee"),
        ("80%", "2026-11-17T11:24", "assignee department"),
        ("100%", "2026-11-18T23:59:59", "assignee department director"),
    ];
    let expected = expected.map(|(step, instant, to)| (step, at(instant), to.to_owned()));
    assert_eq!(steps, expected);
}
