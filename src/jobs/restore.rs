//! Proves that a copy can be restored, and restores it.
//!
//! A copy is proved by doing it: it is laid out in a folder of its own, opened as a store, and everything in it is
//! held against its hash. The copy itself is only read. A restore lays it out inside the target, and what was
//! proved takes its place there at the end; of a damaged copy, or after a power cut, no store stands there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::copies::{Label, link_all, name_of};
use super::erase;
use super::erasure_journal::{self, JOURNAL};
use super::house::House;
use super::keys;
use super::proof::Proof;
use super::scratch::{self, Scratch, make_private};
use crate::domain::actor::Actor;
use crate::domain::erasure::Erasure;
use crate::store::{AuditEntry, OutboxState, Store, VaultMatch};
use crate::vault::{Vault, key_mark};

const DATABASE: &str = "firstwatch.db";
const FOLDERS: [&str; 2] = ["facts", "releases"];

/// Where a restore works until all is proved.
const STAGING: &str = "restore.unfinished";

/// What a copy holds, proved file by file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedCopy {
    pub name: String,
    pub label: Option<Label>,
    pub audit: u64,
    pub pages: usize,
    pub messages: usize,
    pub releases: usize,
    pub parts: usize,
    /// Messages that were still to be sent when it was made.
    pub pending: u64,
    /// Sentences; empty when the copy is what was backed up.
    pub damage: Vec<String>,
}

/// A copy that stands in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    #[serde(flatten)]
    pub copy: ProvedCopy,
    /// Persons whom the journals within reach know as erased.
    pub erasures: usize,
    /// Those of them whom the copy still knew, and who are gone again.
    pub erased_again: usize,
    /// The mark of the master key that opens it.
    #[serde(default)]
    pub master_key: Option<String>,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(
        "{path} is not empty, and a restore overwrites nothing; move it aside (`mv {path} {path}.old`) and name the \
         copy by its path, or restore elsewhere with --to DIR",
        path = .0.display()
    )]
    NotEmpty(PathBuf),
    #[error(
        "{name} is sealed under the master key {wanted}, and the configured one is {ours}; name the file of {wanted} as \
         master_key_file in [vault] (`firstwatch key mark FILE` tells which is which), or restore another copy \
         (`firstwatch backup list` shows their keys)"
    )]
    OtherKey { name: String, wanted: String, ours: String },
    #[error("the copy is damaged, and nothing was restored: {}", .0.damage.join("; "))]
    Damaged(Box<ProvedCopy>),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Restores the copy into a folder that is thrown away, and holds it against the live store as well.
///
/// # Errors
/// When the folder cannot be written; damage is no error, it stands in the answer.
pub fn prove_copy(house: &House, copy: &Path) -> anyhow::Result<ProvedCopy> {
    let scratch = Scratch::new(house.store.directory())?;
    let mut damage = Vec::new();
    let label = read_label(copy, &mut damage);
    let mut files = 0;
    for folder in FOLDERS {
        files += link_all(&copy.join(folder), &scratch.path().join(folder))?;
    }
    copy_database(copy, scratch.path(), &mut damage)?;
    let (mut proved, store) = prove(copy, scratch.path(), label, files, damage);
    if let Some(store) = store {
        hold_against_live(house, &store, &mut proved)?;
    }
    Ok(proved)
}

/// Restores the copy to `target`, which is not there yet or holds a journal of erasures alone. Whom that journal, one
/// that is `named`, or one beside the copy knows as erased is erased again before anything stands there. The caller has
/// made sure that no daemon is at work there. With a `vault`, a copy that it does not open is refused.
///
/// # Errors
/// [`RestoreError`]; nothing stands at the target then that was not there before.
pub fn restore(
    copy: &Path,
    target: &Path,
    (named, vault): (Option<&Path>, Option<&Vault>),
    actor: &Actor,
    now: Timestamp,
) -> Result<Restored, RestoreError> {
    let was_there = target.exists();
    if !is_free(target)? {
        return Err(RestoreError::NotEmpty(target.to_owned()));
    }
    let erasures = erasure_journal::within_reach(copy, target, named)?;
    make_private(target)?;
    let staging = target.join(STAGING);
    let restored = lay_out(copy, &staging).and_then(|proved| {
        if !proved.damage.is_empty() {
            return Err(RestoreError::Damaged(Box::new(proved)));
        }
        let master_key = check_key(&staging, &proved.name, vault)?;
        let erased_again = note(&staging, &proved.name, &erasures, actor, now)?;
        erasure_journal::write(&staging.join(JOURNAL), &erasures)?;
        move_up(&staging, target)?;
        Ok(Restored { copy: proved, erasures: erasures.len(), erased_again, master_key })
    });
    if restored.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&staging);
        if !was_there {
            let _ = fs::remove_dir(target);
        }
    }
    restored
}

