//! One complaint: its state and its deadlines for whoever may list complaints, its words, notes and history for those
//! who handle them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::no_complaint;
use super::view::{ComplaintView, view};
use crate::access::{self, Operation};
use crate::domain::actor::Actor;
use crate::domain::complaint::DatedEvent;
use crate::domain::ids::{ComplaintId, ComplaintNo, CustomerNo, OrderId, SourceName};
use crate::jobs::{self, House};
use crate::operations::{Result, allow, record, tried};
use crate::store::Reader;

/// A complaint; its particulars only for those who handle complaints.
#[derive(Clone, Serialize, Deserialize)]
pub struct ComplaintShown {
    #[serde(flatten)]
    pub complaint: ComplaintView,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub particulars: Option<Particulars>,
}

/// What may be personal: the words, who sent them, and what was noted since. Has no `Debug`; the memory of words is
/// overwritten when they are dropped.
#[derive(Clone, Serialize, Deserialize)]
pub struct Particulars {
    /// Who told of it (`desk`: somebody took it down; `import`: it stood in a file), and its number there.
    pub source: SourceName,
    pub id: ComplaintId,
    pub channel: Option<String>,
    pub customer: Option<CustomerNo>,
    pub order: Option<OrderId>,
    /// The source whose order that is.
    pub order_source: SourceName,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// The customer's data was erased, and the words with it.
    pub erased: bool,
    pub history: Vec<HistoryLine>,
}

impl Drop for Particulars {
    fn drop(&mut self) {
        self.subject.zeroize();
        self.body.zeroize();
        self.email.zeroize();
        self.phone.zeroize();
        self.history.iter_mut().for_each(|line| line.note.zeroize());
    }
}

/// An event, who recorded it, and what they wrote with it.
#[derive(Clone, Serialize, Deserialize)]
pub struct HistoryLine {
    #[serde(flatten)]
    pub event: DatedEvent,
    pub recorded_at: Option<Timestamp>,
    /// `uid:1000`; `null`: the source told it.
    pub actor: Option<String>,
    pub note: Option<String>,
}

pub fn show(house: &House, actor: &Actor, number: ComplaintNo) -> Result<ComplaintShown> {
    let handles = access::check(&house.grants, actor, Operation::ComplaintShow).is_ok();
    let now = house.now();
    if !handles {
        allow(house, actor, Operation::ComplaintList)?;
        let complaint = house.store.read(|reader| standing(house, reader, number, now))?;
        return Ok(ComplaintShown { complaint, particulars: None });
    }
    let subject = format!("complaint {number}");
    tried(house, actor, (Operation::ComplaintShow, &subject), || {
        // Nobody sees a customer's words without a trace.
        house.store.write(|writer| {
            let complaint = standing(house, writer, number, now)?;
            let particulars = particulars(house, writer, number)?;
            record(writer, actor, Operation::ComplaintShow, &subject, "done", now)?;
            if let Some(customer) = particulars.as_ref().and_then(|particulars| particulars.customer) {
                let subject = format!("customer {customer}");
                record(writer, actor, Operation::ComplaintShow, &subject, "done", now)?;
            }
            Ok(ComplaintShown { complaint, particulars })
        })
    })
}

fn standing(
    house: &House,
    reader: &Reader<'_>,
    number: ComplaintNo,
    now: Timestamp,
) -> Result<ComplaintView> {
    view(house, number, &reader.events_of(number)?, now).ok_or_else(|| no_complaint(number))
}

fn particulars(house: &House, reader: &Reader<'_>, number: ComplaintNo) -> Result<Option<Particulars>> {
    let Some(complaint) = reader.complaint(number)? else { return Ok(None) };
    let words = jobs::complaint_words(house, reader, &complaint)?;
    let mut history = Vec::new();
    for line in reader.log_of(number)? {
        let note = jobs::complaint_note(house, reader, number, &line)?;
        history.push(HistoryLine {
            event: line.event,
            recorded_at: line.recorded_at,
            actor: line.actor,
            note: note.map(|note| (*note).clone()),
        });
    }
    let erased = words.is_none();
    let words = words.unwrap_or_default();
    Ok(Some(Particulars {
        source: complaint.source,
        id: complaint.id,
        channel: complaint.channel,
        customer: complaint.customer,
        order: complaint.order,
        order_source: complaint.order_source,
        subject: words.subject.clone(),
        body: words.body.clone(),
        email: words.email.clone(),
        phone: words.phone.clone(),
        erased,
        history,
    }))
}
