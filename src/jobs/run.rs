//! A run of one slot, as a job sees it, and what comes of it.

use std::io;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::at_work::Place;
use super::draft::DraftError;
use super::house::House;
use crate::disclosure;
use crate::domain::ids::RunId;
use crate::domain::period::Period;
use crate::domain::slot::Slot;
use crate::domain::trouble::Trouble;
use crate::engine;
use crate::source;
use crate::store::{self, Writer};

/// What a job is told. It carries no data beyond which slot and which period; the job finds the rest.
#[derive(Debug)]
pub struct Run {
    pub id: RunId,
    /// From 1. Whoever works on an earlier attempt than the ledger's writes nothing any more.
    pub attempt: u32,
    pub slot: Slot,
    /// Of a report.
    pub period: Option<Period>,
    /// Read once, when the run began.
    pub now: Timestamp,
    pub(super) place: Place,
}

impl Run {
    /// [`Store::write`](crate::store::Store::write) for as long as this attempt is the run's latest.
    ///
    /// # Errors
    /// [`store::Error::Fenced`] once the run was given up and taken over; those of `write` and of `work`.
    pub fn write<T, E: From<store::Error>>(
        &self,
        house: &House,
        work: impl FnOnce(&Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.sign_of_life(house);
        house.store.write(|writer| {
            writer.hold_fence(self.id, self.attempt)?;
            work(writer)
        })
    }

    /// Says that the run is getting on. Every write says so, too.
    pub fn sign_of_life(&self, house: &House) {
        self.place.sign_of_life(house.elapsed());
    }
}

/// Where a held run's details name the service that it waits for.
pub const UNAVAILABLE: &str = "unavailable";

/// What came of a run.
#[derive(Clone, Debug)]
pub enum Outcome {
    Done {
        message: String,
        details: Value,
    },
    /// It cannot go on yet; it is tried again at `again_at`.
    Held {
        message: String,
        again_at: Timestamp,
        /// What it waits for.
        details: Value,
    },
    Failed(Failure),
}

#[derive(Clone, Debug)]
pub struct Failure {
    pub trouble: Trouble,
    pub message: String,
    /// What was done stands; this tells of it.
    pub details: Value,
    pub again: Again,
}

/// Whether another attempt may have better luck.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Again {
    /// It would fail in the same way: a person must look at it.
    Never,
    /// When there is room on the disk again, however long that takes.
    WhenThereIsRoom,
    /// Soon, and so many times.
    Soon,
}

impl Outcome {
    pub fn done(message: impl Into<String>, details: Value) -> Self {
        Self::Done { message: message.into(), details }
    }
}

impl Failure {
    pub(super) fn of(error: &anyhow::Error) -> Self {
        let again = Again::after(error);
        let trouble = if again == Again::WhenThereIsRoom { Trouble::Disk } else { Trouble::Failed };
        Self { trouble, message: format!("{error:#}"), details: json!({}), again }
    }

    /// It would fail in the same way again.
    pub(super) fn lasting(trouble: Trouble, message: impl Into<String>) -> Self {
        Self { trouble, message: message.into(), details: json!({}), again: Again::Never }
    }
}

impl Again {
    /// Files, servers and disks come back; a wrong setting, a missing column, figures that cannot be made safe, and
    /// damage do not.
    pub(super) fn after(error: &anyhow::Error) -> Self {
        let lasts = |cause: &(dyn std::error::Error + 'static)| {
            let setting = matches!(
                cause.downcast_ref(),
                Some(source::Error::Settings(_) | source::Error::Column { .. })
            );
            let damage = matches!(
                cause.downcast_ref(),
                Some(
                    store::Error::Altered { .. }
                        | store::Error::Damaged { .. }
                        | store::Error::AlreadyReleased { .. }
                )
            );
            let engine = matches!(
                cause.downcast_ref(),
                Some(engine::Error::Settings { .. } | engine::Error::NotBuiltIn)
            );
            let early = matches!(cause.downcast_ref(), Some(DraftError::NotOver(_)));
            setting || damage || engine || early || cause.is::<disclosure::Error>()
        };
        let is_full = |cause: &(dyn std::error::Error + 'static)| {
            let file = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            matches!(file, Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
                || cause.downcast_ref().is_some_and(store::Error::is_full)
        };
        if error.chain().any(is_full) {
            Self::WhenThereIsRoom
        } else if error.chain().any(lasts) {
            Self::Never
        } else {
            Self::Soon
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again() {
        let after = |error: anyhow::Error| Again::after(&error.context("failed to do it"));
        let file = |kind: io::ErrorKind| {
            after(store::Error::File { path: "a".into(), source: io::Error::from(kind) }.into())
        };
        assert_eq!(file(io::ErrorKind::StorageFull), Again::WhenThereIsRoom);
        assert_eq!(file(io::ErrorKind::TimedOut), Again::Soon);
        assert_eq!(after(source::Error::Settings("x".into()).into()), Again::Never);
        assert_eq!(after(DraftError::NotOver("2026-W47".parse().unwrap()).into()), Again::Never);
        assert_eq!(after(anyhow::anyhow!("the server hung up")), Again::Soon);
    }
}
