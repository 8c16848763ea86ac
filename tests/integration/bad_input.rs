//! Bad input, end to end: the files of a shop through `job run pull` of the real binary. Each fault is a
//! clear error or a rejected row, never a panic, and every row that was read is kept or rejected.

use std::fs;
use std::sync::Arc;

use firstwatch::domain::actor::Actor;
use firstwatch::domain::clock::{Clock, SetClock, SystemClock};
use firstwatch::domain::ids::JobName;
use firstwatch::jobs::{House, Trigger};
use firstwatch::operations::runs::{self, RunRequest};
use firstwatch::settings::{self, LoadOptions};
use jiff::SignedDuration;
use serde_json::Value;

use super::till::Till;

const SHOP: &str = r#"
[[source]]
name = "shop"
kind = "csv"
[source.orders]
path = "orders.csv"
[source.order_lines]
path = "order_lines.csv"
[source.customers]
path = "customers.csv"
"#;
const ORDERS: &str = "order_id,placed_at,status,customer_id,currency\n\
    A1,2026-11-02T03:00:00Z,completed,1,VND\n\
    A2,2026-11-03T03:00:00Z,completed,2,VND\n\
    A3,2026-11-04T03:00:00Z,completed,3,VND\n";
const LINES: &str = "order_id,line_id,product,quantity,unit_price\n\
    A1,1,Orient Bambino,1,5000000\n\
    A2,1,Seiko 5,2,4000000\n\
    A3,1,Citizen Tsuyosa,1,7000000\n";
const CUSTOMERS: &str = "customer_id,name,phone\n1,Nguyễn Văn An,0912345678\n2,Trần Thị Bình,0912345679\n3,Lê Hoàng Cường,0912345670\n";

fn shop() -> Till {
    let till = Till::new(SHOP);
    mend(&till);
    till
}

fn mend(till: &Till) {
    till.write("orders.csv", ORDERS);
    till.write("order_lines.csv", LINES);
    till.write("customers.csv", CUSTOMERS);
}

fn stored_orders(till: &Till) -> u64 {
    till.json(3, &["status"])["orders"].as_u64().unwrap()
}

/// Of orders and of their lines, each of which is one entry: read = kept + rejected.
fn assert_nothing_lost(till: &Till, pull: &Value) {
    let tally = &pull["details"]["sources"]["shop"];
    let rejected = till.json(0, &["source", "rejected", "shop"]);
    let rejected = rejected.as_array().unwrap();
    let of = |feed: &str| rejected.iter().filter(|row| row["feed"] == feed).count() as u64;
    let read = |feed: &str| tally["read"][feed].as_u64().unwrap();
    assert_eq!(read("orders"), stored_orders(till) + of("orders"), "{pull}");
    assert_eq!(read("order_lines"), tally["entries"].as_u64().unwrap() + of("order_lines"), "{pull}");
    assert_eq!(tally["rejected"], rejected.len() as u64);
}

/// Pulls with one file spoilt: these rows are rejected for these reasons and the rest is kept; then with the
/// file mended: everything is in, and nothing is rejected any more.
fn assert_costs_only(file: &str, spoilt: impl AsRef<[u8]>, expected: &[(&str, &str)]) {
    let till = shop();
    till.write(file, spoilt);
    let pull = till.pull(0);
    let rejected = till.rejected();
    assert_eq!(rejected.len(), expected.len(), "{rejected:#?}");
    for ((place, reason), (wanted, part)) in rejected.iter().zip(expected) {
        assert_eq!(place, wanted, "{rejected:#?}");
        assert!(reason.contains(part), "{reason}");
    }
    assert_nothing_lost(&till, &pull);
    mend(&till);
    let healed = till.pull(0);
    assert_eq!(healed["details"]["sources"]["shop"]["healed"], expected.len(), "{healed}");
    assert_eq!(till.rejected(), []);
    assert_eq!(stored_orders(&till), 3);
    let again = till.pull(0);
    assert_eq!(again["details"]["sources"]["shop"]["entries"], 0, "{again}");
}

