//! The run ledger and the pull in this process, under a clock that the test sets.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use firstwatch::domain::actor::Actor;
use firstwatch::domain::clock::{Clock, SetClock};
use firstwatch::domain::ids::{ComplaintNo, JobName};
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, House, Trigger};
use firstwatch::operations::runs::{self, RunRequest, RunView};
use firstwatch::operations::{self, complaints};
use firstwatch::settings::{self, LoadOptions};
use firstwatch::store::{self, OutboxItem, RunState};
use firstwatch::vault::MasterKey;
use jiff::Timestamp;
use tempfile::TempDir;

struct Shop {
    folder: TempDir,
    clock: Arc<SetClock>,
    house: House,
}

const ORDERS: &str = "order_id,placed_at,status,customer_id,phone,name,total\n";
const LINES: &str = "order_id,line_id,product,quantity,unit_price\n";

impl Shop {
    /// A shop with one weekly report by `schedule`, a pull, and orders and complaints from CSV files.
    fn open(schedule: &str, now: &str) -> Self {
        let clock = Arc::new(SetClock::new(now.parse().unwrap()));
        Self::with(schedule, "", clock.clone(), clock)
    }

    /// The same, with `more` said of the pull, under the clock `read`, which `clock` sets.
    fn with(schedule: &str, more: &str, clock: Arc<SetClock>, read: Arc<dyn Clock>) -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("jobs")).unwrap();
        let weekly = format!(
            "kind = \"sales-report\"\nschedule = \"{schedule}\"\nperiod = \"week\"\nrecipients = [\"managers\"]\n\
             formats = [\"html\"]\ncompleteness = {{ grace = \"0h\", patience = \"24h\" }}\n\
             title = {{ vi = \"Tuần\", en = \"Week\" }}\n"
        );
        fs::write(at("jobs/weekly.toml"), weekly).unwrap();
        let pull = format!("kind = \"pull\"\nschedule = \"*/15 * * * *\"\n{more}\n");
        fs::write(at("jobs/pull.toml"), pull).unwrap();
        let configuration = r#"
            jobs_directory = "jobs"
            business = { name = "Test", timezone = "Asia/Ho_Chi_Minh", language = "vi" }
            store = { directory = "state" }
            vault = { master_key_file = "key" }
            mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
            recipients = { managers = ["m@shop.vn"], administrators = ["a@shop.vn"], complaints = ["c@shop.vn"] }
            [[source]]
            name = "shop"
            kind = "csv"
            orders = { path = "orders.csv" }
            order_lines = { path = "lines.csv" }
            complaints = { path = "complaints.csv" }
        "#;
        fs::write(at("firstwatch.toml"), configuration).unwrap();
        MasterKey::generate().unwrap().write_new(&at("key")).unwrap();
        write(folder.path(), clock.now(), "", "", "");
        let options = LoadOptions { file: Some(at("firstwatch.toml")), environment: Default::default() };
        let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let house = House::open(settings, None, read).unwrap();
        Self { folder, clock, house }
    }

    fn run(&self, job: &str, period: Option<&str>) -> operations::Result<RunView> {
        let request =
            RunRequest { period: period.map(|text| text.parse().unwrap()), ..RunRequest::default() };
        let actor = Actor::user(0);
        let prepared = runs::prepare(&self.house, &actor, &JobName::new(job), &request)?;
        runs::carry_out(&self.house, prepared, Trigger::Manual)
    }

    fn pull(&self, orders: &str, lines: &str, complaints: &str) {
        let now = self.house.now() + jiff::SignedDuration::from_secs(1);
        self.clock.set(now);
        write(self.folder.path(), now, orders, lines, complaints);
        let run = self.run("pull", None).unwrap();
        assert_eq!(run.state, "done", "{}", run.message);
    }
}

/// Exports that are as old as the test's present says.
fn write(folder: &Path, now: Timestamp, orders: &str, lines: &str, complaints: &str) {
    let head = "complaint_id,received_at,kind,resolved_at\n";
    for (name, head, rows) in
        [("orders", ORDERS, orders), ("lines", LINES, lines), ("complaints", head, complaints)]
    {
        let path = folder.join(format!("{name}.csv"));
        fs::write(&path, format!("{head}{rows}")).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(now.into()).unwrap();
    }
}

