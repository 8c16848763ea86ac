//! Mail against a relay that fails at every step, under a house that dies and wakes: nothing is lost, nothing is
//! said to be sent that was not taken, and nothing arrives twice but after an interrupted acknowledgement.

mod relay;

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use firstwatch::domain::acknowledgement::OnAmbiguous;
use firstwatch::domain::clock::{Clock, SetClock};
use firstwatch::domain::ids::{JobName, OutboxId};
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, House, Trigger};
use firstwatch::settings::{self, LoadOptions, MailTimeouts, Relay, Settings};
use firstwatch::store::{OutboxEvent, OutboxItem, OutboxState, RunState};
use firstwatch::vault::MasterKey;
use jiff::{SignedDuration, Timestamp};
use relay::{Chance, Heard, Server, Step};
use tempfile::TempDir;

/// Of each phase; the relay that is late is later than that.
const TIMEOUT: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_millis(180);
/// Deliveries within which everything must have come to its end.
const PATIENCE: u32 = 300;
const NOW: &str = "2026-11-23T03:00:00Z";

const CONFIGURATION: &str = r#"
    jobs_directory = "jobs"
    business = { name = "Test", timezone = "Asia/Ho_Chi_Minh", language = "vi" }
    store = { directory = "state" }
    vault = { master_key_file = "key" }
    mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
    [recipients]
    managers = ["m1@shop.vn", "m2@shop.vn", "m3@shop.vn", "m4@shop.vn"]
    administrators = ["a@shop.vn"]
    complaints = ["c1@shop.vn", "c2@shop.vn", "c3@shop.vn", "c4@shop.vn"]
    director = ["c1@shop.vn", "c2@shop.vn", "c3@shop.vn", "c4@shop.vn"]
    [[source]]
    name = "shop"
    kind = "csv"
    orders = { path = "orders.csv", flat = true }
    complaints = { path = "complaints.csv" }
"#;

/// A clock that the test sets, with a fuse: after so many readings whoever reads it dies, as often as he reads it.
struct FusedClock {
    clock: SetClock,
    fuse: AtomicI64,
}

impl FusedClock {
    fn light(&self, readings: i64) {
        self.fuse.store(readings, Ordering::SeqCst);
    }

    fn put_out(&self) {
        self.fuse.store(i64::MAX, Ordering::SeqCst);
    }

    fn move_on(&self, by: SignedDuration) {
        let now = self.clock.now();
        self.clock.set(now + by);
    }
}

impl Clock for FusedClock {
    fn now(&self) -> Timestamp {
        if self.fuse.fetch_sub(1, Ordering::SeqCst) <= 0 {
            // Without the word that a panic would put on the screen.
            resume_unwind(Box::new("the fuse"));
        }
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }
}

/// A shop with four reports whose acknowledgement is not to be interrupted, and four complaint mails that may arrive
/// twice, all in its outbox. Each round begins with a copy of it.
fn shop() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("jobs")).unwrap();
    let weekly = r#"
        kind = "sales-report"
        schedule = "0 7 * * MON"
        period = "week"
        recipients = ["managers"]
        formats = ["html"]
        on_ambiguous = "hold"
        completeness = { grace = "0h", patience = "0h" }
        title = { vi = "Tuần", en = "Week" }
    "#;
    fs::write(at("jobs/weekly.toml"), weekly).unwrap();
    fs::write(at("jobs/pull.toml"), "kind = \"pull\"\nschedule = \"0 3 1 1 *\"\n").unwrap();
    fs::write(at("jobs/complaints.toml"), "kind = \"complaint-deadlines\"\nschedule = \"0 3 1 1 *\"\n")
        .unwrap();
    fs::write(at("firstwatch.toml"), CONFIGURATION).unwrap();
    let orders = "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n";
    fs::write(at("orders.csv"), orders).unwrap();
    let complaint = "complaint_id,received_at,kind\nK1,2026-10-05T03:00:00Z,product\n";
    fs::write(at("complaints.csv"), complaint).unwrap();
    MasterKey::generate().unwrap().write_new(&at("key")).unwrap();

    let house = House::open(settings_of(folder.path()), None, clock()).unwrap();
    for (job, slot) in [("pull", NOW), ("complaints", NOW), ("weekly", "2026-11-23T00:00:00Z")] {
        let job = house.settings.job(&JobName::new(job)).unwrap();
        let slot = Slot { job: job.name.clone(), at: slot.parse().unwrap() };
        let period = job.period.map(|_| "2026-W47".parse().unwrap());
        let row = jobs::run_slot(&house, job, slot, Trigger::Manual, period).unwrap().row;
        assert_eq!(row.state, RunState::Done, "{}", row.message);
    }
    assert_eq!(house.store.read(|reader| reader.outbox(Some(OutboxState::Pending), 99)).unwrap().len(), 8);
    drop(house);
    folder
}

