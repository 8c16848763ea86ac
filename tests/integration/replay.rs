//! The made-up shop's sales reports, released again one after the other in the order of their slots: cells, disclosure
//! control, ledger, as a release does it, and nothing rendered or sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use firstwatch::cli::demo::{NOW, SEED, write_shop};
use firstwatch::disclosure::{Policy, Request, Summary, audit, protect};
use firstwatch::domain::cell::{RecordedCell, Universe};
use firstwatch::domain::clock::SetClock;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::period::{Period, PeriodKind};
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, House, Rehearsal, Trigger, WitnessChange};
use firstwatch::settings::{self, JobKind, JobSpec, LoadOptions};
use firstwatch::store::{Reader, RunState};
use firstwatch::vault::MasterKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The tables of the key figures of sales.
const KEY: [&str; 4] = ["headline", "composition", "new-customers", "returns"];

/// Which part of the shop's history is replayed.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Nothing before this day is known to the shop.
    pub from: Date,
    /// The last day that a report is about.
    pub last: Date,
    /// Whether shorter reports leave room for longer ones.
    pub leaves_room: bool,
}

/// What became of the reports of one length.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Course {
    pub releases: usize,
    /// Cells that somebody contributed to, and how many of them are withheld.
    pub cells: usize,
    pub withheld: usize,
    /// Likewise, of the key figures for the report's own period.
    pub key_cells: usize,
    pub key_withheld: usize,
    /// Time in disclosure control, by release.
    pub room: Vec<Duration>,
    /// Time in building its cells, likewise.
    pub building: Vec<Duration>,
    /// Time in adding up the same contributions once, likewise: what a machine is measured by.
    pub scan: Vec<Duration>,
}

/// What a replay found.
#[derive(Debug, Default)]
pub struct Replay {
    pub courses: BTreeMap<PeriodKind, Course>,
    /// Reports that could not be made safe.
    pub refused: Vec<String>,
    /// Of all releases together, for each universe.
    pub joint: Summary,
    pub joint_time: Duration,
}

/// The shop in `folder`, cut to the days from `part.from` on, pulled.
pub fn shop(folder: &Path, part: Part) -> House {
    write_shop(folder, SEED, &mut |_, _| {}).expect("a shop");
    cut(&folder.join("shop"), part.from);
    MasterKey::generate().and_then(|key| key.write_new(&folder.join("master.key"))).expect("a key");
    let options =
        LoadOptions { file: Some(folder.join("firstwatch.toml")), environment: BTreeMap::default() };
    let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
    let house = House::open(settings, None, Arc::new(SetClock::new(NOW))).expect("a house");
    for name in ["pull", "complaint-deadlines"] {
        let job = house.settings.job(&JobName::new(name)).expect("a job");
        let slot = Slot { job: job.name.clone(), at: NOW };
        let row = jobs::run_slot(&house, job, slot, Trigger::Manual, None).expect("a run").row;
        assert_eq!(row.state, RunState::Done, "{}", row.message);
    }
    house
}

/// Leaves of each feed what belongs to orders from that day on.
fn cut(feeds: &Path, from: Date) {
    let from = from.to_string();
    let (mut orders, mut customers) = (BTreeSet::new(), BTreeSet::new());
    keep(&feeds.join("orders.csv"), |row, head| {
        let is_kept = row[head["placed_at"]][..10] >= *from;
        if is_kept {
            orders.insert(row[head["order_id"]].to_owned());
            customers.insert(row[head["customer_id"]].to_owned());
        }
        is_kept
    });
    for feed in ["order_lines", "refunds", "payments", "complaints"] {
        keep(&feeds.join(format!("{feed}.csv")), |row, head| orders.contains(&row[head["order_id"]]));
    }
    keep(&feeds.join("customers.csv"), |row, head| customers.contains(&row[head["customer_id"]]));
}

type Head<'a> = BTreeMap<&'a str, usize>;

fn keep(path: &Path, mut is_kept: impl FnMut(&csv::StringRecord, &Head<'_>) -> bool) {
    let mut reader = csv::Reader::from_path(path).expect("a feed");
    let names = reader.headers().expect("a head").clone();
    let head: Head<'_> = names.iter().enumerate().map(|(at, name)| (name, at)).collect();
    let rows: Vec<csv::StringRecord> =
        reader.records().map(|row| row.expect("a row")).filter(|row| is_kept(row, &head)).collect();
    let mut writer = csv::Writer::from_path(path).expect("a feed");
    writer.write_record(&names).expect("a head");
    rows.iter().for_each(|row| writer.write_record(row).expect("a row"));
    writer.flush().expect("a feed");
    // The export is as old as the made-up present: its age is the source's watermark.
    File::options().append(true).open(path).and_then(|file| file.set_modified(NOW.into())).expect("a time");
}

/// Over the shop's books, with nothing released.
pub fn rehearsal(house: &House, part: Part) -> Rehearsal<'_> {
    let new = |reader: &Reader<'_>| Rehearsal::new(&house.settings, reader, part.last);
    house.store.read(new).expect("a rehearsal")
}

