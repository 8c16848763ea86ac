//! An order as a source shows it, before it is booked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer::Person;
use super::ids::{CustomerId, LineId, OrderId, RefundId};
use super::money::Money;

/// Where an order stands, in the words of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderStatus {
    Pending,
    OnHold,
    Processing,
    Completed,
    Cancelled,
    Refunded,
    Failed,
    Draft,
    Trashed,
}

impl OrderStatus {
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::OnHold,
        Self::Processing,
        Self::Completed,
        Self::Cancelled,
        Self::Refunded,
        Self::Failed,
        Self::Draft,
        Self::Trashed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::OnHold => "on-hold",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::Failed => "failed",
            Self::Draft => "draft",
            Self::Trashed => "trashed",
        }
    }

    /// Reads the canonical word, or WooCommerce's spelling of it (`wc-on-hold`, `checkout-draft`,
    /// `auto-draft`, `trash`), in any case. Anything else is unknown: an error that names it, not a guess.
    pub fn parse(text: &str) -> Option<Self> {
        let word = text.trim().to_lowercase().replace(['_', ' '], "-");
        let word = word.strip_prefix("wc-").unwrap_or(&word);
        match word {
            "checkout-draft" | "auto-draft" => Some(Self::Draft),
            "trash" => Some(Self::Trashed),
            "canceled" => Some(Self::Cancelled),
            _ => Self::ALL.into_iter().find(|status| status.as_str() == word),
        }
    }

    /// Whether an order in this status is a sale. A refunded one was: its refunds are booked beside it.
    pub fn counts(self) -> bool {
        matches!(self, Self::OnHold | Self::Processing | Self::Completed | Self::Refunded)
    }
}

/// Which of an order's instants its sale is booked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CountOrdersOn {
    Created,
    Paid,
    Completed,
}

/// One order line. `gross` is price x quantity before discounts; `discount` is this line's own and
/// non-negative; `tax` is on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    pub id: LineId,
    pub product: String,
    pub sku: Option<String>,
    pub brand: Option<String>,
    pub category: Option<String>,
    /// Positive.
    pub quantity: i64,
    pub gross: Money,
    pub discount: Money,
    pub tax: Money,
}

/// An order with its lines, as seen at one pull. `person` is open personal data: seal it, then drop it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: OrderId,
    pub placed_at: Timestamp,
    pub status: OrderStatus,
    pub paid_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
    pub channel: Option<String>,
    pub payment_method: Option<String>,
    /// The name of one of the 34 provinces, or the source's own word where it is configured as given.
    pub province: Option<String>,
    pub region: Option<String>,
    pub customer: Option<CustomerId>,
    pub person: Person,
    /// The discount on the whole order that its lines do not already hold; non-negative.
    pub discount: Money,
    pub shipping: Money,
    /// Tax that its lines do not already hold.
    pub tax: Money,
    pub fees: Money,
    /// What the customer was to pay, if the source says so.
    pub total: Option<Money>,
    pub lines: Vec<OrderLine>,
}

impl Order {
    /// The instant the sale is booked on, by the configured basis; `None` while it has not happened.
    pub fn counted_at(&self, basis: CountOrdersOn) -> Option<Timestamp> {
        match basis {
            CountOrdersOn::Created => Some(self.placed_at),
            CountOrdersOn::Paid => self.paid_at,
            CountOrdersOn::Completed => self.completed_at,
        }
    }
}

/// Money given back. A refund of one line names it; any other is spread over the order's lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub order: OrderId,
    pub refunded_at: Timestamp,
    /// Positive, without tax and shipping as far as the source can tell.
    pub amount: Money,
    pub line: Option<LineId>,
    /// Units that came back; positive.
    pub quantity: Option<i64>,
}
