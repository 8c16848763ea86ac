//! Rows that did not fit: kept whole and sealed, healed when they no longer occur, never deleted.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::params;

use super::columns::{At, Word, read_count, stored_count};
use super::{Error, Reader, Writer};
use crate::domain::feed::{Feed, Rejected};
use crate::domain::ids::SourceName;
use crate::domain::sealed::Sealed;

/// A rejected row to keep.
pub struct RejectedRow {
    pub feed: Feed,
    pub origin: String,
    pub row: u64,
    pub column: String,
    pub reason: String,
    /// The whole of it, under the system data key.
    pub sealed: Sealed<Rejected>,
    /// The vault's keyed hash of the raw row: how it is known again.
    pub fingerprint: [u8; 32],
}

/// A rejected row that has not healed.
pub struct OpenRejected {
    pub no: i64,
    pub source: SourceName,
    pub feed: Feed,
    pub origin: String,
    pub row: u64,
    pub column: String,
    pub reason: String,
    pub sealed: Sealed<Rejected>,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// How many rows of one feed stand rejected, and how many have healed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedCount {
    pub source: SourceName,
    pub feed: Feed,
    pub open: u64,
    pub healed: u64,
}

/// What one pass changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Rejected now and not before (or healed since).
    pub opened: u64,
    /// Rejected before and still.
    pub standing: u64,
    /// Rejected before and not now.
    pub healed: u64,
}

/// The pass in which rows were added, and how many of them had stood open before.
struct Added {
    pass: i64,
    standing: u64,
}

impl Reader<'_> {
    /// Of one source, or of all, by source, feed and row.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn open_rejected(&self, source: Option<&SourceName>) -> Result<Vec<OpenRejected>, Error> {
        let sql = "SELECT no, source, feed, origin, row_number, column_name, reason, sealed_row,
                          first_seen_at, last_seen_at
                   FROM rejected WHERE healed_at IS NULL AND (?1 IS NULL OR source = ?1)
                   ORDER BY source, feed, origin, row_number, no";
        self.all(sql, (source.map(SourceName::as_str),), |row| {
            Ok(OpenRejected {
                no: row.get(0)?,
                source: SourceName::new(row.get::<_, String>(1)?),
                feed: row.get::<_, Word<Feed>>(2)?.0,
                origin: row.get(3)?,
                row: read_count(row.get(4)?),
                column: row.get(5)?,
                reason: row.get(6)?,
                sealed: Sealed::from_bytes(row.get(7)?),
                first_seen_at: row.get::<_, At>(8)?.0,
                last_seen_at: row.get::<_, At>(9)?.0,
            })
        })
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn rejected_counts(&self) -> Result<Vec<RejectedCount>, Error> {
        let sql = "SELECT source, feed, count(*) FILTER (WHERE healed_at IS NULL), count(healed_at)
                   FROM rejected GROUP BY source, feed ORDER BY source, feed";
        self.all(sql, (), |row| {
            Ok(RejectedCount {
                source: SourceName::new(row.get::<_, String>(0)?),
                feed: row.get::<_, Word<Feed>>(1)?.0,
                open: read_count(row.get(2)?),
                healed: read_count(row.get(3)?),
            })
        })
    }
}

