//! `order_lines`: one line and the order it stands in.

use crate::domain::ids::{LineId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::OrderLine;
use crate::source::fields::Fields;
use crate::source::row::Unfit;

pub struct Line {
    pub order: OrderId,
    pub line: OrderLine,
}

pub fn line(fields: &Fields<'_>) -> Result<Line, Unfit> {
    let order = super::orders::id(fields)?;
    let id = fields.required("line_id").map(LineId::new)?;
    let quantity =
        fields.count("quantity")?.ok_or_else(|| fields.unfit("quantity", "empty; every row must have it"))?;
    Ok(Line { order, line: sold(fields, id, quantity)? })
}

/// The line with everything but its number read from the row.
pub fn sold(fields: &Fields<'_>, id: LineId, quantity: i64) -> Result<OrderLine, Unfit> {
    let gross = match fields.money("amount")? {
        Some(amount) => amount,
        None => product(fields, fields.money("unit_price")?, quantity)?,
    };
    let discount = fields.money("discount")?.unwrap_or_default();
    if discount > gross {
        return Err(fields.unfit("discount", "more than the line costs; correct it at the source"));
    }
    Ok(OrderLine {
        id,
        product: fields.required_label("product")?,
        sku: fields.label("sku")?,
        brand: fields.label("brand")?,
        category: fields.label("category")?,
        quantity,
        gross,
        discount,
        tax: fields.money("tax")?.unwrap_or_default(),
    })
}

/// Price x quantity, within what an amount may be.
pub fn product(fields: &Fields<'_>, price: Option<Money>, quantity: i64) -> Result<Money, Unfit> {
    let price =
        price.ok_or_else(|| fields.unfit("unit_price", "empty; a line must have a price or an amount"))?;
    (price.checked_mul(quantity)).and_then(|gross| Money::in_range(gross.minor()).ok()).ok_or_else(|| {
        fields.unfit("unit_price", "too large once multiplied by the quantity; correct it at the source")
    })
}
