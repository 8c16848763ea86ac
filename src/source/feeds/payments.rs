//! `payments`: transactions of either sign, for money also flows back.

use crate::domain::ids::PaymentId;
use crate::domain::payment::Payment;
use crate::source::fields::Fields;
use crate::source::row::Unfit;

pub fn payment(fields: &Fields<'_>) -> Result<Payment, Unfit> {
    Ok(Payment {
        id: fields.required("payment_id").map(PaymentId::new)?,
        order: super::orders::id(fields)?,
        paid_at: fields.required_instant("paid_at")?,
        method: fields.required_label("method")?,
        amount: fields
            .signed_money("amount")?
            .ok_or_else(|| fields.unfit("amount", "empty; every row must have it"))?,
        status: fields.required_label("status")?,
        reference: fields.text("reference")?,
    })
}
