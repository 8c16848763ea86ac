//! `[store]` and `[vault]`: where data rests, and where the key to it comes from.

use std::path::PathBuf;

use super::section::Section;

#[derive(Clone, Debug)]
pub struct StoreSettings {
    pub directory: PathBuf,
    /// The control socket.
    pub socket: PathBuf,
}

#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// `None`: the systemd credential `master-key`.
    pub master_key_file: Option<PathBuf>,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<StoreSettings> {
    let directory = section.required("directory", |field| field.path());
    let socket = section.optional("socket", |field| field.path());
    let directory = directory?;
    Some(StoreSettings { socket: socket.unwrap_or_else(|| directory.join("control.socket")), directory })
}

pub(super) fn read_vault(section: &mut Section<'_>) -> Option<VaultSettings> {
    Some(VaultSettings { master_key_file: section.optional("master_key_file", |field| field.path()) })
}
