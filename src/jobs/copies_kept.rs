//! What becomes of copies that are kept: whoever was erased since leaves them as well, and they go over to the master key
//! in use. So neither an erasure nor a rotation has to wait until old copies are dropped.
//!
//! A copy is changed beside itself and takes its own place when it is whole; cut off anywhere, the old one or the new one
//! stands there. Its audit log goes on from where it ended, and the head on its label stays. Deliberately absent: copies
//! that stand elsewhere, which nobody here knows; a restore of one does the erasures again, and needs its own master key.

use std::fmt;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::copies::{self, Label, REPLACED, UNFINISHED, link_all, name_of};
use super::erasure_journal::{self, JOURNAL};
use super::house::House;
use super::{erase, keys, scratch};
use crate::domain::erasure::Erasure;
use crate::store::Store;
use crate::vault::Vault;

const DATABASE: &str = "firstwatch.db";

/// What became of the copies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tended {
    /// Copies that knew a person who was erased, and know them no more.
    pub forgot: usize,
    /// Copies that needed the master key before this one, and need this one now.
    pub rewrapped: usize,
    /// Copies that could not be changed, each with why.
    pub left: Vec<String>,
}

/// Brings every copy that is kept up to the erasures and the master key of today.
///
/// # Errors
/// When the live journal or the folder of copies cannot be read. What is wrong with one copy stands in the answer, and
/// leaves it as it was.
pub fn tend(house: &House, now: Timestamp) -> anyhow::Result<Tended> {
    let _turn = house.at_copies();
    let backups = house.backups_directory();
    put_back(&backups);
    let erasures = erasure_journal::read(&house.store.directory().join(JOURNAL))?;
    let mut tended = Tended::default();
    for copy in copies::all(&backups)? {
        match tend_one(house, &copy, &erasures, now) {
            Ok((forgot, rewrapped)) => {
                tended.forgot += usize::from(forgot);
                tended.rewrapped += usize::from(rewrapped);
            }
            Err(error) => {
                tracing::warn!(copy = %name_of(&copy), error = %format!("{error:#}"), "a backup was left as it is");
                tended.left.push(format!("{}: {error:#}", name_of(&copy)));
            }
        }
    }
    if tended.left.is_empty() && keys::needs_key_before(house)? {
        house.store.write(|writer| writer.forget_key_before())?;
        house.store.clear_log()?;
    }
    Ok(tended)
}

/// Puts a copy back into its place that was cut off when another was to take it.
pub(super) fn put_back(backups: &Path) {
    let entries = fs::read_dir(backups).into_iter().flatten().flatten();
    for old in entries.map(|entry| entry.path()) {
        let Some(name) = name_of(&old).strip_suffix(REPLACED).map(str::to_owned) else { continue };
        let copy = backups.join(name);
        let done = if copy.exists() { fs::remove_dir_all(&old) } else { fs::rename(&old, &copy) };
        if let Err(error) = done {
            tracing::warn!(%error, "failed to clear what an earlier change of a backup left");
        }
    }
}

/// Whether persons left it, and whether it went over to another key.
fn tend_one(
    house: &House,
    copy: &Path,
    erasures: &[Erasure],
    now: Timestamp,
) -> anyhow::Result<(bool, bool)> {
    let known = erasure_journal::read(&copy.join(JOURNAL))?;
    let forgets = erasures.iter().any(|erasure| !known.contains(erasure));
    // While a rotation is under way the new key is not known to stand in its place.
    let rewraps = !keys::is_rotating(house)? && copies::fingerprint(copy)? != Some(house.vault.fingerprint());
    if !forgets && !rewraps {
        return Ok((false, false));
    }
    let label = Label::read(copy)?;
    let ending = |ending: &str| copy.with_file_name(format!("{}{ending}", name_of(copy)));
    let (staging, old) = (ending(UNFINISHED), ending(REPLACED));
    let vault = rewraps.then_some(&house.vault);
    let changed = remake(vault, copy, (&staging, label), erasures, now);
    if let Err(error) = changed.and_then(|()| swap(copy, &staging, &old)) {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&staging);
        return Err(error);
    }
    Ok((forgets, rewraps))
}

fn remake(
    vault: Option<&Vault>,
    copy: &Path,
    (staging, mut label): (&PathBuf, Label),
    erasures: &[Erasure],
    now: Timestamp,
) -> anyhow::Result<()> {
    let _ = fs::remove_dir_all(staging);
    fs::DirBuilder::new().mode(0o700).create(staging).context("failed to make room beside the backup")?;
    let database = staging.join(DATABASE);
    scratch::copy_private(&copy.join(DATABASE), &database)?;
    let is_whole = scratch::sha256_of(&database)? == label.database_sha256;
    anyhow::ensure!(is_whole, "{DATABASE} is not what was backed up: its hash differs");
    let mut journal = erasure_journal::read(&copy.join(JOURNAL))?;
    journal.extend(erasures.iter().filter(|erasure| !journal.contains(erasure)).cloned().collect::<Vec<_>>());
    let store = Store::open(staging).context("the database does not open as a store")?;
    vault.map_or(Ok(()), |vault| keys::take_over(&store, vault))?;
    erase::replay(&store, &journal, "daemon", now)?;
    store.forget_destroyed()?;
    label.schema = store.read(|reader| reader.schema_version())?;
    store.lay_down().context("the changed database did not come to rest")?;
    fs::remove_file(staging.join("firstwatch.lock")).context("failed to clear the lock")?;
    for folder in ["facts", "releases"] {
        link_all(&copy.join(folder), &staging.join(folder))?;
    }
    erasure_journal::write(&staging.join(JOURNAL), &journal)?;
    fs::File::open(&database).and_then(|file| file.sync_all()).context("failed to sync the backup")?;
    label.hashed(staging)?.write(staging)?;
    scratch::sync_directory(staging)
}

fn swap(copy: &Path, staging: &Path, old: &Path) -> anyhow::Result<()> {
    let backups = copy.parent().context("a backup stands in no folder")?;
    fs::rename(copy, old).context("failed to put the backup aside")?;
    if let Err(error) = fs::rename(staging, copy) {
        fs::rename(old, copy)?;
        return Err(anyhow::Error::from(error).context("failed to put the changed backup into its place"));
    }
    scratch::sync_directory(backups)?;
    fs::remove_dir_all(old).context("failed to remove what the backup was before")
}

/// What follows after a semicolon, or nothing.
impl fmt::Display for Tended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.forgot > 0 {
            write!(f, "; whoever was erased left {} older ones", self.forgot)?;
        }
        if self.rewrapped > 0 {
            write!(f, "; {} older ones went over to the master key in use", self.rewrapped)?;
        }
        match self.left.is_empty() {
            true => Ok(()),
            false => write!(f, "; left as they are: {}", self.left.join(", ")),
        }
    }
}
