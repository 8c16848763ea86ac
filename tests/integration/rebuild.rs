//! Past releases: made again byte for byte whatever has changed since, shown as they were, sent once more;
//! and every byte that is not what was released is found and named.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rusqlite::Connection;
use serde_json::Value;

use super::harness::{Builder, FLAT_SHOP, Said, Shop, job, report};

const HEAD: &str =
    "order_id,placed_at,status,customer_id,line_id,product,brand,category,quantity,unit_price\n";

/// Thirty orders a week by as many customers, of three brands that are shown and one that only two bought; the
/// first `cancelled` of them are cancelled.
pub fn orders(weeks: std::ops::Range<u32>, cancelled: u32) -> String {
    let mut text = HEAD.to_owned();
    for week in weeks {
        for order in 0..30 {
            let (day, hour) = (week * 7 + order % 7, 8 + order % 9);
            let date = jiff::civil::date(2024, 5, 6).saturating_add(jiff::Span::new().days(day));
            let status = if order < cancelled { "cancelled" } else { "completed" };
            let brand = if order < 28 { ["Casio", "Citizen", "Orient"][order as usize % 3] } else { "Seiko" };
            let price = 1_000_000 + 10_000 * order + week;
            writeln!(
                text,
                "{week}-{order},{date}T{hour:02}:00:00+07:00,{status},C{order},1,{brand} {},{brand},watch,1,{price}",
                order % 6
            )
            .unwrap();
        }
    }
    text
}

/// Two weekly reports by brand in every format; the first week is released.
pub fn released(formats: &str) -> Shop {
    let shop = Builder::new(FLAT_SHOP)
        .job("pull", job("pull", ""))
        .job("copy", job("backup", ""))
        .job("integrity", job("integrity", ""))
        .job("weekly", report("week", formats, &["brand"]))
        .open();
    shop.write("orders.csv", &orders(0..1, 0));
    shop.run_job(&["pull"], "done");
    shop.run_job(&["weekly", "--period", "2024-W19"], "done");
    shop
}

fn verified(shop: &Shop, release: &str) -> Value {
    shop.ask(&["report", "verify", release]).ok().json()
}

/// What differs, as `kind name`.
#[track_caller]
fn differing(shop: &Shop, release: &str) -> Vec<String> {
    let said = shop.ask(&["report", "verify", release]).exits(1);
    let of = |it: &Value| format!("{} {}", it["kind"].as_str().unwrap(), it["name"].as_str().unwrap());
    said.json()["differences"].as_array().unwrap().iter().map(of).collect()
}

/// The store as somebody meets it who may write into the file.
fn tampered(shop: &Shop, sql: &str) {
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    store.execute_batch(sql).unwrap();
}

fn configure(shop: &Shop, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    shop.write("firstwatch.toml", &text);
}

#[test]
fn a_release_is_made_again_whatever_has_changed_since() {
    let shop = released("[\"html\", \"xlsx\", \"pdf\"]");
    let first = verified(&shop, "1");
    assert_eq!((&first["parts"], &first["messages"], &first["pages"]), (&5.into(), &1.into(), &1.into()));
    assert_eq!((&first["figures_agree"], &first["gone"]), (&true.into(), &Value::Array(vec![])));
    assert!(first["cells"].as_u64().unwrap() > 20, "{first}");
    assert!(
        shop.number("SELECT count(*) FROM release_cells WHERE shown IS NULL") > 1,
        "something is withheld"
    );
    let human = shop.run(&["report", "verify", "1"]).ok().stdout;
    assert!(
        human.contains("release 1 (weekly 2024-W19) is what") && human.contains("byte for byte"),
        "{human}"
    );

    // Late bookings, a later release, and the daemon.
    shop.write("orders.csv", &orders(0..2, 4));
    shop.run_job(&["pull"], "done");
    shop.run_job(&["weekly", "--period", "2024-W20"], "done");
    let daemon = shop.serve();
    assert_eq!(verified(&shop, "1"), first);
    assert!(daemon.stop().success());

    // Another name, language, sender, audience and policy, and other tables; then no such job at all.
    configure(
        &shop,
        &[
            ("name = \"1stwatch\"", "name = \"Đồng hồ Mới\""),
            ("language = \"vi\"", "language = \"en\""),
            ("from = \"Reports <reports@1stwatch.vn>\"", "from = \"News <news@1stwatch.com>\""),
            ("internal_domains = [\"1stwatch.vn\"]", "internal_domains = [\"1stwatch.com\"]"),
            ("@1stwatch.vn\"]", "@1stwatch.com\"]"),
        ],
    );
    configure(&shop, &[("[store]", "[disclosure]\nminimum_contributors = 9\np_percent = 25\n[store]")]);
    shop.write("jobs/weekly.toml", &report("week", "[\"html\"]", &["category", "region"]));
    let second = verified(&shop, "2");
    assert_eq!(verified(&shop, "1"), first);
    fs::remove_file(shop.path("jobs/weekly.toml")).unwrap();
    assert_eq!((verified(&shop, "1"), verified(&shop, "2")), (first, second));
}

