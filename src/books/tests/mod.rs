//! A shop with one order, for the tests: it changes, days pass, books close, and it is booked each time.

mod complaints;
mod histories;
mod rules;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::amounts::Amounts;
use super::{Booking, book};
use crate::domain::customer::Person;
use crate::domain::entry::{BookedLine, CustomerType, EntryKind};
use crate::domain::ids::{LineId, OrderId, Pseudonym, RefundId};
use crate::domain::money::Money;
use crate::domain::order::{CountOrdersOn, Order, OrderLine, OrderStatus, Refund};

fn zone() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap()
}

/// Day `n` of the tests: 1 is 1 October 2026.
fn day(n: i64) -> Date {
    date(2026, 10, 1).checked_add((n - 1).days()).unwrap()
}

/// Half past midnight in the zone, which is still the day before in UTC.
fn at(n: i64) -> Timestamp {
    day(n).at(0, 30, 0, 0).to_zoned(zone()).unwrap().timestamp()
}

fn line(id: &str, quantity: i64, gross: i64) -> OrderLine {
    OrderLine {
        id: LineId::new(id),
        product: format!("watch {id}"),
        sku: None,
        brand: Some("Seiko".into()),
        category: None,
        quantity,
        gross: Money::from_minor(gross),
        discount: Money::ZERO,
        tax: Money::ZERO,
    }
}

fn refund(id: &str, on: i64, amount: i64, line: Option<&str>) -> Refund {
    Refund {
        id: RefundId::new(id),
        order: OrderId::new("1001"),
        refunded_at: at(on),
        amount: Money::from_minor(amount),
        line: line.map(LineId::new),
        quantity: None,
    }
}

/// The order, its books, and how far they are closed.
#[derive(Clone, Debug)]
struct Shop {
    order: Order,
    refunds: Vec<Refund>,
    basis: CountOrdersOn,
    customer_type: CustomerType,
    booked: Vec<BookedLine>,
    closed_until: Option<Date>,
    today: i64,
}

impl Shop {
    /// An order of two lines, 300 and 100, placed on day 2, today.
    fn new() -> Self {
        let order = Order {
            id: OrderId::new("1001"),
            placed_at: at(2),
            status: OrderStatus::Processing,
            paid_at: None,
            completed_at: None,
            cancelled_at: None,
            modified_at: None,
            channel: Some("web".into()),
            payment_method: None,
            province: Some("Huế".into()),
            region: Some("central".into()),
            customer: None,
            person: Person::default(),
            discount: Money::ZERO,
            shipping: Money::ZERO,
            tax: Money::ZERO,
            fees: Money::ZERO,
            total: None,
            lines: vec![line("a", 3, 300), line("b", 1, 100)],
        };
        Self {
            order,
            refunds: Vec::new(),
            basis: CountOrdersOn::Created,
            customer_type: CustomerType::New,
            booked: Vec::new(),
            closed_until: None,
            today: 2,
        }
    }

    fn missing(&self) -> Vec<BookedLine> {
        book(&Booking {
            order: &self.order,
            refunds: &self.refunds,
            customer: Pseudonym(7),
            customer_type: self.customer_type,
            basis: self.basis,
            zone: &zone(),
            booked: &self.booked,
            closed_until: self.closed_until,
            today: day(self.today),
        })
    }

    /// Books on day `today`, and gives what was added.
    fn book_on(&mut self, today: i64) -> Vec<BookedLine> {
        self.today = today;
        let added = self.missing();
        self.booked.extend(added.iter().cloned());
        added
    }

    fn close_until(&mut self, until: i64) {
        self.closed_until = self.closed_until.max(Some(day(until)));
    }

    fn sum(&self, of: impl Fn(&BookedLine) -> bool) -> Amounts {
        self.booked.iter().filter(|line| of(line)).map(|line| Amounts::of(&line.entry)).sum()
    }

    fn on(&self, n: i64) -> Amounts {
        self.sum(|line| line.entry.day == day(n))
    }

    fn total(&self) -> Amounts {
        self.sum(|_| true)
    }
}

fn kinds(lines: &[BookedLine]) -> Vec<(EntryKind, &str)> {
    lines.iter().map(|line| (line.entry.kind, line.line.as_str())).collect()
}
