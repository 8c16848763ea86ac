//! A payment that its payer disputes opens a complaint, once: the money is asked back, whoever else knows of it.

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::complaints::{Speaker, record, seal_words, store_seen};
use super::house::House;
use super::intake::customer_of;
use super::persons::Persons;
use crate::domain::actor::Actor;
use crate::domain::complaint::{
    Classification, Complaint, ComplaintEvent, ComplaintKind, ComplaintText, DatedEvent,
};
use crate::domain::ids::{ComplaintId, ComplaintNo, OrderId, PaymentId, SourceName};
use crate::domain::payment::Payment;
use crate::store::{ComplaintRow, Writer};

/// What sources call a payment that is disputed.
const DISPUTED: [&str; 2] = ["disputed", "chargeback"];

/// What was paid longer ago is history, of which a source's first pull may bring years: no bank disputes it now.
const OLDEST: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Opens a complaint for each payment that is disputed and has none yet, received now: that is when it was first seen.
/// How many were opened.
pub(super) fn open(
    house: &House,
    writer: &Writer<'_>,
    persons: &Persons<'_>,
    source: &SourceName,
    payments: &[Payment],
    now: Timestamp,
) -> anyhow::Result<u64> {
    let mut opened = 0;
    for payment in payments.iter().filter(|payment| is_disputed(&payment.status)) {
        if now.duration_since(payment.paid_at) > OLDEST {
            continue;
        }
        let id = complaint_id(&payment.id);
        if writer.complaint_no(source, &id)?.is_some() {
            continue;
        }
        let text = ComplaintText::default();
        let customer = customer_of(writer, persons, None, &text, Some((source, &payment.order)))?;
        let complaint = Complaint {
            id,
            received_at: now,
            kind: ComplaintKind::Payment,
            text,
            customer: None,
            order: Some(payment.order.clone()),
            channel: None,
            damage_level: None,
            due_at: None,
            acknowledged_at: None,
            resolved_at: None,
            closed: false,
        };
        store_seen(house, writer, source, &complaint, (customer, None), now)?;
        opened += 1;
    }
    Ok(opened)
}

/// The same for a customer who says so themself. One that its source has told of already, or that was opened before, is
/// that one. Whether it was opened now stands beside its number.
pub fn open_by_person(
    house: &House,
    writer: &Writer<'_>,
    (source, payment): (&SourceName, &PaymentId),
    dispute: &PersonsDispute<'_>,
    now: Timestamp,
) -> anyhow::Result<(ComplaintNo, bool)> {
    let id = complaint_id(payment);
    if let Some(no) = writer.complaint_no(source, &id)? {
        return Ok((no, false));
    }
    let mut text = ComplaintText::default();
    text.body = dispute.words.map(|words| (**words).clone());
    let persons = Persons::new(house, writer, source, now);
    let customer =
        customer_of(writer, &persons, None, &ComplaintText::default(), Some((source, dispute.order)))?;
    let row = ComplaintRow {
        source,
        id: &id,
        customer,
        sealed_text: seal_words(house, writer, (source, &id), customer, &text)?,
        order: Some(dispute.order),
        order_source: None,
        channel: Some(dispute.channel),
        kind: ComplaintKind::Payment,
        damage_level: None,
    };
    let no = writer.upsert_complaint(&row, now)?;
    let received = ComplaintEvent::Received(Classification::new(ComplaintKind::Payment, None));
    let events = [DatedEvent { at: dispute.at, event: received }];
    record(house, writer, no, &events, &Speaker::Person { actor: dispute.actor, note: None }, now)?;
    Ok((no, true))
}

/// A dispute as somebody took it down.
pub struct PersonsDispute<'a> {
    pub order: &'a OrderId,
    /// When the customer said so.
    pub at: Timestamp,
    pub channel: &'a str,
    /// Theirs; they are sealed.
    pub words: Option<&'a Zeroizing<String>>,
    pub actor: &'a Actor,
}

fn complaint_id(payment: &PaymentId) -> ComplaintId {
    ComplaintId::new(format!("payment/{payment}"))
}

fn is_disputed(status: &str) -> bool {
    let word = status.trim().to_lowercase().replace(['-', '_', ' '], "");
    DISPUTED.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_is_known_in_any_spelling() {
        for disputed in ["disputed", "Disputed ", "chargeback", "Charge-Back", "charge_back"] {
            assert!(is_disputed(disputed), "{disputed}");
        }
        for other in ["paid", "undisputed", "refunded", ""] {
            assert!(!is_disputed(other), "{other}");
        }
    }
}
