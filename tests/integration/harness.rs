//! A shop in a temporary folder, and the real program run on it.
//!
//! Everything that the program says, in every run, is kept, so that a test can look through all of it.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long another process may take for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where Debian's package `faketime` puts the library.
pub const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// What every shop's configuration says besides its business and its sources.
const HOUSE: &str = r#"
[store]
directory = "state"

[vault]
master_key_file = "master.key"

[mail]
relay = "RELAY"
from = "Reports <reports@1stwatch.vn>"
internal_domains = ["1stwatch.vn"]

[recipients]
managers = ["giam-doc@1stwatch.vn"]
administrators = ["quan-tri@1stwatch.vn"]
complaints = ["cskh@1stwatch.vn"]
data_officer = ["bao-ve-du-lieu@1stwatch.vn"]
"#;

/// A shop in one file of order lines.
pub const FLAT_SHOP: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"
currency = { code = "VND", decimals = 0 }

[[source]]
name = "shop"
kind = "csv"

[source.orders]
path = "orders.csv"
flat = true
"#;

/// Builds a [`Shop`].
pub struct Builder {
    configuration: String,
    relay: String,
    jobs: Vec<(String, String)>,
}

/// What one run of the program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A shop whose state and mail stand in a folder of its own.
pub struct Shop {
    folder: TempDir,
    said: RefCell<Vec<u8>>,
}

/// `serve`, as a process of the test.
pub struct Daemon<'a> {
    shop: &'a Shop,
    process: Child,
}

/// The path of a sample; `None`, said aloud, when it is not there.
pub fn sample(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/samples").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not there", path.display());
    None
}

/// A job that never comes by itself while a test runs.
pub fn job(kind: &str, more: &str) -> String {
    format!("kind = {kind:?}\nschedule = \"0 3 1 1 *\"\ntitle = {{ vi = {kind:?}, en = {kind:?} }}\n{more}")
}

/// A sales report with a table for each dimension of `tables`.
pub fn report(period: &str, formats: &str, tables: &[&str]) -> String {
    let table = |rows: &&str| {
        format!(
            "\n[[table]]\ntitle = {{ vi = \"Theo {rows}\", en = \"By {rows}\" }}\nrows = [{rows:?}]\n\
             measures = [\"net\", \"orders\", \"units\"]\n"
        )
    };
    let tables: String = tables.iter().map(table).collect();
    let more = format!("period = {period:?}\nrecipients = [\"managers\"]\nformats = {formats}\n{tables}");
    job("sales-report", &more)
}

/// Polls, for there is nothing to be told by: another process is to do something.
pub fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Builder {
    /// `configuration` is what the file says of the business and its sources; their relative paths start
    /// in the shop's folder.
    pub fn new(configuration: &str) -> Self {
        Self { configuration: configuration.into(), relay: "maildir:mail".into(), jobs: vec![] }
    }

    /// The configuration of `tests/fixtures/shops`, reading `data`.
    pub fn fixture(name: &str, data: &Path) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/shops/{name}.toml"));
        let text = fs::read_to_string(file).unwrap();
        let line = |line: &str| match line.starts_with("path = ") {
            true => format!("path = {:?}\n", data.to_str().unwrap()),
            false => format!("{line}\n"),
        };
        Self::new(&text.lines().map(line).collect::<String>())
    }

    /// Mail goes to this port of this machine.
    pub fn smtp(mut self, port: u16) -> Self {
        self.relay = format!("smtp://127.0.0.1:{port}");
        self
    }

    pub fn job(mut self, name: &str, text: String) -> Self {
        self.jobs.push((name.into(), text));
        self
    }

    pub fn open(self) -> Shop {
        let shop = Shop { folder: tempfile::tempdir().unwrap(), said: RefCell::default() };
        fs::DirBuilder::new().mode(0o700).create(shop.state()).unwrap();
        let configuration = format!("{}{}", self.configuration, HOUSE.replace("RELAY", &self.relay));
        fs::create_dir(shop.path("tmp")).unwrap();
        shop.write("firstwatch.toml", &configuration);
        for (name, text) in &self.jobs {
            shop.write(&format!("jobs/{name}.toml"), text);
        }
        shop.run(&["key", "new", shop.path("master.key").to_str().unwrap()]).ok();
        shop
    }
}

