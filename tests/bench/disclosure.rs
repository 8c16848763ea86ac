//! How long disclosure control takes as the ledger of releases grows, and what it withholds: every sales report of the
//! made-up shop's three years, one after the other. `cargo bench --bench disclosure`, or a part of it:
//! `cargo bench --bench disclosure -- --days=120 --last=2026-11-22`; `--no-room` leaves none for longer reports,
//! `--tell` prints each report's time.
//!
//! Machines are noisy, so times are also told as ratios to one plain sum of the same contributions in the same run.

#[path = "../integration/replay.rs"]
mod replay;

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
    let found = replay::replay(&house, part, &mut |job, period, time| {
        if has("--tell") {
            println!("{} {period}: {:.3} s", job.name, time.as_secs_f64());
        }
    });
    println!("{found}");
    assert!(found.refused.is_empty() && found.joint.audit.disclosed.is_empty());
}
