//! Many jobs due at once: every one runs, one at a time, in the order of the slots.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;

use super::harness::{Builder, FLAT_SHOP, job, wait_for};

const JOBS: usize = 90;

#[test]
fn of_many_jobs_due_together_every_one_runs_in_the_order_of_the_slots() {
    // Three groups by the minute of the hour at which they come, one minute after the other; names in another order.
    #[expect(clippy::disallowed_methods, reason = "the daemon under test reads the real clock")]
    let now = Timestamp::now();
    let minute = |at: usize| now - SignedDuration::from_mins(10 - (at % 3) as i64);
    let shop = (0..JOBS).fold(Builder::new(FLAT_SHOP), |builder, at| {
        let schedule = minute(at).strftime("%M * * * *").to_string();
        let text = job("integrity", "").replace("0 3 1 1 *", &schedule);
        builder.job(&format!("job-{:03}", at * 37 % JOBS), text)
    });
    let shop = shop.open();
    shop.write("orders.csv", "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n");
    let daemon = shop.serve();
    let planned = "SELECT count(*) FROM meta WHERE key LIKE 'planned-since/%'";
    wait_for("the first plan", || shop.number(planned) == JOBS as i64);
    assert!(daemon.stop().success());

    // The machine was off for the quarter of an hour in which they were due.
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    let since = (now - SignedDuration::from_mins(15)).as_microsecond().to_le_bytes();
    store.execute("UPDATE meta SET value = ?1 WHERE key LIKE 'planned-since/%'", [since]).unwrap();
    drop(store);
    let daemon = shop.serve();
    wait_for("every job to run", || {
        shop.number("SELECT count(DISTINCT job) FROM runs WHERE state = 'done'") == JOBS as i64
    });
    assert!(daemon.stop().success());

    let store = shop.store();
    let mut query = store
        .prepare(
            "SELECT slot, job, started_at, finished_at FROM runs WHERE slot < ?1 ORDER BY started_at, no",
        )
        .unwrap();
    let runs: Vec<(i64, String, i64, i64)> = query
        .query_map([now.as_microsecond()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(runs.len(), JOBS, "each once");
    for two in runs.windows(2) {
        assert!((two[0].0, &two[0].1) < (two[1].0, &two[1].1), "in order: {two:?}");
        assert!(two[0].3 <= two[1].2, "one at a time: {two:?}");
    }
    let slots: std::collections::BTreeSet<i64> = runs.iter().map(|run| run.0).collect();
    assert_eq!(slots.len(), 3);
}
