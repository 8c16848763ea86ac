//! Complaints that no source tells of: one that somebody took down at the desk, and a file of them that was handed over.

use jiff::Timestamp;

use super::complaints::{Seen, Speaker, record, store_seen};
use super::house::House;
use super::persons::Persons;
use super::rejects;
use crate::domain::actor::Actor;
use crate::domain::complaint::{Classification, Complaint, ComplaintEvent, ComplaintText, DatedEvent};
use crate::domain::customer::Person;
use crate::domain::erasure::ErasedKind;
use crate::domain::feed::{Batch, Feed};
use crate::domain::ids::{ComplaintId, ComplaintNo, CustomerId, CustomerNo, OrderId, SourceName};
use crate::settings::SourceSettings;
use crate::store::{ComplaintRow, Writer};

/// A complaint as somebody took it down.
pub struct NewComplaint {
    pub received_at: Timestamp,
    pub classification: Classification,
    pub detected_at: Option<Timestamp>,
    pub text: ComplaintText,
    pub customer: Option<CustomerId>,
    pub order: Option<OrderId>,
    /// Whose customer and order they are.
    pub about: Option<SourceName>,
    pub channel: Option<String>,
    pub assignee: Option<String>,
}

/// What came of it.
pub enum Added {
    As(ComplaintNo),
    /// The store knows no customer of that number.
    UnknownCustomer,
}

/// Stores a complaint from the desk, its words sealed under its customer's key.
pub fn add(
    house: &House,
    writer: &Writer<'_>,
    new: &NewComplaint,
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<Added> {
    let desk = SourceName::new(SourceName::DESK);
    let persons = Persons::new(house, writer, new.about.as_ref().unwrap_or(&desk), now);
    if let Some(account) = &new.customer {
        // A source brings its customers; one that it never told of is a slip of the pen.
        if persons.by_account(account)?.is_none() {
            return Ok(Added::UnknownCustomer);
        }
    }
    let order = new.about.as_ref().zip(new.order.as_ref());
    let customer = customer_of(writer, &persons, new.customer.as_ref(), &new.text, order)?;
    // Complaints are never deleted, so this number was never given.
    let id = ComplaintId::new((writer.count_complaints_of(&desk)? + 1).to_string());
    let no = store_words(house, writer, (&desk, &id), new, customer, now)?;
    let mut events =
        vec![DatedEvent { at: new.received_at, event: ComplaintEvent::Received(new.classification) }];
    events.extend(new.detected_at.map(|at| DatedEvent { at, event: ComplaintEvent::Detected }));
    let assigned = new.assignee.clone().map(|to| ComplaintEvent::Assigned { to });
    events.extend(assigned.map(|event| DatedEvent { at: now, event }));
    record(house, writer, no, &events, &Speaker::Person { actor, note: None }, now)?;
    Ok(Added::As(no))
}

/// Who complains: the customer that is named, else the one whose phone or e-mail it is, else the order's.
pub(super) fn customer_of(
    writer: &Writer<'_>,
    persons: &Persons<'_>,
    account: Option<&CustomerId>,
    text: &ComplaintText,
    order: Option<(&SourceName, &OrderId)>,
) -> anyhow::Result<Option<CustomerNo>> {
    let person = Person { name: None, email: text.email.clone(), phone: text.phone.clone(), address: None };
    if let Some(known) = persons.known(account, &person, None)? {
        return Ok(Some(known));
    }
    let Some((source, order)) = order else { return Ok(None) };
    let Some(customer) = writer.customer_of(source, order)? else { return Ok(None) };
    // Of one who was erased no key is left to seal words under.
    let is_here = writer.customer(customer)?.is_some_and(|row| row.erased_at.is_none());
    Ok(is_here.then_some(customer))
}

/// Whose complaint it is that a source or a file tells of, and whether its person was erased: then it stays theirs, and
/// nothing of it makes a customer.
pub(super) fn who_complains(
    writer: &Writer<'_>,
    persons: &Persons<'_>,
    teller: &SourceName,
    complaint: &Complaint,
    order: Option<(&SourceName, &OrderId)>,
) -> anyhow::Result<Option<CustomerNo>> {
    match writer.erased_row(ErasedKind::Complaint, teller, complaint.id.as_str())? {
        Some(customer) => Ok(customer),
        None => customer_of(writer, persons, complaint.customer.as_ref(), &complaint.text, order),
    }
}

fn store_words(
    house: &House,
    writer: &Writer<'_>,
    (source, id): (&SourceName, &ComplaintId),
    new: &NewComplaint,
    customer: Option<CustomerNo>,
    now: Timestamp,
) -> anyhow::Result<ComplaintNo> {
    let row = ComplaintRow {
        source,
        id,
        customer,
        sealed_text: super::complaints::seal_words(house, writer, (source, id), customer, &new.text)?,
        order: new.order.as_ref(),
        order_source: new.about.as_ref().filter(|_| new.order.is_some()),
        channel: new.channel.as_deref(),
        kind: new.classification.kind,
        damage_level: new.classification.damage_level,
    };
    Ok(writer.upsert_complaint(&row, now)?)
}

/// What became of a file's rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileTally {
    pub added: u64,
    pub changed: u64,
    pub as_before: u64,
}

/// Stores the complaints of a file as those of one source, named `import`: what stands in two files is one. What did
/// not fit is kept beside. `about` is the source whose customers and orders they are.
pub fn import(
    house: &House,
    writer: &Writer<'_>,
    settings: &SourceSettings,
    origin: &str,
    about: Option<&SourceName>,
    batch: &Batch,
    now: Timestamp,
) -> anyhow::Result<FileTally> {
    let source = &settings.name;
    let persons = Persons::new(house, writer, about.unwrap_or(source), now);
    let mut tally = FileTally::default();
    for complaint in &batch.complaints {
        let order = about.zip(complaint.order.as_ref());
        let customer = who_complains(writer, &persons, source, complaint, order)?;
        let order_source = about.filter(|_| complaint.order.is_some());
        match store_seen(house, writer, source, complaint, (customer, order_source), now)? {
            Seen::Added => tally.added += 1,
            Seen::Changed => tally.changed += 1,
            Seen::AsBefore => tally.as_before += 1,
        }
    }
    rejects::keep_of_file(house, writer, settings, (Feed::Complaints, origin), batch, now)?;
    Ok(tally)
}
