//! A payment transaction as a source shows it, what its customer says of it, and what was paid of an order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{CustomerNo, OrderId, PaymentId, SourceName};
use super::money::Money;
use super::order::OrderStatus;

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

/// What a customer says of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentAnswer {
    Confirmed,
    Disputed,
}

impl PaymentAnswer {
    pub const ALL: [Self; 2] = [Self::Confirmed, Self::Disputed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Disputed => "disputed",
        }
    }
}

/// What a source's word for a payment means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Money came in.
    Received,
    /// It came in and was given back.
    Returned,
    /// None has come in.
    NotReceived,
}

/// An order that payments name, and what was paid of it. Amounts in minor units of the one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidOrder {
    pub source: SourceName,
    pub order: OrderId,
    /// `None`: no source has told of the order.
    pub status: Option<OrderStatus>,
    pub customer: Option<CustomerNo>,
    /// Its total.
    pub due: Money,
    /// Its refunds, without tax and shipping as far as the source can tell.
    pub refunded: Money,
    /// What came in, less what a source shows as a negative payment.
    pub received: Money,
    /// Payments whose status is in none of the words we know.
    pub unknown_words: u64,
    pub last_paid_at: Timestamp,
}
