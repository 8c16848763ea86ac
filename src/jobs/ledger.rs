//! One slot from claim to outcome. A slot is claimed in the ledger before any work starts, so that
//! concurrent triggers of it give one run; a panic in a job is a failed run.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tracing::{error, info, warn};

use super::at_work::AtWorkNow;
use super::back_off::back_off;
use super::house::House;
use super::run::{Again, Failure, Outcome, Run};
use super::{backup, complaint_deadlines, integrity, problems, pull, sales_report};
use crate::domain::ids::RunId;
use crate::domain::period::Period;
use crate::domain::slot::Slot;
use crate::domain::trouble::Trouble;
use crate::ping::Signal;
use crate::settings::{JobKind, JobSpec};
use crate::store::{self, RunEnd, RunOutcome, RunRow, RunState, Writer};

pub use crate::store::Trigger;

/// A failed run is tried again after about 1, 2, 4 and 8 minutes, then left to a person.
const ATTEMPTS: u32 = 5;
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(1);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(30);

/// How long a run that found no room on the disk waits before it looks again.
const ROOM_IS_LOOKED_FOR_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// Where a run's details count its failures.
const FAILURES: &str = "failures";

/// What comes of asking for a slot.
#[derive(Debug)]
pub enum Claim {
    /// It is the caller's to work on.
    Ours(Claimed),
    /// It was claimed before; this is how its run stands.
    Taken(RunRow),
}

/// A claimed slot, whose run the ledger holds as running. One that is dropped without [`work`] is given up at the
/// next [`rescue`].
#[derive(Debug)]
pub struct Claimed {
    run: Run,
    failures: u32,
}

impl Claimed {
    pub fn run(&self) -> &Run {
        &self.run
    }
}

/// A slot's run, and whether it was this call that ran it.
#[derive(Clone, Debug)]
pub struct SlotRun {
    pub row: RunRow,
    pub ours: bool,
}

/// Runs `slot` of `job`, unless it was claimed before; then waits for that run, if it is still at it.
///
/// # Errors
/// Only when the ledger itself cannot be written.
pub fn run_slot(
    house: &House,
    job: &JobSpec,
    slot: Slot,
    trigger: Trigger,
    period: Option<Period>,
) -> Result<SlotRun, store::Error> {
    match claim(house, job, &slot, trigger, period)? {
        Claim::Ours(claimed) => Ok(SlotRun { row: work(house, job, claimed)?, ours: true }),
        Claim::Taken(row) => {
            wait_for(house, row.id);
            Ok(SlotRun { row: of_slot(house, &slot)?, ours: false })
        }
    }
}

/// Waits until a run of this process has ended, or was given up.
pub fn wait_for(house: &House, run: RunId) {
    house.at_work.wait_for(run);
}

/// Who is at work in this process.
pub fn at_work_now(house: &House) -> AtWorkNow {
    house.at_work.now(house.elapsed())
}

/// Claims `slot` of `job`, if nobody has, or if its run failed, is held or was passed over and may go on.
///
/// # Errors
/// Only when the ledger itself cannot be written.
pub fn claim(
    house: &House,
    job: &JobSpec,
    slot: &Slot,
    trigger: Trigger,
    period: Option<Period>,
) -> Result<Claim, store::Error> {
    // Nobody may take the run for abandoned between its row and its place.
    let claiming = house.at_work.claim();
    let now = house.now();
    let claimed = house.store.write(|writer| match writer.run_of_slot(slot)? {
        None => Ok(writer.claim_slot(slot, trigger, period, now)?.map(|id| (id, 1, period, 0))),
        Some(row) if may_go_on(&row, trigger, now) => {
            let attempt = writer.retry_run(row.id, now)?;
            if let Some(period) = period {
                writer.note_period(row.id, period)?;
            }
            Ok(Some((row.id, attempt, row.period.or(period), failures(&row))))
        }
        Some(_) => Ok::<_, store::Error>(None),
    })?;
    let Some((id, attempt, period, failures)) = claimed else {
        return Ok(Claim::Taken(of_slot(house, slot)?));
    };
    let lease = job.lease.unsigned_abs();
    let place = claiming.enter(id, attempt, lease);
    Ok(Claim::Ours(Claimed { run: Run { id, attempt, slot: slot.clone(), period, now, place }, failures }))
}

