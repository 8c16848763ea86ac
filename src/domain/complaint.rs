//! Complaints (khiếu nại): their kinds, what a source shows of one, and the events it is made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::ids::{ComplaintId, CustomerId, OrderId};

/// What a complaint is about; each kind has deadlines of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComplaintKind {
    DataBreach,
    DataMisuse,
    DataAccess,
    DataObjection,
    DataDeletion,
    Payment,
    Product,
    Delivery,
    Negotiation,
    Inquiry,
}

impl ComplaintKind {
    pub const ALL: [Self; 10] = [
        Self::DataBreach,
        Self::DataMisuse,
        Self::DataAccess,
        Self::DataObjection,
        Self::DataDeletion,
        Self::Payment,
        Self::Product,
        Self::Delivery,
        Self::Negotiation,
        Self::Inquiry,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataBreach => "data-breach",
            Self::DataMisuse => "data-misuse",
            Self::DataAccess => "data-access",
            Self::DataObjection => "data-objection",
            Self::DataDeletion => "data-deletion",
            Self::Payment => "payment",
            Self::Product => "product",
            Self::Delivery => "delivery",
            Self::Negotiation => "negotiation",
            Self::Inquiry => "inquiry",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let word = text.trim().to_lowercase().replace(['_', ' '], "-");
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl std::fmt::Display for ComplaintKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// The words of a complaint and who sent them: open personal data, to be sealed and dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct ComplaintText {
    pub subject: Option<String>,
    pub body: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

impl std::fmt::Debug for ComplaintText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ComplaintText(..)")
    }
}

/// A complaint as seen at one pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub id: ComplaintId,
    pub received_at: Timestamp,
    pub kind: ComplaintKind,
    pub text: ComplaintText,
    pub customer: Option<CustomerId>,
    pub order: Option<OrderId>,
    pub channel: Option<String>,
    /// 1 (least) to 4.
    pub damage_level: Option<u8>,
    /// A deadline the source itself promised; it can only tighten ours.
    pub due_at: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
}

/// What happened to a complaint. Its state and its deadlines are computed from its events, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ComplaintEvent {
    Received {
        kind: ComplaintKind,
        damage_level: Option<u8>,
    },
    /// The source promised a resolution by this instant.
    Promised {
        due_at: Timestamp,
    },
    Acknowledged,
    Reclassified {
        kind: ComplaintKind,
        damage_level: Option<u8>,
    },
    Resolved,
    Reopened,
}

/// An event and the instant it happened at (not the instant we learned of it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedEvent {
    pub at: Timestamp,
    #[serde(flatten)]
    pub event: ComplaintEvent,
}
