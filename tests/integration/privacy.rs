//! Nobody is found: no name, e-mail, phone or address of any customer in the state directory, in a mail, or in
//! anything the program says.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use mail_parser::{MessageParser, MimeHeaders};
use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, SerReader};
use rusqlite::{Connection, OpenFlags};

use super::canaries::Wanted;
use super::harness::{Builder, FLAT_SHOP, Shop, job, report, sample};

const HTML_XLSX: &str = "[\"html\", \"xlsx\"]";

/// Every job that runs by itself, with small tables.
fn with_jobs(builder: Builder, rows: &[&str]) -> Shop {
    builder
        .job("pull", job("pull", ""))
        .job("complaints", job("complaint-deadlines", ""))
        .job("copy", job("backup", ""))
        .job("integrity", job("integrity", ""))
        .job("daily", report("day", HTML_XLSX, rows))
        .job("weekly", report("week", HTML_XLSX, rows))
        .job("monthly", report("month", HTML_XLSX, rows))
        .job("quarterly", report("quarter", HTML_XLSX, rows))
        .job("yearly", report("year", HTML_XLSX, rows))
        .open()
}

/// Every job once, and every command that tells of what is kept.
fn live(shop: &Shop, periods: [&str; 5]) {
    shop.run_job(&["pull"], "done");
    for (job, period) in ["daily", "weekly", "monthly", "quarterly", "yearly"].into_iter().zip(periods) {
        shop.run_job(&[job, "--period", period], "done");
    }
    for job in ["complaints", "copy", "integrity"] {
        shop.run_job(&[job], "done");
    }
    let preview = shop.path("preview");
    let preview = preview.to_str().unwrap();
    for format in ["human", "json"] {
        let ask = |arguments: &[&str]| shop.run(&[&["--format", format], arguments].concat());
        ask(&["status"]);
        ask(&["run", "list"]).ok();
        ask(&["run", "show", "1"]).ok();
        ask(&["report", "list"]).ok();
        ask(&["report", "show", "1"]).ok();
        ask(&["outbox", "list"]).ok();
        ask(&["complaint", "list", "--all"]).ok();
        ask(&["source", "rejected"]).ok();
        ask(&["audit", "list", "--limit", "500"]).ok();
        ask(&["source", "test", "nowhere"]).exits(65);
    }
    shop.run(&["job", "run", "weekly", "--period", periods[1], "--dry-run"]).ok();
    shop.run(&["report", "preview", "weekly", "--period", periods[1], "--out", preview]).ok();
}

#[test]
fn no_customer_of_superstore_is_found() {
    let Some(data) = sample("superstore/superstore.csv") else { return };
    let (mut names, mut catalogue) = (BTreeSet::new(), BTreeSet::new());
    for row in csv::Reader::from_path(&data).unwrap().records().map(Result::unwrap) {
        names.insert(row[6].to_owned());
        catalogue.extend([14, 15, 16].map(|column| row[column].to_owned()));
    }
    let catalogue: String = catalogue.iter().map(|term| format!("{term}\n")).collect();
    let everybody = Wanted::new(names.clone(), "");
    let wanted = Wanted::new(names, &catalogue);
    // Nobody is called like a product, so that nobody goes unlooked for.
    assert_eq!((everybody.len(), wanted.len()), (793, 793));
    assert_eq!(wanted.found_in(&fs::read(&data).unwrap()).len(), wanted.len());

    let shop = with_jobs(Builder::fixture("superstore", &data), &["category", "region"]);
    live(&shop, ["2016-03-14", "2016-W11", "2016-03", "2016-Q1", "2015"]);
    shop.run(&["source", "test", "superstore"]).ok();
    wanted.assert_absent_from(&shop);
}

