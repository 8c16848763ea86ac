//! firstwatch: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    firstwatch::cli::run(std::env::args_os().collect())
}
