//! Backup: one folder a copy, with the store (by SQLite's online backup) and the immutable files beside
//! it (sealed pages and released bytes, as hard links: they never change).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use super::house::House;
use super::run::{Outcome, Run};
use super::scratch;
use crate::settings::JobSpec;

/// How the name of a copy ends until it is whole.
const UNFINISHED: &str = ".unfinished";

/// Copies kept when the job does not say.
const KEEP: u32 = 14;

pub fn run(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    let folder = create(house, run.now)?;
    let dropped = drop_oldest(&folder, job.keep.unwrap_or(KEEP) as usize)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Outcome::done(format!("backed up as {name}; {dropped} old copies dropped"), json!({ "backup": name })))
}

/// Makes a copy and returns its folder. It appears under its name only when it is whole.
///
/// # Errors
/// When anything of it cannot be copied; nothing is left behind under its name.
pub fn create(house: &House, now: Timestamp) -> anyhow::Result<PathBuf> {
    let backups = house.backups_directory();
    let name = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let unfinished = backups.join(format!("{name}{UNFINISHED}"));
    let folder = backups.join(&name);
    anyhow::ensure!(!folder.exists(), "there is a backup {name} already; a copy a second is enough");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).context("failed to clear an unfinished backup")?;
    }
    fs::create_dir_all(&unfinished).context("failed to create the backup's folder")?;
    // The store first: every file that its rows name was written before the row.
    house.store.backup_to(&unfinished.join("firstwatch.db"))?;
    link_all(&house.facts_directory(), &unfinished.join("facts"))?;
    link_all(&house.store.directory().join("releases"), &unfinished.join("releases"))?;
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, &folder).context("failed to name the backup")?;
    fs::File::open(&backups)?.sync_all()?;
    Ok(folder)
}

/// Removes copies that were cut off half-way.
pub(super) fn clear_unfinished(backups: &Path) {
    scratch::remove_folders(backups, |name| name.ends_with(UNFINISHED));
}

/// Hard links every file under `from`; copies where the file system cannot link.
fn link_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    if !from.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            link_all(&source, &target)?;
        } else if fs::hard_link(&source, &target).is_err() {
            fs::copy(&source, &target)?;
            fs::File::open(&target)?.sync_all()?;
        }
    }
    fs::File::open(to)?.sync_all()?;
    Ok(())
}

fn drop_oldest(newest: &Path, keep: usize) -> anyhow::Result<usize> {
    let backups = newest.parent().context("a backup stands in no folder")?;
    let mut copies = Vec::new();
    for entry in fs::read_dir(backups)? {
        let entry = entry?;
        let whole = entry.file_name().to_string_lossy().ends_with('Z');
        if whole && entry.file_type()?.is_dir() {
            copies.push(entry.path());
        }
    }
    copies.sort();
    let surplus = copies.len().saturating_sub(keep.max(1));
    for copy in &copies[..surplus] {
        fs::remove_dir_all(copy).context("failed to drop an old backup")?;
    }
    Ok(surplus)
}
