//! What the daemon costs when nothing is due, and how it does when a thousand jobs are due at once:
//! `cargo bench --bench daemon`, or with another build's program: `cargo bench --bench daemon -- PATH`.
//!
//! Promised are less than 40 MB resident, less than 2 wake-ups a second and less than 300 ms from start to ready with 20
//! jobs; and of a thousand jobs that all run, one at a time and in the order of their slots.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const STARTS: usize = 9;
/// Until nothing of the start is under way any more, then the time that wake-ups are counted for.
const SETTLED: Duration = Duration::from_secs(15);
const WATCHED: Duration = Duration::from_secs(60);
const CROWD: usize = 1_000;

const CONFIGURATION: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"

[store]
directory = "state"

[vault]
master_key_file = "master.key"

[mail]
relay = "maildir:mail"
from = "Reports <reports@1stwatch.vn>"
internal_domains = ["1stwatch.vn"]

[recipients]
managers = ["giam-doc@1stwatch.vn"]
administrators = ["quan-tri@1stwatch.vn"]
complaints = ["cskh@1stwatch.vn"]
data_officer = ["bao-ve-du-lieu@1stwatch.vn"]

[[source]]
name = "shop"
kind = "csv"

[source.orders]
path = "orders.csv"
flat = true
"#;

fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let program = PathBuf::from(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_firstwatch").to_owned()));
    println!("{}", program.display());
    idle(&program);
    crowd(&program);
}

/// Twenty jobs of every kind, none of them due for months.
fn idle(program: &Path) {
    let kinds = ["pull", "backup", "integrity", "complaint-deadlines", "sales-report"];
    let shop = Shop::new(program, (0..20).map(|at| (kinds[at % 5], "0 3 1 1 *".to_owned())));
    let mut ready: Vec<Duration> = (0..STARTS).map(|_| shop.serve().ready).collect();
    ready.sort();
    let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    println!(
        "20 jobs: ready in {:.0} ms (of {STARTS} starts; the quickest {:.0}, the slowest {:.0})",
        millis(ready[STARTS / 2]),
        millis(ready[0]),
        millis(ready[STARTS - 1])
    );
    let daemon = shop.serve();
    sleep(SETTLED);
    let before = daemon.wake_ups();
    sleep(WATCHED);
    println!(
        "20 jobs, idle: {:.1} MB resident (anonymous {:.1} MB), {} threads, {:.2} wake-ups a second",
        daemon.kilobytes("VmRSS") / 1_000.0,
        daemon.kilobytes("RssAnon") / 1_000.0,
        daemon.threads(),
        (daemon.wake_ups() - before) as f64 / WATCHED.as_secs_f64()
    );
}

/// A thousand jobs, all due in the minute before the daemon starts.
fn crowd(program: &Path) {
    let shop = Shop::new(program, (0..CROWD).map(|_| ("integrity", "* * * * *".to_owned())));
    drop(shop.serve_until(|store| {
        count(store, "SELECT count(*) FROM meta WHERE key LIKE 'planned-since/%'") == CROWD
    }));
    // Every job has one slot to catch up, whatever minute it is now.
    let store = Connection::open(shop.path("state/firstwatch.db")).expect("a store");
    store.execute("DELETE FROM runs", ()).expect("no runs");
    let since = "UPDATE meta SET value = ?1 WHERE key LIKE 'planned-since/%'";
    #[expect(clippy::disallowed_methods, reason = "the daemon that is measured reads the real clock")]
    let now = jiff::Timestamp::now();
    let minute_ago = now - jiff::SignedDuration::from_secs(now.as_second().rem_euclid(60) + 1);
    store.execute(since, [minute_ago.as_microsecond().to_le_bytes()]).expect("a minute off");
    drop(store);
    let daemon = shop.serve();
    let begun = Instant::now();
    let mut most = 0.0f64;
    let ended = |store: &Connection| {
        count(store, "SELECT count(DISTINCT job) FROM runs WHERE state = 'done'") == CROWD
    };
    while !ended(&shop.store()) {
        most = most.max(daemon.kilobytes("VmRSS"));
        assert!(begun.elapsed() < Duration::from_secs(600), "they did not all run");
        sleep(Duration::from_millis(50));
    }
    let took = begun.elapsed();
    println!(
        "{CROWD} jobs due at once: all run in {:.1} s, {:.1} ms each, {} at most at a time, {} out of order; at most {:.1} MB \
         resident",
        took.as_secs_f64(),
        took.as_secs_f64() * 1_000.0 / CROWD as f64,
        at_a_time(&shop.store()),
        count(&shop.store(), OUT_OF_ORDER),
        most / 1_000.0
    );
}

