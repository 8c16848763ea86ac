//! The outbox: one row a recipient, from the moment a message is decided until its fate is known.
//!
//! Its states and their arrows stand in `outbox_state`, its steps in `outbox_way`. `dot-pending` is on the disk
//! before the final dot goes out, so an interruption is told apart: before it nothing was sent, after it both sides
//! may own the message (RFC 1047). Invariant: a row's recipient, identifier and bytes never change, so that
//! whatever is sent twice is the same message.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word, read_count};
use super::outbox_state::OutboxState;
use super::{Error, Reader, Writer};
use crate::domain::acknowledgement::OnAmbiguous;
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
    pub on_ambiguous: OnAmbiguous,
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
    pub on_ambiguous: OnAmbiguous,
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEvent {
    pub at: Timestamp,
    pub state: OutboxState,
    pub note: String,
}

pub(super) const COLUMNS: &str = "no, release_no, complaint, kind, recipient, message_id, file, sha256, state, \
                                  attempts, not_before, created_at, changed_at, note, on_ambiguous";

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

    /// The messages whose acknowledgement was interrupted, each with how often that has happened to it.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn ambiguous_messages(&self) -> Result<Vec<(OutboxItem, u64)>, Error> {
        let sql = format!(
            "SELECT {COLUMNS}, (SELECT count(*) FROM outbox_events e
                                WHERE e.outbox = outbox.no AND e.state = 'ambiguous')
             FROM outbox WHERE state = 'ambiguous' ORDER BY no"
        );
        self.all(&sql, (), |row| Ok((read_item(row)?, read_count(row.get(15)?))))
    }

    /// Whether a courier has something to do: a message that is due, or one that another courier left half-way.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn has_mail(&self, now: Timestamp) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE state IN ('claimed', 'dot-pending')
                                  UNION ALL SELECT 1 FROM outbox WHERE state = 'pending'
                                            AND (not_before <= ?1 OR changed_at > ?1))";
        self.single(sql, (At(now),), |row| row.get(0))
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

    /// Who was sent, or is to be sent, a kind of message that was made since an instant.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn recipients_since(&self, kind: &str, since: Timestamp) -> Result<BTreeSet<String>, Error> {
        let sql = "SELECT DISTINCT recipient FROM outbox
                   WHERE kind = ?1 AND created_at >= ?2 AND state <> 'cancelled'";
        Ok(self.all(sql, (kind, At(since)), |row| row.get(0))?.into_iter().collect())
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
                                       state, attempts, not_before, created_at, changed_at, note, on_ambiguous)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', 0, ?8, ?8, ?8, '', ?9)";
        let parameters = params![
            message.release.map(|release| release.0),
            message.complaint.map(|complaint| complaint.0),
            message.kind,
            message.recipient,
            message.message_id,
            message.file,
            message.sha256,
            At(now),
            Word(message.on_ambiguous),
        ];
        let id = OutboxId(self.insert(sql, parameters)?);
        self.note_event(id, OutboxState::Pending, "", now)?;
        Ok(id)
    }
}

pub(super) fn read_item(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
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
        on_ambiguous: row.get::<_, Word<OnAmbiguous>>(14)?.0,
    })
}

#[cfg(test)]
mod tests;
