//! Takes rows in as they come, each to its feed's mapper, and keeps what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use super::feeds::flat::{self, Flat};
use super::feeds::{complaints, customers, order_lines, orders, payments, refunds};
use super::fields::{Fields, Reading};
use super::plan::Plan;
use super::row::{Row, Unfit};
use crate::domain::complaint::Complaint;
use crate::domain::feed::{CustomerSeen, Feed, Rejected};
use crate::domain::ids::OrderId;
use crate::domain::order::{Order, Refund};
use crate::domain::payment::Payment;

/// A value and the row it was read from, which is kept until nothing can speak against the value any more.
pub(super) struct Seen<T> {
    pub value: T,
    pub row: Row,
}

/// Every row of one fetch, each feed's in the order it came.
#[derive(Default)]
pub(super) struct Gathered {
    pub orders: Vec<Seen<Order>>,
    pub lines: Vec<Seen<order_lines::Line>>,
    pub flat: Vec<Seen<Flat>>,
    pub refunds: Vec<Seen<Refund>>,
    pub payments: Vec<Seen<Payment>>,
    pub customers: Vec<Seen<CustomerSeen>>,
    pub complaints: Vec<Seen<Complaint>>,
    pub rejected: Vec<Rejected>,
    pub read: BTreeMap<Feed, u64>,
    /// Orders whose own row does not fit.
    pub refused: BTreeSet<OrderId>,
    /// Orders of which a line does not fit.
    pub broken: BTreeSet<OrderId>,
    /// Orders of which a refund does not fit.
    pub refund_broken: BTreeSet<OrderId>,
}

impl Gathered {
    pub fn take(&mut self, reading: &Reading, plan: &Plan, row: Row) {
        *self.read.entry(plan.feed).or_default() += 1;
        let fields = Fields::new(reading, plan, &row);
        let order = orders::id(&fields).ok();
        let gives_back = plan.flat && flat::is_return(&fields);
        let list = &mut self.rejected;
        let fits = match (plan.feed, plan.flat) {
            _ if row.fault.is_some() => {
                let unfit = Unfit::row(row.fault.clone().unwrap_or_default());
                list.push(row.reject(unfit));
                false
            }
            (Feed::Orders, false) => settle(&mut self.orders, list, orders::order(&fields), row),
            (Feed::Orders, true) => settle(&mut self.flat, list, flat::row(&fields), row),
            (Feed::OrderLines, _) => settle(&mut self.lines, list, order_lines::line(&fields), row),
            (Feed::Refunds, _) => settle(&mut self.refunds, list, refunds::refund(&fields), row),
            (Feed::Payments, _) => settle(&mut self.payments, list, payments::payment(&fields), row),
            (Feed::Customers, _) => settle(&mut self.customers, list, customers::customer(&fields), row),
            (Feed::Complaints, _) => settle(&mut self.complaints, list, complaints::complaint(&fields), row),
        };
        if let (false, Some(order)) = (fits, order) {
            self.note(plan, gives_back, order);
        }
    }

    /// Remembers whose row did not fit. A returned line that does not fit leaves its order's sale whole.
    fn note(&mut self, plan: &Plan, gives_back: bool, order: OrderId) {
        match (plan.feed, plan.flat) {
            (Feed::Orders, false) => self.refused.insert(order),
            (Feed::Orders | Feed::OrderLines, _) if !gives_back => self.broken.insert(order),
            (Feed::Refunds, _) => self.refund_broken.insert(order),
            _ => false,
        };
    }
}

/// Whether it fits.
fn settle<T>(
    list: &mut Vec<Seen<T>>,
    rejected: &mut Vec<Rejected>,
    read: Result<T, Unfit>,
    row: Row,
) -> bool {
    match read {
        Ok(value) => {
            list.push(Seen { value, row });
            true
        }
        Err(unfit) => {
            rejected.push(row.reject(unfit));
            false
        }
    }
}