#[test]
fn a_sound_shop_comes_in_whole() {
    let till = shop();
    let pull = till.pull(0);
    assert_eq!(till.rejected(), []);
    assert_eq!(pull["details"]["sources"]["shop"]["entries"], 3, "{pull}");
    assert_nothing_lost(&till, &pull);
}

#[test]
fn an_unknown_status_is_told() {
    assert_costs_only(
        "orders.csv",
        ORDERS.replace("T03:00:00Z,completed,2", "T03:00:00Z,shiny,2"),
        &[
            ("order_lines.csv:2 order_id", "kept out with its order"),
            ("orders.csv:2 status", "unknown status; map it"),
        ],
    );
}

#[test]
fn a_foreign_currency_is_not_converted() {
    assert_costs_only(
        "orders.csv",
        ORDERS.replace("2,VND", "2,EUR"),
        &[
            ("order_lines.csv:2 order_id", "kept out with its order"),
            ("orders.csv:2 currency", "the currency is not VND"),
        ],
    );
}

#[test]
fn a_duplicate_id_that_says_otherwise_is_rejected() {
    assert_costs_only(
        "orders.csv",
        format!("{ORDERS}A3,2026-11-09T03:00:00Z,cancelled,3,VND\n"),
        &[("orders.csv:4", "duplicate id")],
    );
}

#[test]
fn a_negative_price_keeps_its_order_out() {
    assert_costs_only(
        "order_lines.csv",
        LINES.replace("2,4000000", "2,-4000000"),
        &[
            ("order_lines.csv:2 unit_price", "negative"),
            ("orders.csv:2 order_id", "a line of this order was rejected"),
        ],
    );
}

#[test]
fn dates_in_three_formats_are_never_guessed() {
    let spoilt =
        ORDERS.replace("2026-11-03T03:00:00Z", "03/04/2026").replace("2026-11-04T03:00:00Z", "4 Nov 2026");
    assert_costs_only(
        "orders.csv",
        spoilt,
        &[
            ("order_lines.csv:2 order_id", "kept out with its order"),
            ("order_lines.csv:3 order_id", "kept out with its order"),
            ("orders.csv:2 placed_at", "date_formats"),
            ("orders.csv:3 placed_at", "date_formats"),
        ],
    );
}

#[test]
fn bytes_of_another_encoding_reject_their_row() {
    let (before, after) = CUSTOMERS.split_once("Trần Thị Bình").unwrap();
    let spoilt = [before.as_bytes(), b"Tr\xe2n Th\xf2 B\xecnh", after.as_bytes()].concat();
    assert_costs_only("customers.csv", spoilt, &[("customers.csv:2", "bytes that are not UTF-8")]);
}

#[test]
fn a_file_cut_off_in_the_middle_of_a_row_loses_only_that_row() {
    let spoilt = LINES.replace("Citizen Tsuyosa,1,7000000\n", "\"Citizen Ts");
    assert_costs_only(
        "order_lines.csv",
        spoilt,
        &[
            ("order_lines.csv:3", "it was cut off"),
            ("orders.csv:3 order_id", "a line of this order was rejected"),
        ],
    );
}

/// It is as every other reject afterwards; so much of it is looked at as the time to seal it allows.
#[test]
fn a_line_of_sixty_megabytes_costs_only_itself() {
    let till = shop();
    till.write("customers.csv", CUSTOMERS.replace("Trần Thị Bình", &"x".repeat(60 << 20)));
    let pull = till.pull(0);
    let tally = &pull["details"]["sources"]["shop"];
    assert_eq!((&tally["read"]["customers"], &tally["entries"]), (&3.into(), &3.into()), "{pull}");
    let [(place, reason)] = &till.rejected()[..] else { panic!("one row is rejected") };
    assert_eq!(place, "customers.csv:2");
    assert!(reason.contains("where 1048576 are the most"), "{reason}");
}

