//! firstwatch: parse, dispatch, exit code.

use std::process::ExitCode;

use clap::Parser;
use firstwatch::cli::{self, Cli};

fn main() -> ExitCode {
    cli::run(Cli::parse())
}
