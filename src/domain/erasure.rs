//! The lawful deletion of a person: whom, and which rows of the sources would bring them back.
//!
//! It holds numbers, identifiers of orders and hashes, and nothing that names anybody: it is kept in the clear.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{CustomerNo, SourceName};
use super::purpose::Ground;

/// One erased customer. The number alone does not tell who it is once a backup was restored and numbers were given
/// again; with the instant it was given at it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    pub customer: CustomerNo,
    pub created_at: Timestamp,
    pub erased_at: Timestamp,
    pub ground: Ground,
    pub rows: Vec<ErasedRow>,
}

/// A row that named the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedRow {
    pub kind: ErasedKind,
    pub source: SourceName,
    /// The identifier of an order or a complaint, a keyed hash of an account, the fingerprint of a rejected row.
    pub key: String,
    /// `false`: it is nobody's, for it named the person without telling who they are.
    pub owned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasedKind {
    Order,
    Complaint,
    Account,
    Rejected,
}

impl ErasedKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Complaint => "complaint",
            Self::Account => "account",
            Self::Rejected => "rejected",
        }
    }
}
