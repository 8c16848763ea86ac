//! The master key and the store: knowing each other again at the opening, and going over to another master key.
//!
//! A rotation begins with its two notes on record, by which either key opens the store; then every data key is wrapped
//! anew, a few at a time beside everything else; it ends when the notes are taken away, which is when the new key is
//! known to stand in the old one's place. Cut off anywhere, it goes on from there.

use anyhow::Context;
use jiff::Timestamp;

use super::copies;
use super::house::{BACKUPS, House};
use super::open_error::{OpenError, RotationError};
use crate::domain::ids::CustomerNo;
use crate::domain::sealed::WrappedKey;
use crate::settings::Settings;
use crate::store::{self, Archive, AuditEntry, Reader, Store, VaultMatch, Writer};
use crate::vault::{self, KeyOrigin, MasterKey, RotationNotes, Vault, key_mark};

/// What is noted when the opening itself ends a rotation.
const FINISHED: AuditEntry<'_> = AuditEntry {
    actor: "daemon",
    operation: "key.rotate",
    subject: "master key",
    reason: "opened with the new key",
    outcome: "done",
};

/// Data keys wrapped anew in one transaction, so that others get their turn.
const AT_ONCE: u32 = 500;

/// What is noted in the transaction that begins or ends a rotation.
pub type Noted<'a> = &'a dyn Fn(&Writer<'_>) -> Result<(), store::Error>;

/// Refuses a master key that is not the store's; finds (the first time: makes) the index key and the system key. A
/// rotation on record is joined, and ended when this is its new key: it stands in its place.
pub(super) fn know_the_vault(
    store: &Store,
    master: MasterKey,
    now: Timestamp,
) -> Result<(Vault, WrappedKey), OpenError> {
    let notes = store.read(|reader| reader.rotation_notes())?;
    let vault = Vault::new(master);
    let ours = vault.fingerprint();
    let joined = match notes {
        Some([forward, back]) => vault.join(&RotationNotes { forward, back }),
        None => false,
    };
    if let Some(before) = store.read(|reader| reader.key_before())?.filter(|_| !joined) {
        vault.remember(&before);
    }
    let (vault, system_key) = store.write(|writer| known(writer, vault, &ours, joined))?;
    if joined && vault.fingerprint() == ours {
        rewrap_all(store, &vault)?;
        store.write(|writer| {
            writer.end_rotation(&ours)?;
            writer.append_audit(&FINISHED, now)
        })?;
        forget_key_before(store)?;
        store.clear_log()?;
        tracing::info!("the rotation of the master key is finished; the old key opens this store no more");
    }
    Ok((vault, system_key))
}

fn known(
    writer: &Writer<'_>,
    vault: Vault,
    ours: &[u8; 32],
    joined: bool,
) -> Result<(Vault, WrappedKey), OpenError> {
    let vault = match (writer.match_vault(ours)?, writer.index_key()?) {
        (VaultMatch::Other, _) if !joined => {
            return Err(OpenError::Configuration(other_key(ours, writer.vault_fingerprint()?)));
        }
        (VaultMatch::Unset, _) => {
            writer.set_vault_fingerprint(ours)?;
            let vault = vault.with_new_index_key()?;
            writer.set_index_key(&vault.index_key()?)?;
            vault
        }
        (_, Some(key)) => vault.with_index_key(&key)?,
        // From before stores kept one: the master key's own bytes, as every look-up in it was made.
        (_, None) => {
            writer.set_index_key(&vault.index_key()?)?;
            vault
        }
    };
    if let Some(key) = writer.system_key()? {
        return Ok((vault, key));
    }
    let fresh = vault.new_data_key()?;
    writer.set_system_key(&fresh)?;
    Ok((vault, fresh))
}

fn other_key(ours: &[u8; 32], wanted: Option<[u8; 32]>) -> String {
    format!(
        "the master key {} is not the one this store was sealed with ({}); name the right file as master_key_file in \
         [vault] (`firstwatch key mark FILE` tells which is which)",
        key_mark(ours),
        wanted.map(|wanted| key_mark(&wanted)).unwrap_or_default()
    )
}

/// The master key that a store needs, when this vault's is another.
pub(super) fn key_needed(reader: &Reader<'_>, vault: &Vault) -> Result<Option<[u8; 32]>, store::Error> {
    let ours = vault.fingerprint();
    let notes = reader.rotation_notes()?;
    let joins = notes.is_some_and(|[forward, back]| vault.join(&RotationNotes { forward, back }));
    Ok(reader.vault_fingerprint()?.filter(|wanted| !joins && *wanted != ours))
}

/// Puts a copy of the store, wherever its rotation stood, under the key in use.
///
/// # Errors
/// When it is under a master key that is neither that nor the one before.
pub(super) fn take_over(copy: &Store, vault: &Vault) -> anyhow::Result<()> {
    let wanted = copy.read(|reader| reader.vault_fingerprint())?;
    rewrap_all(copy, vault).with_context(|| {
        let mark = wanted.map(|wanted| key_mark(&wanted)).unwrap_or_default();
        format!("it is under the master key {mark}, which is neither the one in use nor the one before")
    })?;
    copy.write(|writer| {
        writer.end_rotation(&vault.fingerprint())?;
        writer.forget_key_before()
    })?;
    Ok(())
}

/// Where no backup is kept, nobody needs the key before this one.
fn forget_key_before(store: &Store) -> Result<(), store::Error> {
    let is_kept = copies::all(&store.directory().join(BACKUPS)).is_ok_and(|copies| !copies.is_empty());
    if is_kept { Ok(()) } else { store.write(|writer| writer.forget_key_before()) }
}

/// Whether backups that are kept may still need the master key before this one.
pub fn needs_key_before(house: &House) -> Result<bool, store::Error> {
    house.store.read(|reader| Ok(reader.key_before()?.is_some()))
}

/// What is wrong with the configured master key for the store that is there, beside whoever has that open. A key that
/// cannot be read is told elsewhere, and so is a store that cannot.
pub fn wrong_key(settings: &Settings) -> Option<String> {
    let path = settings.master_key_path()?;
    let origin = match settings.vault.master_key_file {
        Some(_) => KeyOrigin::File,
        None => KeyOrigin::Credential,
    };
    let vault = Vault::new(MasterKey::read(&path, origin).ok()?);
    let archive = Archive::open(&settings.store.directory).ok()??;
    let ours = vault.fingerprint();
    let wanted = archive.read(|reader| key_needed(reader, &vault));
    wanted.ok()?.map(|wanted| other_key(&ours, Some(wanted)))
}

/// Goes over to `master`, or goes on with that; gives how many keys were wrapped anew. Afterwards both keys open the
/// store, until [`finish_rotation`] or the next opening with the new one.
///
/// # Errors
/// [`RotationError`]. What was wrapped anew stays so.
pub fn rotate(house: &House, master: &MasterKey, begun: Noted<'_>) -> Result<u64, RotationError> {
    let _turn = house.rotating.try_lock().map_err(|_| RotationError::UnderWay)?;
    let is_on_record = house.store.read(|reader| reader.rotation_notes())?.is_some();
    if is_on_record && !house.vault.is_current(master) {
        return Err(RotationError::ToAnother);
    }
    if !is_on_record && needs_key_before(house)? {
        return Err(RotationError::Copies);
    }
    if !is_on_record {
        let rotation = house.vault.rotation_to(master)?;
        house.store.write(|writer| {
            writer.set_rotation_notes(&rotation.notes.forward, &rotation.notes.back)?;
            begun(writer)
        })?;
        house.vault.turn(rotation);
    }
    rewrap_all(&house.store, &house.vault)
}

/// Ends the rotation: the old key opens nothing any more. The caller has made sure that the new one is in place.
///
/// # Errors
/// [`RotationError`].
pub fn finish_rotation(house: &House, ended: Noted<'_>) -> Result<u64, RotationError> {
    let _turn = house.rotating.try_lock().map_err(|_| RotationError::UnderWay)?;
    if house.store.read(|reader| reader.rotation_notes())?.is_none() {
        return Err(RotationError::None);
    }
    let rewrapped = rewrap_all(&house.store, &house.vault)?;
    house.store.write(|writer| {
        writer.end_rotation(&house.vault.fingerprint())?;
        ended(writer)
    })?;
    forget_key_before(&house.store)?;
    // The log may hold keys as the old one wrapped them.
    house.store.clear_log()?;
    Ok(rewrapped)
}

/// Whether a rotation has begun and not ended.
pub fn is_rotating(house: &House) -> Result<bool, store::Error> {
    house.store.read(|reader| Ok(reader.rotation_notes()?.is_some()))
}

fn rewrap_all(store: &Store, vault: &Vault) -> Result<u64, RotationError> {
    let mut rewrapped = store.write(|writer| rewrap_of_the_house(writer, vault))?;
    let mut after = CustomerNo(0);
    loop {
        let (last, done) = store.write(|writer| -> Result<_, RotationError> {
            let keys = writer.keys_wrapped_otherwise(&vault.current_head(), after, AT_ONCE)?;
            let mut done = 0;
            for (no, key) in &keys {
                match vault.rewrap(key) {
                    Ok(Some(key)) => writer.set_wrapped_key(*no, &key)?,
                    Ok(None) => continue,
                    // Damaged: it opens under no key, and must not keep the others under the old one.
                    Err(vault::Error::OtherMasterKey | vault::Error::BrokenKey) => {
                        tracing::error!(customer = %no, "a data key is damaged, and was left as it is");
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
                done += 1;
            }
            Ok((keys.last().map(|(no, _)| *no), done))
        })?;
        rewrapped += done;
        match last {
            Some(last) => after = last,
            None => return Ok(rewrapped),
        }
    }
}

/// The index key and the system key.
fn rewrap_of_the_house(writer: &Writer<'_>, vault: &Vault) -> Result<u64, RotationError> {
    let mut rewrapped = 0;
    if let Some(key) = writer.index_key()?.map(|key| vault.rewrap(&key)).transpose()?.flatten() {
        writer.set_index_key(&key)?;
        rewrapped += 1;
    }
    if let Some(key) = writer.system_key()?.map(|key| vault.rewrap(&key)).transpose()?.flatten() {
        writer.set_system_key(&key)?;
        rewrapped += 1;
    }
    Ok(rewrapped)
}
