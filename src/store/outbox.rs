//! The outbox: one row a recipient, from the moment a message is decided until its fate is known.
//!
//! Its states and their arrows stand in `outbox_state`. `dot-pending` is on the disk before the final dot goes out, so an interruption is told apart: before
//! it nothing was sent, after it both sides may own the message (RFC 1047). Invariant: a row's recipient,
//! identifier and bytes never change, so that whatever is sent twice is the same message.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word, read_count};
use super::outbox_state::OutboxState;
use super::{Error, Reader, Writer};
use crate::domain::ids::{ComplaintNo, OutboxId, ReleaseId};

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub struct OutboxRow<'a> {
    pub release: Option<ReleaseId>,
    pub complaint: Option<ComplaintNo>,
    /// What it is: `report`, `complaint-deadline`, ...
    pub kind: &'a str,
    /// An internal address.
    pub recipient: &'a str,
    pub message_id: &'a str,
    /// Where the bytes are, as `Store::write_released` was told.
    pub file: &'a str,
    pub sha256: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxItem {
    pub id: OutboxId,
    pub release: Option<ReleaseId>,
    pub complaint: Option<ComplaintNo>,
    pub kind: String,
    pub recipient: String,
    pub message_id: String,
    pub file: String,
    pub sha256: [u8; 32],
    pub state: OutboxState,
    /// How often it was claimed.
    pub attempts: u32,
    pub not_before: Timestamp,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    /// The relay's last answer, or why it stands as it does.
    pub note: String,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEvent {
    pub at: Timestamp,
    pub state: OutboxState,
    pub note: String,
}

/// What a crash had left over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Interrupted before the final dot: pending again.
    pub pending: Vec<OutboxId>,
    /// Interrupted after it: a person or a policy decides, by [`Writer::retry_message`].
    pub ambiguous: Vec<OutboxId>,
}

const COLUMNS: &str = "no, release_no, complaint, kind, recipient, message_id, file, sha256, state, \
                       attempts, not_before, created_at, changed_at, note";

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn outbox_item(&self, id: OutboxId) -> Result<Option<OutboxItem>, Error> {
        self.first(&format!("SELECT {COLUMNS} FROM outbox WHERE no = ?1"), (id.0,), read_item)
    }

    /// In one state, or in any, newest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn outbox(&self, state: Option<OutboxState>, limit: u32) -> Result<Vec<OutboxItem>, Error> {
        let sql =
            format!("SELECT {COLUMNS} FROM outbox WHERE ?1 IS NULL OR state = ?1 ORDER BY no DESC LIMIT ?2");
        self.all(&sql, (state.map(Word), limit), read_item)
    }

    /// Every file that a message's bytes stand in, with its hash.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn released_files(&self) -> Result<Vec<(String, [u8; 32])>, Error> {
        self.all("SELECT file, sha256 FROM outbox ORDER BY file", (), |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Whether a message was enqueued under this Message-ID, whatever became of it.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn has_message(&self, message_id: &str) -> Result<bool, Error> {
        Ok(self.first("SELECT 1 FROM outbox WHERE message_id = ?1", (message_id,), |_| Ok(()))?.is_some())
    }

    /// The messages of a release.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn messages_of(&self, release: ReleaseId) -> Result<Vec<OutboxItem>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE release_no = ?1 ORDER BY no");
        self.all(&sql, (release.0,), read_item)
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn outbox_counts(&self) -> Result<Vec<(OutboxState, u64)>, Error> {
        let sql = "SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state";
        self.all(sql, (), |row| Ok((row.get::<_, Word<OutboxState>>(0)?.0, read_count(row.get(1)?))))
    }

    /// A message's changes of state, oldest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn outbox_history(&self, id: OutboxId) -> Result<Vec<OutboxEvent>, Error> {
        let sql = "SELECT at, state, note FROM outbox_events WHERE outbox = ?1 ORDER BY no";
        self.all(sql, (id.0,), |row| {
            Ok(OutboxEvent {
                at: row.get::<_, At>(0)?.0,
                state: row.get::<_, Word<OutboxState>>(1)?.0,
                note: row.get(2)?,
            })
        })
    }

    fn ids_in(&self, state: OutboxState) -> Result<Vec<OutboxId>, Error> {
        let sql = "SELECT no FROM outbox WHERE state = ?1 ORDER BY no";
        self.all(sql, (Word(state),), |row| row.get(0).map(OutboxId))
    }
}

