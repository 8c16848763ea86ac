//! Complaints over days on a clock that the test sets: who is told what, when, and how often.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use firstwatch::domain::clock::{Clock, SetClock};
use firstwatch::domain::customer::IdentifierKind;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, Delivered, House, Trigger};
use firstwatch::settings::{self, LoadOptions};
use firstwatch::store::RunState;
use firstwatch::vault::MasterKey;
use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use serde_json::{Value, json};
use tempfile::TempDir;

const CONFIGURATION: &str = r#"
jobs_directory = "jobs"
business = { name = "1stwatch", timezone = "Asia/Ho_Chi_Minh", language = "en" }
store = { directory = "state" }
vault = { master_key_file = "key" }
mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
[recipients]
managers = ["boss@shop.vn"]
administrators = ["admin@shop.vn"]
complaints = ["desk@shop.vn"]
data_officer = ["dpo@shop.vn"]
director = ["director@shop.vn"]
"#;

/// A shop whose complaints are checked when the test says so.
struct Desk {
    folder: TempDir,
    clock: Arc<SetClock>,
    house: House,
    events: u8,
}

/// A mail as far as these tests look: to whom, and the lines about deadlines.
type Mail = (String, Vec<String>);

impl Desk {
    /// With these lines under `[complaints]`, at an instant of November 2026 in Vietnam.
    fn open(more: &str, now: &str) -> Self {
        Self::with_relay("maildir:mail", more, now)
    }

