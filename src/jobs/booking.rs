//! Books what the orders say now that a pull has stored and not booked yet, in the order they were placed: who is new is
//! decided by their first order, and later pulls do not change it.

use super::house::House;
use super::run::Run;
use crate::books::{self, Booking};
use crate::domain::entry::CustomerType;
use crate::domain::ids::{OrderId, Pseudonym, SourceName};
use crate::store::{BookingDesk, FirstOrder, OrderToBook, Writer};

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Booked {
    pub orders: u64,
    pub entries: u64,
    /// Entries of days that are closed.
    pub late: u64,
}

/// Books every order that waits.
///
/// # Errors
/// When the store fails.
pub(super) fn book(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    run: &Run,
) -> anyhow::Result<Booked> {
    book_these(house, writer, source, run, &writer.unbooked(source, u64::MAX)?)
}

/// Books these of the orders that wait; they come in the order they were placed.
///
/// # Errors
/// When the store fails.
pub(super) fn book_these(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    run: &Run,
    orders: &[OrderId],
) -> anyhow::Result<Booked> {
    let zone = &house.settings.business.zone;
    let today = run.now.to_zoned(zone.clone()).date();
    let mut desk = BookingDesk::open(writer, run.id, run.now)?;
    let mut done = Booked::default();
    for id in orders {
        let Some(waiting) = writer.order_to_book(source, id)? else { continue };
        let (pseudonym, customer_type) = contributor(house, writer, source, &waiting)?;
        let lines = books::book(&Booking {
            order: &waiting.order,
            refunds: &waiting.refunds,
            customer: pseudonym,
            customer_type,
            basis: house.settings.business.count_orders_on,
            zone,
            booked: &waiting.booked,
            closed_until: desk.closed_until,
            today,
        });
        desk.book(&waiting, &lines)?;
        done.orders += 1;
        done.entries += lines.len() as u64;
        done.late += lines.iter().filter(|line| line.entry.is_late()).count() as u64;
    }
    writer.remove_unbooked(source, orders)?;
    Ok(done)
}

/// Who holds this order together with others, and whether it is their first. An order that names nobody is a
/// contributor of its own.
fn contributor(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    waiting: &OrderToBook,
) -> anyhow::Result<(Pseudonym, CustomerType)> {
    let order = &waiting.order;
    let Some(customer) = waiting.customer else {
        let pseudonym = house.vault.anonymous_pseudonym(source, &order.id);
        return Ok((pseudonym, CustomerType::New));
    };
    let pseudonym = house.vault.pseudonym(customer);
    if !order.status.counts() {
        return Ok((pseudonym, CustomerType::Returning));
    }
    let this = FirstOrder { at: order.placed_at, source: source.clone(), order: order.id.clone() };
    let is_first = match &waiting.first_order {
        Some(first) if *first <= this => *first == this,
        _ => {
            writer.set_first_order(customer, &this)?;
            true
        }
    };
    Ok((pseudonym, if is_first { CustomerType::New } else { CustomerType::Returning }))
}
