//! One shop in three ways: over REST, from its MariaDB, and as CSV, with the sample's 5,009 orders. (The few orders that
//! the project brings along go the first and the last way where there is no sample.)

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Command;

use serde_json::{Value, json};

use super::databases::{Database, Kind};
use super::sql::{hpos, shop_of};
use super::web::{Stock, WebShop};
use super::woocommerce::pulling_from;
use super::{assert_same, booked, brought_home, rows};
use crate::harness::{Shop, sample};

const EUR: &str = "{ code = \"EUR\", decimals = 2 }";

/// The unpacked file of the sample.
fn unpacked(name: &str) -> Option<String> {
    let path = sample(&format!("woocommerce/{name}"))?;
    let output = Command::new("gzip").args(["-dc"]).arg(path).output().unwrap();
    assert!(output.status.success());
    let mut text = String::new();
    output.stdout.as_slice().read_to_string(&mut text).unwrap();
    Some(text)
}

fn sampled() -> Option<Stock> {
    let lines = |text: String| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refunds = std::fs::read_to_string(sample("woocommerce/refunds.json")?).unwrap();
    Some(Stock {
        orders: lines(unpacked("orders.jsonl.gz")?),
        customers: lines(unpacked("customers.jsonl.gz")?),
        products: lines(unpacked("products.jsonl.gz")?),
        refunds: serde_json::from_str(&refunds).unwrap(),
        most_per_page: 100,
        ..Stock::default()
    })
}

/// As somebody would export the same orders by hand.
fn as_csv(stock: &Stock, shop: &Shop) {
    let mut files = [const { Vec::new() }; 3].map(csv::Writer::from_writer);
    let [orders, lines, refunds] = &mut files;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    orders
        .write_record([
            "order_id",
            "placed_at",
            "status",
            "paid_at",
            "completed_at",
            "modified_at",
            "channel",
            "customer_id",
            "name",
            "email",
            "province",
            "payment_method",
            "currency",
            "total",
        ])
        .unwrap();
    lines.write_record(["order_id", "line_id", "product", "quantity", "amount", "sku"]).unwrap();
    refunds.write_record(["refund_id", "order_id", "refunded_at", "amount", "line_id", "quantity"]).unwrap();
    let at = |value: &Value| value.as_str().map_or(String::new(), |at| format!("{at}Z"));
    for order in &stock.orders {
        let billing = &order["billing"];
        let name = format!("{} {}", text(&billing["first_name"]), text(&billing["last_name"]));
        orders
            .write_record([
                &text(&order["id"]),
                &at(&order["date_created_gmt"]),
                &text(&order["status"]),
                &at(&order["date_paid_gmt"]),
                &at(&order["date_completed_gmt"]),
                &at(&order["date_modified_gmt"]),
                &text(&order["created_via"]),
                &text(&order["customer_id"]),
                &name,
                &text(&billing["email"]),
                &text(&billing["state"]),
                &text(&order["payment_method"]),
                &text(&order["currency"]),
                &text(&order["total"]),
            ])
            .unwrap();
        for line in order["line_items"].as_array().unwrap() {
            lines
                .write_record([
                    &text(&order["id"]),
                    &text(&line["id"]),
                    &text(&line["name"]),
                    &text(&line["quantity"]),
                    &text(&line["subtotal"]),
                    &text(&line["sku"]),
                ])
                .unwrap();
        }
    }
    for refund in &stock.refunds {
        let item = &refund["line_items"][0];
        refunds
            .write_record([
                &format!("{}-{}", refund["id"], item["id"]),
                &text(&refund["parent_id"]),
                &at(&refund["date_created_gmt"]),
                &text(&refund["amount"]),
                &text(&item["meta_data"][0]["value"]),
                &item["quantity"].as_i64().unwrap().abs().to_string(),
            ])
            .unwrap();
    }
    for (file, name) in std::iter::zip(files, ["orders.csv", "order_lines.csv", "refunds.csv"]) {
        shop.write(name, &String::from_utf8(file.into_inner().unwrap()).unwrap());
    }
}

const CSV: &str = "[[source]]\nname = \"shop\"\nkind = \"csv\"\nprovinces = \"as-given\"\n
[source.orders]\npath = \"orders.csv\"\n[source.order_lines]\npath = \"order_lines.csv\"\n
[source.refunds]\npath = \"refunds.csv\"\n";

#[test]
fn rest_and_csv_give_the_same_books() {
    let stock = Stock::recorded();
    let by_file = shop_of(CSV, EUR);
    as_csv(&stock, &by_file);
    by_file.run_job(&["pull"], "done");
    let web = WebShop::open(stock);
    let by_rest = in_hanoi(&web);
    by_rest.run_job(&["pull"], "done");
    assert_same(&booked(&by_file), &booked(&by_rest));
}

