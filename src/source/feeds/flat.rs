//! Flat files: one row is an order line with its order's columns repeated; a negative quantity gives back.
//!
//! A row without a `line_id` is numbered by its place among its order's rows, so an export that keeps
//! their order keeps their numbers. A returned line's refund is named after the order and the line, and
//! numbered when a line comes back in parts; it happened on its own row's `placed_at`.

use std::collections::{BTreeMap, BTreeSet};

use super::order_lines;
use crate::domain::ids::{LineId, OrderId, RefundId};
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderLine, Refund};
use crate::source::fields::Fields;
use crate::source::row::{Row, Unfit};

/// One row understood.
pub enum Flat {
    /// `numbered`: the line has no number of its own and gets one by its place.
    Sale {
        order: Box<Order>,
        line: OrderLine,
        numbered: bool,
    },
    Return(Return),
}

pub struct Return {
    pub order: OrderId,
    line: Option<LineId>,
    sku: Option<String>,
    product: String,
    refund: Refund,
}

/// Whether the row gives back, as far as it can be told.
pub fn is_return(fields: &Fields<'_>) -> bool {
    matches!(fields.whole("quantity"), Ok(Some(quantity)) if quantity < 0)
}

pub fn row(fields: &Fields<'_>) -> Result<Flat, Unfit> {
    let line = fields.text("line_id")?.map(LineId::new);
    let quantity = fields.whole("quantity")?.filter(|quantity| *quantity != 0);
    let quantity = quantity.ok_or_else(|| fields.unfit("quantity", "empty or 0; every row must have it"))?;
    if quantity < 0 {
        return give_back(fields, line, quantity.unsigned_abs()).map(Flat::Return);
    }
    let mut order = super::orders::order(fields)?;
    // In a flat file these two are the line's.
    (order.discount, order.tax) = (Money::ZERO, Money::ZERO);
    let numbered = line.is_none();
    let line = order_lines::sold(fields, line.unwrap_or_else(|| LineId::new("")), quantity)?;
    Ok(Flat::Sale { order: Box::new(order), line, numbered })
}

fn give_back(fields: &Fields<'_>, line: Option<LineId>, quantity: u64) -> Result<Return, Unfit> {
    fields.check_currency()?;
    let order = super::orders::id(fields)?;
    let size = |money: Money| if money < Money::ZERO { Money::ZERO.checked_sub(money) } else { Some(money) };
    let too_many = || fields.unfit("quantity", "too many; correct it at the source");
    let quantity = i64::try_from(quantity).map_err(|_| too_many())?;
    let gross = match fields.signed_money("amount")? {
        Some(amount) => size(amount).ok_or_else(too_many)?,
        None => order_lines::product(fields, fields.money("unit_price")?, quantity)?,
    };
    let discount = fields.signed_money("discount")?.and_then(size).unwrap_or_default();
    let amount = gross.checked_sub(discount).filter(|amount| *amount >= Money::ZERO);
    let refund = Refund {
        id: RefundId::new(""),
        order: order.clone(),
        refunded_at: fields.required_instant("placed_at")?,
        amount: amount
            .ok_or_else(|| fields.unfit("discount", "more than the line costs; correct it at the source"))?,
        line: None,
        quantity: Some(quantity),
    };
    let (sku, product) = (fields.label("sku")?, fields.required_label("product")?);
    Ok(Return { order, line, sku, product, refund })
}

/// The order that the rows of one order number make. Its first row's words stand, filled up from the
/// others.
///
/// # Errors
/// The place of the first row that says something else of the order than the rows before it, with why.
pub fn merge(sales: Vec<(Order, OrderLine, bool)>) -> Result<Order, (usize, Unfit)> {
    let mut merged: Option<Order> = None;
    for (index, (mut order, mut line, numbered)) in sales.into_iter().enumerate() {
        if numbered {
            line.id = LineId::new((index + 1).to_string());
        }
        match &mut merged {
            None => {
                order.lines.push(line);
                merged = Some(order);
            }
            Some(first) => {
                agree(first, &order).map_err(|column| {
                    (
                        index,
                        Unfit::of(column, "differs among the rows of this order; correct it at the source"),
                    )
                })?;
                fill_up(first, &mut order);
                first.lines.push(line);
            }
        }
    }
    merged.ok_or_else(|| (0, Unfit::row("the order has no rows")))
}

/// What every row of an order must agree on: what decides when, whose and how much it is.
fn agree(first: &Order, other: &Order) -> Result<(), &'static str> {
    let claims = [
        ("placed_at", first.placed_at == other.placed_at),
        ("status", first.status == other.status),
        ("customer_id", first.customer == other.customer),
        ("shipping", first.shipping == other.shipping),
        ("fees", first.fees == other.fees),
        ("total", first.total == other.total),
    ];
    claims.iter().find(|(_, same)| !same).map_or(Ok(()), |(column, _)| Err(column))
}

fn fill_up(first: &mut Order, other: &mut Order) {
    fn fill<T>(mine: &mut Option<T>, theirs: &mut Option<T>) {
        if mine.is_none() {
            *mine = theirs.take();
        }
    }
    fill(&mut first.paid_at, &mut other.paid_at);
    fill(&mut first.completed_at, &mut other.completed_at);
    fill(&mut first.cancelled_at, &mut other.cancelled_at);
    first.modified_at = first.modified_at.max(other.modified_at);
    fill(&mut first.channel, &mut other.channel);
    fill(&mut first.payment_method, &mut other.payment_method);
    if first.province.is_none() && first.region.is_none() {
        fill(&mut first.province, &mut other.province);
        fill(&mut first.region, &mut other.region);
    }
    fill(&mut first.person.name, &mut other.person.name);
    fill(&mut first.person.email, &mut other.person.email);
    fill(&mut first.person.phone, &mut other.person.phone);
    fill(&mut first.person.address, &mut other.person.address);
}

/// Names the refunds of one order's returned rows and finds the lines they are of: by number, else the
/// only line of that stock number, else of that product.
pub fn refunds(returns: Vec<(Return, Row)>, lines: &[OrderLine]) -> Vec<(Refund, Row)> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let mut named: Vec<(Refund, Row)> = Vec::with_capacity(returns.len());
    for (index, (back, row)) in returns.into_iter().enumerate() {
        // Without a number of its own, a row that is the same again is another such line.
        let again = |(_, earlier): &(Refund, Row)| earlier.same(&row);
        if back.line.is_some() && named.iter().any(again) {
            continue;
        }
        let Return { order, line, sku, product, mut refund } = back;
        let only = |fits: &dyn Fn(&OrderLine) -> bool| {
            let found: BTreeSet<&LineId> =
                lines.iter().filter(|line| fits(line)).map(|line| &line.id).collect();
            found.first().filter(|_| found.len() == 1).map(|id| (*id).clone())
        };
        refund.line = only(&|sold| Some(&sold.id) == line.as_ref())
            .or_else(|| sku.as_ref().and_then(|sku| only(&|sold| sold.sku.as_ref() == Some(sku))))
            .or_else(|| only(&|sold| sold.product == product));
        let base = match &line {
            Some(line) => format!("{order}/{line}"),
            None => format!("{order}/return-{}", index + 1),
        };
        let times = taken.entry(base.clone()).or_default();
        *times += 1;
        refund.id = RefundId::new(if *times == 1 { base } else { format!("{base}/{times}") });
        named.push((refund, row));
    }
    named
}
