//! Why each deadline is when it is.

use serde::Serialize;

use super::no_complaint;
use crate::access::Operation;
use crate::deadline::{self, Explanation};
use crate::domain::actor::Actor;
use crate::domain::ids::ComplaintNo;
use crate::jobs::House;
use crate::operations::{Result, allow};

/// A complaint's clocks, each with what it rests on, the rules that were applied, and its time in intervals.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    pub number: ComplaintNo,
    pub clocks: Vec<Explanation>,
}

pub fn explain(house: &House, actor: &Actor, number: ComplaintNo) -> Result<Explained> {
    allow(house, actor, Operation::ComplaintExplain)?;
    let events = house.store.read(|reader| reader.events_of(number))?;
    let (policy, zone) = (&house.settings.complaints.policy, &house.settings.business.zone);
    let clocks =
        deadline::explain(&events, policy, &house.calendar, zone).ok_or_else(|| no_complaint(number))?;
    Ok(Explained { number, clocks })
}
