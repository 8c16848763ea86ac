//! Stores that earlier versions made, opened by this one. `tests/fixtures/stores` has them, made by the program of that
//! time on the shop beside them: pulls, a report, complaints, mail, a failed run, a backup, and what else it could do.
//! Its script `make` makes another.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::{Connection, OpenFlags};

use super::harness::Shop;

/// Every schema that was ever in use; this version's own is the last.
const SCHEMAS: [i64; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/// No program of theirs wrote a store that was kept: theirs is the store of the schema before, which they changed.
const CHANGED: [i64; 2] = [3, 5];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores")
}

/// The shop of the fixtures with the store that the program of this schema left in it.
pub fn shop_of(schema: i64) -> Shop {
    let shop = Shop::copy_of(&fixtures().join("shop"));
    let kept = if CHANGED.contains(&schema) { schema - 1 } else { schema };
    let archive = fixtures().join(format!("schema-{kept}.tar.gz"));
    let unpacked = Command::new("tar").arg("-xzpf").arg(&archive).arg("-C").arg(shop.path("")).status();
    assert!(unpacked.unwrap().success(), "{}", archive.display());
    if kept != schema {
        let migration = format!("src/store/schema/{schema:04}.sql");
        let migration = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(migration)).unwrap();
        let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
        store.execute_batch(&format!("BEGIN; {migration}; PRAGMA user_version = {schema}; COMMIT")).unwrap();
    }
    let uid = rustix::process::getuid().as_raw();
    shop.write("conf.d/roles.toml", &format!("[roles]\ndata-officer = [{uid}]\n"));
    fs::create_dir(shop.path("tmp")).unwrap();
    shop
}

/// What an upgrade may not change: the rows of each table that has been there since the first version, but for look-up
/// hashes, of which later versions keep more.
pub fn rows(shop: &Shop) -> BTreeMap<&'static str, i64> {
    let tables = [
        "customers",
        "orders",
        "order_lines",
        "refunds",
        "payments",
        "runs",
        "entries",
        "pages",
        "rejected",
        "complaints",
        "complaint_events",
        "releases",
        "release_cells",
        "outbox",
    ];
    tables.map(|table| (table, shop.number(&format!("SELECT count(*) FROM {table}")))).into()
}

