//! What this process has counted since it opened the house. The ledger cannot be asked: a run that is tried again is
//! one row, and changes its state.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::domain::ids::JobName;
use crate::store::RunState;

pub(super) struct Tally {
    pub since: Timestamp,
    ended: Mutex<BTreeMap<JobName, BTreeMap<&'static str, u64>>>,
}

impl Tally {
    pub fn new(since: Timestamp) -> Self {
        Self { since, ended: Mutex::default() }
    }

    /// Another attempt of the job has ended so, or a slot of it was passed over.
    pub fn count(&self, job: &JobName, state: RunState) {
        *self.ended().entry(job.clone()).or_default().entry(state.as_str()).or_default() += 1;
    }

    /// Attempts of the job that ended in this state; of `skipped`, slots that were passed over.
    pub fn ended_in(&self, job: &JobName, state: RunState) -> u64 {
        self.ended().get(job).and_then(|states| states.get(state.as_str())).copied().unwrap_or(0)
    }

    fn ended(&self) -> MutexGuard<'_, BTreeMap<JobName, BTreeMap<&'static str, u64>>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