    fn with_relay(relay: &str, more: &str, now: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("jobs")).unwrap();
        fs::write(at("jobs/watch.toml"), "kind = \"complaint-deadlines\"\nschedule = \"*/15 * * * *\"\n")
            .unwrap();
        let configuration = CONFIGURATION.replace("maildir:mail", relay);
        fs::write(at("firstwatch.toml"), format!("{configuration}\n[complaints]\n{more}\n")).unwrap();
        MasterKey::generate().unwrap().write_new(&at("key")).unwrap();
        let options = LoadOptions { file: Some(at("firstwatch.toml")), environment: BTreeMap::default() };
        let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let clock = Arc::new(SetClock::new(local(now)));
        let house = House::open(settings, None, clock.clone()).unwrap();
        Self { folder, clock, house, events: 0 }
    }

    fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("state/firstwatch.db")).unwrap()
    }

    /// A complaint with this number.
    fn receive(&mut self, no: i64, at: &str, classification: Value) {
        let sql =
            "INSERT INTO complaints (no, source, id, sealed_text, sealed_under, created_at, modified_at)
                   VALUES (?1, 'test', ?1, x'', 'system', 0, 0)";
        self.sql().execute(sql, (no,)).unwrap();
        self.record(no, at, "received", classification);
    }

    fn record(&mut self, no: i64, at: &str, event: &str, mut more: Value) {
        self.events += 1;
        let at = local(at);
        more["at"] = at.to_string().into();
        more["event"] = event.into();
        let sql =
            "INSERT INTO complaint_events (complaint, at, event, body, digest) VALUES (?1, ?2, ?3, ?4, ?5)";
        let digest = [self.events; 32];
        self.sql().execute(sql, (no, at.as_microsecond(), event, more.to_string(), digest)).unwrap();
        self.sql().execute("UPDATE complaints SET settled = 0 WHERE no = ?1", (no,)).unwrap();
    }

    /// One look at the present instant; how many deadlines it told.
    fn look(&self) -> i64 {
        let job = self.house.settings.job(&JobName::new("watch")).unwrap();
        let runs: i64 = self.sql().query_row("SELECT count(*) FROM runs", (), |row| row.get(0)).unwrap();
        let at = self.clock.now() + SignedDuration::from_secs(runs);
        let slot = Slot { job: job.name.clone(), at };
        let row = jobs::run_slot(&self.house, job, slot, Trigger::Manual, None).unwrap().row;
        assert_eq!(row.state, RunState::Done, "{}", row.message);
        row.details["told"].as_i64().unwrap()
    }

    fn deliver(&self) -> Delivered {
        jobs::deliver(&self.house, &|| false).unwrap()
    }

    /// The mails of a look at this instant.
    fn at(&self, now: &str) -> Vec<Mail> {
        self.clock.set(local(now));
        self.look();
        self.deliver();
        self.read()
    }

    /// What is in the maildir, which is emptied.
    fn read(&self) -> Vec<Mail> {
        let mut mails = Vec::new();
        for file in fs::read_dir(self.folder.path().join("mail/new")).into_iter().flatten() {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            fs::remove_file(path).unwrap();
            let message = MessageParser::default().parse(&bytes).unwrap();
            let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap().to_owned();
            let text = message.body_text(0).unwrap().replace("\r\n", "\n");
            let lines = text.lines().filter(|line| line.starts_with('#')).map(str::to_owned).collect();
            // Administrators hear of bounces as well.
            if to != "admin@shop.vn" {
                mails.push((to.replace("@shop.vn", ""), lines));
            }
        }
        mails.sort();
        mails
    }

    /// Looks each quarter of an hour until then, and tells each mail with its instant.
    fn watch_until(&self, until: &str) -> Vec<String> {
        let mut told = Vec::new();
        while self.clock.now() < local(until) {
            self.clock.set(self.clock.now() + SignedDuration::from_mins(15));
            let now = self.clock.now().in_tz("Asia/Ho_Chi_Minh").unwrap().strftime("%d %H:%M").to_string();
            self.look();
            self.deliver();
            for (to, lines) in self.read() {
                told.push(format!("{now} {to}: {}", lines.join("; ")));
            }
        }
        told
    }

    fn states(&self) -> Vec<String> {
        let sql = self.sql();
        let mut statement = sql.prepare("SELECT state FROM outbox ORDER BY no").unwrap();
        statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

/// `16T09:00` of November 2026 in Vietnam; the 16th is a Monday, the 24th a holiday.
fn local(text: &str) -> Timestamp {
    format!("2026-11-{text}:00+07:00").parse().unwrap()
}

fn product() -> Value {
    json!({"kind": "product", "damage_level": 2})
}

fn mail(to: &str, lines: &[&str]) -> Mail {
    (to.to_owned(), lines.iter().map(|line| (*line).to_owned()).collect())
}

const RESPONSE: &str = "#1 product, damage level 2 · first response";
const RESOLUTION: &str = "#1 product, damage level 2 · resolution";

#[test]
fn steps_go_up_the_line_and_each_goes_out_once() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.record(1, "16T09:00", "assigned", json!({"to": "lan@shop.vn"}));
    // A working day after Monday is Tuesday: 7 working hours are left of Monday and 8 of Tuesday. Half of them have passed
    // on Tuesday at 08:30, four fifths (12 hours) at 14:00.
    let told = desk.watch_until("18T09:00");
    assert_eq!(
        told,
        [
            format!("17 08:30 lan: {RESPONSE}"),
            format!("17 14:00 desk: {RESPONSE}"),
            format!("17 14:00 lan: {RESPONSE}"),
            format!("18 00:00 desk: {RESPONSE}"),
            format!("18 00:00 director: {RESPONSE}"),
            format!("18 00:00 lan: {RESPONSE}"),
        ]
    );
    // The same day a hundred times.
    for _ in 0..100 {
        assert_eq!(desk.look(), 0);
    }
    assert_eq!((desk.deliver(), desk.read()), (Delivered::default(), vec![]));
    // Back to where it all began, too.
    desk.clock.set(local("16T09:00"));
    assert!(desk.watch_until("18T09:00").is_empty());
}

