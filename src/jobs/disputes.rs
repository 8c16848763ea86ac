//! A payment that its payer disputes opens a complaint, once: the money is asked back, whoever else knows of it.

use jiff::{SignedDuration, Timestamp};

use super::complaints::store_seen;
use super::house::House;
use super::intake::customer_of;
use super::persons::Persons;
use crate::domain::complaint::{Complaint, ComplaintKind, ComplaintText};
use crate::domain::ids::{ComplaintId, SourceName};
use crate::domain::payment::Payment;
use crate::store::Writer;

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
        let id = ComplaintId::new(format!("payment/{}", payment.id));
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