fn settings_of(folder: &Path) -> Settings {
    let options = LoadOptions { file: Some(folder.join("firstwatch.toml")), environment: Default::default() };
    settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn clock() -> Arc<FusedClock> {
    Arc::new(FusedClock { clock: SetClock::new(NOW.parse().unwrap()), fuse: AtomicI64::new(i64::MAX) })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Figures {
    messages: u64,
    accepted: u64,
    refused: u64,
    held: u64,
    resent: u64,
    doubled: u64,
    deaths: u64,
    lost: u64,
    duplicates: u64,
    failed_at: BTreeSet<Step>,
    /// What is wrong, with the seed of its round.
    wrong: Vec<String>,
}

/// A house in a folder of its own, before a relay of its own.
struct Round<'a> {
    settings: Settings,
    clock: Arc<FusedClock>,
    house: Option<House>,
    chance: Chance,
    figures: &'a mut Figures,
}

impl Round<'_> {
    fn house(&mut self) -> &House {
        let (settings, clock) = (&self.settings, &self.clock);
        self.house.get_or_insert_with(|| House::open(settings.clone(), None, clock.clone()).unwrap())
    }

    /// One round of the courier, who may be stopped, die, or find the disk full.
    fn deliver(&mut self) {
        let (dies, stops, is_full) = (self.chance.one_in(4), self.chance.one_in(4), self.chance.one_in(6));
        let (readings, messages) = (self.chance.below(24) as i64, self.chance.below(4));
        let clock = self.clock.clone();
        let house = self.house();
        if is_full {
            full_disk(house, true);
        }
        if dies {
            clock.light(readings);
        }
        let asked = AtomicU64::new(0);
        let stopped = || stops && asked.fetch_add(1, Ordering::Relaxed) >= messages;
        let delivered = catch_unwind(AssertUnwindSafe(|| jobs::deliver(house, &stopped)));
        clock.put_out();
        if is_full {
            full_disk(house, false);
        }
        match delivered {
            Ok(Ok(_)) => {}
            // A full disk is not the end of the process.
            Ok(Err(error)) => assert!(is_full || dies, "{error:#}"),
            Err(_) => {
                assert!(dies);
                self.figures.deaths += 1;
            }
        }
        // The process may die with it, or at any other time; where it lives on, its next round must do.
        if self.chance.one_in(3) {
            self.house = None;
        }
        let minutes = [1, 10, 60, 240][self.chance.below(4) as usize];
        self.clock.move_on(SignedDuration::from_mins(minutes));
    }

    fn is_settled(&mut self) -> bool {
        self.house()
            .store
            .read(|reader| {
                let rows = reader.outbox(None, 99)?;
                let ambiguous = reader.ambiguous_messages()?;
                let moves = |row: &OutboxItem| {
                    !matches!(row.state, OutboxState::Sent | OutboxState::Refused | OutboxState::Ambiguous)
                };
                Ok::<_, firstwatch::store::Error>(
                    !rows.iter().any(moves) && ambiguous.iter().all(|(item, ends)| is_held(item, *ends)),
                )
            })
            .unwrap()
    }
}

