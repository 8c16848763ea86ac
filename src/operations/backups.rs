//! Backups by hand.

use super::{Result, allow, record};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::jobs::{self, House};

/// Makes a copy now; its name under `backups/`.
pub fn create(house: &House, actor: &Actor) -> Result<String> {
    allow(house, actor, Operation::BackupCreate)?;
    let now = house.now();
    let folder = jobs::create_backup(house, now)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    house.store.write(|writer| record(writer, actor, Operation::BackupCreate, &name, "done", now))?;
    Ok(name)
}
