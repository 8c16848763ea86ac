//! How long disclosure control takes as the ledger of releases grows, and what it withholds: every sales report of the
//! made-up shop's three years, one after the other. `cargo bench --bench disclosure`, or a part of it:
//! `cargo bench --bench disclosure -- --days=120 --last=2026-11-22`; `--no-room` leaves none for longer reports,
//! `--tell` prints each report's time; `--keep=FILE` keeps each release there, and goes on after those that stand there, for
//! the whole takes hours. `--ledger` tells instead how long it takes to read and to ask beside the ledger of
//! all that part's reports.
//!
//! Machines are noisy, so times are also told as ratios to one plain sum of the same contributions in the same run.

#[path = "../integration/replay.rs"]
mod replay;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use firstwatch::domain::cell::RecordedCell;
use firstwatch::domain::ids::RunId;
use firstwatch::jobs::House;
use firstwatch::store::{Error, NewRelease};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The shop's last whole day, and how many it has.
const LAST: Date = date(2026, 11, 22);
const DAYS: i32 = 1097;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().find_map(|argument| argument.strip_prefix(name));
    let days: i32 = value("--days=").map_or(DAYS, |days| days.parse().expect("a number of days"));
    let last: Date = value("--last=").map_or(LAST, |day| day.parse().expect("a day"));
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let from = last.saturating_sub((days - 1).days());
    let part = replay::Part { from, last, leaves_room: !has("--no-room") };
    let folder = tempfile::tempdir().expect("a folder");
    let house = replay::shop(folder.path(), part);
    if has("--ledger") {
        return ledger(&house, part);
    }
    let found = replay::replay(&house, part, value("--keep=").map(Path::new), &mut |job, period, time| {
        if has("--tell") {
            println!("{} {period}: {:.3} s", job.name, time.as_secs_f64());
        }
    });
    println!("{found}");
    found.joint.audit.disclosed.iter().for_each(|disclosed| println!("{disclosed:?}"));
    assert!(found.refused.is_empty() && found.joint.audit.disclosed.is_empty());
}

/// Puts every report's cells into the store as shown, and times what a further report waits for.
fn ledger(house: &House, part: replay::Part) {
    let mut rehearsal = replay::rehearsal(house, part);
    let reports = replay::reports(house, part);
    let mut cells: Vec<(&str, RecordedCell)> = Vec::new();
    for (job, period) in &reports {
        for question in rehearsal.questions(job, *period).expect("questions") {
            cells.extend(question.cells().map(|(definition, measures)| {
                let shown = Some(vec![1_234_567; measures.len()]);
                ("table", RecordedCell { definition: definition.clone(), measures: measures.to_vec(), shown })
            }));
        }
    }
    let time = |start: Instant| start.elapsed().as_secs_f64();
    let (job, period) = reports.last().expect("a report");
    let now = firstwatch::cli::demo::NOW;
    house
        .store
        .write::<_, Error>(|writer| {
            let release = NewRelease {
                job: &job.name,
                period: *period,
                // That of the pull.
                run: RunId(1),
                provisional: false,
                manifest: "{}",
                sha256: [0; 32],
            };
            writer.insert_release(&release, &cells, now)
        })
        .expect("a release");
    let before = peak();
    let start = Instant::now();
    let read = house.store.read(|reader| reader.recorded_cells()).expect("cells");
    println!("{} reports, {} cells: read in {:.2} s", reports.len(), read.len(), time(start));
    rehearsal.record(read);
    let latest: BTreeMap<_, _> = reports.iter().map(|(job, period)| (job.period, (job, *period))).collect();
    for (job, period) in latest.values() {
        let start = Instant::now();
        let questions = rehearsal.questions(job, *period).expect("questions");
        let earlier: Vec<_> = questions.iter().flat_map(|question| &question.request().earlier).collect();
        let atoms: usize = earlier.iter().map(|cell| cell.atoms.len()).sum();
        let lines: usize = questions.iter().map(|question| question.request().data.atoms.len()).sum();
        println!(
            "{} {period}: asked in {:.2} s, beside {} earlier cells of {atoms} atoms, {lines} contributions, +{} MiB at most",
            job.name,
            time(start),
            earlier.len(),
            (peak() - before) / 1024,
        );
    }
}

/// The most memory that this process has had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
