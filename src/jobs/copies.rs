//! The copies that `backup` makes: their names, and the label that each carries.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::scratch;
use crate::store::{self, Archive, AuditHead};
use crate::vault::key_mark;

/// The form of labels that this version writes and reads.
pub(super) const FORM: u32 = 1;

/// The journal of erasures, in the state directory and in every copy of it.
pub(super) const JOURNAL: &str = "erasures.journal";

/// How files end that are being written: no row speaks of them yet.
const PARTIAL: &str = ".partial";

const LABEL: &str = "backup.json";

/// How the name of a copy ends until it is whole.
pub(super) const UNFINISHED: &str = ".unfinished";

/// How the name of a copy ends while another takes its place.
pub(super) const REPLACED: &str = ".replaced";

/// What a copy says of itself, in `backup.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The form of this label.
    pub backup: u32,
    pub created_at: Timestamp,
    /// The version of firstwatch that made it.
    pub program: String,
    /// The version of the database's schema.
    pub schema: i64,
    /// The newest line of the copied audit log; `None` when it was empty.
    pub audit_head: Option<LabelHead>,
    /// Sealed pages and released files beside the database.
    pub files: u64,
    /// Of the database, as hexadecimal digits.
    pub database_sha256: String,
    /// Of the journal of erasures; `None` when nobody had been erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erasures_sha256: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelHead {
    pub line: i64,
    pub sha256: String,
}

/// A copy as `backup list` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCopy {
    pub name: String,
    /// `None` when it cannot be read.
    pub label: Option<Label>,
    /// The mark of the master key that opens it; `None` when it cannot be read.
    #[serde(default)]
    pub master_key: Option<String>,
}

impl Label {
    /// # Errors
    /// When there is none, or it is not of this form.
    pub fn read(copy: &Path) -> anyhow::Result<Self> {
        let path = copy.join(LABEL);
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let label: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not as it was written", path.display()))?;
        anyhow::ensure!(
            label.backup == FORM,
            "{} is of form {}, and this version reads {FORM}; use the version that made it",
            path.display(),
            label.backup
        );
        Ok(label)
    }

    pub fn write(&self, copy: &Path) -> anyhow::Result<()> {
        let path = copy.join(LABEL);
        let text = serde_json::to_string_pretty(self)?;
        scratch::write_private(&path, text.as_bytes())
            .with_context(|| format!("failed to write {}", path.display()))
    }

    /// With the hashes of the database and of the journal as they stand in the copy.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn hashed(mut self, copy: &Path) -> anyhow::Result<Self> {
        let journal = copy.join(JOURNAL);
        self.erasures_sha256 = journal.exists().then(|| scratch::sha256_of(&journal)).transpose()?;
        self.database_sha256 = scratch::sha256_of(&copy.join("firstwatch.db"))?;
        Ok(self)
    }

    pub fn head(&self) -> anyhow::Result<Option<AuditHead>> {
        let Some(head) = &self.audit_head else { return Ok(None) };
        let mut hash = [0; 32];
        hex::decode_to_slice(&head.sha256, &mut hash).context("the label's hash is not hexadecimal")?;
        Ok(Some(AuditHead { no: head.line, hash }))
    }
}

impl From<AuditHead> for LabelHead {
    fn from(head: AuditHead) -> Self {
        Self { line: head.no, sha256: hex::encode(head.hash) }
    }
}

/// Whether a folder of this name is a copy that was finished: `20261116T020000Z`, or `20261116T020000Z-02`.
pub(super) fn is_copy(name: &str) -> bool {
    let stamp = name.split('-').next().unwrap_or_default();
    !name.ends_with(UNFINISHED) && !name.ends_with(REPLACED) && stamp.len() == 16 && stamp.ends_with('Z')
}

/// The finished copies, oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn all(backups: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(backups) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("failed to read {}", backups.display()))?,
    };
    let mut copies = Vec::new();
    for entry in entries {
        let entry = entry?;
        if is_copy(&entry.file_name().to_string_lossy()) && entry.file_type()?.is_dir() {
            copies.push(entry.path());
        }
    }
    copies.sort();
    Ok(copies)
}

/// The copies under `backups`, newest first.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(backups: &Path) -> anyhow::Result<Vec<ListedCopy>> {
    let listed = |copy: PathBuf| ListedCopy {
        name: name_of(&copy),
        label: Label::read(&copy).ok(),
        master_key: fingerprint(&copy).ok().flatten().map(|fingerprint| key_mark(&fingerprint)),
    };
    Ok(all(backups)?.into_iter().rev().map(listed).collect())
}

/// Of the master key that opens the copy, whatever version made it; `None` when it holds no store.
///
/// # Errors
/// When its database cannot be read.
pub(super) fn fingerprint(copy: &Path) -> Result<Option<[u8; 32]>, store::Error> {
    Archive::fingerprint(copy)
}

/// The folder of the copy that a person names: by its path, by its name under `backups`, or the newest there.
///
/// # Errors
/// When the folder cannot be read. `None` when there is no such copy.
pub fn find(backups: &Path, which: Option<&str>) -> anyhow::Result<Option<PathBuf>> {
    let folder = match which {
        None => all(backups)?.pop(),
        Some(path) if path.contains('/') => Some(PathBuf::from(path)),
        Some(name) => is_copy(name).then(|| backups.join(name)),
    };
    Ok(folder.filter(|folder| folder.is_dir()))
}

/// Hard links every file under `from`; copies where the file system cannot link. Gives how many there are.
pub(super) fn link_all(from: &Path, to: &Path) -> anyhow::Result<u64> {
    scratch::place_all(from, to, &|source, target| {
        if source.to_string_lossy().ends_with(PARTIAL) {
            return Ok(false);
        }
        if fs::hard_link(source, target).is_err() {
            scratch::copy_private(source, target)?;
        }
        Ok(true)
    })
}

pub(super) fn name_of(copy: &Path) -> String {
    copy.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_known_by_its_name() {
        for (name, whole) in [
            ("20261116T020000Z", true),
            ("20261116T020000Z-02", true),
            ("20261116T020000Z.unfinished", false),
            ("20261116T020000Z-02.unfinished", false),
            ("20261116T020000Z-02.replaced", false),
            ("..", false),
            ("lost+found", false),
            ("", false),
        ] {
            assert_eq!(is_copy(name), whole, "{name:?}");
        }
    }
}
