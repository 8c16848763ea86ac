//! The daemon as a process: it answers, runs, catches up, stops, and survives being cut off.

use std::fmt::Write;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde_json::Value;

use super::harness::{Builder, FLAT_SHOP, Shop, job, report, wait_for};

/// A shop of complaints and nothing else.
const COMPLAINTS: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"

[[source]]
name = "shop"
kind = "csv"

[source.complaints]
path = "complaints.csv"
"#;

/// Orders of May 2024, one line each, by a hundred customers in turn. The sum of their amounts, too.
fn orders(count: i64) -> (String, i64) {
    let mut csv =
        "order_id,placed_at,status,customer_id,phone,line_id,product,category,quantity,unit_price\n"
            .to_owned();
    for no in 0..count {
        let (day, customer, category) = (no % 31 + 1, no % 100, ["Nam", "Nữ", "Đôi"][no as usize % 3]);
        writeln!(
            csv,
            "D{no},2024-05-{day:02}T09:00:00+07:00,completed,K{customer},09{customer:08},1,Mẫu {category},\
             {category},1,{}",
            1_000_000 + no
        )
        .unwrap();
    }
    (csv, count * 1_000_000 + count * (count - 1) / 2)
}

fn shop() -> Shop {
    let monthly = report("month", "[\"html\", \"xlsx\"]", &["category"]);
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).job("monthly", monthly).open();
    shop.write("orders.csv", &orders(300).0);
    shop
}

fn net(shop: &Shop) -> i64 {
    shop.number("SELECT coalesce(sum(gross - discounts - refunds), 0) FROM entries")
}

fn runs(shop: &Shop, state: &str) -> i64 {
    shop.number(&format!("SELECT count(*) FROM runs WHERE state = '{state}'"))
}

#[test]
fn commands_are_answered_over_the_socket_and_without_it() {
    let shop = shop();
    let daemon = shop.serve();
    // The store is the daemon's: these can only have gone over the socket.
    let listed = shop.ask(&["job", "list"]).ok().json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    shop.run(&["status"]).exits(3);
    shop.run_job(&["pull"], "done");
    let started = shop.ask(&["job", "run", "monthly", "--period", "2024-05"]).ok().json();
    assert_eq!(started["started"]["period"], "2024-05", "{started:#}");
    wait_for("the run to end", || runs(&shop, "done") == 2);
    let over_socket = shop.ask(&["run", "list"]).ok().json();

    // There is one daemon a store.
    let second = shop.run(&["serve"]).exits(75);
    assert!(second.stderr.contains("another firstwatch process"), "{}", second.stderr);

    let asked = Instant::now();
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(!shop.socket().exists());

    // In process, the same is answered, and runs have the same outcome.
    assert_eq!(shop.ask(&["run", "list"]).ok().json(), over_socket);
    let status = shop.ask(&["status"]).exits(3).json();
    assert_eq!((&status["orders"], &status["customers"]), (&300.into(), &100.into()));
    let again = shop.run_job(&["monthly", "--period", "2024-05"], "done");
    assert_eq!(again["id"], over_socket[0]["id"], "a report is released once");
    assert_eq!(shop.mail().len(), 1);
    // Without a daemon nobody would go on with it: it is waited for, asked or not.
    let waited = shop.ask(&["job", "run", "pull"]).ok().json();
    assert_eq!(waited["run"]["state"], "done", "{waited:#}");
}

#[test]
fn what_is_cut_off_in_the_middle_is_done_at_the_next_start_and_once() {
    let shop = shop();
    let (csv, total) = orders(2_000);
    shop.write("orders.csv", &csv);
    let cut_off_in = |arguments: &[&str]| {
        let daemon = shop.serve();
        shop.run(&[&["job", "run"], arguments].concat()).ok();
        wait_for("the run to begin", || runs(&shop, "running") == 1);
        daemon.cut_off();
        assert_eq!(runs(&shop, "running"), 1, "it was done before it could be cut off");
        assert!(shop.socket().exists());
    };
    let healed = |done: i64| {
        let daemon = shop.serve();
        wait_for("the run to be done again", || runs(&shop, "done") == done);
        // What is not sent when it stops waits for the next start.
        wait_for("its mail", || shop.number("SELECT count(*) FROM outbox WHERE state <> 'sent'") == 0);
        assert!(daemon.log().contains("interrupted when firstwatch last stopped"));
        assert_eq!(daemon.stop().code(), Some(0));
    };
    cut_off_in(&["pull"]);
    assert_eq!(net(&shop), 0, "what was cut off left nothing");
    healed(1);
    assert_eq!((net(&shop), shop.number("SELECT max(attempt) FROM runs")), (total, 2));

    cut_off_in(&["monthly", "--period", "2024-05"]);
    healed(2);
    assert_eq!((runs(&shop, "done"), shop.number("SELECT count(*) FROM runs")), (2, 2));
    assert_eq!(
        (shop.number("SELECT count(*) FROM releases"), shop.number("SELECT count(*) FROM outbox")),
        (1, 1)
    );
    assert_eq!((shop.mail().len(), net(&shop)), (1, total));
}

#[test]
fn a_daemon_that_is_asked_to_stop_lets_go_of_what_it_does() {
    let shop = shop();
    shop.write("orders.csv", &orders(2_000).0);
    let daemon = shop.serve();
    shop.run(&["job", "run", "pull"]).ok();
    wait_for("the run to begin", || runs(&shop, "running") == 1);
    let asked = Instant::now();
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(12), "{:?}", asked.elapsed());
    // Done within its grace, or cut off whole.
    let net = net(&shop);
    assert!(net == 0 || net == orders(2_000).1, "{net}");
}

