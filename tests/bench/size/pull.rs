//! The first pull of a PostgreSQL shop: 1,000,000 order lines come home, persons sealed, orders booked. Beside it, in the
//! same run, the least that a copy without any of that takes: `psql \copy` of the same lines, each with its order, into a
//! file, and `sqlite3 .import` of the file into one table with a primary key.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use firstwatch::domain::ids::SourceName;
use jiff::ToSpan;

use super::databases::{Database, Kind};
use super::process::Measured;
use super::shop::{Order, Shop, UNTIL, mix};
use super::{Asked, house};

const LINES: f64 = 1_000_000.0;
const TABLES: &str = include_str!("../../../config/sources/plain.sql");
const SOURCE: &str = include_str!("../../../config/sources/plain-postgres.toml");
const JOB: (&str, &str) = ("pull", "kind = \"pull\"\nschedule = \"*/15 * * * *\"\n");

const FLAT: &str = "SELECT l.order_id, l.line_id, l.product, l.sku, l.brand, l.category, l.quantity, l.unit_price, l.discount,
       l.tax, o.placed_at, o.status, o.paid_at, o.completed_at, o.cancelled_at, o.channel, o.customer_id, o.name, o.email,
       o.phone, o.address, o.province, o.payment_method, o.currency, o.discount, o.shipping, o.tax, o.fees, o.total,
       o.updated_at
FROM order_lines l JOIN orders o ON o.order_id = l.order_id";

const FLAT_TABLE: &str = "CREATE TABLE lines (order_id TEXT, line_id INTEGER, product TEXT, sku TEXT, brand TEXT, category TEXT,
  quantity INTEGER, unit_price NUMERIC, line_discount NUMERIC, line_tax NUMERIC, placed_at TEXT, status TEXT, paid_at TEXT,
  completed_at TEXT, cancelled_at TEXT, channel TEXT, customer_id TEXT, name TEXT, email TEXT, phone TEXT, address TEXT,
  province TEXT, payment_method TEXT, currency TEXT, discount NUMERIC, shipping NUMERIC, tax NUMERIC, fees NUMERIC,
  total NUMERIC, updated_at TEXT, PRIMARY KEY (order_id, line_id));";

pub fn run(asked: &Asked) {
    let Some(database) = Database::start(Kind::Postgres) else { return };
    let lines = fill(&database, asked.scale);
    let folder = tempfile::tempdir().expect("a folder");
    let reference = copy(&database, folder.path());
    house::write(folder.path(), &source(&database), &[JOB]);
    let ours = Measured::by_itself(&["pull", folder.path().to_str().expect("a path")]);
    let (time, reference) = (ours.number("time"), reference.as_secs_f64());
    println!(
        "pull: {lines} lines of {} orders of {} customers, {} entries: {time:.1} s and {:.0} MiB; copied plain {reference:.1} \
         s; {:.2} times that",
        ours.text("orders"),
        ours.text("customers"),
        ours.text("entries"),
        ours.number("memory"),
        time / reference,
    );
}

/// The latest lines of the shop, as its own system would have them.
fn fill(database: &Database, scale: f64) -> usize {
    let shop = Shop::new(1.0, 3);
    let wanted = (LINES * scale).round() as usize;
    let mut orders: Vec<Order> = Vec::new();
    let mut month = UNTIL;
    let mut lines = 0;
    while lines < wanted {
        month = month.saturating_sub(1.month());
        orders.splice(0..0, shop.orders(month));
        lines = orders.iter().map(|order| order.lines.len()).sum();
    }
    // From the beginning of a month on, so that whoever is new is.
    let mut kept = 0;
    orders.retain(|order| {
        let fits = kept + order.lines.len() <= wanted;
        kept += if fits { order.lines.len() } else { 0 };
        fits
    });
    let mut sql = String::from(TABLES);
    sql.push_str(
        "COPY orders (order_id, placed_at, status, paid_at, completed_at, channel, customer_id, name, email, phone, address,
         province, payment_method, currency, discount, shipping, total, updated_at) FROM stdin;\n",
    );
    orders.iter().for_each(|order| write_order(&mut sql, order));
    sql.push_str("\\.\nCOPY order_lines (order_id, line_id, product, sku, brand, category, quantity, unit_price, discount)
         FROM stdin;\n");
    for order in &orders {
        for (number, line) in (1..).zip(&order.lines) {
            let product = &shop.products[line.product];
            let (name, sku) = (&product.name, &product.sku);
            let (brand, category, price) = (&product.brand, product.category, product.price);
            let (quantity, discount) = (line.quantity, line.discount);
            let of = order.no;
            writeln!(
                sql,
                "{of}\t{number}\t{name}\t{sku}\t{brand}\t{category}\t{quantity}\t{price}\t{discount}"
            )
            .expect("a string");
        }
    }
    sql.push_str("\\.\nANALYZE;\n");
    database.load(&sql);
    kept
}

