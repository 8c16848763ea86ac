//! Releases: what was published, cell by cell, for ever. Disclosure control judges every later table
//! together with them.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params};

use super::columns::{At, Day, Json, PeriodText, Word, json, stored_count, words};
use super::{Error, Reader, Writer};
use crate::domain::cell::{CellDefinition, RecordedCell};
use crate::domain::ids::{JobName, ReleaseId, RunId};
use crate::domain::period::Period;
use crate::domain::slot::Slot;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseState {
    Released,
    /// The egress guard found personal data: nothing of it leaves until a person has decided.
    Quarantined,
}

impl ReleaseState {
    pub const ALL: [Self; 2] = [Self::Released, Self::Quarantined];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Quarantined => "quarantined",
        }
    }
}

words!(ReleaseState);

/// A release to record.
#[derive(Clone, Copy, Debug)]
pub struct NewRelease<'a> {
    pub job: &'a JobName,
    pub period: Period,
    pub run: RunId,
    pub provisional: bool,
    /// JSON: every part with its hash.
    pub manifest: &'a str,
    /// Of the manifest.
    pub sha256: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRow {
    pub id: ReleaseId,
    pub job: JobName,
    pub period: Period,
    pub run: RunId,
    pub provisional: bool,
    pub state: ReleaseState,
    pub manifest: String,
    pub sha256: [u8; 32],
    pub created_at: Timestamp,
}

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn release(&self, id: ReleaseId) -> Result<Option<ReleaseRow>, Error> {
        let sql = "SELECT no, job, period, run, provisional, state, manifest, sha256, created_at
                   FROM releases WHERE no = ?1";
        self.first(sql, (id.0,), read_release)
    }

    /// The run that made the release, and its slot.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn run_of_release(&self, release: ReleaseId) -> Result<Option<(RunId, Slot)>, Error> {
        let sql = "SELECT runs.no, runs.job, runs.slot FROM runs JOIN releases ON releases.run = runs.no
                   WHERE releases.no = ?1";
        self.first(sql, (release.0,), |row| {
            let slot = Slot { job: JobName::new(row.get::<_, String>(1)?), at: row.get::<_, At>(2)?.0 };
            Ok((RunId(row.get(0)?), slot))
        })
    }

    /// The latest release of the job for the period, in whatever state.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn release_of(&self, job: &JobName, period: Period) -> Result<Option<ReleaseRow>, Error> {
        let sql = "SELECT no, job, period, run, provisional, state, manifest, sha256, created_at
                   FROM releases WHERE job = ?1 AND period = ?2 ORDER BY no DESC LIMIT 1";
        self.first(sql, (job.as_str(), PeriodText(period)), read_release)
    }

    /// Newest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn releases(&self, limit: u32) -> Result<Vec<ReleaseRow>, Error> {
        let sql = "SELECT no, job, period, run, provisional, state, manifest, sha256, created_at
                   FROM releases ORDER BY no DESC LIMIT ?1";
        self.all(sql, (limit,), read_release)
    }

    /// Every release's cells, also of quarantined ones, for these may still leave.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn recorded_cells(&self) -> Result<Vec<RecordedCell>, Error> {
        let sql = "SELECT from_day, until_day, fixed, measures, shown FROM release_cells
                   ORDER BY release_no, table_name, ordinal";
        self.all(sql, (), read_cell)
    }

    /// Those of [`Reader::recorded_cells`] that share a day with `from..until`.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn recorded_cells_overlapping(&self, from: Date, until: Date) -> Result<Vec<RecordedCell>, Error> {
        let sql = "SELECT from_day, until_day, fixed, measures, shown FROM release_cells
                   WHERE until_day > ?1 AND from_day < ?2 ORDER BY release_no, table_name, ordinal";
        self.all(sql, (Day(from), Day(until)), read_cell)
    }

    /// One release's cells with the tables they stand in, as they were recorded.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn cells_of(&self, release: ReleaseId) -> Result<Vec<(String, RecordedCell)>, Error> {
        let sql = "SELECT from_day, until_day, fixed, measures, shown, table_name FROM release_cells
                   WHERE release_no = ?1 ORDER BY table_name, ordinal";
        self.all(sql, (release.0,), |row| Ok((row.get(5)?, read_cell(row)?)))
    }

    /// The days from the first to the last (not included) of all recorded cells.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn recorded_span(&self) -> Result<Option<(Date, Date)>, Error> {
        let sql = "SELECT min(from_day), max(until_day) FROM release_cells";
        let (from, until): (Option<Day>, Option<Day>) =
            self.single(sql, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(from.zip(until).map(|(from, until)| (from.0, until.0)))
    }
}

