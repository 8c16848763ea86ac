//! What is wrong, one row a problem: since when, whether administrators were told, and when it was over.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word, words};
use super::{Error, Reader, Writer};
use crate::domain::ids::{ProblemId, RunId};
use crate::domain::trouble::Trouble;

words!(Trouble);

/// A problem as it shows itself now.
#[derive(Clone, Copy, Debug)]
pub struct NewProblem<'a> {
    /// Names the problem, not the attempt: `job/pull`, `mail/a@shop.example`.
    pub key: &'a str,
    pub trouble: Trouble,
    /// What happened, without personal data.
    pub what: &'a str,
    pub run: Option<RunId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemRow {
    pub id: ProblemId,
    pub key: String,
    pub trouble: Trouble,
    pub what: String,
    /// The last run that met it.
    pub run: Option<RunId>,
    pub since: Timestamp,
    /// `None`: nobody was told yet.
    pub told_at: Option<Timestamp>,
    pub over_at: Option<Timestamp>,
}

const COLUMNS: &str = "no, key, trouble, what, run, since, told_at, over_at";

impl Reader<'_> {
    /// Those that are not over, the oldest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn open_problems(&self) -> Result<Vec<ProblemRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM problems WHERE over_at IS NULL ORDER BY since, no");
        self.all(&sql, (), read_problem)
    }

    /// The one of this name that is not over.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn open_problem(&self, key: &str) -> Result<Option<ProblemRow>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM problems WHERE key = ?1 AND over_at IS NULL");
        self.first(&sql, (key,), read_problem)
    }

    /// Recipients with a message that was refused for good, or is pending since before `since` though it was tried, and
    /// no open problem; each with the relay's words.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn untold_undelivered(&self, since: Timestamp) -> Result<Vec<(String, String)>, Error> {
        let sql = "SELECT recipient, max(note) FROM outbox
                   WHERE (state = 'refused' OR (state = 'pending' AND attempts > 0 AND created_at < ?1))
                     AND NOT EXISTS (SELECT 1 FROM problems
                                     WHERE key = 'mail/' || recipient AND over_at IS NULL)
                   GROUP BY recipient";
        self.all(sql, (At(since),), |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Whether a message to the recipient was refused for good and nobody has decided about it, or is pending since
    /// before `since` though it was tried.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn has_undelivered(&self, recipient: &str, since: Timestamp) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE recipient = ?1 AND (state = 'refused'
                                  OR (state = 'pending' AND attempts > 0 AND created_at < ?2)))";
        self.single(sql, (recipient, At(since)), |row| row.get(0))
    }

    /// When administrators were last told of a problem of this name, over or not.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn last_told(&self, key: &str) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT max(told_at) FROM problems WHERE key = ?1";
        let at: Option<At> = self.single(sql, (key,), |row| row.get(0))?;
        Ok(at.map(|at| at.0))
    }
}

impl Writer<'_> {
    /// Notes that the problem is there (still). One that has turned into another trouble is to be told again.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn note_problem(&self, problem: &NewProblem<'_>, now: Timestamp) -> Result<ProblemRow, Error> {
        let sql = format!(
            "INSERT INTO problems (key, trouble, what, run, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (key) WHERE over_at IS NULL DO UPDATE
             SET told_at = iif(trouble = excluded.trouble, told_at, NULL),
                 since = iif(trouble = excluded.trouble, min(since, excluded.since), excluded.since),
                 trouble = excluded.trouble, what = excluded.what, run = coalesce(excluded.run, run)
             RETURNING {COLUMNS}"
        );
        let run = problem.run.map(|run| run.0);
        let parameters = params![problem.key, Word(problem.trouble), problem.what, run, At(now)];
        self.single(&sql, parameters, read_problem)
    }

    /// Administrators were told.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn problem_told(&self, id: ProblemId, now: Timestamp) -> Result<(), Error> {
        self.change("UPDATE problems SET told_at = ?2 WHERE no = ?1", (id.0, At(now))).map(|_| ())
    }

    /// Ends the problem of this name, and returns it; `None` when there was none.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn problem_over(&self, key: &str, now: Timestamp) -> Result<Option<ProblemRow>, Error> {
        let sql = format!(
            "UPDATE problems SET over_at = ?2 WHERE key = ?1 AND over_at IS NULL RETURNING {COLUMNS}"
        );
        self.first(&sql, (key, At(now)), read_problem)
    }
}

fn read_problem(row: &Row<'_>) -> rusqlite::Result<ProblemRow> {
    let instant = |column| row.get::<_, Option<At>>(column).map(|at| at.map(|at| at.0));
    Ok(ProblemRow {
        id: ProblemId(row.get(0)?),
        key: row.get(1)?,
        trouble: row.get::<_, Word<Trouble>>(2)?.0,
        what: row.get(3)?,
        run: row.get::<_, Option<i64>>(4)?.map(RunId),
        since: row.get::<_, At>(5)?.0,
        told_at: instant(6)?,
        over_at: instant(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, fixture, now};
    use super::*;

    fn problem(trouble: Trouble, what: &str) -> NewProblem<'_> {
        NewProblem { key: "job/pull", trouble, what, run: None }
    }

    #[test]
    fn a_problem_is_one_row_until_it_is_over() {
        let later = at("2026-11-17T01:00:00Z");
        fixture().write(|w| {
            let first = w.note_problem(&problem(Trouble::Failed, "no such file"), now())?;
            w.problem_told(first.id, now())?;
            let again = w.note_problem(&problem(Trouble::Failed, "disk gone"), later)?;
            assert_eq!((again.id, again.since, again.told_at), (first.id, now(), Some(now())));
            assert_eq!(again.what, "disk gone");
            // Another trouble of the same job is news.
            let other = w.note_problem(&problem(Trouble::Quarantined, "a phone"), later)?;
            assert_eq!((other.id, other.since, other.told_at), (first.id, later, None));
            assert_eq!(w.open_problems()?.len(), 1);
            assert_eq!(w.problem_over("job/pull", later)?.unwrap().over_at, Some(later));
            assert_eq!(w.problem_over("job/pull", later)?, None);
            assert_eq!(w.open_problem("job/pull")?, None);
            let next = w.note_problem(&problem(Trouble::Failed, "again"), later)?;
            assert!(next.id > first.id);
            Ok(())
        });
    }
}
