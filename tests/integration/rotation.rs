//! The master key: a store is opened by its own key and no other, and goes over to another one while a daemon works.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use firstwatch::domain::clock::SetClock;
use firstwatch::domain::customer::{IdentifierKind, Person};
use firstwatch::domain::ids::CustomerNo;
use firstwatch::jobs::House;
use firstwatch::settings::{self, LoadOptions};
use rusqlite::Connection;

use super::harness::{Builder, FLAT_SHOP, Shop, job};

/// Customers of [`shop`].
pub const CUSTOMERS: i64 = 40;

/// A shop of customers and a rejected row, pulled.
pub fn shop() -> Shop {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open();
    shop.write("orders.csv", &orders(""));
    shop.run_job(&["pull"], "done");
    shop.run(&["key", "new", shop.path("new.key").to_str().unwrap()]).ok();
    shop
}

/// Everybody has moved to `more`.
fn orders(more: &str) -> String {
    let head =
        "order_id,placed_at,status,customer_id,name,phone,address,line_id,product,quantity,unit_price\n";
    let row = |no: i64| {
        let who = format!("K{no},Nguyễn Thị Số {no},09{no:08},{no} Tràng Tiền {more}");
        format!("D{no},2024-05-06T09:00:00+07:00,completed,{who},1,Mẫu,1,1000000\n")
    };
    let rejected = "R1,2024-05-06T09:00:00+07:00,lạ-hoắc,K1,Lê Văn Lạ,0987654321,,1,Mẫu,1,1000\n";
    format!("{head}{}{rejected}", (0..CUSTOMERS).map(row).collect::<String>())
}

/// Everything that only the keys can tell: each person, pseudonym and look-up.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened(BTreeMap<i64, (Person, u64, bool)>);

/// Opens the store with the key in `key`; `None` when that is not its key.
pub fn house_with(shop: &Shop, key: &str) -> Option<House> {
    let environment =
        [("FIRSTWATCH_VAULT__MASTER_KEY_FILE".to_owned(), shop.path(key).to_str().unwrap().to_owned())];
    let settings = settings::load(&LoadOptions {
        file: Some(shop.path("firstwatch.toml")),
        environment: environment.into_iter().collect(),
    });
    let clock = SetClock::new("2026-11-20T03:00:00Z".parse().unwrap());
    House::open(settings.unwrap(), None, Arc::new(clock)).ok()
}

/// Opens the store with the key in `key`, and everything sealed in it; `None` when that is not its key.
pub fn opened_with(shop: &Shop, key: &str) -> Option<Opened> {
    let house = house_with(shop, key)?;
    let persons = house.store.read(|reader| {
        let mut persons = BTreeMap::new();
        for no in (1..=reader.count_customers()? as i64).map(CustomerNo) {
            let row = reader.customer(no)?.unwrap();
            let person = house.vault.open_person(&row.wrapped_key, "customer/person", &row.sealed_person);
            let person = person.unwrap_or_else(|error| panic!("customer {no}: {error}"));
            let phone = house.vault.blind(IdentifierKind::Phone, person.phone.as_ref().unwrap()).0;
            let found = reader.customer_by_index(IdentifierKind::Phone, &phone)? == Some(no);
            persons.insert(no.0, (person, house.vault.pseudonym(no).0, found));
        }
        Ok::<_, firstwatch::store::Error>(persons)
    });
    let sealed = house.store.read(|reader| reader.open_rejected(None)).unwrap();
    for reject in &sealed {
        house.vault.open_value(house.system_key(), "rejected", &reject.sealed).unwrap();
    }
    assert_eq!(sealed.len(), 1);
    Some(Opened(persons.unwrap()))
}

impl Opened {
    pub fn assert_whole(&self) {
        assert_eq!(self.0.len() as i64, CUSTOMERS);
        assert!(self.0.values().all(|(_, _, found)| *found), "everybody is found by their phone");
    }
}

