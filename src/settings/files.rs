//! Whether the files that the settings name are there and can be read, and the users whom they name exist; loading only
//! records their paths and names.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::engine::{Engine, SparkConnect};
use super::problem::Problem;
use super::roles::held;
use super::server::{Access, DatabaseServer, WebShop};
use super::shop::Settings;

/// Everything that is wrong with the files and the users that `settings` names. Of files it reads no more than their
/// first byte.
pub fn check_files(settings: &Settings) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut note = |key: &str, fault: Option<(String, &str)>| {
        problems.extend(fault.map(|(message, remedy)| settings.problem(key, message, remedy)));
    };
    note("vault.master_key_file", master_key(settings));
    note("mail.password_file", password(settings));
    if let Engine::SparkConnect(SparkConnect { token_file: Some(file), .. }) = &settings.engine {
        note("engine.token_file", secret(file, "write the engine's token into it, mode 0600"));
    }
    note("audit.heads_file", settings.audit.heads_file.as_deref().and_then(no_folder));
    note("business.brand.logo", settings.business.brand.logo.as_deref().and_then(unreadable));
    for (index, file) in settings.calendar.files.iter().enumerate() {
        note(&format!("calendar.files[{}]", index + 1), unreadable(file));
    }
    for (index, source) in settings.sources.iter().enumerate() {
        let at = format!("source[{}]", index + 1);
        if let Some(path) = &source.path {
            note(&format!("{at}.path"), unreadable(path));
        }
        for (key, file) in secrets(&source.access) {
            note(&format!("{at}.{key}"), secret(file, "write the secret into it, mode 0600"));
        }
        if let Some(file) = authorities(&source.access) {
            note(&format!("{at}.ca_file"), unreadable(file));
        }
        for (feed, map) in &source.feeds {
            if let Some(path) = &map.path {
                note(&format!("{at}.{}.path", feed.as_str()), unreadable(path));
            }
        }
    }
    problems.extend(held(settings).problems);
    problems.sort();
    problems
}

/// The files of a source's secrets, with their keys.
fn secrets(access: &Access) -> Vec<(&'static str, &Path)> {
    match access {
        Access::Files => Vec::new(),
        Access::Database(server) => {
            server.password_file.iter().map(|file| ("password_file", file.as_path())).collect()
        }
        Access::WebShop(shop) => vec![("key_file", &shop.key_file), ("secret_file", &shop.secret_file)],
    }
}

fn authorities(access: &Access) -> Option<&Path> {
    match access {
        Access::Files => None,
        Access::Database(DatabaseServer { ca_file, .. }) | Access::WebShop(WebShop { ca_file, .. }) => {
            ca_file.as_deref()
        }
    }
}

/// The file of heads is made when the first is noted; its folder must be there.
fn no_folder(file: &Path) -> Option<(String, &'static str)> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (!folder.is_dir()).then(|| {
        (format!("there is no folder {}", folder.display()), "make it, and let firstwatch write into it")
    })
}

fn master_key(settings: &Settings) -> Option<(String, &'static str)> {
    match (&settings.vault.master_key_file, settings.master_key_path()) {
        (Some(file), _) => secret(file, "make one with `firstwatch key new`"),
        // systemd guards its credentials itself, and shows their mode in its own way.
        (None, Some(credential)) => unreadable(&credential),
        (None, None) => Some((
            "there is no master key: no file is named, and no credential was given".to_owned(),
            "make one with `firstwatch key new` and name its file, or give the service the credential `master-key`",
        )),
    }
}

fn password(settings: &Settings) -> Option<(String, &'static str)> {
    settings.mail.user.as_ref()?;
    match (&settings.mail.password_file, settings.mail_password_path()) {
        (Some(file), _) => secret(file, "write the password into it, mode 0600"),
        (None, Some(credential)) => unreadable(&credential),
        (None, None) => Some((
            "the relay has a user and no password".to_owned(),
            "name the password's file, or give the service the credential `mail-password`",
        )),
    }
}

/// A file that nobody but its owner may read.
fn secret(path: &Path, remedy: &'static str) -> Option<(String, &'static str)> {
    if !path.exists() {
        return Some((format!("there is no file {}", path.display()), remedy));
    }
    unreadable(path).or_else(|| {
        let mode = path.metadata().ok()?.permissions().mode() & 0o777;
        (!matches!(mode, 0o600 | 0o400))
            .then(|| (format!("{} has mode {mode:04o}", path.display()), "give it mode 0600: chmod 600"))
    })
}

fn unreadable(path: &Path) -> Option<(String, &'static str)> {
    let read = File::open(path).and_then(|mut file| file.read(&mut [0]));
    let error = read.err()?;
    let message = match error.kind() {
        ErrorKind::NotFound => format!("there is no file {}", path.display()),
        kind => format!("{} cannot be read: {kind}", path.display()),
    };
    Some((message, "correct the path, or let the user that runs firstwatch read the file"))
}
