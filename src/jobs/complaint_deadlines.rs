//! Complaint deadlines: open complaints -> clocks -> overdue ones -> one mail to each person responsible.
//!
//! A step is keyed by (complaint, clock, deadline instant, step, recipient), so it goes out once, and a
//! new deadline is a new key. Deadlines are computed from events each time; none is stored as truth.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::dispatch::Dispatch;
use super::house::House;
use super::run::{Outcome, Run};
use crate::deadline::{self, Clock, Clocks};
use crate::document::{self, Matter, Notice, OverdueComplaint};
use crate::domain::complaint::{ComplaintKind, DatedEvent};
use crate::domain::ids::ComplaintNo;
use crate::settings::JobSpec;

const STEP: &str = "100%";

/// Complaints read at once.
const PAGE: u32 = 500;

/// An overdue clock of a complaint.
#[derive(Clone, Copy)]
struct Alarm {
    no: ComplaintNo,
    kind: ComplaintKind,
    clock: Clock,
    deadline: Timestamp,
    days_over: i32,
}

pub fn run(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    let alarms = overdue(house, run)?;
    let by_recipient = new_steps(house, job, alarms)?;
    let told = tell(house, run, &by_recipient)?;
    Ok(Outcome::done(
        format!("{told} overdue clocks told to {} people", by_recipient.len()),
        json!({ "told": told }),
    ))
}

/// Every clock of an open complaint that is past its deadline. Complaints are read a page at a time, so
/// that memory does not grow with their number.
fn overdue(house: &House, run: &Run) -> anyhow::Result<Vec<Alarm>> {
    let mut alarms = Vec::new();
    let mut after = ComplaintNo(0);
    loop {
        let page = house.store.read(|reader| reader.open_complaints(after, PAGE))?;
        let Some((last, _)) = page.last() else { return Ok(alarms) };
        after = last.no;
        for (complaint, events) in &page {
            let Some(clocks) = clocks(house, events) else { continue };
            let zone = &house.settings.business.zone;
            let overdue = clocks.states.iter().filter(|state| state.is_overdue(run.now));
            alarms.extend(overdue.map(|state| Alarm {
                no: complaint.no,
                kind: clocks.classification.kind,
                clock: state.clock,
                deadline: state.due,
                days_over: deadline::days_over(state.due, run.now, zone),
            }));
        }
    }
}

fn clocks(house: &House, events: &[DatedEvent]) -> Option<Clocks> {
    deadline::clocks(
        events,
        &house.settings.complaints.policy,
        &house.calendar,
        &house.settings.business.zone,
    )
}

/// Where a complaint stands; `None` when the events do not hold the receipt.
pub fn account(house: &House, events: &[DatedEvent]) -> Option<Clocks> {
    clocks(house, events)
}

/// The alarms that their recipient has not been told yet.
fn new_steps(
    house: &House,
    job: &JobSpec,
    alarms: Vec<Alarm>,
) -> anyhow::Result<BTreeMap<String, Vec<Alarm>>> {
    let mut by_recipient: BTreeMap<String, Vec<Alarm>> = BTreeMap::new();
    house.store.read(|reader| {
        for alarm in alarms {
            let mut people = house.settings.complaints.policy.kinds[&alarm.kind].responsible.clone();
            people.extend(job.recipients.iter().cloned());
            for recipient in house.settings.recipients_of(&people) {
                if !reader.has_step(alarm.no, alarm.clock.as_str(), alarm.deadline, STEP, &recipient)? {
                    by_recipient.entry(recipient).or_default().push(alarm);
                }
            }
        }
        Ok::<_, crate::store::Error>(())
    })?;
    Ok(by_recipient)
}

/// One mail a recipient, whose steps and outbox row commit together.
fn tell(house: &House, run: &Run, by_recipient: &BTreeMap<String, Vec<Alarm>>) -> anyhow::Result<usize> {
    let mut told = 0;
    for (recipient, alarms) in by_recipient {
        let complaints: Vec<OverdueComplaint> = alarms
            .iter()
            .map(|alarm| OverdueComplaint {
                number: alarm.no,
                kind: alarm.kind,
                clock: alarm.clock,
                deadline: alarm.deadline,
                days_over: alarm.days_over.into(),
            })
            .collect();
        let business = &house.settings.business;
        let matter = Matter::OverdueComplaints { complaints: &complaints, at: run.now };
        let notice = Notice { business: &business.name, zone: &business.zone, matter };
        let rendered = document::notice(&notice, business.language)?;
        let purpose = purpose(run, alarms);
        run.write(house, |writer| {
            let messages = Dispatch { house, purpose: &purpose, date: run.now }
                .compose(&rendered, std::slice::from_ref(recipient))?;
            for alarm in alarms {
                writer.record_step(alarm.no, alarm.clock.as_str(), alarm.deadline, STEP, recipient)?;
            }
            for message in &messages {
                writer.enqueue(&message.row("complaint-deadlines", None), run.now)?;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        told += alarms.len();
    }
    Ok(told)
}

/// Names the mail by the steps it tells of: a retry of the slot, or a run by hand in the same second, that
/// finds other steps makes another mail.
fn purpose(run: &Run, alarms: &[Alarm]) -> String {
    let mut steps = Sha256::new();
    for Alarm { no, clock, deadline, .. } in alarms {
        steps.update(format!("{no}/{clock}/{deadline};"));
    }
    format!("complaints.{}.{}", run.slot.at.as_second(), hex::encode(&steps.finalize()[..8]))
}
