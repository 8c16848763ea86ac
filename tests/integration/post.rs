//! The outbox and its courier in this process, under a clock that the test sets: outages, a full disk, policies, the
//! rate, the size, and what a person decides.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use firstwatch::domain::actor::Actor;
use firstwatch::domain::clock::SetClock;
use firstwatch::domain::ids::{JobName, OutboxId, ReleaseId};
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, Delivered, House, Trigger};
use firstwatch::operations::outbox::{Decision, decide};
use firstwatch::settings::{self, LoadOptions, MailTimeouts, Relay, Settings};
use firstwatch::store::{OutboxItem, OutboxState, RunRow, RunState};
use firstwatch::vault::MasterKey;
use jiff::{SignedDuration, Timestamp};
use mail_parser::{MessageParser, MimeHeaders};
use tempfile::TempDir;

use super::harness::{Builder, job, wait_for};
use super::mta::messages_in;

const BUSINESS: &str =
    "[business]\nname = \"1stwatch\"\ntimezone = \"Asia/Ho_Chi_Minh\"\nlanguage = \"vi\"\n";

/// A house whose weekly report has three recipients.
struct Shop {
    folder: TempDir,
    settings: Settings,
    clock: Arc<SetClock>,
    house: Option<House>,
}

impl Shop {
    /// The report of the week, in these formats and with this more in its file, is not run yet.
    fn open(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("jobs")).unwrap();
        let weekly = "kind = \"sales-report\"\nschedule = \"0 7 * * MON\"\nperiod = \"week\"\nrecipients = [\"managers\"]\n\
                      completeness = { grace = \"0h\", patience = \"0h\" }\ntitle = { vi = \"Tuần\", en = \"Week\" }\n";
        fs::write(at("jobs/weekly.toml"), format!("{weekly}{more}")).unwrap();
        let configuration = r#"
            jobs_directory = "jobs"
            business = { name = "Test", timezone = "Asia/Ho_Chi_Minh", language = "en" }
            store = { directory = "state" }
            vault = { master_key_file = "key" }
            mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
            recipients = { managers = ["m1@shop.vn", "m2@shop.vn", "m3@shop.vn"], administrators = ["a@shop.vn"] }
        "#;
        fs::write(at("firstwatch.toml"), configuration).unwrap();
        MasterKey::generate().unwrap().write_new(&at("key")).unwrap();
        let options = LoadOptions { file: Some(at("firstwatch.toml")), environment: Default::default() };
        let mut settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
        let short = Duration::from_millis(500);
        settings.mail.timeouts = MailTimeouts { opening: short, command: short, data: short, content: short };
        let clock = Arc::new(SetClock::new("2026-11-23T03:00:00Z".parse().unwrap()));
        Self { folder, settings, clock, house: None }
    }

    fn relay(mut self, port: u16) -> Self {
        self.settings.mail.relay = Relay::SmtpLoopback { host: "127.0.0.1".into(), port };
        self
    }

    fn house(&mut self) -> &House {
        let (settings, clock) = (&self.settings, &self.clock);
        self.house.get_or_insert_with(|| House::open(settings.clone(), None, clock.clone()).unwrap())
    }

    fn now(&self) -> Timestamp {
        use firstwatch::domain::clock::Clock;
        self.clock.now()
    }

    fn run(&mut self) -> RunRow {
        let house = self.house();
        let job = house.settings.job(&JobName::new("weekly")).unwrap();
        let slot = Slot { job: job.name.clone(), at: "2026-11-23T00:00:00Z".parse().unwrap() };
        let period = Some("2026-W47".parse().unwrap());
        jobs::run_slot(house, job, slot, Trigger::Manual, period).unwrap().row
    }

    /// With the report of the week in the outbox.
    fn with_mail(mut self) -> Self {
        let row = self.run();
        assert_eq!(row.state, RunState::Done, "{}", row.message);
        self
    }

    fn deliver(&mut self) -> Delivered {
        jobs::deliver(self.house(), &|| false).unwrap()
    }

    fn later(&mut self, minutes: i64) -> Delivered {
        self.clock.set(self.now() + SignedDuration::from_mins(minutes));
        self.deliver()
    }

    /// In the order in which they were enqueued.
    fn messages(&mut self) -> Vec<OutboxItem> {
        let mut messages = self.house().store.read(|reader| reader.outbox(None, 99)).unwrap();
        messages.reverse();
        // Notices to administrators come on top.
        messages.retain(|message| message.kind != "notice");
        messages
    }

    fn states(&mut self) -> Vec<&'static str> {
        self.messages().iter().map(|item| item.state.as_str()).collect()
    }

    fn sql(&self, sql: &str) {
        let store = rusqlite::Connection::open(self.folder.path().join("state/firstwatch.db")).unwrap();
        store.execute_batch(sql).unwrap();
    }
}

