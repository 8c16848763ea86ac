//! `customers`: people as the shop's own list of them says.

use crate::domain::feed::CustomerSeen;
use crate::source::fields::Fields;
use crate::source::row::Unfit;

pub fn customer(fields: &Fields<'_>) -> Result<CustomerSeen, Unfit> {
    let id =
        fields.customer()?.ok_or_else(|| fields.unfit("customer_id", "empty or 0, which is no account"))?;
    Ok(CustomerSeen {
        id,
        person: fields.person()?,
        province: fields.place()?.0,
        created_at: fields.instant("created_at")?,
        modified_at: fields.instant("modified_at")?,
    })
}
