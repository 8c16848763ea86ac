//! The systems that shops really run, as the real program pulls from them: a server that replays what a WooCommerce
//! answered, and real database servers.

mod databases;
mod same_books;
mod sql;
mod web;
mod woocommerce;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde_json::Value;

use super::harness::Shop;

#[test]
fn every_shipped_source_is_valid() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sources");
    let mut valid = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "toml") {
            let shop =
                sql::shop_of(&std::fs::read_to_string(&file).unwrap(), "{ code = \"VND\", decimals = 0 }");
            let listed = shop.run(&["source", "list"]).ok().stdout;
            assert!(listed.contains("shop"), "{}: {listed}", file.display());
            valid += 1;
        }
    }
    assert_eq!(valid, 4);
}

/// Everything that a pull brings home, but for what names persons and what is numbered by its coming.
pub fn brought_home(shop: &Shop) -> Vec<String> {
    let mut all = rows(
        shop,
        "SELECT 'order', id, status, placed_at, paid_at, completed_at, modified_at, channel, payment_method, province,
                discount, shipping, tax, fees, total, customer IS NULL FROM orders",
    );
    all.extend(rows(
        shop,
        "SELECT 'line', o.id, l.position, l.id, l.product, l.sku, l.quantity, l.gross, l.discount, l.tax
         FROM order_lines l JOIN orders o ON o.no = l.order_no",
    ));
    all.extend(rows(shop, "SELECT 'refund', id, order_id, refunded_at, amount, line, quantity FROM refunds"));
    all.extend(rows(shop, "SELECT 'payment', id, order_id, paid_at, method, amount, status FROM payments"));
    all.extend(booked(shop));
    all.sort();
    all
}

/// The books.
pub fn booked(shop: &Shop) -> Vec<String> {
    rows(
        shop,
        "SELECT 'entry', o.id, e.line, e.refund, e.day, e.belongs_to, e.kind, p.product, p.province, p.channel,
                p.payment_method, p.customer_type, sum(e.gross), sum(e.discounts), sum(e.refunds), sum(e.orders),
                sum(e.units), sum(e.cancellations), sum(e.new_customers), sum(e.tax), sum(e.shipping)
         FROM entries e JOIN orders o ON o.no = e.order_no JOIN places p ON p.no = e.place
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12",
    )
}

/// Each row in one line, sorted.
pub fn rows(shop: &Shop, sql: &str) -> Vec<String> {
    let store = shop.store();
    let mut statement = store.prepare(sql).unwrap();
    let width = statement.column_count();
    let line = |row: &Row<'_>| {
        let cells = (0..width).map(|at| {
            Ok(match row.get_ref(at)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into(),
            }
            .to_string())
        });
        Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
    };
    let mut rows: Vec<String> = statement.query_map((), line).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

/// Tells what differs, for the whole of two stores fills a screen.
#[track_caller]
pub fn assert_same(one: &[String], other: &[String]) {
    let lost: Vec<&String> = one.iter().filter(|row| other.binary_search(row).is_err()).take(5).collect();
    let added: Vec<&String> = other.iter().filter(|row| one.binary_search(row).is_err()).take(5).collect();
    assert!(
        one == other,
        "{} and {} rows; only in the one: {lost:#?}\nonly in the other: {added:#?}",
        one.len(),
        other.len()
    );
}
