//! `serve`: the daemon.

use std::path::PathBuf;
use std::process::ExitCode;

use super::reach;

pub fn run(config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let handed_over = crate::api::handed_over()?;
    let house = reach::open(reach::load(config)?)?;
    // What blocks runs on threads of its own; a second worker would only be woken by the first.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let served = runtime.block_on(crate::daemon::serve(house, handed_over));
    // Work that is past its grace must not hold the process: its transaction rolls back.
    runtime.shutdown_background();
    served?;
    Ok(ExitCode::SUCCESS)
}