#[test]
fn a_run_by_hand_takes_the_slot_that_reports_on_its_period() {
    // Midnight on Monday is itself the end of the week before.
    let shop = Shop::open("0 0 * * MON", "2026-11-18T03:00:00Z");
    shop.pull("", "", "");
    let run = shop.run("weekly", Some("2026-W46")).unwrap();
    assert_eq!(run.slot.to_string(), "2026-11-15T17:00:00Z");
    assert_eq!(
        (run.state.as_str(), run.period.map(|period| period.to_string())),
        ("done", Some("2026-W46".into()))
    );
    // The next week's own slot is still free.
    shop.clock.set("2026-11-23T03:00:00Z".parse().unwrap());
    shop.pull("", "", "");
    let run = shop.run("weekly", Some("2026-W47")).unwrap();
    assert_eq!((run.slot.to_string().as_str(), run.state.as_str()), ("2026-11-22T17:00:00Z", "done"));
}

#[test]
fn being_held_is_no_failure_and_the_schedule_waits_for_the_next_attempt() {
    let shop = Shop::open("0 7 * * MON", "2026-11-23T00:10:00Z");
    let held = shop.run("weekly", None).unwrap();
    assert_eq!((held.state.as_str(), held.attempt), ("held", 1));
    let job = shop.house.settings.job(&JobName::new("weekly")).unwrap();
    let slot = Slot { job: job.name.clone(), at: held.slot };
    let row = jobs::run_slot(&shop.house, job, slot.clone(), Trigger::Schedule, held.period).unwrap().row;
    assert_eq!((row.state, row.attempt), (RunState::Held, 1), "its next attempt is not due yet");
    for minutes in 1..8 {
        shop.clock.set(held.next_attempt_at.unwrap() + jiff::SignedDuration::from_mins(15 * minutes));
        let row = jobs::run_slot(&shop.house, job, slot.clone(), Trigger::Schedule, held.period).unwrap().row;
        assert_eq!(row.state, RunState::Held);
        assert_eq!(row.details["failures"], 0);
    }
    shop.pull("", "", "");
    assert_eq!(shop.run("weekly", None).unwrap().state, "done");
}

#[test]
fn a_slot_that_was_passed_over_can_still_be_run_by_hand() {
    let shop = Shop::open("0 7 * * MON", "2026-11-18T03:00:00Z");
    shop.pull("", "", "");
    let slot = Slot { job: JobName::new("weekly"), at: "2026-11-16T00:00:00Z".parse().unwrap() };
    let now = shop.house.now();
    shop.house.store.write(|writer| writer.skip_slot(&slot, "the machine was off", now)).unwrap();
    let run = shop.run("weekly", Some("2026-W46")).unwrap();
    assert_eq!((run.slot, run.state.as_str()), (slot.at, "done"));
}

#[test]
fn a_resolution_taken_back_and_given_again_counts() {
    let shop = Shop::open("0 7 * * MON", "2026-11-18T03:00:00Z");
    let row = |resolved: &str| format!("K1,2026-11-02T02:00:00Z,delivery,{resolved}\n");
    let is_open = || {
        complaints::show(&shop.house, &Actor::Daemon, ComplaintNo(1)).map(|view| view.complaint.open).unwrap()
    };
    shop.pull("", "", &row("2026-11-05T02:00:00Z"));
    assert!(!is_open());
    shop.pull("", "", &row(""));
    assert!(is_open());
    shop.pull("", "", &row("2026-11-05T02:00:00Z"));
    assert!(!is_open());
    shop.pull("", "", &row("2026-11-05T02:00:00Z"));
    assert!(!is_open());
}

#[test]
fn a_guest_who_registers_stays_one_customer() {
    let shop = Shop::open("0 7 * * MON", "2026-11-18T03:00:00Z");
    let guest = "1,2026-11-10T02:00:00Z,completed,,0912 345 678,Trần Thị Bình,100\n";
    let account = "2,2026-11-11T02:00:00Z,completed,C9,+84 912345678,Trần Thị Bình,100\n";
    let other = "3,2026-11-12T02:00:00Z,completed,C10,0912345678,Trần Văn Nam,100\n";
    let lines = "1,1,Casio,1,100\n2,1,Casio,1,100\n3,1,Casio,1,100\n";
    shop.pull(&format!("{guest}{account}"), lines, "");
    let count = || shop.house.store.read(|reader| reader.count_customers()).unwrap();
    assert_eq!(count(), 1);
    // Another account of the same phone is another person.
    shop.pull(&format!("{guest}{account}{other}"), lines, "");
    assert_eq!(count(), 2);
}

