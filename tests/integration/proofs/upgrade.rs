//! SIGKILL at every point of the first opening of a store that the first version made: it is as that version left it, or
//! wholly this one's, and then a backup of it as it was stands beside.

use std::fs;

use nix::sys::signal::Signal;

use super::super::harness::Shop;
use super::super::upgrades::{copies_of, rows, schema_of, shop_of};
use super::full;
use super::tracer::{self, Ended, Verdict};

const FIRST: i64 = 1;

/// Opens the store and is killed at the `cut`th call that changes anything. How many there were, and whether it was.
fn open(shop: &Shop, cut: Option<usize>) -> (usize, bool) {
    let state = shop.state().canonicalize().unwrap();
    let mut count = 0;
    let mut command = shop.command(&["job", "list"]);
    let log = fs::File::options().create(true).append(true).open(shop.path("open.log")).unwrap();
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
fn killed_anywhere_an_upgrade_is_done_or_not_begun() {
    let template = shop_of(FIRST);
    // Only the copies that the upgrade makes.
    fs::remove_dir_all(template.state().join("backups")).unwrap();
    let before = rows(&template);
    let folder = template.path("");
    let whole = Shop::copy_of(&folder);
    let (points, _) = open(&whole, None);
    let newest = schema_of(&whole.state());
    assert!(newest > FIRST);
    let step = if full() { 1 } else { (points / 30).max(1) };
    let (mut cuts, mut upgraded) = (0, 0);
    for cut in (1..=points).step_by(step) {
        let shop = Shop::copy_of(&folder);
        if !open(&shop, Some(cut)).1 {
            continue;
        }
        cuts += 1;
        // Read from a copy: looking into it rolls back or forward what the cut left.
        let found = schema_of(&Shop::copy_of(&shop.path("")).state());
        assert!(found == FIRST || found == newest, "cut {cut}: schema {found} is of no version");
        if found == newest {
            upgraded += 1;
            assert_eq!(copies_of(&shop, FIRST).len(), 1, "cut {cut}: upgraded without a backup");
        }
        shop.run(&["job", "list"]).ok();
        assert_eq!((schema_of(&shop.state()), rows(&shop)), (newest, before.clone()), "cut {cut}");
        let copies = copies_of(&shop, FIRST);
        assert!((1..=2).contains(&copies.len()), "cut {cut}: {copies:?}");
        for copy in &copies {
            shop.run(&["backup", "verify", copy]).ok();
        }
        shop.run(&["audit", "verify"]).ok();
    }
    println!(
        "upgrade: {cuts} of {points} points, {upgraded} after the change; 0 half-way, 0 without a backup"
    );
    assert!(cuts > 20 && upgraded > 0, "{cuts} cuts, {upgraded} upgraded");
}