pub fn schema_of(folder: &Path) -> i64 {
    let database =
        Connection::open_with_flags(folder.join("firstwatch.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    database.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// The finished copies under `backups` whose store is of this schema.
pub fn copies_of(shop: &Shop, schema: i64) -> Vec<String> {
    let Ok(entries) = fs::read_dir(shop.state().join("backups")) else { return vec![] };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let whole = names.filter(|name| !name.contains('.'));
    let mut copies: Vec<String> =
        whole.filter(|name| schema_of(&shop.state().join("backups").join(name)) == schema).collect();
    copies.sort();
    copies
}

#[test]
fn every_earlier_store_is_backed_up_upgraded_and_as_good_as_new() {
    let newest = *SCHEMAS.last().unwrap();
    for schema in SCHEMAS {
        let shop = shop_of(schema);
        assert_eq!(schema_of(&shop.state()), schema);
        let (before, copies) = (rows(&shop), copies_of(&shop, schema));
        let is_earlier = schema < newest;

        // Opened: as it was beside, as it is now, and not twice.
        let status = shop.ask(&["status"]).exits(3).json();
        shop.ask(&["status"]).exits(3);
        assert_eq!((schema_of(&shop.state()), rows(&shop)), (newest, before.clone()), "schema {schema}");
        let made: Vec<String> =
            copies_of(&shop, schema).into_iter().filter(|copy| !copies.contains(copy)).collect();
        assert_eq!(made.len(), usize::from(is_earlier), "schema {schema}: {made:?}");
        let audit = shop.ask(&["audit", "list", "--limit", "50"]).ok().json();
        let told = audit.as_array().unwrap().iter().find(|line| line["operation"] == "store.upgrade");
        assert_eq!(told.is_some(), is_earlier, "schema {schema}");
        if let (Some(line), Some(copy)) = (told, made.first()) {
            assert_eq!(line["subject"], format!("schema {schema} to {newest}"));
            assert!(line["outcome"].as_str().unwrap().contains(copy), "{line}");
        }
        shop.run(&["audit", "verify"]).ok();
        // The first ones had no label, and nothing to be held against.
        let has_label = |copy: &&String| shop.state().join("backups").join(copy).join("backup.json").exists();
        for copy in copies.iter().filter(has_label).chain(&made) {
            shop.run(&["backup", "verify", copy]).ok();
        }

        still_read(&shop, &before, &status);
        still_work(&shop, schema, &before);
        // A backup made later leaves the copies of before the upgrade to whoever must go back to them.
        shop.run(&["backup", "create"]).ok();
        assert_eq!(copies_of(&shop, schema).len(), copies.len() + made.len() + usize::from(!is_earlier));
    }
}

/// What people ask of it is answered from the rows of before.
fn still_read(shop: &Shop, before: &BTreeMap<&str, i64>, status: &serde_json::Value) {
    let count = |arguments: &[&str]| shop.ask(arguments).ok().json().as_array().unwrap().len() as i64;
    assert_eq!(status["orders"], before["orders"]);
    assert_eq!(count(&["run", "list"]), before["runs"]);
    assert_eq!(count(&["report", "list"]), before["releases"]);
    assert_eq!(count(&["outbox", "list"]), before["outbox"]);
    assert_eq!(count(&["complaint", "list", "--all"]), before["complaints"]);
    assert_eq!(count(&["source", "rejected"]), 1);
    shop.run(&["complaint", "explain", "1"]).ok();
    let words = shop.run(&["complaint", "show", "1"]).ok().stdout;
    assert!(words.contains("Nội dung của"), "what was sealed then is opened: {words}");
    let why = ["--purpose", "data-request", "--request", "YC-1"];
    let person = shop.run(&[&["customer", "show", "11"][..], &why].concat()).ok().stdout;
    assert!(person.contains("Lê Lợi"), "{person}");
    let phone = ["customer", "find", "--phone", "0912 000 019"];
    let found = shop.run(&[&phone[..], &why].concat()).ok().stdout;
    assert!(found.contains("11"), "blind indexes of then still find: {found}");
}

/// What it did before it does on: nothing is booked, told or released twice, and what comes next goes by what was.
fn still_work(shop: &Shop, schema: i64, before: &BTreeMap<&str, i64>) {
    still_verified(shop, schema);
    shop.run_job(&["pull"], "done");
    assert_eq!(rows(shop)["entries"], before["entries"], "schema {schema}: books twice");
    assert_eq!(rows(shop)["orders"], before["orders"]);
    let again = shop.run_job(&["weekly", "--period", "2024-W19"], "done");
    assert_eq!((again["state"].as_str(), rows(shop)["releases"]), (Some("done"), 1), "released twice");
    shop.run_job(&["weekly", "--period", "2024-W20"], "done");
    shop.run(&["report", "verify", "2"]).ok();
    shop.run_job(&["deadlines"], "done");
}

/// A release of then holds the figures of its pages, and its kept files are those that were sent. Another program may lay
/// the same figures out otherwise; the first ones wrote too little down to make one again.
fn still_verified(shop: &Shop, schema: i64) {
    let said = shop.ask(&["report", "verify", "1"]);
    if schema < 4 && said.code == 65 {
        assert!(said.code == 65 && said.stderr.contains("whose manifests lack"), "{said:?}");
        return;
    }
    let verified = said.json();
    assert_eq!(verified["figures_agree"], true, "schema {schema}: {verified:#}");
    let differing = verified["differences"].as_array().unwrap();
    let is_layout = |it: &serde_json::Value| it["kind"] == "part" || it["kind"] == "message";
    assert!(differing.iter().all(is_layout), "schema {schema}: {verified:#}");
    assert!(verified["gone"].as_array().unwrap().is_empty(), "schema {schema}: {verified:#}");
}

#[test]
fn a_newer_store_is_left_as_it_is_and_told_of() {
    let shop = shop_of(9);
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    store.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    for arguments in [&["status"][..], &["serve"], &["job", "run", "pull"]] {
        let said = shop.run(arguments).exits(1);
        let sentence =
            "is of a newer firstwatch (schema 99, this version knows 9); run the newer version, or restore";
        assert!(said.stderr.contains(sentence), "{}", said.stderr);
    }
    assert_eq!(schema_of(&shop.state()), 99);
    assert_eq!(shop.ask(&["status"]).exits(1).stdout, "");
}

#[test]
fn without_its_backup_no_store_is_upgraded() {
    let shop = shop_of(4);
    let backups = shop.state().join("backups");
    fs::rename(&backups, shop.path("aside")).unwrap();
    fs::write(&backups, "no folder").unwrap();
    let before = rows(&shop);
    let said = shop.run(&["status"]).exits(1);
    assert!(said.stderr.contains("must be backed up before this version changes it"), "{}", said.stderr);
    assert!(said.stderr.contains("go on with the version before"), "{}", said.stderr);
    assert_eq!((schema_of(&shop.state()), rows(&shop)), (4, before));
    fs::remove_file(&backups).unwrap();
    shop.run(&["status"]).exits(3);
    assert_eq!((schema_of(&shop.state()), copies_of(&shop, 4).len()), (9, 1));
}
