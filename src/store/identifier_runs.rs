//! Identifiers that come by the thousand: sorted runs of records, in chunks of about a page.
//!
//! A run is written at once and read by halving. So many of one level are merged into one of the next, so that there are few
//! to ask, and a record is written a few times however many there are. Only what nobody's identity is told by stands here, names
//! and addresses: whoever stores an order need not ask runs whose it is.
//!
//! Invariant: the chunks of a run, by `first`, hold its records in order, none of them twice. A record may stand in several
//! runs, and in the table of identifiers too.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, Reader, Writer};
use crate::domain::customer::IdentifierKind;
use crate::domain::ids::CustomerNo;

/// Runs of one level that become one of the next.
const MERGED: usize = 8;

/// A chunk's row fits into a page of 4 KiB.
const CHUNK: usize = 160;

const RECORD: usize = 1 + 16 + 8;

/// As it stands in a run; sorted as its bytes are.
type Record = [u8; RECORD];

/// An identifier on its way into a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunRecord(Record);

impl RunRecord {
    /// `None` of a kind that stands in the table alone.
    pub fn new(kind: IdentifierKind, blind: &[u8; 16], customer: Option<CustomerNo>) -> Option<Self> {
        let mut record = [0; RECORD];
        record[0] = code(kind)?;
        record[1..17].copy_from_slice(blind);
        record[17..].copy_from_slice(&customer.map_or(0, |no| no.0).to_be_bytes());
        Some(Self(record))
    }
}

pub(super) fn stands_in_runs(kind: IdentifierKind) -> bool {
    code(kind).is_some()
}

fn code(kind: IdentifierKind) -> Option<u8> {
    match kind {
        IdentifierKind::Name => Some(1),
        IdentifierKind::Address => Some(2),
        IdentifierKind::Account
        | IdentifierKind::Phone
        | IdentifierKind::Email
        | IdentifierKind::CitizenId => None,
    }
}

fn kind_of(record: &Record) -> Option<IdentifierKind> {
    [IdentifierKind::Name, IdentifierKind::Address].into_iter().find(|kind| code(*kind) == Some(record[0]))
}

fn customer_of(record: &Record) -> Option<CustomerNo> {
    let no = i64::from_be_bytes(*record.last_chunk().expect("a record is longer than its end"));
    (no != 0).then_some(CustomerNo(no))
}

fn blind_of(record: &Record) -> [u8; 16] {
    *record[1..].first_chunk().expect("a record has a blind index")
}

/// Where the records of this identifier begin and end.
fn bounds(kind: IdentifierKind, blind: &[u8; 16]) -> Option<(Record, Record)> {
    let RunRecord(least) = RunRecord::new(kind, blind, None)?;
    let RunRecord(most) = RunRecord::new(kind, blind, Some(CustomerNo(i64::MAX)))?;
    Some((least, most))
}

struct Chunk {
    no: i64,
    records: Vec<Record>,
}