impl Said {
    /// Panics with what it said unless it ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }
}

impl Shop {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Written beside and renamed, as an export should.
        let beside = path.with_extension("unfinished");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, path).unwrap();
    }

    /// A shop of its own that is as the one in `folder`, which is at rest.
    pub fn copy_of(folder: &Path) -> Self {
        let shop = Self { folder: tempfile::tempdir().unwrap(), said: RefCell::default() };
        let copied = Command::new("cp").arg("-a").arg(folder.join(".")).arg(shop.folder.path()).status();
        assert!(copied.unwrap().success());
        shop
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firstwatch"));
        command.args(["--config", self.path("firstwatch.toml").to_str().unwrap()]).args(arguments);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("RUST_LOG", "trace")
            .env("TMPDIR", self.path("tmp"))
            .current_dir(self.folder.path());
        command
    }

    /// Runs the program to its end, its log as talkative as it can be.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).stdin(Stdio::null()).output().unwrap();
        let mut said = self.said.borrow_mut();
        said.extend_from_slice(&output.stdout);
        said.extend_from_slice(&output.stderr);
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same, asked to answer as JSON.
    pub fn ask(&self, arguments: &[&str]) -> Said {
        self.run(&[&["--format", "json"], arguments].concat())
    }

    /// Runs a job by hand; its row of the ledger, which must be `state`.
    #[track_caller]
    pub fn run_job(&self, arguments: &[&str], state: &str) -> Value {
        let said = self.ask(&[&["job", "run", "--wait"], arguments].concat());
        let run = said.json()["run"].clone();
        assert_eq!(run["state"], state, "{run:#}\n{}", said.stderr);
        run
    }

    /// Everything the program said so far, the daemon's log included.
    pub fn everything_said(&self) -> Vec<u8> {
        let mut said = self.said.borrow().clone();
        said.extend(fs::read(self.path("serve.log")).unwrap_or_default());
        said
    }

    /// The store, to read; a daemon may be at it.
    pub fn store(&self) -> Connection {
        Connection::open_with_flags(self.state().join("firstwatch.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap()
    }

    /// The single integer that `sql` selects from the store.
    #[track_caller]
    pub fn number(&self, sql: &str) -> i64 {
        self.store().query_row(sql, (), |row| row.get(0)).unwrap()
    }

    /// The messages in the shop's maildir, in the order of their names.
    pub fn mail(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.path("mail/new")) else { return vec![] };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    /// Starts `serve` and waits until it answers.
    pub fn serve(&self) -> Daemon<'_> {
        self.serve_as(self.command(&["serve"]), &self.socket())
    }

    /// The daemon of this command, which listens at that socket.
    pub fn serve_as(&self, mut command: Command, socket: &Path) -> Daemon<'_> {
        let log = fs::File::options().create(true).append(true).open(self.path("serve.log")).unwrap();
        let process =
            command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut daemon = Daemon { shop: self, process };
        wait_for("the daemon to answer", || {
            let ended = daemon.process.try_wait().unwrap();
            assert!(ended.is_none(), "the daemon ended: {ended:?}\n{}", daemon.log());
            UnixStream::connect(socket).is_ok()
        });
        daemon
    }

    pub fn socket(&self) -> PathBuf {
        self.state().join("control.socket")
    }
}

impl Daemon<'_> {
    pub fn log(&self) -> String {
        fs::read_to_string(self.shop.path("serve.log")).unwrap()
    }

    /// Asks it to stop, and waits for it.
    pub fn stop(mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let mut ended = None;
        wait_for("the daemon to stop", || {
            ended = self.process.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }

    /// Ends it as a power cut would.
    pub fn cut_off(mut self) {
        self.signal(Signal::KILL);
        self.process.wait().unwrap();
    }

    /// Ends it as a crash would that leaves a core where one may be left.
    pub fn crash(mut self) -> ExitStatus {
        self.signal(Signal::ABORT);
        self.process.wait().unwrap()
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