fn of_slot(house: &House, slot: &Slot) -> Result<RunRow, store::Error> {
    let row = house.store.read(|reader| reader.run_of_slot(slot))?;
    row.ok_or_else(|| store::Error::NotFound { what: "run of slot", which: slot.at.to_string() })
}

/// The schedule waits for the next attempt; a person does not, and may also run what was passed over.
fn may_go_on(row: &RunRow, trigger: Trigger, now: Timestamp) -> bool {
    let by_schedule = matches!(trigger, Trigger::Schedule | Trigger::CatchUp);
    match row.state {
        RunState::Held | RunState::Failed => {
            // What ended in the future, before the clock was set back, waits no longer.
            let in_the_future = row.finished_at.is_some_and(|at| at > now);
            !by_schedule || row.next_attempt_at.is_some_and(|next| next <= now || in_the_future)
        }
        RunState::Skipped => !by_schedule,
        RunState::Running | RunState::Done => false,
    }
}

/// How often the run has failed; being held is no failure.
fn failures(row: &RunRow) -> u32 {
    row.details[FAILURES].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(0)
}

/// Waits for the turn, does the claimed run's work and records what came of it.
///
/// # Errors
/// Only when the ledger itself cannot be written; [`store::Error::Fenced`] when the run was given up meanwhile.
pub fn work(house: &House, job: &JobSpec, claimed: Claimed) -> Result<RunRow, store::Error> {
    let Claimed { mut run, failures } = claimed;
    let slot = run.slot.clone();
    let span = tracing::info_span!("run", job = %slot.job, run = run.id.0, slot = %slot.at);
    let _entered = span.enter();
    if !run.place.take_turn(&|| house.elapsed()) {
        return Err(store::Error::Fenced { run: run.id.0, attempt: run.attempt });
    }
    run.now = house.now();
    info!("started");
    ping(house, job, Signal::Started);
    let result = catch_unwind(AssertUnwindSafe(|| dispatch(house, job, &run))).unwrap_or_else(|_| {
        let message = "the job panicked; this is a bug of firstwatch";
        Ok(Outcome::Failed(Failure::lasting(Trouble::Failed, message)))
    });
    let outcome = result.unwrap_or_else(|error| Outcome::Failed(Failure::of(&error)));
    end(house, &run, outcome, failures)?;
    let row = of_slot(house, &slot)?;
    match row.state {
        RunState::Done => ping(house, job, Signal::Succeeded),
        RunState::Failed if row.next_attempt_at.is_none() => ping(house, job, Signal::Failed),
        _ => {}
    }
    Ok(row)
}

fn ping(house: &House, job: &JobSpec, signal: Signal) {
    if let Some(url) = &job.ping_url {
        house.pinger.send(url, signal);
    }
}

/// Records what came of a run, and what administrators must be told of it, in one transaction.
fn end(house: &House, run: &Run, outcome: Outcome, failures: u32) -> Result<(), store::Error> {
    let now = house.now();
    let mut trouble = Trouble::Failed;
    let outcome = match outcome {
        Outcome::Done { message, details } => {
            info!(what = message, "done");
            RunOutcome { end: RunEnd::Done, message, details }
        }
        Outcome::Held { message, again_at, mut details } => {
            warn!(what = message, again_at = %again_at, "held");
            trouble = Trouble::Held;
            let end = RunEnd::Held { next_attempt_at: Some(again_at) };
            details[FAILURES] = json!(failures);
            RunOutcome { end, message, details }
        }
        Outcome::Failed(failure) => {
            error!(what = failure.message, "failed");
            trouble = failure.trouble;
            failed(&run.slot, failure, failures + 1, now)
        }
    };
    run.write(house, |writer| {
        writer.finish_run(run.id, &outcome, now)?;
        problems::after_run(house, writer, run.id, trouble, now)
    })?;
    house.tally.count(&run.slot.job, outcome.end.state());
    Ok(())
}