/// Whether nothing stands there, but for what a restore left that was cut off, and a journal of erasures.
fn is_free(target: &Path) -> anyhow::Result<bool> {
    let entries = match fs::read_dir(target) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
        entries => entries.with_context(|| format!("failed to look into {}", target.display()))?,
    };
    for entry in entries {
        let name = entry?.file_name();
        if name != STAGING && name != JOURNAL {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Copies everything into `staging` and proves what stands there.
fn lay_out(copy: &Path, staging: &Path) -> Result<ProvedCopy, RestoreError> {
    if staging.exists() {
        fs::remove_dir_all(staging).context("failed to clear what an earlier restore left")?;
    }
    make_private(staging)?;
    let mut damage = Vec::new();
    let label = read_label(copy, &mut damage);
    let mut files = 0;
    for folder in FOLDERS {
        files += copy_all(&copy.join(folder), &staging.join(folder))?;
    }
    copy_database(copy, staging, &mut damage)?;
    Ok(prove(copy, staging, label, files, damage).0)
}

fn read_label(copy: &Path, damage: &mut Vec<String>) -> Option<Label> {
    match Label::read(copy) {
        Ok(label) => Some(label),
        Err(error) => {
            damage.push(format!("its label: {error:#}"));
            None
        }
    }
}

fn copy_database(copy: &Path, to: &Path, damage: &mut Vec<String>) -> anyhow::Result<()> {
    let database = copy.join(DATABASE);
    if !database.is_file() {
        damage.push(format!("{DATABASE} is missing"));
        return Ok(());
    }
    scratch::copy_private(&database, &to.join(DATABASE))
}

/// Opens what was laid out at `at` as a store and proves it; without a label or a database there is nothing
/// to open.
fn prove(
    copy: &Path,
    at: &Path,
    label: Option<Label>,
    files: u64,
    mut damage: Vec<String>,
) -> (ProvedCopy, Option<Store>) {
    let mut proof = Proof::default();
    let (mut pending, mut opened) = (0, None);
    if let Some(label) = label.as_ref().filter(|_| damage.is_empty()) {
        if files != label.files {
            damage
                .push(format!("it holds {files} files beside the database, and {} were copied", label.files));
        }
        damage.extend(journal_flaw(copy, label));
        match open(at, label) {
            Ok((store, noted)) => {
                proof = Proof::of(&store, noted.as_slice());
                let counts = store.read(|reader| reader.outbox_counts()).unwrap_or_default();
                pending =
                    counts.iter().filter(|(state, _)| *state == OutboxState::Pending).map(|it| it.1).sum();
                opened = Some(store);
            }
            Err(error) => damage.push(format!("{error:#}")),
        }
    }
    damage.append(&mut proof.damage);
    let proved = ProvedCopy {
        name: name_of(copy),
        label,
        audit: proof.audit,
        pages: proof.pages,
        messages: proof.messages,
        releases: proof.releases,
        parts: proof.parts,
        pending,
        damage,
    };
    (proved, opened)
}

fn journal_flaw(copy: &Path, label: &Label) -> Option<String> {
    let wanted = label.erasures_sha256.as_ref()?;
    match scratch::sha256_of(&copy.join(JOURNAL)) {
        Ok(found) if found == *wanted => None,
        Ok(_) => Some(format!("{JOURNAL} is not what was backed up: its hash differs")),
        Err(error) => Some(format!("{JOURNAL}: {error:#}")),
    }
}

/// The database's hash comes first: SQLite's own check sees no change of a value.
fn open(at: &Path, label: &Label) -> anyhow::Result<(Store, Option<crate::store::AuditHead>)> {
    let database = at.join(DATABASE);
    anyhow::ensure!(
        scratch::sha256_of(&database)? == label.database_sha256,
        "{DATABASE} is not what was backed up: its hash differs"
    );
    let store = Store::open(at).context("the database does not open as a store")?;
    Ok((store, label.head()?))
}

/// The copy's audit log is the beginning of the live one, and its persons are sealed under the same key.
fn hold_against_live(house: &House, copy: &Store, proved: &mut ProvedCopy) -> anyhow::Result<()> {
    if let Some(head) = proved.label.as_ref().and_then(|label| label.audit_head.as_ref()) {
        let live = house.store.read(|reader| reader.audit_hash(head.line))?;
        if live.map(hex::encode).as_ref() != Some(&head.sha256) {
            let line = head.line;
            proved.damage.push(format!(
                "audit line {line} of the live store is another or missing: this copy is of another history"
            ));
        }
    }
    let fingerprint = house.vault.fingerprint();
    if copy.read(|reader| reader.match_vault(&fingerprint))? == VaultMatch::Other {
        let wanted = copy.read(|reader| reader.vault_fingerprint())?;
        let wanted = wanted.map(|wanted| key_mark(&wanted)).unwrap_or_default();
        proved.damage.push(format!(
            "its persons are sealed under the master key {wanted}, and the one in use is {}; `firstwatch backup create` \
             takes copies over from the key before",
            key_mark(&fingerprint)
        ));
    }
    Ok(())
}

/// The mark of the master key that opens what was laid out; the vault's own opens it.
fn check_key(staging: &Path, name: &str, vault: Option<&Vault>) -> Result<Option<String>, RestoreError> {
    let failed = |error: crate::store::Error| RestoreError::Failed(error.into());
    let store = Store::open(staging).map_err(failed)?;
    let (mark, needed) = store
        .read(|reader| {
            let mark = reader.vault_fingerprint()?.map(|fingerprint| key_mark(&fingerprint));
            let ours = vault.map(|vault| vault.fingerprint());
            let needed = vault.map(|vault| keys::key_needed(reader, vault)).transpose()?.flatten();
            Ok((mark, needed.zip(ours)))
        })
        .map_err(failed)?;
    match needed {
        None => Ok(mark),
        Some((wanted, ours)) => Err(RestoreError::OtherKey {
            name: name.to_owned(),
            wanted: key_mark(&wanted),
            ours: key_mark(&ours),
        }),
    }
}

/// The restored store begins with who restored it, and without whom the law had forgotten; how many those are.
fn note(
    staging: &Path,
    name: &str,
    erasures: &[Erasure],
    actor: &Actor,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let store = Store::open(staging)?;
    let actor = actor.to_string();
    let entry =
        AuditEntry { actor: &actor, operation: "backup.restore", subject: name, reason: "", outcome: "done" };
    store.write(|writer| writer.append_audit(&entry, now))?;
    let erased = erase::replay(&store, erasures, &actor, now)?;
    store.forget_destroyed()?;
    Ok(erased)
}

/// The database last: where it stands, everything that it speaks of stands too.
fn move_up(staging: &Path, target: &Path) -> Result<(), RestoreError> {
    fs::remove_file(staging.join("firstwatch.lock")).context("failed to clear the lock")?;
    if staging.join(format!("{DATABASE}-wal")).exists() {
        return Err(anyhow::anyhow!("the restored database did not come to rest; try again").into());
    }
    fs::File::open(staging.join(DATABASE))
        .and_then(|file| file.sync_all())
        .context("failed to sync the restored database")?;
    if !is_free(target)? {
        return Err(RestoreError::NotEmpty(target.to_owned()));
    }
    // The journal before the database: a store that stands somewhere knows whom it must not know.
    let journal = staging.join(JOURNAL).exists().then_some(JOURNAL);
    for name in FOLDERS.into_iter().chain(journal).chain([DATABASE]) {
        fs::rename(staging.join(name), target.join(name))
            .with_context(|| format!("failed to move {name} into place"))?;
        scratch::sync_directory(target)?;
    }
    fs::remove_dir(staging).context("failed to remove the folder of the restore")?;
    let above = target.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    scratch::sync_directory(target)?;
    Ok(scratch::sync_directory(above)?)
}

/// Copies every file under `from`, none as a link, each for its owner alone and down on the disk.
fn copy_all(from: &Path, to: &Path) -> anyhow::Result<u64> {
    scratch::place_all(from, to, &|source, target| scratch::copy_private(source, target).map(|()| true))
}
