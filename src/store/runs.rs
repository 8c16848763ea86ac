//! The run ledger: one row a slot, there before any work starts, and the jobs that are paused.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Json, PeriodText, Word, json, words};
use super::{Error, Reader, Writer};
use crate::domain::ids::{JobName, RunId};
use crate::domain::period::Period;
use crate::domain::slot::Slot;

/// Why a run runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    Schedule,
    CatchUp,
    Manual,
    /// It failed or was held, and is tried again.
    Retry,
}

impl Trigger {
    pub const ALL: [Self; 4] = [Self::Schedule, Self::CatchUp, Self::Manual, Self::Retry];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::CatchUp => "catch-up",
            Self::Manual => "manual",
            Self::Retry => "retry",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    Running,
    Done,
    Failed,
    /// Waits for something, a watermark for example.
    Held,
    /// Not run, and its message says why.
    Skipped,
}

impl RunState {
    pub const ALL: [Self; 5] = [Self::Running, Self::Done, Self::Failed, Self::Held, Self::Skipped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Skipped => "skipped",
        }
    }
}

words!(Trigger, RunState);

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    Done,
    /// Tried again at the instant, if there is one.
    Failed {
        next_attempt_at: Option<Timestamp>,
    },
    Held {
        next_attempt_at: Option<Timestamp>,
    },
    Skipped,
}

impl RunEnd {
    pub fn state(self) -> RunState {
        match self {
            Self::Done => RunState::Done,
            Self::Failed { .. } => RunState::Failed,
            Self::Held { .. } => RunState::Held,
            Self::Skipped => RunState::Skipped,
        }
    }

    fn next_attempt_at(self) -> Option<Timestamp> {
        match self {
            Self::Failed { next_attempt_at } | Self::Held { next_attempt_at } => next_attempt_at,
            Self::Done | Self::Skipped => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    pub end: RunEnd,
    /// One line for a person, without personal data.
    pub message: String,
    /// Figures for machines, without personal data.
    pub details: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RunRow {
    pub id: RunId,
    pub slot: Slot,
    pub trigger: Trigger,
    pub period: Option<Period>,
    pub state: RunState,
    /// From 1; 0 of a slot that was skipped.
    pub attempt: u32,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub next_attempt_at: Option<Timestamp>,
    pub message: String,
    pub details: serde_json::Value,
}

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn run(&self, id: RunId) -> Result<Option<RunRow>, Error> {
        let sql = "SELECT no, job, slot, trigger, period, state, attempt, started_at, finished_at,
                          next_attempt_at, message, details FROM runs WHERE no = ?1";
        self.first(sql, (id.0,), read_run)
    }

    /// The run of a slot, in whatever state.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn run_of_slot(&self, slot: &Slot) -> Result<Option<RunRow>, Error> {
        let sql = "SELECT no, job, slot, trigger, period, state, attempt, started_at, finished_at,
                          next_attempt_at, message, details FROM runs WHERE job = ?1 AND slot = ?2";
        self.first(sql, (slot.job.as_str(), At(slot.at)), read_run)
    }

    /// The latest of one job, or of all, newest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn runs(&self, job: Option<&JobName>, limit: u32) -> Result<Vec<RunRow>, Error> {
        let sql = "SELECT no, job, slot, trigger, period, state, attempt, started_at, finished_at,
                          next_attempt_at, message, details
                   FROM runs WHERE ?1 IS NULL OR job = ?1 ORDER BY no DESC LIMIT ?2";
        self.all(sql, (job.map(JobName::as_str), limit), read_run)
    }

