//! Backups with the real program: made while it works, proved by restoring them, restored where nothing is.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;

use super::harness::{Builder, FLAT_SHOP, Shop, job, report};
use super::rebuild::{orders, put, released, turn_over};

fn backed_up(shop: &Shop) -> String {
    shop.ask(&["backup", "create"]).ok().json()["backup"].as_str().unwrap().to_owned()
}

fn folder(shop: &Shop, name: &str) -> PathBuf {
    shop.state().join("backups").join(name)
}

/// Copies a folder as `cp -r` does: to where no link of it reaches.
fn carried_away(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            carried_away(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_of(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn copies_of_one_second_are_told_apart_and_each_is_proved() {
    let shop = released("[\"html\", \"xlsx\"]");
    shop.run(&["backup", "verify"]).exits(65);
    assert!(shop.run(&["backup", "list"]).ok().stdout.contains("there is no backup yet"));
    // What is being written is in no copy.
    fs::write(shop.state().join("releases/weekly.2024-w19/next.eml.partial"), "half").unwrap();
    let daemon = shop.serve();
    let names: Vec<String> = (0..4).map(|_| backed_up(&shop)).collect();
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted, names, "in the order they were made, none twice");
    let listed = shop.ask(&["backup", "list"]).ok().json();
    let listed: Vec<&Value> = listed.as_array().unwrap().iter().collect();
    assert_eq!(listed.iter().rev().map(|it| it["name"].as_str().unwrap()).collect::<Vec<_>>(), names);
    let schema = shop.number("PRAGMA user_version");
    assert_eq!((&listed[0]["label"]["files"], &listed[0]["label"]["schema"]), (&6.into(), &schema.into()));

    let newest = shop.ask(&["backup", "verify"]).ok().json();
    assert_eq!(newest["name"].as_str(), names.last().map(String::as_str));
    assert_eq!((&newest["pages"], &newest["messages"], &newest["parts"]), (&1.into(), &1.into(), &4.into()));
    let said = shop.run(&["backup", "verify", &names[0]]).ok().stdout;
    assert!(
        said.contains("database sound") && said.contains("4 kept parts of 1 release as written"),
        "{said}"
    );
    assert!(daemon.stop().success());
    let relative = format!("state/backups/{}", names[1]);
    assert_eq!(shop.ask(&["backup", "verify", &relative]).ok().json()["name"], *names[1]);
    for nothing in ["20200101T000000Z", "./nowhere", ".."] {
        let said = shop.run(&["backup", "verify", nothing]).exits(65);
        assert!(said.stderr.contains("`firstwatch backup list` shows"), "{}", said.stderr);
    }
    let leavings = fs::read_dir(shop.state()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(leavings.into_iter().all(|name| !name.to_string_lossy().starts_with("scratch-")));
    for file in files_of(&folder(&shop, &names[0])) {
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn damage_of_a_copy_is_found_and_named_and_nothing_of_it_is_restored() {
    let shop = released("[\"html\", \"xlsx\"]");
    let name = backed_up(&shop);
    let away = shop.path("away/20240520T000000Z");
    carried_away(&folder(&shop, &name), &away);
    let path = away.to_str().unwrap();
    let found = |part: &str| {
        let said = shop.run(&["backup", "verify", path]).exits(1);
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    };
    let damaged = |part: &str| {
        found(part);
        let said = shop.run(&["backup", "restore", path, "--to", "restored"]).exits(1);
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
        assert!(!shop.path("restored").exists(), "{part}");
    };
    for file in files_of(&away) {
        let told = file.strip_prefix(&away).unwrap().to_str().unwrap().to_owned();
        let whole = fs::read(&file).unwrap();
        // A letter of the label's version of the program changes nothing that matters.
        let places =
            if told == "backup.json" { vec![2, 4] } else { vec![0, whole.len() / 2, whole.len() - 1] };
        let named = told.rsplit('/').next().unwrap();
        for at in places {
            turn_over(&file, at);
            found(named);
            put(&file, &whole);
        }
        fs::remove_file(&file).unwrap();
        damaged(named);
        put(&file, &whole);
    }
    fs::write(away.join("releases/more.eml"), "x").unwrap();
    damaged("it holds 7 files beside the database, and 6 were copied");
    fs::remove_file(away.join("releases/more.eml")).unwrap();
    shop.run(&["backup", "verify", away.to_str().unwrap()]).ok();

    // A database whose hash was put into the label again is still held against what it says itself.
    let label = fs::read_to_string(away.join("backup.json")).unwrap();
    let store = Connection::open(away.join("firstwatch.db")).unwrap();
    store.execute_batch("DROP TRIGGER audit_stays; UPDATE audit SET actor = 'uid:7' WHERE no = 2").unwrap();
    drop(store);
    let hash =
        hex::encode(<sha2::Sha256 as sha2::Digest>::digest(fs::read(away.join("firstwatch.db")).unwrap()));
    let mut json: Value = serde_json::from_str(&label).unwrap();
    json["database_sha256"] = hash.into();
    put(&away.join("backup.json"), json.to_string().as_bytes());
    damaged("audit line 2 is not as it was written");
}

#[test]
fn a_copy_of_another_history_is_told() {
    let shop = released("[\"html\"]");
    let name = backed_up(&shop);
    let live = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    let head: i64 = live.query_row("SELECT max(no) FROM audit", (), |row| row.get(0)).unwrap();
    live.execute_batch(&format!("DROP TRIGGER audit_remains; DELETE FROM audit WHERE no >= {}", head - 1))
        .unwrap();
    drop(live);
    let said = shop.run(&["backup", "verify", &name]).exits(1);
    assert!(said.stdout.contains("this copy is of another history"), "{}", said.stdout);
}

/// The store in `state`, asked as the shop's own.
fn ask_there(shop: &Shop, state: &str, arguments: &[&str]) -> Value {
    let ours = fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let theirs = ours.replace("directory = \"state\"", &format!("directory = {state:?}"));
    assert_ne!(ours, theirs);
    shop.write("firstwatch.toml", &theirs);
    let answer = shop.ask(arguments).ok().json();
    shop.write("firstwatch.toml", &ours);
    answer
}

/// Only its owner reads it, and none of its files is a file elsewhere too.
fn is_private_and_no_link(state: &Path) {
    let modes = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    for folder in ["", "facts", "releases", "releases/weekly.2024-w19"] {
        assert_eq!(modes(&state.join(folder)), 0o700, "{folder}");
    }
    for file in files_of(state) {
        let links = fs::metadata(&file).unwrap().nlink();
        assert_eq!((modes(&file), links), (0o600, 1), "{}", file.display());
    }
}

#[test]
fn a_restored_store_is_the_one_that_was_backed_up() {
    let shop = released("[\"html\", \"xlsx\", \"pdf\"]");
    let name = backed_up(&shop);
    let away = shop.path("away").join(&name);
    carried_away(&folder(&shop, &name), &away);
    let away = away.to_str().unwrap();
    // What is there is not overwritten, and a daemon is not disturbed.
    let said = shop.run(&["backup", "restore", &name]).exits(65);
    assert!(said.stderr.contains("a restore overwrites nothing; move it aside (`mv "), "{}", said.stderr);
    let daemon = shop.serve();
    let said = shop.run(&["backup", "restore", away]).exits(75);
    assert!(said.stderr.contains("stop it first"), "{}", said.stderr);

    // Elsewhere, beside the daemon.
    let said = shop.run(&["backup", "restore", &name, "--to", "elsewhere"]).ok().stdout;
    assert!(said.contains("It knows nothing of what was pulled, decided or released after"), "{said}");
    assert!(daemon.stop().success());
    assert_eq!(
        ask_there(&shop, "elsewhere", &["report", "verify", "1"])["differences"],
        Value::Array(vec![])
    );

    // The state directory is gone.
    fs::remove_dir_all(shop.state()).unwrap();
    let restored = shop.ask(&["backup", "restore", away]).ok().json();
    assert_eq!(
        (&restored["restored"]["name"], &restored["restored"]["pending"]),
        (&name.as_str().into(), &0.into())
    );
    is_private_and_no_link(&shop.state());
    shop.ask(&["status"]).exits(3);
    shop.run(&["audit", "verify"]).ok();
    shop.run(&["report", "verify", "1"]).ok();
    shop.run_job(&["integrity"], "done");
    let lines = shop.ask(&["audit", "list", "--limit", "500"]).ok().json();
    let line = lines.as_array().unwrap().iter().find(|line| line["operation"] == "backup.restore").unwrap();
    let us = fs::metadata(shop.state()).unwrap().uid();
    assert_eq!((&line["subject"], &line["actor"]), (&name.as_str().into(), &format!("uid:{us}").into()));

    // Life goes on: a pull of the same data books nothing, and the next report is released.
    shop.write("orders.csv", &orders(0..2, 0));
    shop.run_job(&["pull"], "done");
    shop.run_job(&["weekly", "--period", "2024-W20"], "done");
    shop.run(&["report", "verify", "2"]).ok();
    assert_eq!(shop.mail().len(), 2);
}

#[test]
fn a_restore_that_was_cut_off_is_begun_again() {
    let shop = released("[\"html\"]");
    let name = backed_up(&shop);
    let target = shop.path("restored");
    fs::create_dir_all(target.join("restore.unfinished/facts")).unwrap();
    fs::write(target.join("restore.unfinished/firstwatch.db"), "half").unwrap();
    shop.run(&["backup", "restore", &name, "--to", "restored"]).ok();
    let mut names: Vec<_> = fs::read_dir(&target).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["facts", "firstwatch.db", "releases"]);
}

#[test]
fn a_daemon_at_work_is_backed_up_whole() {
    let shop = Builder::new(FLAT_SHOP)
        .job("pull", job("pull", ""))
        .job("copy", job("backup", ""))
        .job("weekly", report("week", "[\"html\", \"xlsx\"]", &["brand"]))
        .open();
    shop.write("orders.csv", &orders(0..8, 0));
    shop.run_job(&["pull"], "done");
    let daemon = shop.serve();
    let binary = env!("CARGO_BIN_EXE_firstwatch");
    let config = shop.path("firstwatch.toml");
    let ask = |arguments: &[&str]| {
        let command =
            std::process::Command::new(binary).arg("--config").arg(&config).args(arguments).output();
        let output = command.unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for week in 19..25 {
                ask(&["job", "run", "weekly", "--period", &format!("2024-W{week}"), "--wait"]);
            }
        });
        for _ in 0..2 {
            scope.spawn(|| (0..6).for_each(|_| ask(&["backup", "create"])));
        }
        scope.spawn(|| (0..6).for_each(|_| ask(&["job", "run", "pull", "--wait"])));
        scope.spawn(|| (0..2).for_each(|_| ask(&["job", "run", "copy", "--wait"])));
    });
    let copies = shop.ask(&["backup", "list"]).ok().json();
    let copies = copies.as_array().unwrap();
    // Two runs of the job by hand within a second are one slot.
    assert!(copies.len() >= 13, "{copies:#?}");
    for copy in copies {
        let said = shop.ask(&["backup", "verify", copy["name"].as_str().unwrap()]).ok().json();
        assert_eq!(said["damage"], Value::Array(vec![]));
    }
    assert!(daemon.stop().success());
    shop.run(&["backup", "restore", copies[0]["name"].as_str().unwrap(), "--to", "restored"]).ok();
}
