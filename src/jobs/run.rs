//! A run of one slot, as a job sees it, and what comes of it.

use jiff::Timestamp;
use serde_json::Value;

use crate::document::Trouble;
use crate::domain::ids::RunId;
use crate::domain::period::Period;
use crate::domain::slot::Slot;

/// What a job is told. It carries no data beyond which slot and which period; the job finds the rest.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: RunId,
    pub slot: Slot,
    /// Of a report.
    pub period: Option<Period>,
    /// Read once, when the run began.
    pub now: Timestamp,
}

/// What came of a run that did not fail as a whole.
#[derive(Clone, Debug)]
pub enum Outcome {
    Done {
        message: String,
        details: Value,
    },
    /// It failed for a reason that another attempt would meet again: a person must look at it.
    Stopped {
        trouble: Trouble,
        message: String,
    },
    /// It cannot go on yet; it is tried again at `again_at`.
    Held {
        message: String,
        again_at: Timestamp,
    },
    /// Part of it failed, which fails the run; what was done stands, and `details` tell of both.
    Partly {
        message: String,
        details: Value,
    },
}

impl Outcome {
    pub fn done(message: impl Into<String>, details: Value) -> Self {
        Self::Done { message: message.into(), details }
    }
}
