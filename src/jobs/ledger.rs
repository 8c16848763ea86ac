//! One slot from claim to outcome. A slot is claimed in the ledger before any work starts, so that
//! concurrent triggers of it give one run; a panic in a job is a failed run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tracing::{error, info, warn};

use super::house::House;
use super::run::{Outcome, Run};
use super::{backup, complaint_deadlines, integrity, pull, recipients, sales_report};
use crate::document::{RunTrouble, Trouble};
use crate::domain::period::Period;
use crate::domain::slot::Slot;
use crate::settings::{JobKind, JobSpec};
use crate::store::{self, RunEnd, RunOutcome, RunRow, RunState};

pub use crate::store::Trigger;

/// A failed run is tried again after 1, 2, 4 and 8 minutes, then left to a person.
const ATTEMPTS: u32 = 5;

/// Runs `slot` of `job`, unless it was claimed before; then tells how that run stands.
///
/// # Errors
/// Only when the ledger itself cannot be written.
pub fn run_slot(
    house: &House,
    job: &JobSpec,
    slot: Slot,
    trigger: Trigger,
    period: Option<Period>,
) -> Result<RunRow, store::Error> {
    let _turn = house.take_turn();
    let now = house.now();
    let claimed = house.store.write(|writer| match writer.run_of_slot(&slot)? {
        None => writer.claim_slot(&slot, trigger, period, now),
        Some(row) if matches!(row.state, RunState::Held | RunState::Failed) => {
            writer.retry_run(row.id, now)?;
            Ok(Some(row.id))
        }
        Some(_) => Ok(None),
    })?;
    if let Some(id) = claimed {
        work(house, job, Run { id, slot: slot.clone(), period, now })?;
    }
    let row = house.store.read(|reader| reader.run_of_slot(&slot))?;
    row.ok_or_else(|| store::Error::NotFound { what: "run of slot", which: slot.at.to_string() })
}

/// Marks runs that a crash left behind as failed, to be tried again at once. Call it once, before any work.
///
/// # Errors
/// When the ledger cannot be written.
pub fn rescue_interrupted(house: &House) -> Result<u64, store::Error> {
    let now = house.now();
    house.store.write(|writer| {
        let left = writer.running()?;
        for row in &left {
            let outcome = RunOutcome {
                end: RunEnd::Failed { next_attempt_at: Some(now) },
                message: "interrupted: firstwatch stopped in the middle".to_owned(),
                details: json!({}),
            };
            writer.finish_run(row.id, &outcome, now)?;
        }
        let mail = writer.recover_outbox(now)?;
        if !mail.ambiguous.is_empty() {
            warn!(
                messages = mail.ambiguous.len(),
                "cut off while being accepted; see `firstwatch outbox list`"
            );
        }
        Ok(left.len() as u64)
    })
}

/// Does the claimed run's work and records what came of it.
fn work(house: &House, job: &JobSpec, run: Run) -> Result<(), store::Error> {
    let span = tracing::info_span!("run", job = %run.slot.job, run = run.id.0, slot = %run.slot.at);
    let _entered = span.enter();
    info!("started");
    let result = catch_unwind(AssertUnwindSafe(|| dispatch(house, job, &run)))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("the job panicked; this is a bug of firstwatch")));
    let now = house.now();
    let outcome = match result {
        Ok(Outcome::Done { message, details }) => {
            info!(message, "done");
            RunOutcome { end: RunEnd::Done, message, details }
        }
        Ok(Outcome::Held { message, again_at }) => {
            warn!(message, again_at = %again_at, "held");
            RunOutcome { end: RunEnd::Held { next_attempt_at: Some(again_at) }, message, details: json!({}) }
        }
        Ok(Outcome::Partly { message, details }) => {
            error!(message, "failed in part");
            RunOutcome { end: failed(house, &run, now)?, message, details }
        }
        Err(failure) => {
            let message = format!("{failure:#}");
            error!(message, "failed");
            RunOutcome { end: failed(house, &run, now)?, message, details: json!({}) }
        }
    };
    house.store.write(|writer| writer.finish_run(run.id, &outcome, now))?;
    if outcome.end == (RunEnd::Failed { next_attempt_at: None }) {
        tell_of_failure(house, &run, &outcome.message, now);
    }
    Ok(())
}

/// One mail when nothing is tried any more; a notice that cannot be made must not fail the ledger too.
fn tell_of_failure(house: &House, run: &Run, what: &str, now: Timestamp) {
    let trouble = RunTrouble {
        trouble: Trouble::Failed,
        job: run.slot.job.as_str(),
        slot: run.slot.at,
        period: run.period,
        run: run.id,
        what,
    };
    let purpose = format!("failed.{}.{}", run.slot.job, run.slot.at.as_second());
    if let Err(error) = recipients::tell_administrators(house, &purpose, trouble, now) {
        error!(error = %format!("{error:#}"), "failed to tell the administrators");
    }
}

fn failed(house: &House, run: &Run, now: Timestamp) -> Result<RunEnd, store::Error> {
    let attempt = house.store.read(|reader| reader.run(run.id))?.map_or(1, |row| row.attempt);
    Ok(RunEnd::Failed { next_attempt_at: next_attempt(attempt, now) })
}

fn next_attempt(attempt: u32, now: Timestamp) -> Option<Timestamp> {
    (attempt < ATTEMPTS).then(|| now + SignedDuration::from_mins(1 << attempt.saturating_sub(1)))
}

fn dispatch(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    match job.kind {
        JobKind::Pull => pull::run(house, run),
        JobKind::SalesReport => sales_report::run(house, job, run),
        JobKind::ComplaintDeadlines => complaint_deadlines::run(house, job, run),
        JobKind::Backup => backup::run(house, job, run),
        JobKind::Integrity => integrity::run(house, run),
        JobKind::ComplaintReport => {
            Ok(Outcome::done("complaint reports are not built into this version", json!({})))
        }
    }
}