/// Every data key as the store holds it.
fn wrapped_keys(shop: &Shop) -> Vec<Vec<u8>> {
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    let sql = "SELECT wrapped_key FROM customers UNION ALL SELECT value FROM meta WHERE key IN ('index-key', 'system-data-key')";
    let mut statement = store.prepare(sql).unwrap();
    statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn contains(folder: &Path, wanted: &[Vec<u8>]) -> usize {
    let files =
        ["firstwatch.db", "firstwatch.db-wal"].map(|name| fs::read(folder.join(name)).unwrap_or_default());
    wanted
        .iter()
        .filter(|key| files.iter().any(|file| file.windows(key.len()).any(|bytes| bytes == *key)))
        .count()
}

#[test]
fn a_daemon_goes_over_to_another_master_key_and_goes_on() {
    let shop = shop();
    let before = opened_with(&shop, "master.key").unwrap();
    before.assert_whole();
    let old_keys = wrapped_keys(&shop);
    assert_eq!(old_keys.len() as i64, CUSTOMERS + 2);
    assert_eq!(contains(&shop.state(), &old_keys), old_keys.len());

    let daemon = shop.serve();
    let new = shop.path("new.key");
    shop.run(&["key", "rotate", "--finish"]).exits(65);
    let said = shop.run(&["key", "rotate", new.to_str().unwrap()]).ok().stdout;
    assert!(said.contains("42 keys wrapped anew") && said.contains("mv "), "{said}");
    let again = shop.ask(&["key", "rotate", new.to_str().unwrap()]).ok().json();
    assert_eq!(again["rewrapped"], 0, "asked twice is once");
    shop.run(&["key", "new", shop.path("third.key").to_str().unwrap()]).ok();
    let third = shop.run(&["key", "rotate", shop.path("third.key").to_str().unwrap()]).exits(65);
    assert!(third.stderr.contains("a rotation to another master key has begun"), "{}", third.stderr);
    // Persons are opened and sealed in the middle of it, by the daemon that began with the old key.
    shop.write("orders.csv", &orders("phường Cửa Nam"));
    shop.run_job(&["pull"], "done");
    shop.run(&["source", "rejected"]).ok();
    let status = shop.run(&["status"]).exits(3).stdout;
    assert!(status.contains("two master keys open the store"), "{status}");
    let early = shop.run(&["key", "rotate", "--finish"]).exits(65);
    assert!(early.stderr.contains("still holds the old master key"), "{}", early.stderr);

    fs::rename(shop.path("master.key"), shop.path("old.key")).unwrap();
    fs::copy(&new, shop.path("master.key")).unwrap();
    let finished = shop.run(&["key", "rotate", "--finish"]).ok().stdout;
    assert!(finished.contains("out of use"), "{finished}");
    shop.write("orders.csv", &orders("phường Hoàn Kiếm"));
    shop.run_job(&["pull"], "done");
    assert!(!shop.run(&["status"]).stdout.contains("two master keys"));
    assert_eq!(daemon.stop().code(), Some(0));

    assert!(opened_with(&shop, "old.key").is_none(), "the old key opens nothing");
    assert_eq!(contains(&shop.state(), &old_keys), 0, "and nothing of what it wrapped is left");
    let after = opened_with(&shop, "master.key").unwrap();
    after.assert_whole();
    for (no, (person, pseudonym, _)) in &after.0 {
        let (was, old_pseudonym, _) = &before.0[no];
        assert_eq!(pseudonym, old_pseudonym, "a pseudonym is for ever");
        assert!(person.name == was.name && person.address != was.address);
    }
    let audited = shop.ask(&["audit", "list"]).ok().json().to_string();
    assert!(audited.contains("key.rotate") && audited.contains("begun"), "{audited}");
    let digits = fs::read_to_string(&new).unwrap();
    let said = shop.everything_said();
    assert!(!said.windows(16).any(|bytes| bytes == &digits.as_bytes()[..16]), "the key is in no log");
}

#[test]
fn a_store_from_before_goes_on_with_its_look_ups_and_a_wrong_key_is_told() {
    let shop = shop();
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    // As it was before stores kept an index key: this one's look-ups would be lost.
    store.execute("DELETE FROM meta WHERE key = 'index-key'", ()).unwrap();
    drop(store);
    let lost = opened_with(&shop, "master.key").unwrap();
    assert!(lost.0.values().all(|(_, _, found)| !found), "made under the index key that is gone");
    assert_eq!(
        shop.number("SELECT count(*) FROM meta WHERE key = 'index-key'"),
        1,
        "kept from the first opening on"
    );
    let again = opened_with(&shop, "master.key").unwrap();
    assert_eq!(lost, again);

    let wrong = shop.path("new.key");
    let mut status = shop.command(&["status"]);
    status.env("FIRSTWATCH_VAULT__MASTER_KEY_FILE", &wrong);
    let status = status.output().unwrap();
    assert_eq!(status.status.code(), Some(78));
    let mut check = shop.command(&["check"]);
    check.env("FIRSTWATCH_VAULT__MASTER_KEY_FILE", &wrong);
    let check = check.output().unwrap();
    let told = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(78), "{told}");
    assert!(told.contains("is not the one this store was sealed with"), "{told}");
    shop.run(&["check"]).ok();
}

/// The mark of the master key in that file.
fn mark(shop: &Shop, key: &str) -> String {
    shop.ask(&["key", "mark", key]).ok().json()["mark"].as_str().unwrap().to_owned()
}