/// Each customer has a name, a phone and an address; half have an account, and half an e-mail.
fn write_order(sql: &mut String, order: &Order) {
    let customer = u64::from(order.customer);
    let drawn = mix(customer);
    let of = |words: &[&'static str], nth: u32| words[(drawn >> (8 * nth)) as usize % words.len()];
    let name = format!("{} {} {}", of(&FAMILIES, 0), of(&MIDDLES, 1), of(&GIVEN, 2));
    let address = format!("{} {}, {}", drawn % 900 + 1, of(&STREETS, 3), of(&WARDS, 4));
    let account = if drawn & 1 == 0 { format!("K{customer}") } else { "\\N".to_owned() };
    let email = if drawn & 2 == 0 { format!("khach{customer}@example.vn") } else { "\\N".to_owned() };
    let phone = format!("09{:08}", customer);
    let (gross, discounts) =
        order.lines.iter().fold((0, 0), |sums, line| (sums.0 + line.gross, sums.1 + line.discount));
    let placed = order.day.at(0, 0, 0, 0).saturating_add(i64::from(order.second).seconds());
    let done = placed.saturating_add(2.days());
    let (shipping, total) = (30_000, gross - discounts + 30_000);
    let (no, channel, payment, province) =
        (order.no, order.channel, order.payment_method, &order.province.name);
    writeln!(
        sql,
        "{no}\t{placed}\tcompleted\t{placed}\t{done}\t{channel}\t{account}\t{name}\t{email}\t{phone}\t{address}\t{province}\t\
         {payment}\tVND\t{discounts}\t{shipping}\t{total}\t{done}"
    )
    .expect("a string");
}

const FAMILIES: [&str; 12] =
    ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ"];
const MIDDLES: [&str; 8] = ["Văn", "Thị", "Hữu", "Đức", "Ngọc", "Minh", "Thanh", "Quốc"];
const GIVEN: [&str; 16] = [
    "An", "Bình", "Châu", "Dũng", "Giang", "Hà", "Hùng", "Lan", "Linh", "Mai", "Nam", "Phương", "Quang",
    "Thảo", "Trang", "Tuấn",
];
const STREETS: [&str; 8] = [
    "Lê Lợi",
    "Trần Phú",
    "Nguyễn Huệ",
    "Hai Bà Trưng",
    "Lý Thường Kiệt",
    "Điện Biên Phủ",
    "Quang Trung",
    "Cách Mạng Tháng Tám",
];
const WARDS: [&str; 8] = [
    "phường Bến Nghé",
    "phường Hàng Bài",
    "phường An Khánh",
    "xã Tân Thạnh",
    "phường Phú Nhuận",
    "phường Hải Châu",
    "xã Long Hòa",
    "phường Ngô Quyền",
];

/// The reference.
fn copy(database: &Database, folder: &Path) -> Duration {
    let (file, plain) = (folder.join("lines.csv"), folder.join("plain.db"));
    let start = Instant::now();
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--username=owner", "--dbname=shop"])
        .arg(format!("--host={}", database.path("").display()))
        .arg(format!("--port={}", database.port))
        .arg("--command")
        .arg(format!("\\copy ({}) TO '{}' (FORMAT csv)", FLAT.replace('\n', " "), file.display()));
    assert!(psql.status().expect("psql").success());
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(&plain).arg(FLAT_TABLE.replace('\n', " ")).arg(".mode csv");
    sqlite.arg(format!(".import {} lines", file.display())).stdout(Stdio::null());
    assert!(sqlite.status().expect("sqlite3; install it").success());
    let time = start.elapsed();
    fs::remove_file(file).expect("a file");
    time
}

/// The shipped source, at the server's socket.
fn source(database: &Database) -> String {
    let line = |line: &str| match line.split(" = ").next() {
        Some("host") => format!("host = {:?}\nport = {}\n", database.path(""), database.port),
        Some("user") => "user = \"owner\"\n".to_owned(),
        Some("password_file") => String::new(),
        _ => format!("{line}\n"),
    };
    SOURCE.lines().map(line).collect()
}

pub fn measure(folder: &Path) -> Measured {
    let house = house::open(folder);
    let start = Instant::now();
    let row = house::run(&house, "pull", house.now(), None);
    let mut measured = Measured::default();
    measured.note("time", start.elapsed().as_secs_f64());
    let tally = &row.details["sources"]["shop"];
    assert_eq!(tally["rejected"], 0, "{tally}");
    measured.note("orders", tally["changed_orders"].clone());
    measured.note("customers", tally["new_customers"].clone());
    measured.note("entries", tally["entries"].clone());
    let left = house.store.read(|reader| reader.count_unbooked(&SourceName::new("shop")));
    assert_eq!(left.expect("a number"), 0);
    measured
}
