//! What an audit found.

use serde::Serialize;

use super::subject::{Released, Subject};

/// A sensitive figure that a pattern discloses.
#[derive(Clone, Debug, PartialEq)]
pub struct Disclosed {
    pub subject: Subject,
    /// Index into the request's measures.
    pub measure: usize,
    /// The true figure.
    pub value: i64,
    /// Whether only some contributor learns it, who knows their own part of everything.
    pub to_contributor: bool,
    /// What an attacker can narrow it down to; infinite where there is no bound.
    pub interval: (f64, f64),
    /// What the interval must contain at least.
    pub required: (i64, i64),
    /// Shown cells, or earlier ones, from which it follows.
    pub revealed_by: Vec<Released>,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AuditReport {
    pub targets: usize,
    /// Targets that follow exactly from what is shown.
    pub exact: usize,
    /// Targets whose interval is narrower than required.
    pub narrow: usize,
    pub programmes: usize,
    #[serde(skip)]
    pub disclosed: Vec<Disclosed>,
}
