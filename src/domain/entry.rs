//! Booked entries: what the books say, one line an event, and the dimensions reports are cut by.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::ids::{LineId, Pseudonym, RefundId};
use super::money::Money;

/// Why an entry stands in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// Goods sold (also the correction of a sale whose day is still open, which may be negative).
    Sale,
    /// Money given back, on the day it was.
    Refund,
    /// A counted order cancelled, or a sale found too high after its day was closed.
    Reversal,
}

impl EntryKind {
    pub const ALL: [Self; 3] = [Self::Sale, Self::Refund, Self::Reversal];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Refund => "refund",
            Self::Reversal => "reversal",
        }
    }
}

/// Whether the customer had bought before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustomerType {
    New,
    Returning,
}

impl CustomerType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Returning => "returning",
        }
    }
}

/// What tables are cut by. The columns of a sealed page carry these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    Product,
    Brand,
    Category,
    Province,
    Region,
    Channel,
    PaymentMethod,
    CustomerType,
    /// `1` (Monday) to `7` (Sunday), of the booked day.
    Weekday,
    /// Of a late booking the month it belongs to, `2026-10`; [`UNKNOWN`] of one on time.
    BelongsTo,
    /// What a complaint is about.
    ComplaintKind,
    /// `1` to `4`; [`UNKNOWN`] while nobody has said.
    DamageLevel,
    /// The clock that kept or missed its deadline; [`UNKNOWN`] where it is not about one.
    Clock,
    /// Of a resolution [`ON_TIME`] or [`LATE`]; [`UNKNOWN`] of all else.
    Timeliness,
}

impl Dimension {
    pub const ALL: [Self; 14] = [
        Self::Product,
        Self::Brand,
        Self::Category,
        Self::Province,
        Self::Region,
        Self::Channel,
        Self::PaymentMethod,
        Self::CustomerType,
        Self::Weekday,
        Self::BelongsTo,
        Self::ComplaintKind,
        Self::DamageLevel,
        Self::Clock,
        Self::Timeliness,
    ];

    /// Of sales: what job files may name, and, but for those that follow from an entry's days, the columns of
    /// a sealed page.
    pub const SALES: [Self; 10] = [
        Self::Product,
        Self::Brand,
        Self::Category,
        Self::Province,
        Self::Region,
        Self::Channel,
        Self::PaymentMethod,
        Self::CustomerType,
        Self::Weekday,
        Self::BelongsTo,
    ];

    /// Of complaints.
    pub const COMPLAINTS: [Self; 5] =
        [Self::ComplaintKind, Self::DamageLevel, Self::Channel, Self::Clock, Self::Timeliness];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Brand => "brand",
            Self::Category => "category",
            Self::Province => "province",
            Self::Region => "region",
            Self::Channel => "channel",
            Self::PaymentMethod => "payment-method",
            Self::CustomerType => "customer-type",
            Self::Weekday => "weekday",
            Self::BelongsTo => "belongs-to",
            Self::ComplaintKind => "complaint-kind",
            Self::DamageLevel => "damage-level",
            Self::Clock => "clock",
            Self::Timeliness => "timeliness",
        }
    }
}

/// The value of a dimension that the source did not tell; shown as «không rõ».
pub const UNKNOWN: &str = "";

/// A resolution by its deadline.
pub const ON_TIME: &str = "on-time";
/// A resolution past it.
pub const LATE: &str = "late";

/// Where an entry falls in each dimension; [`UNKNOWN`] where the source did not tell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub product: String,
    pub brand: String,
    pub category: String,
    pub province: String,
    pub region: String,
    pub channel: String,
    pub payment_method: String,
    pub customer_type: CustomerType,
}

/// What adds up. Every component of a closed day, summed over any set of whole orders, is non-negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// Price x quantity, before discounts.
    Gross,
    Discounts,
    /// Refunds and reversals.
    Refunds,
    /// Orders, each counted under its largest line so that parts add up to the whole.
    Orders,
    /// Units sold.
    Units,
    /// Orders cancelled after they had been counted.
    Cancellations,
    /// Customers whose first counted order this is.
    NewCustomers,
    /// Complaints received.
    Opened,
    /// Resolutions taken back.
    Reopened,
    /// Resolutions. Whether the resolution's clock was kept is their [`Dimension::Timeliness`] and no component of its
    /// own: two could be taken from each other, and nobody would have judged the difference.
    Closed,
    /// Other clocks that stopped by their deadline.
    OnTime,
    /// Clocks that ran past their deadline.
    Breached,
    /// How often something was given for damage.
    Compensations,
    /// How much.
    Compensation,
}

impl Component {
    /// The columns of a sealed page.
    pub const SALES: [Self; 7] = [
        Self::Gross,
        Self::Discounts,
        Self::Refunds,
        Self::Orders,
        Self::Units,
        Self::Cancellations,
        Self::NewCustomers,
    ];

    /// Of a line of the complaints' books.
    pub const COMPLAINTS: [Self; 7] = [
        Self::Opened,
        Self::Reopened,
        Self::Closed,
        Self::OnTime,
        Self::Breached,
        Self::Compensations,
        Self::Compensation,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gross => "gross",
            Self::Discounts => "discounts",
            Self::Refunds => "refunds",
            Self::Orders => "orders",
            Self::Units => "units",
            Self::Cancellations => "cancellations",
            Self::NewCustomers => "new-customers",
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Closed => "closed",
            Self::OnTime => "on-time",
            Self::Breached => "breached",
            Self::Compensations => "compensations",
            Self::Compensation => "compensation",
        }
    }
}

/// One booked line. It never changes and is never deleted; what was wrong is booked again the other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The day it is booked on, in the business time zone.
    pub day: Date,
    /// The day it belongs to; earlier than `day` for a late booking.
    pub belongs_to: Date,
    pub kind: EntryKind,
    pub customer: Pseudonym,
    pub place: Place,
    pub gross: Money,
    pub discounts: Money,
    pub refunds: Money,
    pub orders: i64,
    pub units: i64,
    pub cancellations: i64,
    pub new_customers: i64,
    pub tax: Money,
    /// Shipping and fees.
    pub shipping: Money,
}

impl Entry {
    pub fn is_late(&self) -> bool {
        self.belongs_to < self.day
    }
}

/// An entry with what it was booked for, which the facts do not carry: how the books find what they
/// already say of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedLine {
    pub line: LineId,
    /// The refund it books, if it books one.
    pub refund: Option<RefundId>,
    pub entry: Entry,
}
