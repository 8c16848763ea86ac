//! Mails about deadlines of complaints.
//!
//! Invariant: a complaint is its number, kind, damage level, clock and deadline; nothing here can hold personal data.

use std::collections::BTreeSet;

use super::letter::{AlarmRow, Letter};
use super::texts::Texts;
use super::{dates, names};
use crate::domain::complaint::{Clock, ComplaintKind};
use crate::domain::ids::ComplaintNo;
use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A deadline of a complaint that has passed, or soon will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineAlarm {
    pub number: ComplaintNo,
    pub kind: ComplaintKind,
    /// 1 to 4, once it is known.
    pub damage_level: Option<u8>,
    pub clock: Clock,
    /// The last instant that is not late.
    pub deadline: Timestamp,
}

impl DeadlineAlarm {
    fn is_over(&self, at: Timestamp) -> bool {
        at > self.deadline
    }
}

/// The letter about some deadlines, and so many more, at an instant.
pub(super) fn letter(
    business: &str,
    (alarms, more): (&[DeadlineAlarm], u64),
    (at, zone): (Timestamp, &TimeZone),
    texts: &Texts,
) -> Letter {
    let shop = names::clean(business);
    let over = alarms.iter().filter(|alarm| alarm.is_over(at)).count();
    let title = match over {
        0 => "alarm-title-soon",
        over if over == alarms.len() => "alarm-title-over",
        _ => "alarm-title-both",
    };
    let more = (more > 0).then(|| texts.fill("alarm-more", [("count", more.to_string().into())]));
    Letter {
        language: texts.code(),
        subject: subject(&shop, (alarms, more.is_some()), at, texts),
        title: texts.say(title),
        sentence: texts.fill("alarm-sentence", [("at", dates::instant(at, zone).into())]),
        heads: vec![
            format!("{}, {}", texts.say("alarm-number"), texts.say("alarm-kind")),
            texts.say("alarm-deadline"),
            texts.say("alarm-left"),
        ],
        rows: rows(alarms, at, zone, texts),
        more: more.unwrap_or_default(),
        notes: Vec::new(),
        closing: texts.say("alarm-look"),
        shop,
    }
}

/// Of one complaint, what it is; of several, how many.
fn subject(shop: &str, (alarms, are_more): (&[DeadlineAlarm], bool), at: Timestamp, texts: &Texts) -> String {
    let numbers: BTreeSet<ComplaintNo> = alarms.iter().map(|alarm| alarm.number).collect();
    let shop: FluentValue<'_> = shop.into();
    if let (1, false, Some(alarm)) = (numbers.len(), are_more, alarms.first()) {
        let key = if alarm.is_over(at) { "alarm-subject-over" } else { "alarm-subject-soon" };
        let complaint = format!("#{} ({})", alarm.number, what(alarm, texts));
        let clock = texts.say(&format!("clock-{}", alarm.clock));
        return texts.fill(key, [("shop", shop), ("complaint", complaint.into()), ("clock", clock.into())]);
    }
    let over = alarms.iter().filter(|alarm| alarm.is_over(at)).count();
    let soon = alarms.len() - over;
    let count = |count: usize| if are_more { format!("{count}+") } else { count.to_string() };
    let key = match (over, soon) {
        (_, 0) => "alarm-subject-all-over",
        (0, _) => "alarm-subject-all-soon",
        _ => "alarm-subject-both",
    };
    texts.fill(key, [("shop", shop), ("over", count(over).into()), ("soon", count(soon).into())])
}

/// The earliest deadline first.
fn rows(alarms: &[DeadlineAlarm], at: Timestamp, zone: &TimeZone, texts: &Texts) -> Vec<AlarmRow> {
    let mut alarms = alarms.to_vec();
    alarms.sort_by_key(|alarm| (alarm.deadline, alarm.number, alarm.clock));
    let row = |alarm: &DeadlineAlarm| AlarmRow {
        number: format!("#{}", alarm.number),
        kind: what(alarm, texts),
        clock: texts.say(&format!("clock-{}", alarm.clock)),
        deadline: dates::instant(alarm.deadline, zone),
        left: left(alarm, at, texts),
        is_over: alarm.is_over(at),
    };
    alarms.iter().map(row).collect()
}

/// `product, damage level 3`.
fn what(alarm: &DeadlineAlarm, texts: &Texts) -> String {
    let kind = texts.say(&format!("complaint-{}", alarm.kind));
    match alarm.damage_level {
        Some(level) => {
            format!("{kind}, {}", texts.fill("alarm-level", [("level", level.to_string().into())]))
        }
        None => kind,
    }
}

/// In hours up to two days, then in days; parts of them are cut off.
fn left(alarm: &DeadlineAlarm, at: Timestamp, texts: &Texts) -> String {
    let time = alarm.deadline.duration_since(at).abs();
    let (hours, is_over) = (time.as_hours(), alarm.is_over(at));
    let (key, count) = match (hours, is_over) {
        (0, false) => ("alarm-left-minutes", 0),
        (0, true) => ("alarm-over-minutes", 0),
        (1..48, false) => ("alarm-left-hours", hours),
        (1..48, true) => ("alarm-over-hours", hours),
        (_, false) => ("alarm-left-days", hours / 24),
        (_, true) => ("alarm-over-days", hours / 24),
    };
    let said: FluentValue<'_> = count.to_string().into();
    texts.fill(key, [("number", count.into()), ("days", said.clone()), ("hours", said)])
}
