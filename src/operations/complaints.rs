//! Complaints: list and show, without their words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
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
    pub received_at: Timestamp,
    pub open: bool,
    pub clocks: Vec<ClockView>,
    pub events: Vec<DatedEvent>,
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

/// Complaints read at once.
const PAGE: u32 = 500;

/// Open complaints, or all of them, the earliest deadline first.
pub fn list(house: &House, actor: &Actor, all: bool) -> Result<Vec<ComplaintView>> {
    allow(house, actor, Operation::ComplaintList)?;
    let mut views = Vec::new();
    let mut after = ComplaintNo(0);
    loop {
        let page = house.store.read(|reader| {
            if all { reader.complaints(after, PAGE) } else { reader.open_complaints(after, PAGE) }
        })?;
        let Some((last, _)) = page.last() else { break };
        after = last.no;
        let now = house.now();
        views.extend(
            page.into_iter().filter_map(|(complaint, events)| view(house, complaint.no, events, now)),
        );
    }
    let next = |view: &ComplaintView| {
        view.clocks.iter().filter(|clock| clock.stopped.is_none()).map(|clock| clock.due).min()
    };
    views.sort_by_key(|view| (next(view).is_none(), next(view), view.number));
    Ok(views)
}

pub fn show(house: &House, actor: &Actor, number: ComplaintNo) -> Result<ComplaintView> {
    allow(house, actor, Operation::ComplaintList)?;
    let events = house.store.read(|reader| reader.events_of(number))?;
    view(house, number, events, house.now()).ok_or_else(|| Error::NotFound {
        what: "complaint",
        name: number.to_string(),
        remedy: "`firstwatch complaint list --all` shows them",
    })
}

fn view(
    house: &House,
    number: ComplaintNo,
    events: Vec<DatedEvent>,
    now: Timestamp,
) -> Option<ComplaintView> {
    let account = jobs::complaint_account(house, &events)?;
    let clocks = account.states.iter().map(|state| ClockView {
        clock: state.clock.as_str().to_owned(),
        due: state.due,
        stopped: state.stopped,
        overdue: state.is_overdue(now),
    });
    Some(ComplaintView {
        number,
        kind: account.classification.kind,
        damage_level: account.classification.damage_level,
        received_at: account.received,
        open: account.is_open(),
        clocks: clocks.collect(),
        events,
    })
}
