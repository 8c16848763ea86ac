//! Joins what was gathered into a batch: one row a thing, orders with their lines, sorted.
//!
//! Invariant: an order is whole or it is out. When one of its lines does not fit, the order and all its
//! lines are rejected, for half an order would book a wrong sum. Every row taken in is in the batch,
//! rejected, the same as another, or an older state of another.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::feeds::flat::{self, Flat, Return};
use super::feeds::order_lines::Line;
use super::gather::{Gathered, Seen};
use super::row::{Row, Unfit};
use crate::domain::feed::{Batch, Rejected};
use crate::domain::ids::OrderId;
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderLine};

const KEPT_OUT: &str = "kept out with its order, which was rejected";

pub(super) fn assemble(mut gathered: Gathered, complete_until: Option<Timestamp>) -> Batch {
    let mut groups = group_flat(&mut gathered);
    groups.extend(group_lines(&mut gathered));
    let orders = finish(groups, &mut gathered);

    let kept: BTreeSet<&OrderId> = orders.iter().map(|order| &order.id).collect();
    let rejected = &mut gathered.rejected;
    let refunds = single(gathered.refunds, |refund| refund.id.clone(), |_| None, rejected);
    let payments = single(gathered.payments, |payment| payment.id.clone(), |_| None, rejected);
    let customers =
        single(gathered.customers, |customer| customer.id.clone(), |customer| customer.modified_at, rejected);
    let complaints = single(gathered.complaints, |complaint| complaint.id.clone(), |_| None, rejected);
    // A refund of an order that is not in this batch is of an earlier one; of one that was rejected, it waits with it.
    let waits = |order: &OrderId| {
        !kept.contains(order) && (gathered.refused.contains(order) || gathered.broken.contains(order))
    };
    let (unfit, fit): (Vec<_>, Vec<_>) = refunds.into_iter().partition(|seen| waits(&seen.value.order));
    rejected.extend(unfit.iter().map(|seen| seen.row.reject(Unfit::of("order_id", KEPT_OUT))));

    let mut batch = Batch {
        orders,
        customers: values(customers),
        payments: values(payments),
        refunds: values(fit),
        refunds_whole: BTreeSet::new(),
        complaints: values(complaints),
        rejected: gathered.rejected,
        read: gathered.read,
        complete_until,
        position: None,
    };
    sort(&mut batch);
    batch
}

/// An order with its lines, and every row that speaks of it; its own first.
struct Group {
    order: Order,
    rows: Vec<Row>,
}

/// The rows of one order number in a flat file.
#[derive(Default)]
struct Shelf {
    sales: Vec<Seen<(Order, OrderLine, bool)>>,
    returns: Vec<(Return, Row)>,
}

/// Makes the orders of a flat file, and refunds of its returned lines.
fn group_flat(gathered: &mut Gathered) -> Vec<Group> {
    let mut shelves: BTreeMap<OrderId, Shelf> = BTreeMap::new();
    for Seen { value, row } in std::mem::take(&mut gathered.flat) {
        match value {
            Flat::Sale { order, line, numbered } => {
                let shelf = shelves.entry(order.id.clone()).or_default();
                shelf.sales.push(Seen { value: (*order, line, numbered), row });
            }
            Flat::Return(back) => {
                shelves.entry(back.order.clone()).or_default().returns.push((back, row));
            }
        }
    }
    let mut groups = Vec::with_capacity(shelves.len());
    for (id, Shelf { sales, returns }) in shelves {
        let (sales, twins) = unique(
            sales,
            |(_, line, numbered)| (!numbered).then(|| line.id.clone()),
            |(order, _, _)| order.modified_at,
        );
        if !twins.is_empty() {
            gathered.broken.insert(id.clone());
        }
        reject_twins(&twins, &mut gathered.rejected);
        let lines = group_sales(id, sales, gathered, &mut groups);
        let refunds = flat::refunds(returns, lines);
        gathered.refunds.extend(refunds.into_iter().map(|(value, row)| Seen { value, row }));
    }
    groups
}