/// Lets the thread `stuck` hang in its second look at the clock, as it would in a file server that is gone.
struct Hanging {
    clock: Arc<SetClock>,
    looks: AtomicU32,
    hung: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Clock for Hanging {
    fn now(&self) -> Timestamp {
        let is_stuck = std::thread::current().name() == Some("stuck");
        if is_stuck && self.looks.fetch_add(1, Ordering::Relaxed) == 1 {
            self.hung.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

#[test]
fn a_run_without_a_sign_of_life_is_given_up_and_writes_nothing_any_more() {
    let clock = Arc::new(SetClock::new("2026-11-18T03:00:00Z".parse().unwrap()));
    let ((hung, is_hung), (go_on, waits)) = (channel(), channel());
    let hanging = Hanging { clock: clock.clone(), looks: AtomicU32::new(0), hung, go_on: Mutex::new(waits) };
    let shop = Shop::with("0 7 * * MON", "lease = \"30m\"", clock, Arc::new(hanging));
    write(
        shop.folder.path(),
        shop.clock.now(),
        "1,2026-11-10T02:00:00Z,completed,,,,100\n",
        "1,1,Casio,1,100\n",
        "",
    );
    let job = shop.house.settings.job(&JobName::new("pull")).unwrap();
    let slot = Slot { job: job.name.clone(), at: "2026-11-18T03:00:00Z".parse().unwrap() };
    let entries = || shop.house.store.read(|reader| reader.count_orders()).unwrap();
    std::thread::scope(|scope| {
        let run = || jobs::run_slot(&shop.house, job, slot.clone(), Trigger::Schedule, None);
        let stuck = std::thread::Builder::new().name("stuck".into()).spawn_scoped(scope, run).unwrap();
        is_hung.recv().unwrap();
        // A wall clock that is put forward ends no lease.
        shop.clock.set("2026-12-18T03:00:00Z".parse().unwrap());
        shop.clock.pass(Duration::from_secs(1800));
        assert_eq!(jobs::rescue(&shop.house).unwrap(), 0);
        shop.clock.pass(Duration::from_secs(1));
        assert_eq!(jobs::rescue(&shop.house).unwrap(), 1);
        shop.clock.pass(Duration::from_secs(120));
        let again = run().unwrap();
        assert!(again.ours);
        assert_eq!((again.row.state, again.row.attempt), (RunState::Done, 2), "{}", again.row.message);
        assert_eq!(entries(), 1);
        go_on.send(()).unwrap();
        let fenced = stuck.join().unwrap();
        assert!(matches!(fenced, Err(store::Error::Fenced { attempt: 1, .. })), "{fenced:?}");
    });
    let row = shop.house.store.read(|reader| reader.run_of_slot(&slot)).unwrap().unwrap();
    assert_eq!((row.state, row.attempt), (RunState::Done, 2));
}

impl Shop {
    /// Runs the slots that are due, as the daemon does.
    fn wake(&self) {
        jobs::rescue(&self.house).unwrap();
        for slot in jobs::plan_and_record(&self.house, self.house.now()).unwrap() {
            let job = self.house.settings.job(&slot.job).unwrap();
            let today = slot.at.to_zoned(self.house.settings.business.zone.clone()).date();
            let period = job.period.map(|kind| kind.last_complete(today));
            jobs::run_slot(&self.house, job, slot, Trigger::Schedule, period).unwrap();
        }
    }

    /// Lets so many minutes pass, woken in each.
    fn live(&self, minutes: u32) {
        for _ in 0..minutes {
            self.clock.pass(Duration::from_secs(60));
            self.wake();
        }
    }

    fn notices(&self) -> Vec<OutboxItem> {
        let mut messages = self.house.store.read(|reader| reader.outbox(None, 1000)).unwrap();
        messages.retain(|message| message.kind == "notice");
        messages.reverse();
        messages
    }
}

#[test]
fn administrators_get_one_mail_a_problem_and_one_when_it_is_over() {
    let shop = Shop::open("0 7 * * MON", "2026-11-18T03:00:00Z");
    shop.wake();
    let file = shop.folder.path().join("orders.csv");
    fs::remove_file(&file).unwrap();
    shop.live(20);
    assert_eq!(shop.notices(), [], "it may pass by itself");
    shop.live(30);
    let told = shop.notices();
    assert_eq!(told.len(), 1);
    assert!(told[0].message_id.starts_with("notice-failed-"), "{}", told[0].message_id);
    assert_eq!(told[0].recipient, "a@shop.vn");
    shop.live(240);
    assert_eq!(shop.notices().len(), 1, "not one an attempt");
    write(shop.folder.path(), shop.clock.now(), "", "", "");
    shop.live(20);
    let told = shop.notices();
    assert_eq!(told.len(), 2);
    assert!(told[1].message_id.starts_with("notice-over-"), "{}", told[1].message_id);
    assert_eq!(shop.house.store.read(|reader| reader.open_problems()).unwrap(), []);
    // A hiccup that nobody was told of is over without a word.
    fs::remove_file(&file).unwrap();
    shop.live(16);
    write(shop.folder.path(), shop.clock.now(), "", "", "");
    shop.live(16);
    assert_eq!(shop.notices().len(), 2);
}

#[test]
fn what_another_attempt_would_meet_again_is_told_at_once_and_not_tried_again() {
    let shop = Shop::open("0 7 * * MON", "2026-11-18T03:00:00Z");
    fs::write(shop.folder.path().join("orders.csv"), "order_id,status\n").unwrap();
    let run = shop.run("pull", None).unwrap();
    assert_eq!((run.state.as_str(), run.next_attempt_at), ("failed", None), "{}", run.message);
    assert_eq!(shop.notices().len(), 1);
    fs::remove_file(shop.folder.path().join("orders.csv")).unwrap();
    shop.clock.pass(Duration::from_secs(1));
    let run = shop.run("pull", None).unwrap();
    assert!(run.next_attempt_at.is_some(), "a file may come back: {}", run.message);
    assert_eq!(shop.notices().len(), 1);
}

#[test]
fn a_watcher_outside_hears_of_each_run() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let watcher = std::thread::spawn(move || {
        let answer = |_| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let first = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            first
        };
        (0..4).map(answer).collect::<Vec<_>>()
    });
    let clock = Arc::new(SetClock::new("2026-11-18T03:00:00Z".parse().unwrap()));
    let more = format!("ping_url = \"http://127.0.0.1:{port}/ping/key\"");
    let shop = Shop::with("0 7 * * MON", &more, clock.clone(), clock);
    shop.pull("", "", "");
    fs::write(shop.folder.path().join("orders.csv"), "order_id,status\n").unwrap();
    shop.clock.pass(Duration::from_secs(1));
    shop.run("pull", None).unwrap();
    drop(shop);
    let seen = watcher.join().unwrap();
    let paths: Vec<&str> = seen.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(paths, ["/ping/key/start", "/ping/key", "/ping/key/start", "/ping/key/fail"]);
}

#[test]
fn a_report_says_which_source_is_late_and_why_and_goes_out_provisional_past_its_patience() {
    let shop = Shop::open("0 7 * * MON", "2026-11-23T00:10:00Z");
    let job = JobName::new("pull");
    let held = |why: &str| {
        let run = shop.run("weekly", None).unwrap();
        assert_eq!(run.state, "held");
        assert!(run.message.contains(why), "{}", run.message);
    };
    held("source shop has nothing yet (it holds nothing newer)");
    fs::remove_file(shop.folder.path().join("orders.csv")).unwrap();
    assert_eq!(shop.run("pull", None).unwrap().state, "failed");
    held("source shop has nothing yet (it could not be read)");
    write(shop.folder.path(), "2026-11-21T00:00:00Z".parse().unwrap(), "", "", "");
    shop.clock.pass(Duration::from_secs(1));
    assert_eq!(shop.run("pull", None).unwrap().state, "done");
    held("source shop has data until 2026-11-21T00:00:00Z (it holds nothing newer)");
    let now = shop.house.now();
    shop.house.store.write(|writer| writer.pause_job(&job, now)).unwrap();
    held("(pulling is paused)");
    assert_eq!(shop.notices(), [], "nobody is told of an hour's wait");
    shop.clock.pass(Duration::from_secs(3600));
    held("(pulling is paused)");
    assert_eq!(shop.notices().len(), 1);
    shop.clock.pass(Duration::from_secs(24 * 3600));
    let run = shop.run("weekly", None).unwrap();
    assert_eq!(run.state, "done");
    assert!(run.message.ends_with("PROVISIONAL"), "{}", run.message);
    let release = shop.house.store.read(|reader| reader.releases(1)).unwrap().remove(0);
    assert!(release.provisional && release.manifest.contains("\"why\":\"paused\""), "{}", release.manifest);
    assert_eq!(shop.notices().len(), 2, "and when it is over");
}
