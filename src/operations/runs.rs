//! Jobs and the run ledger: list, show, run by hand, pause, resume, retry.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Error, Result, allow, record, remedy_of};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{JobName, RunId};
use crate::domain::period::Period;
use crate::domain::slot::Slot;
use crate::jobs::{self, Claim, Claimed, House, Trigger};
use crate::settings::{JobKind, JobSpec};
use crate::store::{OutboxState, RunRow, RunState};

/// A job and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JobView {
    pub name: JobName,
    pub kind: JobKind,
    /// Five-field cron, in the business time zone.
    pub schedule: String,
    pub paused: bool,
    /// Addresses, the groups resolved.
    pub recipients: Vec<String>,
    /// The newest run, if there was one.
    pub last: Option<RunView>,
    /// The next three slots, in UTC; when it is paused, those it would have.
    pub next: Vec<Timestamp>,
}

/// A row of the run ledger. Instants are in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunView {
    pub id: RunId,
    pub job: JobName,
    /// The scheduled instant that the run stands for; of a run by hand without a period, when it was asked for.
    pub slot: Timestamp,
    /// Of a report.
    pub period: Option<Period>,
    /// `schedule`, `catch-up`, `manual` or `retry`.
    pub trigger: String,
    /// `running`, `done`, `failed`, `held` or `skipped`.
    pub state: String,
    /// From 1.
    pub attempt: u32,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// When a failed or held run is tried again by itself; `null` when that is left to a person.
    pub next_attempt_at: Option<Timestamp>,
    /// What came of it, in one sentence.
    pub message: String,
    /// What came of it, by kind of job: of a pull `sources` (rows read by feed, and what became of them) and
    /// `failed` (each source that could not be read, with the reason); of a report `release` and `disclosure`, and while it
    /// is held for want of a service `unavailable` (which).
    pub details: Value,
    /// Another had triggered this slot before: this is that run.
    #[serde(default)]
    pub joined: bool,
    /// The messages that it put into the outbox, by state, after everything due was delivered; only in the
    /// answer to a run by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<BTreeMap<String, u64>>,
}

impl RunView {
    /// Whether it failed, but some of it was done.
    pub fn is_partly_done(&self) -> bool {
        self.state == RunState::Failed.as_str() && self.details.get("sources").is_some()
    }

    /// Whether it is held for want of a service.
    pub fn wants_a_service(&self) -> bool {
        self.state == RunState::Held.as_str() && self.details.get(jobs::UNAVAILABLE).is_some()
    }

    /// Whether some of its mail is not out.
    pub fn has_mail_left(&self) -> bool {
        self.mail.iter().flatten().any(|(state, _)| state != OutboxState::Sent.as_str())
    }
}

/// What `job run` asks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Of a report; the last complete one when not given.
    #[serde(default)]
    pub period: Option<Period>,
    #[serde(default)]
    pub dry_run: bool,
    /// Answer only when it is done.
    #[serde(default)]
    pub wait: bool,
}

/// What a dry run would do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DryRun {
    pub job: JobName,
    pub period: Option<Period>,
    pub recipients: Vec<String>,
    pub would: String,
}

pub fn list_jobs(house: &House, actor: &Actor) -> Result<Vec<JobView>> {
    allow(house, actor, Operation::JobList)?;
    house.settings.jobs.iter().map(|job| view(house, job)).collect()
}

pub fn show_job(house: &House, actor: &Actor, name: &JobName) -> Result<JobView> {
    allow(house, actor, Operation::JobShow)?;
    view(house, find(house, name)?)
}

/// What a run by hand would do, without doing it.
pub fn dry_run(house: &House, actor: &Actor, name: &JobName, request: &RunRequest) -> Result<DryRun> {
    allow(house, actor, Operation::JobRun)?;
    let job = find(house, name)?;
    let period = period_of(house, job, request)?;
    let recipients = house.settings.recipients_of(&job.recipients);
    let would = match period.filter(|_| job.kind.is_report()) {
        Some(period) => {
            let before = house.store.read(|reader| reader.release_of(name, period))?;
            match before {
                Some(release) => {
                    format!("do nothing: {period} was released before, as release {}", release.id)
                }
                None => {
                    let draft = super::releases::draft(house, job, period)?;
                    let summary = &draft.summary;
                    format!(
                        "release {period} to {} recipients, withholding {} of {} cells",
                        recipients.len(),
                        summary.primary + summary.secondary,
                        summary.cells
                    )
                }
            }
        }
        None if job.kind == JobKind::ComplaintDeadlines => jobs::foresee_complaints(house, job)?,
        None => format!("run the {} job now", job.kind.as_str()),
    };
    Ok(DryRun { job: name.clone(), period, recipients, would })
}

