//! What can go wrong for long enough that administrators must know of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// A job fails.
    Failed,
    /// A report waits for data, or for the engine that sums them.
    Held,
    /// The egress guard found a customer's data in a report.
    Quarantined,
    /// A message was refused for good.
    Undelivered,
    /// A message may have arrived or not, and its job says that a person decides.
    Ambiguous,
    /// No mail can leave the house.
    Relay,
    /// There is no room on the disk, or it fails.
    Disk,
}

impl Trouble {
    pub const ALL: [Self; 7] = [
        Self::Failed,
        Self::Held,
        Self::Quarantined,
        Self::Undelivered,
        Self::Ambiguous,
        Self::Relay,
        Self::Disk,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Undelivered => "undelivered",
            Self::Ambiguous => "ambiguous",
            Self::Relay => "relay",
            Self::Disk => "disk",
        }
    }
}

/// The store cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreTrouble {
    pub since: Timestamp,
    pub what: String,
}
