//! Books what the orders say now that a pull has stored and not booked yet, in the order they were placed: who is new is
//! decided by their first order, and later pulls do not change it.

use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;

use super::house::House;
use super::run::Run;
use crate::books::{self, Booking};
use crate::domain::entry::CustomerType;
use crate::domain::ids::{OrderId, Pseudonym, SourceName};
use crate::store::{self, BookingDesk, FirstOrder, OrderToBook, Reader, Writer};

/// Orders booked in one transaction, while there are more.
const AT_ONCE: u64 = 5_000;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Booked {
    pub entries: u64,
    /// Entries of days that are closed.
    pub late: u64,
}

impl Booked {
    pub fn add(&mut self, more: &Self) {
        self.entries += more.entries;
        self.late += more.late;
    }
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
    let mut booked = Booked::default();
    for ids in writer.unbooked(source, u64::MAX)?.chunks(AT_ONCE as usize) {
        booked.add(&book_these(house, writer, source, run, &to_book(writer, source, ids)?)?);
    }
    Ok(booked)
}

/// Books the orders that wait, in the order they were placed, some in each transaction; the last few are left. While some
/// are booked the next ones are read.
///
/// # Errors
/// When the store fails.
pub(super) fn book_most(house: &House, source: &SourceName, run: &Run) -> anyhow::Result<Booked> {
    let (left, first) = house.store.read(|reader| {
        Ok::<_, store::Error>((reader.count_unbooked(source)?, reader.first_unbooked_at(source)?))
    })?;
    let times = left.saturating_sub(1) / AT_ONCE;
    let Some(first) = first.filter(|_| times > 0) else { return Ok(Booked::default()) };
    let (hand_over, batches) = sync_channel::<Vec<OrderToBook>>(0);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let (mut from, mut after) = (first, None);
            for _ in 0..times {
                let orders = house.store.read(|reader| {
                    let waiting = reader.unbooked_from(source, from, after.as_ref(), AT_ONCE)?;
                    if let Some((id, at)) = waiting.last() {
                        (from, after) = (*at, Some(id.clone()));
                    }
                    let ids: Vec<OrderId> = waiting.into_iter().map(|(id, _)| id).collect();
                    to_book(reader, source, &ids)
                })?;
                // Nobody takes them once booking has failed, which tells why.
                if orders.is_empty() || hand_over.send(orders).is_err() {
                    break;
                }
            }
            Ok::<_, store::Error>(())
        });
        let mut booked = Booked::default();
        let done = batches.into_iter().try_for_each(|orders| {
            booked.add(&run.write(house, |writer| book_these(house, writer, source, run, &orders))?);
            anyhow::Ok(())
        });
        let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
        done.and(read.map_err(anyhow::Error::from)).map(|()| booked)
    })
}

fn to_book(
    reader: &Reader<'_>,
    source: &SourceName,
    ids: &[OrderId],
) -> Result<Vec<OrderToBook>, store::Error> {
    ids.iter().filter_map(|id| reader.order_to_book(source, id).transpose()).collect()
}

/// Books these of the orders that wait; they come in the order they were placed.
fn book_these(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    run: &Run,
    orders: &[OrderToBook],
) -> anyhow::Result<Booked> {
    let zone = &house.settings.business.zone;
    let today = run.now.to_zoned(zone.clone()).date();
    let desk = BookingDesk::open(writer, run.id, run.now)?;
    let mut done = Booked::default();
    for waiting in orders {
        let (pseudonym, customer_type) = contributor(house, writer, source, waiting)?;
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
        desk.book(waiting, &lines)?;
        done.entries += lines.len() as u64;
        done.late += lines.iter().filter(|line| line.entry.is_late()).count() as u64;
    }
    let ids: Vec<&OrderId> = orders.iter().map(|waiting| &waiting.order.id).collect();
    writer.remove_unbooked(source, &ids)?;
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
    let is_first = match writer.first_order(customer)? {
        Some(first) if first <= this => first == this,
        _ => {
            writer.set_first_order(customer, &this)?;
            true
        }
    };
    Ok((pseudonym, if is_first { CustomerType::New } else { CustomerType::Returning }))
}