/// Every sales report whose period lies in the part, in the order of the slots.
pub fn reports(house: &House, part: Part) -> Vec<(JobSpec, Period)> {
    let zone = &house.settings.business.zone;
    let start = Period::Day(part.from).start(zone);
    let sales = house.settings.jobs.iter().filter(|job| job.kind == JobKind::SalesReport);
    let mut reports = Vec::new();
    for job in sales {
        let kind = job.period.expect("a report has a period");
        let days = (part.last - part.from).get_days().unsigned_abs() as usize;
        for at in jobs::next_slots_of(&house.settings, &house.calendar, job, start, days + 30) {
            let period = kind.last_complete(at.to_zoned(zone.clone()).date());
            if part.from <= period.first() && period.last() <= part.last {
                reports.push((at, kind, job.clone(), period));
            }
        }
    }
    reports.sort_by_key(|(at, kind, _, _)| (*at, *kind));
    reports.into_iter().map(|(_, _, job, period)| (job, period)).collect()
}

/// Releases the part's reports, calling `each` after every one with its job, its period and the time in disclosure
/// control; then looks at all of them together. What is `kept` in a file need not be released again, and the rest is added
/// there.
pub fn replay(
    house: &House,
    part: Part,
    kept: Option<&Path>,
    each: &mut dyn FnMut(&JobSpec, Period, Duration),
) -> Replay {
    let mut rehearsal = rehearsal(house, part);
    let mut found = Replay::default();
    let (before, mut keep) = kept.map(steps_kept).unzip();
    let mut before = before.unwrap_or_default().into_iter();
    for (job, period) in reports(house, part) {
        let step = before.next().unwrap_or_else(|| {
            let step = release(&rehearsal, part, &job, period);
            if let Some(keep) = &mut keep {
                step.write(keep);
            }
            each(&job, period, step.course.room.iter().sum());
            step
        });
        assert_eq!((&step.job, step.period), (&job.name, period), "what is kept is of another replay");
        let kind = job.period.expect("a report has a period");
        found.courses.entry(kind).or_default().add(&step.course);
        found.refused.extend(step.refused);
        rehearsal.record(step.cells);
        step.witnesses.into_iter().for_each(|change| rehearsal.record_witnesses(change));
    }
    let start = Instant::now();
    for universe in [Universe::Sales, Universe::Complaints] {
        let everything = rehearsal.everything(universe).expect("every cell");
        found.joint.add(&jointly(&everything, rehearsal.policy()));
    }
    found.joint_time = start.elapsed();
    found
}

/// One report's release.
#[derive(Deserialize, Serialize)]
struct Step {
    job: JobName,
    period: Period,
    /// Of this report alone.
    course: Course,
    refused: Option<String>,
    cells: Vec<RecordedCell>,
    witnesses: Vec<WitnessChange>,
}

impl Step {
    /// As one line.
    fn write(&self, to: &mut File) {
        let mut line = serde_json::to_vec(self).expect("JSON");
        line.push(b'\n');
        to.write_all(&line).expect("a file of steps");
    }
}

/// The steps in a file, and the file, where the next ones belong. A line that was cut off is dropped.
fn steps_kept(path: &Path) -> (Vec<Step>, File) {
    let file = File::options().read(true).append(true).create(true).open(path).expect("a file of steps");
    let (mut steps, mut whole, mut line) = (Vec::new(), 0, Vec::new());
    let mut reader = BufReader::new(&file);
    while reader.read_until(b'\n', &mut line).expect("a file of steps") > 0 && line.ends_with(b"\n") {
        steps.push(serde_json::from_slice(&line).expect("a step"));
        whole += line.len() as u64;
        line.clear();
    }
    file.set_len(whole).expect("a file of steps");
    (steps, file)
}

