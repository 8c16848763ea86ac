//! What is done about a complaint, noted in its log: acknowledged, assigned, paused, ... closed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decide::{Change, Decided, Matter, decide};
use super::view::{ComplaintView, standing, view};
use super::{no_complaint, written};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::complaint::{Clock, DatedEvent};
use crate::domain::ids::ComplaintNo;
use crate::jobs::{self, House, Speaker};
use crate::mail::Recipient;
use crate::operations::{Error, Result, allow_on, record, tried};
use crate::store::Writer;

/// A change, when it happened, and what the person who notes it has to say.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    pub change: Change,
    /// Now, when not given.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// May name persons: it is sealed.
    #[serde(default)]
    pub note: Option<String>,
}

/// What came of a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Changed {
    /// `false`: it was so already.
    pub changed: bool,
    pub said: String,
    pub complaint: ComplaintView,
}

pub fn change(house: &House, actor: &Actor, number: ComplaintNo, request: ChangeRequest) -> Result<Changed> {
    let operation = request.change.operation();
    let subject = format!("complaint {number}");
    tried(house, actor, (operation, &subject), || {
        allow_on(house, actor, operation, &subject)?;
        noted(house, (actor, operation), number, request)
    })
}

fn noted(
    house: &House,
    (actor, operation): (&Actor, Operation),
    number: ComplaintNo,
    request: ChangeRequest,
) -> Result<Changed> {
    let now = house.now();
    let at = instant(request.at, now)?;
    let change = with_internal_address(house, request.change)?;
    let note = written(request.note, "note")?;
    house.store.write(|writer| {
        let events = writer.events_of(number)?;
        let decided = decided(house, number, &events, &change, (at, now))?;
        let (changed, said) = match decided {
            // A note goes with an event; nobody shall think that it was kept.
            Decided::Nothing(said) if note.is_some() => (false, said + "; the note was not kept"),
            Decided::Nothing(said) => (false, said),
            Decided::Events(..) if matches!(change, Change::Extend) && note.is_none() => {
                let why =
                    "an extension needs a reason, of which the customer is told (Decree 356 Art. 5); give it with --note";
                return Err(Error::BadRequest(why.to_owned()));
            }
            Decided::Events(events, said) => {
                let speaker = Speaker::Person { actor, note: note.as_ref() };
                jobs::record_events(house, writer, number, &events, &speaker, now)?;
                record(writer, actor, operation, &format!("complaint {number}"), "done", now)?;
                (true, said)
            }
        };
        Ok(Changed { changed, said, complaint: stands(house, writer, number, now)? })
    })
}

fn decided(
    house: &House,
    number: ComplaintNo,
    events: &[DatedEvent],
    change: &Change,
    (at, now): (Timestamp, Timestamp),
) -> Result<Decided> {
    let standing = standing(house, events).ok_or_else(|| no_complaint(number))?;
    let account = jobs::complaint_account(house, events);
    let due = account.as_ref().and_then(|account| account.state(Clock::Resolution)).map(|state| state.due);
    let matter = Matter {
        number: number.0,
        standing: &standing,
        policy: &house.settings.complaints.policy,
        due,
        now,
        zone: &house.settings.business.zone,
    };
    decide(&matter, change, at).map_err(Error::BadRequest)
}

/// How the complaint stands after what was written.
pub(super) fn stands(
    house: &House,
    writer: &Writer<'_>,
    number: ComplaintNo,
    now: Timestamp,
) -> Result<ComplaintView> {
    view(house, number, &writer.events_of(number)?, now).ok_or_else(|| no_complaint(number))
}

/// The instant that something happened at: now, or one in the past, since 1970.
pub(in crate::operations) fn instant(given: Option<Timestamp>, now: Timestamp) -> Result<Timestamp> {
    match given {
        Some(at) if at > now => {
            Err(Error::BadRequest(format!("{at} is in the future; what has not happened is not noted")))
        }
        Some(at) if at < Timestamp::UNIX_EPOCH => {
            Err(Error::BadRequest(format!("{at} is before 1970; correct the year")))
        }
        Some(at) => Ok(at),
        None => Ok(now),
    }
}

/// Mails go to internal addresses only, so nobody else can answer for a complaint.
pub(super) fn internal_address(house: &House, address: &str) -> Result<String> {
    let recipient = Recipient::internal(address.trim(), &house.settings.mail.internal_domains)
        .map_err(|error| Error::BadRequest(format!("it cannot be assigned to that: {error}")))?;
    Ok(recipient.as_str().to_owned())
}

fn with_internal_address(house: &House, change: Change) -> Result<Change> {
    match change {
        Change::Assign { to } => Ok(Change::Assign { to: internal_address(house, &to)? }),
        other => Ok(other),
    }
}
