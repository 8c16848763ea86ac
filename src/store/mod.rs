//! The embedded store: everything the shop's books, runs, releases and complaints must remember for ever.
//!
//! One process holds the state directory (a file lock), one connection writes, each write is one
//! IMMEDIATE transaction that is on the disk when it returns (WAL, synchronous=FULL), and dropping it
//! half-way leaves nothing. One file a subject; SQL stands beside the function that runs it.
//!
//! Invariant: personal data enters and leaves only as [`Sealed`](crate::domain::sealed::Sealed) bytes.
//! Entries, pages, released cells, complaint events and audit rows are only ever added. Deliberately
//! absent: any key, the clock (`now` is a parameter), any decision.

mod archive;
mod audit;
mod backup;
mod columns;
mod complaint_events;
mod complaint_lines;
mod complaints;
mod corrections;
mod customers;
mod deadline_steps;
mod entries;
mod erasures;
mod figures;
mod files;
#[cfg(test)]
mod fixture;
mod identifier_runs;
mod keys;
mod meta;
mod open;
mod orders;
mod outbox;
mod outbox_state;
mod outbox_way;
mod pages;
mod payment_answers;
mod payments;
mod problems;
mod progress;
mod refunds;
mod rejected;
mod releases;
mod runs;
mod schema;
mod to_book;
mod watermarks;
mod witnesses;

use std::cell::Cell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use jiff::civil::Date;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, TransactionBehavior};

pub use archive::Archive;
pub use audit::{AuditEntry, AuditHead, AuditRow, AuditVerdict};
pub use backup::Copied;
pub use complaint_events::{LoggedEvent, NewEvent, SealedNote};
pub use complaint_lines::ComplaintToBook;
pub use complaints::{ComplaintRow, StoredComplaint};
pub use corrections::CorrectionRow;
pub use customers::{CustomerRow, FirstOrder};
pub use deadline_steps::StepRow;
pub use entries::LateTotal;
pub use files::RELEASES;
pub use identifier_runs::RunRecord;
pub use meta::VaultMatch;
pub use open::{DATABASE, Earlier};
pub use orders::{OrderRow, SealedUnder};
pub use outbox::{OutboxEvent, OutboxItem, OutboxRow};
pub use outbox_state::OutboxState;
pub use outbox_way::Recovered;
pub use pages::PageRow;
pub use payment_answers::{AnswerRow, KnownPayment, NewAnswer, PaymentFilter};
pub use payments::SealedReference;
pub use problems::{NewProblem, ProblemRow};
pub use rejected::{OpenRejected, RejectedCount, RejectedRow, Replaced};
pub use releases::{NewRelease, ReleaseRow, ReleaseState};
pub use runs::{RunEnd, RunOutcome, RunRow, RunState, Trigger};
pub use to_book::{BookingDesk, OrderToBook};

