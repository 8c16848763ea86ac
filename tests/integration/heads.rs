//! Heads of the audit log: noted elsewhere by the integrity job, and held against the log.

use std::fs;

use mail_parser::MessageParser;
use rusqlite::Connection;

use super::harness::{Builder, FLAT_SHOP, Shop, job};

fn shop() -> Shop {
    let noted = "[audit]\nheads_file = \"elsewhere/heads\"\n";
    let shop = Builder::new(&format!("{noted}{FLAT_SHOP}"))
        .job("pull", job("pull", ""))
        .job("integrity", job("integrity", ""))
        .open();
    let configuration = fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let auditors = "[recipients]\nauditors = [\"kiem-toan@1stwatch.vn\"]\n";
    shop.write("firstwatch.toml", &configuration.replace("[recipients]\n", auditors));
    shop.write("orders.csv", "order_id,placed_at,status,line_id,product,quantity,unit_price\n");
    fs::create_dir(shop.path("elsewhere")).unwrap();
    shop.run_job(&["pull"], "done");
    shop
}

fn tamper(shop: &Shop, sql: &str) {
    let store = Connection::open(shop.state().join("firstwatch.db")).unwrap();
    store.execute_batch("DROP TRIGGER IF EXISTS audit_stays; DROP TRIGGER IF EXISTS audit_remains").unwrap();
    store.execute_batch(sql).unwrap();
}

#[test]
fn heads_are_noted_elsewhere_and_a_log_cut_off_is_found() {
    let shop = shop();
    let run = shop.run_job(&["integrity"], "done");
    assert!(
        run["message"].as_str().unwrap().contains("noted in the file of heads and mailed to 1 auditors"),
        "{run}"
    );
    let second = shop.run_job(&["pull"], "done");
    assert_eq!(second["state"], "done");
    shop.run(&["run", "list"]).ok();
    let file = shop.path("elsewhere/heads");
    let lines = fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let mail: Vec<Vec<u8>> = shop.mail();
    assert_eq!(mail.len(), 1);
    let message = MessageParser::default().parse(&mail[0]).unwrap();
    let text = message.body_text(0).unwrap().into_owned();
    let sha256 = lines.split_whitespace().nth(2).unwrap();
    assert!(text.contains(sha256), "{text}");

    let heads = file.to_str().unwrap();
    let said = shop.run(&["audit", "verify", "--heads", heads]).ok().stdout;
    assert!(said.contains("the log holds 1 noted head"), "{said}");
    // The text of the mail, saved to a file, is a file of heads too; so is what `audit head` says.
    shop.write("mail.txt", &text);
    shop.run(&["audit", "verify", "--heads", shop.path("mail.txt").to_str().unwrap()]).ok();
    let head = shop.run(&["audit", "head"]).ok().stdout;
    shop.write("head.txt", &head);
    shop.run(&["audit", "verify", "--heads", shop.path("head.txt").to_str().unwrap()]).ok();
    shop.write("nothing.txt", "12 abc\n");
    shop.run(&["audit", "verify", "--heads", shop.path("nothing.txt").to_str().unwrap()]).exits(65);

    // Cut off before the head: whole in itself, and found out.
    let noted: i64 = lines.split_whitespace().nth(1).unwrap().parse().unwrap();
    tamper(&shop, &format!("DELETE FROM audit WHERE no >= {noted}"));
    shop.run(&["audit", "verify"]).ok();
    let found = shop.run(&["audit", "verify", "--heads", heads]).exits(1).stderr;
    assert!(
        found.contains(&format!("audit line {noted} is not as it was written, or is missing")),
        "{found}"
    );
}

#[test]
fn where_heads_are_noted_is_checked() {
    let shop = shop();
    fs::remove_dir_all(shop.path("elsewhere")).unwrap();
    let told = shop.run(&["check"]).exits(78).stdout;
    assert!(told.contains("audit.heads_file: there is no folder"), "{told}");
    shop.run_job(&["integrity"], "failed");
}
