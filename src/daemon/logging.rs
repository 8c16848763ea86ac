//! Logs: to the journal under systemd, to standard error elsewhere. Structured, and without personal data.

use std::io::IsTerminal;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging; `verbose` 0 says warnings and our own news, 1 adds debug of ours, 2 everything.
/// A `quiet` command, whose answer says it all, logs nothing unless it is asked to. `RUST_LOG` overrides it.
pub fn start(verbose: u8, quiet: bool) {
    // The solver warns of every programme that it gives up early, which is how it is used.
    let level = match (quiet, verbose) {
        (true, 0) => "off",
        (false, 0) => "warn,highs=error,firstwatch=info",
        (_, 1) => "info,highs=error,firstwatch=debug",
        _ => "debug,highs=error,firstwatch=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let registry = tracing_subscriber::registry().with(filter);
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    let started = match journal {
        Some(journal) => registry.with(journal).try_init(),
        None => {
            let colour = std::io::stderr().is_terminal();
            registry.with(fmt::layer().with_ansi(colour).with_writer(std::io::stderr)).try_init()
        }
    };
    // A second start in one process (tests) leaves the first in place.
    drop(started);
}
