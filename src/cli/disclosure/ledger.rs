//! The ledger: a directory with one file a release, each cell by its definition, so that any later input which still
//! holds those records can tell what was shown.
//!
//! Invariant: releases are numbered without a gap, each names the hash of the one before, and whoever adds one holds the
//! lock from before the first is read. A ledger that cannot be read whole is refused. No figure of a withheld cell stands
//! in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::numbers::plain;
use super::parts::{Parts, Quantity};
use super::places::Condition;
use super::problem::Problem;
use super::records::{Records, Wanted};
use super::spec::{InputKind, Spec};
use crate::cli::exit::TryAgain;

/// Every release recorded in a directory.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    releases: Vec<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    file: PathBuf,
    sha256: String,
    release: Release,
}

/// A file of the ledger.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sheet {
    version: u32,
    /// Of what follows, as it is written here.
    sha256: String,
    /// The hash of the release before; empty for the first.
    previous: String,
    release: Release,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    pub tables: Vec<ReleasedTable>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleasedTable {
    pub name: String,
    pub measures: Vec<Quantity>,
    pub cells: Vec<ReleasedCell>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleasedCell {
    /// Its codes as the release showed them, one a dimension.
    pub place: Vec<String>,
    pub conditions: Vec<Condition>,
    /// One figure a measure; none when the cell was withheld.
    pub shown: Option<Vec<String>>,
    /// The measures, by place, that releases before had told already: no secrets for later ones to keep.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told_before: Vec<usize>,
}

/// A cell of an earlier release, with where it stands.
pub(super) struct Earlier<'l> {
    file: &'l Path,
    table: &'l ReleasedTable,
    cell: &'l ReleasedCell,
}

/// Held while a release is made: another that knew nothing of this one could with it reveal what neither does alone.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

const VERSION: u32 = 1;

impl Ledger {
    /// Takes a directory for oneself; it is made where it is missing.
    ///
    /// # Errors
    /// [`TryAgain`] when another release is being made with it.
    pub fn lock(directory: &Path) -> anyhow::Result<Lock> {
        let failed = || format!("cannot use the ledger {}", directory.display());
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(failed)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(directory.join("lock")).with_context(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => {
                let message = format!(
                    "another release is being made with the ledger {}; try again when it is done",
                    directory.display()
                );
                Err(TryAgain(message).into())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(failed),
        }
    }

    /// Reads every release recorded in a directory.
    pub fn read(directory: &Path) -> Result<Self, Problem> {
        let unreadable = |error| Problem::file(directory, &error);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(unreadable)? {
            files.push(entry.map_err(unreadable)?.path());
        }
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        let mut releases: Vec<Recorded> = Vec::with_capacity(files.len());
        for (index, file) in files.into_iter().enumerate() {
            let expected = directory.join(name_of(index + 1));
            if file != expected {
                let message = format!(
                    "the release {} is missing: a ledger with a gap does not know what was shown",
                    name_of(index + 1)
                );
                return Err(Problem::new(directory, message));
            }
            let previous = releases.last().map_or("", |last| last.sha256.as_str());
            let recorded = Recorded::read(file, previous)?;
            releases.push(recorded);
        }
        Ok(Self { releases })
    }

    pub fn len(&self) -> usize {
        self.releases.len()
    }

    pub fn cells(&self) -> impl Iterator<Item = Earlier<'_>> {
        self.releases.iter().flat_map(|Recorded { file, release, .. }| {
            release
                .tables
                .iter()
                .flat_map(move |table| table.cells.iter().map(move |cell| Earlier { file, table, cell }))
        })
    }

    /// What earlier releases measured.
    pub fn quantities(&self) -> BTreeSet<Quantity> {
        let tables = self.releases.iter().flat_map(|recorded| &recorded.release.tables);
        tables.flat_map(|table| &table.measures).cloned().collect()
    }

    /// The columns that earlier cells are defined by.
    pub fn condition_columns(&self) -> BTreeSet<String> {
        self.cells()
            .flat_map(|earlier| &earlier.cell.conditions)
            .map(|condition| condition.0.clone())
            .collect()
    }

    /// Asks for every column that the earlier releases need.
    pub fn ask(&self, spec: &Spec, wanted: &mut Wanted) -> Result<(), Problem> {
        for Recorded { file, release, .. } in &self.releases {
            let why = || format!("the earlier release {} needs it", file.display());
            for table in &release.tables {
                for quantity in &table.measures {
                    let columns = match quantity {
                        Quantity::Value(_) => &mut wanted.amounts,
                        Quantity::Count(_) => &mut wanted.counts,
                        Quantity::Records if spec.input.kind == InputKind::Microdata => continue,
                        Quantity::Records => {
                            let message =
                                "it counts records, which ready-made cells cannot tell; give the microdata";
                            return Err(Problem::new(file, message));
                        }
                    };
                    if let Some(column) = quantity.column() {
                        columns.entry(column.clone()).or_insert_with(why);
                    }
                }
                for (column, _) in table.cells.iter().flat_map(|cell| &cell.conditions) {
                    wanted.codes.entry(column.clone()).or_insert_with(why);
                }
            }
        }
        Ok(())
    }

