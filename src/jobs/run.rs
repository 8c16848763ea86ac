//! A run of one slot, as a job sees it, and what comes of it.

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
    },
    Failed(Failure),
}

#[derive(Clone, Debug)]
pub struct Failure {
    pub trouble: Trouble,
    pub message: String,
    /// What was done stands; this tells of it.
    pub details: Value,
    /// Whether another attempt may have better luck; else a person must look at it.
    pub transient: bool,
}

impl Outcome {
    pub fn done(message: impl Into<String>, details: Value) -> Self {
        Self::Done { message: message.into(), details }
    }
}

impl Failure {
    pub(super) fn of(error: &anyhow::Error) -> Self {
        Self {
            trouble: Trouble::Failed,
            message: format!("{error:#}"),
            details: json!({}),
            transient: is_transient(error),
        }
    }

    /// It would fail in the same way again.
    pub(super) fn lasting(trouble: Trouble, message: impl Into<String>) -> Self {
        Self { trouble, message: message.into(), details: json!({}), transient: false }
    }
}

/// Files, servers and disks come back; a wrong setting, a missing column, figures that cannot be made safe, and
/// damage do not.
pub(super) fn is_transient(error: &anyhow::Error) -> bool {
    !error.chain().any(|cause| {
        let setting =
            matches!(cause.downcast_ref(), Some(source::Error::Settings(_) | source::Error::Column { .. }));
        let damage = matches!(
            cause.downcast_ref(),
            Some(
                store::Error::Altered { .. }
                    | store::Error::Damaged { .. }
                    | store::Error::AlreadyReleased { .. }
            )
        );
        let early = matches!(cause.downcast_ref(), Some(DraftError::NotOver(_)));
        setting || damage || early || cause.is::<disclosure::Error>()
    })
}
