//! What one fetch of one source brings home.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::complaint::Complaint;
use super::customer::Person;
use super::ids::CustomerId;
use super::order::{Order, Refund};
use super::payment::Payment;

/// One of the six kinds of rows that a source delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    Orders,
    OrderLines,
    Refunds,
    Payments,
    Customers,
    Complaints,
}

impl Feed {
    pub const ALL: [Self; 6] =
        [Self::Orders, Self::OrderLines, Self::Refunds, Self::Payments, Self::Customers, Self::Complaints];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::OrderLines => "order_lines",
            Self::Refunds => "refunds",
            Self::Payments => "payments",
            Self::Customers => "customers",
            Self::Complaints => "complaints",
        }
    }
}

/// A row that does not fit, kept whole. `raw` and `value` may be personal data: the store gets them sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejected {
    pub feed: Feed,
    /// The file's name, the table's, or the query's; never a value.
    pub origin: String,
    /// The row's number in its origin, from 1 (the head of a CSV file is not counted); 0 when unknown.
    pub row: u64,
    /// Our column that did not fit, or empty when it is the row as a whole.
    pub column: String,
    pub value: String,
    /// Says what is wrong and what to do; never repeats the value, unless the column is one of those
    /// that cannot be personal (a status, a kind, a currency).
    pub reason: String,
    /// The source's columns and values, all of them.
    pub raw: BTreeMap<String, String>,
}

impl std::fmt::Debug for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Rejected({} {}:{} {}: {})",
            self.feed.as_str(),
            self.origin,
            self.row,
            self.column,
            self.reason
        )
    }
}

impl Drop for Rejected {
    fn drop(&mut self) {
        self.value.zeroize();
        self.raw.values_mut().for_each(Zeroize::zeroize);
    }
}

/// A customer's own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerSeen {
    pub id: CustomerId,
    pub person: Person,
    pub province: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

/// What one fetch brought: everything that fits, and everything that does not.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Sorted by the instant they were placed at, then by id; each with its lines.
    pub orders: Vec<Order>,
    pub customers: Vec<CustomerSeen>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    pub complaints: Vec<Complaint>,
    pub rejected: Vec<Rejected>,
    /// Rows read, each feed.
    pub read: BTreeMap<Feed, u64>,
    /// Everything that the source changed before this instant is in the batch (or was in an earlier one).
    pub complete_until: Option<Timestamp>,
}
