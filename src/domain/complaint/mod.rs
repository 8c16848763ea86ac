//! Complaints (khiếu nại): their kinds, what a source shows of one, the events it is made of, how long each may take,
//! and the limits that the law sets.

mod event;
mod law;
mod line;
mod policy;

pub use event::{Classification, Compensation, ComplaintEvent, DatedEvent, Notice, PauseReason};
pub use law::{Ceiling, ceiling, extension_ceiling, notice_ceiling, third_party_ceiling};
pub use line::{ComplaintLine, LineKind};
pub use policy::{
    Addressee, ComplaintPolicy, DeadlineRule, DeadlineTerms, EscalationRule, LevelTerms, NoticeRule, StepAt,
    StepAtError,
};

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

    /// Whether it is about personal data, for which the data officer answers.
    pub fn is_about_data(self) -> bool {
        matches!(
            self,
            Self::DataBreach | Self::DataMisuse | Self::DataAccess | Self::DataObjection | Self::DataDeletion
        )
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
    /// The source is done with it; only of one that is resolved.
    pub closed: bool,
}

/// A clock of a complaint: something that is to be done by a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// Until the customer gets a first answer.
    FirstResponse,
    /// Until it is settled.
    Resolution,
    /// Until a breach of personal data is contained.
    Containment,
    /// Until the authority is told of an attack (Law 19/2023 Art. 19(3)).
    AttackNotice,
    /// Until the authority is told of harm done by a breach (Law 91/2025 Art. 23).
    HarmNotice,
}

impl Clock {
    pub const ALL: [Self; 5] =
        [Self::FirstResponse, Self::Resolution, Self::Containment, Self::AttackNotice, Self::HarmNotice];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstResponse => "first-response",
            Self::Resolution => "resolution",
            Self::Containment => "containment",
            Self::AttackNotice => "attack-notice",
            Self::HarmNotice => "harm-notice",
        }
    }

    /// The clock of a notice to the authority.
    pub fn of_notice(notice: Notice) -> Self {
        match notice {
            Notice::Attack => Self::AttackNotice,
            Notice::Harm => Self::HarmNotice,
        }
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
