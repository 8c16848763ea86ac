//! What is fuzzed: everything that reads what somebody else has written. A target gets any bytes and must not panic;
//! parts of them are parted by a zero byte.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::Parser;
use firstwatch::calendar::CalendarDays;
use firstwatch::cli::Cli;
use firstwatch::cli::disclosure::{self, DisclosureCommand};
use firstwatch::cli::output::OutputFormat;
use firstwatch::domain::actor::Actor;
use firstwatch::domain::columns::columns;
use firstwatch::domain::complaint::{ComplaintKind, ComplaintText, StepAt};
use firstwatch::domain::correction::FieldChange;
use firstwatch::domain::customer::{IdentifierKind, Person, normalise};
use firstwatch::domain::feed::{Feed, Rejected, may_be_shown};
use firstwatch::domain::ids::SourceName;
use firstwatch::domain::money::Currency;
use firstwatch::domain::order::OrderStatus;
use firstwatch::domain::period::Period;
use firstwatch::domain::province::{self, ProvinceScheme};
use firstwatch::domain::purpose::{Ground, Purpose};
use firstwatch::domain::rendered::{Attachment, Rendered};
use firstwatch::domain::spelling;
use firstwatch::domain::term::Term;
use firstwatch::mail::{self, Envelope, Recipient, Sender};
use firstwatch::schedule::{OnDays, Schedule};
use firstwatch::settings::{self, Access, FeedMap, LoadOptions, SourceKind, SourceSettings};
use firstwatch::source::{self, Context};
use firstwatch::vault::{MasterKey, Sealable, Vault};
use firstwatch::{domain::sealed::Sealed, jobs};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

use super::house;
use super::seeds;

/// Something that reads.
pub struct Target {
    pub name: &'static str,
    /// What it reads well, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    pub read: fn(&[u8]),
}

pub const TARGETS: [Target; 13] = [
    Target { name: "socket", seeds: seeds::socket, read: house::socket },
    Target { name: "api", seeds: seeds::api, read: house::api },
    Target { name: "csv", seeds: seeds::csv, read: csv },
    Target { name: "settings", seeds: seeds::settings, read: configuration },
    Target { name: "calendar", seeds: seeds::calendar, read: calendar },
    Target { name: "schedule", seeds: seeds::schedule, read: schedule },
    Target { name: "words", seeds: seeds::words, read: words },
    Target { name: "guard", seeds: seeds::guard, read: guard },
    Target { name: "message", seeds: seeds::message, read: message },
    Target { name: "disclosure", seeds: seeds::disclosure, read: disclosed },
    Target { name: "copy", seeds: seeds::copy, read: copy },
    Target { name: "sealed", seeds: seeds::sealed, read: sealed },
    Target { name: "arguments", seeds: seeds::arguments, read: arguments },
];

const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

const FOLDERS: &str = "firstwatch-fuzz-";

/// A folder of this process in memory, where there is one. It stands as long as the process, which drops no static; those
/// of processes that are no more are removed.
pub fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let home = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    for entry in fs::read_dir(&home).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(FOLDERS).and_then(|rest| rest.split('-').next());
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let prefix = format!("{FOLDERS}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(home).expect("a folder")
}

fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == 0)
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

/// A feed's file, read as the first two bytes say; the rows that do not fit are tried again.
fn csv(bytes: &[u8]) {
    let [which, how, content @ ..] = bytes else { return };
    let feed = Feed::ALL[usize::from(*which) % Feed::ALL.len()];
    let bit = |place: u8| how & (1 << place) != 0;
    let map = FeedMap {
        flat: feed == Feed::Orders && bit(0),
        columns: if bit(1) { seeds::their_columns() } else { BTreeMap::new() },
        ..FeedMap::default()
    };
    assert!(!columns(feed, map.flat).is_empty());
    let one = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    let settings = SourceSettings {
        name: SourceName::new("shop"),
        kind: SourceKind::Csv,
        path: None,
        access: Access::default(),
        feeds: BTreeMap::from([(feed, map)]),
        delimiter: if bit(2) { b';' } else { b',' },
        decimal: if bit(3) { ',' } else { '.' },
        encoding: if bit(4) { "windows-1258" } else { "utf-8" }.to_owned(),
        date_formats: ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"].map(str::to_owned).into(),
        timezone: bit(5).then(|| "Asia/Ho_Chi_Minh".to_owned()),
        statuses: one("Hoàn tất", "completed"),
        complaint_kinds: one("Sản phẩm", "product"),
        provinces: if bit(6) { ProvinceScheme::Code63 } else { ProvinceScheme::Name },
    };
    let currency = Currency { code: "VND".to_owned(), decimals: if bit(7) { 2 } else { 0 } };
    let context =
        Context { currency: &currency, zone: &TimeZone::UTC, since: None, position: None, now: NOW };
    let Ok(batch) = source::read_csv(&settings, &context, feed, "orders.csv", content) else { return };
    for one in &batch.rejected {
        // What is told of a row says no value.
        assert!(!one.reason.is_empty() && format!("{one:?}").contains(&one.reason));
    }
    let again = source::retry(&settings, &context, batch.rejected.clone()).expect("rows to try again");
    assert!(again.rejected.len() <= batch.rejected.len());
}

