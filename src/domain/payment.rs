//! A payment transaction as a source shows it.

use jiff::Timestamp;

use super::ids::{OrderId, PaymentId};
use super::money::Money;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    pub order: OrderId,
    pub paid_at: Timestamp,
    pub method: String,
    pub amount: Money,
    /// The source's own word.
    pub status: String,
    /// The bank's or gateway's reference; personal data when it names the payer, so it is sealed.
    pub reference: Option<String>,
}
