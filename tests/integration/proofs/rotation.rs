//! SIGKILL at every point of a rotation of the master key: either key opens everything then, it goes on from there, and
//! when it is over the new key alone does.

use std::fs;

use nix::sys::signal::Signal;

use super::super::harness::Shop;
use super::super::rotation::{self as shops, Opened, opened_with};
use super::full;
use super::tracer::{self, Ended, Verdict};

/// Rotates and finishes, each a process of its own, and kills the one that makes the `cut`th call that changes anything.
/// How many there were, and whether somebody was killed.
fn rotate(shop: &Shop, cut: Option<usize>) -> (usize, bool) {
    let state = shop.state().canonicalize().unwrap();
    let mut count = 0;
    let new = shop.path("new.key");
    let mut trace = |arguments: &[&str]| {
        let mut command = shop.command(arguments);
        let log = fs::File::options().create(true).append(true).open(shop.path("rotate.log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        tracer::trace(
            &mut command,
            &state,
            |_| (),
            |call| {
                count += usize::from(call.is_point());
                if Some(count) == cut { Verdict::Kill } else { Verdict::Pass }
            },
        )
    };
    let begun = trace(&["key", "rotate", new.to_str().unwrap()]);
    if begun == Ended::Signal(Signal::SIGKILL) {
        return (count, true);
    }
    // Opening the store with the new key is what finishes it.
    fs::copy(shop.path("master.key"), shop.path("old.key")).unwrap();
    fs::copy(&new, shop.path("master.key")).unwrap();
    let finished = trace(&["key", "rotate", "--finish"]);
    (count, finished == Ended::Signal(Signal::SIGKILL))
}

#[test]
fn killed_anywhere_a_rotation_loses_no_key() {
    let template = shops::shop();
    let before = opened_with(&template, "master.key").unwrap();
    let folder = template.path("");
    let (points, _) = rotate(&Shop::copy_of(&folder), None);
    let step = if full() { 1 } else { (points / 25).max(1) };
    let (mut cuts, mut half) = (0, 0);
    for cut in (1..=points).step_by(step) {
        let shop = Shop::copy_of(&folder);
        let (_, killed) = rotate(&shop, Some(cut));
        if !killed {
            continue;
        }
        cuts += 1;
        half += usize::from(is_half_done(&shop));
        outlive(&shop, &before, cut);
    }
    println!(
        "rotation: {cuts} of {points} points, {half} half-way; 0 keys lost, 0 opened by the old key afterwards"
    );
    assert!(cuts > 20 && half > 5, "{cuts} cuts, {half} half-way");
}

/// Makes a backup, which takes an older one over to the new key, and kills it at the `cut`th call that changes anything.
fn back_up(shop: &Shop, cut: Option<usize>) -> (usize, bool) {
    let state = shop.state().canonicalize().unwrap();
    let mut count = 0;
    let mut command = shop.command(&["backup", "create"]);
    let log = fs::File::options().create(true).append(true).open(shop.path("rotate.log")).unwrap();
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let ended = tracer::trace(
        &mut command,
        &state,
        |_| (),
        |call| {
            count += usize::from(call.is_point());
            if Some(count) == cut { Verdict::Kill } else { Verdict::Pass }
        },
    );
    (count, ended == Ended::Signal(Signal::SIGKILL))
}

#[test]
fn killed_anywhere_a_change_of_a_backup_loses_none() {
    let template = shops::shop();
    let first = template.ask(&["backup", "create"]).ok().json()["backup"].as_str().unwrap().to_owned();
    shops::go_over(&template);
    let folder = template.path("");
    let (points, _) = back_up(&Shop::copy_of(&folder), None);
    // One copy takes the other's place near the end.
    let is_tried = |cut: &usize| full() || cut.is_multiple_of(25) || points - cut < 30;
    let mut cuts = 0;
    for cut in (1..=points).filter(is_tried) {
        let shop = Shop::copy_of(&folder);
        if !back_up(&shop, Some(cut)).1 {
            continue;
        }
        cuts += 1;
        let listed = shop.ask(&["backup", "list"]).ok().json();
        let names: Vec<&str> =
            listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert!(names.contains(&first.as_str()), "cut {cut}: {names:?}");
        shop.run(&["backup", "create"]).ok();
        shop.run(&["backup", "verify", &first]).ok();
        let left =
            fs::read_dir(shop.state().join("backups")).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(left.into_iter().all(|name| !name.to_string_lossy().contains('.')), "cut {cut}");
    }
    println!("backups taken over: {cuts} of {points} points; 0 lost, 0 not proved afterwards");
    assert!(cuts > 15, "{cuts} cuts");
}

fn is_half_done(shop: &Shop) -> bool {
    let store = rusqlite::Connection::open(shop.state().join("firstwatch.db")).unwrap();
    let sql = "SELECT count(*) FROM meta WHERE key = 'rotation-forward'";
    store.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap() == 1
}

/// What was cut off opens with the key in place; the rotation is done again, and is over.
fn outlive(shop: &Shop, before: &Opened, cut: usize) {
    let was_half = is_half_done(shop);
    let old = if shop.path("old.key").exists() { "old.key" } else { "master.key" };
    let by_old = opened_with(shop, old);
    assert!(by_old.is_some() || old == "old.key", "cut {cut}: the key in place opens the store");
    assert!(!was_half || by_old.is_some(), "cut {cut}: both keys open what is half done");
    assert!(by_old.is_none_or(|opened| opened == *before), "cut {cut}");
    if !was_half && old == "master.key" {
        assert!(opened_with(shop, "new.key").is_none(), "cut {cut}: nothing had begun");
    }
    if old == "master.key" {
        shop.run(&["key", "rotate", shop.path("new.key").to_str().unwrap()]).ok();
        assert!(opened_with(shop, "master.key").is_some(), "cut {cut}: until it is finished");
    }
    // With the new key in place, opening the store finishes it.
    assert_eq!(opened_with(shop, "new.key").as_ref(), Some(before), "cut {cut}");
    assert!(!is_half_done(shop), "cut {cut}");
    assert!(opened_with(shop, old).is_none(), "cut {cut}: the old key opens nothing any more");
    assert_eq!(opened_with(shop, "new.key").as_ref(), Some(before), "cut {cut}");
}