impl Reader<'_> {
    /// Whose this identifier is by the runs, by number; `None` among them of a person who is no customer.
    pub(super) fn owners_in_runs(
        &self,
        kind: IdentifierKind,
        blind: &[u8; 16],
    ) -> Result<BTreeSet<Option<CustomerNo>>, Error> {
        let mut owners = BTreeSet::new();
        let Some((least, most)) = bounds(kind, blind) else { return Ok(owners) };
        for run in self.identifier_runs(None)? {
            for chunk in self.chunks_between(run, &least, &most)? {
                let theirs = chunk.records.iter().filter(|record| (least..=most).contains(*record));
                owners.extend(theirs.map(customer_of));
            }
        }
        Ok(owners)
    }

    /// What runs hold of the customer. It looks through all of them.
    pub(super) fn identifiers_in_runs(
        &self,
        no: CustomerNo,
    ) -> Result<BTreeSet<(IdentifierKind, [u8; 16])>, Error> {
        let mut found = BTreeSet::new();
        self.each_chunk(|_, records| {
            let theirs = records.iter().filter(|record| customer_of(record) == Some(no));
            found.extend(theirs.filter_map(|record| Some((kind_of(record)?, blind_of(record)))));
        })?;
        Ok(found)
    }

    /// What is wrong with the runs. A store of an earlier version has none.
    pub(super) fn problems_of_runs(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'identifier_chunks')";
        if !self.single(sql, (), |row| row.get::<_, bool>(0))? {
            return Ok(Vec::new());
        }
        let last: Option<i64> = self.single("SELECT max(no) FROM customers", (), |row| row.get(0))?;
        let mut problems = BTreeSet::new();
        let mut before: BTreeMap<i64, Record> = BTreeMap::new();
        self.each_chunk(|run, records| {
            for record in records {
                if before.insert(run, *record).is_some_and(|before| before >= *record) {
                    problems.insert(format!("run {run} of identifiers is out of order"));
                }
                // Customers are never deleted.
                if customer_of(record).is_some_and(|no| Some(no.0) > last) {
                    problems.insert(format!("run {run} of identifiers refers to none of customers"));
                }
            }
        })?;
        Ok(problems.into_iter().collect())
    }

    fn identifier_runs(&self, level: Option<i64>) -> Result<Vec<i64>, Error> {
        let sql = "SELECT no FROM identifier_runs WHERE ?1 IS NULL OR level = ?1 ORDER BY no";
        self.all(sql, (level,), |row| row.get(0))
    }

    /// The chunks that may hold records from `least` to `most`.
    fn chunks_between(&self, run: i64, least: &Record, most: &Record) -> Result<Vec<Chunk>, Error> {
        let sql =
            "SELECT no, records FROM identifier_chunks WHERE run = ?1 AND first <= ?3 AND first >= coalesce(
                       (SELECT max(first) FROM identifier_chunks WHERE run = ?1 AND first <= ?2), ?2)
                   ORDER BY first";
        self.all(sql, (run, least, most), |row| {
            Ok(Chunk { no: row.get(0)?, records: records(row.get_ref(1)?.as_blob()?) })
        })
    }

    fn each_chunk(&self, mut see: impl FnMut(i64, &[Record])) -> Result<(), Error> {
        let mut statement =
            self.statement("SELECT run, records FROM identifier_chunks ORDER BY run, first")?;
        let mut rows = statement.query(())?;
        while let Some(row) = rows.next()? {
            let chunk = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            see(row.get(0)?, &records(chunk));
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Keeps the identifiers as one run; noting one twice is once.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn add_run(&self, mut identifiers: Vec<RunRecord>) -> Result<(), Error> {
        identifiers.sort_unstable();
        identifiers.dedup();
        if identifiers.is_empty() {
            return Ok(());
        }
        let mut run = NewRun::begin(self, 0)?;
        identifiers.iter().try_for_each(|RunRecord(record)| run.add(record))?;
        run.finish()?;
        for level in 0.. {
            let runs = self.identifier_runs(Some(level))?;
            if runs.len() < MERGED {
                break;
            }
            self.merge(&runs, level + 1)?;
        }
        Ok(())
    }

    /// Makes one run of all, so that there is one to ask.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn settle_runs(&self) -> Result<(), Error> {
        let runs = self.identifier_runs(None)?;
        if runs.len() < 2 {
            return Ok(());
        }
        let highest = self.single("SELECT max(level) FROM identifier_runs", (), |row| row.get(0))?;
        self.merge(&runs, highest)
    }

    /// Takes the identifier of the customer, or of nobody, out of the runs.
    pub(super) fn remove_from_runs(
        &self,
        kind: IdentifierKind,
        blind: &[u8; 16],
        customer: Option<CustomerNo>,
    ) -> Result<(), Error> {
        let Some(RunRecord(record)) = RunRecord::new(kind, blind, customer) else { return Ok(()) };
        for run in self.identifier_runs(None)? {
            for mut chunk in self.chunks_between(run, &record, &record)? {
                let before = chunk.records.len();
                chunk.records.retain(|kept| *kept != record);
                match chunk.records.first() {
                    _ if chunk.records.len() == before => {}
                    None => {
                        self.change("DELETE FROM identifier_chunks WHERE no = ?1", (chunk.no,))?;
                    }
                    Some(first) => {
                        let sql = "UPDATE identifier_chunks SET first = ?2, records = ?3 WHERE no = ?1";
                        self.change(sql, (chunk.no, first, chunk.records.as_flattened()))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn merge(&self, runs: &[i64], level: i64) -> Result<(), Error> {
        let mut merged = NewRun::begin(self, level)?;
        let mut cursors = runs.iter().map(|run| Cursor::of(self, *run)).collect::<Result<Vec<_>, _>>()?;
        let mut last: Option<Record> = None;
        while let Some(least) = (0..cursors.len())
            .filter(|&which| cursors[which].head().is_some())
            .min_by_key(|&which| cursors[which].head())
        {
            if let Some(record) = cursors[least].take(self)?
                && last.replace(record) != Some(record)
            {
                merged.add(&record)?;
            }
        }
        merged.finish()?;
        for run in runs {
            self.change("DELETE FROM identifier_chunks WHERE run = ?1", (run,))?;
            self.change("DELETE FROM identifier_runs WHERE no = ?1", (run,))?;
        }
        Ok(())
    }
}

/// A run while it is written.
struct NewRun<'a> {
    writer: &'a Writer<'a>,
    no: i64,
    chunk: Vec<Record>,
}

impl<'a> NewRun<'a> {
    fn begin(writer: &'a Writer<'a>, level: i64) -> Result<Self, Error> {
        let no = writer.insert("INSERT INTO identifier_runs (level) VALUES (?1)", (level,))?;
        Ok(Self { writer, no, chunk: Vec::with_capacity(CHUNK) })
    }

    fn add(&mut self, record: &Record) -> Result<(), Error> {
        self.chunk.push(*record);
        if self.chunk.len() == CHUNK { self.write() } else { Ok(()) }
    }

    fn finish(mut self) -> Result<(), Error> {
        self.write()
    }

    fn write(&mut self) -> Result<(), Error> {
        let Some(first) = self.chunk.first() else { return Ok(()) };
        let sql = "INSERT INTO identifier_chunks (run, first, records) VALUES (?1, ?2, ?3)";
        self.writer.insert(sql, (self.no, first, self.chunk.as_flattened()))?;
        self.chunk.clear();
        Ok(())
    }
}

/// A run while it is read in order, a chunk at a time.
struct Cursor {
    run: i64,
    first: Record,
    /// The last one is next.
    left: Vec<Record>,
}

impl Cursor {
    fn of(reader: &Reader<'_>, run: i64) -> Result<Self, Error> {
        let mut cursor = Self { run, first: [0; RECORD], left: Vec::new() };
        cursor.fill(reader)?;
        Ok(cursor)
    }

    fn head(&self) -> Option<&Record> {
        self.left.last()
    }

    fn take(&mut self, reader: &Reader<'_>) -> Result<Option<Record>, Error> {
        let record = self.left.pop();
        if self.left.is_empty() {
            self.fill(reader)?;
        }
        Ok(record)
    }

    fn fill(&mut self, reader: &Reader<'_>) -> Result<(), Error> {
        let sql =
            "SELECT records FROM identifier_chunks WHERE run = ?1 AND first > ?2 ORDER BY first LIMIT 1";
        let next =
            reader.first(sql, (self.run, self.first), |row| Ok(records(row.get_ref(0)?.as_blob()?)))?;
        if let Some(chunk) = next {
            self.first = chunk[0];
            self.left = chunk;
            self.left.reverse();
        }
        Ok(())
    }
}

fn records(bytes: &[u8]) -> Vec<Record> {
    bytes.as_chunks().0.to_vec()
}

#[cfg(test)]
mod tests;
