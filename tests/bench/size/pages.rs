//! The shop's books as sealed pages, made by the room of facts as the daemon makes them, and kept for the next time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use firstwatch::domain::entry::{CustomerType, Entry, EntryKind, Place};
use firstwatch::domain::ids::Pseudonym;
use firstwatch::domain::money::Money;
use firstwatch::facts::{self, Page};
use jiff::ToSpan;
use jiff::civil::Date;

use super::shop::{Line, Order, Shop, mix};

/// Another number whenever other pages are made of the same shop.
const EDITION: u32 = 1;
const LIST: &str = "pages.json";

pub struct Pages {
    pub directory: PathBuf,
    /// In order, one a month.
    pub pages: Vec<Page>,
}

impl Pages {
    /// The pages of the shop, found in `cache` or made.
    pub fn of(cache: &Path, scale: f64, years: i16) -> Self {
        let directory = cache.join(format!("pages-{EDITION}-{scale}-{years}"));
        let list = directory.join(LIST);
        if list.exists() {
            return Self::read(&directory);
        }
        fs::create_dir_all(&directory).expect("a folder");
        let shop = Shop::new(scale, years);
        let months = Mutex::new(shop.months());
        let pages = Mutex::new(Vec::new());
        let next = || months.lock().expect("no panic").pop();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Some(month) = next() {
                        let page = seal(&shop, month, &directory);
                        pages.lock().expect("no panic").push(page);
                    }
                });
            }
        });
        let mut pages = pages.into_inner().expect("no panic");
        pages.sort_by_key(|page| page.from);
        fs::write(list, written(&pages)).expect("a file");
        Self { directory, pages }
    }

    /// Those that were made before.
    pub fn read(directory: &Path) -> Self {
        let text = fs::read(directory.join(LIST)).expect("a list of pages");
        Self { pages: read(&text), directory: directory.to_owned() }
    }

    pub fn rows(&self) -> u64 {
        self.pages.iter().map(|page| page.rows).sum()
    }

    /// The last so many.
    pub fn last(&self, months: usize) -> &[Page] {
        &self.pages[self.pages.len().saturating_sub(months)..]
    }
}

fn seal(shop: &Shop, month: Date, directory: &Path) -> Page {
    let entries: Vec<Entry> = shop.orders(month).iter().flat_map(|order| entries(shop, order)).collect();
    facts::seal(directory, month, month.saturating_add(1.month()), &entries).expect("a page")
}

/// Seals one day; how many entries it has, and how long it took without making them up.
pub fn seal_day(shop: &Shop, day: Date, directory: &Path) -> (Page, usize, Duration) {
    let orders = shop.orders(day.first_of_month());
    let mut entries: Vec<Entry> = orders.iter().flat_map(|order| entries(shop, order)).collect();
    entries.retain(|entry| entry.day == day);
    let start = Instant::now();
    let page = facts::seal(directory, day, day.saturating_add(1.day()), &entries).expect("a page");
    (page, entries.len(), start.elapsed())
}

/// What the books say of an order: its lines, and what came back.
pub fn entries(shop: &Shop, order: &Order) -> Vec<Entry> {
    let largest = (0..order.lines.len()).max_by_key(|&at| order.lines[at].gross);
    let mut entries = Vec::with_capacity(order.lines.len());
    for (at, line) in order.lines.iter().enumerate() {
        let sale = entry(shop, order, line);
        if let Some(day) = line.returned {
            let refunds = Money::from_minor(line.gross - line.discount);
            let nothing = Money::ZERO;
            let back = Entry { day, belongs_to: day, kind: EntryKind::Refund, refunds, ..sale.clone() };
            entries.push(Entry { gross: nothing, discounts: nothing, units: 0, ..back });
        }
        let counts = i64::from(Some(at) == largest);
        let new_customers = if order.is_first { counts } else { 0 };
        entries.push(Entry { orders: counts, new_customers, ..sale });
    }
    entries
}

fn entry(shop: &Shop, order: &Order, line: &Line) -> Entry {
    let product = &shop.products[line.product];
    // A few are booked late, on the day they came.
    let late = mix(order.no).is_multiple_of(300);
    Entry {
        day: order.day,
        belongs_to: if late { order.day.saturating_sub(35.days()) } else { order.day },
        kind: EntryKind::Sale,
        customer: Pseudonym(mix(u64::from(order.customer))),
        place: Place {
            product: product.name.clone(),
            brand: product.brand.clone(),
            category: product.category.to_owned(),
            province: order.province.name.clone(),
            region: order.province.region.clone(),
            channel: order.channel.to_owned(),
            payment_method: order.payment_method.to_owned(),
            customer_type: if order.is_first { CustomerType::New } else { CustomerType::Returning },
        },
        gross: Money::from_minor(line.gross),
        discounts: Money::from_minor(line.discount),
        refunds: Money::ZERO,
        orders: 0,
        units: line.quantity,
        cancellations: 0,
        new_customers: 0,
        tax: Money::ZERO,
        shipping: Money::ZERO,
    }
}

fn written(pages: &[Page]) -> String {
    let page = |page: &Page| {
        serde_json::json!({
            "from": page.from, "until": page.until, "file": page.file, "sha256": hex::encode(page.sha256),
            "rows": page.rows,
        })
    };
    serde_json::Value::from(pages.iter().map(page).collect::<Vec<_>>()).to_string()
}

fn read(text: &[u8]) -> Vec<Page> {
    let pages: Vec<serde_json::Value> = serde_json::from_slice(text).expect("a list of pages");
    let page = |page: &serde_json::Value| {
        let text = |key: &str| page[key].as_str().expect("a text").to_owned();
        let mut sha256 = [0; 32];
        hex::decode_to_slice(text("sha256"), &mut sha256).expect("a hash");
        let day = |key: &str| text(key).parse::<Date>().expect("a day");
        let rows = page["rows"].as_u64().expect("a number");
        Page { from: day("from"), until: day("until"), file: text("file"), sha256, rows }
    };
    pages.iter().map(page).collect()
}
