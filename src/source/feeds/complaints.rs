//! `complaints`. A status alone resolves nothing: a deadline is kept or missed at an instant, so a row that
//! says it is resolved must say when. What it tells of has happened: with a date in the future a complaint would count
//! as resolved, and nobody would look at it until then.

use crate::domain::complaint::{Complaint, ComplaintText};
use crate::domain::ids::{ComplaintId, OrderId};
use crate::source::fields::Fields;
use crate::source::row::Unfit;

pub fn complaint(fields: &Fields<'_>) -> Result<Complaint, Unfit> {
    fields.required("received_at")?;
    let Some(received_at) = fields.past_instant("received_at")? else {
        return Err(fields.unfit("received_at", "empty; every row must have it"));
    };
    let later = |column| match fields.past_instant(column)? {
        Some(at) if at < received_at => {
            Err(fields.unfit(column, "before the complaint was received; correct it at the source"))
        }
        at => Ok(at),
    };
    let resolved_at = later("resolved_at")?;
    let status = fields.text("status")?.map(|status| status.to_lowercase());
    if resolved_at.is_none() && matches!(status.as_deref(), Some("resolved" | "closed")) {
        return Err(
            fields.unfit("resolved_at", "empty, though the status says it is over; say when it was resolved")
        );
    }
    Ok(Complaint {
        id: fields.required("complaint_id").map(ComplaintId::new)?,
        received_at,
        kind: fields.complaint_kind()?,
        text: ComplaintText {
            subject: fields.text("subject")?,
            body: fields.text("body")?,
            email: fields.text("email")?,
            phone: fields.text("phone")?,
        },
        customer: fields.customer()?,
        order: fields.text("order_id")?.map(OrderId::new),
        channel: fields.label("channel")?,
        damage_level: damage_level(fields)?,
        due_at: fields.instant("due_at")?,
        acknowledged_at: later("acknowledged_at")?,
        resolved_at,
        closed: resolved_at.is_some() && status.as_deref() == Some("closed"),
    })
}

fn damage_level(fields: &Fields<'_>) -> Result<Option<u8>, Unfit> {
    let Some(level) = fields.whole("damage_level")? else { return Ok(None) };
    let known = u8::try_from(level).ok().filter(|level| (1..=4).contains(level));
    known.map(Some).ok_or_else(|| fields.unfit("damage_level", "not 1, 2, 3 or 4; correct it at the source"))
}
