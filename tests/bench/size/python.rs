//! DuckDB and pandas, in a Python environment that the bench makes for itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Measured;

const PACKAGES: [&str; 4] = ["duckdb", "pandas", "pyarrow", "openpyxl"];

/// Runs one of the scripts beside this file.
pub fn measure(cache: &Path, script: &str, arguments: &[&str]) -> Measured {
    let python = environment(cache);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/size").join(script);
    let mut command = Command::new(python);
    command.arg(script).args(arguments);
    Measured::of(command)
}

fn environment(cache: &Path) -> PathBuf {
    let folder = cache.join("python");
    let python = folder.join("bin/python");
    let marker = folder.join("made");
    if !marker.exists() {
        done(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        done(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES));
        std::fs::write(marker, "").expect("a file");
    }
    python
}

fn done(command: &mut Command) {
    let status = command.status().expect("python3; install python3-venv");
    assert!(status.success(), "{command:?} failed");
}
