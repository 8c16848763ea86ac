//! What a person is trusted with; the room `access` says what each role may do.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a person is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the house: jobs, mail, backups, keys. Sees no customer.
    Admin,
    /// Answers for personal data.
    DataOfficer,
    ComplaintHandler,
    /// Reads reports and approves compensation.
    Manager,
    Auditor,
}

impl Role {
    pub const ALL: [Self; 5] =
        [Self::Admin, Self::DataOfficer, Self::ComplaintHandler, Self::Manager, Self::Auditor];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::DataOfficer => "data-officer",
            Self::ComplaintHandler => "complaint-handler",
            Self::Manager => "manager",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
