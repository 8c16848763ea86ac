//! One cycle of a shop's night: the daemon starts, finds a pull and a daily report due, pulls, releases, mails, and is
//! stopped. It can be traced; afterwards everything it promised is looked at.

use std::fmt::Write;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use super::super::harness::{Builder, FAKETIME, FLAT_SHOP, Shop, job, report, wait_for};
use super::relay::Relay;
use super::tracer::{self, Call, Ended, Verdict};

const RECIPIENTS: i64 = 2;
/// How long a daemon may take for a cycle, or, its clock running fast, for all its attempts.
const PATIENCE: Duration = Duration::from_secs(120);

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A shop at rest whose slots are due.
pub struct Template {
    shop: Shop,
}

/// A copy of the template with a relay of its own.
pub struct Case {
    pub shop: Shop,
    relay: Relay,
    /// The daemon's clock runs so many times as fast.
    speed: u32,
}

/// What is on record beyond the plain way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages that the relay accepted more than once.
    pub duplicates: usize,
    /// Messages whose acceptance is not known, listed for the policy or a person.
    pub ambiguous: usize,
}

impl Template {
    pub const ORDERS: i64 = 60;

    pub fn prepare() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the daemon under test reads the real clock")]
        let now = Timestamp::now();
        let daily_at = |minutes: i64| {
            let local = TimeZone::get("Asia/Ho_Chi_Minh")
                .unwrap()
                .to_datetime(now - SignedDuration::from_mins(minutes));
            format!("{} {} * * *", local.minute(), local.hour())
        };
        let on = |minutes, text: String| text.replace("0 3 1 1 *", &daily_at(minutes));
        let completeness = "completeness = { grace = \"0h\", patience = \"24h\" }\nformats";
        let daily = report("day", "[\"html\"]", &["category"]).replace("formats", completeness);
        let daily = daily.replace("[\"managers\"]", "[\"managers\", \"administrators\"]");
        let shop = Builder::new(FLAT_SHOP)
            .job("pull", on(70, job("pull", "catch_up = \"all\"\n")))
            .job("daily", on(60, daily))
            .open();
        shop.write("orders.csv", &Self::orders(Self::ORDERS));
        let daemon = shop.serve();
        let planned = "SELECT count(*) FROM meta WHERE key LIKE 'planned-since/%'";
        wait_for("the first plan", || shop.number(planned) == 2);
        daemon.stop();
        // The machine was off since before the two slots.
        let since = now - SignedDuration::from_mins(80);
        let moved = Connection::open(shop.state().join("firstwatch.db")).unwrap().execute(
            "UPDATE meta SET value = ?1 WHERE key LIKE 'planned-since/%'",
            [since.as_microsecond().to_le_bytes()],
        );
        assert_eq!(moved, Ok(2));
        Self { shop }
    }

    pub fn folder(&self) -> PathBuf {
        self.shop.path("")
    }

    /// In the shop's zone.
    pub fn yesterday() -> Date {
        #[expect(clippy::disallowed_methods, reason = "the daemon under test reads the real clock")]
        let now = Timestamp::now();
        now.to_zoned(TimeZone::get("Asia/Ho_Chi_Minh").unwrap()).date().yesterday().unwrap()
    }

    /// Orders of the last three days, most of them of yesterday.
    pub fn orders(count: i64) -> String {
        let head =
            "order_id,placed_at,status,customer_id,phone,line_id,product,category,quantity,unit_price\n";
        let mut csv = head.to_owned();
        for no in 0..count {
            let day = Self::yesterday() - SignedDuration::from_hours(24 * [0, 0, 0, 1, 2][no as usize % 5]);
            let category = ["Nam", "Nữ"][no as usize % 2];
            let order = format!("D{no},{day}T09:00:00+07:00,completed,K{no},09{no:08}");
            writeln!(csv, "{order},1,Mẫu {category},{category},1,{}", 1_000_000 + no).unwrap();
        }
        csv
    }
}

impl Case {
    pub fn new(template: &Path) -> Self {
        Self { shop: Shop::copy_of(template), relay: Relay::start(), speed: 1 }
    }

    /// The daemon's clock runs `speed` times as fast, by libfaketime.
    pub fn sped_up(template: &Path, speed: u32) -> Self {
        Self { speed, ..Self::new(template) }
    }

    fn daemon(&self) -> Command {
        self.command(&["serve"])
    }