/// Names, phones and addresses of Northwind's customers, and what it sells.
fn northwind(data: &Path) -> (Vec<String>, String) {
    let sql = Connection::open_with_flags(data, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let texts = |query: &str| -> Vec<String> {
        let mut statement = sql.prepare(query).unwrap();
        let rows = statement.query_map((), |row| row.get::<_, Option<String>>(0)).unwrap();
        rows.filter_map(Result::unwrap).collect()
    };
    let identifiers = [
        "SELECT ContactName FROM Customers UNION SELECT ShipName FROM Orders UNION SELECT CompanyName FROM Customers",
        "SELECT Phone FROM Customers UNION SELECT Fax FROM Customers",
        "SELECT Address FROM Customers UNION SELECT ShipAddress FROM Orders",
        "SELECT Address || ', ' || City || ', ' || Country FROM Customers",
    ];
    let catalogue = "SELECT ProductName FROM Products UNION SELECT CompanyName FROM Suppliers
                     UNION SELECT CategoryName FROM Categories";
    (identifiers.into_iter().flat_map(texts).collect(), texts(catalogue).join("\n"))
}

#[test]
fn no_customer_of_northwind_is_found() {
    let Some(data) = sample("northwind/northwind.sqlite") else { return };
    let (identifiers, catalogue) = northwind(&data);
    let everybody = Wanted::new(identifiers.clone(), "");
    let wanted = Wanted::new(identifiers, &catalogue);
    assert_eq!(everybody.len(), wanted.len(), "nobody is called like a product or a supplier");
    assert!(wanted.len() > 400, "{}", wanted.len());

    let shop = with_jobs(Builder::fixture("northwind", &data), &["category"]);
    shop.run_job(&["pull"], "done");
    let last =
        shop.store().query_row("SELECT max(day) FROM entries", (), |row| row.get::<_, String>(0)).unwrap();
    let year: i32 = last[..4].parse().unwrap();
    let periods = ["-03-10", "-W11", "-03", "-Q1", ""].map(|rest| format!("{}{rest}", year - 1));
    live(&shop, periods.each_ref().map(String::as_str));
    shop.run(&["source", "test", "northwind"]).ok();
    wanted.assert_absent_from(&shop);
}

#[test]
fn the_search_finds_what_is_there() {
    let wanted = Wanted::new(["Đặng Quỳnh Kha".to_owned(), "0912 345 678".into(), "Nguyễn".into()], "");
    assert_eq!(wanted.len(), 2, "a single word is nobody");
    for text in ["x đặng quỳnh kha", "ĐẶNG QUỲNH KHA", "D\u{323}ăng 0912345678"] {
        assert_eq!(wanted.found_in(text.as_bytes()).len(), 1, "{text}");
    }
    let wide: Vec<u8> = "Đặng Quỳnh Kha".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(wanted.found_in(&wide).len(), 1);

    // In a mail, a workbook and the store, where bytes are not texts.
    let Some(data) = sample("superstore/superstore.csv") else { return };
    let shop = with_jobs(Builder::fixture("superstore", &data), &["category"]);
    shop.run_job(&["pull"], "done");
    shop.run_job(&["monthly", "--period", "2016-03"], "done");
    for there in ["net sales came to", "Office Supplies", "not a zero"] {
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Wanted::new([there.to_owned()], "").assert_absent_from(&shop);
        }));
        assert!(found.is_err(), "{there}");
    }
    let message = shop.mail().remove(0);
    let message = MessageParser::default().parse(&message).unwrap();
    let is_workbook = |name: &str| name.ends_with(".xlsx");
    assert_eq!(
        message
            .attachments()
            .filter_map(MimeHeaders::attachment_name)
            .filter(|name| is_workbook(name))
            .count(),
        1
    );
}

/// A Parquet file that polars panics on, with a customer in it.
fn fatal_file(path: &Path, name: &str) -> bool {
    let column = |title: &str, value: &str| Column::new(title.into(), vec![value.to_owned(); 40]);
    let columns = [("customer_id", "K1"), ("name", name), ("phone", "0977 345 678"), ("address", name)];
    let columns = columns.map(|(title, value)| column(title, value)).to_vec();
    let mut frame = DataFrame::new(40, columns).unwrap();
    let mut sound = Vec::new();
    ParquetWriter::new(&mut sound).finish(&mut frame).unwrap();
    let mut rng = fastrand::Rng::with_seed(7);
    (0..20_000).any(|_| {
        let mut bytes = sound.clone();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..bytes.len());
            bytes[at] = rng.u8(..);
        }
        let read = std::panic::catch_unwind(|| ParquetReader::new(Cursor::new(&bytes)).finish().is_ok());
        read.is_err() && fs::write(path, &bytes).is_ok()
    })
}

/// Beside the hook stands the proof that it says no word of a panic; here, that the program has it on from its first moment.
#[test]
fn a_panic_of_the_program_says_where_and_never_what() {
    let name = "Đặng Thị Ngạn Huyền";
    let source =
        "[[source]]\nname = \"shop\"\nkind = \"parquet\"\n[source.customers]\npath = \"customers.parquet\"\n";
    let business = FLAT_SHOP.split("[[source]]").next().unwrap();
    let shop = Builder::new(&format!("{business}{source}")).job("pull", job("pull", "")).open();
    assert!(fatal_file(&shop.path("customers.parquet"), name), "polars has learnt to read anything");
    shop.run(&["source", "test", "shop"]).exits(69);
    shop.run_job(&["pull"], "failed");
    let said = String::from_utf8(shop.everything_said()).unwrap();
    assert!(said.contains("a panic; this is a bug of firstwatch"), "{said}");
    assert!(!said.contains("panicked at"), "the panic's own words: {said}");
    Wanted::new([name.to_owned(), "0977 345 678".to_owned()], "").assert_absent_from(&shop);
}
