//! The moment of sending: a mail about complaints that has waited, while the relay was away, may no longer be true.
//!
//! One that is not is taken back, and what still stands of it is told by a new mail at the next look. One that may
//! already have arrived goes out as it is: the same bytes, or none.

use std::collections::BTreeMap;

use super::news::stands;
use super::watch::Watch;
use super::{DIGEST, MAIL};
use crate::domain::complaint::DatedEvent;
use crate::domain::ids::ComplaintNo;
use crate::jobs::house::House;
use crate::settings::JobKind;
use crate::store::{OutboxItem, OutboxState, StepRow};

/// Steps looked at; a mail that tells of more is true enough when so many are.
const MOST: u32 = 10_000;

/// Why a message is not to be sent any more; `None`: it may go.
///
/// # Errors
/// Those of the store.
pub(crate) fn out_of_date(house: &House, item: &OutboxItem) -> anyhow::Result<Option<String>> {
    if ![MAIL, DIGEST].contains(&item.kind.as_str()) {
        return Ok(None);
    }
    let now = house.now();
    house.store.read(|reader| {
        let history = reader.outbox_history(item.id)?;
        if history.iter().any(|event| event.state == OutboxState::DotPending) {
            return Ok(None);
        }
        let jobs = house.settings.jobs.iter().filter(|job| job.kind == JobKind::ComplaintDeadlines);
        let extra: Vec<String> = jobs.flat_map(|job| job.recipients.iter().cloned()).collect();
        let watch = Watch::new(house, &extra, now, reader)?;
        let mut known: BTreeMap<ComplaintNo, (Vec<DatedEvent>, Vec<StepRow>)> = BTreeMap::new();
        for row in reader.steps_of_message(item.id, MOST)? {
            if !known.contains_key(&row.complaint) {
                let told = reader.steps_between(row.complaint, row.complaint)?;
                known = BTreeMap::from([(row.complaint, (reader.events_of(row.complaint)?, told))]);
            }
            let (events, told) = &known[&row.complaint];
            if !stands(&watch, events, told, &row) {
                return Ok(Some(format!("complaint {} has moved on since this was written", row.complaint)));
            }
        }
        Ok(None)
    })
}