    /// The program, its words going to the log.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let log = fs::File::options().create(true).append(true).open(self.shop.path("serve.log")).unwrap();
        let mut command = self.shop.command(arguments);
        command
            .env("RUST_LOG", "info")
            .env("FIRSTWATCH_MAIL__RELAY", format!("smtp://127.0.0.1:{}", self.relay.port))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        if self.speed > 1 {
            command.env("LD_PRELOAD", FAKETIME).env("FAKETIME", format!("+0 x{}", self.speed));
        }
        command
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.shop.path("serve.log")).unwrap_or_default()
    }

    /// The end of the log, for a message.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    /// One life of the daemon: until `judge` ends it, it dies, or, all being settled, it is asked to stop.
    ///
    /// # Errors
    /// What was waited for in vain.
    pub fn serve_traced(&self, judge: impl FnMut(&Call) -> Verdict + Send) -> Result<Ended, String> {
        let (state, mut command) = (self.shop.state().canonicalize().unwrap(), self.daemon());
        std::thread::scope(|scope| {
            let (tell, told) = mpsc::channel();
            let traced = scope
                .spawn(move || tracer::trace(&mut command, &state, |pid| tell.send(pid).unwrap(), judge));
            let pid = told.recv().unwrap();
            let attended = self.attend(pid, || traced.is_finished());
            let ended = traced.join().unwrap();
            attended.map(|()| ended)
        })
    }

    /// One life of the daemon, untouched.
    ///
    /// # Errors
    /// What was waited for in vain.
    pub fn serve(&self) -> Result<ExitStatus, String> {
        let mut daemon = self.daemon().spawn().unwrap();
        let pid = Pid::from_raw(daemon.id().cast_signed());
        let attended = self.attend(pid, || daemon.try_wait().unwrap().is_some());
        let status = daemon.wait().unwrap();
        attended.map(|()| status)
    }

    /// One life of the daemon, ended after a while.
    pub fn serve_for(&self, delay: Duration) {
        let mut daemon = self.daemon().spawn().unwrap();
        std::thread::sleep(delay);
        daemon.kill().unwrap();
        daemon.wait().unwrap();
    }

    /// Waits for everything to be settled, and asks the daemon to stop then.
    fn attend(&self, daemon: Pid, mut is_over: impl FnMut() -> bool) -> Result<(), String> {
        let start = Instant::now();
        let mut asked = false;
        while !is_over() {
            // A reader of a store that the daemon has not opened yet would make files of its own there.
            let is_up = || UnixStream::connect(self.shop.socket()).is_ok();
            if !asked && is_up() && self.unsettled().is_none() {
                let _ = signal::kill(daemon, Signal::SIGTERM);
                asked = true;
            }
            if start.elapsed() > PATIENCE {
                let _ = signal::kill(daemon, Signal::SIGKILL);
                let left = self.unsettled().unwrap_or_else(|| "the daemon to stop".to_owned());
                return Err(format!("waited in vain: {left}"));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// What is still to be done, if anything is.
    pub fn unsettled(&self) -> Option<String> {
        let sql = "SELECT (SELECT count(*) FROM runs WHERE job IN ('pull', 'daily')), \
                          (SELECT count(*) FROM runs WHERE state = 'running' OR next_attempt_at IS NOT NULL), \
                          (SELECT count(*) FROM outbox WHERE state IN ('pending', 'claimed', 'dot-pending')), \
                          (SELECT count(*) FROM problems WHERE over_at IS NULL AND told_at IS NOT NULL \
                                  AND trouble IN ('disk', 'relay'))";
        let counts = self.store().and_then(|store| {
            store.query_row(sql, (), |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
        });
        match counts {
            Ok([2, 0, 0, 0]) => None,
            // Whoever was told of trouble is to be told that it is over.
            Ok([runs, unfinished, unsent, open]) => {
                Some(format!("{runs} runs, {unfinished} unfinished, {unsent} unsent, {open} problems open"))
            }
            Err(error) => Some(error.to_string()),
        }
    }

    /// The most attempts that a slot took.
    pub fn attempts(&self) -> i64 {
        let most = |store: Connection| store.query_row("SELECT max(attempt) FROM runs", (), |row| row.get(0));
        self.store().and_then(most).unwrap_or(0)
    }

    fn store(&self) -> rusqlite::Result<Connection> {
        let path = self.shop.state().join("firstwatch.db");
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Everything that is not as promised, the daemon being at rest.
    pub fn broken_promises(&self, figures: &mut Figures) -> Vec<String> {
        let mut broken = Vec::new();
        let audit = self.shop.command(&["audit", "verify"]).output().unwrap();
        if !audit.status.success() {
            broken.push(format!("audit verify: {}", String::from_utf8_lossy(&audit.stderr)));
        }
        let read = self.store().and_then(|store| {
            self.look_at_rows(&store, &mut broken)?;
            self.look_at_files(&store, &mut broken)?;
            self.look_at_mail(&store, figures, &mut broken)
        });
        broken.extend(read.err().map(|error| format!("the store cannot be read: {error}")));
        broken
    }

    fn look_at_rows(&self, store: &Connection, broken: &mut Vec<String>) -> rusqlite::Result<()> {
        let integrity: String = store.query_row("PRAGMA integrity_check", (), |row| row.get(0))?;
        const ORDERS: i64 = Template::ORDERS;
        let total = ORDERS * 1_000_000 + ORDERS * (ORDERS - 1) / 2;
        let facts: [(&str, i64, &str); 7] = [
            ("pulls", 1, "SELECT count(*) FROM runs WHERE job = 'pull'"),
            ("reports", 1, "SELECT count(*) FROM runs WHERE job = 'daily'"),
            ("slots done", 2, "SELECT count(*) FROM runs WHERE job IN ('pull', 'daily') AND state = 'done'"),
            ("net", total, "SELECT coalesce(sum(gross - discounts - refunds), 0) FROM entries"),
            ("orders booked", ORDERS, "SELECT count(DISTINCT order_no) FROM entries"),
            ("entries", ORDERS, "SELECT count(*) FROM entries"),
            ("releases", 1, "SELECT count(*) FROM releases WHERE state = 'released'"),
        ];
        if integrity != "ok" {
            broken.push(format!("integrity: {integrity}"));
        }
        for (what, wanted, sql) in facts {
            let found: i64 = store.query_row(sql, (), |row| row.get(0))?;
            if found != wanted {
                broken.push(format!("{what}: {found} and not {wanted}"));
            }
        }
        Ok(())
    }

    fn look_at_files(&self, store: &Connection, broken: &mut Vec<String>) -> rusqlite::Result<()> {
        let sql =
            "SELECT 'releases/' || file, sha256 FROM outbox UNION SELECT 'facts/' || file, sha256 FROM pages";
        let mut statement = store.prepare(sql)?;
        let files =
            statement.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 32]>(1)?)))?;
        for file in files {
            let (file, sha256) = file?;
            let stands = fs::read(self.shop.state().join(&file));
            if !stands.is_ok_and(|bytes| Sha256::digest(bytes).as_slice() == sha256) {
                broken.push(format!("{file} is not what the store says"));
            }
        }
        Ok(())
    }

    fn look_at_mail(
        &self,
        store: &Connection,
        figures: &mut Figures,
        broken: &mut Vec<String>,
    ) -> rusqlite::Result<()> {
        let mut accepted = self.relay.accepted();
        let sql = "SELECT message_id, state, sha256, kind, (SELECT count(*) FROM outbox_events e
                          WHERE e.outbox = o.no AND e.state = 'ambiguous') FROM outbox o";
        let mut statement = store.prepare(sql)?;
        let mut rows = statement.query(())?;
        let mut reports = 0;
        while let Some(row) = rows.next()? {
            let (id, state): (String, String) = (row.get(0)?, row.get(1)?);
            let (sha256, ambiguous): ([u8; 32], u32) = (row.get(2)?, row.get(4)?);
            reports += i64::from(row.get::<_, String>(3)? == "sales-report");
            let copies = accepted.remove(&id).unwrap_or_default();
            match state.as_str() {
                "sent" if copies.is_empty() => broken.push(format!("{id} is lost")),
                "sent" => {}
                "ambiguous" => figures.ambiguous += 1,
                other => broken.push(format!("{id} is {other}")),
            }
            figures.duplicates += usize::from(copies.len() > 1);
            if copies.len() > 1 + ambiguous as usize {
                broken.push(format!("{id} was accepted {} times, {ambiguous} ambiguous", copies.len()));
            }
            if copies.iter().any(|&copy| copy != sha256) {
                broken.push(format!("{id} was sent with other bytes than were released"));
            }
        }
        if reports != RECIPIENTS {
            broken.push(format!("{reports} reports in the outbox and not {RECIPIENTS}"));
        }
        broken.extend(accepted.keys().map(|id| format!("{id} was sent and is not in the outbox")));
        Ok(())
    }
}
