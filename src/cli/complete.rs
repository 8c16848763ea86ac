//! Completion: what the shell asks this very program whenever somebody presses the key, so that it knows the jobs and
//! sources of the configuration, with or without a daemon; with one, runs and releases too.
//!
//! Whoever may not read the configuration gets commands and options alone: a question to the daemon would be theirs, and a
//! refusal of it would stand in the audit log.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};
use serde::de::DeserializeOwned;

use super::arguments::Cli;
use super::{output, reach};
use crate::api::Client;
use crate::operations::releases::ReleaseView;
use crate::operations::runs::RunView;
use crate::settings::Settings;

/// What the scripts set when they ask.
const VARIABLE: &str = "COMPLETE";

/// A file of `$fpath` is loaded at the first press of the key, which it has to answer, too.
const AUTOLOADED: &str =
    "[[ \"${funcstack[1]}\" == _firstwatch ]] && _clap_dynamic_completer_firstwatch \"$@\"\n";

/// Whoever presses a key does not wait longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers a shell that asks what may follow, and ends the process; returns when none does.
pub fn answer_shell() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// The script that makes a shell ask, whatever `--format` says.
pub(super) fn script(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let shells = Shells::builtins();
    let completer = shells.completer(&shell.to_string()).context("this shell cannot be asked")?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "firstwatch", "firstwatch", "firstwatch", &mut script)?;
    if shell == clap_complete::Shell::Zsh {
        script.extend_from_slice(AUTOLOADED.as_bytes());
    }
    output::write(&String::from_utf8(script).context("the completions are not text")?)?;
    Ok(ExitCode::SUCCESS)
}

/// The configured jobs, each with its kind.
pub(super) fn jobs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let jobs = settings().map(|settings| settings.jobs).unwrap_or_default();
    beginning(typed, jobs.into_iter().map(|job| (job.name.to_string(), job.kind.as_str().to_owned())))
}

/// The configured sources.
pub(super) fn sources(typed: &OsStr) -> Vec<CompletionCandidate> {
    let sources = settings().map(|settings| settings.sources).unwrap_or_default();
    beginning(typed, sources.into_iter().map(|source| (source.name.to_string(), String::new())))
}

/// The newest runs, as the daemon knows them.
pub(super) fn runs(typed: &OsStr) -> Vec<CompletionCandidate> {
    let runs: Vec<RunView> = ask("/v1/runs?limit=20").unwrap_or_default();
    let told = |run: RunView| (run.id.to_string(), format!("{} {}", run.job, run.state));
    beginning(typed, runs.into_iter().map(told))
}

/// The newest releases, as the daemon knows them.
pub(super) fn releases(typed: &OsStr) -> Vec<CompletionCandidate> {
    let releases: Vec<ReleaseView> = ask("/v1/reports?limit=20").unwrap_or_default();
    let told = |release: ReleaseView| (release.id.to_string(), format!("{} {}", release.job, release.period));
    beginning(typed, releases.into_iter().map(told))
}

fn beginning(typed: &OsStr, all: impl Iterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let fitting = all.filter(|(name, _)| name.starts_with(&*typed));
    let candidate = |(name, help): (String, String)| {
        CompletionCandidate::new(name).help(Some(help).filter(|help| !help.is_empty()).map(Into::into))
    };
    fitting.map(candidate).collect()
}

fn ask<T: DeserializeOwned>(path: &str) -> Option<T> {
    let client = Client::Socket(settings()?.store.socket);
    let answer = reach::block_on(async { tokio::time::timeout(PATIENCE, client.get(path)).await });
    answer.ok()?.ok()?.ok()
}

fn settings() -> Option<Settings> {
    reach::load(named_configuration()).ok()
}

/// The configuration that the line names on which the key was pressed.
fn named_configuration() -> Option<PathBuf> {
    let words: Vec<_> = std::env::args_os().collect();
    let beside = words.windows(2).find(|pair| pair[0] == "--config").map(|pair| PathBuf::from(&pair[1]));
    beside
        .or_else(|| words.iter().find_map(|word| word.to_str()?.strip_prefix("--config=").map(PathBuf::from)))
}
