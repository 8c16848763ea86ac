//! One slot from claim to outcome. A slot is claimed in the ledger before any work starts, so that
//! concurrent triggers of it give one run; a panic in a job is a failed run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
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

/// Runs looked back at for the beginning of a problem.
const LOOK_BACK: u32 = 1000;

/// Where a run's details count its failures.
const FAILURES: &str = "failures";

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
        None => Ok(writer.claim_slot(&slot, trigger, period, now)?.map(|id| (id, period, 0))),
        Some(row) if may_go_on(&row, trigger, now) => {
            writer.retry_run(row.id, now)?;
            if let Some(period) = period {
                writer.note_period(row.id, period)?;
            }
            Ok(Some((row.id, row.period.or(period), failures(&row))))
        }
        Some(_) => Ok::<_, store::Error>(None),
    })?;
    if let Some((id, period, failures)) = claimed {
        work(house, job, Run { id, slot: slot.clone(), period, now }, failures)?;
    }
    let row = house.store.read(|reader| reader.run_of_slot(&slot))?;
    row.ok_or_else(|| store::Error::NotFound { what: "run of slot", which: slot.at.to_string() })
}

/// The schedule waits for the next attempt; a person does not, and may also run what was passed over.
fn may_go_on(row: &RunRow, trigger: Trigger, now: Timestamp) -> bool {
    let by_schedule = matches!(trigger, Trigger::Schedule | Trigger::CatchUp);
    match row.state {
        RunState::Held | RunState::Failed => {
            !by_schedule || row.next_attempt_at.is_some_and(|next| next <= now)
        }
        RunState::Skipped => !by_schedule,
        RunState::Running | RunState::Done => false,
    }
}

/// How often the run has failed; being held is no failure.
fn failures(row: &RunRow) -> u32 {
    row.details[FAILURES].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(0)
}

/// Marks runs that a crash left behind as failed, to be tried again at once, and sorts out mail that was
/// under way. For the opening of the house, before any work.
///
/// # Errors
/// When the ledger cannot be written.
pub(super) fn rescue_interrupted(house: &House) -> Result<(), store::Error> {
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
        if !left.is_empty() {
            warn!(runs = left.len(), "interrupted when firstwatch last stopped; they are tried again");
        }
        Ok(())
    })
}

/// Does the claimed run's work and records what came of it.
fn work(house: &House, job: &JobSpec, run: Run, failures: u32) -> Result<(), store::Error> {
    let span = tracing::info_span!("run", job = %run.slot.job, run = run.id.0, slot = %run.slot.at);
    let _entered = span.enter();
    info!("started");
    let result = catch_unwind(AssertUnwindSafe(|| dispatch(house, job, &run)))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("the job panicked; this is a bug of firstwatch")));
    let now = house.now();
    let again = RunEnd::Failed { next_attempt_at: next_attempt(failures + 1, now) };
    let failed = |end, message: String, mut details: Value| {
        error!(message, "failed");
        details[FAILURES] = json!(failures + 1);
        RunOutcome { end, message, details }
    };
    let mut trouble = Trouble::Failed;
    let outcome = match result {
        Ok(Outcome::Done { message, details }) => {
            info!(message, "done");
            RunOutcome { end: RunEnd::Done, message, details }
        }
        Ok(Outcome::Held { message, again_at }) => {
            warn!(message, again_at = %again_at, "held");
            let end = RunEnd::Held { next_attempt_at: Some(again_at) };
            RunOutcome { end, message, details: json!({ FAILURES: failures }) }
        }
        Ok(Outcome::Partly { message, details }) => failed(again, message, details),
        Ok(Outcome::Stopped { trouble: what, message }) => {
            trouble = what;
            failed(RunEnd::Failed { next_attempt_at: None }, message, json!({}))
        }
        Err(failure) => failed(again, format!("{failure:#}"), json!({})),
    };
    house.store.write(|writer| writer.finish_run(run.id, &outcome, now))?;
    if outcome.end == (RunEnd::Failed { next_attempt_at: None }) {
        tell_of(house, trouble, &run, &outcome.message, now);
    }
    Ok(())
}

/// One mail when nothing is tried any more, and one only until the job has succeeded again. A notice that
/// cannot be made must not fail the ledger too.
fn tell_of(house: &House, trouble: Trouble, run: &Run, what: &str, now: Timestamp) {
    let notice = RunTrouble {
        trouble,
        job: run.slot.job.as_str(),
        slot: run.slot.at,
        period: run.period,
        run: run.id,
        what,
    };
    let told = first_failure(house, run).map_err(anyhow::Error::from).and_then(|first| {
        let purpose = format!("{}.{}.{}", trouble.as_str(), run.slot.job, first.as_second());
        recipients::tell_administrators(house, &purpose, notice, now)
    });
    if let Err(error) = told {
        error!(error = %format!("{error:#}"), "failed to tell the administrators");
    }
}

/// The first slot of the job that failed since it last succeeded: it names the problem. A report's
/// problem is its own.
fn first_failure(house: &House, run: &Run) -> Result<Timestamp, store::Error> {
    if run.period.is_some() {
        return Ok(run.slot.at);
    }
    let runs = house.store.read(|reader| reader.runs(Some(&run.slot.job), LOOK_BACK))?;
    let failing = runs.iter().take_while(|row| row.state != RunState::Done);
    Ok(failing.map(|row| row.slot.at).min().unwrap_or(run.slot.at))
}

fn next_attempt(failures: u32, now: Timestamp) -> Option<Timestamp> {
    (failures < ATTEMPTS).then(|| now + SignedDuration::from_mins(1 << failures.saturating_sub(1)))
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