/// Merges the sold rows of one order into a group; gives back its lines.
fn group_sales<'a>(
    id: OrderId,
    sales: Vec<Seen<(Order, OrderLine, bool)>>,
    gathered: &mut Gathered,
    groups: &'a mut Vec<Group>,
) -> &'a [OrderLine] {
    if sales.is_empty() {
        return &[];
    }
    let (parts, rows): (Vec<_>, Vec<_>) = sales.into_iter().map(|seen| (seen.value, seen.row)).unzip();
    match flat::merge(parts) {
        Ok(order) => {
            groups.push(Group { order, rows });
            groups.last().map_or(&[], |group| &group.order.lines)
        }
        Err((culprit, unfit)) => {
            gathered.broken.insert(id);
            reject_all(&rows, culprit, unfit, &mut gathered.rejected);
            &[]
        }
    }
}

/// Joins the order lines to their orders.
fn group_lines(gathered: &mut Gathered) -> Vec<Group> {
    let orders = std::mem::take(&mut gathered.orders);
    let orders = single(orders, |order| order.id.clone(), |order| order.modified_at, &mut gathered.rejected);
    let lines = std::mem::take(&mut gathered.lines);
    let (lines, twins) = unique(lines, |line| Some((line.order.clone(), line.line.id.clone())), |_| None);
    gathered.broken.extend(twins.iter().map(|twin| twin.value.order.clone()));
    reject_twins(&twins, &mut gathered.rejected);

    let mut groups: Vec<Group> =
        orders.into_iter().map(|seen| Group { order: seen.value, rows: vec![seen.row] }).collect();
    let places: BTreeMap<OrderId, usize> =
        groups.iter().enumerate().map(|(place, group)| (group.order.id.clone(), place)).collect();
    for Seen { value: Line { order, line }, row } in lines {
        if let Some(&place) = places.get(&order) {
            groups[place].order.lines.push(line);
            groups[place].rows.push(row);
            continue;
        }
        let reason = if gathered.refused.contains(&order) {
            KEPT_OUT
        } else {
            "no order of this number was read; let `orders` give every order that has a line here"
        };
        gathered.rejected.push(row.reject(Unfit::of("order_id", reason)));
    }
    groups
}

/// The orders that are whole; the rows of the others are rejected.
fn finish(groups: Vec<Group>, gathered: &mut Gathered) -> Vec<Order> {
    let mut orders = Vec::with_capacity(groups.len());
    for Group { mut order, rows } in groups {
        let broken = gathered.broken.contains(&order.id);
        match complete(&mut order, broken) {
            Ok(()) => orders.push(order),
            Err((column, reason)) => {
                gathered.refused.insert(order.id);
                reject_all(&rows, 0, Unfit::of(column, reason), &mut gathered.rejected);
            }
        }
    }
    orders
}

/// Checks an order against its lines, and takes off its discount and tax what its lines already hold.
fn complete(order: &mut Order, broken: bool) -> Result<(), (&'static str, &'static str)> {
    if broken {
        let reason = "a line of this order was rejected, and half an order would book a wrong sum";
        return Err(("order_id", reason));
    }
    let sum = |amount: fn(&OrderLine) -> Money| order.lines.iter().map(amount).sum::<Money>();
    let (gross, discounts, taxes) = (sum(|line| line.gross), sum(|line| line.discount), sum(|line| line.tax));
    if Money::in_range(gross.minor()).is_err() {
        return Err(("order_id", "the order's sum is too large; correct it at the source"));
    }
    if order.lines.is_empty() && order.status.counts() {
        let alone = [order.shipping, order.tax, order.fees].into_iter().sum::<Money>();
        if order.total != Some(alone) {
            return Err(("order_id", "no line of this order was read; let `order_lines` give them"));
        }
    }
    let left = |whole: Money, parts: Money| {
        // Nothing said of the whole says nothing against the parts.
        if whole == Money::ZERO {
            Some(whole)
        } else {
            whole.checked_sub(parts).filter(|left| *left >= Money::ZERO)
        }
    };
    order.discount = left(order.discount, discounts)
        .filter(|left| *left == Money::ZERO || discounts.checked_add(*left).is_some_and(|all| all <= gross))
        .ok_or((
            "discount",
            "less than its lines' discounts, or more than its lines cost; correct it at the source",
        ))?;
    order.tax =
        left(order.tax, taxes).ok_or(("tax", "less than its lines' taxes; correct it at the source"))?;
    Ok(())
}

