//! Who asks. Every operation takes an actor, checks `access` itself and is audited.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Who asked for an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The daemon itself, on its schedule.
    Daemon,
    /// A Unix user, as the kernel named it (`SO_PEERCRED`, or the caller's own effective ids in process), and every
    /// group that the user is in.
    User { uid: u32, groups: BTreeSet<u32> },
}

impl Actor {
    /// Somebody whose groups give nothing.
    pub fn user(uid: u32) -> Self {
        Self::User { uid, groups: BTreeSet::new() }
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Daemon => f.write_str("daemon"),
            Self::User { uid, .. } => write!(f, "uid:{uid}"),
        }
    }
}
