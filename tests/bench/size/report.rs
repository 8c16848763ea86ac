//! The monthly report, six tables of it, under disclosure control and with a workbook and a PDF: beside a pandas script
//! that makes the same tables, as history grows, and step by step. And how long pages take to be sealed, and releases to
//! be made again.

use std::path::Path;
use std::time::Instant;

use firstwatch::disclosure;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::period::Period;
use firstwatch::jobs::{self, House, Rehearsal};
use firstwatch::store::Error;
use jiff::ToSpan;

use super::pages::{self, Pages};
use super::process::Measured;
use super::shop::{Shop, UNTIL};
use super::{Asked, house, python};

const JOB: (&str, &str) = ("monthly", include_str!("monthly.toml"));
const SLOT: &str = "2026-11-02T00:00:00Z";
const ROUNDS: usize = 3;

pub fn run(asked: &Asked) {
    let pages = Pages::of(&asked.cache, asked.scale, 3);
    let best = best_of(&pages, pages.pages.len());
    let directory = pages.directory.to_str().expect("a path");
    let theirs = python::measure(&asked.cache, "report.py", &[directory]);
    let (time, memory) = (best.number("time"), best.number("memory"));
    println!(
        "report: {} lines of history: {time:.2} s and {memory:.0} MiB ({}); pandas {} {:.2} s and {:.0} MiB; {:.2} times \
         faster",
        pages.rows(),
        best.text("message"),
        theirs.text("version"),
        theirs.number("time"),
        theirs.number("memory"),
        theirs.number("time") / time,
    );
    let folder = fresh(&pages, pages.pages.len());
    let steps = Measured::by_itself(&["steps", path(&folder)]);
    println!(
        "report, step by step: cells {:.2} s ({} contributions of {} atoms), disclosure control {:.2} s; the rest is \
         the document, the guard and the release",
        steps.number("cells"),
        steps.text("contributions"),
        steps.text("atoms"),
        steps.number("control"),
    );
}

pub fn growth(asked: &Asked) {
    let pages = Pages::of(&asked.cache, asked.scale, 10);
    let times: Vec<f64> = [12, 36, 120]
        .into_iter()
        .map(|months| {
            let best = best_of(&pages, months);
            println!(
                "growth: {} years of history: {:.2} s and {:.0} MiB",
                months / 12,
                best.number("time"),
                best.number("memory")
            );
            best.number("time")
        })
        .collect();
    println!("growth: from 1 to 10 years {:.2} times", times[2] / times[0]);
}

pub fn pages(asked: &Asked) {
    let shop = Shop::new(asked.scale, 3);
    let folder = tempfile::tempdir().expect("a folder");
    let (page, entries, time) = pages::seal_day(&shop, UNTIL.saturating_sub(1.day()), folder.path());
    println!("pages: a day of {entries} entries sealed in {:.3} s ({} lines)", time.as_secs_f64(), page.rows);
    let made = Pages::of(&asked.cache, asked.scale, 3);
    let folder = fresh(&made, made.pages.len());
    let year = Measured::by_itself(&["year", path(&folder)]);
    println!(
        "pages: {} monthly releases made in {:.1} s and verified in {:.2} s",
        year.text("releases"),
        year.number("release"),
        year.number("verify"),
    );
}

/// A house of its own over the last `months` of the pages.
fn fresh(made: &Pages, months: usize) -> tempfile::TempDir {
    // Beside the pages, so that they can be linked.
    let beside = made.directory.parent().expect("the cache");
    let folder = tempfile::Builder::new().prefix("house").tempdir_in(beside).expect("a folder");
    house::write(folder.path(), "", &[JOB]);
    house::bring(&house::open(folder.path()), &made.directory, made.last(months));
    folder
}

fn path(folder: &tempfile::TempDir) -> &str {
    folder.path().to_str().expect("a path")
}

fn best_of(pages: &Pages, months: usize) -> Measured {
    let rounds = (0..ROUNDS).map(|_| {
        let folder = fresh(pages, months);
        Measured::by_itself(&["report", path(&folder)])
    });
    rounds.min_by(|a, b| a.number("time").total_cmp(&b.number("time"))).expect("a round")
}

fn last_month() -> Period {
    "2026-10".parse().expect("a month")
}

/// The whole run, from the claim of its slot to the release with its message in the outbox.
pub fn measure(folder: &Path) -> Measured {
    let house = house::open(folder);
    let start = Instant::now();
    let row = house::run(&house, "monthly", SLOT.parse().expect("an instant"), Some(last_month()));
    let mut measured = Measured::default();
    measured.note("time", start.elapsed().as_secs_f64());
    measured.note("message", row.message);
    measured
}

/// The cells and disclosure control of the same report, by themselves.
pub fn steps(folder: &Path) -> Measured {
    let house = house::open(folder);
    let reader = |reader: &firstwatch::store::Reader<'_>| Ok::<_, Error>(rehearsal(&house, reader));
    let rehearsal = house.store.read(reader).expect("a rehearsal");
    let job = house.settings.job(&JobName::new("monthly")).expect("the job");
    let mut measured = Measured::default();
    let start = Instant::now();
    let questions = rehearsal.questions(job, last_month()).expect("questions");
    measured.note("cells", start.elapsed().as_secs_f64());
    let request = questions[0].request();
    measured.note("contributions", request.data.atoms.len());
    measured.note("atoms", request.data.atoms.last().map_or(0, |last| last + 1));
    let start = Instant::now();
    disclosure::protect(request, rehearsal.policy()).expect("protected tables");
    measured.note("control", start.elapsed().as_secs_f64());
    measured
}

fn rehearsal<'a>(house: &'a House, reader: &firstwatch::store::Reader<'_>) -> Rehearsal<'a> {
    Rehearsal::new(&house.settings, reader, UNTIL.saturating_sub(1.day())).expect("a rehearsal")
}

/// The monthly reports of a year, released one after the other, and each made again from its pages and compared.
pub fn year(folder: &Path) -> Measured {
    let house = house::open(folder);
    let mut measured = Measured::default();
    let mut month = last_month();
    let mut months = Vec::new();
    for _ in 0..12 {
        months.push(month);
        month = month.previous();
    }
    let start = Instant::now();
    for (hours, month) in (1..).zip(months.iter().rev()) {
        let at = house::now() - jiff::SignedDuration::from_hours(hours);
        house::run(&house, "monthly", at, Some(*month));
    }
    measured.note("release", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let releases = house.store.read(|reader| reader.releases(100)).expect("releases");
    for release in &releases {
        let found = jobs::verify(&house, release).expect("a release");
        assert!(found.differences.is_empty(), "{found:?}");
    }
    measured.note("verify", start.elapsed().as_secs_f64());
    measured.note("releases", releases.len());
    measured
}
