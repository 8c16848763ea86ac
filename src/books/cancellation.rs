//! An order that does not count, or no longer.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::amounts::Amounts;
use super::ledger::{Key, Sheet};
use super::{Desk, Slot};
use crate::domain::entry::EntryKind;
use crate::domain::ids::LineId;
use crate::domain::money::Money;

/// Puts into `wanted` what open days must hold: what they hold already, and one reversal of all that is
/// left, in place of open reversals of a part of it. Nothing at all when the order was never booked.
pub(super) fn plan(desk: &Desk<'_>, wanted: &mut Sheet) {
    let is_sale = |key: &&Key| key.is_of_sale() && key.kind == EntryKind::Sale;
    let sales = desk.ledger.closed.keys().chain(desk.ledger.open.keys()).filter(is_sale);
    let Some(sold) = sales.map(|key| key.belongs_to).min() else { return };
    for (key, amounts) in desk.ledger.open.iter().filter(|(key, _)| !is_reversal(key)) {
        wanted.add(key.clone(), amounts);
    }
    let mut left = desk.ledger.closed.by_line(|_| true);
    for (line, amounts) in wanted.by_line(|_| true) {
        *left.entry(line).or_default() += amounts;
    }
    reverse(desk, &left, slot(desk, sold), wanted);
}

fn is_reversal(key: &Key) -> bool {
    key.is_of_sale() && key.kind == EntryKind::Reversal
}

/// Where a cancellation stands that is still open.
fn standing(desk: &Desk<'_>) -> Option<Slot> {
    let mut reversals = desk.ledger.open.iter().filter(|(key, _)| is_reversal(key));
    reversals.find(|(_, amounts)| amounts.cancellations > 0).map(|(key, _)| key.slot())
}

/// On the day of the cancellation; where nothing says which that was, it stays where it is.
fn slot(desk: &Desk<'_>, sold: Date) -> Slot {
    let standing = standing(desk);
    let of = |key: &Key| is_reversal(key) && Some(key.slot()) == standing;
    match (desk.booking.order.cancelled_at, standing) {
        (Some(at), _) => desk.slot(desk.day_of(at).max(sold), of),
        (None, Some(slot)) => slot,
        (None, None) => desk.slot(desk.last_change().max(sold), of),
    }
}

/// Takes out what is `left`: the net by line, and on the line with most of it what is counted by the
/// order. An order that was given back more than it cost stays below zero.
fn reverse(desk: &Desk<'_>, left: &BTreeMap<LineId, Amounts>, slot: Slot, wanted: &mut Sheet) {
    let sum: Amounts = left.values().copied().sum();
    let worth: Vec<i64> = left.values().map(|amounts| amounts.net().max(0)).collect();
    let parts = Money::from_minor(sum.net().max(0)).split(&worth);
    let main = (0..worth.len()).max_by_key(|&index| (worth[index], std::cmp::Reverse(index)));
    for (index, (line, part)) in left.keys().zip(parts).enumerate() {
        let Some(place) = desk.ledger.any_place(line) else { continue };
        let mut amounts = Amounts { refunds: part.minor(), ..Amounts::default() };
        if Some(index) == main {
            amounts.cancellations = (sum.orders - sum.cancellations).max(0);
            amounts.tax = -sum.tax;
            amounts.shipping = -sum.shipping;
        }
        wanted.add(Key::new(slot, EntryKind::Reversal, line, place.clone()), amounts);
    }
}