/// Makes the store remember that every slot until so long ago is accounted for: the machine was off since.
fn switched_off_for(shop: &Shop, hours: i64) {
    #[expect(clippy::disallowed_methods, reason = "the daemon under test reads the real clock")]
    let since = Timestamp::now() - SignedDuration::from_hours(hours);
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    let moved = store
        .execute(
            "UPDATE meta SET value = ?1 WHERE key LIKE 'planned-since/%'",
            [since.as_microsecond().to_le_bytes()],
        )
        .unwrap();
    assert_eq!(moved, 2);
}

#[test]
fn slots_missed_while_it_was_off_are_caught_up_by_their_policy() {
    let every_day = |kind: &str, policy: &str| {
        job(kind, &format!("catch_up = {policy:?}\ncatch_up_window = \"10d\"\n"))
            .replace("0 3 1 1 *", "0 2 * * *")
    };
    let shop = Builder::new(FLAT_SHOP)
        .job("pull", every_day("pull", "all"))
        .job("copy", every_day("backup", "latest"))
        .open();
    shop.write("orders.csv", &orders(10).0);
    let planned = || shop.number("SELECT count(*) FROM meta WHERE key LIKE 'planned-since/%'") == 2;
    let daemon = shop.serve();
    wait_for("the first plan", planned);
    daemon.stop();
    assert_eq!(shop.number("SELECT count(*) FROM runs"), 0, "a new job has no past to catch up");

    switched_off_for(&shop, 72);
    for _ in 0..2 {
        let daemon = shop.serve();
        wait_for("the slots to be caught up", || runs(&shop, "done") == 4);
        daemon.stop();
        let of = |job: &str, state: &str| {
            shop.number(&format!("SELECT count(*) FROM runs WHERE job = '{job}' AND state = '{state}'"))
        };
        assert_eq!((of("pull", "done"), of("copy", "done"), of("copy", "skipped")), (3, 1, 2));
        assert_eq!(shop.number("SELECT count(*) FROM runs"), 6);
    }
    let skipped = shop.number("SELECT count(*) FROM runs WHERE message LIKE 'superseded by a later slot%'");
    assert_eq!(skipped, 2);
}

#[test]
fn an_overdue_complaint_is_told_once_and_again_when_its_deadline_tightens() {
    let check = job("complaint-deadlines", "");
    let shop = Builder::new(COMPLAINTS).job("pull", job("pull", "")).job("complaints", check).open();
    let feed = |due_at: &str, resolved: &str| {
        let csv = format!(
            "complaint_id,received_at,kind,subject,due_at,resolved_at\n\
             KN1,2024-05-02T09:00:00+07:00,delivery,Giao chậm,{due_at},\n\
             KN2,2024-05-02T09:00:00+07:00,product,Kính xước,,{resolved}\n\
             KN3,2124-05-02T09:00:00+07:00,delivery,Từ tương lai,,\n"
        );
        shop.write("complaints.csv", &csv);
        shop.run_job(&["pull"], "done");
        let rejected = shop.ask(&["source", "rejected"]).ok().json();
        let reason = "in the future; correct it at the source";
        assert_eq!((&rejected[0]["column"], &rejected[0]["reason"]), (&"received_at".into(), &reason.into()));
        assert_eq!(
            (rejected.as_array().unwrap().len(), shop.number("SELECT count(*) FROM complaints")),
            (1, 2)
        );
    };
    let check = || shop.run_job(&["complaints"], "done")["details"]["told"].clone();
    let resolved = "2024-05-03T09:00:00+07:00";
    feed("", resolved);
    // Two clocks of one complaint, in one mail to the department and one to the managers, for no director is named.
    assert_eq!(check(), 4);
    assert_eq!((check(), shop.mail().len()), (Value::from(0), 2));
    // A promise later than our own deadline changes nothing; an earlier one is a new deadline.
    feed("2024-07-01T09:00:00+07:00", resolved);
    assert_eq!((check(), shop.mail().len()), (Value::from(0), 2));
    feed("2024-05-03T10:00:00+07:00", resolved);
    assert_eq!((check(), shop.mail().len()), (Value::from(2), 4));
    assert_eq!((check(), shop.mail().len()), (Value::from(0), 4));
    for message in shop.mail() {
        let message = mail_parser::MessageParser::default().parse(&message).unwrap();
        let to = message.to().and_then(|to| to.first()).and_then(|to| to.address());
        assert!(matches!(to, Some("cskh@1stwatch.vn" | "giam-doc@1stwatch.vn")), "{to:?}");
        let text = message.body_text(0).unwrap();
        assert!(!text.contains("Giao chậm") && !text.contains("KN1"), "{text}");
    }
}

/// What is in the memory of a process that opens personal data stays there.
#[test]
fn no_core_is_dumped() {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open();
    shop.write("orders.csv", "order_id\n");
    let mut serve = Command::new("sh");
    let program = shop.command(&["serve"]);
    serve.args(["-c", "ulimit -c unlimited; exec \"$@\"", "sh"]).arg(program.get_program());
    serve.args(program.get_args()).current_dir(shop.path(""));
    let daemon = shop.serve_as(serve, &shop.socket());
    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.id())).unwrap();
    let core: Vec<&str> = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(core[4..6], ["0", "0"], "{core:?}");
    // The kernel says with the signal whether it dumped.
    let ended = daemon.crash();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
    let mut unprotected = Command::new("sh");
    unprotected.args(["-c", "ulimit -c unlimited; kill -ABRT $$"]).current_dir(shop.path(""));
    let unprotected = unprotected.status().unwrap();
    println!("no_core_is_dumped: this machine dumps what is not protected: {}", unprotected.core_dumped());
}
