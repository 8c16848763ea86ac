//! What people ask for, one file a subject. Every operation takes the [`House`], the [`Actor`] who asks
//! and its arguments, checks `access` itself, and is audited when it changes anything; so the socket
//! and the in-process path cannot differ.

pub mod about;
pub mod audit;
pub mod backups;
pub mod complaints;
pub mod customers;
pub mod keys;
pub mod metrics;
pub mod outbox;
pub mod payments;
pub mod problems;
pub mod releases;
pub mod runs;
pub mod sources;
pub mod status;

use jiff::Timestamp;

use crate::access::{self, Operation};
use crate::domain::actor::Actor;
use crate::jobs::{self, House};
use crate::settings;
use crate::store::{AuditEntry, Writer};

/// Why an operation was not done, as far as the one who asked can do something about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    NotAllowed(String),
    #[error("there is no {what} {name:?}; {remedy}")]
    NotFound { what: &'static str, name: String, remedy: String },
    /// The request makes no sense as it stands.
    #[error("{0}")]
    BadRequest(String),
    /// Not now: someone else is at it, or what it needs is not there yet.
    #[error("{0}")]
    TryAgain(String),
    /// A system that it needs does not answer.
    #[error("{0}")]
    Unavailable(String),
    /// Tells its whole chain itself, for it travels as a text; so it names no source.
    #[error("{0:#}")]
    Failed(anyhow::Error),
}

/// What to do about a name that nobody has: the one that was meant, and the command that lists them.
pub(crate) fn remedy_of<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, list: &str) -> String {
    match settings::meant(name, known) {
        Some(meant) => format!("did you mean {meant:?}? `{list}` names them"),
        None => format!("`{list}` names them"),
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        if jobs::is_unavailable(&error) {
            return Self::Unavailable(format!("{error:#}"));
        }
        Self::Failed(error)
    }
}

impl From<crate::store::Error> for Error {
    fn from(error: crate::store::Error) -> Self {
        Self::Failed(error.into())
    }
}

pub type Result<T> = std::result::Result<T, Error>;

/// Refuses `actor` unless its roles allow `operation`; a refusal is audited before it is told.
pub(crate) fn allow(house: &House, actor: &Actor, operation: Operation) -> Result<()> {
    allow_on(house, actor, operation, "")
}

/// [`allow`], where it is known what is asked about.
pub(crate) fn allow_on(house: &House, actor: &Actor, operation: Operation, subject: &str) -> Result<()> {
    let Err(denied) = access::check(&house.grants, actor, operation) else { return Ok(()) };
    let now = house.now();
    house.store.write(|writer| record(writer, actor, operation, subject, "refused", now))?;
    Err(Error::NotAllowed(denied.to_string()))
}

/// Does `work` on personal data. What fails is audited too: somebody tried. What is done writes its line in its own
/// transaction, and a refusal before it is told. `subject` is a number of ours: what somebody has typed may be anything, and
/// the log is kept for ever.
pub(crate) fn tried<T>(
    house: &House,
    actor: &Actor,
    (operation, subject): (Operation, &str),
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let done = work();
    if done.as_ref().is_err_and(|error| !matches!(error, Error::NotAllowed(_))) {
        let now = house.now();
        house.store.write(|writer| record(writer, actor, operation, subject, "failed", now))?;
    }
    done
}

/// Adds a line to the audit log, in the transaction of what it records.
pub(crate) fn record(
    writer: &Writer<'_>,
    actor: &Actor,
    operation: Operation,
    subject: &str,
    outcome: &str,
    now: Timestamp,
) -> std::result::Result<(), crate::store::Error> {
    let entry =
        AuditEntry { actor: &actor.to_string(), operation: operation.as_str(), subject, reason: "", outcome };
    writer.append_audit(&entry, now).map(|_| ())
}