#[test]
fn what_was_missed_is_told_by_its_latest_step_alone() {
    let mut desk = Desk::open("", "20T09:00");
    desk.receive(1, "16T09:00", product());
    assert_eq!(
        desk.at("20T09:00"),
        [mail("desk", &[RESPONSE, RESOLUTION]), mail("director", &[RESPONSE])],
        "the response is late, half of the resolution's time has passed"
    );
    assert_eq!(desk.at("20T09:15"), []);
}

#[test]
fn a_reopened_complaint_and_a_changed_deadline_send_their_new_steps() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.record(1, "16T10:00", "acknowledged", json!({}));
    desk.record(1, "16T11:00", "promised", json!({"due_at": local("17T17:00").to_string()}));
    let both = [mail("desk", &[RESOLUTION]), mail("director", &[RESOLUTION])];
    assert_eq!(desk.at("17T17:15"), both, "what the source promised has passed");
    assert_eq!(desk.at("17T17:30"), []);
    // An earlier promise is another deadline, and has passed as well.
    desk.record(1, "17T17:31", "promised", json!({"due_at": local("17T12:00").to_string()}));
    assert_eq!(desk.at("17T17:45"), both);
    desk.record(1, "17T18:00", "resolved", json!({}));
    assert_eq!(desk.at("18T09:00"), []);
    desk.record(1, "18T10:00", "reopened", json!({}));
    assert_eq!(desk.at("18T10:15"), [], "seven working days begin anew");
    assert_eq!(desk.at("30T23:45"), [mail("desk", &[RESOLUTION])]);
    assert_eq!(desk.at("30T23:45"), []);
}

#[test]
fn the_authoritys_hours_run_day_and_night_and_the_rest_keeps_quiet() {
    let mut desk = Desk::open("quiet_hours = [\"21:00\", \"07:00\"]", "20T20:00");
    desk.receive(1, "20T20:00", json!({"kind": "data-breach", "damage_level": 4, "harm": false}));
    desk.receive(2, "19T16:00", json!({"kind": "delivery", "damage_level": null}));
    let told = desk.watch_until("21T08:00");
    let breach = |clocks: &[&str]| {
        let lines = clocks.iter().map(|clock| format!("#1 data breach, damage level 4 · {clock}"));
        lines.collect::<Vec<_>>().join("; ")
    };
    let notice = "notice of the attack to the authority";
    assert_eq!(
        told,
        [
            "20 20:15 desk: #2 delivery · first response".to_owned(),
            format!("20 21:00 dpo: {}", breach(&["first response", "containment", notice, "resolution"])),
            format!("21 00:00 director: {}", breach(&["first response", "containment", "resolution"])),
            format!("21 00:15 director: {}", breach(&["first response"])),
            format!("21 00:15 dpo: {}", breach(&["first response"])),
            "21 07:00 desk: #2 delivery · first response".to_owned(),
            "21 07:00 director: #2 delivery · first response".to_owned(),
            format!("21 08:00 director: {}", breach(&[notice])),
            format!("21 08:00 dpo: {}", breach(&[notice])),
        ]
    );
}

#[test]
fn a_digest_is_one_mail_a_day() {
    let mut desk = Desk::open("digest = \"08:00\"", "16T09:00");
    for (no, at) in [(1, "16T09:00"), (2, "16T14:00"), (3, "17T09:00")] {
        desk.receive(no, at, product());
        desk.record(no, at, "acknowledged", json!({}));
    }
    let told = desk.watch_until("28T09:00");
    let days: Vec<&str> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    let mut once = days.clone();
    once.dedup();
    assert_eq!(days, once, "one mail a person and day");
    assert!(told.iter().all(|line| line.contains(" 08:00 ")), "{told:#?}");
    let about =
        |to: &str| told.iter().filter(|line| line.contains(&format!(" {to}: "))).cloned().collect::<Vec<_>>();
    assert_eq!(about("director").len(), 2, "{told:#?}");
    assert!(about("director")[0].contains("#1") && about("director")[0].contains("#2"), "{told:#?}");
    assert!(!about("director")[0].contains("#3") && about("director")[1].contains("#3"), "{told:#?}");
}

