//! Which slots are due: asks the pure planner of `schedule` for each job, with what the ledger remembers.

use jiff::Timestamp;

use super::house::House;
use crate::calendar::WorkingCalendar;
use crate::domain::ids::RunId;
use crate::domain::slot::Slot;
use crate::schedule::{self, CatchUpPolicy, Schedule};
use crate::settings::{CatchUp, JobSpec, OnDays, Settings};
use crate::store::{self, Reader, RunRow, RunState};

/// What is to be run, in the order of the slots, and what is passed over with its reason.
#[derive(Debug, Default)]
pub struct Plan {
    pub run: Vec<Slot>,
    pub skipped: Vec<(Slot, String)>,
    /// Runs that are not tried again, and why.
    pub left: Vec<(RunId, &'static str)>,
}

/// The slots that are due at `now`, paused jobs left out. A job seen for the first time starts now: it
/// has no past to catch up.
///
/// # Errors
/// When the ledger cannot be read or written.
pub fn plan(house: &House, now: Timestamp) -> Result<Plan, store::Error> {
    let mut plan = Plan::default();
    for job in &house.settings.jobs {
        let Some(last) = last_planned(house, job, now)? else { continue };
        let due = due(house, job, last, now);
        let slot = |at| Slot { job: job.name.clone(), at };
        plan.run.extend(due.run.into_iter().map(slot));
        plan.skipped
            .extend(due.skipped.into_iter().map(|(at, reason)| (slot(at), reason.as_str().to_owned())));
    }
    for row in house.store.read(|reader| reader.due_retries(now))? {
        match worth_retrying(house, &row)? {
            Retry::Now => plan.run.push(row.slot),
            Retry::NotYet => {}
            Retry::Never(why) => plan.left.push((row.id, why)),
        }
    }
    plan.run.sort_by(|a, b| (a.at, &a.job).cmp(&(b.at, &b.job)));
    plan.run.dedup();
    Ok(plan)
}

/// What becomes of a run whose next attempt is due.
enum Retry {
    Now,
    /// Its job is paused.
    NotYet,
    Never(&'static str),
}

fn worth_retrying(house: &House, row: &RunRow) -> Result<Retry, store::Error> {
    let Some(job) = house.settings.job(&row.slot.job) else {
        return Ok(Retry::Never("the job is no longer configured"));
    };
    house.store.read(|reader| {
        if reader.is_paused(&job.name)? {
            return Ok(Retry::NotYet);
        }
        // Where a later slot does the same work, that one does it.
        let is_last = reader.last_slot(&job.name)?.is_none_or(|last| last <= row.slot.at);
        Ok(if job.period.is_some() || is_last {
            Retry::Now
        } else {
            Retry::Never("not tried again, for a later slot does its work")
        })
    })
}

/// The instant up to which the job's slots are accounted for; `None` while it is paused.
fn last_planned(house: &House, job: &JobSpec, now: Timestamp) -> Result<Option<Timestamp>, store::Error> {
    let known = house.store.read(|reader| {
        Ok::<_, store::Error>((reader.is_paused(&job.name)?, reader.last_scheduled_slot(&job.name)?))
    })?;
    match known {
        (true, _) => return Ok(None),
        (false, Some(last)) => return Ok(Some(last)),
        (false, None) => {}
    }
    house.store.write(|writer| {
        if let Some(since) = first_planned(writer, job)? {
            return Ok(Some(since));
        }
        writer.set_meta(&planned_key(job), &now.as_microsecond().to_le_bytes())?;
        Ok(Some(now))
    })
}

/// When the job was seen for the first time.
fn first_planned(reader: &Reader<'_>, job: &JobSpec) -> Result<Option<Timestamp>, store::Error> {
    let since = reader.get_meta(&planned_key(job))?;
    let micros = since.and_then(|since| since.try_into().map(i64::from_le_bytes).ok());
    Ok(micros.and_then(|at| Timestamp::from_microsecond(at).ok()))
}

fn planned_key(job: &JobSpec) -> String {
    format!("planned-since/{}", job.name)
}

/// Like [`plan`], and gives every slot that is passed over its row with the reason.
///
/// # Errors
/// When the ledger cannot be read or written.
pub fn plan_and_record(house: &House, now: Timestamp) -> Result<Vec<Slot>, store::Error> {
    let plan = plan(house, now)?;
    if !plan.skipped.is_empty() || !plan.left.is_empty() {
        house.store.write(|writer| {
            for (run, why) in &plan.left {
                writer.leave_run(*run, why)?;
            }
            for (slot, reason) in &plan.skipped {
                writer.skip_slot(slot, reason, now)?;
            }
            Ok::<_, store::Error>(())
        })?;
        plan.skipped.iter().for_each(|(slot, _)| house.tally.count(&slot.job, RunState::Skipped));
    }
    Ok(plan.run)
}

/// The oldest slot of the job that is due and that nobody has begun; `None` when there is none, or it is paused. Writes
/// nothing: a job that was never planned waits for nothing.
///
/// # Errors
/// When the ledger cannot be read.
pub fn waiting_since(
    house: &House,
    job: &JobSpec,
    now: Timestamp,
) -> Result<Option<Timestamp>, store::Error> {
    let last = house.store.read(|reader| {
        if reader.is_paused(&job.name)? {
            return Ok(None);
        }
        match reader.last_scheduled_slot(&job.name)? {
            Some(last) => Ok(Some(last)),
            None => first_planned(reader, job),
        }
    })?;
    Ok(last.and_then(|last| due(house, job, last, now).run.first().copied()))
}

/// The next `count` slots of a job after `after`.
pub fn next_slots(house: &House, job: &JobSpec, after: Timestamp, count: usize) -> Vec<Timestamp> {
    let schedule = house.schedules.get(&job.name);
    schedule
        .map(|schedule| schedule.after(after, count, &|day| house.calendar.is_working_day(day)))
        .unwrap_or_default()
}

/// The first slot of all jobs that are not paused, after `after`.
///
/// # Errors
/// When the ledger cannot be read.
pub fn comes_next(house: &House, after: Timestamp) -> Result<Option<Slot>, store::Error> {
    let mut first: Option<Slot> = None;
    for job in &house.settings.jobs {
        let Some(&at) = next_slots(house, job, after, 1).first() else { continue };
        let is_first = first.as_ref().is_none_or(|slot| at < slot.at);
        if is_first && !house.store.read(|reader| reader.is_paused(&job.name))? {
            first = Some(Slot { job: job.name.clone(), at });
        }
    }
    Ok(first)
}

/// The same as [`next_slots`] without an open house, for a configuration that is being checked.
pub fn next_slots_of(
    settings: &Settings,
    calendar: &WorkingCalendar,
    job: &JobSpec,
    after: Timestamp,
    count: usize,
) -> Vec<Timestamp> {
    schedule_of(settings, job)
        .map(|schedule| schedule.after(after, count, &|day| calendar.is_working_day(day)))
        .unwrap_or_default()
}

fn due(house: &House, job: &JobSpec, last: Timestamp, now: Timestamp) -> schedule::Due {
    let policy = CatchUpPolicy {
        catch_up: match job.catch_up {
            CatchUp::All => schedule::CatchUp::All,
            CatchUp::Latest => schedule::CatchUp::Latest,
            CatchUp::None => schedule::CatchUp::None,
        },
        window: job.catch_up_window,
    };
    let schedule = house.schedules.get(&job.name);
    schedule
        .map(|schedule| schedule::due(schedule, last, now, policy, &|day| house.calendar.is_working_day(day)))
        .unwrap_or_default()
}

/// The job's schedule; settings have checked that it parses.
pub(super) fn schedule_of(settings: &Settings, job: &JobSpec) -> Option<Schedule> {
    let on = match job.on {
        OnDays::AllDays => schedule::OnDays::AllDays,
        OnDays::WorkingDays => schedule::OnDays::WorkingDays,
    };
    Schedule::parse(&job.schedule, on, settings.business.zone.clone()).ok()
}
