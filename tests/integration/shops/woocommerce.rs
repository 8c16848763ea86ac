//! WooCommerce over REST: nothing is missed and nothing is booked twice, whatever happens to the answers.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::web::{Fault, KEY, SECRET, Stock, WebShop, gmt, now};
use super::{assert_same, brought_home, rows};
use crate::harness::{Builder, Shop, job, wait_for};

/// A shop that pulls from the web shop; the keys of its files may differ.
pub fn pulling_from(web: &WebShop, more: &str) -> Shop {
    let configuration = format!(
        "[business]\nname = \"1stwatch\"\ntimezone = \"Europe/Berlin\"\nlanguage = \"en\"\n\
         currency = {{ code = \"EUR\", decimals = 2 }}\ncount_orders_on = \"created\"\n\n\
         [[source]]\nname = \"shop\"\nkind = \"woocommerce\"\nurl = {:?}\nkey_file = \"woo.key\"\n\
         secret_file = \"woo.secret\"\nprovinces = \"as-given\"\ntimeout = \"1s\"\n{more}\n",
        web.url
    );
    let shop = Builder::new(&configuration).job("pull", job("pull", "")).open();
    for (name, text) in [("woo.key", KEY), ("woo.secret", SECRET)] {
        shop.write(name, &format!("{text}\n"));
        std::fs::set_permissions(shop.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    shop
}

fn tally(run: &Value) -> &Value {
    &run["details"]["sources"]["shop"]
}

fn statuses(shop: &Shop, status: &str) -> i64 {
    shop.number(&format!("SELECT count(*) FROM orders WHERE status = '{status}'"))
}

#[test]
fn a_backfill_through_faults_and_a_quiet_pull_give_the_same_store() {
    let web = WebShop::open(Stock::recorded());
    let calm = pulling_from(&web, "");
    let run = calm.run_job(&["pull"], "done");
    assert_eq!(tally(&run)["changed_orders"], 40, "{run:#}");
    assert_eq!(calm.number("SELECT count(*) FROM customers"), 39, "staff are no customers");
    assert_eq!(calm.number("SELECT count(*) FROM refunds"), 5);
    assert_eq!(calm.number("SELECT count(*) FROM payments"), 40);
    assert_eq!(calm.number("SELECT count(*) FROM order_lines WHERE category IS NULL"), 0);
    let before = brought_home(&calm);
    let run = calm.run_job(&["pull"], "done");
    assert_eq!((&tally(&run)["changed_orders"], &tally(&run)["entries"]), (&json!(0), &json!(0)));
    assert_same(&before, &brought_home(&calm));

    web.asked();
    web.stock().faults = [
        (2, Fault::Status(429, "Retry-After: 0\r\n")),
        (3, Fault::Status(503, "")),
        (5, Fault::Cut),
        (8, Fault::Html),
        (10, Fault::Slow(Duration::from_millis(1_500))),
    ]
    .into();
    let shaken = pulling_from(&web, "");
    shaken.run_job(&["pull"], "done");
    assert!(web.stock().faults.is_empty(), "every fault happened");
    assert_same(&before, &brought_home(&shaken));
}

#[test]
fn edits_between_pages_hide_no_order() {
    let mut stock = Stock::recorded();
    let edited = stock.first_ids(10);
    let mut left = edited.clone();
    // After every answer somebody edits the oldest order that is left, and all behind it move forward.
    stock.edit = Some(Box::new(move |stock, _| {
        if let Some(id) = left.pop() {
            stock.touch(id)["payment_method_title"] = json!("Chuyển khoản");
        }
    }));
    let web = WebShop::open(stock);
    let shop = pulling_from(&web, "");
    shop.run_job(&["pull"], "done");
    let all = web.stock().orders.len() as i64;
    let unedited = all - edited.len() as i64;
    assert!(shop.number("SELECT count(*) FROM orders") >= unedited, "an order was passed over");
    let touched: Vec<String> = edited.iter().map(|id| format!("'{id}'")).collect();
    let found = |shop: &Shop| {
        shop.number(&format!("SELECT count(*) FROM orders WHERE id NOT IN ({})", touched.join(",")))
    };
    assert_eq!(found(&shop), unedited, "an order was passed over");
    // The edits of this very second are left to the pull after.
    std::thread::sleep(Duration::from_secs(4));
    shop.run_job(&["pull"], "done");
    let paid = "SELECT count(*) FROM orders WHERE payment_method = 'Chuyển khoản'";
    assert_eq!((shop.number("SELECT count(*) FROM orders"), shop.number(paid)), (all, 10));
}

#[test]
fn a_second_that_fills_pages_is_read_to_its_end() {
    let mut stock = Stock::recorded();
    for id in stock.first_ids(25) {
        stock.order(id)["date_modified_gmt"] = json!("2026-01-05T08:00:00");
    }
    let web = WebShop::open(stock);
    let shop = pulling_from(&web, "");
    shop.run_job(&["pull"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 40);
    assert_eq!(shop.number("SELECT count(*) FROM unbooked"), 0);
}

#[test]
fn a_killed_backfill_goes_on_where_it_was() {
    let mut stock = Stock::recorded();
    for number in 1..60 {
        stock.faults.insert(number, Fault::Slow(Duration::from_millis(200)));
    }
    let web = WebShop::open(stock);
    let shop = pulling_from(&web, "");
    let daemon = shop.serve();
    let mut asking = shop.command(&["job", "run", "pull"]);
    let mut asking = asking.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("half of the orders", || shop.number("SELECT count(*) FROM orders") >= 15);
    daemon.cut_off();
    asking.kill().unwrap();
    asking.wait().unwrap();
    let stored = shop.number("SELECT count(*) FROM orders");
    assert!(stored < 40, "it was to be killed before its end");
    assert_eq!(
        shop.number("SELECT count(*) FROM watermarks"),
        0,
        "half a backfill is complete until nowhere"
    );
    web.stock().faults.clear();
    web.asked();
    let daemon = shop.serve();
    wait_for("the rest", || shop.number("SELECT count(*) FROM watermarks") == 1);
    daemon.stop();
    let asked = web.asked();
    let first = asked.iter().find(|question| question.contains("modified_after")).unwrap();
    assert!(!first.contains("1970-01-01"), "it began anew: {first}");

    let calm = pulling_from(&web, "");
    calm.run_job(&["pull"], "done");
    assert_same(&brought_home(&calm), &brought_home(&shop));
}

#[test]
fn what_shows_no_date_is_found_among_recent_orders_and_by_the_sweep() {
    let web = WebShop::open(Stock::recorded());
    let shop = pulling_from(&web, "sweep_every = \"1s\"");
    let [recent, deleted, binned] = web.stock().first_ids(8)[5..] else { panic!("eight orders") };
    let yesterday = gmt(now() - jiff::SignedDuration::from_hours(24));
    web.stock().order(recent)["date_created_gmt"] = json!(yesterday);
    shop.run_job(&["pull"], "done");
    let net = shop.number("SELECT sum(gross - discounts - refunds) FROM entries");

    {
        let mut stock = web.stock();
        let refund = json!({"id": 9001, "parent_id": recent, "date_created_gmt": yesterday, "amount": "1.00",
            "reason": "", "line_items": [], "shipping_lines": [], "fee_lines": []});
        stock.refunds.push(refund);
        stock.order(recent)["refunds"] = json!([{"id": 9001, "reason": "", "total": "-1.00"}]);
        stock.orders.retain(|order| order["id"] != deleted);
        stock.order(binned)["status"] = json!("trash");
    }
    let worth = |id: u64| {
        shop.number(&format!(
            "SELECT sum(gross - discounts - refunds) FROM entries JOIN orders o ON o.no = order_no WHERE o.id = '{id}'"
        ))
    };
    let lost = worth(deleted) + worth(binned) + 100;
    std::thread::sleep(Duration::from_secs(2));
    shop.run_job(&["pull"], "done");
    assert_eq!(statuses(&shop, "trashed"), 2);
    assert_eq!((worth(deleted), worth(binned)), (0, 0));
    assert_eq!(shop.number("SELECT sum(gross - discounts - refunds) FROM entries"), net - lost);

    // A refund that was a mistake and is deleted there; one that cannot be read is not taken for deleted.
    let kept = shop.number("SELECT count(*) FROM refunds");
    web.stock().refunds.last_mut().unwrap()["amount"] = json!("Trần Thị Bình");
    shop.run_job(&["pull"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM refunds"), kept);
    web.stock().refunds.pop();
    web.stock().order(recent)["refunds"] = json!([]);
    shop.run_job(&["pull"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM refunds"), kept - 1);
    assert_eq!(shop.number("SELECT sum(gross - discounts - refunds) FROM entries"), net - lost + 100);

    // A shop that suddenly shows hardly anything is not believed.
    web.stock().orders.truncate(9);
    std::thread::sleep(Duration::from_secs(2));
    let run = shop.run_job(&["pull"], "failed");
    let why = run["message"].as_str().unwrap();
    assert!(why.contains("no longer shows") && why.contains("is it the same shop"), "{why}");
    assert_eq!(statuses(&shop, "trashed"), 2);
}

#[test]
fn guests_are_one_by_their_phone_and_odd_orders_stop_nobody() {
    let mut stock = Stock::recorded();
    let [one, other, priceless, unknown] = stock.first_ids(9)[5..] else { panic!("nine orders") };
    for (id, phone) in [(one, "0912 345 678"), (other, "+84912345678")] {
        stock.order(id)["customer_id"] = json!(0);
        stock.order(id)["billing"]["phone"] = json!(phone);
    }
    stock.order(priceless)["line_items"][0]["subtotal"] = json!("Trần Thị Bình");
    stock.order(unknown)["status"] = json!("shipped");
    let web = WebShop::open(stock);
    let shop = pulling_from(&web, "");
    let run = shop.run_job(&["pull"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 38);
    assert!(tally(&run)["rejected"].as_i64().unwrap() >= 4, "orders and lines: {run:#}");
    let same = format!("SELECT count(DISTINCT customer) FROM orders WHERE id IN ('{one}', '{other}')");
    assert_eq!(shop.number(&same), 1);

    let tried = shop.run(&["source", "test", "shop"]).ok().stdout;
    assert!(tried.contains("orders (the shop's orders): rows looked at"), "{tried}");
    let listed = shop.run(&["source", "rejected"]).ok().stdout;
    assert!(listed.contains("unknown status"), "{listed}");
    let pair = BASE64_STANDARD.encode(format!("{KEY}:{SECRET}"));
    for text in ["Trần Thị Bình", "0912 345 678", KEY, SECRET, &pair] {
        assert!(!String::from_utf8_lossy(&shop.everything_said()).contains(text), "{text} was said");
    }
    // Once the status is known and the price is put right, both come home.
    let rejected = "SELECT count(*) FROM rejected WHERE healed_at IS NULL";
    web.stock().touch(priceless)["line_items"][0]["subtotal"] = json!("5.00");
    let configuration = std::fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let learned = configuration.replace("timeout =", "statuses = { shipped = \"completed\" }\ntimeout =");
    shop.write("firstwatch.toml", &learned);
    std::thread::sleep(Duration::from_secs(4));
    shop.run_job(&["pull"], "done");
    assert_eq!((shop.number("SELECT count(*) FROM orders"), shop.number(rejected)), (40, 0));
}

#[test]
fn what_is_wrong_with_the_shop_is_said_in_a_sentence() {
    let web = WebShop::open(Stock::recorded());
    let shop = pulling_from(&web, "");
    shop.write("woo.secret", "cs_wrong\n");
    std::fs::set_permissions(shop.path("woo.secret"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let said = |shop: &Shop| shop.run(&["source", "test", "shop"]).exits(69).stderr;
    let refused = said(&shop);
    assert!(refused.contains("refuses the key") && !refused.contains("cs_wrong"), "{refused}");
    std::fs::set_permissions(shop.path("woo.secret"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(said(&shop).contains("mode 0644"));
    let elsewhere = std::fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let elsewhere = elsewhere.replace(&web.url, &format!("{}/blog", web.url));
    shop.write("firstwatch.toml", &elsewhere);
    shop.write("woo.secret", SECRET);
    std::fs::set_permissions(shop.path("woo.secret"), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(said(&shop).contains("has no WooCommerce at this address"));
}

/// What the samples have none of: tax, shipping, coupons, fees, and a refund that its lines do not explain.
#[test]
fn an_order_with_everything_adds_up() {
    let mut stock = Stock::recorded();
    stock.orders.truncate(1);
    stock.refunds.clear();
    let line = |id: u64, subtotal: &str, total: &str, tax: &str, sku: &str| {
        json!({"id": id, "name": format!("Đồng hồ {sku}"), "quantity": 2, "subtotal": subtotal, "total": total,
            "total_tax": tax, "sku": sku, "price": "3"})
    };
    let id = stock.first_ids(1)[0];
    let order = stock.order(id);
    order["status"] = json!("completed");
    order["line_items"] =
        json!([line(1, "20.00", "18.00", "1.80", "A"), line(2, "10.00", "10.00", "1.00", "B")]);
    order["fee_lines"] = json!([{"id": 3, "total": "2.00", "total_tax": "0.20"}]);
    order["shipping_total"] = json!("5.00");
    order["total_tax"] = json!("3.50");
    order["total"] = json!("38.50");
    order["refunds"] = json!([{"id": 70, "total": "-9.90"}, {"id": 71, "total": "-1.00"}]);
    let item = json!({"id": 900, "quantity": -1, "total": "-8.00", "total_tax": "-0.80",
        "meta_data": [{"key": "_refunded_item_id", "value": "1"}]});
    let refund = |refund: u64, amount: &str, items: Value| {
        json!({"id": refund, "parent_id": id, "date_created_gmt": "2026-01-05T08:00:00", "amount": amount,
            "reason": "", "line_items": items, "shipping_lines": [], "fee_lines": []})
    };
    stock.refunds = vec![refund(70, "9.90", json!([item])), refund(71, "1.00", json!([]))];
    let web = WebShop::open(stock);
    let shop = pulling_from(&web, "");
    shop.run_job(&["pull"], "done");
    let sums =
        "SELECT sum(gross) || ' ' || sum(discounts) || ' ' || sum(tax) || ' ' || sum(shipping) FROM entries";
    let sums: String = shop.store().query_row(sums, (), |row| row.get(0)).unwrap();
    assert_eq!(sums, "3000 200 350 700", "gross, discounts, tax, shipping with fees");
    let refunds = rows(&shop, "SELECT id, line, amount, quantity FROM refunds");
    // 9.90 less the line's 8.00 and its tax of 0.80 leaves 1.10.
    let cells = |cells: [Value; 4]| cells.map(|cell| cell.to_string()).join(" ");
    assert_eq!(
        refunds,
        [
            cells([json!("70"), Value::Null, json!(110), Value::Null]),
            cells([json!("70-900"), json!("1"), json!(800), json!(1)]),
            cells([json!("71"), Value::Null, json!(100), Value::Null]),
        ]
    );
}