/// How long it takes beside making the report; in the same run, for the machine is shared.
#[test]
#[ignore = "a measurement"]
fn verifying_beside_releasing() {
    let shop = released("[\"html\", \"xlsx\", \"pdf\"]");
    shop.write("orders.csv", &orders(0..40, 2));
    shop.run_job(&["pull"], "done");
    for period in ["2024-W20", "2024-W30", "2025-W01"] {
        let start = Instant::now();
        shop.run_job(&["weekly", "--period", period], "done");
        println!("released {period} in {:?}", start.elapsed());
    }
    for release in ["1", "2", "3", "4"] {
        let start = Instant::now();
        verified(&shop, release);
        println!("verified {release} in {:?}", start.elapsed());
    }
}

/// One byte turned over, put into the file's place so that no other link of it changes.
pub fn turn_over(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 1;
    put(path, &bytes);
}

pub fn put(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("beside");
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, path).unwrap();
}

#[test]
fn a_byte_that_changes_on_the_disk_is_found_and_named() {
    let shop = released("[\"html\", \"xlsx\"]");
    let folder = shop.state().join("releases/weekly.2024-w19");
    let message = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let message: PathBuf = message.into_iter().find(|path| path.extension().unwrap() == "eml").unwrap();
    let named = message.file_name().unwrap().to_str().unwrap();
    let page = shop.state().join("facts/2024-05-06_2024-05-13.parquet");
    let part = |name: &str| (folder.join(name), format!("kept releases/weekly.2024-w19/{name}"));
    for (path, difference) in [
        (page, "page 2024-05-06_2024-05-13.parquet".to_owned()),
        part("report.txt"),
        part("report.html"),
        part("weekly-2024-W19.xlsx"),
        part(named),
    ] {
        let whole = fs::read(&path).unwrap();
        for at in [0, whole.len() / 3, whole.len() - 1] {
            turn_over(&path, at);
            assert_eq!(differing(&shop, "1"), [difference.as_str()], "{at}");
            put(&path, &whole);
        }
        put(&path, &whole[1..]);
        assert_eq!(differing(&shop, "1"), [difference.as_str()], "a byte less");
        let run = shop.run_job(&["integrity"], "failed");
        let file = path.file_name().unwrap().to_str().unwrap();
        assert!(run["message"].as_str().unwrap().contains(file), "{run}");
        put(&path, &whole);
    }
    verified(&shop, "1");
    shop.run_job(&["integrity"], "done");

    // A kept file that is gone is told; its bytes are made again.
    fs::remove_file(folder.join("report.txt")).unwrap();
    assert_eq!(verified(&shop, "1")["gone"][0], "releases/weekly.2024-w19/report.txt");
    assert!(shop.run_job(&["integrity"], "failed")["message"].to_string().contains("report.txt is missing"));
}