/// Runs that began before one of an earlier slot, or of the same slot and an earlier name.
const OUT_OF_ORDER: &str = "SELECT count(*) FROM (SELECT slot, job, lag(slot) OVER begun AS slot_before, \
     lag(job) OVER begun AS job_before FROM runs WINDOW begun AS (ORDER BY started_at, no)) \
     WHERE (slot, job) < (slot_before, job_before)";

/// How many runs were under way at once.
fn at_a_time(store: &Connection) -> usize {
    let mut query = store.prepare("SELECT started_at, finished_at FROM runs").expect("runs");
    let spans = query.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).expect("runs");
    let mut changes: BTreeMap<i64, i64> = BTreeMap::new();
    for span in spans {
        let (start, end): (i64, i64) = span.expect("a run");
        *changes.entry(start).or_default() += 1;
        // One that ends in the microsecond in which another begins is over.
        *changes.entry(end.max(start + 1)).or_default() -= 1;
    }
    let counts = changes.values().scan(0, |under_way, change| {
        *under_way += change;
        Some(*under_way)
    });
    counts.max().and_then(|most| usize::try_from(most).ok()).unwrap_or(0)
}

fn count(store: &Connection, sql: &str) -> usize {
    let count: i64 = store.query_row(sql, (), |row| row.get(0)).expect("a number");
    usize::try_from(count).expect("a count")
}

struct Shop {
    program: PathBuf,
    folder: TempDir,
}

struct Daemon {
    process: Child,
    /// From its start to its word that it is ready.
    ready: Duration,
}

impl Shop {
    /// With a job for each kind and schedule.
    fn new(program: &Path, jobs: impl Iterator<Item = (&'static str, String)>) -> Self {
        let shop = Self {
            program: fs::canonicalize(program).expect("a program"),
            folder: tempfile::tempdir().expect("a folder"),
        };
        fs::DirBuilder::new().mode(0o700).create(shop.path("state")).expect("a state directory");
        fs::create_dir(shop.path("jobs")).expect("a folder of jobs");
        fs::write(shop.path("firstwatch.toml"), CONFIGURATION).expect("a configuration");
        fs::write(
            shop.path("orders.csv"),
            "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n",
        )
        .expect("orders");
        for (at, (kind, schedule)) in jobs.enumerate() {
            let report = "period = \"month\"\nrecipients = [\"managers\"]\n";
            let more = if kind == "sales-report" { report } else { "" };
            let text = format!(
                "kind = {kind:?}\nschedule = {schedule:?}\ntitle = {{ vi = \"{at}\", en = \"{at}\" }}\n{more}"
            );
            fs::write(shop.path(&format!("jobs/job-{at:04}.toml")), text).expect("a job");
        }
        let made = shop.command(&["key", "new", "master.key"]).stdout(Stdio::null()).status().expect("a key");
        assert!(made.success());
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--config", "firstwatch.toml"]).args(arguments).current_dir(self.folder.path());
        command
    }

    fn store(&self) -> Connection {
        Connection::open_with_flags(self.path("state/firstwatch.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
            .expect("a store")
    }

    /// Starts it, and waits for the word that it gives to systemd.
    fn serve(&self) -> Daemon {
        let path = self.path("notify");
        if let Err(error) = fs::remove_file(&path) {
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
        let notified = UnixDatagram::bind(&path).expect("a socket");
        notified.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
        let start = Instant::now();
        let process = self
            .command(&["serve"])
            .env("NOTIFY_SOCKET", &path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a daemon");
        let mut word = [0; 64];
        let length = notified.recv(&mut word).expect("its word");
        assert!(word[..length].starts_with(b"READY=1"));
        Daemon { process, ready: start.elapsed() }
    }

    fn serve_until(&self, done: impl Fn(&Connection) -> bool) -> Daemon {
        let daemon = self.serve();
        while !done(&self.store()) {
            sleep(Duration::from_millis(20));
        }
        daemon
    }
}

impl Daemon {
    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).expect("a living daemon")
    }

    fn kilobytes(&self, name: &str) -> f64 {
        number(&self.proc("status"), name) as f64 * 1.024
    }

    fn threads(&self) -> u64 {
        number(&self.proc("status"), "Threads")
    }

    /// How often a thread of it was woken from its sleep.
    fn wake_ups(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).expect("a living daemon");
        // A thread may end while we look.
        let statuses = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
        statuses.map(|status| number(&status, "voluntary_ctxt_switches")).sum()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if kill_process(Pid::from_child(&self.process), Signal::TERM).is_ok() {
            self.process.wait().expect("its end");
        }
    }
}

/// Of a file of `/proc`.
fn number(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect(name);
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect(name)
}
