//! Which steps of a complaint's deadlines have been told to whom, and by which message.
//!
//! A step's key is (complaint, clock, deadline, step, recipient): it is told once, and a deadline that moves has keys
//! of its own. Deliberately absent: when a deadline is; its instant stands here only as part of the key.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word, unreadable};
use super::{Error, Reader, Writer};
use crate::domain::complaint::{Clock, StepAt};
use crate::domain::ids::{ComplaintNo, OutboxId};

/// The step that notes, for nobody, that a deadline was missed and the books know it.
const MISSED: &str = "missed";

/// A step that was told, or a deadline that was missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    pub complaint: ComplaintNo,
    clock: Clock,
    /// Microseconds, as kept.
    deadline: i64,
    /// `None`: the deadline was missed.
    step: Option<StepAt>,
    pub recipient: String,
    /// The message that told of it was refused.
    pub bounced: bool,
}

impl StepRow {
    pub fn is_of(&self, clock: Clock, deadline: Timestamp, at: StepAt) -> bool {
        self.step == Some(at) && self.clock == clock && self.deadline == deadline.as_microsecond()
    }

    pub fn is_missed(&self, clock: Clock, deadline: Timestamp) -> bool {
        self.step.is_none() && self.clock == clock && self.deadline == deadline.as_microsecond()
    }
}

const COLUMNS: &str =
    "s.complaint, s.clock, s.deadline, s.step, s.recipient, coalesce(o.state, '') = 'refused'";

impl Reader<'_> {
    /// The steps of the complaints `first..=last`, by complaint.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn steps_between(&self, first: ComplaintNo, last: ComplaintNo) -> Result<Vec<StepRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deadline_steps s LEFT JOIN outbox o ON o.no = s.outbox
             WHERE s.complaint BETWEEN ?1 AND ?2 ORDER BY s.complaint"
        );
        self.all(&sql, (first.0, last.0), read_step)
    }

    /// The steps that a message tells of, by complaint; at most `limit`.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn steps_of_message(&self, id: OutboxId, limit: u32) -> Result<Vec<StepRow>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deadline_steps s JOIN outbox o ON o.no = s.outbox
             WHERE s.outbox = ?1 ORDER BY s.complaint LIMIT ?2"
        );
        self.all(&sql, (id.0, limit), read_step)
    }
}

impl Writer<'_> {
    /// Notes that a step goes out to a recipient by a message. Returns `false` when it stood already.
    ///
    /// # Errors
    /// [`Error::Sqlite`] (also when there is no such complaint or message).
    pub fn record_step(
        &self,
        no: ComplaintNo,
        clock: Clock,
        deadline: Timestamp,
        at: StepAt,
        (recipient, message): (&str, OutboxId),
    ) -> Result<bool, Error> {
        self.record(no, clock, deadline, &at.to_string(), (recipient, Some(message)))
    }

    /// Notes that a deadline was missed. Returns `false` when that stood already.
    ///
    /// # Errors
    /// [`Error::Sqlite`] (also when there is no such complaint).
    pub fn record_missed(&self, no: ComplaintNo, clock: Clock, deadline: Timestamp) -> Result<bool, Error> {
        self.record(no, clock, deadline, MISSED, ("", None))
    }

    /// Takes back that a message told of its steps: it is not sent, and what still stands is told by another.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn forget_steps_of(&self, message: OutboxId) -> Result<usize, Error> {
        self.change("DELETE FROM deadline_steps WHERE outbox = ?1", (message.0,))
    }

    fn record(
        &self,
        no: ComplaintNo,
        clock: Clock,
        deadline: Timestamp,
        step: &str,
        (recipient, message): (&str, Option<OutboxId>),
    ) -> Result<bool, Error> {
        let sql = "INSERT INTO deadline_steps (complaint, clock, deadline, step, recipient, outbox)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
        let parameters =
            params![no.0, Word(clock), At(deadline), step, recipient, message.map(|message| message.0)];
        Ok(self.change(sql, parameters)? == 1)
    }
}

fn read_step(row: &Row<'_>) -> rusqlite::Result<StepRow> {
    let step: String = row.get(3)?;
    let step = match step.as_str() {
        MISSED => None,
        step => Some(step.parse().map_err(|_| unreadable("step of a deadline"))?),
    };
    Ok(StepRow {
        complaint: ComplaintNo(row.get(0)?),
        clock: row.get::<_, Word<Clock>>(1)?.0,
        deadline: row.get(2)?,
        step,
        recipient: row.get(4)?,
        bounced: row.get(5)?,
    })
}
