//! `backup restore`: puts a copy where a store is to stand. No house is opened, for there may be none left.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::exit::{BadData, NotAllowed, TryAgain};
use super::output::{self, OutputFormat};
use super::remote::held;
use super::{reach, show};
use crate::domain::actor::Actor;
use crate::domain::clock::{Clock, SystemClock};
use crate::jobs::Restored;
use crate::operations::{self, backups};
use crate::settings::Settings;
use crate::vault::{KeyOrigin, MasterKey, Vault};

pub fn run(
    copy: &str,
    (to, erasures): (Option<PathBuf>, Option<PathBuf>),
    config: Option<PathBuf>,
    format: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let settings = reach::load(config)?;
    let target = std::path::absolute(to.unwrap_or_else(|| settings.store.directory.clone()))?;
    reach::check_owner_of(&target).map_err(|why| {
        NotAllowed(format!("{why}; run this as its owner, who the restored files are to belong to"))
    })?;
    refuse_beside_daemon(&settings, &target)?;
    let actor = Actor::user(rustix::process::geteuid().as_raw());
    let backups = settings.store.directory.join("backups");
    let vault = configured_vault(&settings);
    let with = (erasures.as_deref(), vault.as_ref());
    let proved =
        backups::restore(&actor, &backups, copy, &target, with, SystemClock.now()).map_err(|error| {
            match error {
                operations::Error::NotAllowed(why) => NotAllowed(why).into(),
                operations::Error::NotFound { .. } | operations::Error::BadRequest(_) => {
                    BadData(error.to_string()).into()
                }
                error => anyhow::Error::from(error),
            }
        })?;
    output::print(&json!({ "directory": target, "restored": proved }), format, |_| {
        shown(&proved, &target, (&settings, vault.is_some()))
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The vault of the configured master key; where that cannot be read, a restore tells which one it needs.
fn configured_vault(settings: &Settings) -> Option<Vault> {
    let origin = match settings.vault.master_key_file {
        Some(_) => KeyOrigin::File,
        None => KeyOrigin::Credential,
    };
    MasterKey::read(&settings.master_key_path()?, origin).ok().map(Vault::new)
}

/// A daemon that answers is at work in its state directory.
fn refuse_beside_daemon(settings: &Settings, target: &Path) -> Result<(), TryAgain> {
    let socket = &settings.store.socket;
    let same = |one: &Path, other: &Path| match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    };
    if same(target, &settings.store.directory) && UnixStream::connect(socket).is_ok() {
        return Err(TryAgain(format!(
            "a daemon answers at {} and is at work in {}; stop it first (`systemctl stop firstwatch.socket firstwatch`)",
            socket.display(),
            target.display()
        )));
    }
    Ok(())
}

fn shown(restored: &Restored, target: &Path, (settings, has_key): (&Settings, bool)) -> String {
    let proved = &restored.copy;
    let mut lines =
        vec![format!("{}restored {} to {}: {}", show::tick(), proved.name, target.display(), held(proved))];
    if let Some(label) = &proved.label {
        let made = show::instant(label.created_at, &settings.business.zone);
        lines.push(format!("It knows nothing of what was pulled, decided or released after {made}."));
    }
    if let Some(mark) = restored.master_key.as_ref().filter(|_| !has_key) {
        lines.push(format!(
            "It opens with the master key {mark} alone, and no master key can be read here; `firstwatch key mark FILE` tells \
             whether a file is that one."
        ));
    }
    if restored.erasures > 0 {
        let persons = show::count(restored.erasures as u64, "person");
        let again = restored.erased_again;
        lines.push(format!(
            "{persons} had been erased, {again} of them since this copy was made; they stay so."
        ));
    } else {
        lines.push(
            "No journal of erasures was found beside the copy. If anybody was erased since it was made, restore \
             again with --erasures FILE, naming the journal of the lost state directory or of a newer copy."
                .to_owned(),
        );
    }
    if proved.pending > 0 {
        let pending = show::count(proved.pending, "message");
        lines.push(format!(
            "{pending} that had not been sent then will be sent again when the daemon starts; `firstwatch outbox list \
             --state pending` shows them, `firstwatch outbox cancel ID` holds one back."
        ));
    }
    lines.join("\n")
}
