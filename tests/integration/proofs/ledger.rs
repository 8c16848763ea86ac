//! The run ledger against what its schedules say: random kills, clocks that jump by a second to thirty days in either
//! direction, jobs that fail, and several triggers of one slot at once. However it goes, every slot of every job up to the
//! furthest instant that was ever seen has exactly one row, was run exactly once, or says why not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use firstwatch::calendar::{CalendarDays, WorkingCalendar};
use firstwatch::domain::clock::{Clock, SetClock};
use firstwatch::domain::ids::JobName;
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, Claim, House, SlotRun, Trigger};
use firstwatch::schedule::{OnDays, Schedule};
use firstwatch::settings::{self, LoadOptions, Settings};
use firstwatch::store::{RunRow, RunState};
use firstwatch::vault::MasterKey;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// Name, kind, schedule and the rest of each job.
const JOBS: [(&str, &str, &str, &str); 3] = [
    ("watch", "complaint-deadlines", "10 */6 * * *", "catch_up = \"all\"\ncatch_up_window = \"3d\""),
    ("pull", "pull", "0 3,15 * * *", "catch_up = \"latest\"\ncatch_up_window = \"20d\""),
    ("check", "integrity", "30 7 * * MON-FRI", "catch_up = \"none\"\non = \"working-days\""),
];

const CONFIGURATION: &str = r#"
jobs_directory = "jobs"
business = { name = "Test", timezone = "Europe/Paris", language = "en" }
store = { directory = "state" }
vault = { master_key_file = "key" }
mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
recipients = { managers = ["m@shop.vn"], administrators = ["a@shop.vn"], complaints = ["c@shop.vn"] }
[[source]]
name = "shop"
kind = "csv"
complaints = { path = "complaints.csv" }
"#;

const STEPS: usize = 30;

#[derive(Default)]
struct Figures {
    slots: usize,
    done: usize,
    skipped: usize,
    kills: usize,
    jumps: usize,
    contended: usize,
}

impl Figures {
    fn add(&mut self, more: &Self) {
        self.slots += more.slots;
        self.done += more.done;
        self.skipped += more.skipped;
        self.kills += more.kills;
        self.jumps += more.jumps;
        self.contended += more.contended;
    }
}

/// A house that is opened and killed again and again.
struct World {
    folder: TempDir,
    settings: Settings,
    clock: Arc<SetClock>,
    rng: Rng,
    house: Option<House>,
    /// How often each slot was run to its end.
    ran: BTreeMap<Slot, u32>,
    since: Timestamp,
    furthest: Timestamp,
    figures: Figures,
}

#[test]
fn every_slot_has_one_row_and_one_run() {
    let seeds = if super::full() { 10_000 } else { 120 };
    let next = AtomicU64::new(0);
    let live = || {
        let mut figures = Figures::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return figures;
            }
            figures.add(&World::new(seed).live());
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Figures::default();
    std::thread::scope(|scope| {
        let lives: Vec<_> = (0..threads).map(|_| scope.spawn(live)).collect();
        lives.into_iter().for_each(|life| all.add(&life.join().unwrap()));
    });
    let Figures { slots, done, skipped, kills, jumps, contended } = all;
    assert!(kills > 0 && jumps > 0 && contended > 0 && skipped > 0);
    println!(
        "ledger: {seeds} seeds, {slots} slots ({done} run, {skipped} passed over with their reason), {kills} kills, \
         {jumps} clock jumps, {contended} contended triggers; 0 missing, 0 extra"
    );
}