    /// Those not finished: at start, what a crash left over.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn running(&self) -> Result<Vec<RunRow>, Error> {
        let sql = "SELECT no, job, slot, trigger, period, state, attempt, started_at, finished_at,
                          next_attempt_at, message, details FROM runs WHERE state = 'running' ORDER BY no";
        self.all(sql, (), read_run)
    }

    /// Failed and held runs whose next attempt is due, oldest slot first. What ended in the future, before the clock was
    /// set back, is due.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn due_retries(&self, now: Timestamp) -> Result<Vec<RunRow>, Error> {
        let sql = "SELECT no, job, slot, trigger, period, state, attempt, started_at, finished_at,
                          next_attempt_at, message, details
                   FROM runs WHERE next_attempt_at IS NOT NULL AND (next_attempt_at <= ?1 OR finished_at > ?1)
                   ORDER BY slot, no";
        self.all(sql, (At(now),), read_run)
    }

    /// The latest slot of the job that the ledger knows, run or skipped.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn last_slot(&self, job: &JobName) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT max(slot) FROM runs WHERE job = ?1";
        let at: Option<At> = self.single(sql, (job.as_str(),), |row| row.get(0))?;
        Ok(at.map(|at| at.0))
    }

    /// The latest slot of the job that its schedule named: runs asked for by hand do not count, so that
    /// one of them cannot hide a slot that was missed.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn last_scheduled_slot(&self, job: &JobName) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT max(slot) FROM runs WHERE job = ?1 AND origin <> 'manual'";
        let at: Option<At> = self.single(sql, (job.as_str(),), |row| row.get(0))?;
        Ok(at.map(|at| at.0))
    }

    /// Each paused job, and since when.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn paused_jobs(&self) -> Result<BTreeMap<JobName, Timestamp>, Error> {
        let rows = self.all("SELECT job, paused_at FROM paused_jobs", (), |row| {
            Ok((JobName::new(row.get::<_, String>(0)?), row.get::<_, At>(1)?.0))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn is_paused(&self, job: &JobName) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM paused_jobs WHERE job = ?1)";
        self.single(sql, (job.as_str(),), |row| row.get(0))
    }
}

