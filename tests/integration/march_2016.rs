//! One report, checked against another way of making it: March 2016 of superstore, recomputed by plain SQL
//! over the CSV, and read back from the mail that a real server delivered, as a spreadsheet by another
//! program and as the texts that people read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use calamine::{Reader, Xlsx, open_workbook};
use mail_parser::{MessageParser, MimeHeaders};
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::end_to_end::minor;
use super::harness::{Builder, job, report, sample};
use super::mta::Mta;

const WITHHELD: &str = "•••";
const MARCH: (&str, &str) = ("2016-03-01", "2016-04-01");
/// The heads of the workbook's key figures, and the days they stand for.
const WINDOWS: [(&str, (&str, &str)); 4] = [
    ("March 2016", MARCH),
    ("February 2016", ("2016-02-01", "2016-03-01")),
    ("March 2015", ("2015-03-01", "2015-04-01")),
    ("Year to date", ("2016-01-01", "2016-04-01")),
];

/// Cells by sheet, row and column.
type Workbook = BTreeMap<String, Vec<Vec<Value>>>;

/// The CSV in SQLite: a row an order line, amounts in ten-thousandths. An order is counted at its line of
/// most worth, the first of equals.
fn load(csv: &Path) -> Connection {
    let sql = Connection::open_in_memory().unwrap();
    sql.execute_batch(
        "CREATE TABLE raw (at INTEGER PRIMARY KEY, id TEXT, day TEXT, customer TEXT, region TEXT, category TEXT,
             brand TEXT, amount INTEGER, quantity INTEGER);
         CREATE VIEW lines AS SELECT *,
             row_number() OVER (PARTITION BY id ORDER BY amount DESC, at) = 1 AS main,
             day = min(day) OVER (PARTITION BY customer) AS first_day FROM raw;",
    )
    .unwrap();
    let mut insert = sql.prepare("INSERT INTO raw VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)").unwrap();
    for row in csv::Reader::from_path(csv).unwrap().records().map(Result::unwrap) {
        let quantity: i64 = row[18].parse().unwrap();
        let amount = minor(&row[17]);
        insert
            .execute(params![&row[1], &row[2], &row[5], &row[12], &row[14], &row[15], amount, quantity])
            .unwrap();
    }
    drop(insert);
    sql
}

/// What SQL finds for a cell: net, orders, units and new customers, and the fewest customers behind net
/// and behind orders.
struct Found {
    net: i64,
    orders: i64,
    units: i64,
    new_customers: i64,
    customers: i64,
}

fn find(sql: &Connection, (from, until): (&str, &str), column: &str, value: &str) -> Found {
    let text = format!(
        "SELECT coalesce(sum(amount), 0), count(DISTINCT iif(main, id, NULL)), coalesce(sum(quantity), 0),
             count(DISTINCT iif(first_day, customer, NULL)),
             min(count(DISTINCT customer), count(DISTINCT iif(main, customer, NULL)))
         FROM lines WHERE day >= ?1 AND day < ?2 AND ({column} = ?3 OR ?3 = 'Total')"
    );
    sql.query_row(&text, (from, until, value), |row| {
        let [net, orders, units, new_customers, customers] = [0, 1, 2, 3, 4].map(|at| row.get_unwrap(at));
        Ok(Found { net, orders, units, new_customers, customers })
    })
    .unwrap()
}

