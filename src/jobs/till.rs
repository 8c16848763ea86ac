//! What the status tells of payments: counted once, and again only when something has changed that they are counted from.
//!
//! Which payments are past their term is a question of the hour: their instants are kept, and the count is taken anew at
//! every call.

use jiff::Timestamp;

use super::counted::Counted;
use super::house::House;
use crate::books;
use crate::store;

/// How many payments want somebody's attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaymentTotals {
    /// Neither confirmed nor disputed within the term.
    pub unconfirmed: u64,
    /// Orders whose payments do not come to what they should.
    pub mismatching: u64,
}

/// # Errors
/// When the store cannot be read.
pub fn payment_totals(house: &House) -> Result<PaymentTotals, store::Error> {
    let mut kept = house.counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let version = house.store.till_version();
    let counted = match kept.take().filter(|counted| counted.version == version) {
        Some(counted) => counted,
        None => count(house, version)?,
    };
    let term = payments_term(house);
    let totals = PaymentTotals {
        unconfirmed: counted.unanswered.partition_point(|&paid_at| paid_at < term) as u64,
        mismatching: counted.mismatching,
    };
    *kept = Some(counted);
    Ok(totals)
}

/// Payments made before this instant should have an answer.
pub fn payments_term(house: &House) -> Timestamp {
    house.now().checked_sub(house.settings.payments.confirm_within).unwrap_or(Timestamp::MIN)
}

fn count(house: &House, version: u64) -> Result<Counted, store::Error> {
    house.store.read(|reader| {
        let (received, known) = house.settings.payments.sorted(&reader.payment_words()?);
        let paid = reader.paid_orders(&received, &known)?;
        Ok(Counted {
            version,
            unanswered: reader.unanswered_instants(&received)?,
            mismatching: paid.iter().filter(|paid| books::mismatch(paid).is_some()).count() as u64,
        })
    })
}
