//! How long the check of all open complaints takes, and how much memory: `cargo bench --bench complaints`.
//!
//! Machines are noisy, so the figure is a ratio: the check against a plain scan of the same rows by SQLite in the same
//! run. Each size is measured in a process of its own, so that its peak of memory is its own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firstwatch::domain::clock::SetClock;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, House, Trigger};
use firstwatch::settings::{self, LoadOptions};
use firstwatch::store::RunState;
use firstwatch::vault::MasterKey;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

const SIZES: [u32; 2] = [100_000, 1_000_000];

const NOW: &str = "2026-11-20T03:00:00Z";

const CONFIGURATION: &str = r#"
jobs_directory = "jobs"
business = { name = "Test", timezone = "Asia/Ho_Chi_Minh", language = "vi" }
store = { directory = "state" }
vault = { master_key_file = "key" }
mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
recipients = { managers = ["m@shop.vn"], administrators = ["a@shop.vn"], complaints = ["c@shop.vn"], data_officer = ["d@shop.vn"] }
"#;

const KINDS: [&str; 5] = ["product", "delivery", "payment", "inquiry", "data-access"];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo bench` hands over its own flags.
    match arguments.iter().find_map(|argument| argument.strip_prefix("--measure=")) {
        Some(size) => measure(size.parse().expect("a number")),
        None => {
            for size in SIZES {
                let own = std::env::current_exe().expect("this program");
                let status = Command::new(own).arg(format!("--measure={size}")).status().expect("a process");
                assert!(status.success());
            }
        }
    }
}

fn measure(size: u32) {
    let folder = tempfile::tempdir().expect("a folder");
    let house = house(folder.path());
    fill(&folder.path().join("state/firstwatch.db"), size);
    let before = peak();
    let (first, told) = look(&house, 0);
    let after_first = peak();
    let (again, nothing) = look(&house, 15);
    let scan = scan(&folder.path().join("state/firstwatch.db"));
    assert_eq!(nothing, 0, "what was told is told once");
    println!(
        "{size} open complaints: a look of which nothing is new {:.1} s, {:.1} times a plain scan of the same rows \
         ({:.1} s); the first look, which tells {told} deadlines, {:.1} s; memory +{} MiB for the first look, \
         +{} MiB for the second",
        again.as_secs_f64(),
        again.as_secs_f64() / scan.as_secs_f64(),
        scan.as_secs_f64(),
        first.as_secs_f64(),
        (after_first - before) / 1024,
        (peak() - after_first) / 1024,
    );
}

fn house(folder: &Path) -> House {
    fs::create_dir(folder.join("jobs")).expect("a folder");
    let job = "kind = \"complaint-deadlines\"\nschedule = \"*/15 * * * *\"\n";
    fs::write(folder.join("jobs/watch.toml"), job).expect("a file");
    fs::write(folder.join("firstwatch.toml"), CONFIGURATION).expect("a file");
    MasterKey::generate().and_then(|key| key.write_new(&folder.join("key"))).expect("a key");
    let options =
        LoadOptions { file: Some(folder.join("firstwatch.toml")), environment: BTreeMap::default() };
    let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
    House::open(settings, None, Arc::new(SetClock::new(now()))).expect("a house")
}

fn now() -> Timestamp {
    NOW.parse().expect("an instant")
}

/// Open complaints of the last ten days, half of them answered: some are far from any step, some late.
fn fill(database: &Path, size: u32) {
    let mut store = Connection::open(database).expect("the store");
    let transaction = store.transaction().expect("a transaction");
    {
        let mut complaint = transaction
            .prepare(
                "INSERT INTO complaints (no, source, id, sealed_text, sealed_under, created_at, modified_at)
                 VALUES (?1, 'bench', ?1, x'', 'system', 0, 0)",
            )
            .expect("a statement");
        let mut event = transaction
            .prepare(
                "INSERT INTO complaint_events (complaint, at, event, body, digest) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .expect("a statement");
        for no in 1..=size {
            complaint.execute((no,)).expect("a row");
            let received = now() - SignedDuration::from_secs(i64::from(no) * 864_000 / i64::from(size));
            let kind = KINDS[no as usize % KINDS.len()];
            let level = no % 4 + 1;
            let mut add = |at: Timestamp, word: &str, more: &str, nth: u8| {
                let body = format!("{{\"at\":\"{at}\",\"event\":\"{word}\"{more}}}");
                let mut digest = [nth; 32];
                digest[..4].copy_from_slice(&no.to_be_bytes());
                event.execute(params![no, at.as_microsecond(), word, body, digest]).expect("a row");
            };
            add(received, "received", &format!(",\"kind\":\"{kind}\",\"damage_level\":{level}"), 0);
            if no % 2 == 0 {
                add(received + SignedDuration::from_mins(90), "acknowledged", "", 1);
            }
        }
    }
    transaction.commit().expect("a commit");
}

/// One run of the job, `minutes` later, and how many deadlines it told.
fn look(house: &House, minutes: i64) -> (Duration, i64) {
    let job = house.settings.job(&JobName::new("watch")).expect("the job");
    let slot = Slot { job: job.name.clone(), at: now() + SignedDuration::from_mins(minutes) };
    let start = Instant::now();
    let row = jobs::run_slot(house, job, slot, Trigger::Manual, None).expect("a run").row;
    assert_eq!(row.state, RunState::Done, "{}", row.message);
    (start.elapsed(), row.details["told"].as_i64().expect("a count"))
}

/// The reference: SQLite reads the events and the steps, and nobody looks at them.
fn scan(database: &Path) -> Duration {
    let store = Connection::open(database).expect("the store");
    let start = Instant::now();
    let mut bytes = 0;
    for sql in [
        "SELECT e.body FROM complaints c JOIN complaint_events e ON e.complaint = c.no WHERE c.settled = 0
         ORDER BY c.no, e.at, e.no",
        "SELECT step FROM deadline_steps ORDER BY complaint",
    ] {
        let mut statement = store.prepare(sql).expect("a statement");
        let mut rows = statement.query(()).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            bytes += row.get_ref(0).and_then(|value| Ok(value.as_str()?.len())).expect("a text");
        }
    }
    assert!(bytes > 0);
    start.elapsed()
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