impl Writer<'_> {
    /// Takes the slot and starts its run. `None` when it was taken before.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn claim_slot(
        &self,
        slot: &Slot,
        trigger: Trigger,
        period: Option<Period>,
        now: Timestamp,
    ) -> Result<Option<RunId>, Error> {
        let sql = "INSERT INTO runs (job, slot, origin, trigger, period, state, attempt, started_at,
                                     message, details)
                   VALUES (?1, ?2, ?3, ?3, ?4, 'running', 1, ?5, '', 'null')
                   ON CONFLICT (job, slot) DO NOTHING RETURNING no";
        let parameters = (slot.job.as_str(), At(slot.at), Word(trigger), period.map(PeriodText), At(now));
        self.first(sql, parameters, |row| row.get(0).map(RunId))
    }

    /// Notes that the slot is not run, and why. `None` when it was taken before.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn skip_slot(&self, slot: &Slot, reason: &str, now: Timestamp) -> Result<Option<RunId>, Error> {
        let sql = "INSERT INTO runs (job, slot, origin, trigger, state, attempt, started_at, finished_at,
                                     message, details)
                   VALUES (?1, ?2, 'schedule', 'schedule', 'skipped', 0, ?3, ?3, ?4, 'null')
                   ON CONFLICT (job, slot) DO NOTHING RETURNING no";
        let parameters = (slot.job.as_str(), At(slot.at), At(now), reason);
        self.first(sql, parameters, |row| row.get(0).map(RunId))
    }

    /// # Errors
    /// [`Error::Transition`] when the run is not running, [`Error::NotFound`], [`Error::Json`],
    /// [`Error::Sqlite`].
    pub fn finish_run(&self, id: RunId, outcome: &RunOutcome, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE runs SET state = ?2, finished_at = ?3, next_attempt_at = ?4, message = ?5,
                                   details = ?6
                   WHERE no = ?1 AND state = 'running'";
        let state = outcome.end.state();
        let parameters = params![
            id.0,
            Word(state),
            At(now),
            outcome.end.next_attempt_at().map(At),
            outcome.message,
            json(&outcome.details)?,
        ];
        if self.change(sql, parameters)? == 1 { Ok(()) } else { Err(self.run_cannot(id, state)?) }
    }

    /// Refuses whoever works on an attempt that is not the run's latest, or has ended: attempt numbers are fencing
    /// tokens, to be held up at every write of a run.
    ///
    /// # Errors
    /// [`Error::Fenced`], [`Error::Sqlite`].
    pub fn hold_fence(&self, id: RunId, attempt: u32) -> Result<(), Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM runs WHERE no = ?1 AND attempt = ?2 AND state = 'running')";
        if self.single(sql, (id.0, attempt), |row| row.get(0))? {
            Ok(())
        } else {
            Err(Error::Fenced { run: id.0, attempt })
        }
    }

    /// Starts a failed, held or skipped run again, and returns which attempt it is.
    ///
    /// # Errors
    /// [`Error::Transition`] when the run is running or done, [`Error::NotFound`],
    /// [`Error::Sqlite`].
    pub fn retry_run(&self, id: RunId, now: Timestamp) -> Result<u32, Error> {
        let sql = "UPDATE runs SET state = 'running', trigger = 'retry', attempt = attempt + 1,
                                   started_at = ?2, finished_at = NULL, next_attempt_at = NULL
                   WHERE no = ?1 AND state IN ('failed', 'held', 'skipped') RETURNING attempt";
        match self.first(sql, (id.0, At(now)), |row| row.get(0))? {
            Some(attempt) => Ok(attempt),
            None => Err(self.run_cannot(id, RunState::Running)?),
        }
    }

    /// Leaves a failed or held run to a person, and says why.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn leave_run(&self, id: RunId, why: &str) -> Result<(), Error> {
        let sql = "UPDATE runs SET next_attempt_at = NULL, message = message || '; ' || ?2
                   WHERE no = ?1 AND next_attempt_at IS NOT NULL";
        self.change(sql, (id.0, why)).map(|_| ())
    }

    /// Notes what a run reports on, when its row was made without (a slot that was passed over).
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn note_period(&self, id: RunId, period: Period) -> Result<(), Error> {
        let sql = "UPDATE runs SET period = ?2 WHERE no = ?1 AND period IS NULL";
        self.change(sql, (id.0, PeriodText(period))).map(|_| ())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn pause_job(&self, job: &JobName, now: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO paused_jobs (job, paused_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.change(sql, (job.as_str(), At(now))).map(|_| ())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn resume_job(&self, job: &JobName) -> Result<(), Error> {
        self.change("DELETE FROM paused_jobs WHERE job = ?1", (job.as_str(),)).map(|_| ())
    }

    /// Why the run cannot become `wanted`.
    fn run_cannot(&self, id: RunId, wanted: RunState) -> Result<Error, Error> {
        Ok(match self.run(id)? {
            Some(run) => Error::Transition {
                what: "run",
                which: id.0,
                state: run.state.as_str(),
                wanted: wanted.as_str(),
            },
            None => Error::NotFound { what: "run", which: id.to_string() },
        })
    }
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let instant = |column| row.get::<_, Option<At>>(column).map(|at| at.map(|at| at.0));
    Ok(RunRow {
        id: RunId(row.get(0)?),
        slot: Slot { job: JobName::new(row.get::<_, String>(1)?), at: row.get::<_, At>(2)?.0 },
        trigger: row.get::<_, Word<Trigger>>(3)?.0,
        period: row.get::<_, Option<PeriodText>>(4)?.map(|period| period.0),
        state: row.get::<_, Word<RunState>>(5)?.0,
        attempt: row.get(6)?,
        started_at: row.get::<_, At>(7)?.0,
        finished_at: instant(8)?,
        next_attempt_at: instant(9)?,
        message: row.get(10)?,
        details: row.get::<_, Json<serde_json::Value>>(11)?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, fixture, now, slot};
    use super::*;

    fn outcome(end: RunEnd) -> RunOutcome {
        RunOutcome { end, message: "said".into(), details: serde_json::json!({ "orders": 3 }) }
    }

    #[test]
    fn a_slot_is_taken_once() {
        let fixture = fixture();
        let monday = slot("weekly-sales", "2026-11-16T00:00:00Z");
        let period = Some("2026-W46".parse().unwrap());
        let first = fixture.write(|w| w.claim_slot(&monday, Trigger::Schedule, period, now())).unwrap();
        assert_eq!(fixture.write(|w| w.claim_slot(&monday, Trigger::Manual, None, now())), None);
        assert_eq!(fixture.write(|w| w.skip_slot(&monday, "missed", now())), None);
        let other = slot("daily-sales", "2026-11-16T00:00:00Z");
        assert!(fixture.write(|w| w.claim_slot(&other, Trigger::CatchUp, None, now())).is_some());
        let fixture = fixture.reopened();
        let run = fixture.store.read(|r| r.run_of_slot(&monday)).unwrap().unwrap();
        assert_eq!((run.id, run.state, run.attempt), (first, RunState::Running, 1));
        assert_eq!((run.trigger, run.period), (Trigger::Schedule, period));
        assert_eq!(fixture.store.read(|r| r.running()).unwrap().len(), 2, "as after a crash");
    }

    #[test]
    fn a_held_run_is_due_again_and_ends() {
        let fixture = fixture();
        let (soon, later) = (at("2026-11-16T01:00:00Z"), at("2026-11-16T02:00:00Z"));
        let monday = slot("weekly-sales", "2026-11-16T00:00:00Z");
        fixture.write(|w| {
            let id = w.claim_slot(&monday, Trigger::Schedule, None, now())?.unwrap();
            w.finish_run(id, &outcome(RunEnd::Held { next_attempt_at: Some(soon) }), now())?;
            assert_eq!(w.due_retries(now())?, []);
            assert_eq!(w.due_retries(later)?.len(), 1);
            assert_eq!(w.retry_run(id, later)?, 2);
            assert_eq!(w.due_retries(later)?, []);
            w.finish_run(id, &outcome(RunEnd::Done), later)?;
            let run = w.run(id)?.unwrap();
            assert_eq!((run.state, run.trigger, run.attempt), (RunState::Done, Trigger::Retry, 2));
            assert_eq!((run.finished_at, run.next_attempt_at), (Some(later), None));
            assert_eq!((run.message.as_str(), &run.details["orders"]), ("said", &3.into()));
            Ok(())
        });
    }

    #[test]
    fn an_earlier_attempt_writes_nothing_any_more() {
        fixture().write(|w| {
            let id =
                w.claim_slot(&slot("a", "2026-11-16T00:00:00Z"), Trigger::Schedule, None, now())?.unwrap();
            w.hold_fence(id, 1)?;
            w.finish_run(id, &outcome(RunEnd::Failed { next_attempt_at: Some(now()) }), now())?;
            assert!(matches!(w.hold_fence(id, 1), Err(Error::Fenced { .. })));
            assert_eq!(w.retry_run(id, now())?, 2);
            assert!(matches!(w.hold_fence(id, 1), Err(Error::Fenced { attempt: 1, .. })));
            w.hold_fence(id, 2)
        });
    }

    #[test]
    fn what_has_ended_does_not_end_again() {
        let fixture = fixture();
        let id = fixture.write(|w| {
            let id = w.claim_slot(&slot("a", "2026-11-16T00:00:00Z"), Trigger::Manual, None, now())?.unwrap();
            w.finish_run(id, &outcome(RunEnd::Done), now())?;
            Ok(id)
        });
        let again = fixture.store.write(|w| w.finish_run(id, &outcome(RunEnd::Skipped), now()));
        assert!(matches!(again, Err(Error::Transition { state: "done", wanted: "skipped", .. })));
        let retry = fixture.store.write(|w| w.retry_run(id, now()));
        assert!(matches!(retry, Err(Error::Transition { wanted: "running", .. })));
        let nobody = fixture.store.write(|w| w.retry_run(RunId(99), now()));
        assert!(matches!(nobody, Err(Error::NotFound { .. })));
    }

    #[test]
    fn the_last_slot_counts_skipped_ones_and_the_scheduled_one_no_manual_ones() {
        let fixture = fixture();
        let job = JobName::new("daily-sales");
        fixture.write(|w| {
            assert_eq!(w.last_slot(&job)?, None);
            w.claim_slot(&slot("daily-sales", "2026-11-14T00:00:00Z"), Trigger::Schedule, None, now())?;
            w.skip_slot(&slot("daily-sales", "2026-11-15T00:00:00Z"), "outside the window", now())?;
            w.claim_slot(&slot("daily-sales", "2026-11-16T09:30:00Z"), Trigger::Manual, None, now())?;
            assert_eq!(w.last_slot(&job)?, Some(at("2026-11-16T09:30:00Z")));
            assert_eq!(w.last_scheduled_slot(&job)?, Some(at("2026-11-15T00:00:00Z")));
            let states: Vec<_> = w.runs(Some(&job), 2)?.into_iter().map(|run| run.state).collect();
            assert_eq!(states, [RunState::Running, RunState::Skipped]);
            assert_eq!(w.runs(None, 10)?.len(), 3);
            Ok(())
        });
    }

    #[test]
    fn jobs_pause_and_resume() {
        let fixture = fixture();
        let job = JobName::new("daily-sales");
        fixture.write(|w| w.pause_job(&job, now()));
        fixture.write(|w| w.pause_job(&job, at("2027-01-01T00:00:00Z")));
        assert_eq!(fixture.store.read(|r| r.paused_jobs()).unwrap(), BTreeMap::from([(job.clone(), now())]));
        fixture.write(|w| w.resume_job(&job));
        assert!(!fixture.store.read(|r| r.is_paused(&job)).unwrap());
    }
}
