//! What a source has deleted: orders that it no longer has count no more.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::content;
use super::house::House;
use crate::domain::ids::{OrderId, SourceName};
use crate::domain::order::OrderStatus;
use crate::settings::{Access, SourceSettings};
use crate::source;
use crate::store::{OrderRow, Writer};

/// The orders to ask the source for, when it is time to. It is not time at the first pull: everything was just there.
///
/// # Errors
/// When the store fails.
pub(super) fn due(
    house: &House,
    settings: &SourceSettings,
    context: &source::Context<'_>,
) -> anyhow::Result<Option<BTreeSet<OrderId>>> {
    let Access::WebShop(shop) = &settings.access else { return Ok(None) };
    let name = &settings.name;
    if context.since.is_none() {
        house.store.write(|writer| writer.set_swept_at(name, context.now))?;
        return Ok(None);
    }
    let swept_at = house.store.read(|reader| reader.swept_at(name))?;
    if swept_at.is_some_and(|at| context.now.duration_since(at) < shop.sweep_every) {
        return Ok(None);
    }
    Ok(Some(house.store.read(|reader| reader.orders_not_trashed(name))?.into_iter().collect()))
}

/// Takes the orders for trashed. Their persons stay: what happened to them may be asked for.
///
/// # Errors
/// When the store fails.
pub(super) fn trash(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    gone: &[OrderId],
    now: Timestamp,
) -> anyhow::Result<()> {
    for id in gone {
        let Some((mut order, customer)) = writer.order(source, id)? else { continue };
        order.status = OrderStatus::Trashed;
        order.cancelled_at = Some(now);
        let hash = house.vault.content_hash(&content::of_order(&order));
        let sealed_person = writer.order_person(source, id)?.map(|(_, sealed)| sealed);
        writer.upsert_order(&OrderRow { source, order: &order, customer, sealed_person, hash })?;
        writer.add_unbooked(source, id)?;
    }
    Ok(())
}
