//! Sources against real input, and against everything that can be wrong with it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use firstwatch::domain::feed::{Batch, Feed, Rejected};
use firstwatch::domain::ids::SourceName;
use firstwatch::domain::money::{Currency, Money};
use firstwatch::domain::order::OrderStatus;
use firstwatch::domain::province::ProvinceScheme;
use firstwatch::settings::{Access, FeedMap, LoadOptions, SourceKind, SourceSettings};
use firstwatch::source::{self, ColumnOrigin, Context, Error};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

// ---- the shop of six feeds, and how to spoil it ----

const FEEDS: [(Feed, &str); 6] = [
    (Feed::Orders, include_str!("../fixtures/source/shop/orders.csv")),
    (Feed::OrderLines, include_str!("../fixtures/source/shop/order_lines.csv")),
    (Feed::Refunds, include_str!("../fixtures/source/shop/refunds.csv")),
    (Feed::Payments, include_str!("../fixtures/source/shop/payments.csv")),
    (Feed::Customers, include_str!("../fixtures/source/shop/customers.csv")),
    (Feed::Complaints, include_str!("../fixtures/source/shop/complaints.csv")),
];

fn text(feed: Feed) -> &'static str {
    FEEDS.iter().find(|(known, _)| *known == feed).expect("all six are there").1
}

fn now() -> Timestamp {
    "2100-01-01T00:00:00Z".parse().expect("an instant")
}

fn vnd() -> Currency {
    Currency { code: "VND".into(), decimals: 0 }
}

fn settings(kind: SourceKind) -> SourceSettings {
    SourceSettings {
        name: SourceName::new("shop"),
        kind,
        path: None,
        access: Access::Files,
        feeds: BTreeMap::new(),
        delimiter: b',',
        decimal: '.',
        encoding: "utf-8".into(),
        date_formats: Vec::new(),
        timezone: None,
        statuses: BTreeMap::new(),
        complaint_kinds: BTreeMap::new(),
        provinces: ProvinceScheme::Name,
    }
}

/// The shop in a folder of its own.
struct Shop {
    folder: TempDir,
    settings: SourceSettings,
    currency: Currency,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = settings(SourceKind::Csv);
        for (feed, rows) in FEEDS {
            let path = folder.path().join(format!("{}.csv", feed.as_str()));
            fs::write(&path, rows).expect("written");
            settings.feeds.insert(feed, FeedMap { path: Some(path), ..FeedMap::default() });
        }
        Self { folder, settings, currency: vnd() }
    }

    /// One file alone, as `feed`.
    fn of(feed: Feed, flat: bool, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file.csv");
        fs::write(&path, bytes).expect("written");
        let mut settings = settings(SourceKind::Csv);
        settings.feeds.insert(feed, FeedMap { path: Some(path), flat, ..FeedMap::default() });
        Self { folder, settings, currency: vnd() }
    }

    fn write(&self, feed: Feed, bytes: impl AsRef<[u8]>) {
        fs::write(self.settings.feeds[&feed].path.as_ref().expect("a path"), bytes).expect("written");
    }

    /// Writes `feed` anew with `from` replaced by `to`.
    fn spoil(&self, feed: Feed, from: &str, to: &str) {
        assert!(text(feed).contains(from), "{from} is in the fixture");
        self.write(feed, text(feed).replace(from, to));
    }

    fn fetch(&self) -> Result<Batch, Error> {
        with_context(&self.currency, &hanoi(), |context| source::fetch(&self.settings, context))
    }

    fn batch(&self) -> Batch {
        self.fetch().expect("the source as a whole can be read")
    }

    fn retry(&self, rejected: Vec<Rejected>) -> Batch {
        with_context(&self.currency, &hanoi(), |context| source::retry(&self.settings, context, rejected))
            .expect("the settings fit")
    }

    fn error(&self) -> String {
        self.fetch().expect_err("the source cannot be read").to_string()
    }
}

fn hanoi() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone")
}

