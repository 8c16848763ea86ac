//! A complaint as its number, its kind and its deadlines tell it: without its words and its person, and without its
//! events, for a compensation's amount tells what was bought.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::standing::Standing;
use crate::domain::complaint::{ComplaintKind, DatedEvent};
use crate::domain::ids::ComplaintNo;
use crate::jobs::{self, House};

/// A complaint, without its words and its person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ComplaintView {
    pub number: ComplaintNo,
    pub kind: ComplaintKind,
    /// 1 to 4, once it is known.
    pub damage_level: Option<u8>,
    /// A vulnerable consumer.
    pub vulnerable: bool,
    /// A third party must act too.
    pub third_party: bool,
    /// Whether it is an attack, and whether it does harm; `null`: nobody has judged yet.
    pub attack: Option<bool>,
    pub harm: Option<bool>,
    pub received_at: Timestamp,
    /// It is not resolved, or was reopened.
    pub open: bool,
    pub state: State,
    /// An internal address; `null`: the department.
    pub assignee: Option<String>,
    pub clocks: Vec<ClockView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Open,
    Paused,
    Resolved,
    Closed,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paused => "paused",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

/// One deadline of a complaint. Instants are in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClockView {
    pub clock: String,
    pub due: Timestamp,
    /// When what it waited for was done.
    pub stopped: Option<Timestamp>,
    pub overdue: bool,
}

impl ComplaintView {
    /// The deadline that comes next, or has passed.
    pub fn next(&self) -> Option<&ClockView> {
        self.clocks.iter().filter(|clock| clock.stopped.is_none()).min_by_key(|clock| clock.due)
    }
}

pub(super) fn standing(house: &House, events: &[DatedEvent]) -> Option<Standing> {
    Standing::of(events, house.settings.complaints.policy.longest_pause)
}

/// How the complaint of these events stands at `now`; `None` when they do not hold the receipt.
pub(super) fn view(
    house: &House,
    number: ComplaintNo,
    events: &[DatedEvent],
    now: Timestamp,
) -> Option<ComplaintView> {
    let account = jobs::complaint_account(house, events)?;
    let clocks = account.states.iter().map(|state| ClockView {
        clock: state.clock.as_str().to_owned(),
        due: state.due,
        stopped: state.stopped,
        overdue: state.is_overdue(now),
    });
    let waits = account.waits_for.is_some_and(|(_, pause)| now < pause.until);
    let state = match (account.closed, account.is_open(), waits) {
        (true, ..) => State::Closed,
        (false, false, _) => State::Resolved,
        (false, true, true) => State::Paused,
        (false, true, false) => State::Open,
    };
    let classification = account.classification;
    Some(ComplaintView {
        number,
        kind: classification.kind,
        damage_level: classification.damage_level,
        vulnerable: classification.vulnerable,
        third_party: classification.third_party,
        attack: classification.attack,
        harm: classification.harm,
        received_at: account.received,
        open: account.is_open(),
        state,
        clocks: clocks.collect(),
        assignee: account.assignee.clone(),
    })
}
