//! The books: what an order (or, in [`book_complaint`], a complaint) says now, against what is booked of it, gives the entries that are missing.
//!
//! | the order says | is booked | on its natural day |
//! |---|---|---|
//! | it counts (status, and the instant of the basis is known) | each line as `Sale`: gross, discounts, units; `orders` = 1, `new_customers`, tax, shipping and fees on the main line, the one with the largest net | day of the basis instant |
//! | a discount on the whole order | spread over its lines by what they are worth net | with the sale |
//! | a refund of a line | `Refund` on that line, as large as it is: net may fall below zero | day of the refund, never before the sale's |
//! | any other refund | `Refund`, spread over the lines by net | likewise |
//! | it is `refunded`, and no refund is known | one `Refund` of everything | last change, else today |
//! | it does not count, and never was booked | nothing, its refunds neither | |
//! | it no longer counts | the books stand as they are, and a `Reversal` takes out what is left; `cancellations` = 1 | cancelled, else last change, else today; never before the sale's |
//! | it counts again | the reversal is taken back | |
//!
//! **Open days** (not before `closed_until`) may be corrected: a signed entry of the same kind on the same
//! day and place, so that the day's sum is what the order says. A change of place, day or main line takes
//! the old entry back where it stood and books it where it belongs.
//!
//! **Closed days** never change. What should have been booked there is booked on a late day (today, or
//! the first open day) and belongs to its natural day: more net as a `Sale`, less as a `Reversal` with
//! positive `refunds`, a larger refund as a `Refund`, a smaller one as a `Sale` that names it. Once booked,
//! a late entry stays on its day. Three things follow. Only net is made good: components of closed books
//! may differ from the order's. Units sold are never taken back there, and a second `orders` = 1 stands
//! beside the `cancellations` of an order that counts again. A place is not booked again: a line stays
//! where closed books have it, and everything later of that line goes there too.
//!
//! **Customer and customer type** stay what the order was first booked with.
//!
//! A refund implied by a status that closed books hold counts towards the refunds that become known
//! later. Refunds known only after the cancellation are not booked: the reversal took that money out.
//! Units that came back are not booked; `units` are units sold.
//!
//! Invariants, held by property tests: net, tax and shipping over an order's entries are the order's;
//! orders less cancellations are one while it counts and none when not; nothing is booked on a closed day;
//! every component, summed over an order and a day, is non-negative (tax and shipping are signed); booking
//! again adds nothing, on any later day.
//!
//! Absent by design: the store, the clock, other orders. Who is new is the caller's to say.

mod amounts;
mod bill;
mod cancellation;
mod complaints;
mod ledger;
mod refunds;
mod sale;
mod settlement;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::entry::{BookedLine, CustomerType};
use crate::domain::ids::Pseudonym;
use crate::domain::order::{CountOrdersOn, Order, Refund};

use bill::Bill;
pub use complaints::{ClockSeen, ComplaintBooking, book_complaint};
use ledger::{Key, Ledger, Sheet};
pub use settlement::{Mismatch, mismatch};

/// Everything that decides what is to be booked of one order.
#[derive(Clone, Copy, Debug)]
pub struct Booking<'a> {
    pub order: &'a Order,
    /// All that are known of this order; those of others are passed over.
    pub refunds: &'a [Refund],
    pub customer: Pseudonym,
    pub customer_type: CustomerType,
    pub basis: CountOrdersOn,
    /// The business time zone.
    pub zone: &'a TimeZone,
    /// All entries of this order, in any order.
    pub booked: &'a [BookedLine],
    /// Days before this one are closed; `None` while none is.
    pub closed_until: Option<Date>,
    pub today: Date,
}

/// The entries that must be added so that the books say what the order now says; none when they do.
/// Sorted, and the same for the same input.
pub fn book(booking: &Booking<'_>) -> Vec<BookedLine> {
    let desk = Desk::new(booking);
    let mut wanted = Sheet::default();
    match desk.counted_on() {
        Some(day) => {
            let bill = Bill::new(&desk);
            sale::plan(&desk, &bill, day, &mut wanted);
            refunds::plan(&desk, &bill, day, &mut wanted);
        }
        None => cancellation::plan(&desk, &mut wanted),
    }
    wanted.less(&desk.ledger.open).into_lines(desk.customer)
}

/// A booking with its ledger read: what every part of the plan looks at.
struct Desk<'a> {
    booking: &'a Booking<'a>,
    ledger: Ledger,
    customer: Pseudonym,
    customer_type: CustomerType,
}

/// Where an event is booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    day: Date,
    belongs_to: Date,
}

impl<'a> Desk<'a> {
    fn new(booking: &'a Booking<'a>) -> Self {
        let first = booking.booked.first().map(|line| &line.entry);
        Self {
            booking,
            ledger: Ledger::read(booking.booked, booking.closed_until),
            customer: first.map_or(booking.customer, |entry| entry.customer),
            customer_type: first.map_or(booking.customer_type, |entry| entry.place.customer_type),
        }
    }

    /// The natural day of the sale; `None` when the order does not count (one without lines has nothing
    /// to count).
    fn counted_on(&self) -> Option<Date> {
        let order = self.booking.order;
        let counts = order.status.counts() && !order.lines.is_empty();
        counts.then(|| order.counted_at(self.booking.basis)).flatten().map(|at| self.day_of(at))
    }

    fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.booking.zone.clone()).date()
    }

    /// The day of the order's last change, or today.
    fn last_change(&self) -> Date {
        self.booking.order.modified_at.map_or(self.booking.today, |at| self.day_of(at))
    }

    fn is_open(&self, day: Date) -> bool {
        self.booking.closed_until.is_none_or(|until| day >= until)
    }

    /// Where something of the natural day `day` is booked. `of` says which entries are of the same thing.
    fn slot(&self, day: Date, of: impl Fn(&Key) -> bool) -> Slot {
        if self.is_open(day) { Slot { day, belongs_to: day } } else { self.late_slot(day, of) }
    }

    /// Where something is booked whose natural day is closed: where late entries of it stand already,
    /// for one that moved with every day would be booked anew every day.
    fn late_slot(&self, belongs_to: Date, of: impl Fn(&Key) -> bool) -> Slot {
        let late = |key: &&Key| key.belongs_to < key.day && of(key);
        let standing = self.ledger.open.keys().filter(late).map(|key| key.day).min();
        let today = self.booking.closed_until.map_or(self.booking.today, |it| it.max(self.booking.today));
        let day = standing.unwrap_or(today);
        Slot { day, belongs_to: belongs_to.min(day) }
    }
}
