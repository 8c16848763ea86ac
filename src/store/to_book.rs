//! Orders that wait to be booked, each read whole, and what is booked of them.

use jiff::Timestamp;
use jiff::civil::Date;

use super::orders::read_order;
use super::{Error, Reader, Writer};
use crate::domain::entry::BookedLine;
use crate::domain::ids::{CustomerNo, OrderId, RunId, SourceName};
use crate::domain::order::{Order, Refund};

/// An order as kept, and what decides how it is booked. Booking others changes nothing of it.
pub struct OrderToBook {
    /// As [`Reader::order`] gives it.
    pub order: Order,
    pub customer: Option<CustomerNo>,
    pub refunds: Vec<Refund>,
    /// What the books say of it.
    pub booked: Vec<BookedLine>,
    no: i64,
}

impl Reader<'_> {
    /// `None` of an order that is not stored.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn order_to_book(&self, source: &SourceName, id: &OrderId) -> Result<Option<OrderToBook>, Error> {
        let sql =
            "SELECT o.no, o.customer, o.id, o.placed_at, o.status, o.paid_at, o.completed_at, o.cancelled_at,
                          o.modified_at, o.channel, o.payment_method, o.province, o.region, o.discount,
                          o.shipping, o.tax, o.fees, o.total
                   FROM orders o WHERE o.source = ?1 AND o.id = ?2";
        let found = self.first(sql, (source.as_str(), id.as_str()), |row| {
            Ok(OrderToBook {
                no: row.get(0)?,
                customer: row.get::<_, Option<i64>>(1)?.map(CustomerNo),
                order: read_order(row)?,
                refunds: Vec::new(),
                booked: Vec::new(),
            })
        })?;
        let Some(mut found) = found else { return Ok(None) };
        found.order.lines = self.order_lines(found.no)?;
        found.refunds = self.refunds_of(source, id)?;
        found.booked = self.booked_of(found.no)?;
        Ok(Some(found))
    }
}

/// Books many orders in one transaction.
pub struct BookingDesk<'a> {
    writer: &'a Writer<'a>,
    pub closed_until: Option<Date>,
    run: RunId,
    now: Timestamp,
}

impl<'a> BookingDesk<'a> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn open(writer: &'a Writer<'a>, run: RunId, now: Timestamp) -> Result<Self, Error> {
        let closed_until = writer.closed_until()?;
        Ok(Self { writer, closed_until, run, now })
    }

    /// # Errors
    /// [`Error::DayClosed`] for a line on a closed day, [`Error::Sqlite`].
    pub fn book(&self, order: &OrderToBook, lines: &[BookedLine]) -> Result<(), Error> {
        let (run, closed_until) = (Some(self.run), self.closed_until);
        self.writer.insert_entries_of(order.no, lines, closed_until, run, self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::OrderRow;
    use super::super::fixture::{a_customer, a_run, at, booked, fixture, now, order, person, shop};
    use super::*;
    use crate::domain::ids::RefundId;
    use crate::domain::money::Money;

    #[test]
    fn an_order_to_book_is_what_is_kept_of_it() {
        let fixture = fixture();
        let (source, kept) = (shop(), order("1001"));
        fixture.write(|w| {
            let customer = Some(a_customer(w)?);
            w.upsert_order(&OrderRow {
                source: &source,
                order: &kept,
                customer,
                sealed_person: Some(person()),
                hash: [4; 32],
            })?;
            let refund = Refund {
                id: RefundId::new("r1"),
                order: kept.id.clone(),
                refunded_at: at("2026-11-12T00:00:00Z"),
                amount: Money::from_minor(50),
                line: None,
                quantity: None,
            };
            w.upsert_refund(&source, &refund)?;
            let run = a_run(w)?;
            let desk = BookingDesk::open(w, run, now())?;
            let waiting = w.order_to_book(&source, &kept.id)?.expect("an order");
            assert!(waiting.booked.is_empty());
            desk.book(&waiting, &[booked(9), booked(10)])?;
            let again = w.order_to_book(&source, &kept.id)?.expect("an order");
            assert_eq!((again.order, again.customer), (kept.clone(), customer));
            assert_eq!((again.refunds, again.booked), (vec![refund], w.booked(&source, &kept.id)?));
            assert_eq!(w.booked(&source, &kept.id)?, [booked(9), booked(10)]);
            assert!(w.order_to_book(&source, &OrderId::new("1002"))?.is_none());
            Ok(())
        });
    }
}