#[test]
fn a_change_in_the_store_is_found_and_named() {
    let shop = released("[\"html\", \"xlsx\"]");
    let manifest: String =
        shop.store().query_row("SELECT manifest FROM releases", (), |row| row.get(0)).unwrap();
    let set = |text: &str| {
        let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
        store.execute("UPDATE releases SET manifest = ?1", (text,)).unwrap();
    };
    // Wherever a letter of the manifest changes, the manifest is named; most changes break more than that.
    let letters = manifest.char_indices().filter(|(_, letter)| letter.is_ascii_alphanumeric());
    let tried: Vec<usize> = letters.map(|(at, _)| at).step_by(manifest.len() / 12).collect();
    assert!(tried.len() > 8, "{}", tried.len());
    for at in tried {
        let mut bytes = manifest.clone().into_bytes();
        bytes[at] ^= 1;
        set(&String::from_utf8(bytes).unwrap());
        let said = shop.ask(&["report", "verify", "1"]).exits(1);
        let all = format!("{}{}", said.stdout, said.stderr);
        assert!(all.contains("the manifest of release 1 is not as it was written"), "{at}: {all}");
        shop.run_job(&["integrity"], "failed");
    }
    // With its hash changed too, the audit log still knows it.
    let other = manifest.replacen("1stwatch", "2ndwatch", 1);
    set(&other);
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&other));
    tampered(&shop, &format!("UPDATE releases SET sha256 = x'{hash}'"));
    let said = shop.run(&["report", "verify", "1"]).exits(1);
    assert!(said.stdout.contains("is not the one that the audit log notes"), "{}", said.stdout);
    set(&manifest);
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&manifest));
    tampered(&shop, &format!("UPDATE releases SET sha256 = x'{hash}'"));
    verified(&shop, "1");
}

#[test]
fn a_cell_or_a_message_that_changes_in_the_store_is_found_and_named() {
    let shop = released("[\"html\", \"xlsx\"]");
    // A shown figure is told with what the pages give; a withheld one has none to tell.
    let cell = "table_name = 'headline' AND ordinal = 0";
    let shown: String = shop
        .store()
        .query_row(&format!("SELECT shown FROM release_cells WHERE {cell}"), (), |row| row.get(0))
        .unwrap();
    tampered(&shop, "DROP TRIGGER release_cells_stay");
    tampered(&shop, &format!("UPDATE release_cells SET shown = '[1,2,3]' WHERE {cell}"));
    assert_eq!(differing(&shop, "1"), ["cell headline 2024-05-06..2024-05-13"]);
    let said = shop.run(&["report", "verify", "1"]).exits(1).stdout;
    assert!(said.contains("released [1, 2, 3]") && said.contains(&shown.replace(',', ", ")), "{said}");
    tampered(&shop, &format!("UPDATE release_cells SET shown = NULL WHERE {cell}"));
    let found = differing(&shop, "1");
    assert_eq!(found[..3], ["part report.txt", "part report.html", "part weekly-2024-W19.xlsx"]);
    assert!(found[3].starts_with("message weekly-2024-w19."), "{found:?}");
    tampered(&shop, &format!("UPDATE release_cells SET shown = '{shown}' WHERE {cell}"));

    // What the outbox says of a message.
    tampered(&shop, "UPDATE outbox SET recipient = 'other@1stwatch.vn'");
    assert!(differing(&shop, "1")[0].starts_with("outbox weekly-2024-w19."));
}

#[test]
fn a_release_of_an_older_manifest_says_what_is_missing() {
    let shop = released("[\"html\"]");
    let old = r#"{"version":"0.0.9","pages":[],"attachments":[],"messages":[]}"#;
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(old));
    tampered(
        &shop,
        &format!(
            "DROP TRIGGER audit_stays; UPDATE audit SET reason = '';
             UPDATE releases SET manifest = '{old}', sha256 = x'{hash}'"
        ),
    );
    for command in ["verify", "show"] {
        let arguments =
            [&["report", command, "1"][..], if command == "show" { &["--out", "out"] } else { &[] }];
        let said = shop.run(&arguments.concat()).exits(65);
        assert!(
            said.stderr.contains("firstwatch 0.0.9")
                && said.stderr.contains("manifests lack what a report says"),
            "{}",
            said.stderr
        );
    }
    assert!(!shop.path("out").exists());
    shop.run(&["report", "show", "1"]).ok();
}

