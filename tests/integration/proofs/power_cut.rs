//! The power goes at any moment: from a record of everything that was written, images of the disk as a cut may leave
//! it. Each opens, is whole, and has all that was acknowledged before the cut.
//!
//! An acknowledgement is a word to the outside: a byte on the wire or a line on standard output. What the store showed
//! to a reader at that moment must be there for ever.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fastrand::Rng;
use firstwatch::facts;
use firstwatch::store::{AuditVerdict, Error, PageRow, Store};
use rusqlite::{Connection, OpenFlags};

use super::calls::{Call, Kind};
use super::cycle::{Case, Template};
use super::full;
use super::platter::Platter;
use super::tracer::{self, Ended, Verdict};

const WORKERS: usize = 2;
const SEED: u64 = 0x6375_7400_6375_7400;

/// What can be taken back by nobody, a line each.
const PROMISES: [&str; 11] = [
    "SELECT 'done ' || job || ' ' || slot FROM runs WHERE state = 'done'",
    "SELECT 'order ' || source || ' ' || id FROM orders",
    "SELECT 'entry ' || no || ' ' || order_no || ' ' || gross FROM entries",
    "SELECT 'customer ' || no FROM customers",
    "SELECT 'watermark ' || source FROM watermarks",
    "SELECT 'page ' || file || ' ' || hex(sha256) FROM pages",
    "SELECT 'release ' || no || ' ' || hex(sha256) FROM releases",
    "SELECT 'message ' || message_id || ' ' || hex(sha256) || ' ' || iif(state = 'sent', 'sent', '') FROM outbox",
    "SELECT 'event ' || no || ' ' || outbox || ' ' || state FROM outbox_events",
    "SELECT 'audit ' || no || ' ' || hex(hash) FROM audit",
    "SELECT 'key ' || key || ' ' || hex(value) FROM meta WHERE key IN ('vault-fingerprint', 'system-data-key')",
];

type Promises = BTreeSet<String>;

struct Recording {
    start: Platter,
    calls: Vec<Call>,
    /// After so many calls, this was promised.
    acknowledged: Vec<(usize, Arc<Promises>)>,
}