#[test]
fn a_bad_source_does_not_hold_up_the_others() {
    let till = shop();
    till.configure(
        "maildir:mail",
        &format!("{SHOP}{}", SHOP.replace("shop", "gone").replace("path = \"", "path = \"gone-")),
    );
    let run = till.pull(3);
    assert_eq!((run["state"].as_str(), stored_orders(&till)), (Some("failed"), 3), "{run}");
    assert_eq!(run["details"]["sources"]["shop"]["changed_orders"], 3, "{run}");
    let message = run["details"]["failed"]["gone"].as_str().unwrap();
    assert!(message.contains("gone-orders.csv"), "{message}");
    let told = till.ask(&["job", "run", "pull"]);
    assert_eq!((told.out.matches("gone-orders.csv").count(), told.err.as_str()), (1, ""), "{told:?}");
}

#[test]
fn a_file_that_disappears_takes_nothing_with_it() {
    let till = shop();
    till.write("orders.csv", ORDERS.replace("2,VND", "2,EUR"));
    till.pull(0);
    let rejected = till.rejected();
    fs::remove_file(till.path("orders.csv")).unwrap();
    let run = till.pull(1);
    assert!(run["message"].as_str().unwrap().contains("orders.csv"), "{run}");
    assert_eq!((stored_orders(&till), till.rejected()), (2, rejected));
    mend(&till);
    till.pull(0);
    assert_eq!((stored_orders(&till), till.rejected().len()), (3, 0));
}

#[test]
fn a_mapping_to_a_column_that_is_not_there_names_it() {
    let till = shop();
    let mapped =
        SHOP.replace("path = \"orders.csv\"", "path = \"orders.csv\"\ncolumns = { status = \"Trạng thái\" }");
    till.configure("maildir:mail", &mapped);
    let message = till.pull(1)["message"].as_str().unwrap().to_owned();
    assert!(message.contains("orders.csv") && message.contains("Trạng thái"), "{message}");
    assert_eq!(stored_orders(&till), 0);
    let test = till.ask(&["source", "test", "shop"]);
    assert!(test.code == 69 && test.err.contains("Trạng thái"), "{test:?}");
}

#[test]
fn what_is_rejected_shows_no_person() {
    let till = shop();
    till.write("customers.csv", CUSTOMERS.replace("0912345679", "0912345679,more"));
    till.pull(0);
    let [(place, _)] = &till.rejected()[..] else { panic!("one row") };
    assert_eq!(place, "customers.csv:2");
    for arguments in [&["source", "rejected"][..], &["source", "rejected", "--format", "json"], &["status"]] {
        let told = till.ask(arguments).out;
        assert!(!told.contains("Bình") && !told.contains("0912345679"), "{told}");
    }
}

#[test]
fn a_month_of_repeated_pulls_changes_nothing() {
    let till = shop();
    till.write("orders.csv", ORDERS.replace("2,VND", "2,EUR"));
    till.pull(0);
    let before = (stored_orders(&till), till.rejected());
    let options = LoadOptions { file: Some(till.path("firstwatch.toml")), ..LoadOptions::default() };
    let clock = Arc::new(SetClock::new(SystemClock.now()));
    let house = House::open(settings::load(&options).unwrap(), None, clock.clone()).unwrap();
    let request = RunRequest::default();
    for _ in 0..31 * 4 {
        clock.set(clock.now() + SignedDuration::from_hours(6));
        let prepared = runs::prepare(&house, &Actor::Daemon, &JobName::new("pull"), &request).unwrap();
        let run = runs::carry_out(&house, prepared, Trigger::Manual).unwrap();
        let tally = &run.details["sources"]["shop"];
        let counts = ["changed_orders", "entries", "late_entries", "healed", "new_customers"];
        assert_eq!(counts.map(|count| tally[count].as_u64()), [Some(0); 5], "{tally}");
        assert_eq!(tally["rejected"], 2);
    }
    drop(house);
    assert_eq!((stored_orders(&till), till.rejected()), before);
}
