//! Each rule of the clocks by example, over Vietnam's calendar.

mod explain;
mod pauses;
mod rules;
mod steps;
mod zones;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::calendar::CalendarDays;
use crate::domain::complaint::{
    Addressee, Classification, ComplaintEvent, ComplaintKind, DeadlineRule, DeadlineTerms, LevelTerms,
    NoticeRule, PauseReason,
};
use crate::domain::term::Term;

static VIETNAM: LazyLock<WorkingCalendar> =
    LazyLock::new(|| WorkingCalendar::office_week(CalendarDays::vietnam().unwrap()));

fn zone() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
}

fn vietnam() -> &'static WorkingCalendar {
    &VIETNAM
}

/// A local time in Vietnam: of November 2026 (the 24th is a holiday, the 21st a Saturday), or with year and month.
fn at(text: &str) -> Timestamp {
    let text = if text.len() > 12 { text.to_owned() } else { format!("2026-11-{text}") };
    format!("{text}+07:00").parse().unwrap()
}

fn event(day: &str, event: ComplaintEvent) -> DatedEvent {
    DatedEvent { at: at(day), event }
}

fn received(day: &str, kind: ComplaintKind) -> DatedEvent {
    received_as(day, Classification::new(kind, None))
}

fn received_as(day: &str, classification: Classification) -> DatedEvent {
    event(day, ComplaintEvent::Received(classification))
}

fn paused(day: &str) -> DatedEvent {
    event(day, ComplaintEvent::Paused { reason: PauseReason::Customer })
}

fn resumed(day: &str) -> DatedEvent {
    event(day, ComplaintEvent::Resumed)
}

fn promised(day: &str, due_at: &str) -> DatedEvent {
    event(day, ComplaintEvent::Promised { due_at: at(due_at) })
}

fn vulnerable(kind: ComplaintKind) -> Classification {
    Classification { vulnerable: true, ..Classification::new(kind, None) }
}

fn rule(first_response: &str, resolution: &str) -> DeadlineRule {
    DeadlineRule {
        terms: DeadlineTerms {
            first_response: first_response.parse().unwrap(),
            resolution: resolution.parse().unwrap(),
            containment: None,
        },
        resolution_third_party: None,
        extension: None,
        levels: BTreeMap::new(),
        responsible: vec!["complaints".to_owned()],
        escalation: escalation(&["50%", "80%", "100%"]),
    }
}

fn escalation(steps: &[&str]) -> Vec<EscalationRule> {
    let rule = |at: &&str| EscalationRule { at: at.parse().unwrap(), to: vec![Addressee::Assignee] };
    steps.iter().map(rule).collect()
}

/// Much like the shipped one.
fn policy() -> ComplaintPolicy {
    let mut kinds: BTreeMap<_, _> = ComplaintKind::ALL.map(|kind| (kind, rule("1wd", "7wd"))).into();
    let breach = kinds.get_mut(&ComplaintKind::DataBreach).unwrap();
    *breach = rule("4h", "15d");
    breach.terms.containment = Some(Term::Hours(24));
    let access = kinds.get_mut(&ComplaintKind::DataAccess).unwrap();
    *access = rule("2wd", "10d");
    access.resolution_third_party = Some(Term::Days(15));
    access.extension = Some(Term::Days(10));
    kinds.insert(ComplaintKind::Payment, rule("1wd", "5wd"));
    kinds.insert(ComplaintKind::Delivery, rule("1wd", "5wd"));
    kinds.insert(ComplaintKind::Inquiry, rule("16wh", "40wh"));
    let product = kinds.get_mut(&ComplaintKind::Product).unwrap();
    let grave = LevelTerms {
        first_response: Some(Term::Hours(4)),
        resolution: Some(Term::WorkingDays(3)),
        containment: None,
    };
    product.levels = [(4, grave)].into();
    ComplaintPolicy {
        kinds,
        attack_notice: Term::Hours(24),
        harm_notice: Term::Hours(72),
        notices: NoticeRule { escalation: escalation(&["start+1h", "80%", "100%"]) },
        longest_pause: SignedDuration::from_hours(30 * 24),
    }
}

/// With one kind's resolution, and no steps but those that are given.
fn with_resolution(kind: ComplaintKind, resolution: &str, steps: &[&str]) -> ComplaintPolicy {
    let mut policy = policy();
    let rule = policy.kinds.get_mut(&kind).unwrap();
    rule.terms.resolution = resolution.parse().unwrap();
    rule.escalation = escalation(steps);
    policy
}

fn clocks_of(events: &[DatedEvent]) -> Clocks {
    clocks_by(&policy(), events)
}

fn clocks_by(policy: &ComplaintPolicy, events: &[DatedEvent]) -> Clocks {
    clocks(events, policy, vietnam(), &zone()).unwrap()
}

fn due(events: &[DatedEvent], clock: Clock) -> Timestamp {
    clocks_of(events).state(clock).unwrap().due
}

/// When a resolution is due.
fn resolution(policy: &ComplaintPolicy, events: &[DatedEvent]) -> Timestamp {
    clocks_by(policy, events).state(Clock::Resolution).unwrap().due
}
