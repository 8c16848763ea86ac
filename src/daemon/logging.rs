//! Logs: to the journal under systemd, to standard error elsewhere. Structured, and without personal data.

use std::io::IsTerminal;
use std::os::unix::fs::MetadataExt;
use std::panic::{self, PanicHookInfo};
use std::path::Path;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use super::journal::{self, Journal};

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
    let journal = is_journal_stream().then(|| Journal::open(Path::new(journal::SOCKET)).ok()).flatten();
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

/// Whether what is written to standard error goes to the journal (systemd.exec(5)): a process that a service started
/// may have its variable and write elsewhere.
fn is_journal_stream() -> bool {
    let Some(stream) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let error = std::fs::metadata("/proc/self/fd/2");
    error.is_ok_and(|error| *stream == *format!("{}:{}", error.dev(), error.ino()))
}

/// From now on a panic says where it was and never what it said, for a message may quote the text that it is
/// about: slicing a customer's name in the middle of a letter does.
pub fn keep_panics_quiet() {
    panic::set_hook(Box::new(tell_where));
}

fn tell_where(panicked: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let place = panicked.location().map(ToString::to_string).unwrap_or_default();
    if tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(thread, place, "a panic; this is a bug of firstwatch");
    } else {
        anstream::eprintln!("firstwatch: a panic in thread {thread} at {place}; this is a bug of firstwatch");
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// The hook is the whole process's, so the panic is one of a process of its own.
    #[test]
    fn a_panic_says_where_and_not_what() {
        const CHILD: &str = "PANICS_FOR_A_TEST";
        if std::env::var_os(CHILD).is_some() {
            super::keep_panics_quiet();
            let name = String::from("Nguyễn Văn An");
            let middle = name.find('ễ').map_or(0, |at| at + 1);
            println!("{}", &name[middle..]);
        }
        let here = "daemon::logging::tests::a_panic_says_where_and_not_what";
        let output = Command::new(std::env::current_exe().unwrap())
            .args([here, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("src/daemon/logging.rs:"), "{said}");
        for word in ["Nguyễn", "Văn", "char boundary"] {
            assert!(!said.contains(word), "{word} is said: {said}");
        }
    }
}