#[test]
fn a_release_is_shown_as_it_was_and_without_what_tells_withheld_counts() {
    let shop = released("[\"html\", \"xlsx\"]");
    let out = shop.path("out");
    let said = shop.ask(&["report", "show", "1", "--out", out.to_str().unwrap()]).ok().json();
    assert_eq!(said["files"].as_array().unwrap().len(), 4);
    for name in ["report.txt", "report.html", "trend.png", "weekly-2024-W19.xlsx"] {
        let kept = shop.state().join("releases/weekly.2024-w19").join(name);
        assert_eq!(fs::read(out.join(name)).unwrap(), fs::read(&kept).unwrap(), "{name}");
    }
    for arguments in [&["report", "show", "1"][..], &["report", "list"]] {
        let said = shop.ask(arguments).ok().stdout;
        assert!(said.contains("\"count_orders_on\""), "{said}");
        assert!(!said.contains("reconciliation") && !said.contains("p_percent"), "{said}");
    }
    turn_over(&shop.state().join("releases/weekly.2024-w19/report.html"), 100);
    let said = shop.run(&["report", "show", "1", "--out", "again"]).exits(1);
    assert!(said.stderr.contains("report.html is not what was released"), "{}", said.stderr);
    assert!(!shop.path("again").exists());
}

/// A message without the two headers that may differ, and those.
fn parted(message: &[u8]) -> (String, Vec<String>) {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let end = text.find("\r\n\r\n").unwrap();
    let is_named = |line: &&str| line.starts_with("To: ") || line.starts_with("Message-ID: ");
    let (named, rest): (Vec<&str>, Vec<&str>) = text[..end].split("\r\n").partition(is_named);
    (rest.join("\r\n") + &text[end..], named.into_iter().map(str::to_owned).collect())
}

#[test]
fn a_release_is_sent_again_byte_for_byte() {
    let shop = released("[\"html\", \"xlsx\"]");
    let resend = |to: &[&str]| {
        let to: Vec<&str> = to.iter().flat_map(|who| ["--to", who]).collect();
        shop.ask(&[&["report", "resend", "1"][..], &to].concat())
    };
    let messages = |said: Said| said.ok().json()["messages"].as_array().unwrap().clone();
    // To somebody new, to one who has it, to a group twice.
    assert_eq!(messages(resend(&["ke-toan@1stwatch.vn"]))[0]["state"], "sent");
    assert_eq!(messages(resend(&["giam-doc@1stwatch.vn", "managers"])).len(), 1);
    assert_eq!(messages(resend(&["managers", "administrators"])).len(), 2);
    let mail = shop.mail();
    assert_eq!(mail.len(), 5);
    let parted: Vec<_> = mail.iter().map(|message| parted(message)).collect();
    assert!(parted.iter().all(|(rest, _)| *rest == parted[0].0));
    let mut ids: Vec<&String> = parted.iter().map(|(_, named)| &named[1]).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "{ids:?}");
    assert_eq!(parted.iter().filter(|(_, named)| named[0] == "To: giam-doc@1stwatch.vn").count(), 3);
    assert_eq!(verified(&shop, "1")["messages"], 5);
    let audited =
        shop.number("SELECT count(*) FROM audit WHERE operation = 'report.resend' AND outcome = 'done'");
    assert_eq!((audited, shop.number("SELECT count(*) FROM releases")), (4, 1));

    // A message that was sent again is verified as well.
    let file: String =
        shop.store().query_row("SELECT file FROM outbox WHERE no = 2", (), |row| row.get(0)).unwrap();
    let path = shop.state().join("releases").join(file);
    let whole = fs::read(&path).unwrap();
    turn_over(&path, 700);
    assert_eq!(differing(&shop, "1").len(), 1);
    put(&path, &whole);
}

#[test]
fn a_release_is_sent_to_nobody_outside_and_not_for_sure() {
    let shop = released("[\"html\"]");
    for (who, part) in [
        ("khach@gmail.com", "reports go to 1stwatch.vn only, which [mail] internal_domains names"),
        ("nobody", "the groups are administrators, auditors, complaints, data_officer, director, managers"),
    ] {
        let said = shop.run(&["report", "resend", "1", "--to", "managers", "--to", who]).exits(65);
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
    shop.run(&["report", "resend", "9", "--to", "managers"]).exits(65);
    shop.run(&["report", "resend", "1"]).exits(2);
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 1);
    // Nobody listens on the port of discard.
    configure(&shop, &[("maildir:mail", "smtp://127.0.0.1:9")]);
    let said = shop.run(&["report", "resend", "1", "--to", "managers"]).exits(3);
    assert!(said.stdout.contains("pending; `firstwatch outbox list` says why"), "{}", said.stdout);
    tampered(&shop, "UPDATE releases SET state = 'quarantined'");
    shop.run(&["report", "resend", "1", "--to", "managers"]).exits(65);
}