impl World {
    fn new(seed: u64) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        fs::create_dir(folder.path().join("jobs")).unwrap();
        for (name, kind, schedule, more) in JOBS {
            let text = format!("kind = {kind:?}\nschedule = {schedule:?}\n{more}\n");
            fs::write(folder.path().join(format!("jobs/{name}.toml")), text).unwrap();
        }
        fs::write(folder.path().join("firstwatch.toml"), CONFIGURATION).unwrap();
        MasterKey::generate().unwrap().write_new(&folder.path().join("key")).unwrap();
        let options = LoadOptions {
            file: Some(folder.path().join("firstwatch.toml")),
            environment: BTreeMap::default(),
        };
        let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut rng = Rng::with_seed(seed);
        let start: Timestamp = "2026-01-05T00:00:00Z".parse().unwrap();
        let since = start + SignedDuration::from_secs(rng.i64(0..360 * 86_400));
        let clock = Arc::new(SetClock::new(since));
        let mut world = Self {
            folder,
            settings,
            clock,
            rng,
            house: None,
            ran: BTreeMap::new(),
            since,
            furthest: since,
            figures: Figures::default(),
        };
        world.mend();
        world.open();
        // From the first plan on the house remembers.
        world.plan();
        world
    }

    fn live(mut self) -> Figures {
        for _ in 0..STEPS {
            match self.rng.u8(0..8) {
                0 | 1 => self.clock.pass(Duration::from_secs(self.rng.u64(1..6 * 3600))),
                2 => self.jump(),
                3 => self.kill(),
                4 => self.break_source(),
                5 => self.mend(),
                _ => self.wake(),
            }
        }
        self.settle();
        self.check();
        self.figures
    }

    fn house(&self) -> &House {
        self.house.as_ref().unwrap()
    }

    fn open(&mut self) {
        self.house = None;
        self.house = Some(House::open(self.settings.clone(), None, self.clock.clone()).unwrap());
    }

    fn kill(&mut self) {
        self.figures.kills += 1;
        self.open();
    }

    /// From a second to thirty days, small and large ones alike.
    fn jump(&mut self) {
        self.figures.jumps += 1;
        let seconds = (30.0 * 86_400.0_f64).powf(self.rng.f64()) as i64;
        let by = SignedDuration::from_secs(if self.rng.bool() { seconds } else { -seconds });
        self.clock.set(self.clock.now() + by);
    }

    fn break_source(&self) {
        let _ = fs::remove_file(self.folder.path().join("complaints.csv"));
    }

    fn mend(&self) {
        fs::write(self.folder.path().join("complaints.csv"), "complaint_id,received_at,kind\n").unwrap();
    }

    fn plan(&mut self) -> Vec<Slot> {
        let now = self.clock.now();
        self.furthest = self.furthest.max(now);
        jobs::rescue(self.house()).unwrap();
        jobs::plan_and_record(self.house(), now).unwrap()
    }

    /// What the daemon does when it is woken, cut off anywhere.
    fn wake(&mut self) {
        for slot in self.plan() {
            match self.rng.u8(0..20) {
                0 => return self.kill(),
                1 => {
                    // Claimed, and nothing more.
                    let job = self.house().settings.job(&slot.job).unwrap();
                    let claim = jobs::claim(self.house(), job, &slot, Trigger::Schedule, None).unwrap();
                    let ours = matches!(claim, Claim::Ours(_));
                    if self.rng.bool() {
                        drop(claim);
                        assert_eq!(jobs::rescue(self.house()).unwrap(), usize::from(ours));
                    }
                    return self.kill();
                }
                2..5 => self.contend(&slot),
                _ => {
                    let run = run(self.house(), &slot, Trigger::Schedule);
                    self.count(&slot, [run]);
                }
            }
        }
    }

    /// The schedule and two people at once.
    fn contend(&mut self, slot: &Slot) {
        self.figures.contended += 1;
        let house = self.house();
        let triggers = [Trigger::Schedule, Trigger::Manual, Trigger::Manual];
        let runs = std::thread::scope(|scope| {
            triggers
                .map(|trigger| scope.spawn(move || run(house, slot, trigger)))
                .map(|thread| thread.join().unwrap())
        });
        self.count(slot, runs);
    }

    fn count(&mut self, slot: &Slot, runs: impl IntoIterator<Item = SlotRun>) {
        for run in runs {
            if run.ours && run.row.state == RunState::Done {
                *self.ran.entry(slot.clone()).or_default() += 1;
            }
        }
    }

    /// Lets everything that can still be done be done.
    fn settle(&mut self) {
        self.mend();
        // Half of them live on with a clock that was ahead and was set back.
        if self.rng.bool() {
            self.clock.set(self.furthest.max(self.clock.now()));
        }
        for _ in 0..40 {
            self.clock.pass(Duration::from_secs(900));
            for slot in self.plan() {
                let run = run(self.house(), &slot, Trigger::Schedule);
                self.count(&slot, [run]);
            }
        }
    }

    fn check(&mut self) {
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        let zone = self.settings.business.zone.clone();
        for (name, _, cron, more) in JOBS {
            let on = if more.contains("working") { OnDays::WorkingDays } else { OnDays::AllDays };
            let schedule = Schedule::parse(cron, on, zone.clone()).unwrap();
            let mut expected = schedule.after(self.since, 20_000, &|day| calendar.is_working_day(day));
            expected.retain(|&slot| slot <= self.furthest);
            let name = JobName::new(name);
            let mut rows = self.house().store.read(|reader| reader.runs(Some(&name), 100_000)).unwrap();
            rows.sort_by_key(|row| row.slot.at);
            let slots: Vec<Timestamp> = rows.iter().map(|row| row.slot.at).collect();
            // What lies ahead of a clock that was set back may have its row already, or get it when its time comes.
            let now = self.clock.now();
            expected.retain(|slot| *slot <= now || slots.binary_search(slot).is_ok());
            assert_eq!(slots, expected, "{name}: each slot has one row, and nothing else has");
            rows.iter().for_each(|row| self.check_row(row));
        }
    }

    fn check_row(&mut self, row: &RunRow) {
        let ran = self.ran.get(&row.slot).copied().unwrap_or(0);
        self.figures.slots += 1;
        match row.state {
            RunState::Done => {
                assert_eq!(ran, 1, "{:?}", row);
                self.figures.done += 1;
            }
            RunState::Skipped => {
                assert!(ran == 0 && !row.message.is_empty(), "{row:?}");
                self.figures.skipped += 1;
            }
            // A later slot of the same job does its work, or it failed as often as it may.
            RunState::Failed => {
                assert!(ran == 0 && !row.message.is_empty(), "{row:?}");
                self.figures.skipped += 1;
            }
            RunState::Running | RunState::Held => panic!("{row:?}"),
        }
    }
}

fn run(house: &House, slot: &Slot, trigger: Trigger) -> SlotRun {
    let job = house.settings.job(&slot.job).unwrap();
    jobs::run_slot(house, job, slot.clone(), trigger, None).unwrap()
}
