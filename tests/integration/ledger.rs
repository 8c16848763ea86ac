//! The run ledger and the pull in this process, under a clock that the test sets.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use firstwatch::domain::actor::Actor;
use firstwatch::domain::clock::SetClock;
use firstwatch::domain::ids::{ComplaintNo, JobName};
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, House, Trigger};
use firstwatch::operations::runs::{self, RunRequest, RunView};
use firstwatch::operations::{self, complaints};
use firstwatch::settings::{self, LoadOptions};
use firstwatch::store::RunState;
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
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("jobs")).unwrap();
        let weekly = format!(
            "kind = \"sales-report\"\nschedule = \"{schedule}\"\nperiod = \"week\"\nrecipients = [\"managers\"]\n\
             formats = [\"html\"]\ncompleteness = {{ grace = \"0h\", patience = \"24h\" }}\n\
             title = {{ vi = \"Tuần\", en = \"Week\" }}\n"
        );
        fs::write(at("jobs/weekly.toml"), weekly).unwrap();
        fs::write(at("jobs/pull.toml"), "kind = \"pull\"\nschedule = \"*/15 * * * *\"\n").unwrap();
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
        write(folder.path(), now.parse().unwrap(), "", "", "");
        let options = LoadOptions { file: Some(at("firstwatch.toml")), environment: Default::default() };
        let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let clock = Arc::new(SetClock::new(now.parse().unwrap()));
        let house = House::open(settings, None, clock.clone()).unwrap();
        Self { folder, clock, house }
    }

    fn run(&self, job: &str, period: Option<&str>) -> operations::Result<RunView> {
        let request =
            RunRequest { period: period.map(|text| text.parse().unwrap()), ..RunRequest::default() };
        let actor = Actor::User { uid: 0 };
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
    let row = jobs::run_slot(&shop.house, job, slot.clone(), Trigger::Schedule, held.period).unwrap();
    assert_eq!((row.state, row.attempt), (RunState::Held, 1), "its next attempt is not due yet");
    for minutes in 1..8 {
        shop.clock.set(held.next_attempt_at.unwrap() + jiff::SignedDuration::from_mins(15 * minutes));
        let row = jobs::run_slot(&shop.house, job, slot.clone(), Trigger::Schedule, held.period).unwrap();
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
    let is_open =
        || complaints::show(&shop.house, &Actor::Daemon, ComplaintNo(1)).map(|view| view.open).unwrap();
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
