//! Pages of a generator: whatever is asked, the cells from elsewhere are those from here.

use std::collections::BTreeMap;
use std::path::Path;

use fastrand::Rng;
use firstwatch::domain::cell::{CellDefinition, Measure, RecordedCell};
use firstwatch::domain::entry::{CustomerType, Dimension, Entry, EntryKind, Place};
use firstwatch::domain::ids::Pseudonym;
use firstwatch::domain::money::Money;
use firstwatch::engine::{Error, Pages, Session};
use firstwatch::facts::{self, Page};
use firstwatch::report::{self, Asked, CellTable, Cells, Shape, Window};
use firstwatch::settings::SparkConnect;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::sail::{Sail, engine};

const FIRST: Date = date(2025, 11, 1);
const MONTHS: i32 = 4;

/// Words that a text between them and us could mangle.
const BRANDS: [&str; 7] =
    ["", "Casio", "Đồng hồ Hải Âu", "O'Neill", "`x` \"y\" \\z", "Casio ", "100 % {nới}, *?"];

/// Of customers, some of whose pseudonyms no signed number holds.
fn customer(random: &mut Rng) -> u64 {
    let known = [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1];
    known
        .get(random.usize(..60))
        .copied()
        .unwrap_or_else(|| random.u64(..40).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn entry(random: &mut Rng, month: Date) -> Entry {
    let pick = |random: &mut Rng, words: &[&str]| words[random.usize(..words.len())].to_owned();
    let day = month.saturating_add(i64::from(random.u8(..28)).days());
    let late = if random.u8(..6) == 0 { i64::from(random.u8(1..80)) } else { 0 };
    // Shipping alone adds nothing that anybody can see.
    let counts = i64::from(random.u8(..9) != 0);
    let mut amount = |most: i64| Money::from_minor(counts * random.i64(0..=most));
    let (gross, discounts, refunds) = (amount(1_000_000_000_000), amount(90_000), amount(3));
    let brand = pick(random, &BRANDS);
    Entry {
        day,
        belongs_to: day.saturating_sub(late.days()),
        kind: EntryKind::ALL[random.usize(..3)],
        customer: Pseudonym(customer(random)),
        place: Place {
            product: format!("{brand} {}", random.u8(..5)),
            brand,
            category: pick(random, &["watch", "strap", ""]),
            province: pick(random, &["Huế", "Hà Nội", ""]),
            region: pick(random, &["north", "central", "south"]),
            channel: pick(random, &["web", "shop"]),
            payment_method: pick(random, &["cod", "card", ""]),
            customer_type: if random.bool() { CustomerType::New } else { CustomerType::Returning },
        },
        gross,
        discounts,
        refunds,
        orders: counts * random.i64(0..2),
        units: counts * random.i64(0..4),
        cancellations: counts * random.i64(0..2),
        new_customers: counts * random.i64(0..2),
        tax: Money::from_minor(random.i64(-9..9)),
        shipping: Money::from_minor(30_000),
    }
}

/// A page a month, the last of them of some days, in a folder whose name is not plain.
fn pages(folder: &Path, random: &mut Rng) -> Vec<Page> {
    let month = |at: i32| FIRST.saturating_add(at.months());
    (0..MONTHS)
        .map(|at| {
            let entries: Vec<Entry> = (0..400).map(|_| entry(random, month(at))).collect();
            facts::seal(folder, month(at), month(at + 1), &entries).unwrap()
        })
        .collect()
}

fn groups(name: &str, rows: &[Dimension], columns: &[Dimension], (from, until): (Date, Date)) -> CellTable {
    CellTable {
        name: name.into(),
        shape: Shape::Groups { rows: rows.into(), columns: columns.into(), from, until },
        measures: vec![Measure::Net, Measure::Orders, Measure::Refunds],
    }
}

fn windows(spans: &[(Date, Date)]) -> CellTable {
    let window = |(at, &(from, until)): (usize, &(Date, Date))| Window { name: at.to_string(), from, until };
    CellTable {
        name: "windows".into(),
        shape: Shape::Windows(spans.iter().enumerate().map(window).collect()),
        measures: vec![Measure::Gross, Measure::NewCustomers],
    }
}

fn earlier(random: &mut Rng) -> RecordedCell {
    let from = FIRST.saturating_add(i64::from(random.u8(..110)).days());
    let mut fixed = BTreeMap::new();
    if random.bool() {
        fixed.insert(Dimension::Brand, BRANDS[random.usize(..BRANDS.len())].to_owned());
    }
    if random.bool() {
        fixed.insert(Dimension::Weekday, random.u8(1..=7).to_string());
    }
    if random.u8(..4) == 0 {
        fixed.insert(Dimension::BelongsTo, ["2025-12", ""][random.usize(..2)].to_owned());
    }
    let until = from.saturating_add(i64::from(random.u8(1..40)).days());
    RecordedCell {
        definition: CellDefinition { from, until, fixed },
        measures: vec![Measure::Units],
        shown: random.bool().then(|| vec![1]),
    }
}

fn ask(folder: &Path, pages: &[Page], from: Date, until: Date) -> Pages {
    let within: Vec<&Page> = pages.iter().filter(|page| page.from < until && from < page.until).collect();
    Pages {
        paths: within.iter().map(|page| folder.join(&page.file).to_str().unwrap().to_owned()).collect(),
        rows: within.iter().map(|page| page.rows).sum(),
        from,
        until,
    }
}

pub fn from_elsewhere(spark: &SparkConnect, pages: Pages, asked: Asked<'_>) -> Result<Cells, anyhow::Error> {
    let session = Session::open(spark, pages)?;
    let dimensions = report::dimensions(asked);
    let groups = session.groups(&dimensions)?;
    report::cells_of_groups(&groups, asked, |atoms| Ok(session.contributions(&dimensions, &groups, atoms)?))
}

#[test]
fn the_cells_of_generated_pages_are_the_same() {
    let sail = Sail::start();
    let spark = engine(sail.uri());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("sổ sách của shop");
    std::fs::create_dir(&folder).unwrap();
    let mut random = Rng::with_seed(20_261_123);
    let pages = pages(&folder, &mut random);
    let day = |at: i64| FIRST.saturating_add(at.days());
    use Dimension::*;
    let all = (day(0), day(120));
    let questions: [(&[CellTable], &[CellTable], usize); 6] = [
        (&[windows(&[all])], &[], 0),
        (&[windows(&[(day(3), day(9)), (day(40), day(40)), (day(60), day(119))])], &[], 6),
        (&[groups("a", &[Category, Brand], &[Region], (day(10), day(71)))], &[], 30),
        (
            &[groups("b", &[Product], &[PaymentMethod], all), groups("late", &[BelongsTo], &[], all)],
            &[groups("c", &[Province], &[], all)],
            0,
        ),
        (&[groups("d", &[Channel, CustomerType], &[Weekday], (day(30), day(40)))], &[windows(&[all])], 12),
        (&[groups("e", &[Brand], &[Weekday], (day(200), day(230)))], &[], 3),
    ];
    for (at, (tables, reserved, count)) in questions.into_iter().enumerate() {
        let earlier: Vec<RecordedCell> = (0..count).map(|_| earlier(&mut random)).collect();
        let asked = Asked { tables, reserved, earlier: &earlier, ..Asked::default() };
        let here = report::cells(&facts::load(&folder, &pages, all.0, all.1).unwrap(), asked).unwrap();
        let there = from_elsewhere(&spark, ask(&folder, &pages, all.0, all.1), asked);
        let there = there.unwrap_or_else(|error| panic!("question {at}: {error:#}"));
        assert!(there == here, "question {at}");
        assert!(at == 5 || here.request.data.atoms.len() > 40, "question {at} asks for something");
    }
}

#[test]
fn other_pages_than_the_sealed_ones_are_not_summed() {
    let sail = Sail::start();
    let spark = engine(sail.uri());
    let folder = tempfile::tempdir().unwrap();
    let pages = pages(folder.path(), &mut Rng::with_seed(1));
    let asked = ask(folder.path(), &pages, FIRST, date(2026, 3, 1));
    let short = Pages { rows: asked.rows + 1, ..asked.clone() };
    assert!(matches!(Session::open(&spark, short), Err(Error::OtherPages { .. })));
    let mut gone = asked.clone();
    gone.paths[1] = folder.path().join("gone.parquet").to_str().unwrap().to_owned();
    let error = Session::open(&spark, gone).err().unwrap();
    assert!(!error.is_unavailable() && error.to_string().contains("[engine] directory"), "{error}");
    let mut pattern = asked;
    pattern.paths[1] = folder.path().join("*.parquet").to_str().unwrap().to_owned();
    assert!(matches!(Session::open(&spark, pattern), Err(Error::Settings { key: "directory", .. })));
}

#[test]
fn a_sum_that_does_not_fit_is_no_sum() {
    let sail = Sail::start();
    let folder = tempfile::tempdir().unwrap();
    let mut random = Rng::with_seed(2);
    let entries: Vec<Entry> = (0..2)
        .map(|at| Entry {
            customer: Pseudonym(at),
            gross: Money::from_minor(i64::MAX - 5),
            day: FIRST,
            belongs_to: FIRST,
            ..entry(&mut random, FIRST)
        })
        .collect();
    let page = facts::seal(folder.path(), FIRST, date(2025, 12, 1), &entries).unwrap();
    let pages = ask(folder.path(), &[page], FIRST, date(2025, 12, 1));
    let session = Session::open(&engine(sail.uri()), pages).unwrap();
    assert!(matches!(session.groups(&std::collections::BTreeSet::new()), Err(Error::TooLarge)));
}