impl Writer<'_> {
    /// Adds a message, pending from now on. One that stands there already, the same in all, is left as it
    /// is.
    ///
    /// # Errors
    /// [`Error::MessageDiffers`] when the identifier stands for another message, [`Error::Sqlite`].
    pub fn enqueue(&self, message: &OutboxRow<'_>, now: Timestamp) -> Result<OutboxId, Error> {
        let known = "SELECT no, recipient, sha256 FROM outbox WHERE message_id = ?1";
        let found = self.first(known, (message.message_id,), |row| {
            Ok((OutboxId(row.get(0)?), row.get::<_, String>(1)?, row.get::<_, [u8; 32]>(2)?))
        })?;
        if let Some((id, recipient, sha256)) = found {
            let same = recipient == message.recipient && sha256 == message.sha256;
            return if same { Ok(id) } else { Err(Error::MessageDiffers) };
        }
        let sql = "INSERT INTO outbox (release_no, complaint, kind, recipient, message_id, file, sha256,
                                       state, attempts, not_before, created_at, changed_at, note)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', 0, ?8, ?8, ?8, '')";
        let parameters = params![
            message.release.map(|release| release.0),
            message.complaint.map(|complaint| complaint.0),
            message.kind,
            message.recipient,
            message.message_id,
            message.file,
            message.sha256,
            At(now),
        ];
        let id = OutboxId(self.insert(sql, parameters)?);
        self.note_event(id, OutboxState::Pending, "", now)?;
        Ok(id)
    }

    /// Claims the pending messages that are due, oldest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn claim_due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxItem>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM outbox WHERE state = 'pending' AND not_before <= ?1
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

    /// The relay refused it for good.
    ///
    /// # Errors
    /// [`Error::Transition`] unless it is claimed or its dot pending, [`Error::NotFound`],
    /// [`Error::Sqlite`].
    pub fn refused(&self, id: OutboxId, code: u16, text: &str, now: Timestamp) -> Result<(), Error> {
        self.move_to(id, OutboxState::Refused, &format!("{code} {text}"), now)
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

    /// The connection broke after the final dot.
    ///
    /// # Errors
    /// [`Error::Transition`] unless its dot is pending, [`Error::NotFound`], [`Error::Sqlite`].
    pub fn ambiguous(&self, id: OutboxId, text: &str, now: Timestamp) -> Result<(), Error> {
        self.move_to(id, OutboxState::Ambiguous, text, now)
    }

    /// At start: sorts out what a crash left half-way. No courier may be at work.
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

    /// By hand or by policy: a refused, ambiguous or cancelled message is due at once, the same bytes
    /// under the same identifier.
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

    /// A message that was on its way while its release was quarantined does not set out again.
    fn hold_back_if_quarantined(&self, id: OutboxId, now: Timestamp) -> Result<(), Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox o JOIN releases r ON r.no = o.release_no
                                  WHERE o.no = ?1 AND r.state = 'quarantined')";
        if self.single(sql, (id.0,), |row| row.get(0))? {
            self.move_to(id, OutboxState::Quarantined, "its release is quarantined", now)?;
        }
        Ok(())
    }

    fn set_not_before(&self, id: OutboxId, not_before: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE outbox SET not_before = ?2 WHERE no = ?1";
        self.change(sql, (id.0, At(not_before))).map(|_| ())
    }

    fn note_event(&self, id: OutboxId, state: OutboxState, note: &str, now: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO outbox_events (outbox, at, state, note) VALUES (?1, ?2, ?3, ?4)";
        self.change(sql, (id.0, At(now), Word(state), note)).map(|_| ())
    }
}

