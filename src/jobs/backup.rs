//! Backup: one folder a copy, with the store (by SQLite's online backup), the immutable files beside it (sealed
//! pages and released bytes, as hard links: they never change) and a label that says what it holds.
//!
//! The copied database is checked by SQLite as it is made. The files are not read again: they are the
//! store's own, which the integrity job reads; `backup verify` proves a copy as a whole.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;

use super::copies::{self, FORM, Label, UNFINISHED, link_all, name_of};
use super::copies_kept;
use super::erasure_journal::{self, JOURNAL};
use super::house::{BACKUPS, House};
use super::run::{Outcome, Run};
use super::scratch::{self, make_private};
use crate::settings::JobSpec;
use crate::store::{self, Copied, Earlier};

/// Copies kept when the job does not say.
const KEEP: u32 = 14;

/// Copies of one second that can be told apart.
const A_SECOND: u32 = 99;

pub fn run(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    let folder = create(house, run.now)?;
    // Who was given up drops nothing any more.
    run.write(house, |_| Ok::<_, store::Error>(()))?;
    let dropped = drop_oldest(house, &folder, job.keep.unwrap_or(KEEP) as usize)?;
    let name = name_of(&folder);
    let tended = copies_kept::tend(house, run.now)?;
    let message = format!("backed up as {name}; {dropped} old copies dropped{tended}");
    Ok(Outcome::done(message, json!({ "backup": name, "tended": tended })))
}

/// Makes a copy and returns its folder. It appears under its name only when it is whole.
///
/// # Errors
/// When anything of it cannot be copied; nothing is left behind.
pub fn create(house: &House, now: Timestamp) -> anyhow::Result<PathBuf> {
    create_in(house.store.directory(), &|database| house.store.backup_to(database), now)
}

/// The same of a store whose schema is an earlier version's and is about to change.
///
/// # Errors
/// As [`create`].
pub(super) fn create_before_upgrade(store: &Earlier<'_>, now: Timestamp) -> anyhow::Result<PathBuf> {
    create_in(store.directory, &|database| store.backup_to(database), now)
}

type CopyDatabase<'a> = &'a dyn Fn(&Path) -> Result<Copied, store::Error>;

fn create_in(state: &Path, copy_database: CopyDatabase<'_>, now: Timestamp) -> anyhow::Result<PathBuf> {
    let backups = state.join(BACKUPS);
    make_private(&backups)?;
    scratch::sync_directory(state)?;
    let (folder, unfinished) = take_name(&backups, now)?;
    let made = fill(state, copy_database, &unfinished, now)
        .and_then(|()| fs::rename(&unfinished, &folder).context("failed to name the backup"));
    if let Err(error) = made {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&unfinished);
        return Err(error);
    }
    fs::File::open(&backups)?.sync_all()?;
    Ok(folder)
}

/// Removes copies that were cut off half-way.
pub(super) fn clear_unfinished(backups: &Path) {
    scratch::remove_folders(backups, |name| name.ends_with(UNFINISHED));
}

/// The folder that the copy will be, and the one that it is made in, which is ours as soon as it is there.
fn take_name(backups: &Path, now: Timestamp) -> anyhow::Result<(PathBuf, PathBuf)> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    for number in 1..=A_SECOND {
        let name = if number == 1 { stamp.to_string() } else { format!("{stamp}-{number:02}") };
        let (folder, unfinished) = (backups.join(&name), backups.join(format!("{name}{UNFINISHED}")));
        match fs::DirBuilder::new().mode(0o700).create(&unfinished) {
            // Somebody is at it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            made => made.with_context(|| format!("failed to create {}", unfinished.display()))?,
        }
        if !folder.exists() {
            return Ok((folder, unfinished));
        }
        fs::remove_dir(&unfinished)?;
    }
    anyhow::bail!("there are {A_SECOND} backups of this second already")
}

fn fill(state: &Path, copy_database: CopyDatabase<'_>, copy: &Path, now: Timestamp) -> anyhow::Result<()> {
    let database = copy.join("firstwatch.db");
    // The store first: every file that its rows name was written before the row.
    let copied = copy_database(&database)?;
    let mut files = 0;
    for folder in ["facts", "releases"] {
        files += link_all(&state.join(folder), &copy.join(folder))?;
    }
    // After the store, so that no copy of it knows of an erasure that its journal does not.
    let erasures = erasure_journal::read(&state.join(JOURNAL))?;
    erasure_journal::write(&copy.join(JOURNAL), &erasures)?;
    let label = Label {
        backup: FORM,
        created_at: now,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        schema: copied.schema,
        audit_head: copied.audit_head.map(Into::into),
        files,
        database_sha256: String::new(),
        erasures_sha256: None,
    };
    label.hashed(copy)?.write(copy)?;
    fs::File::open(copy)?.sync_all()?;
    Ok(())
}

fn drop_oldest(house: &House, newest: &Path, keep: usize) -> anyhow::Result<usize> {
    let _turn = house.at_copies();
    let backups = newest.parent().context("a backup stands in no folder")?;
    let mut copies = copies::all(backups)?;
    // A clock that was ahead may have named an older one later.
    copies.retain(|copy| copy != newest);
    let surplus = copies.len().saturating_sub(keep.max(1) - 1);
    for copy in &copies[..surplus] {
        fs::remove_dir_all(copy).context("failed to drop an old backup")?;
    }
    Ok(surplus)
}