/// What happens to the reply to a message's end.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Acknowledged,
    Cut,
}

/// A relay that takes everything, and acknowledges it or not.
struct Taker {
    port: u16,
    end: Arc<Mutex<End>>,
    /// Of each conversation, what it took.
    taken: Arc<Mutex<Vec<Vec<Vec<u8>>>>>,
}

impl Taker {
    fn start(end: End) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taker = Self { port, end: Arc::new(Mutex::new(end)), taken: Arc::default() };
        let (end, taken) = (taker.end.clone(), taker.taken.clone());
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                taken.lock().unwrap().push(vec![]);
                let _ = converse(&stream.unwrap(), &end, &taken);
            }
        });
        taker
    }

    fn taken(&self) -> Vec<Vec<u8>> {
        self.taken.lock().unwrap().concat()
    }

    fn conversations(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

fn converse(mut stream: &TcpStream, end: &Mutex<End>, taken: &Mutex<Vec<Vec<Vec<u8>>>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    stream.write_all(b"220 ready\r\n").ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if !line.starts_with("DATA") {
            stream.write_all(b"250 ok\r\n").ok()?;
            continue;
        }
        stream.write_all(b"354 go on\r\n").ok()?;
        let mut message = vec![];
        while !message.ends_with(b"\r\n.\r\n") {
            reader.read_until(b'\n', &mut message).ok().filter(|&bytes| bytes > 0)?;
        }
        taken.lock().unwrap().last_mut()?.push(message);
        if *end.lock().unwrap() == End::Cut {
            return None;
        }
        stream.write_all(b"250 taken\r\n").ok()?;
    }
}

#[test]
fn an_outage_costs_one_attempt_and_all_mail_waits_together() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut shop =
        Shop::open("formats = [\"html\"]\n").relay(listener.local_addr().unwrap().port()).with_mail();
    drop(listener);
    assert_eq!(shop.deliver(), Delivered { postponed: 3, ..Delivered::default() });
    let messages = shop.messages();
    assert_eq!(messages.iter().map(|item| item.attempts).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(messages.iter().all(|item| item.not_before == messages[0].not_before));
    assert!(messages.iter().all(|item| item.note.contains("Connection refused")), "{messages:?}");
    let mut waits = vec![];
    for _ in 0..12 {
        let until = shop.messages()[0].not_before;
        waits.push(until.duration_since(shop.now()).as_secs());
        assert_eq!(shop.deliver(), Delivered::default(), "nothing is due");
        shop.clock.set(until);
        shop.deliver();
    }
    assert!(
        (60..=72).contains(&waits[0]) && waits[1] >= 120 && *waits.iter().max().unwrap() <= 1080,
        "{waits:?}"
    );
    assert!(waits[8..].iter().all(|&wait| wait >= 900), "{waits:?}");
}

#[test]
fn a_full_disk_makes_no_duplicate_while_the_process_lives() {
    let taker = Taker::start(End::Acknowledged);
    let mut shop = Shop::open("formats = [\"html\"]\n").relay(taker.port).with_mail();
    shop.sql(
        "CREATE TRIGGER full BEFORE UPDATE OF state ON outbox WHEN NEW.state = 'sent'
         BEGIN SELECT raise(FAIL, 'the disk is full'); END",
    );
    for _ in 0..3 {
        assert!(jobs::deliver(shop.house(), &|| false).is_err());
        assert_eq!(taker.taken().len(), 1, "nothing more goes out before it is written");
    }
    assert_eq!(shop.states(), ["dot-pending", "pending", "pending"]);
    shop.sql("DROP TRIGGER full");
    assert_eq!(shop.deliver(), Delivered { sent: 3, ..Delivered::default() });
    assert_eq!((shop.states(), taker.taken().len()), (vec!["sent"; 3], 3));
}