/// The configuration, then its jobs, then a variable of the environment after a `$`.
fn configuration(bytes: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);
    let at = FOLDER.path();
    let mut parts = parts(bytes);
    fs::write(at.join("firstwatch.toml"), parts.next().unwrap_or_default()).expect("a file");
    let _ = fs::remove_dir_all(at.join("jobs"));
    let mut environment = BTreeMap::new();
    for (number, part) in parts.take(3).enumerate() {
        match part.strip_prefix(b"$") {
            Some(variable) => {
                let variable = text(Some(variable));
                let (name, value) = variable.split_once('=').unwrap_or((&variable, ""));
                environment.insert(format!("FIRSTWATCH_{name}"), value.to_owned());
            }
            None => {
                fs::create_dir_all(at.join("jobs")).expect("a folder");
                fs::write(at.join(format!("jobs/job-{number}.toml")), part).expect("a file");
            }
        }
    }
    match settings::load(&LoadOptions { file: Some(at.join("firstwatch.toml")), environment }) {
        Ok(settings) => assert!(!settings.jobs.is_empty() || settings.jobs_directory.is_some()),
        Err(problems) => assert!(problems.iter().all(|problem| !problem.to_string().is_empty())),
    }
}

fn calendar(bytes: &[u8]) {
    match CalendarDays::parse(&text(Some(bytes))) {
        Ok(days) => {
            let all = CalendarDays::vietnam().expect("our own").overridden_by(days);
            assert!(all.off("2026-09-02".parse().expect("a day")).is_some() || !bytes.is_empty());
        }
        Err(error) => assert!(error.line() > 0),
    }
}

/// A pattern, a zone and an instant.
fn schedule(bytes: &[u8]) {
    let mut parts = parts(bytes);
    let cron = text(parts.next());
    let zone = TimeZone::get(&text(parts.next())).unwrap_or(TimeZone::UTC);
    let from = text(parts.next()).parse().unwrap_or(NOW);
    let on = if bytes.len().is_multiple_of(2) { OnDays::AllDays } else { OnDays::WorkingDays };
    let Ok(schedule) = Schedule::parse(&cron, on, zone) else { return };
    let working = |day: jiff::civil::Date| day.weekday().to_monday_zero_offset() < 5;
    let after = schedule.after(from, 4, &working);
    assert!(after.iter().all(|&slot| slot > from) && after.is_sorted());
    assert!(schedule.before(from, 4, &working).iter().all(|&slot| slot < from));
}

fn words(bytes: &[u8]) {
    let text = text(Some(bytes));
    for kind in IdentifierKind::ALL {
        let Some(normal) = normalise(kind, &text) else { continue };
        spelling::phone_forms(&normal);
        spelling::name_forms(&normal);
        spelling::address_forms(&normal);
        spelling::address_head(&normal);
        spelling::in_no_order(&normal);
        spelling::without_marks(&normal);
    }
    spelling::plain(&text);
    may_be_shown(&text);
    for scheme in
        [ProvinceScheme::Name, ProvinceScheme::Code63, ProvinceScheme::Code34, ProvinceScheme::AsGiven]
    {
        province::find(&text, scheme);
    }
    for decimals in [0, 2] {
        let currency = Currency { code: "VND".to_owned(), decimals };
        if let Ok(money) = currency.parse(&text, '.') {
            assert_eq!(currency.parse(&currency.plain(money), '.'), Ok(money));
        }
        let _ = text.parse::<f64>().map(|number| currency.from_f64(number));
    }
    if let Ok(period) = text.parse::<Period>() {
        assert_eq!(period.to_string().parse::<Period>().ok(), Some(period));
    }
    let _ = (text.parse::<Term>(), text.parse::<StepAt>(), OrderStatus::parse(&text));
    let _ = (ComplaintKind::parse(&text), Purpose::parse(&text), Ground::parse(&text));
    MasterKey::parse(bytes);
    let _ = jobs::manifest_told(&text);
}