/// A relay that has no mailbox for some; it ends with the test's process.
fn relay_without(missing: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = converse(&stream.unwrap(), missing);
        }
    });
    port
}

fn converse(mut stream: &TcpStream, missing: &[&str]) -> Option<()> {
    let mut reader = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.starts_with("RCPT") && missing.iter().any(|address| line.contains(address)) {
            stream.write_all(b"550 5.1.1 no such mailbox\r\n").ok()?;
        } else if line.starts_with("DATA") {
            stream.write_all(b"354 go on\r\n").ok()?;
            let mut message = vec![];
            while !message.ends_with(b"\r\n.\r\n") {
                reader.read_until(b'\n', &mut message).ok().filter(|&bytes| bytes > 0)?;
            }
            stream.write_all(b"250 taken\r\n").ok()?;
        } else {
            stream.write_all(b"250 ok\r\n").ok()?;
        }
    }
}

#[test]
fn a_digest_late_in_the_evening_goes_out_too() {
    for (more, at) in [
        ("digest = \"23:50\"", "21 00:00"),
        ("quiet_hours = [\"21:00\", \"07:00\"]\ndigest = \"20:50\"", "21 07:00"),
    ] {
        let mut desk = Desk::open(more, "16T09:00");
        desk.receive(1, "16T09:00", product());
        desk.record(1, "16T09:00", "acknowledged", json!({}));
        assert_eq!(desk.watch_until("22T12:00"), [format!("{at} desk: {RESOLUTION}")], "{more}");
    }
}

#[test]
fn a_bounce_does_not_wait_for_the_next_digest() {
    let port = relay_without(&["gone@shop.vn"]);
    let mut desk = Desk::with_relay(&format!("smtp://127.0.0.1:{port}"), "digest = \"08:00\"", "20T09:00");
    for no in [1, 2] {
        desk.receive(no, "16T09:00", product());
        desk.record(no, "16T09:00", "acknowledged", json!({}));
    }
    desk.record(1, "16T09:00", "assigned", json!({"to": "gone@shop.vn"}));
    desk.clock.set(local("21T08:00"));
    assert_eq!((desk.look(), desk.deliver().refused), (2, 1), "the department has had its digest");
    assert_eq!((desk.look(), desk.deliver().sent), (1, 2), "administrators hear of the bounce, too");
    assert_eq!(desk.look(), 0);
}

/// Anybody may register under any name; the words of a mail about complaints are the house's own.
#[test]
fn no_customers_name_silences_an_alarm() {
    let mut desk = Desk::open("", "16T09:00");
    let sql = desk.sql();
    for name in
        ["first response", "damage level", "product damage", "overdue complaints", "hours over", "time left"]
    {
        let blind = desk.house.vault.blind(IdentifierKind::Name, name);
        sql.execute("INSERT INTO identifiers (kind, blind) VALUES ('name', ?1)", (blind.0,)).unwrap();
    }
    desk.receive(1, "16T09:00", product());
    assert_eq!(desk.at("18T09:00"), [mail("desk", &[RESPONSE]), mail("director", &[RESPONSE])]);
}

#[test]
fn what_is_wrong_with_one_complaint_stays_with_its_mail() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.clock.set(local("18T09:00"));
    assert_eq!(desk.look(), 2);
    let damage = "DROP TRIGGER complaint_events_stay; UPDATE complaint_events SET body = '{}'";
    desk.sql().execute_batch(damage).unwrap();
    assert_eq!(desk.deliver(), Delivered::default());
    assert_eq!(desk.states(), ["pending", "pending"], "they wait, and hold up nobody");
}