/// Why the store cannot do what it is asked. Never repeats a stored value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the state directory {} is in use by another firstwatch; reach that one over its socket, or stop it first", .0.display())]
    Busy(PathBuf),
    #[error("the state directory {} may be entered by others (mode {mode:04o}); run `chmod 700` on it, or choose an empty directory", .path.display())]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("the store {} is of a newer firstwatch (schema {found}, this version knows {known}); run the newer version, or restore the copy in its backups/ that was made before the upgrade", .path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("{} is not a database of firstwatch; choose another state directory", .path.display())]
    NotOurs { path: PathBuf },
    #[error("{} cannot be used", .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} exists already; choose another name", .path.display())]
    Exists { path: PathBuf },
    #[error("{name:?} is not a plain relative file name")]
    FileName { name: String },
    #[error("the released file {name:?} was sent with other content; it never changes")]
    AlreadyReleased { name: String },
    #[error("the released file {name:?} is not what was released; restore it from a backup")]
    Altered { name: String },
    #[error(
        "the database does not take {name} = {wanted} (it stays {found}); check the file system of the state directory"
    )]
    Setting { name: &'static str, wanted: &'static str, found: String },
    #[error("the day {day} is closed (until {closed_until}, not included); book on an open day")]
    DayClosed { day: Date, closed_until: Date },
    #[error("a page from {from} would overlap the pages sealed until {closed_until}")]
    PageOverlaps { from: Date, closed_until: Date },
    #[error("the entries of {day} would stand before the page from {from} and in none; seal them first")]
    PageLeavesOut { day: Date, from: Date },
    #[error("there is no {what} {which}")]
    NotFound { what: &'static str, which: String },
    #[error(
        "run {run} was taken over by a later attempt than {attempt}; what this one still wrote was thrown away"
    )]
    Fenced { run: i64, attempt: u32 },
    #[error("{what} {which} is {state} and cannot become {wanted}")]
    Transition { what: &'static str, which: i64, state: &'static str, wanted: &'static str },
    #[error(
        "a message with this identifier is in the outbox already with other content or for another recipient"
    )]
    MessageDiffers,
    #[error("the backup {} is not whole; make it again", .path.display())]
    Unfinished { path: PathBuf },
    #[error("the database is damaged ({}); restore the last good backup", .problems.join("; "))]
    Damaged { path: PathBuf, problems: Vec<String> },
    #[error("a value cannot be written as JSON")]
    Json(#[source] serde_json::Error),
    #[error("the database failed")]
    Sqlite(#[from] rusqlite::Error),
}

impl Error {
    /// Whether a run was taken over, so that its writer has to stop.
    pub fn is_fenced(&self) -> bool {
        matches!(self, Self::Fenced { .. })
    }

    /// Whether the database found no room on its disk.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}

/// The open store. `Send` and `Sync`: calls from several threads queue.
pub struct Store {
    directory: PathBuf,
    writer: Mutex<Connection>,
    reader: Mutex<Connection>,
    /// Transactions so far that changed a table of [`TILL`].
    till: AtomicU64,
    /// Held as long as the store is open.
    _lock: std::fs::File,
}

impl Store {
    /// Runs `work` in one IMMEDIATE transaction; an error (or a panic) leaves nothing of it behind.
    /// Do not call `write` inside `work`: it would wait for itself.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Sqlite`] when the transaction cannot begin or commit.
    pub fn write<T, E: From<Error>>(&self, work: impl FnOnce(&Writer<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = locked(&self.writer);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
        let writer = Writer { reader: Reader { connection: &transaction }, at_till: Cell::new(false) };
        let done = work(&writer)?;
        let at_till = writer.at_till.get();
        transaction.commit().map_err(Error::from)?;
        self.till.fetch_add(u64::from(at_till), Ordering::AcqRel);
        Ok(done)
    }

    /// Another number whenever anything has changed that payments are counted from. Whoever keeps a count reads the number
    /// first: a change in between is then counted again.
    pub fn till_version(&self) -> u64 {
        self.till.load(Ordering::Acquire)
    }

    /// Runs `work` on one snapshot of what was committed. Do not call `read` inside `work`: it would wait
    /// for itself.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Sqlite`] when the snapshot cannot be taken.
    pub fn read<T, E: From<Error>>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = locked(&self.reader);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Deferred).map_err(Error::from)?;
        work(&Reader { connection: &transaction })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// A panic inside a transaction has rolled it back, so the connection is as good as before.
fn locked(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What can be asked of the store; one snapshot.
pub struct Reader<'a> {
    connection: &'a Connection,
}

impl Reader<'_> {
    fn statement(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    /// The first row, if there is one.
    fn first<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        Ok(self.statement(sql)?.query_row(parameters, map).optional()?)
    }

    /// The one row that the statement always gives.
    fn single<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        Ok(self.statement(sql)?.query_row(parameters, map)?)
    }

    fn all<T>(
        &self,
        sql: &str,
        parameters: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        Ok(self.statement(sql)?.query_map(parameters, map)?.collect::<rusqlite::Result<_>>()?)
    }
}

/// The tables that payments, what they should come to and who has answered are counted from.
const TILL: [&str; 6] = ["payments", "payment_answers", "orders", "order_lines", "refunds", "customers"];

/// What can be asked of the store and changed in it; one transaction.
pub struct Writer<'a> {
    reader: Reader<'a>,
    /// Whether it has changed a table of [`TILL`].
    at_till: Cell<bool>,
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl Writer<'_> {
    /// Returns the number of rows changed.
    fn change(&self, sql: &str, parameters: impl Params) -> Result<usize, Error> {
        self.note(sql);
        Ok(self.statement(sql)?.execute(parameters)?)
    }

    /// Returns the number of the row inserted.
    fn insert(&self, sql: &str, parameters: impl Params) -> Result<i64, Error> {
        self.note(sql);
        Ok(self.statement(sql)?.insert(parameters)?)
    }

    /// By the statement's own words, so that no change can be forgotten.
    fn note(&self, sql: &str) {
        if !self.at_till.get() && TILL.iter().any(|table| sql.contains(table)) {
            self.at_till.set(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fixture::{a_customer, fixture, keep_order, shop};
    use super::*;
    use crate::domain::ids::OrderId;

    #[test]
    fn an_error_or_a_panic_leaves_nothing_and_the_store_goes_on() {
        let fixture = fixture();
        let failed: Result<(), Error> = fixture.store.write(|w| {
            keep_order(w, "1")?;
            Err(Error::MessageDiffers)
        });
        assert!(matches!(failed, Err(Error::MessageDiffers)));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            fixture.store.write::<(), Error>(|w| {
                keep_order(w, "2")?;
                panic!("in the middle");
            })
        }));
        assert!(panicked.is_err());
        fixture.write(|w| keep_order(w, "3"));
        for (id, kept) in [("1", false), ("2", false), ("3", true)] {
            let seen = fixture.store.read(|r| r.order_seen(&shop(), &OrderId::new(id))).unwrap();
            assert_eq!(seen.is_some(), kept, "{id}");
        }
    }

    #[test]
    fn a_reader_sees_what_was_committed_and_cannot_write() {
        let fixture = fixture();
        fixture.write(|w| {
            a_customer(w)?;
            let outside = fixture.store.read(|r| r.count_customers())?;
            assert_eq!((w.count_customers()?, outside), (1, 0));
            Ok(())
        });
        assert_eq!(fixture.store.read(|r| r.count_customers()).unwrap(), 1);
        let refused: Result<i64, Error> = fixture.store.read(|r| {
            r.single(
                "INSERT INTO watermarks (source, complete_until) VALUES ('x', 1) RETURNING 1",
                (),
                |row| row.get(0),
            )
        });
        assert!(matches!(refused, Err(Error::Sqlite(_))));
    }

    #[test]
    fn what_payments_are_counted_from_has_a_version() {
        let fixture = fixture();
        let version = || fixture.store.till_version();
        let first = version();
        fixture.write(|w| w.set_meta("x", b"y"));
        assert_eq!(version(), first, "something else");
        let failed: Result<(), Error> = fixture.store.write(|w| {
            keep_order(w, "1")?;
            Err(Error::MessageDiffers)
        });
        assert!(failed.is_err() && version() == first, "nothing came of it");
        fixture.write(|w| keep_order(w, "1"));
        fixture.write(a_customer);
        assert_eq!(version(), first + 2);
    }

    #[test]
    fn threads_share_a_store() {
        let fixture = fixture();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| fixture.write(|w| a_customer(w).map(|_| ()))));
            }
        });
        assert_eq!(fixture.store.read(|r| r.count_customers()).unwrap(), 100);
    }
}
