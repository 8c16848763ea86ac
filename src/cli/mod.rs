//! The command line, one file a subcommand. It speaks to the house only through the api's client; the
//! commands that need no store (`check`, `disclosure`, `schedule`, `calendar`, `key`, `backup restore`) speak
//! to the rooms they are about.

pub mod arguments;
pub mod calendar;
pub mod check;
pub mod complaint;
pub mod complete;
pub mod customer;
pub mod demo;
pub mod disclosure;
pub mod exit;
pub mod key;
mod manual;
pub mod output;
pub mod payment;
pub mod reach;
pub mod remote;
pub mod restore;
pub mod schedule;
pub mod serve;
pub mod show;
mod withholding;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

pub use arguments::Cli;

use arguments::{BackupCommand, Command};
use output::OutputFormat;

/// Reads the command line, runs the command, and says what went wrong, once, here.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    complete::answer_shell();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error, format_of(&arguments)),
    };
    let format = cli.format;
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => exit::report(&error, format),
    }
}

/// The format that a command line asks for which is wrong elsewhere.
fn format_of(arguments: &[OsString]) -> OutputFormat {
    let says_json = |pair: &[OsString]| pair[0] == "--format" && pair[1] == "json";
    if arguments.windows(2).any(says_json) || arguments.iter().any(|argument| argument == "--format=json") {
        OutputFormat::Json
    } else {
        OutputFormat::Human
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { config, format, verbose, command } = cli;
    crate::daemon::start_logging(verbose, !matches!(command, Command::Serve));
    match command {
        Command::Serve => serve::run(config),
        Command::Demo(options) => demo::run(&options, format),
        Command::Check => check::run(config, format),
        Command::Disclosure(command) => disclosure::run(&command, format),
        Command::Schedule(command) => {
            let (calendar, zone) = check::calendar_of(config)?;
            schedule::run(command, &calendar, &zone, format)
        }
        Command::Calendar(command) => {
            let (calendar, zone) = check::calendar_of(config)?;
            calendar::run(command, &calendar, &zone, format)
        }
        Command::Key(key::KeyCommand::New { file }) => key::new(file, format),
        Command::Key(key::KeyCommand::Mark { file }) => key::mark(&file, format),
        // The store that it would be asked of may be gone.
        Command::Backup(BackupCommand::Restore { copy, to, erasures }) => {
            restore::run(&copy, (to, erasures), config, format)
        }
        Command::Completions { shell } => complete::script(shell),
        Command::Man { dir } => manual::write(&dir, format),
        other => remote::run(other, config, format),
    }
}
