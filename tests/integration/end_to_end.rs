//! The main job on real input: what is pulled is booked to the last minor unit, and what is mailed is what
//! plain SQL makes of the same file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use polars::prelude::{ChunkAgg, ParquetReader, SerReader};
use serde_json::Value;

use super::harness::{Builder, Shop, job, report, sample};

/// Of `superstore.csv`, in ten-thousandths of a dollar, as its README has them.
const SUPERSTORE: i64 = 22_972_008_603;
/// The README rounds to cents; the sums of the file to the last digit.
const REGIONS: [(&str, i64, &str); 4] = [
    ("West", 7_254_578_245, "725,457.82"),
    ("East", 6_787_812_400, "678,781.24"),
    ("Central", 5_012_398_908, "501,239.89"),
    ("South", 3_917_219_050, "391,721.91"),
];
const NET: &str = "SELECT coalesce(sum(gross - discounts - refunds), 0) FROM entries";

fn superstore(data: &Path) -> Builder {
    let year = report("year", "[\"html\", \"xlsx\"]", &["region"]);
    Builder::fixture("superstore", data).job("pull", job("pull", "")).job("yearly", year)
}

/// What the pull's run says of its only source.
fn tally(run: &Value) -> &Value {
    run["details"]["sources"].as_object().unwrap().values().next().unwrap()
}

/// The net of each region in the store.
fn regions(shop: &Shop) -> BTreeMap<String, i64> {
    let store = shop.store();
    let mut by_region = store
        .prepare(
            "SELECT p.region, sum(e.gross - e.discounts - e.refunds)
             FROM entries e JOIN places p ON p.no = e.place GROUP BY p.region",
        )
        .unwrap();
    let rows = by_region.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// The net of every sealed page, read as any program reads Parquet.
fn net_of_pages(shop: &Shop) -> i64 {
    let mut net = 0;
    for page in fs::read_dir(shop.state().join("facts")).unwrap() {
        let frame = ParquetReader::new(fs::File::open(page.unwrap().path()).unwrap()).finish().unwrap();
        let sum = |column: &str| frame.column(column).unwrap().i64().unwrap().sum().unwrap_or(0);
        net += sum("gross") - sum("discounts") - sum("refunds");
    }
    net
}

#[test]
fn superstore_is_booked_to_the_last_minor_unit() {
    let Some(data) = sample("superstore/superstore.csv") else { return };
    let shop = superstore(&data).open();
    let first = shop.run_job(&["pull"], "done");
    assert_eq!((&tally(&first)["changed_orders"], &tally(&first)["rejected"]), (&5_009.into(), &0.into()));
    assert_eq!((shop.number(NET), shop.number("SELECT sum(orders) FROM entries")), (SUPERSTORE, 5_009));
    assert_eq!(shop.number("SELECT count(*) FROM customers"), 793);
    let regions = regions(&shop);
    for (region, total, published) in REGIONS {
        assert_eq!(regions[region], total);
        assert_eq!(format!("{:.2}", total as f64 / 1e4), published.replace(',', ""), "{region}");
    }

    // Pulled again unchanged, it books nothing.
    let entries = shop.number("SELECT count(*) FROM entries");
    let second = shop.run_job(&["pull"], "done");
    assert_eq!((&tally(&second)["changed_orders"], &tally(&second)["entries"]), (&0.into(), &0.into()));
    assert_eq!(shop.number("SELECT count(*) FROM entries"), entries);

    // What is sealed for the last year's report is what is booked.
    shop.run_job(&["yearly", "--period", "2017"], "done");
    assert_eq!(net_of_pages(&shop), SUPERSTORE);
}

/// A line of the CSV, with another text for its amount.
fn with_amount(csv: &str, row: &str, from: &str, to: &str) -> String {
    let line = csv.lines().find(|line| line.starts_with(row)).unwrap();
    assert_eq!(line.matches(from).count(), 1, "{line}");
    csv.replacen(line, &line.replace(from, to), 1)
}

#[test]
fn a_change_books_its_difference_and_a_mended_row_heals() {
    let Some(data) = sample("superstore/superstore.csv") else { return };
    let whole = fs::read_to_string(data).unwrap();
    // A year is enough, and quicker.
    let year =
        |line: &&str| line.starts_with("\"Row ID\"") || line.split(',').nth(2).unwrap().starts_with("2016-");
    let csv: String = whole.lines().filter(year).map(|line| format!("{line}\n")).collect();
    let net = lines_of(&csv, "2016-01-01", "2017-01-01");
    let shop = superstore(Path::new("shop.csv")).open();

    // The second line costs `lots`: it waits, with the other line of its order, and nothing else does.
    shop.write("shop.csv", &with_amount(&csv, "2,", ",731.94,", ",lots,"));
    assert_eq!(tally(&shop.run_job(&["pull"], "done"))["rejected"], 2);
    let listed = shop.ask(&["source", "rejected"]).ok().json();
    let lots = listed.as_array().unwrap().iter().find(|row| row["value"] == "lots");
    assert!(lots.is_some_and(|row| row["row"] == 2 && row["column"] == "amount"), "{listed:#}");
    assert_eq!(shop.number(NET), net - 2_619_600 - 7_319_400);

    shop.write("shop.csv", &csv);
    assert_eq!(tally(&shop.run_job(&["pull"], "done"))["healed"], 2);
    assert_eq!(shop.ask(&["source", "rejected"]).ok().json(), Value::Array(vec![]));
    assert_eq!(shop.number(NET), net);

    // Before the books of the period are closed, a change is made on its day; after, today and marked late.
    let pull = |from: &str, to: &str| {
        shop.write("shop.csv", &with_amount(&csv, "1,", from, to));
        let before = shop.number(NET);
        let run = shop.run_job(&["pull"], "done");
        assert_eq!(tally(&run)["changed_orders"], 1);
        (shop.number(NET) - before, tally(&run)["late_entries"].as_i64().unwrap())
    };
    assert_eq!(pull(",261.96,", ",271.9701,"), (100_101, 0));
    shop.run_job(&["yearly", "--period", "2016"], "done");
    assert_eq!(pull(",261.96,", ",261.95,"), (-100_201, 1));
    assert_eq!(net_of_pages(&shop), net + 100_101);
}

/// The sales of the lines from a day until another, summed from their text.
fn lines_of(csv: &str, from: &str, until: &str) -> i64 {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.records().map(Result::unwrap);
    rows.filter(|row| (from..until).contains(&&row[2])).map(|row| minor(&row[17])).sum()
}

/// Ten-thousandths of an amount's text.
pub fn minor(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 4, "{text}");
    format!("{whole}{part:0<4}").parse().unwrap()
}

#[test]
fn northwind_is_booked_to_the_last_minor_unit() {
    let Some(data) = sample("northwind/northwind.sqlite") else { return };
    let year = report("year", "[\"html\", \"xlsx\"]", &["category"]);
    let shop = Builder::fixture("northwind", &data).job("pull", job("pull", "")).job("yearly", year).open();
    let run = shop.run_job(&["pull"], "done");
    assert_eq!((&tally(&run)["changed_orders"], &tally(&run)["rejected"]), (&830.into(), &0.into()));
    assert_eq!(shop.number(NET), 12_657_930_395);
    assert_eq!(tally(&shop.run_job(&["pull"], "done"))["entries"], 0);
    let last =
        shop.store().query_row("SELECT max(day) FROM entries", (), |row| row.get::<_, String>(0)).unwrap();
    shop.run_job(&["yearly", "--period", &last[..4]], "done");
    assert_eq!(net_of_pages(&shop), 12_657_930_395);
}