fn with_context<T>(currency: &Currency, zone: &TimeZone, work: impl FnOnce(&Context<'_>) -> T) -> T {
    work(&Context { currency, zone, since: None, position: None, now: now() })
}

/// Every rejected row as one line, without its values.
fn rejects(batch: &Batch) -> String {
    let lines = batch
        .rejected
        .iter()
        .map(|one| format!("{} {} [{}] {}", one.feed.as_str(), one.row, one.column, one.reason));
    lines.collect::<Vec<_>>().join("\n")
}

fn order_ids(batch: &Batch) -> Vec<&str> {
    batch.orders.iter().map(|order| order.id.as_str()).collect()
}

/// Rows kept, when nothing was doubled.
fn kept(batch: &Batch, flat: bool) -> usize {
    let lines: usize = batch.orders.iter().map(|order| order.lines.len()).sum();
    let orders = if flat { 0 } else { batch.orders.len() };
    orders
        + lines
        + batch.customers.len()
        + batch.payments.len()
        + batch.refunds.len()
        + batch.complaints.len()
}

fn assert_nothing_lost(batch: &Batch, flat: bool) {
    let read: u64 = batch.read.values().sum();
    assert_eq!(read as usize, kept(batch, flat) + batch.rejected.len());
}

fn dong(amount: i64) -> Money {
    Money::from_minor(amount)
}

// ---- the whole shop ----

#[test]
fn all_six_feeds_come_in_whole() {
    let batch = Shop::new().batch();
    assert_eq!(rejects(&batch), "");
    assert_nothing_lost(&batch, false);
    assert_eq!(order_ids(&batch), ["DH-1", "DH-2", "DH-3", "DH-4"]);
    assert_eq!(batch.read[&Feed::OrderLines], 5);

    let second = &batch.orders[1];
    assert_eq!(second.placed_at.to_string(), "2026-03-02T13:40:00Z");
    assert_eq!(second.status, OrderStatus::Processing);
    assert_eq!(second.customer, None, "0 is a guest");
    assert_eq!(second.person.phone.as_deref(), Some("+84 987 654 321"));
    assert_eq!((second.province.as_deref(), second.region.as_deref()), (Some("Hồ Chí Minh"), Some("south")));
    assert_eq!(second.discount, dong(200_000));
    assert_eq!((second.lines[0].quantity, second.lines[0].gross), (2, dong(3_000_000)));
    assert_eq!(batch.orders[0].person.address.as_deref(), Some("12 Lý Thường Kiệt, Hoàn Kiếm"));

    assert_eq!(batch.refunds[0].line.as_ref().map(|line| line.as_str()), Some("1"));
    assert_eq!(batch.payments[2].amount, dong(-3_250_000));
    assert_eq!(batch.customers[0].person.email.as_deref(), Some("an.nguyen@example.vn"));
    assert_eq!(batch.complaints[0].damage_level, Some(2));
    assert_eq!(batch.complaints[0].text.body.as_deref(), Some("Đồng hồ mới mua,\nkim giây đứng yên."));
    assert_eq!(batch.complaints[1].due_at.map(|at| at.to_string()).as_deref(), Some("2026-03-15T17:00:00Z"));
}

#[test]
fn a_batch_is_complete_until_its_oldest_file() {
    let shop = Shop::new();
    let old: Timestamp = "2026-01-02T03:04:05Z".parse().expect("an instant");
    let path = shop.settings.feeds[&Feed::Refunds].path.clone().expect("a path");
    let file = fs::File::options().write(true).open(path).expect("open");
    file.set_modified(std::time::SystemTime::from(old)).expect("set");
    assert_eq!(shop.batch().complete_until, Some(old));
}

#[test]
fn the_same_shop_is_the_same_from_every_kind_of_file() {
    let shop = Shop::new();
    let plain = shop.batch();
    for kind in [SourceKind::Sqlite, SourceKind::Parquet] {
        let mut settings = settings(kind);
        let database = shop.folder.path().join("shop.sqlite");
        for (feed, rows) in FEEDS {
            let typed = Typed::read(rows);
            let map = settings.feeds.entry(feed).or_default();
            if kind == SourceKind::Sqlite {
                typed.into_sqlite(&database, feed.as_str());
                settings.path = Some(database.clone());
                map.query = Some(format!("select * from {}", feed.as_str()));
            } else {
                let path = shop.folder.path().join(format!("{}.parquet", feed.as_str()));
                typed.into_parquet(&path);
                map.path = Some(path);
            }
        }
        let batch =
            with_context(&vnd(), &hanoi(), |context| source::fetch(&settings, context)).expect("read");
        assert_eq!(rejects(&batch), "");
        assert_eq!(batch.orders, plain.orders);
        assert_eq!(batch.customers, plain.customers);
        assert_eq!(batch.payments, plain.payments);
        assert_eq!(batch.refunds, plain.refunds);
        assert_eq!(batch.complaints, plain.complaints);
        assert_eq!(batch.read, plain.read);
    }
}

/// A CSV's rows with the types that a database would give them; empty is null.
struct Typed {
    names: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

impl Typed {
    fn read(text: &str) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().expect("a head").iter().map(str::to_owned).collect();
        let rows = reader.records().map(|row| {
            row.expect("a row")
                .iter()
                .map(|value| Some(value.to_owned()).filter(|value| !value.is_empty()))
                .collect()
        });
        Self { names, rows: rows.collect() }
    }

    fn column(&self, index: usize) -> Vec<Option<&str>> {
        self.rows.iter().map(|row| row[index].as_deref()).collect()
    }

    /// Only columns of amounts: an order's number stays a text.
    fn numbers(&self, index: usize) -> Option<Vec<Option<i64>>> {
        let amounts = ["unit_price", "discount", "shipping", "total", "amount", "quantity", "damage_level"];
        amounts.contains(&self.names[index].as_str()).then(|| {
            self.column(index)
                .iter()
                .map(|value| value.map(|value| value.parse().expect("a number")))
                .collect()
        })
    }

    fn is_real(&self, index: usize) -> bool {
        matches!(self.names[index].as_str(), "unit_price" | "amount" | "shipping")
    }

    fn into_sqlite(self, path: &Path, table: &str) {
        let connection = rusqlite::Connection::open(path).expect("open");
        let columns: Vec<String> = (self.names.iter().enumerate())
            .map(|(index, name)| match (self.numbers(index), self.is_real(index)) {
                (Some(_), true) => format!("{name} real"),
                (Some(_), false) => format!("{name} integer"),
                (None, _) => format!("{name} text"),
            })
            .collect();
        connection.execute_batch(&format!("create table {table} ({})", columns.join(", "))).expect("created");
        let marks = vec!["?"; self.names.len()].join(", ");
        for row in &self.rows {
            connection
                .execute(&format!("insert into {table} values ({marks})"), rusqlite::params_from_iter(row))
                .expect("inserted");
        }
    }

    fn into_parquet(self, path: &Path) {
        use polars::prelude::*;
        let columns = (self.names.iter().enumerate()).map(|(index, name)| {
            let name = PlSmallStr::from(name.as_str());
            if let Some(numbers) = self.numbers(index) {
                if self.is_real(index) {
                    let reals: Vec<Option<f64>> =
                        numbers.iter().map(|one| one.map(|one| one as f64)).collect();
                    return Column::new(name, reals);
                }
                return Column::new(name, numbers);
            }
            let column = Column::new(name.clone(), self.column(index));
            if name == "created_at" {
                let day = |text: &str| text.parse::<jiff::civil::Date>().expect("a day");
                let days = self
                    .column(index)
                    .into_iter()
                    .map(|value| Some((day(value?) - jiff::civil::date(1970, 1, 1)).get_days()));
                return Int32Chunked::from_iter_options(name, days).into_date().into_series().into_column();
            }
            if name.ends_with("_at") {
                // One column of instants; the others hold what a clock on the wall showed.
                let local = |text: &str| text.parse::<jiff::civil::DateTime>().expect("a date");
                let zone = if name == "placed_at" { hanoi() } else { jiff::tz::TimeZone::UTC };
                let ticks: Vec<Option<i64>> = (self.column(index).iter())
                    .map(|value| {
                        Some(
                            local((*value)?)
                                .to_zoned(zone.clone())
                                .expect("in range")
                                .timestamp()
                                .as_microsecond(),
                        )
                    })
                    .collect();
                let zoned = (name == "placed_at").then_some(polars::prelude::TimeZone::UTC);
                let ticks = Int64Chunked::from_iter_options(name, ticks.into_iter());
                return ticks.into_datetime(TimeUnit::Microseconds, zoned).into_series().into_column();
            }
            column
        });
        let mut frame = DataFrame::new(self.rows.len(), columns.collect()).expect("a frame");
        ParquetWriter::new(fs::File::create(path).expect("created")).finish(&mut frame).expect("written");
    }
}

// ---- flat files ----

fn flat_shop() -> Shop {
    let mut shop = Shop::of(Feed::Orders, true, include_bytes!("../fixtures/source/flat.csv"));
    shop.settings.delimiter = b';';
    shop.settings.decimal = ',';
    shop.settings.date_formats = vec!["%d/%m/%Y %H:%M".into()];
    shop.settings.statuses = [("Hoàn tất".to_owned(), "completed".to_owned())].into();
    let pairs = [
        ("order_id", "Mã đơn"),
        ("placed_at", "Ngày"),
        ("status", "Trạng thái"),
        ("name", "Khách"),
        ("phone", "SĐT"),
        ("province", "Tỉnh"),
        ("product", "Sản phẩm"),
        ("quantity", "SL"),
        ("unit_price", "Đơn giá"),
        ("line_id", "Dòng"),
    ];
    let columns = pairs.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned()));
    shop.settings.feeds.get_mut(&Feed::Orders).expect("orders").columns = columns.into();
    shop
}

