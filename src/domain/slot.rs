//! A slot: one planned instant of one job. Unique in the run ledger before any work starts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::JobName;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    pub job: JobName,
    /// The instant the schedule names, never the instant of running.
    pub at: Timestamp,
}