fn read_item(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    Ok(OutboxItem {
        id: OutboxId(row.get(0)?),
        release: row.get::<_, Option<i64>>(1)?.map(ReleaseId),
        complaint: row.get::<_, Option<i64>>(2)?.map(ComplaintNo),
        kind: row.get(3)?,
        recipient: row.get(4)?,
        message_id: row.get(5)?,
        file: row.get(6)?,
        sha256: row.get(7)?,
        state: row.get::<_, Word<OutboxState>>(8)?.0,
        attempts: row.get(9)?,
        not_before: row.get::<_, At>(10)?.0,
        created_at: row.get::<_, At>(11)?.0,
        changed_at: row.get::<_, At>(12)?.0,
        note: row.get(13)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, at, fixture, now};
    use super::*;

    fn message(message_id: &str) -> OutboxRow<'_> {
        OutboxRow {
            release: None,
            complaint: None,
            kind: "report",
            recipient: "a@1stwatch.vn",
            message_id,
            file: "2026/one.eml",
            sha256: [1; 32],
        }
    }

    fn state(fixture: &Fixture, id: OutboxId) -> OutboxState {
        fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap().state
    }

    #[test]
    fn a_message_is_sent_and_its_way_is_written_down() {
        let fixture = fixture();
        let id = fixture.write(|w| w.enqueue(&message("one"), now()));
        let claimed = fixture.write(|w| w.claim_due(now(), 5));
        assert_eq!((claimed.len(), claimed[0].attempts), (1, 1));
        assert_eq!(claimed[0], fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap());
        assert!(fixture.write(|w| w.claim_due(now(), 5)).is_empty(), "claimed once");
        fixture.write(|w| w.dot_pending(id, now()));
        fixture.write(|w| w.sent(id, "250 ok", now()));
        let way = fixture.store.read(|r| r.outbox_history(id)).unwrap();
        let way: Vec<_> = way.iter().map(|event| (event.state, event.note.as_str())).collect();
        assert_eq!(
            way,
            [
                (OutboxState::Pending, ""),
                (OutboxState::Claimed, ""),
                (OutboxState::DotPending, ""),
                (OutboxState::Sent, "250 ok")
            ]
        );
        let counts = fixture.store.read(|r| r.outbox_counts()).unwrap();
        assert_eq!(counts, [(OutboxState::Sent, 1)]);
    }

    #[test]
    fn steps_out_of_turn_are_refused() {
        let fixture = fixture();
        let id = fixture.write(|w| w.enqueue(&message("one"), now()));
        type Step = fn(&Writer<'_>, OutboxId) -> Result<(), Error>;
        let out_of_turn: [Step; 7] = [
            |w, id| w.dot_pending(id, now()),
            |w, id| w.sent(id, "", now()),
            |w, id| w.refused(id, 550, "", now()),
            |w, id| w.ambiguous(id, "", now()),
            |w, id| w.try_again(id, now(), "", now()),
            |w, id| w.retry_message(id, "", now()),
            |w, id| w.release_message(id, "", now()),
        ];
        for step in out_of_turn {
            let refused = fixture.store.write(|w| step(w, id));
            assert!(matches!(refused, Err(Error::Transition { state: "pending", .. })));
        }
        assert!(matches!(
            fixture.store.write(|w| w.sent(OutboxId(9), "", now())),
            Err(Error::NotFound { .. })
        ));
        fixture.write(|w| w.claim_due(now(), 1));
        assert!(fixture.store.write(|w| w.sent(id, "", now())).is_err(), "no dot was sent");
        assert!(fixture.store.write(|w| w.cancel_message(id, "", now())).is_err(), "it is on its way");
    }

    #[test]
    fn a_message_put_off_waits_and_a_refused_one_is_tried_by_hand() {
        let fixture = fixture();
        let later = at("2026-11-16T00:10:00Z");
        let id = fixture.write(|w| w.enqueue(&message("one"), now()));
        fixture.write(|w| {
            w.claim_due(now(), 1)?;
            w.try_again(id, later, "451 later", now())
        });
        assert!(fixture.write(|w| w.claim_due(now(), 1)).is_empty());
        let again = fixture.write(|w| w.claim_due(later, 1));
        assert_eq!((again.len(), again[0].attempts), (1, 2));
        fixture.write(|w| w.refused(id, 550, "no such user", later));
        let item = fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap();
        assert_eq!((item.state, item.note.as_str()), (OutboxState::Refused, "550 no such user"));
        fixture.write(|w| w.retry_message(id, "address corrected at the relay", later));
        assert_eq!(fixture.write(|w| w.claim_due(later, 1)).len(), 1);
    }

    #[test]
    fn a_crash_before_the_dot_sends_again_and_one_after_it_asks() {
        let fixture = fixture();
        let (before, after) = fixture.write(|w| {
            let ids = (w.enqueue(&message("one"), now())?, w.enqueue(&message("two"), now())?);
            w.claim_due(now(), 2)?;
            w.dot_pending(ids.1, now())?;
            Ok(ids)
        });
        let fixture = fixture.reopened();
        let recovered = fixture.write(|w| w.recover_outbox(now()));
        assert_eq!(recovered, Recovered { pending: vec![before], ambiguous: vec![after] });
        assert_eq!(state(&fixture, before), OutboxState::Pending);
        assert_eq!(state(&fixture, after), OutboxState::Ambiguous);
        assert_eq!(fixture.write(|w| w.recover_outbox(now())), Recovered::default());
    }

    #[test]
    fn a_message_is_queued_once_and_never_another_under_its_name() {
        let fixture = fixture();
        let id = fixture.write(|w| w.enqueue(&message("one"), now()));
        assert_eq!(fixture.write(|w| w.enqueue(&message("one"), now())), id);
        for other in [
            OutboxRow { sha256: [2; 32], ..message("one") },
            OutboxRow { recipient: "b@1stwatch.vn", ..message("one") },
        ] {
            let refused = fixture.store.write(|w| w.enqueue(&other, now()));
            assert!(matches!(refused, Err(Error::MessageDiffers)));
        }
        assert_eq!(fixture.store.read(|r| r.outbox(None, 9)).unwrap().len(), 1);
    }

    #[test]
    fn a_cancelled_message_stays_and_can_be_taken_up() {
        let fixture = fixture();
        let id = fixture.write(|w| w.enqueue(&message("one"), now()));
        fixture.write(|w| w.cancel_message(id, "wrong list", now()));
        assert!(fixture.write(|w| w.claim_due(now(), 9)).is_empty());
        let cancelled = fixture.store.read(|r| r.outbox(Some(OutboxState::Cancelled), 9)).unwrap();
        assert_eq!(cancelled.len(), 1);
        fixture.write(|w| w.retry_message(id, "", now()));
        assert_eq!(state(&fixture, id), OutboxState::Pending);
    }
}