impl Writer<'_> {
    /// Records a release with each of its cells, shown or withheld, and the table each stands in.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Sqlite`].
    pub fn insert_release(
        &self,
        release: &NewRelease<'_>,
        cells: &[(impl AsRef<str>, RecordedCell)],
        now: Timestamp,
    ) -> Result<ReleaseId, Error> {
        let sql = "INSERT INTO releases (job, period, run, provisional, state, manifest, sha256, created_at)
                   VALUES (?1, ?2, ?3, ?4, 'released', ?5, ?6, ?7)";
        let parameters = params![
            release.job.as_str(),
            PeriodText(release.period),
            release.run.0,
            release.provisional,
            release.manifest,
            release.sha256,
            At(now),
        ];
        let id = ReleaseId(self.insert(sql, parameters)?);
        for (ordinal, (table, cell)) in (0u64..).zip(cells) {
            self.insert_cell(id, table.as_ref(), ordinal, cell)?;
        }
        Ok(id)
    }

    /// Holds back a release: none of its messages that is still pending leaves.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Sqlite`].
    pub fn quarantine(&self, release: ReleaseId, note: &str, now: Timestamp) -> Result<(), Error> {
        self.set_release_state(release, ReleaseState::Quarantined)?;
        self.quarantine_messages(release, note, now)
    }

    /// Lets a quarantined release go, and the messages that were held back with it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Sqlite`].
    pub fn lift_quarantine(&self, release: ReleaseId, note: &str, now: Timestamp) -> Result<(), Error> {
        self.set_release_state(release, ReleaseState::Released)?;
        self.release_messages(release, note, now)
    }

    fn set_release_state(&self, id: ReleaseId, state: ReleaseState) -> Result<(), Error> {
        let sql = "UPDATE releases SET state = ?2 WHERE no = ?1";
        match self.change(sql, (id.0, Word(state)))? {
            1 => Ok(()),
            _ => Err(Error::NotFound { what: "release", which: id.to_string() }),
        }
    }

    fn insert_cell(
        &self,
        release: ReleaseId,
        table: &str,
        ordinal: u64,
        cell: &RecordedCell,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO release_cells (release_no, table_name, ordinal, from_day, until_day, fixed,
                                              measures, shown)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let parameters = params![
            release.0,
            table,
            stored_count(ordinal),
            Day(cell.definition.from),
            Day(cell.definition.until),
            json(&cell.definition.fixed)?,
            json(&cell.measures)?,
            cell.shown.as_ref().map(json).transpose()?,
        ];
        self.change(sql, parameters).map(|_| ())
    }
}

fn read_release(row: &Row<'_>) -> rusqlite::Result<ReleaseRow> {
    Ok(ReleaseRow {
        id: ReleaseId(row.get(0)?),
        job: JobName::new(row.get::<_, String>(1)?),
        period: row.get::<_, PeriodText>(2)?.0,
        run: RunId(row.get(3)?),
        provisional: row.get(4)?,
        state: row.get::<_, Word<ReleaseState>>(5)?.0,
        manifest: row.get(6)?,
        sha256: row.get(7)?,
        created_at: row.get::<_, At>(8)?.0,
    })
}