fn failed(slot: &Slot, failure: Failure, failures: u32, now: Timestamp) -> RunOutcome {
    let Failure { message, mut details, again, .. } = failure;
    let next_attempt_at = match again {
        Again::Soon => (failures < ATTEMPTS).then(|| now + wait(slot, failures)),
        Again::WhenThereIsRoom => Some(now + ROOM_IS_LOOKED_FOR_AFTER),
        Again::Never => None,
    };
    // Waiting for room is no failure of the job.
    details[FAILURES] = json!(if again == Again::WhenThereIsRoom { failures - 1 } else { failures });
    RunOutcome { end: RunEnd::Failed { next_attempt_at }, message, details }
}

fn wait(slot: &Slot, failures: u32) -> SignedDuration {
    back_off(&format!("{}/{}", slot.job, slot.at), failures, FIRST_WAIT, LONGEST_WAIT)
}

/// Gives up runs that nobody works on: their worker gave no sign of life for its lease, or could not record their
/// end. They are tried again. Returns how many.
///
/// # Errors
/// When the ledger cannot be written.
pub fn rescue(house: &House) -> Result<usize, store::Error> {
    let stuck = house.at_work.give_up_stuck(house.elapsed());
    if !stuck.is_empty() {
        error!(runs = stuck.len(), "gave no sign of life for the length of their lease; they are given up");
    }
    let running = house.store.read(|reader| reader.running())?;
    let left: Vec<RunRow> =
        running.into_iter().filter(|row| house.at_work.is_left(row.id, row.attempt)).collect();
    let now = house.now();
    let mut given_up = 0;
    for row in &left {
        let message = if stuck.contains(&row.id) {
            "given up: no sign of life for the length of its lease"
        } else {
            "given up: its end could not be recorded"
        };
        let done = house.store.write(|writer| {
            writer.hold_fence(row.id, row.attempt)?;
            give_up(house, writer, row, message, now + wait(&row.slot, failures(row) + 1), now)
        });
        match done {
            Ok(()) => {
                house.tally.count(&row.slot.job, RunState::Failed);
                given_up += 1;
            }
            // It has ended after all.
            Err(error) if error.is_fenced() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(given_up)
}

/// Marks runs that a crash left behind as failed, to be tried again at once, and sorts out mail that was
/// under way. For the opening of the house, before any work.
///
/// # Errors
/// When the ledger cannot be written.
pub(super) fn rescue_interrupted(house: &House) -> Result<(), store::Error> {
    let now = house.now();
    let left = house.store.write(|writer| {
        let left = writer.running()?;
        for row in &left {
            // A run that takes the process down with it each time must not do so without end.
            let again_at = if failures(row) == 0 { now } else { now + wait(&row.slot, failures(row)) };
            let message = "interrupted: firstwatch stopped in the middle";
            give_up(house, writer, row, message, again_at, now)?;
        }
        problems::forget_removed(house, writer, now)?;
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
        Ok::<_, store::Error>(left)
    })?;
    left.iter().for_each(|row| house.tally.count(&row.slot.job, RunState::Failed));
    Ok(())
}

fn give_up(
    house: &House,
    writer: &Writer<'_>,
    row: &RunRow,
    message: &str,
    again_at: Timestamp,
    now: Timestamp,
) -> Result<(), store::Error> {
    let failures = failures(row) + 1;
    if failures >= ATTEMPTS
        && let Some(job) = house.settings.job(&row.slot.job)
    {
        ping(house, job, Signal::Failed);
    }
    let outcome = RunOutcome {
        end: RunEnd::Failed { next_attempt_at: (failures < ATTEMPTS).then_some(again_at) },
        message: message.to_owned(),
        details: json!({ FAILURES: failures }),
    };
    writer.finish_run(row.id, &outcome, now)?;
    problems::after_run(house, writer, row.id, Trouble::Failed, now)
}

fn dispatch(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    match job.kind {
        JobKind::Pull => pull::run(house, run),
        JobKind::SalesReport | JobKind::ComplaintReport => sales_report::run(house, job, run),
        JobKind::ComplaintDeadlines => complaint_deadlines::run(house, job, run),
        JobKind::Backup => backup::run(house, job, run),
        JobKind::Integrity => integrity::run(house, run),
    }
}
