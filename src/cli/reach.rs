//! Reaching the house: over the daemon's socket when one runs, else in this process, if the caller may
//! open the state directory.

use std::path::PathBuf;
use std::sync::Arc;

use crate::api::Client;
use crate::domain::actor::Actor;
use crate::domain::clock::SystemClock;
use crate::jobs::{House, OpenError};
use crate::settings::{self, LoadOptions, Settings};

use super::exit::BadConfiguration;

/// Loads the settings, or fails with every problem as one text.
pub fn load(config: Option<PathBuf>) -> anyhow::Result<Settings> {
    settings::load(&LoadOptions { file: config, environment: std::env::vars().collect() }).map_err(
        |problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let count = problems.len();
            let noun = if count == 1 { "problem" } else { "problems" };
            BadConfiguration(format!("the configuration has {count} {noun}\n{}", lines.join("\n"))).into()
        },
    )
}

/// Opens the house in this process.
pub fn open(settings: Settings) -> Result<Arc<House>, OpenError> {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    House::open(settings, credentials, Arc::new(SystemClock)).map(Arc::new)
}

/// A client of whoever has the house open.
pub fn client(settings: Settings) -> anyhow::Result<Client> {
    let socket = settings.store.socket.clone();
    if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
        return Ok(Client::Socket(socket));
    }
    let house = open(settings)?;
    Ok(Client::in_process(house, Actor::User { uid: rustix::process::geteuid().as_raw() }))
}

/// Runs an asynchronous client to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    Ok(runtime.block_on(future))
}
