//! The ledger: a directory with one file a release, each cell by its definition, so that any later input which still
//! holds those records can tell what was shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::build::{Built, Parts};
use super::places::Condition;
use super::problem::Problem;
use super::records::{Records, plain};
use crate::disclosure::Protection;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    releases: Vec<(PathBuf, Release)>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    version: u32,
    tables: Vec<ReleasedTable>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleasedTable {
    name: String,
    measures: Vec<String>,
    cells: Vec<ReleasedCell>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleasedCell {
    conditions: Vec<Condition>,
    /// One figure a measure; none when the cell was withheld.
    shown: Option<Vec<String>>,
}

/// A cell of an earlier release, with where it stands.
pub(super) struct Earlier<'l> {
    file: &'l Path,
    table: &'l ReleasedTable,
    cell: &'l ReleasedCell,
}

const VERSION: u32 = 1;

impl Ledger {
    /// Reads every release recorded in a directory; a missing directory is an empty ledger.
    pub fn read(directory: &Path) -> Result<Self, Problem> {
        let mut files: Vec<PathBuf> = match std::fs::read_dir(directory) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Problem::file(directory, &error)),
        };
        files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
        files.sort();
        let mut releases = Vec::with_capacity(files.len());
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(|error| Problem::file(&file, &error))?;
            let release: Release = serde_json::from_str(&text).map_err(|error| Problem {
                row: Some(error.line() as u64),
                ..Problem::new(&file, error.to_string())
            })?;
            if release.version != VERSION {
                return Err(Problem::new(&file, "written by a newer firstwatch; use that one"));
            }
            releases.push((file, release));
        }
        Ok(Self { releases })
    }

    pub fn cells(&self) -> impl Iterator<Item = Earlier<'_>> {
        self.releases.iter().flat_map(|(file, release)| {
            release
                .tables
                .iter()
                .flat_map(move |table| table.cells.iter().map(move |cell| Earlier { file, table, cell }))
        })
    }

    /// The columns that earlier cells are defined by.
    pub fn columns(&self) -> std::collections::BTreeSet<String> {
        self.cells()
            .flat_map(|earlier| &earlier.cell.conditions)
            .map(|condition| condition.0.clone())
            .collect()
    }

    /// Records a release; written whole or not at all.
    pub fn record(directory: &Path, built: &Built, protection: &Protection) -> std::io::Result<()> {
        std::fs::create_dir_all(directory)?;
        let mut tables = Vec::new();
        for ((asked, table), definitions) in
            built.request.tables.iter().zip(&protection.tables).zip(&built.definitions)
        {
            let cells = table.cells().iter().zip(definitions).map(|(cell, conditions)| ReleasedCell {
                conditions: conditions.clone(),
                shown: cell.values().map(|values| {
                    let decimals = asked.measures.iter().map(|&measure| built.decimals[measure]);
                    values.iter().zip(decimals).map(|(&value, decimals)| plain(value, decimals)).collect()
                }),
            });
            let cells = cells.collect();
            tables.push(ReleasedTable {
                name: table.name().into(),
                measures: table.measures().to_vec(),
                cells,
            });
        }
        let text = serde_json::to_string(&Release { version: VERSION, tables })?;
        let number = std::fs::read_dir(directory)?
            .flatten()
            .filter_map(|entry| entry.path().file_stem()?.to_str()?.parse::<u64>().ok())
            .max()
            .map_or(1, |last| last + 1);
        let (draft, file) = (directory.join("draft.tmp"), directory.join(format!("{number:06}.json")));
        std::fs::write(&draft, text)?;
        std::fs::File::open(&draft)?.sync_all()?;
        std::fs::rename(draft, file)?;
        std::fs::File::open(directory)?.sync_all()
    }
}

impl Earlier<'_> {
    pub fn is_shown(&self) -> bool {
        self.cell.shown.is_some()
    }

    /// The records that the cell sums over.
    pub fn matches(&self, records: &Records, inner: &[bool]) -> Vec<usize> {
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
        (0..records.len()).filter(fits).collect()
    }

    /// The cell's measures, after checking that this input still gives the figures that were shown.
    pub fn check(&self, parts: &Parts, of: &[usize], input: &Path) -> Result<Vec<usize>, Problem> {
        let mut measures = Vec::with_capacity(self.table.measures.len());
        for (index, name) in self.table.measures.iter().enumerate() {
            let Some(measure) = parts.measure(name) else {
                let message =
                    format!("an earlier release shows {name:?}, which this specification does not measure");
                return Err(Problem::new(self.file, message));
            };
            if let Some(shown) = &self.cell.shown {
                let now = plain(parts.sum(measure, of), parts.decimals[measure]);
                if shown.get(index) != Some(&now) {
                    let message = format!(
                        "a figure of table {:?} was released that {} does not give: the input must hold all \
                         records of the releases in the ledger, unchanged",
                        self.table.name,
                        input.display()
                    );
                    return Err(Problem::new(self.file, message));
                }
            }
            measures.push(measure);
        }
        Ok(measures)
    }
}
