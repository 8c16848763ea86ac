//! Backups: make, list and prove them, and restore one.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Result, allow, record};
use crate::access::{self, Grants, Operation};
use crate::domain::actor::Actor;
use crate::jobs::{self, House, ListedCopy, ProvedCopy, RestoreError, Restored, Tended};
use crate::vault::Vault;

/// A copy that was made, and what became of the older ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Created {
    /// Its name under `backups/`.
    pub backup: String,
    #[serde(flatten)]
    pub tended: Tended,
}

/// Makes a copy now, and brings the older ones up to the erasures and the master key of today.
pub fn create(house: &House, actor: &Actor) -> Result<Created> {
    allow(house, actor, Operation::BackupCreate)?;
    let now = house.now();
    let folder = jobs::create_backup(house, now)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    house.store.write(|writer| record(writer, actor, Operation::BackupCreate, &name, "done", now))?;
    Ok(Created { backup: name, tended: jobs::tend_copies(house, now)? })
}

/// The copies, newest first.
pub fn list(house: &House, actor: &Actor) -> Result<Vec<ListedCopy>> {
    allow(house, actor, Operation::BackupList)?;
    Ok(jobs::list_copies(&house.backups_directory())?)
}

/// Restores a copy (by its name or path; the newest when none is named) into a folder that is thrown away, and
/// proves it. What is damaged stands in the answer.
pub fn verify(house: &House, actor: &Actor, which: Option<&str>) -> Result<ProvedCopy> {
    allow(house, actor, Operation::BackupVerify)?;
    let copy = jobs::find_copy(&house.backups_directory(), which)?.ok_or_else(|| no_copy(which))?;
    Ok(jobs::prove_copy(house, &copy)?)
}

/// Restores a copy to `target`. The house that it was made of may be gone, so none is open: whoever may write
/// there may restore there, and the restored store begins with who it was.
pub fn restore(
    actor: &Actor,
    backups: &Path,
    which: &str,
    target: &Path,
    (erasures, vault): (Option<&Path>, Option<&Vault>),
    now: Timestamp,
) -> Result<Restored> {
    let grants = Grants::of_the_house(rustix::process::geteuid().as_raw());
    access::check(&grants, actor, Operation::BackupRestore)
        .map_err(|denied| Error::NotAllowed(denied.to_string()))?;
    let copy = jobs::find_copy(backups, Some(which))?.ok_or_else(|| no_copy(Some(which)))?;
    jobs::restore(&copy, target, (erasures, vault), actor, now).map_err(|error| match error {
        RestoreError::NotEmpty(_) | RestoreError::OtherKey { .. } => Error::BadRequest(error.to_string()),
        RestoreError::Damaged(_) => Error::Failed(error.into()),
        RestoreError::Failed(error) => Error::Failed(error),
    })
}

fn no_copy(which: Option<&str>) -> Error {
    let remedy = "`firstwatch backup list` shows those in the state directory; name any other by its path";
    match which {
        Some(which) => Error::NotFound { what: "backup", name: which.to_owned(), remedy: remedy.to_owned() },
        None => Error::BadRequest("there is no backup yet; `firstwatch backup create` makes one".to_owned()),
    }
}