/// One row a key: a row that is the same again is dropped; of two states of one thing the later stands, if
/// they say when they were modified. The second list is of rows that contradict an earlier one.
fn unique<T, K: Ord>(
    seen: Vec<Seen<T>>,
    key: impl Fn(&T) -> Option<K>,
    modified: impl Fn(&T) -> Option<Timestamp>,
) -> (Vec<Seen<T>>, Vec<Seen<T>>) {
    let (mut kept, mut twins): (Vec<Seen<T>>, Vec<Seen<T>>) = (Vec::with_capacity(seen.len()), Vec::new());
    let mut places: BTreeMap<K, usize> = BTreeMap::new();
    for one in seen {
        let Some(key) = key(&one.value) else {
            kept.push(one);
            continue;
        };
        let Some(&place) = places.get(&key) else {
            places.insert(key, kept.len());
            kept.push(one);
            continue;
        };
        let earlier = &mut kept[place];
        if earlier.row.same(&one.row) {
            continue;
        }
        match (modified(&earlier.value), modified(&one.value)) {
            (Some(old), Some(new)) if new > old => *earlier = one,
            (Some(old), Some(new)) if new < old => {}
            _ => twins.push(one),
        }
    }
    (kept, twins)
}

/// [`unique`], with the contradicting rows rejected.
fn single<T, K: Ord>(
    seen: Vec<Seen<T>>,
    key: impl Fn(&T) -> K,
    modified: impl Fn(&T) -> Option<Timestamp>,
    rejected: &mut Vec<Rejected>,
) -> Vec<Seen<T>> {
    let (kept, twins) = unique(seen, |value| Some(key(value)), modified);
    reject_twins(&twins, rejected);
    kept
}

fn reject_twins<T>(twins: &[Seen<T>], rejected: &mut Vec<Rejected>) {
    let reason = "duplicate id: an earlier row has it and says otherwise; correct it at the source";
    rejected.extend(twins.iter().map(|twin| twin.row.reject(Unfit::row(reason))));
}

/// The culprit with its own reason, the others because of it.
fn reject_all(rows: &[Row], culprit: usize, unfit: Unfit, rejected: &mut Vec<Rejected>) {
    let others = rows.iter().enumerate().filter(|(place, _)| *place != culprit);
    rejected.extend(others.map(|(_, row)| row.reject(Unfit::of("order_id", KEPT_OUT))));
    rejected.extend(rows.get(culprit).map(|row| row.reject(unfit)));
}

fn values<T>(seen: Vec<Seen<T>>) -> Vec<T> {
    seen.into_iter().map(|one| one.value).collect()
}

fn sort(batch: &mut Batch) {
    batch.orders.sort_by(|a, b| (a.placed_at, &a.id).cmp(&(b.placed_at, &b.id)));
    batch.customers.sort_by(|a, b| a.id.cmp(&b.id));
    batch.payments.sort_by(|a, b| (a.paid_at, &a.id).cmp(&(b.paid_at, &b.id)));
    batch.refunds.sort_by(|a, b| (a.refunded_at, &a.id).cmp(&(b.refunded_at, &b.id)));
    batch.complaints.sort_by(|a, b| (a.received_at, &a.id).cmp(&(b.received_at, &b.id)));
    batch.rejected.sort_by(|a, b| (a.feed, &a.origin, a.row).cmp(&(b.feed, &b.origin, b.row)));
}
