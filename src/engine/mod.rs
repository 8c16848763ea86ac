//! Engines elsewhere: servers that sum sealed pages where these lie, and give back the sums.
//!
//! Two questions are asked of the pages of a report's days. First the sums of each finest group of entries that a
//! cell could tell apart: how many groups there are, not how many entries, is what comes back. Of them the caller
//! makes atoms. Then, with the atom of each group sent along, what each customer's pseudonym contributes to each
//! atom: what disclosure control needs, and no more. The engine distributes the work as it likes.
//!
//! Invariants: an answer is whole, within its time, and exact, for sums are taken in decimals that cannot overflow; or it
//! is an [`Error`]. What is asked changes nothing there, and is gone with its session. Nothing is asked twice: the next
//! attempt of the run is the retry.
//!
//! Absent by design: cells, disclosure control, any look at a page of our own, and any engine of our own making.

#[cfg(not(feature = "spark"))]
mod absent;
#[cfg(feature = "spark")]
mod spark;

use jiff::civil::Date;

#[cfg(not(feature = "spark"))]
pub use absent::Session;
#[cfg(feature = "spark")]
pub use spark::Session;

/// The pages that are asked about.
#[derive(Clone, Debug)]
pub struct Pages {
    /// As the engine's machines see them; at least one.
    pub paths: Vec<String>,
    /// Of all of them together.
    pub rows: u64,
    /// Only entries booked on the days `from..until` are summed.
    pub from: Date,
    pub until: Date,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "this firstwatch was built without Spark Connect; build it with `--features spark`, or set [engine] kind = \"local\""
    )]
    NotBuiltIn,
    #[error("[engine] {key}: {what}")]
    Settings { key: &'static str, what: String },
    #[error("the engine at {at} cannot be reached; see that it runs and that [engine] uri names it: {what}")]
    Unreachable { at: String, what: String },
    #[error(
        "the engine at {at} gave no answer within {limit:#}; look at its load, or raise [engine] timeout"
    )]
    Late { at: String, limit: jiff::SignedDuration },
    #[error(
        "the engine at {at} could not do it: {what}; look at its log, at [engine] directory (may it read the pages there?) \
         and at its token_file"
    )]
    Refused { at: String, what: String },
    #[error(
        "the engine read {found} rows where the pages have {expected}; let [engine] directory name the same folder as \
         [store] directory"
    )]
    OtherPages { found: i128, expected: u64 },
    #[error("a sum does not fit; look for absurd amounts in the source")]
    TooLarge,
    #[error("the engine's answer is not what was asked for: {0}; look at its version")]
    Answer(String),
}

impl Error {
    /// Whether it may answer later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Late { .. })
    }
}
