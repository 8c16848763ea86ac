//! Reports that must not leave, though their figures may.

use std::fmt::Write;

use super::harness::{Builder, Shop, job, report};

/// A shop in one file of order lines, whose `channel` is read from the column that the test names.
fn shop(channel: &str) -> Shop {
    let configuration = format!(
        r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"

[[source]]
name = "shop"
kind = "csv"

[source.orders]
path = "orders.csv"
flat = true
columns = {{ channel = "{channel}" }}
"#
    );
    let monthly = report("month", "[\"html\"]", &["channel"]);
    let shop = Builder::new(&configuration).job("pull", job("pull", "")).job("monthly", monthly).open();
    let mut csv =
        "order_id,placed_at,status,customer_id,name,plain,phone,stand,line_id,product,quantity,unit_price\n"
            .to_owned();
    for no in 0..60 {
        // Three names that many bear, so that each has enough customers behind it to be shown.
        let name = ["Nguyễn Văn An", "Trần Thị Bình", "Lê Văn Cường"][no % 3];
        let plain = ["An Nguyen Van", "TRAN THI BINH", "Cuong Le Van"][no % 3];
        let stand = ["Quầy Tràng Tiền", "Quầy Bà Triệu"][no % 2];
        writeln!(
            csv,
            "D{no},2024-05-{:02}T09:00:00+07:00,completed,K{no},{name},{plain},09{no:08},{stand},1,Mẫu,1,1000000",
            no % 31 + 1
        )
        .unwrap();
    }
    shop.write("orders.csv", &csv);
    shop.run_job(&["pull"], "done");
    shop
}

#[test]
fn a_name_mapped_as_a_channel_is_held_back() {
    let run = shop("name").run_job(&["monthly", "--period", "2024-05"], "failed");
    assert!(run["message"].as_str().unwrap().contains("the egress guard found"), "{run:#}");
    let stands = shop("stand");
    stands.run_job(&["monthly", "--period", "2024-05"], "done");
    assert_eq!(stands.mail().len(), 1);
}

#[test]
fn a_name_without_marks_and_in_another_order_is_held_back_unless_it_is_a_brand() {
    let named = shop("plain");
    let run = named.run_job(&["monthly", "--period", "2024-05"], "failed");
    let message = run["message"].as_str().unwrap();
    assert!(message.contains("the egress guard found name in"), "{message}");
    assert!(
        !message.contains("Nguyen") && !message.contains("BINH"),
        "which part and which kind, not whom: {message}"
    );

    let configuration = std::fs::read_to_string(named.path("firstwatch.toml")).unwrap();
    let allows = "[mail]\nguard_allows = [\"An Nguyen Van\", \"Tran Thi Binh\", \"Cuong Le Van\"]\n";
    named.write("firstwatch.toml", &configuration.replace("[mail]\n", allows));
    named.run_job(&["monthly", "--period", "2024-05"], "done");
}

#[test]
fn a_store_from_before_gets_the_further_look_ups() {
    let named = shop("plain");
    let store = rusqlite::Connection::open(named.state().join("firstwatch.db")).unwrap();
    // As an earlier version kept it: one look-up a name.
    store
        .execute_batch(
            "DELETE FROM identifiers WHERE kind = 'name'; DELETE FROM meta WHERE key = 'identifier-forms'",
        )
        .unwrap();
    drop(store);
    let run = named.run_job(&["monthly", "--period", "2024-05"], "failed");
    assert!(run["message"].as_str().unwrap().contains("the egress guard found name in"), "{run:#}");
}