/// The marks of the keys that the copies need, newest first.
fn marks(shop: &Shop) -> Vec<String> {
    let listed = shop.ask(&["backup", "list"]).ok().json();
    let mark = |copy: &serde_json::Value| copy["master_key"].as_str().unwrap_or("none").to_owned();
    listed.as_array().unwrap().iter().map(mark).collect()
}

/// Rotates to `new.key`, which takes the old one's place.
pub fn go_over(shop: &Shop) {
    shop.run(&["key", "rotate", "new.key"]).ok();
    fs::rename(shop.path("master.key"), shop.path("old.key")).unwrap();
    fs::copy(shop.path("new.key"), shop.path("master.key")).unwrap();
    // Without a daemon, opening the store with the new key has finished it.
    shop.run(&["key", "rotate", "--finish"]).exits(65);
}

#[test]
fn copies_that_are_kept_go_over_to_the_new_key_and_a_restore_says_which_key_it_needs() {
    let shop = shop();
    let first = shop.ask(&["backup", "create"]).ok().json()["backup"].as_str().unwrap().to_owned();
    let copy = shop.state().join("backups").join(&first);
    let elsewhere = shop.path("elsewhere");
    assert!(Command::new("cp").arg("-r").arg(&copy).arg(&elsewhere).status().unwrap().success());
    let elsewhere = elsewhere.to_str().unwrap();
    let (old, new) = (mark(&shop, "master.key"), mark(&shop, "new.key"));
    assert!(old != new && old.len() == 8);
    let old_keys = wrapped_keys(&shop);
    let before = opened_with(&shop, "master.key").unwrap();

    // In the middle of it, a copy stays under the key that is in place.
    shop.run(&["key", "rotate", "new.key"]).ok();
    let made = shop.ask(&["backup", "create"]).ok().json();
    assert_eq!((&made["rewrapped"], &made["forgot"]), (&0.into(), &0.into()));
    assert_eq!(marks(&shop), [&*old, &*old]);
    go_over(&shop);
    assert_eq!(marks(&shop), [&*old, &*old]);
    let status = shop.run(&["status"]).exits(3).stdout;
    assert!(status.contains("still need the master key before this one"), "{status}");
    shop.run(&["key", "new", "third.key"]).ok();
    let third = shop.run(&["key", "rotate", "third.key"]).exits(65).stderr;
    assert!(third.contains("`firstwatch backup create` takes them over"), "{third}");
    let proved = shop.run(&["backup", "verify", &first]).exits(1).stdout;
    assert!(proved.contains(&old) && proved.contains(&new), "{proved}");

    // A copy that cannot be changed stays as it is, and so does what is needed to change it.
    let database = copy.join("firstwatch.db");
    let sound = fs::read(&database).unwrap();
    fs::write(&database, [&sound[..sound.len() - 1], b"?"].concat()).unwrap();
    let made = shop.ask(&["backup", "create"]).exits(3).json();
    assert_eq!((&made["rewrapped"], made["left"].as_array().unwrap().len()), (&1.into(), 1), "{made:#}");
    fs::write(&database, &sound).unwrap();
    let made = shop.ask(&["backup", "create"]).ok().json();
    assert_eq!((&made["rewrapped"], &made["left"]), (&1.into(), &serde_json::json!([])));
    assert!(marks(&shop).iter().all(|key| *key == new));
    assert_eq!(shop.number("SELECT count(*) FROM meta WHERE key IN ('key-before', 'rotation-back')"), 0);
    assert!(!shop.run(&["status"]).stdout.contains("the master key before"));
    assert_eq!(contains(&copy, &old_keys), 0, "nothing that the old key opens is left");
    shop.run(&["backup", "verify", &first]).ok();

    // Elsewhere stands a copy that only the old key opens.
    let again = shop.path("again");
    let restore = ["backup", "restore", elsewhere, "--to", again.to_str().unwrap()];
    let refused = shop.run(&restore).exits(65).stderr;
    assert!(
        refused.contains(&format!("under the master key {old}, and the configured one is {new}")),
        "{refused}"
    );
    assert!(!again.exists());
    let with = |key: &str| {
        let mut command = shop.command(&restore);
        command.env("FIRSTWATCH_VAULT__MASTER_KEY_FILE", shop.path(key)).output().unwrap()
    };
    let blind = with("nowhere.key");
    let said = String::from_utf8(blind.stdout).unwrap();
    assert!(blind.status.success() && said.contains(&format!("with the master key {old} alone")), "{said}");
    fs::remove_dir_all(&again).unwrap();
    assert!(with("old.key").status.success());

    fs::rename(shop.state(), shop.path("lost")).unwrap();
    shop.run(&["backup", "restore", &format!("lost/backups/{first}")]).ok();
    assert!(opened_with(&shop, "old.key").is_none());
    assert_eq!(opened_with(&shop, "master.key"), Some(before));
}
