//! What is withheld leaves no trace: where data differ in withheld figures alone, every byte that is sent is the same.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use super::harness::{Builder, FLAT_SHOP, Shop, job, report};
use super::rebuild::orders;

/// The orders with more (or less) on the price of some of the second week's.
fn with(changes: &[(u32, i64)]) -> String {
    let changed = |line: &str| {
        let more = changes.iter().find(|(order, _)| line.starts_with(&format!("1-{order},")))?.1;
        let (rest, price) = line.rsplit_once(',')?;
        Some(format!("{rest},{}\n", price.parse::<i64>().ok()? + more))
    };
    orders(0..2, 0).lines().map(|line| changed(line).unwrap_or_else(|| format!("{line}\n"))).collect()
}

/// The parts of the second week's report on those orders, and the cells that it withheld.
fn released(empty: &Shop, orders: &str) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let shop = Shop::copy_of(&empty.path(""));
    shop.write("orders.csv", orders);
    // The age of the file is printed.
    let file = File::options().append(true).open(shop.path("orders.csv")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)).unwrap();
    shop.run_job(&["pull"], "done");
    for week in ["2024-W19", "2024-W20"] {
        shop.run_job(&["weekly", "--period", week], "done");
    }
    let folder = shop.state().join("releases/weekly.2024-w20");
    let mut parts: Vec<(String, Vec<u8>)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.ends_with(".eml"))
        .collect();
    parts.sort();
    let store = shop.store();
    let sql = "SELECT fixed FROM release_cells WHERE shown IS NULL AND table_name IN ('brand', 'product')
               AND release_no = 2 ORDER BY table_name, ordinal";
    let mut statement = store.prepare(sql).unwrap();
    let withheld = statement.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    (parts, withheld)
}

#[test]
fn what_differs_in_withheld_figures_alone_reads_the_same() {
    // Money moves between orders of different days, which a trend would show.
    let weekly = report("week", "[\"html\", \"xlsx\", \"pdf\"]", &["brand", "product"]);
    let empty = Builder::new(FLAT_SHOP)
        .job("pull", job("pull", ""))
        .job("weekly", weekly.replacen("period = ", "trend = false\nperiod = ", 1))
        .open();
    let (first, withheld) = released(&empty, &with(&[]));
    assert!(withheld.len() >= 6 && first.len() >= 4, "{withheld:?} {}", first.len());
    let is_withheld =
        |dimension: &str, value: &str| withheld.contains(&format!("{{{dimension:?}:{value:?}}}"));
    let brand = |order: u32| ["Casio", "Citizen", "Orient"][order as usize % 3];
    let product = |order: u32| format!("{} {}", brand(order), order % 6);
    let has_hidden_product = |order: &u32| is_withheld("product", &product(*order));
    let hides = (0..28).filter(has_hidden_product).find(|&order| is_withheld("brand", brand(order)));
    let hides = hides.expect("a product of the brand that is withheld beside that of two customers");
    let two_of = |from: u32| {
        let to = (0..28).filter(has_hidden_product);
        let mut to = to.filter(|&to| brand(to) == brand(from) && product(to) != product(from));
        Some((from, to.find(|_| !is_withheld("brand", brand(from)))?))
    };
    let (from, to) = (0..28).filter(has_hidden_product).find_map(two_of).expect("two of a shown brand");
    let told = (0..28).find(|&order| !is_withheld("brand", brand(order))).expect("a shown brand");

    // From one withheld brand to the other, and from one withheld product of a shown brand to another of it.
    let hidden = [(28, -50_000), (hides, 50_000), (from, -7_000), (to, 7_000)];
    let (again, same) = released(&empty, &with(&hidden));
    assert_eq!(same, withheld, "the pattern must be the same for the data to differ in it alone");
    for ((name, one), (other, two)) in first.iter().zip(&again) {
        assert_eq!(name, other);
        assert!(one == two, "{name} differs by what is withheld");
    }

    // From a withheld brand to a shown one.
    let (seen, _) = released(&empty, &with(&[(28, -50_000), (told, 50_000)]));
    let same = |part: &(String, Vec<u8>)| seen.contains(part);
    assert!(!first.iter().any(same), "what is shown is seen in every part");
}
