//! What an entry adds up, as plain numbers.

use std::ops::{AddAssign, SubAssign};

use crate::domain::entry::Entry;

/// The numbers of one entry or of a sum of entries; money in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub gross: i64,
    pub discounts: i64,
    pub refunds: i64,
    pub orders: i64,
    pub units: i64,
    pub cancellations: i64,
    pub new_customers: i64,
    pub tax: i64,
    pub shipping: i64,
}

impl Amounts {
    pub fn of(entry: &Entry) -> Self {
        Self {
            gross: entry.gross.minor(),
            discounts: entry.discounts.minor(),
            refunds: entry.refunds.minor(),
            orders: entry.orders,
            units: entry.units,
            cancellations: entry.cancellations,
            new_customers: entry.new_customers,
            tax: entry.tax.minor(),
            shipping: entry.shipping.minor(),
        }
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    pub fn net(&self) -> i64 {
        self.gross - self.discounts - self.refunds
    }
}

impl AddAssign for Amounts {
    fn add_assign(&mut self, other: Self) {
        self.gross += other.gross;
        self.discounts += other.discounts;
        self.refunds += other.refunds;
        self.orders += other.orders;
        self.units += other.units;
        self.cancellations += other.cancellations;
        self.new_customers += other.new_customers;
        self.tax += other.tax;
        self.shipping += other.shipping;
    }
}

impl SubAssign for Amounts {
    fn sub_assign(&mut self, other: Self) {
        self.gross -= other.gross;
        self.discounts -= other.discounts;
        self.refunds -= other.refunds;
        self.orders -= other.orders;
        self.units -= other.units;
        self.cancellations -= other.cancellations;
        self.new_customers -= other.new_customers;
        self.tax -= other.tax;
        self.shipping -= other.shipping;
    }
}

impl std::iter::Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}
