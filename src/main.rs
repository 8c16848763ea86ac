//! firstwatch: quiet panics, parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    firstwatch::daemon::keep_panics_quiet();
    firstwatch::cli::run(std::env::args_os().collect())
}
