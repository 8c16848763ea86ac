//! What was counted of payments and is kept until it changes.

use jiff::Timestamp;

/// What was counted, and at which version of the till.
pub(super) struct Counted {
    pub version: u64,
    /// When those were made that have no answer, ascending.
    pub unanswered: Vec<Timestamp>,
    pub mismatching: u64,
}