fn is_held(item: &OutboxItem, ends: u64) -> bool {
    item.on_ambiguous == OnAmbiguous::Hold || ends >= 3
}

/// A disk that is full whenever the fate of a message is to be written: the worst moment.
fn full_disk(house: &House, is_full: bool) {
    let store = rusqlite::Connection::open(house.store.directory().join("firstwatch.db")).unwrap();
    store.busy_timeout(Duration::from_secs(10)).unwrap();
    let sql = match is_full {
        true => {
            "CREATE TRIGGER full BEFORE UPDATE OF state ON outbox
             WHEN NEW.state IN ('sent', 'refused', 'ambiguous') BEGIN SELECT raise(FAIL, 'the disk is full'); END"
        }
        false => "DROP TRIGGER full",
    };
    store.execute_batch(sql).unwrap();
}

/// One address a round, so that no other test's port can be taken for the relay's.
fn address(seed: u64) -> SocketAddr {
    let [.., high, low] = (seed + 256).to_be_bytes();
    let port = 20_000 + (std::process::id() % 20_000) as u16;
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(127, 77, high, low), port))
}

fn round(template: &Path, seed: u64, figures: &mut Figures) {
    let folder = tempfile::tempdir().unwrap();
    copy(template, folder.path());
    let address = address(seed);
    let mut settings = settings_of(folder.path());
    settings.mail.relay = Relay::SmtpLoopback { host: address.ip().to_string(), port: address.port() };
    settings.mail.messages_per_minute = 3 + u32::try_from(seed % 8).unwrap();
    settings.mail.timeouts =
        MailTimeouts { opening: TIMEOUT, command: TIMEOUT, data: TIMEOUT, content: TIMEOUT };
    let mut chance = Chance(seed);
    let (script, faults) = (chance.next(), 2 + chance.below(8) as u32);
    let mut round = Round { settings, clock: clock(), house: None, chance, figures };
    if round.chance.one_in(3) {
        // Nobody listens yet.
        round.deliver();
    }
    let mut server = Server::start(address, script, faults, LATE);
    let mut deliveries = 0;
    while deliveries < PATIENCE && (server.heard().faults_left > 0 || !round.is_settled()) {
        round.deliver();
        deliveries += 1;
        if round.is_settled() {
            break;
        }
    }
    server.stop();
    check(&mut round, &server, seed);
}

/// Holds what the store says against what the relay knows.
fn check(round: &mut Round<'_>, server: &Server, seed: u64) {
    let (messages, held) = round
        .house()
        .store
        .read(|reader| {
            let messages = reader.outbox(None, 99)?.into_iter().map(|item| {
                let history = reader.outbox_history(item.id)?;
                Ok((item, history))
            });
            let held: Vec<_> = reader
                .ambiguous_messages()?
                .iter()
                .filter(|(item, ends)| is_held(item, *ends))
                .map(|(item, _)| item.id)
                .collect();
            Ok::<_, firstwatch::store::Error>((
                messages.collect::<Result<Vec<_>, firstwatch::store::Error>>()?,
                held,
            ))
        })
        .unwrap();
    let heard = server.heard();
    let figures = &mut *round.figures;
    figures.failed_at.extend(&heard.failed_at);
    for (item, history) in messages {
        let mut wrong =
            |what: String| figures.wrong.push(format!("seed {seed}, message {}: {what}", item.id));
        let copies: Vec<_> = heard.taken.iter().filter(|taken| taken.message_id == item.message_id).collect();
        let ends = history.iter().filter(|event| event.state == OutboxState::Ambiguous).count();
        if copies.iter().any(|copy| copy.sha256 != item.sha256 || copy.recipient != item.recipient) {
            wrong("a copy differs".into());
        }
        let may_be_resent = if item.on_ambiguous == OnAmbiguous::Hold { 0 } else { ends };
        let is_accounted_for = is_accounted_for(&item, !copies.is_empty(), &heard, &held);
        if !is_accounted_for {
            wrong(format!("{} with {} copies: {}", item.state.as_str(), copies.len(), item.note));
        }
        let duplicates = copies.len().saturating_sub(1 + may_be_resent);
        if duplicates > 0 {
            wrong(format!("{} copies after {ends} ambiguous ends", copies.len()));
        }
        figures.messages += 1;
        figures.lost += u64::from(!is_accounted_for);
        figures.duplicates += duplicates as u64;
        figures.accepted += u64::from(!copies.is_empty());
        figures.refused += u64::from(item.state == OutboxState::Refused);
        figures.held += u64::from(item.state == OutboxState::Ambiguous);
        let again = |event: &OutboxEvent| event.note.starts_with("sent again by its policy");
        figures.resent += u64::from(history.iter().any(again));
        figures.doubled += u64::from(copies.len() > 1);
    }
    if heard.taken.iter().any(|taken| !taken.recipient.ends_with("@shop.vn")) {
        figures.wrong.push(format!("seed {seed}: mail left the house"));
    }
}

