//! The audit log: who did what, when, why, and whether it was granted; each row hashed with the one
//! before it, so that an edit, a deletion in the middle or a change of order shows.
//!
//! A log cut off at its end is whole in itself: that shows only against a head noted elsewhere.

use jiff::Timestamp;
use rusqlite::{Row, params};
use sha2::{Digest, Sha256};

use super::columns::{At, stored_count};
use super::{Error, Reader, Writer};

/// What the first row is hashed with.
const ORIGIN: [u8; 32] = [0; 32];

/// A row to add.
#[derive(Clone, Copy, Debug)]
pub struct AuditEntry<'a> {
    pub actor: &'a str,
    pub operation: &'a str,
    /// What it was done to, by number, never by name.
    pub subject: &'a str,
    pub reason: &'a str,
    /// `done`, `denied`, `failed`.
    pub outcome: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1, without gaps.
    pub no: i64,
    pub at: Timestamp,
    pub actor: String,
    pub operation: String,
    pub subject: String,
    pub reason: String,
    pub outcome: String,
    pub hash: [u8; 32],
}

/// The last row: note it elsewhere, and a log cut off before it is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    pub no: i64,
    pub hash: [u8; 32],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row follows from the one before.
    Whole { rows: u64 },
    /// The first row that does not, or that is missing.
    BrokenAt { no: i64 },
}

impl Reader<'_> {
    /// The last rows, newest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn audit(&self, limit: u32) -> Result<Vec<AuditRow>, Error> {
        let sql = "SELECT no, at, actor, operation, subject, reason, outcome, hash FROM audit
                   ORDER BY no DESC LIMIT ?1";
        self.all(sql, (limit,), read_row)
    }

    /// `None` while the log is empty.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn audit_head(&self) -> Result<Option<AuditHead>, Error> {
        let sql = "SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1";
        self.first(sql, (), |row| Ok(AuditHead { no: row.get(0)?, hash: row.get(1)? }))
    }

    /// Every row that tells of this operation on this subject, oldest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn audit_of(&self, operation: &str, subject: &str) -> Result<Vec<AuditRow>, Error> {
        let sql = "SELECT no, at, actor, operation, subject, reason, outcome, hash FROM audit
                   WHERE operation = ?1 AND subject = ?2 ORDER BY no";
        self.all(sql, (operation, subject), read_row)
    }

    /// Every row that tells of this subject, oldest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn audit_about(&self, subject: &str) -> Result<Vec<AuditRow>, Error> {
        let sql = "SELECT no, at, actor, operation, subject, reason, outcome, hash FROM audit
                   WHERE subject = ?1 ORDER BY no";
        self.all(sql, (subject,), read_row)
    }

    /// The hash of a row; `None` when there is none of this number.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn audit_hash(&self, no: i64) -> Result<Option<[u8; 32]>, Error> {
        self.first("SELECT hash FROM audit WHERE no = ?1", (no,), |row| row.get(0))
    }

    /// Walks the whole log, which must also still hold every row whose head was noted elsewhere.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn verify_audit(&self, noted: &[AuditHead]) -> Result<AuditVerdict, Error> {
        let sql = "SELECT no, at, actor, operation, subject, reason, outcome, hash FROM audit ORDER BY no";
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(())?;
        let (mut count, mut previous) = (0i64, ORIGIN);
        let mut noted = noted.to_vec();
        noted.sort_by_key(|head| head.no);
        let mut noted = noted.into_iter().peekable();
        while let Some(row) = rows.next()? {
            let row = read_row(row)?;
            count += 1;
            let mut noted_otherwise = false;
            while let Some(head) = noted.next_if(|head| head.no <= count) {
                noted_otherwise |= head.no != count || head.hash != row.hash;
            }
            if row.no != count || row.hash != chained(&previous, &row) || noted_otherwise {
                return Ok(AuditVerdict::BrokenAt { no: count });
            }
            previous = row.hash;
        }
        if noted.next().is_some() {
            return Ok(AuditVerdict::BrokenAt { no: count + 1 });
        }
        Ok(AuditVerdict::Whole { rows: super::columns::read_count(count) })
    }
}

impl Writer<'_> {
    /// Adds a row in the same transaction as what it tells of.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn append_audit(&self, entry: &AuditEntry<'_>, now: Timestamp) -> Result<AuditHead, Error> {
        let head = self.audit_head()?;
        let mut row = AuditRow {
            no: head.map_or(1, |head| head.no + 1),
            at: now,
            actor: entry.actor.to_owned(),
            operation: entry.operation.to_owned(),
            subject: entry.subject.to_owned(),
            reason: entry.reason.to_owned(),
            outcome: entry.outcome.to_owned(),
            hash: ORIGIN,
        };
        row.hash = chained(&head.map_or(ORIGIN, |head| head.hash), &row);
        let sql = "INSERT INTO audit (no, at, actor, operation, subject, reason, outcome, hash)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let parameters = params![
            row.no,
            At(row.at),
            row.actor,
            row.operation,
            row.subject,
            row.reason,
            row.outcome,
            row.hash
        ];
        self.change(sql, parameters)?;
        Ok(AuditHead { no: row.no, hash: row.hash })
    }
}