#[test]
fn an_ambiguous_message_goes_out_again_after_ten_minutes_and_waits_for_a_person_after_the_third() {
    let taker = Taker::start(End::Cut);
    let mut shop = Shop::open("formats = [\"html\"]\n").relay(taker.port).with_mail();
    assert_eq!(shop.deliver(), Delivered { ambiguous: 3, ..Delivered::default() });
    assert_eq!(shop.later(9), Delivered::default());
    assert_eq!(shop.later(1), Delivered { ambiguous: 3, ..Delivered::default() });
    assert_eq!(shop.later(10), Delivered { ambiguous: 3, ..Delivered::default() });
    // Administrators are told once, of all three.
    assert_eq!(shop.later(600), Delivered { ambiguous: 1, ..Delivered::default() });
    let mut taken = taker.taken();
    assert_eq!(taken.len(), 10);
    taken.pop();
    for copies in [0, 1, 2].map(|first| taken.iter().skip(first).step_by(3).collect::<Vec<_>>()) {
        assert!(copies.iter().all(|copy| *copy == copies[0]));
    }
    let history = shop.house().store.read(|reader| reader.outbox_history(OutboxId(1))).unwrap();
    let again = history.iter().filter(|event| event.note.ends_with("it may arrive twice"));
    assert_eq!(again.map(|event| event.state).collect::<Vec<_>>(), [OutboxState::Pending; 2]);
    *taker.end.lock().unwrap() = End::Acknowledged;
    decide(shop.house(), &Actor::Daemon, OutboxId(1), Decision::Retry).unwrap();
    decide(shop.house(), &Actor::Daemon, OutboxId(2), Decision::Cancel).unwrap();
    assert_eq!(shop.states(), ["sent", "cancelled", "ambiguous"]);
}

#[test]
fn a_message_that_may_not_come_twice_is_held() {
    let taker = Taker::start(End::Cut);
    let mut shop =
        Shop::open("formats = [\"html\"]\non_ambiguous = \"hold\"\n").relay(taker.port).with_mail();
    shop.deliver();
    // The notice to administrators, and nothing else.
    assert_eq!(shop.later(24 * 60), Delivered { ambiguous: 1, ..Delivered::default() });
    // A courier that died after the end of a message is no different.
    shop.sql("UPDATE outbox SET state = 'dot-pending'");
    shop.house = None;
    assert_eq!((shop.later(24 * 60), shop.states()), (Delivered::default(), vec!["ambiguous"; 3]));
    assert_eq!(taker.taken().len(), 4);
}

#[test]
fn a_relay_gets_so_many_messages_a_minute_over_one_connection() {
    let taker = Taker::start(End::Acknowledged);
    let mut shop = Shop::open("formats = [\"html\"]\n").relay(taker.port);
    shop.settings.mail.messages_per_minute = 2;
    let mut shop = shop.with_mail();
    assert_eq!(shop.deliver().sent, 2);
    assert_eq!((shop.deliver().sent, shop.states()), (0, vec!["sent", "sent", "pending"]));
    assert_eq!((shop.later(1).sent, taker.conversations()), (1, 2));
}

#[test]
fn what_a_dead_courier_left_is_taken_up_by_the_next_round_of_the_same_process() {
    let mut shop = Shop::open("formats = [\"html\"]\n").with_mail();
    shop.sql("UPDATE outbox SET state = 'claimed' WHERE no = 1; UPDATE outbox SET state = 'dot-pending' WHERE no = 2");
    assert_eq!(shop.deliver().sent, 2);
    assert_eq!(shop.states(), ["sent", "ambiguous", "sent"]);
    // The maildir holds a message once, whatever is sent.
    assert_eq!((shop.later(10).sent, messages_in(&shop.folder.path().join("mail")).len()), (1, 3));
}