#[test]
fn a_store_of_before_learns_which_complaints_are_settled() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.record(1, "16T10:00", "resolved", json!({}));
    desk.receive(2, "16T09:00", json!({"kind": "data-breach", "damage_level": null, "attack": false}));
    desk.record(2, "16T10:00", "resolved", json!({}));
    assert_eq!(desk.at("16T11:00").len(), 1, "the authority does not know of the harm");
    let settled = "SELECT group_concat(settled, ',') FROM (SELECT settled FROM complaints ORDER BY no)";
    let settled: String = desk.sql().query_row(settled, (), |row| row.get(0)).unwrap();
    assert_eq!(settled, "1,0");
}

#[test]
fn a_bounce_goes_to_the_next_in_line() {
    let port = relay_without(&["gone@shop.vn", "desk@shop.vn"]);
    let mut desk = Desk::with_relay(&format!("smtp://127.0.0.1:{port}"), "", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.record(1, "16T09:00", "acknowledged", json!({}));
    desk.record(1, "16T09:00", "assigned", json!({"to": "gone@shop.vn"}));
    desk.clock.set(local("20T09:00"));
    let mut told = vec![];
    for _ in 0..5 {
        told.push((desk.look(), desk.deliver().refused));
    }
    // Who answers for it, then the department, then the director; and each once.
    assert_eq!(told, [(1, 1), (1, 1), (1, 0), (0, 0), (0, 0)]);
    let sql = desk.sql();
    let mut statement = sql
        .prepare("SELECT recipient, state FROM outbox WHERE kind = 'complaint-deadlines' ORDER BY no")
        .unwrap();
    let line: Vec<(String, String)> =
        statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    let expected = [("gone@shop.vn", "refused"), ("desk@shop.vn", "refused"), ("director@shop.vn", "sent")];
    assert_eq!(line, expected.map(|(to, state)| (to.to_owned(), state.to_owned())));
}

#[test]
fn a_mail_that_has_waited_is_sent_only_while_it_is_true() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.receive(2, "16T09:00", json!({"kind": "delivery", "damage_level": null}));
    desk.clock.set(local("18T09:00"));
    assert_eq!(desk.look(), 4, "two answers are late, for two people");
    desk.record(1, "18T09:01", "acknowledged", json!({}));
    assert_eq!(desk.deliver(), Delivered::default());
    assert_eq!((desk.states(), desk.read()), (vec!["cancelled".to_owned(); 2], vec![]));
    let second = "#2 delivery · first response";
    assert_eq!(desk.at("18T09:15"), [mail("desk", &[second]), mail("director", &[second])]);
    assert_eq!(desk.at("18T09:30"), []);
}

#[test]
fn whoever_is_no_longer_in_the_line_is_not_told() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.record(1, "16T09:00", "acknowledged", json!({}));
    desk.record(1, "16T09:00", "assigned", json!({"to": "lan@shop.vn"}));
    desk.clock.set(local("20T09:00"));
    assert_eq!(desk.look(), 1);
    desk.record(1, "20T09:01", "assigned", json!({"to": "minh@shop.vn"}));
    assert_eq!(desk.deliver(), Delivered::default());
    assert_eq!(desk.at("20T09:15"), [mail("minh", &[RESOLUTION])]);
}

#[test]
fn a_pause_is_silent_and_moves_the_steps() {
    let mut desk = Desk::open("", "16T09:00");
    desk.receive(1, "16T09:00", product());
    desk.record(1, "16T09:30", "acknowledged", json!({}));
    desk.record(1, "17T09:00", "paused", json!({"reason": "customer"}));
    desk.clock.set(local("16T09:00"));
    assert!(desk.watch_until("25T09:00").is_empty(), "nobody is warned of a clock that stands");
    desk.record(1, "25T09:00", "resumed", json!({}));
    // Of seven working days one was used up on the 17th's eve: none of them, for the first day does not count.
    assert_eq!(desk.watch_until("27T23:45").len(), 0);
    assert_eq!(desk.at("30T17:00"), [mail("desk", &[RESOLUTION])]);
}
