//! What the tests of this room begin with: a real store in a temporary directory, and a little of a shop.

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::{Error, OrderRow, Store, Writer};
use crate::domain::complaint::ComplaintText;
use crate::domain::customer::Person;
use crate::domain::entry::{BookedLine, CustomerType, Entry, EntryKind, Place};
use crate::domain::ids::{CustomerNo, JobName, LineId, OrderId, Pseudonym, RunId, SourceName};
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderLine, OrderStatus};
use crate::domain::sealed::{Sealed, WrappedKey};
use crate::domain::slot::Slot;
use crate::store::Trigger;

pub(super) struct Fixture {
    pub directory: tempfile::TempDir,
    pub store: Store,
}

pub(super) fn fixture() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    Fixture { directory, store }
}

impl Fixture {
    pub fn write<T>(&self, work: impl FnOnce(&Writer<'_>) -> Result<T, Error>) -> T {
        self.store.write(work).unwrap()
    }

    /// Closes the store and opens it again.
    pub fn reopened(self) -> Self {
        drop(self.store);
        let store = Store::open(self.directory.path()).unwrap();
        Self { directory: self.directory, store }
    }

    /// Changes the closed store as another hand would, with SQLite's shell.
    pub fn tampered(self, sql: &str) -> Self {
        drop(self.store);
        let other = rusqlite::Connection::open(self.directory.path().join("firstwatch.db")).unwrap();
        other.execute_batch(sql).unwrap();
        drop(other);
        let store = Store::open(self.directory.path()).unwrap();
        Self { directory: self.directory, store }
    }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2026-11-16T00:00:00Z")
}

pub(super) fn shop() -> SourceName {
    SourceName::new("shop")
}

pub(super) fn key() -> WrappedKey {
    WrappedKey::from_bytes(vec![1; 77])
}

pub(super) fn person() -> Sealed<Person> {
    Sealed::from_bytes(vec![2; 60])
}

pub(super) fn words() -> Sealed<ComplaintText> {
    Sealed::from_bytes(vec![3; 60])
}

pub(super) fn slot(job: &str, instant: &str) -> Slot {
    Slot { job: JobName::new(job), at: at(instant) }
}

pub(super) fn a_run(w: &Writer<'_>) -> Result<RunId, Error> {
    let slot = slot("weekly-sales", "2026-11-16T00:00:00Z");
    Ok(w.claim_slot(&slot, Trigger::Schedule, None, now())?.unwrap())
}

pub(super) fn a_customer(w: &Writer<'_>) -> Result<CustomerNo, Error> {
    w.insert_customer(&key(), &person(), Some("Hà Nội"), now())
}

pub(super) fn order(id: &str) -> Order {
    let line = |id: &str, gross| OrderLine {
        id: LineId::new(id),
        product: "Seiko 5".into(),
        sku: None,
        brand: Some("Seiko".into()),
        category: None,
        quantity: 2,
        gross: Money::from_minor(gross),
        discount: Money::from_minor(10),
        tax: Money::ZERO,
    };
    Order {
        id: OrderId::new(id),
        placed_at: at("2026-11-10T03:04:05.678901Z"),
        status: OrderStatus::OnHold,
        paid_at: None,
        completed_at: Some(at("2026-11-11T00:00:00Z")),
        cancelled_at: None,
        modified_at: Some(at("2026-11-12T00:00:00Z")),
        channel: Some("web".into()),
        payment_method: Some("cod".into()),
        province: Some("Hà Nội".into()),
        region: None,
        customer: None,
        person: Person::default(),
        discount: Money::from_minor(5),
        shipping: Money::from_minor(30),
        tax: Money::from_minor(-1),
        fees: Money::ZERO,
        total: Some(Money::from_minor(1_000)),
        lines: vec![line("b", 700), line("a", 300)],
    }
}

pub(super) fn keep_order(w: &Writer<'_>, id: &str) -> Result<(), Error> {
    let order = order(id);
    w.upsert_order(&OrderRow {
        source: &shop(),
        order: &order,
        customer: None,
        sealed_person: None,
        hash: [0; 32],
    })
}

/// A sale of 100 on a day of November 2026.
pub(super) fn booked(day: i8) -> BookedLine {
    BookedLine { line: LineId::new("a"), refund: None, entry: entry(date(2026, 11, day)) }
}

fn entry(day: Date) -> Entry {
    Entry {
        day,
        belongs_to: day,
        kind: EntryKind::Sale,
        // The highest bit is set, so that a sign lost on the way shows.
        customer: Pseudonym(0xfedc_ba98_7654_3210),
        place: Place {
            product: "Seiko 5".into(),
            brand: "Seiko".into(),
            category: "".into(),
            province: "Hà Nội".into(),
            region: "north".into(),
            channel: "web".into(),
            payment_method: "cod".into(),
            customer_type: CustomerType::New,
        },
        gross: Money::from_minor(100),
        discounts: Money::from_minor(10),
        refunds: Money::ZERO,
        orders: 1,
        units: 2,
        cancellations: 0,
        new_customers: 1,
        tax: Money::from_minor(8),
        shipping: Money::from_minor(30),
    }
}