#[test]
fn a_report_that_is_too_long_goes_out_without_its_attachments_and_says_so() {
    let mut whole = Shop::open("").with_mail();
    whole.deliver();
    let size = messages_in(&whole.folder.path().join("mail"))[0].len() as u64;

    let mut shop = Shop::open("");
    shop.settings.mail.size_limit = size - 1;
    let mut shop = shop.with_mail();
    shop.deliver();
    let messages = messages_in(&shop.folder.path().join("mail"));
    assert_eq!(messages.len(), 3);
    for bytes in &messages {
        let message = MessageParser::default().parse(bytes).unwrap();
        let files: Vec<_> = message.attachments().map(MimeHeaders::attachment_name).collect();
        assert_eq!(files, [Some("trend.png")], "what the mail itself shows");
        for part in [message.body_text(0), message.body_html(0)] {
            let part = part.unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
            for words in [
                "weekly-2026-W47.xlsx, weekly-2026-W47.pdf cannot be attached",
                &format!("the limit is {} kB", size.div_ceil(1_000)),
                "(weekly, 2026-W47)",
                "firstwatch report show NUMBER --out FOLDER",
            ] {
                assert!(part.replace('\u{a0}', " ").contains(words), "{words}: {part}");
            }
            assert!(!part.contains("Attached:"));
        }
    }
    let kept = |shop: &Shop, name: &str| {
        fs::read(shop.folder.path().join("state/releases/weekly.2026-w47").join(name)).unwrap()
    };
    for name in ["report.txt", "report.html", "weekly-2026-W47.xlsx", "weekly-2026-W47.pdf"] {
        assert_eq!(kept(&shop, name), kept(&whole, name), "{name}");
    }

    let mut tiny = Shop::open("");
    tiny.settings.mail.size_limit = 2_000;
    let failed = tiny.run();
    assert!(failed.message.contains("mail.size_limit is 2 kB; raise it"), "{}", failed.message);
    assert_eq!((failed.state, tiny.states().len()), (RunState::Failed, 0));
}

#[test]
fn a_quarantined_message_leaves_when_a_person_releases_it() {
    let mut shop = Shop::open("formats = [\"html\"]\n").with_mail();
    let now = shop.now();
    shop.house().store.write(|writer| writer.quarantine(ReleaseId(1), "a name was found", now)).unwrap();
    assert_eq!((shop.deliver(), shop.states()), (Delivered::default(), vec!["quarantined"; 3]));
    decide(shop.house(), &Actor::Daemon, OutboxId(2), Decision::Release).unwrap();
    assert_eq!(shop.states(), ["quarantined", "sent", "quarantined"]);
    assert!(decide(shop.house(), &Actor::Daemon, OutboxId(2), Decision::Release).is_err());
    let audited = shop.house().store.read(|reader| reader.audit(9)).unwrap();
    assert!(
        audited.iter().any(|row| row.operation == "outbox.release" && row.subject == "message 2"),
        "{audited:?}"
    );
}

#[test]
fn one_bad_recipient_holds_up_nobody() {
    let mut shop = Shop::open("formats = [\"html\"]\n").with_mail();
    let first = shop.messages()[0].clone();
    let file = |shop: &Shop| shop.folder.path().join("state/releases").join(Path::new(&first.file));
    let bytes = fs::read(file(&shop)).unwrap();
    fs::write(file(&shop), b"other bytes").unwrap();
    assert_eq!(shop.deliver(), Delivered { sent: 2, refused: 1, ..Delivered::default() });
    assert_eq!(shop.states(), ["refused", "sent", "sent"]);
    fs::write(file(&shop), &bytes).unwrap();
    decide(shop.house(), &Actor::Daemon, first.id, Decision::Retry).unwrap();
    assert_eq!(shop.messages()[0].message_id, first.message_id);
    assert!(messages_in(&shop.folder.path().join("mail")).contains(&bytes));
}

#[test]
fn a_silent_relay_stalls_no_job_no_answer_and_no_stop() {
    // It takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = "kind = \"csv\"\ncomplaints = { path = \"complaints.csv\" }\n";
    let configuration = format!("{BUSINESS}[[source]]\nname = \"shop\"\n{source}");
    let shop = Builder::new(&configuration)
        .smtp(silent.local_addr().unwrap().port())
        .job("pull", job("pull", ""))
        .job("complaints", job("complaint-deadlines", ""))
        .open();
    shop.write("complaints.csv", "complaint_id,received_at,kind\nK1,2024-05-02T02:00:00Z,product\n");
    shop.run_job(&["pull"], "done");
    let daemon = shop.serve();
    shop.run(&["job", "run", "complaints"]).ok();
    wait_for("the courier", || shop.number("SELECT count(*) FROM outbox WHERE state = 'claimed'") == 1);
    let asked = Instant::now();
    shop.run_job(&["pull"], "done");
    shop.run(&["outbox", "list"]).ok();
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    // The next start takes the message up.
    let listed = shop.ask(&["outbox", "list"]).ok().json();
    assert_eq!(listed[0]["state"], "pending", "{listed}");
}
