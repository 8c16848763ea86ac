//! The sale of an order that counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::amounts::Amounts;
use super::bill::Bill;
use super::ledger::{Key, Sheet};
use super::{Desk, Slot};
use crate::domain::entry::EntryKind;
use crate::domain::ids::LineId;

/// Puts into `wanted` what open days must hold of the sale, whose natural day is `day`.
pub(super) fn plan(desk: &Desk<'_>, bill: &Bill, day: Date, wanted: &mut Sheet) {
    let closed = desk.ledger.closed.by_line(Key::is_of_sale);
    if closed.is_empty() {
        let slot = desk.slot(day, Key::is_of_sale);
        for line in &bill.lines {
            let key = Key::new(slot, EntryKind::Sale, &line.id, line.place.clone());
            wanted.add(key, line.amounts);
        }
    } else {
        let sum: Amounts = closed.values().copied().sum();
        let slot = desk.late_slot(belongs_to(desk, day, &sum), Key::is_of_sale);
        differences(desk, bill, &closed, slot, wanted);
        whole_order(bill, &closed, &sum, slot, wanted);
    }
}

/// What is made good after closing belongs to the day of the sale, or, when a cancellation is taken
/// back, to the day of that.
fn belongs_to(desk: &Desk<'_>, day: Date, closed: &Amounts) -> Date {
    let entries = || desk.ledger.closed.iter().filter(|(key, _)| key.is_of_sale());
    let cancelled = entries().filter(|(_, amounts)| amounts.cancellations > 0);
    let sold = entries().filter(|(key, _)| key.kind == EntryKind::Sale);
    let undone = closed.orders <= closed.cancellations;
    let cancelled_on = cancelled.map(|(key, _)| key.belongs_to).max().filter(|_| undone);
    cancelled_on.or_else(|| sold.map(|(key, _)| key.belongs_to).min()).unwrap_or(day)
}

/// Makes good the net of each line.
fn differences(
    desk: &Desk<'_>,
    bill: &Bill,
    closed: &BTreeMap<LineId, Amounts>,
    slot: Slot,
    wanted: &mut Sheet,
) {
    let says: BTreeMap<&LineId, Amounts> = bill.lines.iter().map(|line| (&line.id, line.amounts)).collect();
    let lines: BTreeSet<&LineId> = says.keys().copied().chain(closed.keys()).collect();
    for line in lines {
        let mut missing = says.get(line).copied().unwrap_or_default();
        missing -= closed.get(line).copied().unwrap_or_default();
        let place = bill.place(desk, line);
        if missing.net() < 0 {
            let less = Amounts { refunds: -missing.net(), ..Amounts::default() };
            wanted.add(Key::new(slot, EntryKind::Reversal, line, place), less);
        } else {
            wanted.add(Key::new(slot, EntryKind::Sale, line, place), increase(&missing));
        }
    }
}

/// An increase as gross and discounts, where both of them grew and nothing else changed.
fn increase(missing: &Amounts) -> Amounts {
    let as_it_is = missing.gross >= 0 && missing.discounts >= 0 && missing.refunds == 0;
    let (gross, discounts) = if as_it_is { (missing.gross, missing.discounts) } else { (missing.net(), 0) };
    Amounts { gross, discounts, ..Amounts::default() }
}

/// Makes good what is counted by the order: orders, units, new customers, tax and shipping.
fn whole_order(
    bill: &Bill,
    closed: &BTreeMap<LineId, Amounts>,
    sum: &Amounts,
    slot: Slot,
    wanted: &mut Sheet,
) {
    let says = bill.total();
    let main = bill.main();
    let order = Amounts {
        orders: (says.orders - (sum.orders - sum.cancellations)).max(0),
        new_customers: (says.new_customers - sum.new_customers).max(0),
        tax: says.tax - sum.tax,
        shipping: says.shipping - sum.shipping,
        ..Amounts::default()
    };
    wanted.add(Key::new(slot, EntryKind::Sale, &main.id, main.place.clone()), order);
    let mut left = says.units - sum.units;
    for line in &bill.lines {
        let booked = closed.get(&line.id).map_or(0, |amounts| amounts.units);
        let units = (line.amounts.units - booked).min(left).max(0);
        left -= units;
        let more = Amounts { units, ..Amounts::default() };
        wanted.add(Key::new(slot, EntryKind::Sale, &line.id, line.place.clone()), more);
    }
}
