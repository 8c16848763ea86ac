//! What of one complaint is to be told now, and to whom: decided from its events and from what was told before.

use jiff::Timestamp;

use super::alarm::Alarm;
use super::line::Line;
use super::watch::Watch;
use crate::deadline::{self, Clocks, DueStep};
use crate::domain::complaint::{Clock, DatedEvent};
use crate::domain::ids::ComplaintNo;
use crate::store::StepRow;

/// What is new about one complaint.
#[derive(Debug, Default)]
pub(super) struct News {
    pub alarms: Vec<Alarm>,
    /// Deadlines that have passed and that the books do not know of.
    pub missed: Vec<(Clock, Timestamp)>,
    /// Nothing can become due any more, and the store does not know it.
    pub is_settled: bool,
}

impl News {
    pub fn is_nothing(&self) -> bool {
        self.alarms.is_empty() && self.missed.is_empty() && !self.is_settled
    }
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
    let mut news = News {
        alarms: Vec::new(),
        missed: missed(&clocks, told, watch.now),
        // Such complaints come from stores of an earlier version.
        is_settled: clocks.resolved.is_some() && deadline::is_settled(events),
    };
    for (index, step) in due.iter().enumerate() {
        for recipient in recipients(watch, &clocks, step, told) {
            let is_known =
                |step: &DueStep<'_>| told.iter().any(|row| row.recipient == recipient && is_of(row, step));
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
                None => {
                    let has_bounced = told.iter().any(|row| row.bounced && is_of(row, step));
                    news.alarms.push(Alarm { has_bounced, ..alarm(no, &clocks, step, recipient) });
                }
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
    due.iter().any(|step| is_of(row, step) && recipients(watch, &clocks, step, told).contains(&row.recipient))
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
    let bounced =
        |address: &str| told.iter().any(|row| row.bounced && row.recipient == address && is_of(row, step));
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
        has_bounced: false,
        due_at: step.due_at,
        steps: vec![step.rule.at],
    }
}

fn is_of(row: &StepRow, step: &DueStep<'_>) -> bool {
    row.is_of(step.clock, step.deadline, step.rule.at)
}

fn same_deadline(one: &DueStep<'_>, other: &DueStep<'_>) -> bool {
    one.clock == other.clock && one.deadline == other.deadline
}
