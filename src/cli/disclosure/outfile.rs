//! OUT.csv: what was decided about each cell; there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::build::Built;
use super::numbers::plain;
use super::parts::CONTRIBUTORS;
use super::spec::{Spec, TOTAL};
use crate::disclosure::{CellStatus, Protection};

/// For whom the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// The data officer: every true figure, and why it is withheld.
    Officer,
    /// Everybody: withheld figures are blank, and why a cell is withheld is not said, for `primary` would tell that few
    /// contributed to it. The number of contributors is blank wherever it does not add up over cells: a number of
    /// distinct contributors is no row of the audit.
    Everybody,
}

/// The file's bytes.
pub(super) fn rows(
    spec: &Spec,
    built: &Built,
    protection: &Protection,
    audience: Audience,
) -> anyhow::Result<Vec<u8>> {
    let published = audience == Audience::Everybody;
    let dimensions = spec.dimension_names();
    let measures = &built.request.measures[..built.measures];
    let counts = measures.iter().any(|measure| measure.name == CONTRIBUTORS);
    let figures: Vec<usize> =
        (0..measures.len()).filter(|&measure| measures[measure].name != CONTRIBUTORS).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = dimensions.iter().map(|name| name.as_str()).chain([CONTRIBUTORS]);
    let names = names.chain(figures.iter().map(|&measure| measures[measure].name.as_str()));
    writer.write_record(["table"].into_iter().chain(names).chain(["status"]))?;
    for (decided, known) in protection.tables.iter().zip(&built.tables) {
        for (decision, known) in decided.cells().iter().zip(known) {
            let hidden = published && !decision.status().is_shown();
            let code = |name: &&String| {
                let at = decided.dimensions().iter().position(|used| used == *name);
                at.map_or_else(|| TOTAL.to_owned(), |at| known.labels[at].clone())
            };
            let mut row = vec![decided.name().to_owned()];
            row.extend(dimensions.iter().map(code));
            let contributors = known.contributors.filter(|_| !hidden && (counts || !published));
            row.push(contributors.map_or_else(String::new, |number| number.to_string()));
            for &measure in &figures {
                let figure = plain(known.figures[measure], built.decimals[measure]);
                row.push(if hidden { String::new() } else { figure });
            }
            row.push(if hidden { "withheld" } else { name_of(decision.status()) }.into());
            writer.write_record(&row)?;
        }
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

fn name_of(status: CellStatus) -> &'static str {
    match status {
        CellStatus::Safe => "safe",
        CellStatus::Primary => "primary",
        CellStatus::Secondary => "secondary",
        CellStatus::Empty => "empty",
    }
}

/// A file that is written but not yet in its place; dropped, it is gone.
pub(super) struct Draft {
    file: File,
    /// Where the bytes stand until then; none where they go straight into something that is no file.
    beside: Option<PathBuf>,
    place: PathBuf,
    bytes: Vec<u8>,
}

impl Draft {
    /// Writes the bytes beside their place, so that whatever can go wrong has gone wrong before.
    pub fn write(out: &Path, bytes: Vec<u8>, audience: Audience) -> anyhow::Result<Self> {
        let failed = || format!("cannot write {}", out.display());
        let place = std::fs::canonicalize(out).unwrap_or_else(|_| out.into());
        let there = std::fs::metadata(&place).ok();
        if there.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            anyhow::bail!("cannot write {}: it is a directory", out.display());
        }
        if there.is_some_and(|there| !there.is_file()) {
            let file = OpenOptions::new().write(true).open(&place).with_context(failed)?;
            return Ok(Self { file, beside: None, place, bytes });
        }
        let name = place.file_name().with_context(failed)?.to_string_lossy();
        let beside = place.with_file_name(format!(".{name}.{}.draft", std::process::id()));
        let mode = if audience == Audience::Officer { 0o600 } else { 0o666 };
        let mut options = OpenOptions::new();
        let file =
            options.write(true).create(true).truncate(true).mode(mode).open(&beside).with_context(failed)?;
        let mut draft = Self { file, beside: Some(beside), place, bytes };
        draft.file.write_all(&draft.bytes).and_then(|()| draft.file.sync_all()).with_context(failed)?;
        Ok(draft)
    }

    /// Puts the file in its place.
    pub fn keep(mut self) -> anyhow::Result<()> {
        let failed = format!("cannot write {}", self.place.display());
        let Some(beside) = self.beside.take() else {
            return self.file.write_all(&self.bytes).context(failed);
        };
        std::fs::rename(&beside, &self.place).context(failed)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            // What cannot be removed is private and named a draft.
            drop(std::fs::remove_file(beside));
        }
    }
}
