//! Booked sales that were summed elsewhere, as they come back.

use std::collections::BTreeMap;

use super::entry::Dimension;

/// Sums of sales entries: a line for each distinct (day, month that a late booking belongs to, values of the dimensions that
/// were asked for). All columns are of one length. No customer is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactGroups {
    /// Days since 1 January 1970.
    pub days: Vec<i32>,
    /// Likewise, the first day of the month that a late booking belongs to; the day itself of one on time.
    pub belongs_to: Vec<i32>,
    /// Of dimensions that an entry carries as a text.
    pub values: BTreeMap<Dimension, Vec<String>>,
    /// Which components some entry of the line has any of, a bit each in the order of [`Component::SALES`]; at least one.
    ///
    /// [`Component::SALES`]: super::entry::Component::SALES
    pub present: Vec<u8>,
    /// One column a component, in the same order.
    pub components: Vec<Vec<i64>>,
}