#[test]
fn what_was_acknowledged_outlasts_the_power() {
    let recordings = [record_a_night(), record_commands()];
    let images = if full() { 10_000 } else { 200 };
    let (next, broken) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let image = next.fetch_add(1, Ordering::Relaxed);
                    if image >= images {
                        return;
                    }
                    let recording = &recordings[image % recordings.len()];
                    let mut random = Rng::with_seed(SEED + image as u64);
                    let cut = random.usize(0..=recording.calls.len());
                    let found = recording.cut(cut, &mut random);
                    broken
                        .lock()
                        .unwrap()
                        .extend(found.iter().map(|what| format!("image {image}, cut {cut}: {what}")));
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    let [calls, acknowledged] = [
        recordings.iter().map(|recording| recording.calls.len()).sum::<usize>(),
        recordings.iter().map(|recording| recording.acknowledged.len()).sum(),
    ];
    println!(
        "power cut: {images} images of {calls} calls with {acknowledged} acknowledgements; {} not as promised",
        broken.len()
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The daemon's cycle, from a store that is there.
fn record_a_night() -> Recording {
    let template = Template::prepare();
    let case = Case::new(&template.folder());
    let state = case.shop.state();
    let mut recording = Recording::from(&state);
    let ended = case.serve_traced(|call| recording.note(call, &state));
    assert_eq!(ended, Ok(Ended::Exit(0)), "{}", case.log());
    recording
}

/// One command after the other, from no store at all.
fn record_commands() -> Recording {
    let template = Template::prepare();
    let case = Case::new(&template.folder());
    let state = case.shop.state();
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    let mut recording = Recording::from(&state);
    let yesterday = Template::yesterday().to_string();
    let commands: [&[&str]; 6] = [
        &["job", "run", "pull", "--wait"],
        &["job", "run", "daily", "--period", &yesterday, "--wait"],
        &["job", "run", "pull", "--wait"],
        &["backup", "create"],
        &["job", "pause", "pull"],
        &["status"],
    ];
    for (place, arguments) in commands.into_iter().enumerate() {
        if place == 2 {
            case.shop.write("orders.csv", &Template::orders(Template::ORDERS + 20));
        }
        let mut command = case.command(arguments);
        let traced = std::thread::scope(|scope| {
            let (recording, state) = (&mut recording, &state);
            let traced = || {
                tracer::trace(
                    &mut command,
                    &state.canonicalize().unwrap(),
                    |_| (),
                    |call| recording.note(call, state),
                )
            };
            scope.spawn(traced).join().unwrap()
        });
        assert!(matches!(traced, Ended::Exit(0 | 3)), "{arguments:?}: {traced:?}\n{}", case.log());
    }
    recording
}

impl Recording {
    fn from(state: &Path) -> Self {
        Self { start: Platter::of(state), calls: Vec::new(), acknowledged: Vec::new() }
    }

    fn note(&mut self, call: &Call, state: &Path) -> Verdict {
        if matches!(call.kind, Kind::Network(_) | Kind::Said) {
            let promises = promises(state).unwrap_or_else(|error| panic!("{error}"));
            if self.acknowledged.last().is_none_or(|(_, last)| **last != promises) {
                self.acknowledged.push((self.calls.len(), Arc::new(promises)));
            }
        } else {
            self.calls.push(call.clone());
        }
        Verdict::Pass
    }

    /// What is wrong with an image of the disk after so many calls.
    fn cut(&self, cut: usize, random: &mut Rng) -> Vec<String> {
        let mut platter = self.start.clone();
        self.calls[..cut].iter().for_each(|call| platter.apply(call));
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        platter.cut(random, &state);
        let mut broken =
            look_at(&state).unwrap_or_else(|error| vec![format!("{:#}", anyhow::Error::from(error))]);
        let before = self.acknowledged.iter().take_while(|(calls, _)| *calls <= cut).last();
        if let Some((_, promised)) = before {
            let kept = promises(&state).unwrap_or_default();
            let lost = |line: &&String| !kept.contains(*line) && !has_gone_on(line, &kept);
            broken.extend(promised.iter().filter(lost).map(|line| format!("lost: {line}")));
        }
        broken
    }
}

/// A message that was not sent yet may be now.
fn has_gone_on(line: &str, kept: &Promises) -> bool {
    kept.contains(&format!("{line}sent"))
}

/// What a reader of the store sees. It may be none of the program's: the reader only looks.
fn promises(state: &Path) -> rusqlite::Result<Promises> {
    let database = state.join("firstwatch.db");
    if !database.exists() {
        return Ok(Promises::new());
    }
    let backups = std::fs::read_dir(state.join("backups")).into_iter().flatten().flatten();
    let names = backups.map(|backup| backup.file_name().to_string_lossy().into_owned());
    let mut promises: Promises =
        names.filter(|name| name.ends_with('Z')).map(|name| format!("backup {name}")).collect();
    // Without a log there is nobody else, and nothing may be left behind.
    let immutable = if state.join("firstwatch.db-wal").exists() { "" } else { "?immutable=1" };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let store = Connection::open_with_flags(format!("file:{}{immutable}", database.display()), flags)?;
    let tables: i64 = store.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    for sql in PROMISES.iter().filter(|_| tables > 0) {
        let mut statement = store.prepare(sql)?;
        for line in statement.query_map((), |row| row.get(0))? {
            promises.insert(line?);
        }
    }
    Ok(promises)
}

/// What is damaged in a state directory.
fn look_at(state: &Path) -> Result<Vec<String>, Error> {
    let store = Store::open(state)?;
    let mut broken = store.integrity_check()?;
    let (audit, files, pages) = store.read(|reader| {
        Ok::<_, Error>((reader.verify_audit(&[])?, reader.released_files()?, reader.pages()?))
    })?;
    if let AuditVerdict::BrokenAt { no } = audit {
        broken.push(format!("the audit chain is broken at {no}"));
    }
    for (file, sha256) in files {
        broken.extend(store.read_released(&file, &sha256).err().map(|error| error.to_string()));
    }
    let page = |row: PageRow| facts::Page {
        from: row.from,
        until: row.until,
        file: row.file,
        sha256: row.sha256,
        rows: row.rows,
    };
    let pages: Vec<facts::Page> = pages.into_iter().map(page).collect();
    broken.extend(facts::verify(&state.join("facts"), &pages).err().map(|error| error.to_string()));
    Ok(broken)
}