/// A run by hand that has been allowed and audited, and is still to be carried out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prepared {
    pub slot: Slot,
    pub period: Option<Period>,
}

/// Allows and audits a run by hand. A report's slot is fixed by its period, so a run by hand is the same
/// run as the scheduled one.
pub fn prepare(house: &House, actor: &Actor, name: &JobName, request: &RunRequest) -> Result<Prepared> {
    allow(house, actor, Operation::JobRun)?;
    let job = find(house, name)?;
    let period = period_of(house, job, request)?;
    let slot = slot_of(house, job, period);
    audited(house, actor, Operation::JobRun, &format!("{name} {}", slot.at))?;
    Ok(Prepared { slot, period })
}

/// A run by hand that was begun, or that another had triggered before.
pub enum Begun {
    Ours(Claimed),
    Joined(RunView),
}

/// Claims what was prepared.
pub fn begin(house: &House, prepared: &Prepared, trigger: Trigger) -> Result<Begun> {
    let job = find(house, &prepared.slot.job)?;
    match jobs::claim(house, job, &prepared.slot, trigger, prepared.period)? {
        Claim::Ours(claimed) => Ok(Begun::Ours(claimed)),
        Claim::Taken(row) => joined(prepared, row).map(Begun::Joined),
    }
}

/// Does what was begun, and delivers what it put into the outbox.
pub fn finish(house: &House, claimed: Claimed) -> Result<RunView> {
    let job = find(house, &claimed.run().slot.job)?;
    let row = jobs::work(house, job, claimed)?;
    with_mail(house, row.started_at, run_view(row))
}

/// Runs what was prepared, or waits for the run that another triggered before.
pub fn carry_out(house: &House, prepared: Prepared, trigger: Trigger) -> Result<RunView> {
    match begin(house, &prepared, trigger)? {
        Begun::Ours(claimed) => finish(house, claimed),
        Begun::Joined(view) => {
            jobs::wait_for(house, view.id);
            let row = find_run(house, view.id)?;
            with_mail(house, row.started_at, joined(&prepared, row)?)
        }
    }
}

/// The slot of a report's run may have been taken for another period.
fn joined(prepared: &Prepared, row: RunRow) -> Result<RunView> {
    if prepared.period.is_some() && row.period != prepared.period {
        let other = row.period.map_or_else(|| "no period".to_owned(), |period| period.to_string());
        return Err(Error::TryAgain(format!("the slot is taken by run {} of {other}", row.id)));
    }
    Ok(RunView { joined: true, ..run_view(row) })
}

fn with_mail(house: &House, started_at: Timestamp, view: RunView) -> Result<RunView> {
    // Who put no mail into the outbox does not wait for that of others.
    if mail_since(house, started_at)?.is_empty() && house.ring_for_mail() {
        return Ok(RunView { mail: Some(BTreeMap::new()), ..view });
    }
    jobs::deliver_soon(house)?;
    Ok(RunView { mail: Some(mail_since(house, started_at)?), ..view })
}

/// The messages that were put into the outbox since then, by state.
fn mail_since(house: &House, started_at: Timestamp) -> Result<BTreeMap<String, u64>> {
    /// More than one run has recipients.
    const NEWEST: u32 = 1000;
    let mut mail = BTreeMap::new();
    for message in house.store.read(|reader| reader.outbox(None, NEWEST))? {
        if message.created_at >= started_at {
            *mail.entry(message.state.as_str().to_owned()).or_default() += 1;
        }
    }
    Ok(mail)
}

pub fn pause(house: &House, actor: &Actor, name: &JobName, paused: bool) -> Result<JobView> {
    let operation = if paused { Operation::JobPause } else { Operation::JobResume };
    allow(house, actor, operation)?;
    let job = find(house, name)?;
    let now = house.now();
    let what = if paused { "paused" } else { "resumed" };
    house.store.write(|writer| {
        match paused {
            true => writer.pause_job(name, now)?,
            false => writer.resume_job(name)?,
        }
        record(writer, actor, operation, name.as_str(), what, now)
    })?;
    view(house, job)
}

pub fn list_runs(house: &House, actor: &Actor, job: Option<&JobName>, limit: u32) -> Result<Vec<RunView>> {
    allow(house, actor, Operation::RunList)?;
    let rows = house.store.read(|reader| reader.runs(job, limit))?;
    Ok(rows.into_iter().map(run_view).collect())
}

pub fn show_run(house: &House, actor: &Actor, id: RunId) -> Result<RunView> {
    allow(house, actor, Operation::RunShow)?;
    find_run(house, id).map(run_view)
}

