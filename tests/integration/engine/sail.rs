//! A Sail of the test's own: Spark Connect on loopback, its work spread over workers as on a cluster.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use firstwatch::settings::SparkConnect;
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::harness::wait_for;

pub struct Sail {
    folder: TempDir,
    process: Child,
    port: u16,
}

impl Sail {
    pub fn start() -> Self {
        let program = program();
        assert!(program.exists(), "{} is not there; tests/run installs Sail", program.display());
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new(program)
            .args(["spark", "server", "--ip", "127.0.0.1", "--port", &port.to_string()])
            .env("SAIL_MODE", "local-cluster")
            .env("SAIL_CLUSTER__WORKER_INITIAL_COUNT", "2")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut sail = Self { folder, process, port };
        wait_for("Sail to listen", || {
            let ended = sail.process.try_wait().unwrap();
            let log = sail.folder.path().join("log");
            assert!(ended.is_none(), "Sail ended: {}", std::fs::read_to_string(log).unwrap());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        sail
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn uri(&self) -> String {
        format!("sc://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sail {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As settings have it.
pub fn engine(uri: String) -> SparkConnect {
    SparkConnect { uri, token_file: None, directory: None, timeout: SignedDuration::from_mins(2) }
}

/// Where tests/run installs it, or where `FIRSTWATCH_SAIL` says.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("FIRSTWATCH_SAIL") {
        return program.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.unwrap_or_default().join("firstwatch/sail/bin/sail")
}
