//! What metrics count in the run ledger and the releases. Each is asked for at every scrape, so each goes by an index or
//! over few rows.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::columns::{At, Word, read_count};
use super::{Error, Reader, ReleaseState};
use crate::domain::ids::JobName;

impl Reader<'_> {
    /// When the job's latest slot ended that was done.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn last_success(&self, job: &JobName) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT finished_at FROM runs WHERE job = ?1 AND state = 'done' ORDER BY slot DESC LIMIT 1";
        self.first(sql, (job.as_str(),), |row| row.get::<_, At>(0).map(|at| at.0))
    }

    /// The runs of each job that wait for something, a watermark for example.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn held_runs(&self) -> Result<BTreeMap<JobName, u64>, Error> {
        let sql = "SELECT job, count(*) FROM runs
                   WHERE next_attempt_at IS NOT NULL AND state = 'held' GROUP BY job";
        let rows =
            self.all(sql, (), |row| Ok((JobName::new(row.get::<_, String>(0)?), read_count(row.get(1)?))))?;
        Ok(rows.into_iter().collect())
    }

    /// The releases in each state.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn release_counts(&self) -> Result<Vec<(ReleaseState, u64)>, Error> {
        let sql = "SELECT state, count(*) FROM releases GROUP BY state ORDER BY state";
        self.all(sql, (), |row| Ok((row.get::<_, Word<ReleaseState>>(0)?.0, read_count(row.get(1)?))))
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::super::fixture::{fixture, now};
    use super::super::{RunEnd, RunOutcome, Trigger, Writer};
    use super::*;
    use crate::domain::slot::Slot;

    fn run(w: &Writer<'_>, job: &JobName, hours: i64, end: RunEnd) -> Result<(), Error> {
        let at = now() + SignedDuration::from_hours(hours);
        let run = w.claim_slot(&Slot { job: job.clone(), at }, Trigger::Schedule, None, at)?.unwrap();
        let outcome = RunOutcome { end, message: String::new(), details: serde_json::json!({}) };
        w.finish_run(run, &outcome, at)
    }

    #[test]
    fn the_latest_success_and_what_is_held_now_are_found() {
        let fixture = fixture();
        let (pull, weekly) = (JobName::new("pull"), JobName::new("weekly"));
        let again = now() + SignedDuration::from_hours(9);
        fixture.write(|w| {
            run(w, &pull, 1, RunEnd::Done)?;
            run(w, &pull, 2, RunEnd::Done)?;
            run(w, &pull, 3, RunEnd::Failed { next_attempt_at: Some(again) })?;
            run(w, &weekly, 1, RunEnd::Held { next_attempt_at: Some(again) })?;
            run(w, &weekly, 2, RunEnd::Held { next_attempt_at: Some(again) })
        });
        let read = fixture
            .store
            .read(|r| Ok::<_, Error>((r.last_success(&pull)?, r.last_success(&weekly)?, r.held_runs()?)));
        let expected = (Some(now() + SignedDuration::from_hours(2)), None, BTreeMap::from([(weekly, 2)]));
        assert_eq!(read.unwrap(), expected);
    }
}
