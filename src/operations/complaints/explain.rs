//! Why each deadline is when it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::no_complaint;
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::complaint::{Clock, DatedEvent};
use crate::domain::ids::ComplaintNo;
use crate::jobs::{self, House};
use crate::operations::{Result, allow};

/// A complaint's clocks, each with its account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Explained {
    pub number: ComplaintNo,
    pub clocks: Vec<ClockExplained>,
}

/// Why a clock is due when it is. Instants are in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClockExplained {
    pub clock: Clock,
    pub started: Timestamp,
    pub due: Timestamp,
    pub stopped: Option<Timestamp>,
    pub overdue: bool,
}

pub fn explain(house: &House, actor: &Actor, number: ComplaintNo) -> Result<Explained> {
    allow(house, actor, Operation::ComplaintExplain)?;
    let events = house.store.read(|reader| reader.events_of(number))?;
    let clocks = explained(house, &events, house.now()).ok_or_else(|| no_complaint(number))?;
    Ok(Explained { number, clocks })
}

fn explained(house: &House, events: &[DatedEvent], now: Timestamp) -> Option<Vec<ClockExplained>> {
    let account = jobs::complaint_account(house, events)?;
    let clock = |state: &crate::deadline::ClockState| ClockExplained {
        clock: state.clock,
        started: state.started,
        due: state.due,
        stopped: state.stopped,
        overdue: state.is_overdue(now),
    };
    Some(account.states.iter().map(clock).collect())
}