fn release(rehearsal: &Rehearsal<'_>, part: Part, job: &JobSpec, period: Period) -> Step {
    let mut course = Course::default();
    let (mut released, mut witnesses, mut refused) = (Vec::new(), Vec::new(), None);
    let (mut room, mut scanned) = (Duration::ZERO, Duration::ZERO);
    let start = Instant::now();
    let questions = rehearsal.questions(job, period).expect("questions");
    course.building.push(start.elapsed());
    for question in &questions {
        let mut without = None;
        if !part.leaves_room {
            without = Some(Request { reserved: Vec::new(), ..question.request().clone() });
        }
        let request = without.as_ref().unwrap_or(question.request());
        scanned += scan(request);
        let start = Instant::now();
        let answer = protect(request, rehearsal.policy());
        room += start.elapsed();
        match answer {
            Ok(answer) => {
                course.count(&answer.summary);
                released.extend(question.recorded(&answer));
                witnesses.push(rehearsal.witnesses(question, &answer).expect("witnesses"));
            }
            Err(error) => refused = Some(format!("{} {period}: {error}", job.name)),
        }
    }
    course.room.push(room);
    course.scan.push(scanned);
    if refused.is_some() {
        (released, witnesses) = (Vec::new(), Vec::new());
    } else {
        course.releases += 1;
        course.count_key(period, &released);
    }
    let cells = released.into_iter().map(|(_, cell)| cell).collect();
    Step { job: job.name.clone(), period, course, refused, cells, witnesses }
}

/// The audit of what was released, as if nothing were to come.
fn jointly(everything: &Request, policy: &Policy) -> Summary {
    let audit = audit(everything, &[], policy).expect("fits");
    Summary { cells: everything.earlier.len(), audit, ..Summary::default() }
}

/// Adds up the contributions by atom.
fn scan(request: &Request) -> Duration {
    let start = Instant::now();
    let atoms = request.data.atoms.last().map_or(0, |&last| last as usize + 1);
    for column in &request.data.components {
        let mut sums = vec![0i64; atoms];
        for (&atom, amount) in request.data.atoms.iter().zip(column.iter()) {
            sums[atom as usize] += amount;
        }
        std::hint::black_box(sums);
    }
    start.elapsed()
}

impl Course {
    fn count(&mut self, summary: &Summary) {
        self.cells += summary.cells - summary.empty;
        self.withheld += summary.primary + summary.secondary;
    }

    fn add(&mut self, more: &Self) {
        self.releases += more.releases;
        self.cells += more.cells;
        self.withheld += more.withheld;
        self.key_cells += more.key_cells;
        self.key_withheld += more.key_withheld;
        self.room.extend(&more.room);
        self.building.extend(&more.building);
        self.scan.extend(&more.scan);
    }

    /// The key figures of sales for the period itself.
    fn count_key(&mut self, period: Period, released: &[(String, RecordedCell)]) {
        let is_key = |(table, cell): &&(String, RecordedCell)| {
            KEY.contains(&table.as_str())
                && (cell.definition.from, cell.definition.until) == (period.first(), period.until())
        };
        for (_, cell) in released.iter().filter(is_key) {
            self.key_cells += 1;
            self.key_withheld += usize::from(cell.shown.is_none());
        }
    }
}

/// The value below which so many per cent of the times lie.
fn at(times: &[Duration], per_cent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let place = (sorted.len() * per_cent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).map_or(0.0, Duration::as_secs_f64)
}

impl fmt::Display for Course {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = 100.0 * self.withheld as f64 / self.cells.max(1) as f64;
        write!(
            f,
            "{} releases, {} cells, {share:.1} % withheld; own key figures withheld {} of {}; control {:.3} s median, \
             {:.3} s p95, {:.3} s max; cells {:.3} s median, {:.3} s max; control is {:.0} times a scan",
            self.releases,
            self.cells,
            self.key_withheld,
            self.key_cells,
            at(&self.room, 50),
            at(&self.room, 95),
            at(&self.room, 100),
            at(&self.building, 50),
            at(&self.building, 100),
            self.room.iter().sum::<Duration>().as_secs_f64()
                / self.scan.iter().sum::<Duration>().as_secs_f64().max(1e-9),
        )
    }
}

impl Replay {
    /// All lengths together.
    pub fn whole(&self) -> Course {
        let mut whole = Course::default();
        for course in self.courses.values() {
            whole.add(course);
        }
        whole
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, course) in &self.courses {
            writeln!(f, "{:8} {course}", kind.as_str())?;
        }
        writeln!(f, "{:8} {}", "all", self.whole())?;
        self.refused.iter().try_for_each(|refused| writeln!(f, "refused: {refused}"))?;
        let audit = &self.joint.audit;
        write!(
            f,
            "joint audit of {} cells: {} targets, {} exact, {} narrow, {:.1} s",
            self.joint.cells,
            audit.targets,
            audit.exact,
            audit.narrow,
            self.joint_time.as_secs_f64()
        )
    }
}
