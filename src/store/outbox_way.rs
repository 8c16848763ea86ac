//! The way of a message through the outbox: each step of it, in the one place where a state changes.

use jiff::Timestamp;

use super::columns::{At, Word};
use super::outbox::{COLUMNS, OutboxItem, read_item};
use super::outbox_state::OutboxState;
use super::{Error, Reader, Writer};
use crate::domain::ids::{OutboxId, ReleaseId};

/// What a crash had left over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Interrupted before the final dot: pending again.
    pub pending: Vec<OutboxId>,
    /// Interrupted after it: a policy decides, by [`Writer::resend_message`], or a person, by
    /// [`Writer::retry_message`].
    pub ambiguous: Vec<OutboxId>,
}

impl Reader<'_> {
    fn ids_in(&self, state: OutboxState) -> Result<Vec<OutboxId>, Error> {
        let sql = "SELECT no FROM outbox WHERE state = ?1 ORDER BY no";
        self.all(sql, (Word(state),), |row| row.get(0).map(OutboxId))
    }
}

impl Writer<'_> {
    /// Claims the pending messages that are due, oldest first. What was put off in the future, before the clock was set
    /// back, is due.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn claim_due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxItem>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE state = 'pending' AND (not_before <= ?1 OR changed_at > ?1)
             ORDER BY not_before, no LIMIT ?2"
        );
        let mut due = self.all(&sql, (At(now), limit), read_item)?;
        for item in &mut due {
            self.move_to(item.id, OutboxState::Claimed, "", now)?;
            self.change("UPDATE outbox SET attempts = attempts + 1 WHERE no = ?1", (item.id.0,))?;
            item.state = OutboxState::Claimed;
            item.attempts += 1;
            item.changed_at = now;
            item.note.clear();
        }
        Ok(due)
    }

    /// The final dot is about to go out. Commit this before it does.
    ///
    /// # Errors
    /// [`Error::Transition`] unless it is claimed, [`Error::NotFound`], [`Error::Sqlite`].
    pub fn dot_pending(&self, id: OutboxId, now: Timestamp) -> Result<(), Error> {
        self.move_to(id, OutboxState::DotPending, "", now)
    }

    /// The relay took it.
    ///
    /// # Errors
    /// [`Error::Transition`] unless its dot is pending, [`Error::NotFound`], [`Error::Sqlite`].
    pub fn sent(&self, id: OutboxId, reply: &str, now: Timestamp) -> Result<(), Error> {
        self.move_to(id, OutboxState::Sent, reply, now)
    }

    /// The relay refused it for good, or, without a code, this house did.
    ///
    /// # Errors
    /// [`Error::Transition`] unless it is claimed or its dot pending, [`Error::NotFound`],
    /// [`Error::Sqlite`].
    pub fn refused(&self, id: OutboxId, code: Option<u16>, text: &str, now: Timestamp) -> Result<(), Error> {
        let note = code.map_or_else(|| text.to_owned(), |code| format!("{code} {text}"));
        self.move_to(id, OutboxState::Refused, &note, now)
    }

    /// It was not taken this time, for certain; it is due again at `not_before`.
    ///
    /// # Errors
    /// [`Error::Transition`] unless it is claimed or its dot pending, [`Error::NotFound`],
    /// [`Error::Sqlite`].
    pub fn try_again(
        &self,
        id: OutboxId,
        not_before: Timestamp,
        text: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let from = [OutboxState::Claimed, OutboxState::DotPending];
        self.move_among(id, &from, OutboxState::Pending, text, now)?;
        self.set_not_before(id, not_before)?;
        self.hold_back_if_quarantined(id, now)
    }

    /// The relay cannot be reached: whatever is due waits with it. That is no attempt and no change of state.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn postpone_due(&self, not_before: Timestamp, text: &str, now: Timestamp) -> Result<usize, Error> {
        let sql = "UPDATE outbox SET not_before = ?1, note = ?2 WHERE state = 'pending' AND not_before <= ?3";
        self.change(sql, (At(not_before), text, At(now)))
    }

    /// The connection broke after the final dot.
    ///
    /// # Errors
    /// [`Error::Transition`] unless its dot is pending, [`Error::NotFound`], [`Error::Sqlite`].
    pub fn ambiguous(&self, id: OutboxId, text: &str, now: Timestamp) -> Result<(), Error> {
        self.move_to(id, OutboxState::Ambiguous, text, now)
    }

    /// Sorts out what a crash, or a courier that panicked, left half-way. No courier may be at work.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn recover_outbox(&self, now: Timestamp) -> Result<Recovered, Error> {
        let recovered = Recovered {
            pending: self.ids_in(OutboxState::Claimed)?,
            ambiguous: self.ids_in(OutboxState::DotPending)?,
        };
        for &id in &recovered.pending {
            self.move_to(id, OutboxState::Pending, "interrupted before the end of the message", now)?;
            self.hold_back_if_quarantined(id, now)?;
        }
        for &id in &recovered.ambiguous {
            self.move_to(id, OutboxState::Ambiguous, "interrupted after the end of the message", now)?;
        }
        Ok(recovered)
    }

    /// By policy: an ambiguous message is due at once, the same bytes under the same identifier.
    ///
    /// # Errors
    /// [`Error::Transition`], [`Error::NotFound`], [`Error::Sqlite`].
    pub fn resend_message(&self, id: OutboxId, note: &str, now: Timestamp) -> Result<(), Error> {
        self.move_among(id, &[OutboxState::Ambiguous], OutboxState::Pending, note, now)?;
        self.set_not_before(id, now)?;
        self.hold_back_if_quarantined(id, now)
    }

    /// By hand: a refused, ambiguous or cancelled message is due at once, the same bytes under the same
    /// identifier.
    ///
    /// # Errors
    /// [`Error::Transition`], [`Error::NotFound`], [`Error::Sqlite`].
    pub fn retry_message(&self, id: OutboxId, note: &str, now: Timestamp) -> Result<(), Error> {
        let from = [OutboxState::Refused, OutboxState::Ambiguous, OutboxState::Cancelled];
        self.move_among(id, &from, OutboxState::Pending, note, now)?;
        self.set_not_before(id, now)
    }

    /// By hand: a quarantined message may leave.
    ///
    /// # Errors
    /// [`Error::Transition`], [`Error::NotFound`], [`Error::Sqlite`].
    pub fn release_message(&self, id: OutboxId, note: &str, now: Timestamp) -> Result<(), Error> {
        self.move_among(id, &[OutboxState::Quarantined], OutboxState::Pending, note, now)?;
        self.set_not_before(id, now)
    }

    /// By hand: a message that has not been sent, and is not being sent, never is.
    ///
    /// # Errors
    /// [`Error::Transition`], [`Error::NotFound`], [`Error::Sqlite`].
    pub fn cancel_message(&self, id: OutboxId, note: &str, now: Timestamp) -> Result<(), Error> {
        self.move_to(id, OutboxState::Cancelled, note, now)
    }

    pub(super) fn quarantine_messages(
        &self,
        release: ReleaseId,
        note: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut messages = self.messages_of(release)?.into_iter();
        messages.try_for_each(|item| match item.state {
            OutboxState::Pending => self.move_to(item.id, OutboxState::Quarantined, note, now),
            _ => Ok(()),
        })
    }

    pub(super) fn release_messages(
        &self,
        release: ReleaseId,
        note: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut messages = self.messages_of(release)?.into_iter();
        messages.try_for_each(|item| match item.state {
            OutboxState::Quarantined => self.release_message(item.id, note, now),
            _ => Ok(()),
        })
    }

    fn move_to(&self, id: OutboxId, next: OutboxState, note: &str, now: Timestamp) -> Result<(), Error> {
        self.move_among(id, &OutboxState::ALL, next, note, now)
    }

    /// The one place where a state changes: from one of `from`, along the arrows of
    /// [`OutboxState::may_become`].
    fn move_among(
        &self,
        id: OutboxId,
        from: &[OutboxState],
        next: OutboxState,
        note: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "SELECT state FROM outbox WHERE no = ?1";
        let state = self
            .first(sql, (id.0,), |row| row.get::<_, Word<OutboxState>>(0))?
            .ok_or_else(|| Error::NotFound { what: "message", which: id.to_string() })?
            .0;
        if !from.contains(&state) || !state.may_become(next) {
            return Err(Error::Transition {
                what: "message",
                which: id.0,
                state: state.as_str(),
                wanted: next.as_str(),
            });
        }
        let sql = "UPDATE outbox SET state = ?2, note = ?3, changed_at = ?4 WHERE no = ?1";
        self.change(sql, (id.0, Word(next), note, At(now)))?;
        self.note_event(id, next, note, now)
    }

    /// A message that was on its way while its release was quarantined does not set out again. One that was held
    /// back before is on its way because a person let it go.
    fn hold_back_if_quarantined(&self, id: OutboxId, now: Timestamp) -> Result<(), Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox o JOIN releases r ON r.no = o.release_no
                                  WHERE o.no = ?1 AND r.state = 'quarantined')
                   AND NOT EXISTS (SELECT 1 FROM outbox_events WHERE outbox = ?1 AND state = 'quarantined')";
        if self.single(sql, (id.0,), |row| row.get(0))? {
            self.move_to(id, OutboxState::Quarantined, "its release is quarantined", now)?;
        }
        Ok(())
    }

    fn set_not_before(&self, id: OutboxId, not_before: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE outbox SET not_before = ?2 WHERE no = ?1";
        self.change(sql, (id.0, At(not_before))).map(|_| ())
    }

    pub(super) fn note_event(
        &self,
        id: OutboxId,
        state: OutboxState,
        note: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO outbox_events (outbox, at, state, note) VALUES (?1, ?2, ?3, ?4)";
        self.change(sql, (id.0, At(now), Word(state), note)).map(|_| ())
    }
}
