//! How a command answers: to a person, or to a program. The only writer of standard output.

use std::io::{ErrorKind, Write};

use anyhow::Context;
use serde::Serialize;

/// The value of `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    #[default]
    Human,
    /// One document on standard output; an error is one on standard error, with its exit code
    Json,
}

/// Prints `answer` as one JSON document, or as the text that `human` makes of it.
///
/// # Errors
/// When standard output takes no more, unless its reader has left (`| head`).
pub fn print<T: Serialize>(
    answer: &T,
    format: OutputFormat,
    human: impl FnOnce(&T) -> String,
) -> anyhow::Result<()> {
    match format {
        OutputFormat::Json => write(&serde_json::to_string_pretty(answer)?),
        OutputFormat::Human => write(&human(answer)),
    }
}

/// Writes `text` and, where it lacks one, a line end. Colours go to a terminal only.
///
/// # Errors
/// As [`print`].
pub fn write(text: &str) -> anyhow::Result<()> {
    let mut output = anstream::stdout().lock();
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let written = output.write_all(text.as_bytes()).and_then(|()| output.write_all(end.as_bytes()));
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("failed to write the answer"),
    }
}
