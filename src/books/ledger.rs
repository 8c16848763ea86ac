//! What is booked of one order: closed days, which stand for ever, and open days, which may be corrected.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Slot;
use super::amounts::Amounts;
use crate::domain::entry::{BookedLine, Entry, EntryKind, Place};
use crate::domain::ids::{LineId, Pseudonym, RefundId};
use crate::domain::money::Money;

/// Entries with the same key are corrections of each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub day: Date,
    pub belongs_to: Date,
    pub kind: EntryKind,
    pub line: LineId,
    pub refund: Option<RefundId>,
    pub place: Place,
}

impl Key {
    pub fn new(slot: Slot, kind: EntryKind, line: &LineId, place: Place) -> Self {
        Self { day: slot.day, belongs_to: slot.belongs_to, kind, line: line.clone(), refund: None, place }
    }

    pub fn of_refund(self, refund: &RefundId) -> Self {
        Self { refund: Some(refund.clone()), ..self }
    }

    pub fn slot(&self) -> Slot {
        Slot { day: self.day, belongs_to: self.belongs_to }
    }

    /// Of the sale, its corrections and its cancellation, not of a refund.
    pub fn is_of_sale(&self) -> bool {
        self.refund.is_none()
    }

    pub fn is_of(&self, refund: &RefundId) -> bool {
        self.refund.as_ref() == Some(refund)
    }
}

/// Entries netted by key; no key stands for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet(BTreeMap<Key, Amounts>);

impl Sheet {
    pub fn add(&mut self, key: Key, amounts: Amounts) {
        let sum = self.0.entry(key.clone()).or_default();
        *sum += amounts;
        if sum.is_zero() {
            self.0.remove(&key);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, Amounts)> {
        self.0.iter().map(|(key, amounts)| (key, *amounts))
    }

    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    /// The sum of the keys that `of` picks, by line.
    pub fn by_line(&self, of: impl Fn(&Key) -> bool) -> BTreeMap<LineId, Amounts> {
        let mut lines: BTreeMap<LineId, Amounts> = BTreeMap::new();
        for (key, amounts) in self.iter().filter(|(key, _)| of(key)) {
            *lines.entry(key.line.clone()).or_default() += amounts;
        }
        lines
    }

    /// What must be added to `other` to make it this sheet.
    pub fn less(mut self, other: &Self) -> Self {
        for (key, amounts) in other.iter() {
            let mut negative = Amounts::default();
            negative -= amounts;
            self.add(key.clone(), negative);
        }
        self
    }

    pub fn into_lines(self, customer: Pseudonym) -> Vec<BookedLine> {
        self.0.into_iter().map(|(key, amounts)| booked_line(key, &amounts, customer)).collect()
    }
}

fn booked_line(key: Key, amounts: &Amounts, customer: Pseudonym) -> BookedLine {
    BookedLine {
        line: key.line,
        refund: key.refund,
        entry: Entry {
            day: key.day,
            belongs_to: key.belongs_to,
            kind: key.kind,
            customer,
            place: key.place,
            gross: Money::from_minor(amounts.gross),
            discounts: Money::from_minor(amounts.discounts),
            refunds: Money::from_minor(amounts.refunds),
            orders: amounts.orders,
            units: amounts.units,
            cancellations: amounts.cancellations,
            new_customers: amounts.new_customers,
            tax: Money::from_minor(amounts.tax),
            shipping: Money::from_minor(amounts.shipping),
        },
    }
}

/// The books of one order.
pub(super) struct Ledger {
    pub closed: Sheet,
    pub open: Sheet,
}

impl Ledger {
    pub fn read(booked: &[BookedLine], closed_until: Option<Date>) -> Self {
        let mut ledger = Self { closed: Sheet::default(), open: Sheet::default() };
        for BookedLine { line, refund, entry } in booked {
            let key = Key {
                day: entry.day,
                belongs_to: entry.belongs_to,
                kind: entry.kind,
                line: line.clone(),
                refund: refund.clone(),
                place: entry.place.clone(),
            };
            let is_closed = closed_until.is_some_and(|until| entry.day < until);
            let sheet = if is_closed { &mut ledger.closed } else { &mut ledger.open };
            sheet.add(key, Amounts::of(entry));
        }
        ledger
    }

    /// Where a line stands: where closed books have its sale; the place that sold most, should there
    /// be several.
    pub fn closed_place(&self, line: &LineId) -> Option<&Place> {
        self.closed
            .iter()
            .filter(|(key, _)| key.is_of_sale() && key.kind == EntryKind::Sale && key.line == *line)
            .max_by(|(left, less), (right, more)| {
                (less.gross, less.units, &right.place).cmp(&(more.gross, more.units, &left.place))
            })
            .map(|(key, _)| &key.place)
    }

    /// Where a line that the order no longer has was booked.
    pub fn any_place(&self, line: &LineId) -> Option<&Place> {
        self.closed_place(line).or_else(|| {
            let mut keys = self.closed.keys().chain(self.open.keys());
            keys.find(|key| key.line == *line).map(|key| &key.place)
        })
    }
}