/// SHA-256 of the hash before and of the row's fields, each text with its length in front, so that no
/// two rows are written the same.
fn chained(previous: &[u8; 32], row: &AuditRow) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(row.no.to_be_bytes());
    hash.update(row.at.as_microsecond().to_be_bytes());
    for text in [&row.actor, &row.operation, &row.subject, &row.reason, &row.outcome] {
        hash.update(stored_count(text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        no: row.get(0)?,
        at: row.get::<_, At>(1)?.0,
        actor: row.get(2)?,
        operation: row.get(3)?,
        subject: row.get(4)?,
        reason: row.get(5)?,
        outcome: row.get(6)?,
        hash: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, fixture, now};
    use super::*;

    fn log() -> Fixture {
        let fixture = fixture();
        for operation in ["pull", "report", "resend", "erase"] {
            let entry = AuditEntry {
                actor: "uid:1000",
                operation,
                subject: "customer 7",
                reason: "asked by letter",
                outcome: "done",
            };
            fixture.write(|w| w.append_audit(&entry, now()));
        }
        fixture
    }

    fn verdict(fixture: &Fixture, noted: &[AuditHead]) -> AuditVerdict {
        fixture.store.read(|r| r.verify_audit(noted)).unwrap()
    }

    #[test]
    fn an_untouched_log_is_whole() {
        let empty = fixture();
        assert_eq!(verdict(&empty, &[]), AuditVerdict::Whole { rows: 0 });
        let log = log().reopened();
        let head = log.store.read(|r| r.audit_head()).unwrap().unwrap();
        assert_eq!(head.no, 4);
        assert_eq!(verdict(&log, &[head]), AuditVerdict::Whole { rows: 4 });
        let latest = log.store.read(|r| r.audit(1)).unwrap();
        assert_eq!((latest[0].operation.as_str(), latest[0].hash), ("erase", head.hash));
        let refused = log.store.write(|w| w.change("UPDATE audit SET outcome = 'denied'", ()));
        assert!(refused.is_err());
    }

    #[test]
    fn every_tampering_is_found() {
        let open = "DROP TRIGGER audit_stays; DROP TRIGGER audit_remains;";
        for (change, broken_at) in [
            ("UPDATE audit SET outcome = 'denied' WHERE no = 2", 2),
            ("UPDATE audit SET at = at + 1 WHERE no = 1", 1),
            // A letter moved from one field to the next.
            ("UPDATE audit SET actor = 'uid:100', operation = '0pull' WHERE no = 1", 1),
            ("UPDATE audit SET hash = zeroblob(32) WHERE no = 4", 4),
            ("DELETE FROM audit WHERE no = 1", 1),
            ("DELETE FROM audit WHERE no = 3", 3),
            ("DELETE FROM audit WHERE no = 3; UPDATE audit SET no = 3 WHERE no = 4", 3),
            (
                "UPDATE audit SET no = 9 WHERE no = 2; UPDATE audit SET no = 2 WHERE no = 3;
                 UPDATE audit SET no = 3 WHERE no = 9",
                2,
            ),
        ] {
            let log = log().tampered(&format!("{open}{change}"));
            assert_eq!(verdict(&log, &[]), AuditVerdict::BrokenAt { no: broken_at }, "{change}");
        }
    }

    #[test]
    fn a_log_cut_off_or_written_anew_is_found_by_a_head_noted_before() {
        let log = log();
        let head = log.store.read(|r| r.audit_head()).unwrap().unwrap();
        let cut = log.tampered("DROP TRIGGER audit_remains; DELETE FROM audit WHERE no = 4");
        assert_eq!(verdict(&cut, &[]), AuditVerdict::Whole { rows: 3 }, "whole in itself");
        assert_eq!(verdict(&cut, &[head]), AuditVerdict::BrokenAt { no: 4 });
        let entry = AuditEntry { actor: "daemon", operation: "x", subject: "", reason: "", outcome: "" };
        cut.write(|w| w.append_audit(&entry, now()));
        cut.write(|w| w.append_audit(&entry, now()));
        assert_eq!(verdict(&cut, &[head]), AuditVerdict::BrokenAt { no: 4 });
    }
}