#[test]
fn a_flat_file_gives_orders_lines_and_refunds() {
    let batch = flat_shop().batch();
    assert_eq!(rejects(&batch), "");
    assert_nothing_lost(&batch, true);
    assert_eq!(order_ids(&batch), ["A1", "A2"]);
    assert_eq!(batch.orders[0].lines.len(), 2);
    assert_eq!(batch.orders[0].person.name.as_deref(), Some("Nguyễn Văn An"));
    let refund = &batch.refunds[0];
    assert_eq!((refund.id.as_str(), refund.order.as_str()), ("A2/3", "A2"));
    assert_eq!((refund.amount, refund.quantity), (dong(1_500_000), Some(1)));
    assert_eq!(refund.line.as_ref().map(|line| line.as_str()), Some("3"));
    assert_eq!(refund.refunded_at.to_string(), "2026-03-09T09:30:00Z");
}

#[test]
fn a_line_that_comes_back_in_parts_is_a_refund_each() {
    let shop = flat_shop();
    let rows = include_str!("../fixtures/source/flat.csv");
    let back = rows.lines().last().expect("a row");
    let later = back.replace("09/03", "12/03");
    shop.write(Feed::Orders, format!("{rows}{back}\n{later}\n"));
    let batch = shop.batch();
    assert_eq!(rejects(&batch), "");
    let ids: Vec<&str> = batch.refunds.iter().map(|refund| refund.id.as_str()).collect();
    assert_eq!(ids, ["A2/3", "A2/3/2"], "the same row again is no refund of its own");
}

