//! Figures about complaints, from a pull to the mail: against a recount of the events, under an audit of all that
//! was ever released together, and made again byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use firstwatch::disclosure::{CellStatus, Policy, audit};
use firstwatch::domain::cell::{CellDefinition, Measure, RecordedCell};
use firstwatch::domain::clock::SystemClock;
use firstwatch::domain::complaint::{Clock, ComplaintKind, ComplaintLine, LineKind};
use firstwatch::domain::entry::Dimension;
use firstwatch::domain::ids::{ComplaintNo, Pseudonym};
use firstwatch::domain::money::Money;
use firstwatch::jobs::{self, House};
use firstwatch::report::{Asked, CellTable, Shape, Window, complaint_cells};
use firstwatch::settings::{self, LoadOptions};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rusqlite::Connection;
use serde_json::Value;

use super::canaries::Wanted;
use super::harness::{Builder, Shop, job};
use super::rebuild::orders;

const SHOP: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"
currency = { code = "VND", decimals = 0 }

[[source]]
name = "shop"
kind = "csv"

[source.orders]
path = "orders.csv"
flat = true

[source.complaints]
path = "complaints.csv"
"#;

const KINDS: [&str; 4] = ["product", "delivery", "payment", "inquiry"];

/// A random number that is the same on every machine.
fn pick(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

/// Three a day from 1 April 2024, by ninety customers, with words that must not be found anywhere.
fn complaints(days: i64, known_until: Date) -> (String, Vec<String>) {
    let (mut text, mut words, mut seed) = (String::new(), Vec::new(), 7);
    text += "complaint_id,received_at,kind,customer_id,phone,subject,body,damage_level,channel,acknowledged_at,resolved_at\n";
    for day in 0..days {
        for n in 0..3 {
            let received =
                date(2024, 4, 1).saturating_add(day.days()).at(8 + pick(&mut seed, 9) as i8, 5, 0, 0);
            let who = pick(&mut seed, 90);
            let kind = KINDS[(pick(&mut seed, 10) as usize).min(6) % 4];
            let answered = received.saturating_add((1 + pick(&mut seed, 40) as i64).hours());
            let resolved = answered.saturating_add((5 + pick(&mut seed, 300) as i64).hours());
            let told = |at: jiff::civil::DateTime| {
                let is_known = at.date() < known_until;
                if is_known { format!("{at}+07:00") } else { String::new() }
            };
            let phone = format!("0912{:06}", 100_003 + who * 7_919);
            let body = format!("kim giây lạc mất {day}-{n} xin gọi {phone}");
            writeln!(
                text,
                "K{day}-{n},{received}+07:00,{kind},C{who},{phone},Mặt kính vỡ {day}-{n},{body},{},email,{},{}",
                1 + who % 3,
                told(answered),
                told(resolved)
            )
            .unwrap();
            words.extend([phone, body, format!("Mặt kính vỡ {day}-{n}")]);
        }
    }
    (text, words)
}

fn reports() -> Builder {
    let report = |kind: &str, more: &str| {
        job(kind, &format!("recipients = [\"managers\"]\nformats = [\"html\", \"xlsx\", \"pdf\"]\n{more}"))
    };
    Builder::new(SHOP)
        .job("pull", job("pull", ""))
        .job("integrity", job("integrity", ""))
        .job("weekly", report("sales-report", "period = \"week\"\ncomplaints = true"))
        .job("plain", report("sales-report", "period = \"week\""))
        .job("monthly", report("complaint-report", "period = \"month\""))
        .job("quarterly", report("complaint-report", "period = \"quarter\""))
}

/// Some weeks, then the months they overlap with, then the quarter; more becomes known between them.
fn released() -> (Shop, Vec<String>) {
    let shop = reports().open();
    shop.write("orders.csv", &orders(0..8, 2));
    let mut words = Vec::new();
    let mut know = |days, until| {
        let (text, told) = complaints(days, until);
        shop.write("complaints.csv", &text);
        shop.run_job(&["pull"], "done");
        words.extend(told);
    };
    know(42, date(2024, 5, 5));
    shop.run_job(&["monthly", "--period", "2024-04"], "done");
    for week in ["2024-W18", "2024-W19"] {
        shop.run_job(&["weekly", "--period", week], "done");
    }
    know(91, date(2024, 7, 1));
    for week in ["2024-W20", "2024-W21", "2024-W22"] {
        shop.run_job(&["weekly", "--period", week], "done");
    }
    shop.run_job(&["monthly", "--period", "2024-05"], "done");
    shop.run_job(&["monthly", "--period", "2024-06"], "done");
    shop.run_job(&["quarterly", "--period", "2024-Q2"], "done");
    (shop, words)
}

fn recorded(shop: &Shop) -> Vec<(i64, String, RecordedCell)> {
    let store = shop.store();
    let sql = "SELECT release_no, table_name, from_day, until_day, fixed, measures, shown FROM release_cells
               WHERE table_name LIKE 'complaints/%' ORDER BY release_no, table_name, ordinal";
    let mut statement = store.prepare(sql).unwrap();
    let rows = statement.query_map((), |row| {
        let text = |at| row.get::<_, String>(at);
        let definition = CellDefinition {
            from: text(2)?.parse().unwrap(),
            until: text(3)?.parse().unwrap(),
            fixed: serde_json::from_str(&text(4)?).unwrap(),
        };
        let measures = serde_json::from_str(&text(5)?).unwrap();
        let shown = row.get::<_, Option<String>>(6)?.map(|shown| serde_json::from_str(&shown).unwrap());
        Ok((row.get(0)?, text(1)?, RecordedCell { definition, measures, shown }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn lines(shop: &Shop) -> Vec<ComplaintLine> {
    let store = shop.store();
    let sql = "SELECT complaint, line, at, day, belongs_to, pseudonym, kind, damage_level, clock FROM complaint_lines";
    let mut statement = store.prepare(sql).unwrap();
    let rows = statement.query_map((), |row| {
        let word = row.get::<_, String>(1)?;
        let clock = row.get::<_, Option<String>>(8)?;
        Ok(ComplaintLine {
            complaint: ComplaintNo(row.get(0)?),
            line: LineKind::ALL.into_iter().find(|kind| kind.as_str() == word).unwrap(),
            at: Timestamp::from_microsecond(row.get(2)?).unwrap(),
            day: row.get::<_, String>(3)?.parse().unwrap(),
            belongs_to: row.get::<_, String>(4)?.parse().unwrap(),
            complainant: Pseudonym(row.get::<_, i64>(5)?.cast_unsigned()),
            kind: ComplaintKind::parse(&row.get::<_, String>(6)?).unwrap(),
            damage_level: row.get(7)?,
            channel: String::new(),
            clock: clock.map(|word| Clock::ALL.into_iter().find(|it| it.as_str() == word).unwrap()),
            started: None,
            compensation: Money::ZERO,
            seconds: None,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What the events alone say, for days that no release had closed when they were learned of.
fn recount(store: &Connection, cell: &RecordedCell, measure: Measure) -> Option<i64> {
    let (event, is_stock) = match measure {
        Measure::Opened => ("received", false),
        Measure::Closed => ("resolved", false),
        Measure::Open => ("received", true),
        _ => return None,
    };
    if cell.definition.fixed.keys().any(|&dimension| dimension != Dimension::ComplaintKind) {
        return None;
    }
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    let instant = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp().as_microsecond();
    let of_kind = cell.definition.fixed.values().next().map_or(String::new(), |kind| {
        format!("AND complaint IN (SELECT complaint FROM complaint_events WHERE body LIKE '%\"kind\":\"{kind}\"%')")
    });
    let (from, until) = (instant(cell.definition.from), instant(cell.definition.until));
    let count = |event: &str| -> i64 {
        let sql = format!(
            "SELECT count(*) FROM complaint_events WHERE event = '{event}' AND at >= ?1 AND at < ?2 {of_kind}"
        );
        store.query_row(&sql, (from, until), |row| row.get(0)).unwrap()
    };
    Some(count(event) - if is_stock { count("resolved") } else { 0 })
}

/// Every cell of every release as one request, with the pattern that was released.
fn attacked(lines: &[ComplaintLine], cells: &[(i64, String, RecordedCell)]) -> (usize, usize, usize) {
    let mut seen = BTreeMap::new();
    for (release, _, cell) in cells {
        let key = (cell.definition.clone(), cell.measures.clone());
        // What was shown once is known for ever.
        let shown = seen.entry(key).or_insert((*release, false));
        shown.1 |= cell.shown.is_some();
    }
    // Windows are the only shape that takes any cell as it is; those that fix a kind or a clock come as earlier ones.
    let (free, fixed): (Vec<_>, Vec<_>) = seen.into_iter().partition(|((cell, _), _)| cell.fixed.is_empty());
    let tables: Vec<CellTable> = free
        .iter()
        .enumerate()
        .map(|(at, ((cell, measures), _))| CellTable {
            name: at.to_string(),
            shape: Shape::Windows(vec![Window { name: "w".into(), from: cell.from, until: cell.until }]),
            measures: measures.clone(),
        })
        .collect();
    let earlier: Vec<RecordedCell> = fixed
        .into_iter()
        .map(|((definition, measures), (_, shown))| {
            let shown = shown.then(|| vec![0; measures.len()]);
            RecordedCell { definition, measures, shown }
        })
        .collect();
    let asked = Asked { tables: &tables, earlier: &earlier, ..Asked::default() };
    let asked = complaint_cells(lines, asked).unwrap();
    let status = |shown: bool| vec![if shown { CellStatus::Safe } else { CellStatus::Secondary }];
    let pattern: Vec<Vec<CellStatus>> = free.iter().map(|(_, (_, shown))| status(*shown)).collect();
    let report = audit(&asked.request, &pattern, &Policy::default()).unwrap();
    (report.targets, report.exact, report.narrow)
}

#[test]
fn overlapping_reports_tell_what_the_events_say_and_nobody_is_found_in_all_of_them_together() {
    let (shop, words) = released();
    let cells = recorded(&shop);
    let store = shop.store();
    let late: i64 = shop.number("SELECT count(*) FROM complaint_lines WHERE belongs_to < day");
    assert!(late > 0, "something must have been learned after the books closed");
    let mut compared = BTreeMap::new();
    for (_, table, cell) in &cells {
        // What happened until then was known before its books were closed.
        let is_early = cell.definition.until <= date(2024, 5, 5);
        for (at, &measure) in cell.measures.iter().enumerate().filter(|_| is_early) {
            if let (Some(shown), Some(expected)) = (&cell.shown, recount(&store, cell, measure)) {
                assert_eq!(shown[at], expected, "{table} {measure:?} {:?}", cell.definition);
                *compared.entry(measure).or_insert(0) += 1;
            }
        }
    }
    assert!(compared.len() == 3 && compared.values().all(|&times| times >= 2), "{compared:?}");
    let shown = cells.iter().filter(|(_, _, cell)| cell.shown.is_some()).count();
    assert!(shown > cells.len() / 3 && shown < cells.len(), "{shown} of {}", cells.len());

    let (targets, exact, narrow) = attacked(&lines(&shop), &cells);
    println!("{} cells, {shown} shown, {targets} targets, {exact} exact, {narrow} narrow", cells.len());
    assert!(targets > 20, "{targets}");
    assert_eq!((exact, narrow), (0, 0));

    let words: BTreeSet<String> = words.into_iter().collect();
    Wanted::new(words, "").assert_absent_from(&shop);

    // The attack is one: with every withheld stock shown, somebody is found.
    let mut careless = cells;
    careless.iter_mut().filter(|(_, _, cell)| cell.shown.is_none()).for_each(|(_, _, cell)| {
        cell.shown = Some(vec![0; cell.measures.len()]);
    });
    let last = careless.iter().position(|(_, table, _)| table == "complaints/breached").unwrap();
    careless[last].2.shown = None;
    let (_, exact, narrow) = attacked(&lines(&shop), &careless);
    assert!(exact + narrow > 0);
}

#[test]
fn releases_with_complaints_are_made_again_and_a_changed_line_is_found() {
    let (shop, _) = released();
    let releases = shop.number("SELECT max(no) FROM releases");
    for release in 1..=releases {
        let said = shop.ask(&["report", "verify", &release.to_string()]).ok().json();
        assert_eq!(said["differences"], Value::Array(vec![]), "{release}");
    }
    shop.run_job(&["integrity"], "done");
    // Sent again byte for byte, and under its own kind.
    shop.run(&["report", "resend", "1", "--to", "managers"]).ok();
    let kinds = shop.number("SELECT count(*) FROM outbox WHERE release_no = 1 AND kind = 'complaint-report'");
    assert_eq!(kinds, 2);
    let manifest = shop.ask(&["report", "show", "1"]).ok().stdout;
    assert!(manifest.contains("complaint_lines") && !manifest.contains("\"rows\""), "{manifest}");

    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    for sql in ["UPDATE complaint_lines SET kind = 'payment'", "DELETE FROM complaint_lines"] {
        assert!(store.execute_batch(sql).is_err(), "{sql}");
    }
    store
        .execute_batch(
            "DROP TRIGGER complaint_lines_stay;
             UPDATE complaint_lines SET kind = 'negotiation'
             WHERE no = (SELECT max(no) FROM complaint_lines WHERE day BETWEEN '2024-06-01' AND '2024-06-30')",
        )
        .unwrap();
    let said = shop.ask(&["report", "verify", "1"]).ok().json();
    assert_eq!(said["differences"], Value::Array(vec![]), "April has nothing of it");
    let said = shop.ask(&["report", "verify", &releases.to_string()]).exits(1).json();
    assert_eq!(said["differences"][0]["kind"], "lines");
}

#[test]
fn what_is_learned_late_goes_to_the_open_day_and_a_preview_releases_nothing() {
    let shop = reports().open();
    shop.write("orders.csv", &orders(0..1, 0));
    shop.write("complaints.csv", &complaints(42, date(2024, 5, 5)).0);
    shop.run_job(&["pull"], "done");
    let out = shop.path("preview");
    shop.run(&["report", "preview", "monthly", "--period", "2024-04", "--out", out.to_str().unwrap()]).ok();
    assert_eq!(shop.number("SELECT count(*) FROM complaint_books"), 0);
    shop.run_job(&["monthly", "--period", "2024-04"], "done");
    let folder = shop.state().join("releases/monthly.2024-04");
    for part in ["report.html", "report.txt", "monthly-2024-04.xlsx", "monthly-2024-04.pdf"] {
        let read = |folder: &Path| std::fs::read(folder.join(part)).unwrap();
        assert!(read(&folder) == read(&out), "{part} is another than the preview's");
    }
    // A sales report closes nothing here, and is as it is without complaints.
    shop.run_job(&["plain", "--period", "2024-W19"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM complaint_books"), 1);
    let before = shop.number("SELECT count(*) FROM complaint_lines WHERE day < '2024-05-01'");
    // A complaint of April that nobody had written down.
    let more = "K-late,2024-04-20T09:00:00+07:00,product,C5,,,,1,email,,2024-04-21T09:00:00+07:00\n";
    shop.write("complaints.csv", &format!("{}{more}", complaints(42, date(2024, 5, 5)).0));
    shop.run_job(&["pull"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM complaint_lines WHERE day < '2024-05-01'"), before);
    let late = "SELECT count(*) FROM complaint_lines l JOIN complaints c ON c.no = l.complaint
                WHERE c.id = 'K-late' AND day = '2024-05-01' AND belongs_to BETWEEN '2024-04-20' AND '2024-04-26'";
    assert!(shop.number(late) >= 3);
    shop.ask(&["report", "verify", "1"]).ok();
}

/// Whose complaints they are is found by their orders, however they came: or one person would count as many.
#[test]
fn complaints_about_the_orders_of_one_customer_are_one_persons() {
    let uid = rustix::process::geteuid().as_raw();
    let roles = format!("[roles]\ncomplaint-handler = [{uid}]\n");
    let shop = Builder::new(&format!("{roles}{SHOP}")).job("pull", job("pull", "")).open();
    let mut orders = "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n".to_owned();
    for (order, customer) in
        [("D1", "K1"), ("D2", "K1"), ("D3", "K1"), ("D4", "K1"), ("D5", "K1"), ("G1", "")]
    {
        writeln!(orders, "{order},2024-05-02T09:00:00+07:00,completed,{customer},1,Bambino,1,1000").unwrap();
    }
    shop.write("orders.csv", &orders);
    let complaints = |orders: &[&str]| {
        let row = |order: &&str| format!("K-{order},2024-05-03T09:00:00+07:00,product,{order},hỏng\n");
        format!("complaint_id,received_at,kind,order_id,body\n{}", orders.iter().map(row).collect::<String>())
    };
    shop.write("complaints.csv", &complaints(&["D1", "D2", "G1"]));
    shop.run_job(&["pull"], "done");
    shop.write("more.csv", &complaints(&["D1", "D2", "D3", "D4", "D5", "G1"]));
    shop.run(&["complaint", "import", "more.csv"]).ok();
    shop.run(&["complaint", "add", "--kind", "product", "--order", "D5"]).ok();
    shop.run(&["complaint", "add", "--kind", "product", "--order", "G1"]).ok();
    let persons =
        "SELECT count(DISTINCT pseudonym) FROM complaint_lines l JOIN complaints c ON c.no = l.complaint";
    let of_customer = shop.number(&format!("{persons} WHERE order_id LIKE 'D%'"));
    let of_guest = shop.number(&format!("{persons} WHERE order_id = 'G1'"));
    assert_eq!((of_customer, of_guest), (1, 1));
    let theirs = "SELECT count(*) FROM complaint_lines WHERE pseudonym IN (SELECT pseudonym FROM entries)";
    assert_eq!(shop.number(theirs), shop.number("SELECT count(*) FROM complaint_lines"));
    // So they, and nobody else's, are under the customer's key.
    let sealed = "SELECT count(*) FROM complaints WHERE sealed_under = 'customer' AND customer = 1";
    assert_eq!((shop.number(sealed), shop.number("SELECT count(*) FROM complaints")), (8, 11));
}

/// A store from before there were books has its complaints on their own days once somebody asks for figures.
#[test]
fn a_store_of_before_books_its_complaints_at_the_first_report() {
    let shop = reports().open();
    shop.write("orders.csv", &orders(0..1, 0));
    shop.write("complaints.csv", &complaints(42, date(2024, 5, 5)).0);
    shop.run_job(&["pull"], "done");
    shop.run_job(&["plain", "--period", "2024-W19"], "done");
    let told = "SELECT count(*) FROM complaint_lines WHERE belongs_to = day AND day < '2024-05-01'";
    let before = shop.number(told);
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    store
        .execute_batch(
            "DROP TRIGGER complaint_lines_remain; DELETE FROM complaint_lines; UPDATE complaints SET settled = 1;
             CREATE TRIGGER complaint_lines_remain BEFORE DELETE ON complaint_lines
             BEGIN SELECT raise(ABORT, 'a booked line is never deleted'); END;",
        )
        .unwrap();
    drop(store);
    shop.run_job(&["monthly", "--period", "2024-04"], "done");
    // More than are booked in one transaction.
    assert!(shop.number("SELECT count(*) FROM complaints") > 100 && before > 100);
    assert_eq!(shop.number(told), before);
}

/// Where the books lack nothing, looking for that keeps nobody from writing.
#[test]
fn a_preview_of_books_that_lack_nothing_does_not_wait_for_who_writes() {
    let shop = reports().open();
    shop.write("orders.csv", &orders(0..1, 0));
    shop.write("complaints.csv", &complaints(42, date(2024, 5, 5)).0);
    shop.run_job(&["pull"], "done");
    let options = LoadOptions { file: Some(shop.path("firstwatch.toml")), environment: BTreeMap::default() };
    let house = House::open(settings::load(&options).unwrap(), None, Arc::new(SystemClock)).unwrap();
    let job = house.settings.jobs.iter().find(|job| job.name.as_str() == "monthly").unwrap();
    let preview = || jobs::draft_unreleased(&house, job, "2024-04".parse().unwrap()).map(|_| ()).unwrap();
    preview();
    let booked = shop.number("SELECT count(*) FROM complaint_lines");
    let another = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    another.execute_batch("BEGIN IMMEDIATE").unwrap();
    preview();
    another.execute_batch("ROLLBACK").unwrap();
    assert_eq!(shop.number("SELECT count(*) FROM complaint_lines"), booked);
}