/// Sent and taken, refused by a refusal that the relay gave, or held for a person.
fn is_accounted_for(item: &OutboxItem, is_taken: bool, heard: &Heard, held: &[OutboxId]) -> bool {
    match item.state {
        OutboxState::Sent => is_taken,
        OutboxState::Refused => {
            let number = item.note.rsplit("refused as ").next().and_then(|number| number.trim().parse().ok());
            let refusal = number.and_then(|number: u64| heard.refused.get(&number));
            refusal.is_some_and(|(step, recipient)| match step {
                Step::Mail => true,
                Step::Rcpt | Step::Data | Step::Dot => recipient.as_ref() == Some(&item.recipient),
                _ => false,
            })
        }
        OutboxState::Ambiguous => held.contains(&item.id),
        _ => false,
    }
}

#[test]
fn nothing_is_lost_and_nothing_doubled_but_after_an_ambiguous_end() {
    let rounds: u64 = if super::full() { 1_000 } else { 40 };
    let template = shop();
    let (next, all) = (AtomicU64::new(0), Mutex::new(Figures::default()));
    // Most of a round is waiting for a relay that is silent.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= rounds {
                        return;
                    }
                    let mut figures = Figures::default();
                    round(template.path(), seed, &mut figures);
                    add(&mut all.lock().unwrap(), figures);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    println!(
        "smtp: {rounds} rounds, {} messages, {} accepted, {} refused, {} held, {} resent after an ambiguous end \
         ({} of them taken twice), {} deaths of the courier; {} lost, {} duplicates outside ambiguous",
        all.messages,
        all.accepted,
        all.refused,
        all.held,
        all.resent,
        all.doubled,
        all.deaths,
        all.lost,
        all.duplicates
    );
    assert!(all.wrong.is_empty(), "{}\n{}", all.wrong.len(), all.wrong[..all.wrong.len().min(10)].join("\n"));
    // Notices to administrators come on top.
    assert!(all.messages >= rounds * 8, "{} messages", all.messages);
    assert_eq!((all.lost, all.duplicates), (0, 0));
    assert!(all.accepted > 0 && all.refused > 0 && all.held > 0 && all.doubled > 0 && all.deaths > 0);
    assert_eq!(all.failed_at.into_iter().collect::<Vec<_>>(), Step::ALL, "every step failed once at least");
}

fn add(all: &mut Figures, more: Figures) {
    let Figures {
        messages,
        accepted,
        refused,
        held,
        resent,
        doubled,
        deaths,
        lost,
        duplicates,
        failed_at,
        wrong,
    } = more;
    all.messages += messages;
    all.accepted += accepted;
    all.refused += refused;
    all.held += held;
    all.resent += resent;
    all.doubled += doubled;
    all.deaths += deaths;
    all.lost += lost;
    all.duplicates += duplicates;
    all.failed_at.extend(failed_at);
    all.wrong.extend(wrong);
}
