//! Reaching the house: over the daemon's socket when one runs, else in this process, if the caller may
//! open the state directory.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::Client;
use crate::domain::actor::Actor;
use crate::domain::clock::SystemClock;
use crate::jobs::House;
use crate::settings::{self, LoadOptions, Settings};

use super::exit::{BadConfiguration, NotAllowed};

/// Loads the settings, or fails with every problem as one text.
pub fn load(config: Option<PathBuf>) -> anyhow::Result<Settings> {
    settings::load(&LoadOptions { file: config, environment: std::env::vars().collect() }).map_err(
        |problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let count = super::show::count(problems.len() as u64, "problem");
            BadConfiguration(format!("the configuration has {count}\n{}", lines.join("\n"))).into()
        },
    )
}

/// Where the service listens, as it is shipped.
const USUAL_SOCKET: &str = "/run/firstwatch/control.socket";

/// The socket for a caller who may not read the configuration and needs only the daemon: the one that the environment
/// names, else the service's. Who names a configuration means its daemon and no other, so there is no guess then.
/// `None` when the configuration can be read, or is missing: that is for [`load`] to tell.
pub fn socket_without_configuration(config: Option<&Path>) -> Option<PathBuf> {
    let opened = std::fs::File::open(config.unwrap_or(Path::new(settings::USUAL_FILE)));
    if opened.err()?.kind() != ErrorKind::PermissionDenied {
        return None;
    }
    let named = std::env::var_os("FIRSTWATCH_STORE__SOCKET").map(PathBuf::from);
    named.or_else(|| config.is_none().then(|| PathBuf::from(USUAL_SOCKET)))
}

/// Opens the house in this process.
pub fn open(settings: Settings) -> anyhow::Result<Arc<House>> {
    check_owner(&settings)?;
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    Ok(House::open(settings, credentials, Arc::new(SystemClock)).map(Arc::new)?)
}

/// A client of whoever has the house open.
pub fn client(settings: Settings) -> anyhow::Result<Client> {
    let socket = settings.store.socket.clone();
    if UnixStream::connect(&socket).is_ok() {
        return Ok(Client::Socket(socket));
    }
    let house = open(settings)?;
    Ok(Client::in_process(house, ourselves()))
}

/// Who this process is, as the socket would say it.
fn ourselves() -> Actor {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    Actor::User { uid, groups: settings::groups_of(uid, gid) }
}

/// Runs an asynchronous client to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    Ok(runtime.block_on(future))
}

/// Only the owner of the state directory opens it. Root could too, and would leave files of its own in it
/// that the daemon's user cannot read.
fn check_owner(settings: &Settings) -> Result<(), NotAllowed> {
    let directory = settings.store.directory.display();
    let socket = settings.store.socket.display();
    let us = rustix::process::geteuid().as_raw();
    let refused = |why: &str, remedy: &str| {
        NotAllowed(format!("{why}, and no daemon answers at {socket}; start the daemon{remedy}"))
    };
    match std::fs::metadata(&settings.store.directory) {
        Ok(state) if state.uid() != us => Err(refused(
            &format!("the state directory {directory} belongs to uid {}, not to uid {us}", state.uid()),
            &format!(", or run this as its owner: `sudo -u '#{}' firstwatch ...`", state.uid()),
        )),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(refused(
            &format!("uid {us} may not look into the state directory {directory}"),
            ", or run this as the directory's owner",
        )),
        // What is not there is made, by whoever comes first.
        _ => Ok(()),
    }
}

/// Whoever makes files in a directory that is there already must be its owner, or those who work in it could
/// not read them.
///
/// # Errors
/// Whose it is, as a part of a sentence.
pub fn check_owner_of(directory: &std::path::Path) -> Result<(), String> {
    let us = rustix::process::geteuid().as_raw();
    match std::fs::metadata(directory) {
        Ok(found) if found.uid() != us => {
            Err(format!("{} belongs to uid {}, not to uid {us}", directory.display(), found.uid()))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(format!("uid {us} may not look into {}", directory.display()))
        }
        _ => Ok(()),
    }
}
