//! Why the house cannot be opened, or its master key not be rotated.

use crate::{store, vault};

/// Why the house cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}")]
    Configuration(String),
    #[error("another firstwatch process has the store open; stop it, or reach it through its socket")]
    Busy,
    #[error("failed to open the store")]
    Store(#[source] store::Error),
    /// Nothing was changed: the earlier version still opens the store.
    #[error(
        "the store is of schema {schema} and must be backed up before this version changes it, which failed; make room in \
         its backups/, or go on with the version before"
    )]
    Upgrade {
        schema: i64,
        #[source]
        source: anyhow::Error,
    },
    #[error("failed to open the vault")]
    Vault(#[from] vault::Error),
    /// A person who was erased must not come back by a store that does not know of it.
    #[error("failed to do the erasures that the journal holds")]
    Erasures(#[source] anyhow::Error),
}

impl From<store::Error> for OpenError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Busy(_) => Self::Busy,
            other => Self::Store(other),
        }
    }
}

impl From<RotationError> for OpenError {
    fn from(error: RotationError) -> Self {
        match error {
            RotationError::Vault(error) => Self::Vault(error),
            RotationError::Store(error) => error.into(),
            other => Self::Configuration(other.to_string()),
        }
    }
}

/// Why a rotation does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("somebody is rotating the master key right now; wait for that")]
    UnderWay,
    #[error(
        "a rotation to another master key has begun; finish that one first: put its key in place, then \
         `firstwatch key rotate --finish`"
    )]
    ToAnother,
    #[error(
        "backups that are kept still need the master key before this one; `firstwatch backup create` takes them over, and \
         tells what to do about one that it cannot"
    )]
    Copies,
    #[error("no rotation of the master key is under way")]
    None,
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Vault(#[from] vault::Error),
}