/// A message on its way out: subject, text, HTML, an attachment.
fn guard(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |&byte| byte == 0);
    let (subject, plain, html) = (text(parts.next()), text(parts.next()), parts.next());
    let attachment = |bytes: &[u8]| Attachment {
        file_name: "report.xml".to_owned(),
        media_type: "application/xml".to_owned(),
        bytes: bytes.to_vec(),
    };
    let rendered = Rendered {
        subject,
        text: plain,
        html: html.map(|html| text(Some(html))),
        images: Vec::new(),
        attachments: parts.next().map(attachment).into_iter().collect(),
    };
    let known = |_: IdentifierKind, text: &str| text.len().is_multiple_of(3);
    let _ = mail::guard(&rendered, &["Daniel Wellington 0912345678".to_owned()], &known);
}

/// Sender, recipient, subject, file name, media type, text.
fn message(bytes: &[u8]) {
    let mut parts = parts(bytes);
    let (from, to) = (text(parts.next()), text(parts.next()));
    let Ok(to) = Recipient::internal(&to, &["1stwatch.vn".to_owned()]) else { return };
    assert!(to.as_str().to_ascii_lowercase().ends_with("@1stwatch.vn"));
    let Ok(from) = Sender::parse(&from) else { return };
    let (subject, file_name, media_type) = (text(parts.next()), text(parts.next()), text(parts.next()));
    let body = text(parts.next());
    let attachments = vec![Attachment { file_name, media_type, bytes: body.clone().into_bytes() }];
    let rendered =
        Rendered { subject, html: Some(body.clone()), images: Vec::new(), text: body, attachments };
    let message_id = mail::message_id("x", &to, from.domain());
    let envelope = Envelope { from, to, message_id, date: NOW };
    if let Ok(message) = mail::compose(&envelope, &rendered) {
        let head = message.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
        let says = |name: &str| head.lines().filter(|line| line.starts_with(name)).count();
        assert!(says("to:") == 1 && says("from:") == 1 && says("bcc:") + says("cc:") == 0, "{head}");
    }
}

/// What `disclosure protect` reads: the specification and its table. Its answer has nowhere to be written.
fn disclosed(bytes: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);
    let at = FOLDER.path();
    let mut parts = parts(bytes);
    let (spec, input) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // Large tables are slow, not wrong.
    if input.len() > 2_000 {
        return;
    }
    fs::write(at.join("spec.toml"), spec).expect("a file");
    fs::write(at.join("in.csv"), input).expect("a file");
    let command = DisclosureCommand::Protect {
        spec: at.join("spec.toml"),
        out: at.join("nowhere/out.csv"),
        ledger: None,
        published: false,
    };
    assert!(disclosure::run(&command, OutputFormat::Json).is_err(), "nothing can be written there");
}

/// A copy that is to be restored: label, journal of erasures, database.
fn copy(bytes: &[u8]) {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);
    let (copy, target) = (FOLDER.path().join("20261116T020000Z"), FOLDER.path().join("state"));
    let mut parts = bytes.splitn(3, |&byte| byte == 0);
    fs::create_dir_all(&copy).expect("a folder");
    for name in ["backup.json", "erasures.journal", "firstwatch.db"] {
        fs::write(copy.join(name), parts.next().unwrap_or_default()).expect("a file");
    }
    let restored = jobs::restore(&copy, &target, (None, None), &Actor::user(0), NOW);
    assert!(restored.is_err() && !target.exists(), "no store can be made of it");
    let _ = jobs::list_copies(FOLDER.path()).expect("a list");
}

/// What lies inside a seal, where somebody who has the key has put it.
fn sealed(bytes: &[u8]) {
    static VAULT: LazyLock<Vault> = LazyLock::new(|| Vault::new(MasterKey::from_bytes([7; 32])));
    let key = VAULT.new_data_key().expect("a key");
    let seal = VAULT.seal(&key, "x", bytes).expect("a seal");
    fn open<T: Sealable>(key: &firstwatch::domain::sealed::WrappedKey, seal: &[u8]) {
        let _ = VAULT.open_value::<T>(key, "x", &Sealed::from_bytes(seal.to_vec()));
    }
    open::<Person>(&key, &seal);
    open::<ComplaintText>(&key, &seal);
    open::<FieldChange>(&key, &seal);
    open::<Rejected>(&key, &seal);
    let foreign = firstwatch::domain::sealed::WrappedKey::from_bytes(bytes.to_vec());
    assert!(VAULT.open(&foreign, "x", &seal).is_err());
    assert!(VAULT.open(&key, "x", bytes).is_err());
}

fn arguments(bytes: &[u8]) {
    let words = parts(bytes).map(|part| text(Some(part)));
    let _ = Cli::try_parse_from(std::iter::once("firstwatch".to_owned()).chain(words));
}

/// Where inputs stand that something once fell over.
pub fn found(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/fuzz").join(target);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}
