//! `check` says what the tables of reports are likely to withhold, and what would show more.

use super::harness::{Builder, FLAT_SHOP, job, report};
use super::rebuild::orders;

#[test]
fn a_table_that_is_too_fine_is_told_with_a_coarser_one() {
    let shop = Builder::new(FLAT_SHOP)
        .job("pull", job("pull", ""))
        .job("weekly", report("week", "[\"html\"]", &["product", "brand"]))
        .open();
    shop.write("orders.csv", &orders(0..4, 0));
    let told = shop.ask(&["check"]).ok().json();
    assert_eq!(told["withholding"]["tables"], serde_json::json!([]));
    let words = shop.run(&["check"]).ok().stdout;
    assert!(words.contains("nothing was pulled yet"), "{words}");

    shop.run_job(&["pull"], "done");
    let told = shop.ask(&["check"]).ok().json();
    let tables = &told["withholding"]["tables"];
    let [products, brands] = &tables.as_array().unwrap()[..] else { panic!("{tables:#}") };
    assert_eq!((&products["table"], &brands["table"]), (&"product".into(), &"brand".into()));
    assert_eq!((&products["period"], &products["better"]["rows"][0]), (&"2024-W22".into(), &"brand".into()));
    assert!(brands["better"].is_null(), "{brands:#}");
    let share = |of: &serde_json::Value| of["withheld"].as_f64().unwrap() / of["cells"].as_f64().unwrap();
    assert!(share(products) > 0.5 && share(&products["better"]) <= 0.5 && share(brands) <= 0.5, "{tables:#}");
    let words = shop.run(&["check"]).ok().stdout;
    assert!(words.contains("`product` of job `weekly`: about ") && words.contains("; by brand: "), "{words}");
    assert_eq!(shop.number("SELECT count(*) FROM releases"), 0);
    let left = std::fs::read_dir(shop.state()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().starts_with("scratch")));
}
