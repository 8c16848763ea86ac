//! `orders`: an order without its lines. `discount` and `tax` are still the whole order's.

use crate::domain::ids::OrderId;
use crate::domain::order::Order;
use crate::source::fields::Fields;
use crate::source::row::Unfit;

pub fn id(fields: &Fields<'_>) -> Result<OrderId, Unfit> {
    fields.required("order_id").map(OrderId::new)
}

pub fn order(fields: &Fields<'_>) -> Result<Order, Unfit> {
    fields.check_currency()?;
    let (province, region) = fields.place()?;
    Ok(Order {
        id: id(fields)?,
        placed_at: fields.required_instant("placed_at")?,
        status: fields.status()?,
        paid_at: fields.instant("paid_at")?,
        completed_at: fields.instant("completed_at")?,
        cancelled_at: fields.instant("cancelled_at")?,
        modified_at: fields.instant("modified_at")?,
        channel: fields.label("channel")?,
        payment_method: fields.label("payment_method")?,
        province,
        region,
        customer: fields.customer()?,
        person: fields.person()?,
        discount: fields.money("discount")?.unwrap_or_default(),
        shipping: fields.money("shipping")?.unwrap_or_default(),
        tax: fields.money("tax")?.unwrap_or_default(),
        fees: fields.money("fees")?.unwrap_or_default(),
        total: fields.money("total")?,
        lines: Vec::new(),
    })
}
