//! Who asks. Every operation takes an actor, checks `access` itself and is audited.

use serde::{Deserialize, Serialize};

/// Who asked for an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The daemon itself, on its schedule.
    Daemon,
    /// A Unix user, as the kernel named it (`SO_PEERCRED`, or the caller's own effective uid in process).
    User { uid: u32 },
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Daemon => f.write_str("daemon"),
            Self::User { uid } => write!(f, "uid:{uid}"),
        }
    }
}