#[test]
fn rows_of_a_flat_order_that_disagree_keep_the_order_out() {
    let shop = flat_shop();
    let rows = include_str!("../fixtures/source/flat.csv");
    shop.write(
        Feed::Orders,
        rows.replace("A1;02/03/2026 09:15;Hoàn tất;;", "A1;03/03/2026 09:15;Hoàn tất;;"),
    );
    let batch = shop.batch();
    assert_eq!(order_ids(&batch), ["A2"]);
    assert_nothing_lost(&batch, true);
    insta::assert_snapshot!(rejects(&batch), @"
    orders 1 [order_id] kept out with its order, which was rejected
    orders 2 [placed_at] differs among the rows of this order; correct it at the source
    ");
}

#[test]
fn a_flat_order_with_a_bad_line_is_out_with_its_refund() {
    let shop = flat_shop();
    let rows = include_str!("../fixtures/source/flat.csv");
    shop.write(Feed::Orders, rows.replace("Casio MTP;3;1500000,00", "Casio MTP;3;1.500.000,00"));
    let batch = shop.batch();
    assert_eq!(order_ids(&batch), ["A1"]);
    assert_nothing_lost(&batch, true);
    insta::assert_snapshot!(rejects(&batch), @"
    orders 3 [unit_price] not an amount; write it as digits with ',' before the decimals and no other signs, or set `decimal`
    orders 4 [order_id] kept out with its order, which was rejected
    ");
    assert_eq!(batch.rejected[0].value, "1.500.000,00");
}

#[test]
fn the_same_flat_row_twice_is_one_line_only_when_it_has_a_number() {
    let mut shop = flat_shop();
    let rows = include_str!("../fixtures/source/flat.csv");
    let second = rows.lines().nth(2).expect("a row");
    shop.write(Feed::Orders, rows.replace(second, &format!("{second}\n{second}")));
    assert_eq!(shop.batch().orders[0].lines.len(), 2);
    shop.settings
        .feeds
        .get_mut(&Feed::Orders)
        .expect("orders")
        .columns
        .insert("line_id".into(), String::new());
    let lines = &shop.batch().orders[0].lines;
    assert_eq!(lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
}

// ---- bad input: each a rejected row or a clear error, and nothing else lost ----

#[test]
fn a_file_cut_off_in_a_quoted_field_loses_only_its_last_row() {
    let shop = Shop::new();
    let rows = text(Feed::Customers);
    let cut = rows.find("Hải Châu").expect("in the fixture");
    shop.write(Feed::Customers, &rows[..cut]);
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    insta::assert_snapshot!(rejects(&batch), @"customers 2 [] the file ends inside a quoted field: it was cut off; export it again");
    assert_eq!(batch.rejected[0].raw["address"], "8 Trần Phú, ");
    assert_eq!(batch.customers.len(), 1);
}

#[test]
fn a_cut_in_the_last_quoted_column_is_seen_with_and_without_a_mark() {
    for mark in ["", "\u{feff}"] {
        let rows = format!("{mark}customer_id,name,address\n1,An,\"12 Lý\"\n2,Bình,\"5 Nguyễn");
        let batch = Shop::of(Feed::Customers, false, rows.as_bytes()).batch();
        assert_eq!(batch.customers.len(), 1);
        assert_eq!(
            batch.rejected[0].reason,
            "the file ends inside a quoted field: it was cut off; export it again"
        );
        assert_eq!(batch.rejected[0].raw["address"], "5 Nguyễn");
    }
}

#[test]
fn a_file_cut_off_between_fields_keeps_its_order_out_whole() {
    let shop = Shop::new();
    let rows = text(Feed::OrderLines);
    shop.write(Feed::OrderLines, &rows[..rows.len() - 14]);
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    assert_eq!(order_ids(&batch), ["DH-1", "DH-2", "DH-3"]);
    insta::assert_snapshot!(rejects(&batch), @"
    orders 4 [order_id] a line of this order was rejected, and half an order would book a wrong sum
    order_lines 4 [order_id] kept out with its order, which was rejected
    order_lines 5 [] 6 fields where the header has 10; quote fields that hold the delimiter
    refunds 1 [order_id] kept out with its order, which was rejected
    ");
}

#[test]
fn an_unclosed_quote_in_the_middle_is_an_error_of_the_file() {
    let mut rows = "customer_id,name\n1,\"An\n".to_owned();
    (2..500).for_each(|number| rows.push_str(&format!("{number},Bình\n")));
    let error = Shop::of(Feed::Customers, false, rows.as_bytes()).error();
    insta::assert_snapshot!(error, @"cannot read customers from file.csv: the quote that row 1 opens is never closed, and the rest of the file is in it");
}

#[test]
fn bytes_of_another_encoding_reject_their_row_and_keep_the_bytes() {
    let shop = Shop::new();
    let bytes = text(Feed::Customers).replace("Lê Hoàng Cường", "L# Cuong").into_bytes();
    let bytes: Vec<u8> = bytes.into_iter().map(|byte| if byte == b'#' { 0xEA } else { byte }).collect();
    shop.write(Feed::Customers, bytes);
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    insta::assert_snapshot!(rejects(&batch), @"customers 2 [] it has bytes that are not UTF-8; set `encoding`, or correct it at the source");
    assert_eq!(batch.rejected[0].raw["name"], r"L\xea Cuong");
    assert_eq!(batch.rejected[0].raw["email"], "cuong@example.vn");
}

#[test]
fn a_configured_encoding_is_read() {
    let (bytes, _, unmappable) = encoding_rs::WINDOWS_1258.encode("customer_id,name\n1,Đăng Ân\n");
    assert!(!unmappable);
    let mut shop = Shop::of(Feed::Customers, false, &bytes);
    shop.settings.encoding = "windows-1258".into();
    assert_eq!(shop.batch().customers[0].person.name.as_deref(), Some("Đăng Ân"));
}

#[test]
fn duplicate_ids() {
    let shop = Shop::new();
    let row = |feed, number| text(feed).lines().nth(number).expect("a row").to_owned();
    let payments = format!(
        "{}{}\n{}\n",
        text(Feed::Payments),
        row(Feed::Payments, 1),
        row(Feed::Payments, 2).replace("3530000", "3530001")
    );
    shop.write(Feed::Payments, payments);
    let newer = row(Feed::Orders, 2)
        .replace("processing", "completed")
        .replace(",2026-03-02 20:40:00,web", ",2026-03-09 20:40:00,web");
    let same_age = row(Feed::Orders, 3).replace("cancelled", "completed");
    shop.write(Feed::Orders, format!("{}{newer}\n{same_age}\n", text(Feed::Orders)));
    let batch = shop.batch();
    insta::assert_snapshot!(rejects(&batch), @"
    orders 6 [] duplicate id: an earlier row has it and says otherwise; correct it at the source
    payments 5 [] duplicate id: an earlier row has it and says otherwise; correct it at the source
    ");
    assert_eq!((batch.read[&Feed::Payments], batch.payments.len()), (5, 3));
    assert_eq!(batch.orders[1].status, OrderStatus::Completed, "the later state stands");
    assert_eq!(batch.orders[2].status, OrderStatus::Cancelled, "the first of one age stands");
    // Another row of the same id is not taken in just because it is tried alone.
    let again = shop.retry(batch.rejected.clone());
    assert_eq!((again.payments.len(), again.orders.len(), again.rejected.len()), (0, 0, 2));
}

#[test]
fn a_line_twice_with_different_words_keeps_its_order_out() {
    let shop = Shop::new();
    let last = text(Feed::OrderLines).lines().last().expect("a row").replace("250000", "260000");
    shop.write(Feed::OrderLines, format!("{}{last}\n", text(Feed::OrderLines)));
    let batch = shop.batch();
    assert_eq!(order_ids(&batch), ["DH-1", "DH-2", "DH-3"]);
    assert_nothing_lost(&batch, false);
}

#[test]
fn negative_prices_and_quantities() {
    let shop = Shop::new();
    shop.spoil(Feed::OrderLines, "2,1500000", "2,-1500000");
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    assert_eq!(order_ids(&batch), ["DH-1", "DH-3", "DH-4"]);
    insta::assert_snapshot!(rejects(&batch), @"
    orders 2 [order_id] a line of this order was rejected, and half an order would book a wrong sum
    order_lines 2 [unit_price] negative; give what goes back to the customer as a refund
    ");
    shop.spoil(Feed::OrderLines, "Quartz,2,", "Quartz,-2,");
    assert!(rejects(&shop.batch()).contains("order_lines 2 [quantity] less than one"));
}

#[test]
fn discounts_that_do_not_fit_their_order() {
    let shop = Shop::new();
    shop.spoil(Feed::OrderLines, "2,1500000,0,0", "2,1500000,300000,0");
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    assert!(
        rejects(&batch).contains("orders 2 [discount] less than its lines' discounts"),
        "{}",
        rejects(&batch)
    );
    shop.spoil(Feed::OrderLines, "2,1500000,0,0", "2,1500000,150000,0");
    assert_eq!(shop.batch().orders[1].discount, dong(50_000), "what the lines do not hold");
}

#[test]
fn dates_in_three_formats_are_read_as_configured_and_never_guessed() {
    let mut shop = Shop::new();
    let rows = "customer_id,created_at\n1,03/04/2026\n2,2026-04-03\n3,3 Apr 2026\n4,2026-04-03T00:00:00+07:00\n5,\n6,31/31/2026\n";
    shop.settings.feeds.retain(|feed, _| *feed == Feed::Customers);
    shop.write(Feed::Customers, rows);
    let days = |shop: &Shop| -> Vec<String> {
        let batch = shop.batch();
        assert_nothing_lost(&batch, false);
        let day = |customer: &firstwatch::domain::feed::CustomerSeen| {
            format!(
                "{} {}",
                customer.id,
                customer.created_at.map_or("-".to_owned(), |at| at.to_zoned(hanoi()).date().to_string())
            )
        };
        batch.customers.iter().map(day).collect()
    };
    assert_eq!(days(&shop), ["2 2026-04-03", "4 2026-04-03", "5 -"]);
    shop.settings.date_formats = vec!["%d/%m/%Y".into()];
    assert_eq!(days(&shop), ["1 2026-04-03", "4 2026-04-03", "5 -"]);
    insta::assert_snapshot!(rejects(&shop.batch()), @"
    customers 2 [created_at] not a date in any of the formats %d/%m/%Y; add its format to `date_formats`
    customers 3 [created_at] not a date in any of the formats %d/%m/%Y; add its format to `date_formats`
    customers 6 [created_at] not a date in any of the formats %d/%m/%Y; add its format to `date_formats`
    ");
    let kept = shop.batch().rejected;
    shop.settings.date_formats =
        vec!["%m/%d/%Y".into(), "%d/%m/%Y".into(), "%Y-%m-%d".into(), "%d %b %Y".into()];
    assert_eq!(days(&shop), ["1 2026-03-04", "2 2026-04-03", "3 2026-04-03", "4 2026-04-03", "5 -"]);
    let healed = shop.retry(kept);
    assert_eq!((healed.customers.len(), healed.rejected.len()), (2, 1));
}

#[test]
fn an_unknown_status_is_told_and_heals_once_it_is_mapped() {
    let mut shop = Shop::new();
    shop.spoil(Feed::Orders, "processing", "đang giao");
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    insta::assert_snapshot!(rejects(&batch), @r#"
    orders 2 [status] unknown status; map it in `statuses`
    order_lines 2 [order_id] kept out with its order, which was rejected
    "#);
    shop.settings.statuses = [("đang giao".to_owned(), "processing".to_owned())].into();
    let healed = shop.retry(batch.rejected.clone());
    assert_eq!(rejects(&healed), "");
    assert_eq!(healed.orders, [shop.batch().orders[1].clone()]);
    assert_eq!(healed.complete_until, None);
}

#[test]
fn a_foreign_currency_keeps_its_order_out() {
    let shop = Shop::new();
    shop.spoil(Feed::Orders, "cod,VND,200000", "cod,USD,200000");
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    insta::assert_snapshot!(rejects(&batch), @r#"
    orders 2 [currency] the currency is not VND, the business's; convert it at the source
    order_lines 2 [order_id] kept out with its order, which was rejected
    "#);
}

#[test]
fn complaints_that_do_not_fit() {
    let mut shop = Shop::new();
    shop.spoil(Feed::Complaints, ",delivery,Giao chậm", ",giao hàng,Giao chậm");
    let batch = shop.batch();
    insta::assert_snapshot!(rejects(&batch), @r#"complaints 2 [kind] unknown kind; map it in `complaint_kinds`"#);
    shop.settings.complaint_kinds = [("giao hàng".to_owned(), "delivery".to_owned())].into();
    assert_eq!(shop.batch().complaints.len(), 2);
    shop.spoil(Feed::Complaints, "web,2,", "web,5,");
    assert!(rejects(&shop.batch()).contains("complaints 1 [damage_level] not 1, 2, 3 or 4"));
    shop.spoil(Feed::Complaints, ",open", ",closed");
    assert!(
        rejects(&shop.batch())
            .contains("complaints 2 [resolved_at] empty, though the status says it is over")
    );
}

/// Of what a mistyped year sets in the future, nothing would be looked at until then.
#[test]
fn what_a_complaint_tells_of_has_happened() {
    for (row, column, theirs, mistyped, said) in [
        (1, "resolved_at", ",2026-03-10 09:00", ",2106-03-10 09:00", "in the future"),
        (1, "acknowledged_at", ",2026-03-06 16:00", ",2100-01-01 08:01", "in the future"),
        (2, "received_at", ",2026-03-12 10:30", ",2126-03-12 10:30", "in the future"),
        (2, "received_at", ",2026-03-12 10:30", ",1926-03-12 10:30", "before 1970"),
    ] {
        let shop = Shop::new();
        shop.spoil(Feed::Complaints, theirs, mistyped);
        let batch = shop.batch();
        let expected = format!("complaints {row} [{column}] {said}; correct it at the source");
        assert_eq!((rejects(&batch), batch.complaints.len()), (expected, 1), "{mistyped}");
    }
    let shop = Shop::new();
    // Clocks differ: an hour from now in Hanoi, where it is seven already, and a promise may be of any day.
    shop.spoil(Feed::Complaints, ",2026-03-10 09:00", ",2100-01-01 08:00");
    shop.spoil(Feed::Complaints, ",2026-03-16,", ",2126-03-16,");
    assert_eq!(rejects(&shop.batch()), "");
}

#[test]
fn a_line_of_sixty_megabytes_costs_only_itself() {
    let shop = Shop::new();
    let long = "x".repeat(60 << 20);
    shop.spoil(Feed::Customers, "Lê Hoàng Cường", &long);
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    assert_eq!(batch.customers.len(), 1);
    let [rejected] = &batch.rejected[..] else { panic!("one row") };
    assert!(rejected.reason.contains("where 1048576 are the most"), "{}", rejected.reason);
    assert_eq!(rejected.raw["name"].len(), long.len());
}

#[test]
fn lines_without_an_order_and_orders_without_lines() {
    let shop = Shop::new();
    shop.spoil(Feed::OrderLines, "DH-1,1,", "DH-9,1,");
    let batch = shop.batch();
    assert_nothing_lost(&batch, false);
    insta::assert_snapshot!(rejects(&batch), @"
    orders 1 [order_id] no line of this order was read; let `order_lines` give them
    order_lines 1 [order_id] no order of this number was read; let `orders` give every order that has a line here
    ");
}

#[test]
fn what_is_wrong_with_a_whole_file_is_said() {
    let error = |feed, bytes: &[u8]| {
        let shop = Shop::new();
        shop.write(feed, bytes);
        shop.error()
    };
    insta::assert_snapshot!(error(Feed::Refunds, b""), @"cannot read refunds from refunds.csv: it is empty; it has no header");
    insta::assert_snapshot!(error(Feed::Refunds, b"\n\n"), @"cannot read refunds from refunds.csv: it is empty; it has no header");
    insta::assert_snapshot!(error(Feed::Refunds, b"a,b,a\n1,2,3\n"), @"cannot read refunds from refunds.csv: column 3 has the name of an earlier one; give each its own name");
    insta::assert_snapshot!(error(Feed::Refunds, b"refund_id,order_id\n"), @"refunds in refunds.csv lacks a column: refunded_at; name it in `columns` or give it in `constants`; it has refund_id, order_id");
    insta::assert_snapshot!(error(Feed::Refunds, b"refund_id,\"order_id\n"), @"cannot read refunds from refunds.csv: its header opens a quote that is never closed");
    insta::assert_snapshot!(error(Feed::Refunds, b"\xff\xfea\0"), @"cannot read refunds from refunds.csv: it is in UTF-16; save it as UTF-8");
    insta::assert_snapshot!(error(Feed::Refunds, b"id,l\xea\n"), @"cannot read refunds from refunds.csv: its header is not in UTF-8; set `encoding`, or save the file as UTF-8");
    let mut shop = Shop::new();
    shop.settings.encoding = "windows-1258".into();
    shop.write(Feed::Orders, format!("\u{feff}{}", text(Feed::Orders)));
    insta::assert_snapshot!(shop.error(), @r#"cannot read orders from orders.csv: it begins with the mark of UTF-8; set `encoding` to "utf-8""#);
    shop.settings.encoding = "utf-16le".into();
    insta::assert_snapshot!(shop.error(), @r#"the settings do not fit: encoding "utf-16le" cannot be read; write one like "utf-8" or "windows-1258", or save the file as UTF-8"#);
    let mut shop = Shop::new();
    shop.settings.feeds.remove(&Feed::OrderLines);
    insta::assert_snapshot!(shop.error(), @"the settings do not fit: orders and order_lines need each other; give both, or orders with `flat = true`");
    let mut shop = Shop::new();
    shop.settings.date_formats = vec!["%H:%M".into()];
    insta::assert_snapshot!(shop.error(), @r#"the settings do not fit: date_formats: "%H:%M" is not a strptime format of a date; write one like "%d/%m/%Y %H:%M""#);
    shop.settings.date_formats = Vec::new();
    shop.settings.timezone = Some("Asia/Hanoi-ish".into());
    insta::assert_snapshot!(shop.error(), @r#"the settings do not fit: timezone "Asia/Hanoi-ish" is not known; write one like "Asia/Ho_Chi_Minh""#);
    let mut shop = Shop::new();
    shop.settings.feeds.get_mut(&Feed::Refunds).expect("refunds").path =
        Some(PathBuf::from("/nowhere/refunds.csv"));
    insta::assert_snapshot!(shop.error(), @"cannot read refunds from /nowhere/refunds.csv: it cannot be opened");
}

#[test]
fn a_mark_at_the_start_and_dos_line_ends_are_no_part_of_the_text() {
    let shop = Shop::new();
    for (feed, rows) in FEEDS {
        shop.write(feed, format!("\u{feff}{}", rows.replace('\n', "\r\n")));
    }
    let (batch, plain) = (shop.batch(), Shop::new().batch());
    assert_eq!(rejects(&batch), "");
    assert_eq!(
        (&batch.orders, &batch.payments, &batch.customers),
        (&plain.orders, &plain.payments, &plain.customers)
    );
}

// ---- SQLite and Parquet, their own faults ----

fn sqlite_source(path: &Path, queries: &[(Feed, &str)]) -> SourceSettings {
    let mut settings = settings(SourceKind::Sqlite);
    settings.path = Some(path.to_owned());
    for (feed, query) in queries {
        settings.feeds.insert(*feed, FeedMap { query: Some((*query).to_owned()), ..FeedMap::default() });
    }
    settings
}

#[test]
fn a_query_may_ask_for_what_changed_since() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.sqlite");
    let connection = rusqlite::Connection::open(&path).expect("open");
    connection
        .execute_batch("pragma journal_mode = wal; create table c (id integer, at text, price real); insert into c values (1, '2026-01-01T00:00:00Z', 0.1), (2, '2026-03-01T00:00:00Z', 0.2)")
        .expect("made");
    let settings = sqlite_source(
        &path,
        &[(Feed::Customers, "select id as customer_id, at as modified_at from c where at > :since")],
    );
    let count = |since| {
        let context = Context { currency: &vnd(), zone: &hanoi(), since, position: None, now: now() };
        let batch = source::fetch(&settings, &context).expect("read while the shop has it open");
        assert_eq!(batch.complete_until, Some(now()));
        batch.customers.len()
    };
    assert_eq!(count(None), 2);
    let at = |text: &str| Some(text.parse().expect("an instant"));
    assert_eq!(count(at("2026-02-01T00:00:00Z")), 1);
    assert_eq!(count(at("2026-03-01T00:30:00Z")), 1, "an hour more is asked for");
    assert_eq!(count(at("2026-03-01T01:30:00Z")), 0);
}

/// The SQLite source that `config/production.example.toml` gives in comments, reading `database`.
fn shipped_till(database: &Path) -> SourceSettings {
    let example = include_str!("../../config/production.example.toml");
    let (shipped, till) = example.split_once("\n# [[source]]\n").expect("a second source, in comments");
    let till: String = till.lines().map(|line| format!("{}\n", line.trim_start_matches('#'))).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("firstwatch.toml");
    fs::write(&file, format!("{shipped}\n[[source]]\n{till}")).expect("written");
    let options = LoadOptions { file: Some(file), environment: BTreeMap::new() };
    let loaded = firstwatch::settings::load(&options).unwrap_or_else(|problems| panic!("{}", problems[0]));
    let till = loaded.sources.into_iter().find(|source| source.name.as_str() == "till").expect("the till");
    SourceSettings { path: Some(database.to_owned()), ..till }
}

#[test]
fn the_shipped_query_misses_nothing_between_two_pulls_of_one_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("till.sqlite");
    let till = rusqlite::Connection::open(&path).expect("open");
    till.execute_batch(
        "create table sales (id text, created text, state text, updated text, customer text, pay text, discount integer);
         create table sale_lines (sale text, id integer, product text, sku text, brand text, category text,
                                  quantity integer, price integer);
         create table people (id text, name text, email text, phone text, address text, province text, updated text);
         insert into sales values ('1', '2026-03-01 08:00:00', 'pending', '2026-03-01 08:00:00', '7', 'cash', 0);
         insert into sale_lines values ('1', 1, 'Seiko 5', 'S5', 'Seiko', 'Nam', 1, 3000000), ('2', 1, 'Seiko 5', 'S5', 'Seiko', 'Nam', 1, 3000000);
         insert into people values ('7', 'An', null, null, null, null, '2026-02-28 23:00:00')",
    )
    .expect("made");
    let settings = shipped_till(&path);
    let at = |text: &str| Some(text.parse::<Timestamp>().expect("an instant"));
    let pull = |since: Option<Timestamp>| {
        let context = Context { currency: &vnd(), zone: &TimeZone::UTC, since, position: None, now: now() };
        let batch = source::fetch(&settings, &context).expect("read");
        assert_eq!(rejects(&batch), "");
        let orders = batch.orders.iter().map(|order| format!("{} {}", order.id, order.status.as_str()));
        (orders.collect::<Vec<_>>().join(", "), batch.customers.len())
    };
    assert_eq!(pull(None), ("1 pending".to_owned(), 1));
    // The first pull was at noon in Hanoi; in the afternoon an order changes and another comes.
    till.execute_batch(
        "update sales set state = 'completed', updated = '2026-03-01 14:00:00';
         insert into sales values ('2', '2026-03-01 12:00:01', 'pending', '2026-03-01 12:00:01', '7', 'cash', 0)",
    )
    .expect("changed");
    assert_eq!(pull(at("2026-03-01T12:00:00+07:00")), ("1 completed, 2 pending".to_owned(), 0));
    // What the shop was still writing at noon bears an earlier instant.
    assert_eq!(pull(at("2026-03-01T12:59:00+07:00")), ("1 completed, 2 pending".to_owned(), 0));
    assert_eq!(pull(at("2026-03-01T13:30:00+07:00")), ("1 completed".to_owned(), 0));
}

#[test]
fn what_is_wrong_with_a_database_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.sqlite");
    let error = |path: &Path, queries: &[(Feed, &str)]| {
        with_context(&vnd(), &hanoi(), |context| source::fetch(&sqlite_source(path, queries), context))
            .expect_err("it cannot be read")
            .to_string()
    };
    let query = &[(Feed::Customers, "select 1 as customer_id")][..];
    assert!(
        error(&path, query).ends_with("shop.sqlite: it cannot be opened; is it there, and may we read it?")
    );
    fs::write(&path, "a text, and long enough not to look like an empty database file. ".repeat(30))
        .expect("written");
    insta::assert_snapshot!(error(&path, query), @"cannot read customers from shop.sqlite: customers query: it is no SQLite database");
    fs::remove_file(&path).expect("removed");
    rusqlite::Connection::open(&path).expect("open").execute_batch("create table t (a)").expect("made");
    insta::assert_snapshot!(error(&path, &[(Feed::Customers, "select b from t")]), @"cannot read customers from shop.sqlite: customers query: the query fails");
    insta::assert_snapshot!(error(&path, &[(Feed::Customers, "delete from t")]), @"the settings do not fit: the query of customers is no select; write one that reads");
    insta::assert_snapshot!(error(&path, &[(Feed::Customers, "select :before as customer_id")]), @"the settings do not fit: the query of customers takes a parameter that is not :since");
    insta::assert_snapshot!(error(&path, &[(Feed::Customers, "select 1 as customer_id, 2 as customer_id")]), @"cannot read customers from shop.sqlite: customers query: column 2 has the name of an earlier one; give each its own name");
    insta::assert_snapshot!(
        error(&path, &[
            (Feed::Orders, "select 1 as order_id, 2 as placed_at, 3 as status where :since"),
            (Feed::OrderLines, "select 1 as order_id, 2 as line_id, 3 as product, 4 as quantity, 5 as amount"),
        ]),
        @"the settings do not fit: the queries of orders and of order_lines must both use :since, or neither; let that of order_lines join the orders it is for"
    );
}

#[test]
fn kept_reals_read_back_with_their_noise() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.sqlite");
    rusqlite::Connection::open(&path).expect("open").execute_batch("create table t (a)").expect("made");
    let query = "select 'P' as payment_id, 'O' as order_id, '3 April' as paid_at, 'card' as method, 0.1 + 0.2 as amount, 'paid' as status, x'00ff' as reference";
    let mut settings = sqlite_source(&path, &[(Feed::Payments, query)]);
    let dollars = Currency { code: "USD".into(), decimals: 2 };
    for decimal in ['.', ','] {
        settings.decimal = decimal;
        settings.date_formats = Vec::new();
        let batch =
            with_context(&dollars, &hanoi(), |context| source::fetch(&settings, context)).expect("read");
        assert_eq!(batch.rejected[0].raw["reference"], r"\x00\xff");
        settings.date_formats = vec!["%d %B %Y".into()];
        let mut kept = batch.rejected.clone();
        kept[0].raw.insert("paid_at".into(), "3 April 2026".into());
        kept[0].raw.remove("reference");
        let healed = with_context(&dollars, &hanoi(), |context| source::retry(&settings, context, kept))
            .expect("tried");
        assert_eq!(rejects(&healed), "");
        assert_eq!(healed.payments[0].amount, Money::from_minor(30));
    }
}

#[test]
fn damaged_parquet_is_an_error_not_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("customers.parquet");
    Typed::read(text(Feed::Customers)).into_parquet(&path);
    let whole = fs::read(&path).expect("read");
    let mut settings = settings(SourceKind::Parquet);
    settings.feeds.insert(Feed::Customers, FeedMap { path: Some(path.clone()), ..FeedMap::default() });
    let fetch = || with_context(&vnd(), &hanoi(), |context| source::fetch(&settings, context));
    assert_eq!(fetch().expect("whole").customers.len(), 2);
    for bytes in [&b""[..], &b"PAR1"[..], &whole[..whole.len() / 2], &b"no parquet at all"[..]] {
        fs::write(&path, bytes).expect("written");
        let error = fetch().expect_err("damaged").to_string();
        assert_eq!(error, "cannot read customers from customers.parquet: it is no Parquet file, or damaged");
    }
}

#[test]
fn a_parquet_column_of_another_type_matters_only_when_it_is_used() {
    use polars::prelude::*;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("customers.parquet");
    let tags = Series::new("".into(), ["a", "b"]);
    let columns = vec![Column::new("customer_id".into(), [7i64]), Column::new("tags".into(), [tags])];
    let mut frame = DataFrame::new(1, columns).expect("a frame");
    ParquetWriter::new(fs::File::create(&path).expect("created")).finish(&mut frame).expect("written");
    let mut settings = settings(SourceKind::Parquet);
    settings.feeds.insert(Feed::Customers, FeedMap { path: Some(path), ..FeedMap::default() });
    let fetch = |settings: &SourceSettings| {
        with_context(&vnd(), &hanoi(), |context| source::fetch(settings, context))
    };
    assert_eq!(fetch(&settings).expect("read").customers[0].id.as_str(), "7");
    let columns = &mut settings.feeds.get_mut(&Feed::Customers).expect("customers").columns;
    columns.insert("name".into(), "tags".into());
    let error = fetch(&settings).expect_err("a list is no name").to_string();
    assert!(error.contains("its column \"tags\" is of a type that is not read"), "{error}");
}

// ---- trying a source ----

#[test]
fn a_trial_says_what_was_understood_and_shows_no_person() {
    let shop = Shop::new();
    let orders = text(Feed::Orders);
    shop.write(
        Feed::Orders,
        orders.replace("processing", "ĐangGiao").replace(",cancelled,", ",Nguyễn Văn An,"),
    );
    let report =
        with_context(&vnd(), &hanoi(), |context| source::test(&shop.settings, context)).expect("tried");
    let orders = &report.feeds[0];
    assert_eq!((orders.rows, orders.rejected.len()), (4, 2));
    assert_eq!((orders.unknown_statuses.join(", "), orders.sealed_statuses), ("ĐangGiao".to_owned(), 1));
    let placed = orders.columns.iter().find(|column| column.ours == "placed_at").expect("a column");
    assert_eq!(placed.from, ColumnOrigin::Column("placed_at".into()));
    insta::assert_snapshot!(report.sentences.join("\n"), @"
    orders (orders.csv): rows looked at 4, of which 2 would be rejected.
    orders: nothing gives region.
    orders: unknown statuses to map are ĐangGiao.
    orders: unknown statuses that are no single words, and so are not shown: 1; look them up at the source.
    order_lines (order_lines.csv): rows looked at 5, all understood.
    order_lines: nothing gives amount.
    refunds (refunds.csv): rows looked at 1, all understood.
    payments (payments.csv): rows looked at 3, all understood.
    customers (customers.csv): rows looked at 2, all understood.
    complaints (complaints.csv): rows looked at 2, all understood.
    ");
    let json = serde_json::to_string(&report).expect("serialised");
    for secret in ["Nguyễn", "0912", "@example", "Trần", "Lý Thường Kiệt", "NGUYEN VAN AN"] {
        assert!(!json.contains(secret), "{secret}");
    }
}

// ---- nothing but rows and errors comes of any bytes ----

type Change = (usize, u8, u8);

fn mutated(rows: &str, changes: &[Change]) -> Vec<u8> {
    let mut bytes = rows.as_bytes().to_vec();
    for &(place, byte, how) in changes {
        let place = place % bytes.len().max(1);
        match how {
            0 if !bytes.is_empty() => bytes[place] = byte,
            1 if !bytes.is_empty() => drop(bytes.remove(place)),
            _ => bytes.insert(place, byte),
        }
    }
    bytes
}

fn assert_only_twins_are_left_out(batch: &Batch, flat: bool) {
    let read = batch.read.values().sum::<u64>() as usize;
    let told = kept(batch, flat) + batch.rejected.len();
    // A doubled row, or an older state of one, is all that may be neither kept nor rejected.
    assert!(told <= read && read <= told + 1, "{read} read, {told} told");
    for one in &batch.rejected {
        assert!(!one.reason.contains("Nguyễn") && !one.reason.contains("example.vn"), "{}", one.reason);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 150, ..Default::default() })]

    #[test]
    fn mutated_files_lose_no_row(
        feed in 0usize..6,
        changes in proptest::collection::vec((0usize..2_000, proptest::prelude::any::<u8>(), 0u8..3), 1..12),
    ) {
        let (feed, rows) = FEEDS[feed];
        let shop = Shop::new();
        shop.write(feed, mutated(rows, &changes));
        if let Ok(batch) = shop.fetch() {
            assert_only_twins_are_left_out(&batch, false);
            let (read, again) = (batch.rejected.len(), shop.retry(batch.rejected));
            assert_eq!(again.read.values().sum::<u64>() as usize, read);
            assert_only_twins_are_left_out(&again, false);
        }
    }

    #[test]
    fn a_mutated_flat_file_loses_no_row(
        changes in proptest::collection::vec((0usize..600, proptest::prelude::any::<u8>(), 0u8..3), 1..12),
    ) {
        let shop = flat_shop();
        shop.write(Feed::Orders, mutated(include_str!("../fixtures/source/flat.csv"), &changes));
        if let Ok(batch) = shop.fetch() {
            assert_only_twins_are_left_out(&batch, true);
        }
    }
}

// ---- the real samples ----

/// A `[[source]]` of a shop's configuration as settings; `None`, said aloud, when its data is not there.
fn sample(name: &str) -> Option<(SourceSettings, Currency)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shops");
    let text = fs::read_to_string(folder.join(format!("{name}.toml"))).expect("the fixture");
    let table: toml::Table = text.parse().expect("toml");
    let source = table["source"][0].as_table().expect("a source");
    let word =
        |table: &toml::Table, key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    let path = |table: &toml::Table| word(table, "path").map(|path| folder.join(path));
    let pairs = |table: &toml::Table, key: &str| -> BTreeMap<String, String> {
        let pairs = table.get(key).and_then(toml::Value::as_table).into_iter().flatten();
        pairs.map(|(ours, theirs)| (ours.clone(), theirs.as_str().expect("a text").to_owned())).collect()
    };
    let kind =
        if word(source, "kind").as_deref() == Some("csv") { SourceKind::Csv } else { SourceKind::Sqlite };
    let mut settings = settings(kind);
    settings.path = path(source);
    settings.provinces = ProvinceScheme::AsGiven;
    for feed in Feed::ALL {
        let Some(table) = source.get(feed.as_str()).and_then(toml::Value::as_table) else { continue };
        let map = FeedMap {
            path: path(table),
            query: word(table, "query"),
            flat: table.get("flat").and_then(toml::Value::as_bool).unwrap_or(false),
            columns: pairs(table, "columns"),
            constants: pairs(table, "constants"),
        };
        settings.feeds.insert(feed, map);
    }
    let data = settings.path.as_ref().or(settings.feeds[&Feed::Orders].path.as_ref()).expect("a path");
    if !data.exists() {
        println!("skipped: {} is not there", data.display());
        return None;
    }
    Some((settings, Currency { code: "USD".into(), decimals: 4 }))
}

fn net(batch: &Batch, region: Option<&str>) -> i64 {
    let orders = batch.orders.iter().filter(|order| region.is_none() || order.region.as_deref() == region);
    let lines = orders.flat_map(|order| &order.lines);
    lines.map(|line| line.gross.minor() - line.discount.minor()).sum()
}

#[test]
fn superstore_comes_in_to_the_last_minor_unit() {
    let Some((settings, currency)) = sample("superstore") else { return };
    let batch = with_context(&currency, &hanoi(), |context| source::fetch(&settings, context)).expect("read");
    assert_eq!(rejects(&batch), "");
    assert_nothing_lost(&batch, true);
    assert_eq!(batch.read[&Feed::Orders], 9_994);
    assert_eq!(batch.orders.len(), 5_009);
    assert_eq!(batch.orders.iter().map(|order| order.lines.len()).sum::<usize>(), 9_994);
    let customers: std::collections::BTreeSet<_> = batch.orders.iter().map(|order| &order.customer).collect();
    assert_eq!(customers.len(), 793);
    assert_eq!(net(&batch, None), 22_972_008_603);
    for (region, total) in [
        ("West", 7_254_578_245),
        ("East", 6_787_812_400),
        ("Central", 5_012_398_908),
        ("South", 3_917_219_050),
    ] {
        assert_eq!(net(&batch, Some(region)), total, "{region}");
    }
    assert!(batch.orders.iter().all(|order| order.person.name.is_some()));
}

#[test]
fn northwind_comes_in_to_the_last_minor_unit() {
    let Some((settings, currency)) = sample("northwind") else { return };
    let batch = with_context(&currency, &hanoi(), |context| source::fetch(&settings, context)).expect("read");
    assert_eq!(rejects(&batch), "");
    assert_nothing_lost(&batch, false);
    assert_eq!(batch.orders.len(), 830);
    // 91 customers, and two rows ("Val2 " and "VALON") that are nothing but a number and two letters.
    let real = batch.customers.iter().filter(|customer| customer.person.phone.is_some()).count();
    assert_eq!((batch.customers.len(), real), (93, 91));
    assert_eq!(batch.orders.iter().map(|order| order.lines.len()).sum::<usize>(), 2_155);
    let buyers: std::collections::BTreeSet<_> =
        batch.orders.iter().filter_map(|order| order.customer.as_ref()).collect();
    assert_eq!(buyers.len(), 89);
    assert_eq!(net(&batch, None), 12_657_930_395);
    let maria = batch.customers.iter().find(|customer| customer.id.as_str() == "ALFKI").expect("a customer");
    assert_eq!(maria.person.name.as_deref(), Some("Maria Anders"));
    assert_eq!(maria.person.phone.as_deref(), Some("030-0074321"));
    assert_eq!(maria.person.address.as_deref(), Some("Obere Str. 57, Berlin, Germany"));
}
