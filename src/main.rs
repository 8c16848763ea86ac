//! firstwatch: quiet panics, no core dumps, parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    firstwatch::daemon::keep_panics_quiet();
    if let Err(error) = firstwatch::daemon::keep_memory_private() {
        eprintln!("firstwatch: core dumps cannot be switched off: {error}");
    }
    firstwatch::cli::run(std::env::args_os().collect())
}
