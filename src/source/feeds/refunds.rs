//! `refunds`: money given back.

use crate::domain::ids::{LineId, RefundId};
use crate::domain::order::Refund;
use crate::source::fields::Fields;
use crate::source::row::Unfit;

pub fn refund(fields: &Fields<'_>) -> Result<Refund, Unfit> {
    Ok(Refund {
        id: fields.required("refund_id").map(RefundId::new)?,
        order: super::orders::id(fields)?,
        refunded_at: fields.required_instant("refunded_at")?,
        amount: fields
            .money("amount")?
            .ok_or_else(|| fields.unfit("amount", "empty; every row must have it"))?,
        line: fields.text("line_id")?.map(LineId::new),
        quantity: fields.count("quantity")?,
    })
}
