//! Typed identifiers: one type a kind, so that a refund's number cannot stand where an order's belongs.

use serde::{Deserialize, Serialize};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text_id!(
    /// A configured source of feeds, by the name its configuration gives it.
    SourceName
);
text_id!(
    /// A job, by the name of its file without the ending.
    JobName
);
text_id!(
    /// An order's identifier as the source spells it; unique within one source.
    OrderId
);
text_id!(
    /// An order line's identifier; unique within its order.
    LineId
);
text_id!(
    /// A refund's identifier; unique within one source.
    RefundId
);
text_id!(
    /// A payment's identifier; unique within one source.
    PaymentId
);
text_id!(
    /// A customer's identifier as the source spells it; unique within one source.
    CustomerId
);
text_id!(
    /// A complaint's identifier as the source spells it; unique within one source.
    ComplaintId
);

row_id!(
    /// A customer of the store.
    CustomerNo
);
row_id!(
    /// A complaint of the store; this is the number that mails carry.
    ComplaintNo
);
row_id!(
    /// A run of the ledger.
    RunId
);
row_id!(
    /// A released report.
    ReleaseId
);
row_id!(
    /// A witness of what the releases leave open.
    WitnessId
);
row_id!(
    /// One message for one recipient.
    OutboxId
);
row_id!(
    /// Something that is wrong, or was.
    ProblemId
);

impl SourceName {
    /// What people take down themselves.
    pub const DESK: &'static str = "desk";
    /// Files that people hand over.
    pub const IMPORT: &'static str = "import";
    /// Names that no configured source may have.
    pub const RESERVED: [&'static str; 2] = [Self::DESK, Self::IMPORT];
}

/// The keyed hash by which facts tell customers apart; it names nobody without the master key, and
/// leaves the state directory in no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub u64);
