//! Sums from elsewhere: the same cells from a Spark Connect server as from here, and no report without them.

#[cfg(not(feature = "spark"))]
mod absent;
#[cfg(feature = "spark")]
mod cells;
#[cfg(feature = "spark")]
mod demo;
#[cfg(feature = "spark")]
mod outages;
#[cfg(feature = "spark")]
mod sail;

use super::harness::{Builder, FLAT_SHOP, Shop, job, report};
use super::rebuild::orders;

/// A shop with a weekly report on two weeks, and this in its `[engine]`.
fn shop(engine: &str) -> Shop {
    let shop = Builder::new(&format!("{FLAT_SHOP}\n[engine]\n{engine}\n"))
        .job("pull", job("pull", ""))
        .job("weekly", report("week", "[\"html\"]", &["brand", "weekday"]))
        .open();
    shop.write("orders.csv", &orders(0..2, 0));
    shop
}

#[test]
fn what_is_wrong_with_an_engine_is_said_with_the_remedy() {
    let wrong = |engine: &str| shop(engine).run(&["check"]).exits(78).stdout;
    let said = wrong("kind = \"duckdb\"");
    assert!(said.contains("engine.kind") && said.contains("spark-connect"), "{said}");
    let said = wrong("uri = \"sc://127.0.0.1:15002\"");
    assert!(said.contains("has a meaning for spark-connect only"), "{said}");
    let said = wrong("timeout = \"0s\"");
    assert!(said.contains("write at least 1s"), "{said}");
}