impl Writer<'_> {
    /// Makes `rows` the open rejects of the source (or of one of its feeds): those known stay, new ones
    /// are added, those that no longer occur are healed.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn replace_rejected(
        &self,
        source: &SourceName,
        feed: Option<Feed>,
        rows: &[RejectedRow],
        now: Timestamp,
    ) -> Result<Replaced, Error> {
        let open = "SELECT count(*) FROM rejected
                    WHERE source = ?1 AND (?2 IS NULL OR feed = ?2) AND healed_at IS NULL";
        let before: i64 = self.single(open, (source.as_str(), feed.map(Word)), |row| row.get(0))?;
        let Added { pass, standing } = self.add_rejected(source, rows, now)?;
        let heal = "UPDATE rejected SET healed_at = ?4
                    WHERE source = ?1 AND (?2 IS NULL OR feed = ?2) AND healed_at IS NULL AND pass <> ?3";
        let healed = self.change(heal, (source.as_str(), feed.map(Word), pass, At(now)))? as u64;
        debug_assert_eq!(read_count(before), standing + healed);
        Ok(Replaced { opened: rows.len() as u64 - standing, standing, healed })
    }

    /// The same for one file that somebody handed over: what was rejected of other files stays.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn replace_rejected_of_file(
        &self,
        source: &SourceName,
        feed: Feed,
        origin: &str,
        rows: &[RejectedRow],
        now: Timestamp,
    ) -> Result<(), Error> {
        let pass = self.add_rejected(source, rows, now)?.pass;
        let heal = "UPDATE rejected SET healed_at = ?5
                    WHERE source = ?1 AND feed = ?2 AND origin = ?3 AND healed_at IS NULL AND pass <> ?4";
        self.change(heal, (source.as_str(), Word(feed), origin, pass, At(now))).map(|_| ())
    }

    /// Keeps the rejected rows of a part of what a pull reads; none is healed by it.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn keep_rejected(
        &self,
        source: &SourceName,
        rows: &[RejectedRow],
        now: Timestamp,
    ) -> Result<(), Error> {
        self.add_rejected(source, rows, now).map(|_| ())
    }

    /// Notes that a rejected row came through in another way.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn heal_rejected(&self, no: i64, now: Timestamp) -> Result<(), Error> {
        let sql = "UPDATE rejected SET healed_at = ?2 WHERE no = ?1 AND healed_at IS NULL";
        self.change(sql, (no, At(now))).map(|_| ())
    }

    fn add_rejected(
        &self,
        source: &SourceName,
        rows: &[RejectedRow],
        now: Timestamp,
    ) -> Result<Added, Error> {
        let pass: i64 =
            self.single("SELECT coalesce(max(pass), 0) + 1 FROM rejected", (), |row| row.get(0))?;
        let mut occurrences: HashMap<(Feed, [u8; 32]), i64> = HashMap::new();
        let mut standing = 0u64;
        for row in rows {
            let occurrence = occurrences.entry((row.feed, row.fingerprint)).or_default();
            standing += u64::from(self.reject(source, row, *occurrence, pass, now)?);
            *occurrence += 1;
        }
        Ok(Added { pass, standing })
    }

    /// Returns whether the row stood rejected before.
    fn reject(
        &self,
        source: &SourceName,
        row: &RejectedRow,
        occurrence: i64,
        pass: i64,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let known = "SELECT healed_at IS NULL FROM rejected
                     WHERE source = ?1 AND feed = ?2 AND fingerprint = ?3 AND occurrence = ?4";
        let stood = self
            .first(known, (source.as_str(), Word(row.feed), row.fingerprint, occurrence), |row| {
                row.get::<_, bool>(0)
            })?
            .unwrap_or(false);
        let sql = "INSERT INTO rejected (source, feed, fingerprint, occurrence, origin, row_number,
                       column_name, reason, sealed_row, pass, first_seen_at, last_seen_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
                   ON CONFLICT (source, feed, fingerprint, occurrence) DO UPDATE SET
                       origin = excluded.origin, row_number = excluded.row_number,
                       column_name = excluded.column_name, reason = excluded.reason,
                       sealed_row = excluded.sealed_row, pass = excluded.pass,
                       last_seen_at = excluded.last_seen_at, healed_at = NULL";
        self.change(
            sql,
            params![
                source.as_str(),
                Word(row.feed),
                row.fingerprint,
                occurrence,
                row.origin,
                stored_count(row.row),
                row.column,
                row.reason,
                row.sealed.as_bytes(),
                pass,
                At(now),
            ],
        )?;
        Ok(stood)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, fixture, now, shop};
    use super::*;

    fn row(feed: Feed, number: u64, mark: u8) -> RejectedRow {
        RejectedRow {
            feed,
            origin: "orders.csv".into(),
            row: number,
            column: "status".into(),
            reason: "unknown status".into(),
            sealed: Sealed::from_bytes(vec![mark; 50]),
            fingerprint: [mark; 32],
        }
    }

    #[test]
    fn rejects_stand_heal_and_come_back() {
        let fixture = fixture();
        let later = at("2026-11-17T00:00:00Z");
        let pass = |rows: &[RejectedRow], now| {
            let Replaced { opened, standing, healed } =
                fixture.write(|w| w.replace_rejected(&shop(), None, rows, now));
            (opened, standing, healed)
        };
        assert_eq!(pass(&[row(Feed::Orders, 1, 1), row(Feed::Orders, 2, 2)], now()), (2, 0, 0));
        // The same instant again, and a row has moved: the clock plays no part in what is healed.
        assert_eq!(pass(&[row(Feed::Orders, 3, 2)], now()), (0, 1, 1));
        assert_eq!(pass(&[row(Feed::Orders, 3, 2), row(Feed::Orders, 1, 1)], later), (1, 1, 0));
        let open = fixture.store.read(|r| r.open_rejected(Some(&shop()))).unwrap();
        let seen: Vec<_> = open.iter().map(|row| (row.row, row.first_seen_at, row.last_seen_at)).collect();
        assert_eq!(seen, [(1, now(), later), (3, now(), later)]);
        assert!(open[0].sealed == Sealed::from_bytes(vec![1; 50]));
        assert_eq!(pass(&[], later), (0, 0, 2));
        let counts = fixture.store.read(|r| r.rejected_counts()).unwrap();
        assert_eq!(counts, [RejectedCount { source: shop(), feed: Feed::Orders, open: 0, healed: 2 }]);
    }

    #[test]
    fn equal_rows_are_each_kept() {
        let fixture = fixture();
        let rows = [row(Feed::Orders, 1, 1), row(Feed::Orders, 2, 1), row(Feed::Orders, 3, 1)];
        fixture.write(|w| w.replace_rejected(&shop(), None, &rows, now()));
        let replaced = fixture.write(|w| w.replace_rejected(&shop(), None, &rows[..2], now()));
        assert_eq!(replaced, Replaced { opened: 0, standing: 2, healed: 1 });
        assert_eq!(fixture.store.read(|r| r.open_rejected(None)).unwrap().len(), 2);
    }

    #[test]
    fn one_feed_or_source_leaves_the_others_alone() {
        let fixture = fixture();
        let stall = SourceName::new("stall");
        fixture.write(|w| {
            w.replace_rejected(&shop(), None, &[row(Feed::Orders, 1, 1), row(Feed::Refunds, 1, 2)], now())?;
            w.replace_rejected(&stall, None, &[row(Feed::Orders, 1, 1)], now())?;
            w.replace_rejected(&shop(), Some(Feed::Orders), &[], now())
        });
        let open = fixture.store.read(|r| r.open_rejected(None)).unwrap();
        let left: Vec<_> = open.iter().map(|row| (row.source.as_str(), row.feed)).collect();
        assert_eq!(left, [("shop", Feed::Refunds), ("stall", Feed::Orders)]);
    }

    #[test]
    fn a_file_handed_over_leaves_those_of_others_alone() {
        let fixture = fixture();
        let of = |origin: &str, number, mark| RejectedRow {
            origin: origin.into(),
            ..row(Feed::Complaints, number, mark)
        };
        let import = SourceName::new("import");
        let hand_over = |origin: &str, rows: &[RejectedRow]| {
            fixture.write(|w| w.replace_rejected_of_file(&import, Feed::Complaints, origin, rows, now()));
        };
        let open = || fixture.store.read(|r| r.open_rejected(Some(&import))).unwrap();
        let places = || open().iter().map(|row| (row.origin.clone(), row.row)).collect::<Vec<_>>();
        hand_over("a.csv", &[of("a.csv", 1, 1), of("a.csv", 2, 2)]);
        hand_over("b.csv", &[of("b.csv", 1, 3)]);
        assert_eq!(places(), [("a.csv".into(), 1), ("a.csv".into(), 2), ("b.csv".into(), 1)]);
        hand_over("a.csv", &[of("a.csv", 2, 2)]);
        assert_eq!(places(), [("a.csv".into(), 2), ("b.csv".into(), 1)]);
        fixture.write(|w| w.heal_rejected(open()[0].no, now()));
        assert_eq!(places(), [("b.csv".into(), 1)]);
    }
}
