//! The master key: going over to another one while everything goes on.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::{Error, Result, allow, record};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::jobs::{self, House, RotationError};
use crate::vault::{KeyOrigin, MasterKey};

/// Carries a key, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateRequest {
    /// 64 hexadecimal digits.
    master_key: String,
}

impl RotateRequest {
    pub fn new(master: &MasterKey) -> Self {
        Self { master_key: master.digits().to_string() }
    }
}

impl Drop for RotateRequest {
    fn drop(&mut self) {
        self.master_key.zeroize();
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rotated {
    /// Data keys that were wrapped anew.
    pub rewrapped: u64,
    /// Whether the old master key is out of use.
    pub finished: bool,
    /// Backups that are kept need the old key until the next one is made.
    #[serde(default)]
    pub copies: bool,
    /// The configured file that the new key has to take the place of; `null`: a credential of systemd.
    pub master_key_file: Option<std::path::PathBuf>,
}

/// Wraps every data key anew under that master key. Both keys open the store until [`finish`].
pub fn rotate(house: &House, actor: &Actor, request: &RotateRequest) -> Result<Rotated> {
    allow(house, actor, Operation::KeyRotate)?;
    let master = MasterKey::parse(request.master_key.as_bytes())
        .ok_or_else(|| Error::BadRequest("a master key is 64 hexadecimal digits".to_owned()))?;
    let now = house.now();
    let begun = jobs::rotate(house, &master, &|writer| {
        record(writer, actor, Operation::KeyRotate, "master key", "begun", now)
    });
    told(house, begun.map_err(refusal)?, false)
}

/// Puts the old master key out of use, once the new one stands in its place.
pub fn finish(house: &House, actor: &Actor) -> Result<Rotated> {
    allow(house, actor, Operation::KeyRotate)?;
    if !jobs::is_rotating(house)? {
        return Err(refusal(RotationError::None));
    }
    in_place(house).map_err(Error::BadRequest)?;
    let now = house.now();
    let ended = jobs::finish_rotation(house, &|writer| {
        record(writer, actor, Operation::KeyRotate, "master key", "done", now)
    });
    told(house, ended.map_err(refusal)?, true)
}

/// Whether the next opening would find the new key; else what to do.
fn in_place(house: &House) -> std::result::Result<(), String> {
    let Some(file) = &house.settings.vault.master_key_file else {
        return Err("systemd gives the key to the service when it starts: put the new key in the old one's place, then \
                    `systemctl restart firstwatch`, which finishes the rotation"
            .to_owned());
    };
    match MasterKey::read(file, KeyOrigin::File) {
        Ok(master) if house.vault.is_current(&master) => Ok(()),
        Ok(_) => Err(format!(
            "{} still holds the old master key; put the new one in its place first",
            file.display()
        )),
        Err(error) => Err(format!("{:#}", anyhow::Error::from(error))),
    }
}

fn told(house: &House, rewrapped: u64, finished: bool) -> Result<Rotated> {
    let copies = jobs::needs_key_before(house)?;
    let master_key_file = house.settings.vault.master_key_file.clone();
    Ok(Rotated { rewrapped, finished, copies, master_key_file })
}

fn refusal(error: RotationError) -> Error {
    match error {
        RotationError::UnderWay => Error::TryAgain(error.to_string()),
        RotationError::ToAnother | RotationError::Copies | RotationError::None => {
            Error::BadRequest(error.to_string())
        }
        RotationError::Vault(crate::vault::Error::SameMasterKey) => Error::BadRequest(error.to_string()),
        other => Error::Failed(other.into()),
    }
}
