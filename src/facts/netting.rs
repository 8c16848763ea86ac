//! Entries netted to the lines of a page.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Error;
use crate::domain::entry::{Component, Entry, EntryKind, Place};
use crate::domain::ids::Pseudonym;

/// What a line of a page is told apart by, in the order lines are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub day: Date,
    pub belongs_to: Date,
    pub kind: EntryKind,
    pub customer: Pseudonym,
    pub place: &'a Place,
}

/// How many numbers a line has: the components, tax and shipping.
pub(super) const NUMBERS: usize = Component::SALES.len() + 2;

/// The components in their order, then tax, then shipping.
pub(super) type Numbers = [i64; NUMBERS];

/// The lines of the page, sorted; one that nets to nothing is none.
pub(super) fn net(entries: &[Entry], from: Date, until: Date) -> Result<Vec<(Key<'_>, Numbers)>, Error> {
    let mut lines: BTreeMap<Key<'_>, Numbers> = BTreeMap::new();
    for entry in entries {
        let day = entry.day;
        if day < from || day >= until {
            return Err(Error::OutsidePage { day, from, until });
        }
        let sums = lines.entry(key(entry)).or_default();
        for (sum, number) in sums.iter_mut().zip(numbers(entry)) {
            *sum = sum.checked_add(number).ok_or(Error::TooLarge { day })?;
        }
    }
    lines.retain(|_, sums| sums.iter().any(|&sum| sum != 0));
    for (key, sums) in &lines {
        let negative = Component::SALES.into_iter().zip(sums).find(|(_, sum)| **sum < 0);
        if let Some((component, _)) = negative {
            return Err(Error::Negative { day: key.day, component });
        }
    }
    Ok(lines.into_iter().collect())
}

fn key(entry: &Entry) -> Key<'_> {
    Key {
        day: entry.day,
        belongs_to: entry.belongs_to,
        kind: entry.kind,
        customer: entry.customer,
        place: &entry.place,
    }
}

fn numbers(entry: &Entry) -> Numbers {
    [
        entry.gross.minor(),
        entry.discounts.minor(),
        entry.refunds.minor(),
        entry.orders,
        entry.units,
        entry.cancellations,
        entry.new_customers,
        entry.tax.minor(),
        entry.shipping.minor(),
    ]
}