/// Runs a failed or held run's slot again, now.
pub fn retry_run(house: &House, actor: &Actor, id: RunId) -> Result<RunView> {
    allow(house, actor, Operation::RunRetry)?;
    let row = find_run(house, id)?;
    if !matches!(row.state, RunState::Failed | RunState::Held) {
        let state = row.state.as_str();
        return Err(Error::BadRequest(format!(
            "run {id} is {state}; only a failed or held run is tried again, and `firstwatch job run {}` runs its job anew",
            row.slot.job
        )));
    }
    audited(house, actor, Operation::RunRetry, &format!("run {id}"))?;
    carry_out(house, Prepared { slot: row.slot, period: row.period }, Trigger::Retry)
}

pub(super) fn find<'a>(house: &'a House, name: &JobName) -> Result<&'a JobSpec> {
    house.settings.job(name).ok_or_else(|| Error::NotFound {
        what: "job",
        name: name.to_string(),
        remedy: remedy_of(
            name.as_str(),
            house.settings.jobs.iter().map(|job| job.name.as_str()),
            "firstwatch job list",
        ),
    })
}

fn find_run(house: &House, id: RunId) -> Result<RunRow> {
    house.store.read(|reader| reader.run(id))?.ok_or_else(|| Error::NotFound {
        what: "run",
        name: id.to_string(),
        remedy: "`firstwatch run list` shows them".to_owned(),
    })
}

fn audited(house: &House, actor: &Actor, operation: Operation, subject: &str) -> Result<()> {
    let now = house.now();
    Ok(house.store.write(|writer| record(writer, actor, operation, subject, "asked", now))?)
}

pub(super) fn period_of(house: &House, job: &JobSpec, request: &RunRequest) -> Result<Option<Period>> {
    let today = house.now().to_zoned(house.settings.business.zone.clone()).date();
    match (job.period, request.period) {
        (None, None) => Ok(None),
        (None, Some(_)) => {
            Err(Error::BadRequest(format!("job {} has no period; run it without --period", job.name)))
        }
        (Some(kind), None) => Ok(Some(kind.last_complete(today))),
        (Some(kind), Some(period)) if period.kind() != Some(kind) => Err(Error::BadRequest(format!(
            "{period} is not a {}; job {} reports on {}",
            kind.as_str(),
            job.name,
            kind.last_complete(today)
        ))),
        (Some(_), Some(period)) if period.until() > today => {
            Err(Error::BadRequest(format!("the period {period} is not over yet")))
        }
        (Some(_), Some(period)) => Ok(Some(period)),
    }
}

/// Enough to reach past a week of days off.
const SLOTS_LOOKED_AT: usize = 40;

/// The slot that stands for the job's run: for a report the first scheduled one after its period's end.
fn slot_of(house: &House, job: &JobSpec, period: Option<Period>) -> Slot {
    let at = match period {
        None => house.now(),
        Some(period) => {
            let zone = &house.settings.business.zone;
            let end = period.end(zone);
            let reports_on = |at: &Timestamp| {
                period.kind().map(|kind| kind.last_complete(at.to_zoned(zone.clone()).date())) == Some(period)
            };
            // The end itself may be a slot; where no slot reports on the period, the end stands for it.
            let soon = jobs::next_slots(house, job, end - SignedDuration::from_secs(1), SLOTS_LOOKED_AT);
            soon.into_iter().find(reports_on).unwrap_or(end)
        }
    };
    Slot { job: job.name.clone(), at }
}

fn view(house: &House, job: &JobSpec) -> Result<JobView> {
    let (paused, last) = house.store.read(|reader| {
        Ok::<_, crate::store::Error>((reader.is_paused(&job.name)?, reader.runs(Some(&job.name), 1)?))
    })?;
    Ok(JobView {
        name: job.name.clone(),
        kind: job.kind,
        schedule: job.schedule.clone(),
        paused,
        recipients: house.settings.recipients_of(&job.recipients),
        last: last.into_iter().next().map(run_view),
        next: jobs::next_slots(house, job, house.now(), 3),
    })
}

pub(super) fn run_view(row: RunRow) -> RunView {
    RunView {
        id: row.id,
        job: row.slot.job,
        slot: row.slot.at,
        period: row.period,
        trigger: row.trigger.as_str().to_owned(),
        state: row.state.as_str().to_owned(),
        attempt: row.attempt,
        started_at: row.started_at,
        finished_at: row.finished_at,
        next_attempt_at: row.next_attempt_at,
        message: row.message,
        details: row.details,
        joined: false,
        mail: None,
    }
}
