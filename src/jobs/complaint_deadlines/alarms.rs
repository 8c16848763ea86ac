//! What of one complaint is to be told now, and to whom: decided from its events and from what was told before.

use jiff::Timestamp;

use super::line::Line;
use super::watch::Watch;
use crate::deadline::{self, Clocks, DueStep};
use crate::domain::complaint::{Clock, ComplaintKind, DatedEvent, StepAt};
use crate::domain::ids::ComplaintNo;
use crate::store::StepRow;

/// Something to tell one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    pub no: ComplaintNo,
    pub kind: ComplaintKind,
    pub damage_level: Option<u8>,
    pub clock: Clock,
    pub deadline: Timestamp,
    pub recipient: String,
    /// When the first of its steps became due.
    pub due_at: Timestamp,
    /// The latest step that is due; the others are covered by it. Never empty.
    pub steps: Vec<StepAt>,
}

impl Alarm {
    /// What is urgent waits neither for the morning nor for the day's one mail.
    pub fn is_urgent(&self) -> bool {
        self.kind == ComplaintKind::DataBreach
            || matches!(self.clock, Clock::Containment | Clock::AttackNotice | Clock::HarmNotice)
    }
}

/// What is new about one complaint.
#[derive(Debug, Default)]
pub(super) struct News {
    pub alarms: Vec<Alarm>,
    /// Deadlines that have passed and that the books do not know of.
    pub missed: Vec<(Clock, Timestamp)>,
}

impl News {
    pub fn is_nothing(&self) -> bool {
        self.alarms.is_empty() && self.missed.is_empty()
    }
}

/// A step as rows key it.
#[derive(Clone, Copy)]
struct Key {
    clock: Clock,
    deadline: Timestamp,
    at: StepAt,
}

/// What is new about a complaint; `told` are its rows.
pub(super) fn news(watch: &Watch<'_>, no: ComplaintNo, events: &[DatedEvent], told: &[StepRow]) -> News {
    let house = watch.house;
    let policy = &house.settings.complaints.policy;
    let zone = &house.settings.business.zone;
    let Some(clocks) = deadline::clocks(events, policy, &house.calendar, zone) else {
        return News::default();
    };
    let due = deadline::due_steps(&clocks, policy, &house.calendar, zone, watch.now);
    let mut news = News { alarms: Vec::new(), missed: missed(&clocks, told, watch.now) };
    for (index, step) in due.iter().enumerate() {
        for recipient in recipients(watch, &clocks, step, told) {
            let is_known = |step: &DueStep<'_>| has(told, key(step), &recipient);
            // A later step that was told covers the earlier ones.
            let mut later = due[index + 1..].iter().filter(|later| same_deadline(later, step));
            if is_known(step) || later.any(is_known) {
                continue;
            }
            let same = |alarm: &&mut Alarm| {
                alarm.recipient == recipient && alarm.clock == step.clock && alarm.deadline == step.deadline
            };
            match news.alarms.iter_mut().find(same) {
                Some(alarm) => alarm.steps.insert(0, step.rule.at),
                None => news.alarms.push(alarm(no, &clocks, step, recipient)),
            }
        }
    }
    news.alarms.retain(|alarm| watch.may_tell(alarm));
    news
}

/// Whether a step that was told, or is about to be, still is what its mail says: the clock runs towards, or past, the
/// same deadline, and the recipient is still in its line.
pub(super) fn stands(watch: &Watch<'_>, events: &[DatedEvent], told: &[StepRow], row: &StepRow) -> bool {
    let house = watch.house;
    let policy = &house.settings.complaints.policy;
    let zone = &house.settings.business.zone;
    let Some(clocks) = deadline::clocks(events, policy, &house.calendar, zone) else { return false };
    let due = deadline::due_steps(&clocks, policy, &house.calendar, zone, watch.now);
    due.iter().any(|step| {
        row.is_of(step.clock, step.deadline, step.rule.at)
            && recipients(watch, &clocks, step, told).contains(&row.recipient)
    })
}

fn missed(clocks: &Clocks, told: &[StepRow], now: Timestamp) -> Vec<(Clock, Timestamp)> {
    let overdue = clocks.states.iter().filter(|state| state.is_overdue(now));
    overdue
        .map(|state| (state.clock, state.due))
        .filter(|&(clock, due)| !told.iter().any(|row| row.is_missed(clock, due)))
        .collect()
}

fn recipients(watch: &Watch<'_>, clocks: &Clocks, step: &DueStep<'_>, told: &[StepRow]) -> Vec<String> {
    let line = Line {
        settings: &watch.house.settings,
        kind: clocks.classification.kind,
        assignee: clocks.assignee.as_deref(),
        extra: watch.extra,
    };
    let key = key(step);
    let bounced = |address: &str| {
        let row =
            told.iter().find(|row| row.recipient == address && row.is_of(key.clock, key.deadline, key.at));
        row.is_some_and(|row| row.bounced)
    };
    line.recipients(step.rule, &bounced)
}

fn alarm(no: ComplaintNo, clocks: &Clocks, step: &DueStep<'_>, recipient: String) -> Alarm {
    Alarm {
        no,
        kind: clocks.classification.kind,
        damage_level: clocks.classification.damage_level,
        clock: step.clock,
        deadline: step.deadline,
        recipient,
        due_at: step.due_at,
        steps: vec![step.rule.at],
    }
}

fn key(step: &DueStep<'_>) -> Key {
    Key { clock: step.clock, deadline: step.deadline, at: step.rule.at }
}

fn has(told: &[StepRow], key: Key, recipient: &str) -> bool {
    told.iter().any(|row| row.recipient == recipient && row.is_of(key.clock, key.deadline, key.at))
}

fn same_deadline(one: &DueStep<'_>, other: &DueStep<'_>) -> bool {
    one.clock == other.clock && one.deadline == other.deadline
}