    /// Records a release, whole or not at all, and gives the file's name; a release that is there already is not
    /// recorded again.
    pub fn record(&self, directory: &Path, release: Release) -> anyhow::Result<PathBuf> {
        if let Some(same) = self.releases.iter().find(|recorded| recorded.release == release) {
            return Ok(same.file.clone());
        }
        let file = directory.join(name_of(self.releases.len() + 1));
        let previous = self.releases.last().map_or_else(String::new, |last| last.sha256.clone());
        let sha256 = hash_of(&previous, &release);
        let text = serde_json::to_string(&Sheet { version: VERSION, sha256, previous, release })?;
        let draft = directory.join("draft.tmp");
        let write = || -> std::io::Result<()> {
            let mut options = OpenOptions::new();
            let mut written = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            written.write_all(text.as_bytes())?;
            written.sync_all()?;
            std::fs::rename(&draft, &file)?;
            File::open(directory)?.sync_all()
        };
        write().with_context(|| format!("cannot record the release in {}", directory.display()))?;
        Ok(file)
    }
}

impl Recorded {
    fn read(file: PathBuf, previous: &str) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(&file).map_err(|error| Problem::file(&file, &error))?;
        let sheet: Sheet = serde_json::from_str(&text).map_err(|error| {
            Problem::row(&file, error.line() as u64, format!("is no release of this version: {error}"))
        })?;
        if sheet.version != VERSION {
            return Err(Problem::new(&file, "was written by another version of firstwatch; use that one"));
        }
        if sheet.sha256 != hash_of(&sheet.previous, &sheet.release) {
            return Err(Problem::new(
                &file,
                "was altered or damaged: its hash is not what it says; restore it",
            ));
        }
        if sheet.previous != previous {
            return Err(Problem::new(
                &file,
                "does not follow the release before it: one of the two was replaced",
            ));
        }
        Ok(Self { file, sha256: sheet.sha256, release: sheet.release })
    }
}

fn name_of(number: usize) -> String {
    format!("{number:06}.json")
}

fn hash_of(previous: &str, release: &Release) -> String {
    let text = serde_json::to_vec(&(previous, release)).unwrap_or_default();
    hex::encode(Sha256::digest(text))
}

impl Earlier<'_> {
    pub fn is_shown(&self) -> bool {
        self.cell.shown.is_some()
    }

    /// The release, the table and the place, for people.
    pub fn name(&self) -> String {
        let release = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let release = release.unwrap_or_default();
        format!("release {release} {}[{}]", self.table.name, self.cell.place.join(", "))
    }

    /// The records that the cell sums over.
    pub fn matches(&self, records: &Records, inner: &[bool]) -> Vec<u32> {
        let mut wanted: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
        for (column, codes) in &self.cell.conditions {
            let known = &records.codes[column].codes;
            let fits: Vec<bool> = known.iter().map(|code| codes.contains(code)).collect();
            match wanted.get_mut(column.as_str()) {
                Some(before) => before.iter_mut().zip(fits).for_each(|(before, fits)| *before &= fits),
                None => {
                    wanted.insert(column, fits);
                }
            }
        }
        let columns: Vec<(&[u32], Vec<bool>)> =
            wanted.into_iter().map(|(column, fits)| (&records.codes[column].of_record[..], fits)).collect();
        let fits = |&record: &usize| {
            inner[record] && columns.iter().all(|(of_record, fits)| fits[of_record[record] as usize])
        };
        (0..records.len()).filter(fits).map(|record| record as u32).collect()
    }

    /// The cell's measures, after checking that this input still gives the figures that were shown.
    pub fn check(&self, parts: &Parts, of: &[u32], input: &Path) -> Result<Vec<usize>, Problem> {
        let mut measures = Vec::with_capacity(self.table.measures.len());
        for (index, quantity) in self.table.measures.iter().enumerate() {
            let Some(measure) = parts.measure(quantity) else {
                return Err(Problem::new(self.file, format!("{quantity:?} is not measured")));
            };
            if let Some(shown) = &self.cell.shown {
                let now = plain(parts.sum(measure, of), parts.decimals[measure]);
                let before = shown.get(index).map_or("", String::as_str);
                if before != now {
                    let message = format!(
                        "{} was released as {before}, but {} gives {now}: the input must hold all records of earlier \
                         releases unchanged, and where it holds later ones too, a release needs a where that tells its \
                         own from them",
                        self.name(),
                        input.display()
                    );
                    return Err(Problem::new(self.file, message));
                }
            }
            if !self.cell.told_before.contains(&index) {
                measures.push(measure);
            }
        }
        Ok(measures)
    }
}