/// Reads a cell from the first five columns.
fn read_cell(row: &Row<'_>) -> rusqlite::Result<RecordedCell> {
    Ok(RecordedCell {
        definition: CellDefinition {
            from: row.get::<_, Day>(0)?.0,
            until: row.get::<_, Day>(1)?.0,
            fixed: row.get::<_, Json<_>>(2)?.0,
        },
        measures: row.get::<_, Json<_>>(3)?.0,
        shown: row.get::<_, Option<Json<_>>>(4)?.map(|shown| shown.0),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;

    use super::super::fixture::{a_run, at, fixture, now};
    use super::super::{OutboxRow, OutboxState};
    use super::*;
    use crate::domain::acknowledgement::OnAmbiguous;
    use crate::domain::cell::Measure;
    use crate::domain::entry::Dimension;
    use crate::domain::ids::OutboxId;

    fn cell(from: Date, until: Date, shown: Option<Vec<i64>>) -> RecordedCell {
        RecordedCell {
            definition: CellDefinition {
                from,
                until,
                fixed: BTreeMap::from([(Dimension::PaymentMethod, "cod \"nhanh\"".to_owned())]),
            },
            measures: vec![Measure::Net, Measure::NewCustomers],
            shown,
        }
    }

    fn release(w: &Writer<'_>, period: &str, cells: &[(&str, RecordedCell)]) -> Result<ReleaseId, Error> {
        let run = match w.running()?.first() {
            Some(run) => run.id,
            None => a_run(w)?,
        };
        let release = NewRelease {
            job: &JobName::new("weekly-sales"),
            period: period.parse().unwrap(),
            run,
            provisional: false,
            manifest: "{\"parts\":[]}",
            sha256: [6; 32],
        };
        w.insert_release(&release, cells, now())
    }

    #[test]
    fn cells_are_recorded_for_ever_and_found_by_their_days() {
        let fixture = fixture();
        let week = cell(date(2026, 11, 9), date(2026, 11, 16), Some(vec![-5, 7]));
        let withheld = cell(date(2026, 11, 16), date(2026, 11, 23), None);
        fixture.write(|w| {
            assert_eq!(w.recorded_span()?, None);
            release(w, "2026-W46", &[("headline", week.clone()), ("brands", week.clone())])?;
            release(w, "2026-W47", &[("headline", withheld.clone())])
        });
        let fixture = fixture.reopened();
        let overlapping =
            |from, until| fixture.store.read(|r| r.recorded_cells_overlapping(from, until)).unwrap();
        assert_eq!(overlapping(date(2026, 11, 15), date(2026, 11, 16)), [week.clone(), week.clone()]);
        assert_eq!(overlapping(date(2026, 11, 16), date(2027, 1, 1)), std::slice::from_ref(&withheld));
        assert!(overlapping(date(2026, 11, 23), date(2027, 1, 1)).is_empty());
        fixture
            .store
            .read::<_, Error>(|r| {
                assert_eq!(r.recorded_cells()?.len(), 3);
                assert_eq!(r.recorded_span()?, Some((date(2026, 11, 9), date(2026, 11, 23))));
                let cells = r.cells_of(ReleaseId(1))?;
                assert_eq!(cells, [("brands".to_owned(), week.clone()), ("headline".to_owned(), week)]);
                Ok(())
            })
            .unwrap();
        assert!(fixture.store.write(|w| w.change("DELETE FROM release_cells", ())).is_err());
    }

    #[test]
    fn the_latest_release_of_a_period_is_found() {
        let fixture = fixture();
        let job = JobName::new("weekly-sales");
        fixture.write(|w| {
            release(w, "2026-W46", &[])?;
            let second = release(w, "2026-W46", &[])?;
            release(w, "2026-W47", &[])?;
            let found = w.release_of(&job, "2026-W46".parse().unwrap())?.unwrap();
            assert_eq!((found.id, found.sha256, found.provisional), (second, [6; 32], false));
            assert_eq!(found.manifest, "{\"parts\":[]}");
            assert_eq!(w.release_of(&JobName::new("daily"), found.period)?, None);
            assert_eq!(w.releases(2)?.len(), 2);
            Ok(())
        });
    }

    #[test]
    fn quarantine_holds_back_what_has_not_left() {
        let fixture = fixture();
        let later = at("2026-11-17T00:00:00Z");
        fixture.write(|w| {
            let id = release(w, "2026-W46", &[])?;
            for message_id in ["one", "two"] {
                let message = OutboxRow {
                    release: Some(id),
                    complaint: None,
                    kind: "report",
                    recipient: "a@1stwatch.vn",
                    message_id,
                    file: message_id,
                    sha256: [0; 32],
                    on_ambiguous: OnAmbiguous::Resend,
                };
                w.enqueue(&message, now())?;
            }
            w.claim_due(now(), 1)?;
            w.quarantine(id, "a name was found", now())?;
            assert_eq!(w.release(id)?.unwrap().state, ReleaseState::Quarantined);
            let states: Vec<_> = w.messages_of(id)?.into_iter().map(|item| item.state).collect();
            assert_eq!(states, [OutboxState::Claimed, OutboxState::Quarantined]);
            w.try_again(OutboxId(1), now(), "451 busy", now())?;
            assert!(w.claim_due(later, 9)?.is_empty(), "what was on its way does not set out again");
            w.release_message(OutboxId(2), "by hand", now())?;
            w.claim_due(now(), 9)?;
            w.try_again(OutboxId(2), later, "451 busy", now())?;
            assert_eq!(
                w.outbox_item(OutboxId(2))?.unwrap().state,
                OutboxState::Pending,
                "a person let it go"
            );
            w.lift_quarantine(id, "a false alarm", later)?;
            assert_eq!(w.release(id)?.unwrap().state, ReleaseState::Released);
            assert_eq!(w.claim_due(later, 9)?.len(), 2);
            Ok(())
        });
        let nothing = fixture.store.write(|w| w.quarantine(ReleaseId(9), "", now()));
        assert!(matches!(nothing, Err(Error::NotFound { .. })));
    }
}