fn with_openpyxl(file: &Path) -> Option<Workbook> {
    let script = "import json, openpyxl, sys\n\
                  book = openpyxl.load_workbook(sys.argv[1])\n\
                  print(json.dumps({sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}))";
    let output = Command::new("/usr/bin/python3").args(["-c", script]).arg(file).output().ok()?;
    if !output.status.success() {
        println!("openpyxl is not there, reading with calamine: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn with_calamine(file: &Path) -> Workbook {
    let mut book: Xlsx<_> = open_workbook(file).unwrap();
    let cell = |cell: &calamine::Data| match cell {
        calamine::Data::Float(number) => json!(number),
        calamine::Data::Int(number) => json!(number),
        calamine::Data::Empty => Value::Null,
        other => json!(other.to_string()),
    };
    let sheets = book.worksheets();
    let rows = |range: &calamine::Range<calamine::Data>| {
        let end = range.end().unwrap_or_default();
        let whole = range.range((0, 0), end);
        whole.rows().map(|row| row.iter().map(cell).collect()).collect()
    };
    sheets.iter().map(|(name, range)| (name.clone(), rows(range))).collect()
}

/// A figure of the workbook: `None` is a withheld one.
fn figure(cell: &Value, decimals: i32) -> Option<i64> {
    match cell {
        Value::String(text) if text == WITHHELD => None,
        Value::Number(number) => Some((number.as_f64().unwrap() * 10f64.powi(decimals)).round() as i64),
        other => panic!("no figure: {other}"),
    }
}

fn dollars(minor: i64) -> String {
    format!("${}.{:04}", count(minor / 10_000), minor % 10_000)
}

fn count(number: i64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// The words of each line, set apart by two blanks or more.
fn text_rows(text: &str) -> Vec<Vec<String>> {
    let words = |line: &str| {
        line.split("  ").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    text.lines().map(words).collect()
}

/// The texts of each row of a table.
fn html_rows(html: &str) -> Vec<Vec<String>> {
    let row = |row: &str| {
        let row = row.split("</tr").next().unwrap_or_default();
        let texts = row.split('<').map(|part| part.rsplit_once('>').map_or("", |(_, text)| text).trim());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    html.split("<tr").skip(1).map(row).collect()
}

/// Whether a row has these texts, in this order.
fn holds(rows: &[Vec<String>], wanted: &[String]) -> bool {
    rows.iter().any(|row| {
        let mut texts = row.iter();
        wanted.iter().all(|wanted| texts.any(|text| text == wanted))
    })
}

/// A report as received.
struct Received {
    book: Workbook,
    text: Vec<Vec<String>>,
    html: Vec<Vec<String>>,
}

fn receive(message: &[u8], folder: &Path) -> Received {
    let message = MessageParser::default().parse(message).unwrap();
    let named = Some("monthly-2016-03.xlsx");
    let attachment = message.attachments().find(|file| file.attachment_name() == named).unwrap();
    let file = folder.join("monthly.xlsx");
    fs::write(&file, attachment.contents()).unwrap();
    let own = with_calamine(&file);
    let book = with_openpyxl(&file).unwrap_or_else(|| own.clone());
    assert_eq!(book.keys().collect::<Vec<_>>(), own.keys().collect::<Vec<_>>());
    let text = text_rows(&message.body_text(0).unwrap());
    Received { book, text, html: html_rows(&message.body_html(0).unwrap()) }
}

#[test]
fn march_2016_is_what_plain_sql_says() {
    let Some(data) = sample("superstore/superstore.csv") else { return };
    let relay = tempfile::tempdir().unwrap();
    let Some(mta) = Mta::start(relay.path()) else { return };
    let monthly = report("month", "[\"html\", \"xlsx\"]", &["category", "brand", "region"]);
    let monthly = monthly.replace("rows = [\"brand\"]", "rows = [\"category\", \"brand\"]");
    let shop = Builder::fixture("superstore", &data)
        .smtp(mta.port)
        .job("pull", job("pull", ""))
        .job("monthly", monthly)
        .open();
    shop.run_job(&["pull"], "done");
    shop.run_job(&["monthly", "--period", "2016-03"], "done");
    let messages = mta.messages(1);
    assert_eq!(messages.len(), 1);
    let received = receive(&messages[0], &shop.path(""));

    let sql = load(&data);
    key_figures(&sql, &received);
    let (shown, withheld) = ["category", "brand", "region"]
        .into_iter()
        .map(|dimension| table(&sql, &received, dimension))
        .fold((0, 0), |sum, (shown, withheld)| (sum.0 + shown, sum.1 + withheld));
    assert!(shown >= 16 && withheld >= 3, "{shown} {withheld}");
}

fn key_figures(sql: &Connection, received: &Received) {
    let sheet = &received.book["Key figures"];
    let head = sheet.iter().position(|row| row[0] == "Figure").unwrap();
    let mut shown = 0;
    for (window, days) in WINDOWS {
        let column = sheet[head].iter().position(|cell| *cell == json!(window)).unwrap();
        let found = find(sql, days, "region", "Total");
        for (label, expected, is_money) in [
            ("Net sales", found.net, true),
            ("Orders", found.orders, false),
            ("Units", found.units, false),
            ("Gross sales", found.net, true),
            ("New customers", found.new_customers, false),
            ("Refunds", 0, true),
        ] {
            let row = sheet.iter().find(|row| row[0] == json!(label)).unwrap();
            let is_few = label == "New customers" && (1..5).contains(&expected);
            let Some(figure) = figure(&row[column], if is_money { 4 } else { 0 }) else { continue };
            assert!(!is_few, "{label} of {window} tells of {expected} customers");
            assert_eq!(figure, expected, "{label} of {window}");
            shown += 1;
            let printed = if is_money { dollars(expected) } else { count(expected) };
            if window == "March 2016" {
                let wanted = [label.to_owned(), printed];
                assert!(holds(&received.text, &wanted) && holds(&received.html, &wanted), "{wanted:?}");
            }
        }
    }
    // All but the fewest new customers are told.
    assert!(shown >= 22, "{shown}");
}

/// Checks every row of the table of `dimension`; (shown, withheld).
fn table(sql: &Connection, received: &Received, dimension: &str) -> (usize, usize) {
    let sheet = &received.book[&format!("By {dimension}")];
    let net = sheet.iter().find_map(|row| row.iter().position(|cell| cell == "Net sales")).unwrap();
    let head = sheet.iter().position(|row| row.get(net).is_some_and(|cell| cell == "Net sales")).unwrap();
    let (mut shown, mut withheld) = (0, 0);
    for row in &sheet[head + 1..] {
        let labels: Vec<&str> =
            row[..net].iter().filter_map(Value::as_str).filter(|label| *label != "Total").collect();
        let name = labels.last().copied().unwrap_or("Total");
        // Groups that are told as one, and the line below the table that names them.
        if let Some(groups) = name.strip_prefix("Others (").and_then(|rest| rest.split(' ').next()) {
            withheld += groups.parse::<usize>().unwrap();
            continue;
        }
        if row[net].is_null() {
            continue;
        }
        let column = if labels.len() < net && dimension == "brand" { "category" } else { dimension };
        let found = find(sql, MARCH, column, name);
        let figures = [(row[net].clone(), 4), (row[net + 1].clone(), 0), (row[net + 2].clone(), 0)];
        let figures = figures.map(|(cell, decimals)| figure(&cell, decimals));
        let [Some(net), Some(orders), Some(units)] = figures else {
            assert_eq!(figures, [None; 3], "{dimension} {name}");
            withheld += 1;
            let printed =
                received.text.iter().filter(|row| row[..].first().is_some_and(|first| first == name));
            printed.for_each(|row| assert_eq!(row[1..], [WITHHELD; 3], "{name}"));
            continue;
        };
        assert_eq!((net, orders, units), (found.net, found.orders, found.units), "{dimension} {name}");
        assert!(found.customers >= 5, "{dimension} {name} tells of {} customers", found.customers);
        shown += 1;
        let wanted = [name.to_owned(), dollars(net), count(orders), count(units)];
        assert!(holds(&received.text, &wanted) && holds(&received.html, &wanted), "{wanted:?}");
    }
    (shown, withheld)
}