#[test]
fn five_thousand_orders_come_home_alike_in_three_ways() {
    let Some(mut stock) = sampled() else { return };
    brand(&mut stock);
    let terms = terms(&stock);
    let by_file = shop_of(CSV, EUR);
    as_csv(&stock, &by_file);
    by_file.run_job(&["pull"], "done");

    let web = WebShop::open(stock);
    let by_rest = in_hanoi(&web);
    by_rest.run_job(&["pull"], "done");
    assert_eq!(by_rest.number("SELECT count(*) FROM orders"), 5_009);
    assert_eq!(by_rest.number("SELECT count(*) FROM refunds"), 50);
    assert_eq!(by_rest.number("SELECT sum(gross) FROM entries"), 229_720_107, "as its README has it");
    assert_same(&booked(&by_file), &booked(&by_rest));
    let backfilled = brought_home(&by_rest);
    by_rest.run_job(&["pull"], "done");
    assert_same(&backfilled, &brought_home(&by_rest));

    let Some(database) = Database::start(Kind::Mariadb) else { return };
    database.load(&unpacked("woo-hpos-orders.sql.gz").expect("it stands beside the others"));
    let by_database = shop_of(&hpos(&database), EUR);
    by_database.run_job(&["pull"], "done");
    assert_same(&backfilled, &brought_home(&by_database));
    by_database.run_job(&["pull"], "done");
    assert_same(&backfilled, &brought_home(&by_database));

    database.load(&terms);
    let with_kinds = shop_of(&hpos(&database).replace("-- kind: ", ""), EUR);
    with_kinds.run_job(&["pull"], "done");
    let kinds =
        "SELECT o.id, l.id, l.brand, l.category FROM order_lines l JOIN orders o ON o.no = l.order_no";
    assert!(with_kinds.number("SELECT count(DISTINCT category) FROM order_lines") > 10);
    assert_eq!(with_kinds.number("SELECT count(DISTINCT brand) FROM order_lines"), 2);
    assert_same(&rows(&by_rest, kinds), &rows(&with_kinds, kinds));
}

/// Gives some products a brand, in the two ways of shops; the sample's have none.
fn brand(stock: &mut Stock) {
    for (at, product) in stock.products.iter_mut().enumerate() {
        match at % 3 {
            0 => product["brands"] = json!([{"name": "Seiko &amp; Sons"}]),
            1 => product["attributes"] = json!([{"name": "Brand", "options": ["Casio"]}]),
            _ => {}
        }
    }
}

/// The products' brands and categories as WordPress keeps them.
fn terms(stock: &Stock) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut numbers: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut relations = Vec::new();
    for product in &stock.products {
        let names = |list: &str| {
            let names = product[list].as_array().into_iter().flatten().map(|one| text(&one["name"]));
            names.collect::<Vec<String>>()
        };
        let categories = names("categories").into_iter().map(|name| ("product_cat", name));
        let brands = names("brands").into_iter().map(|name| ("product_brand", name));
        let attributes = product["attributes"].as_array().into_iter().flatten();
        let options = attributes.map(|one| ("pa_brand", text(&one["options"][0])));
        for term in categories.chain(brands).chain(options) {
            let next = numbers.len() + 1;
            let number = *numbers.entry(term).or_insert(next);
            relations.push(format!("({}, {number})", product["id"]));
        }
    }
    let quoted = |text: &str| text.replace('\'', "''");
    let taxonomies =
        numbers.iter().map(|((taxonomy, _), number)| format!("({number}, {number}, '{taxonomy}')"));
    let names = numbers.iter().map(|((_, name), number)| {
        let slug = if name == "Uncategorized" { "uncategorized" } else { "other" };
        format!("({number}, '{}', '{slug}')", quoted(name))
    });
    let values = |rows: Vec<String>| rows.join(", ");
    format!(
        "CREATE TABLE wp_terms (term_id BIGINT, name VARCHAR(200), slug VARCHAR(200));
         CREATE TABLE wp_term_taxonomy (term_taxonomy_id BIGINT, term_id BIGINT, taxonomy VARCHAR(32));
         CREATE TABLE wp_term_relationships (object_id BIGINT, term_taxonomy_id BIGINT);
         INSERT INTO wp_terms VALUES {};
         INSERT INTO wp_term_taxonomy VALUES {};
         INSERT INTO wp_term_relationships VALUES {};",
        values(names.collect()),
        values(taxonomies.collect()),
        values(relations)
    )
}

/// The web shop's orders, booked by the days of the same zone as the others.
fn in_hanoi(web: &WebShop) -> Shop {
    let shop = pulling_from(web, "");
    let configuration = std::fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let configuration =
        configuration.replace("Europe/Berlin", "Asia/Ho_Chi_Minh").replace("\"1s\"", "\"30s\"");
    shop.write("firstwatch.toml", &configuration);
    shop
}
