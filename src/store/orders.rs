//! Orders as last seen, with their lines.
//!
//! An order's person is kept sealed and apart: what reads an order back gets it without one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, ToSql, params};

use super::columns::{At, Word, Words, read_count};
use super::{Error, Reader, Writer};
use crate::domain::customer::Person;
use crate::domain::ids::{CustomerNo, LineId, OrderId, SourceName};
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderLine, OrderStatus};
use crate::domain::sealed::Sealed;

/// Under which data key something is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedUnder {
    /// Its customer's own.
    Customer,
    /// The system data key, for it has no customer.
    System,
}

impl SealedUnder {
    /// The key for what belongs to `customer`.
    pub fn of(customer: Option<CustomerNo>) -> Self {
        if customer.is_some() { Self::Customer } else { Self::System }
    }
}

impl Words for SealedUnder {
    fn all() -> &'static [Self] {
        &[Self::Customer, Self::System]
    }

    fn word(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::System => "system",
        }
    }
}

/// An order to keep.
pub struct OrderRow<'a> {
    pub source: &'a SourceName,
    /// Its `person` and `customer` are not kept.
    pub order: &'a Order,
    pub customer: Option<CustomerNo>,
    /// The name and address given for this order, under the customer's data key, or under the system's
    /// when there is no customer ([`SealedUnder::of`]).
    pub sealed_person: Option<Sealed<Person>>,
    /// Of the whole order as the source showed it.
    pub hash: [u8; 32],
}

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_orders(&self) -> Result<u64, Error> {
        self.single("SELECT count(*) FROM orders", (), |row| row.get(0)).map(read_count)
    }

    /// The content hash of the order as last seen.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn order_seen(&self, source: &SourceName, id: &OrderId) -> Result<Option<[u8; 32]>, Error> {
        let sql = "SELECT hash FROM orders WHERE source = ?1 AND id = ?2";
        self.first(sql, (source.as_str(), id.as_str()), |row| row.get(0))
    }

    /// The order as last seen, with an empty person and without the source's customer id, and its
    /// customer.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn order(
        &self,
        source: &SourceName,
        id: &OrderId,
    ) -> Result<Option<(Order, Option<CustomerNo>)>, Error> {
        let sql = "SELECT no, customer, id, placed_at, status, paid_at, completed_at, cancelled_at,
                          modified_at, channel, payment_method, province, region, discount, shipping,
                          tax, fees, total
                   FROM orders WHERE source = ?1 AND id = ?2";
        let found = self.first(sql, (source.as_str(), id.as_str()), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?.map(CustomerNo), read_order(row)?))
        })?;
        let Some((no, customer, mut order)) = found else { return Ok(None) };
        order.lines = self.order_lines(no)?;
        Ok(Some((order, customer)))
    }

    /// The order's customer, as last seen.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn customer_of(&self, source: &SourceName, id: &OrderId) -> Result<Option<CustomerNo>, Error> {
        let sql = "SELECT customer FROM orders WHERE source = ?1 AND id = ?2";
        let found = self.first(sql, (source.as_str(), id.as_str()), |row| row.get::<_, Option<i64>>(0))?;
        Ok(found.flatten().map(CustomerNo))
    }

    /// The person given for the order, and the key it is sealed under.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn order_person(
        &self,
        source: &SourceName,
        id: &OrderId,
    ) -> Result<Option<(SealedUnder, Sealed<Person>)>, Error> {
        let sql = "SELECT sealed_under, sealed_person FROM orders
                   WHERE source = ?1 AND id = ?2 AND sealed_person IS NOT NULL";
        self.first(sql, (source.as_str(), id.as_str()), |row| {
            Ok((row.get::<_, Word<SealedUnder>>(0)?.0, Sealed::from_bytes(row.get(1)?)))
        })
    }

    /// The customer's orders, by the instant they were placed at.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn orders_of(&self, customer: CustomerNo) -> Result<Vec<(SourceName, OrderId)>, Error> {
        let sql = "SELECT source, id FROM orders WHERE customer = ?1 ORDER BY placed_at, source, id";
        self.all(sql, (customer.0,), |row| {
            Ok((SourceName::new(row.get::<_, String>(0)?), OrderId::new(row.get::<_, String>(1)?)))
        })
    }

    /// How many orders placed in `from..until` stand in each status, for the reconciliation.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn orders_by_status(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<BTreeMap<OrderStatus, u64>, Error> {
        let sql = "SELECT status, count(*) FROM orders WHERE placed_at >= ?1 AND placed_at < ?2
                   GROUP BY status";
        let rows = self.all(sql, (At(from), At(until)), |row| {
            Ok((row.get::<_, Word<OrderStatus>>(0)?.0, read_count(row.get(1)?)))
        })?;
        Ok(rows.into_iter().collect())
    }

    pub(super) fn order_lines(&self, no: i64) -> Result<Vec<OrderLine>, Error> {
        let sql = "SELECT id, product, sku, brand, category, quantity, gross, discount, tax
                   FROM order_lines WHERE order_no = ?1 ORDER BY position";
        self.all(sql, (no,), |row| {
            Ok(OrderLine {
                id: LineId::new(row.get::<_, String>(0)?),
                product: row.get(1)?,
                sku: row.get(2)?,
                brand: row.get(3)?,
                category: row.get(4)?,
                quantity: row.get(5)?,
                gross: Money::from_minor(row.get(6)?),
                discount: Money::from_minor(row.get(7)?),
                tax: Money::from_minor(row.get(8)?),
            })
        })
    }
}

impl Writer<'_> {
    /// Keeps the order as it is seen now, in place of what was seen before.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn upsert_order(&self, row: &OrderRow<'_>) -> Result<(), Error> {
        let no = self.upsert_order_head(row)?;
        self.change("DELETE FROM order_lines WHERE order_no = ?1", (no,))?;
        self.insert_lines(no, row)
    }

    /// [`Self::upsert_order`] of an order that was never seen before.
    ///
    /// # Errors
    /// [`Error::Sqlite`], also when it was.
    pub fn insert_order(&self, row: &OrderRow<'_>) -> Result<(), Error> {
        let sql = "INSERT INTO orders (source, id, hash, customer, sealed_person, sealed_under, placed_at,
                       status, paid_at, completed_at, cancelled_at, modified_at, channel, payment_method,
                       province, region, discount, shipping, tax, fees, total)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                       ?18, ?19, ?20, ?21)";
        let no = head(row, |parameters| self.insert(sql, parameters))?;
        self.insert_lines(no, row)
    }

    fn insert_lines(&self, no: i64, row: &OrderRow<'_>) -> Result<(), Error> {
        let sql = "INSERT INTO order_lines (order_no, position, id, product, sku, brand, category,
                                            quantity, gross, discount, tax)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        for (position, line) in (0i64..).zip(&row.order.lines) {
            self.change(
                sql,
                params![
                    no,
                    position,
                    line.id.as_str(),
                    line.product,
                    line.sku,
                    line.brand,
                    line.category,
                    line.quantity,
                    line.gross.minor(),
                    line.discount.minor(),
                    line.tax.minor(),
                ],
            )?;
        }
        Ok(())
    }

    fn upsert_order_head(&self, row: &OrderRow<'_>) -> Result<i64, Error> {
        let sql = "INSERT INTO orders (source, id, hash, customer, sealed_person, sealed_under, placed_at,
                       status, paid_at, completed_at, cancelled_at, modified_at, channel, payment_method,
                       province, region, discount, shipping, tax, fees, total)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                       ?18, ?19, ?20, ?21)
                   ON CONFLICT (source, id) DO UPDATE SET
                       hash = excluded.hash, customer = excluded.customer,
                       sealed_person = excluded.sealed_person, sealed_under = excluded.sealed_under,
                       placed_at = excluded.placed_at, status = excluded.status,
                       paid_at = excluded.paid_at, completed_at = excluded.completed_at,
                       cancelled_at = excluded.cancelled_at, modified_at = excluded.modified_at,
                       channel = excluded.channel, payment_method = excluded.payment_method,
                       province = excluded.province, region = excluded.region,
                       discount = excluded.discount, shipping = excluded.shipping, tax = excluded.tax,
                       fees = excluded.fees, total = excluded.total
                   RETURNING no";
        self.note(sql);
        head(row, |parameters| self.single(sql, parameters, |row| row.get(0)))
    }
}

/// Gives an order's own columns to a statement.
fn head<T>(row: &OrderRow<'_>, work: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
    let order = row.order;
    let person = row.sealed_person.as_ref().map(Sealed::as_bytes);
    let parameters: &[&dyn ToSql] = params![
        row.source.as_str(),
        order.id.as_str(),
        row.hash,
        row.customer.map(|no| no.0),
        person,
        person.map(|_| Word(SealedUnder::of(row.customer))),
        At(order.placed_at),
        Word(order.status),
        order.paid_at.map(At),
        order.completed_at.map(At),
        order.cancelled_at.map(At),
        order.modified_at.map(At),
        order.channel,
        order.payment_method,
        order.province,
        order.region,
        order.discount.minor(),
        order.shipping.minor(),
        order.tax.minor(),
        order.fees.minor(),
        order.total.map(Money::minor),
    ];
    work(parameters)
}

/// Reads an order from the columns that [`Reader::order`] selects, without its lines.
pub(super) fn read_order(row: &Row<'_>) -> rusqlite::Result<Order> {
    let instant = |column| row.get::<_, Option<At>>(column).map(|at| at.map(|at| at.0));
    let money = |column| row.get(column).map(Money::from_minor);
    Ok(Order {
        id: OrderId::new(row.get::<_, String>(2)?),
        placed_at: row.get::<_, At>(3)?.0,
        status: row.get::<_, Word<OrderStatus>>(4)?.0,
        paid_at: instant(5)?,
        completed_at: instant(6)?,
        cancelled_at: instant(7)?,
        modified_at: instant(8)?,
        channel: row.get(9)?,
        payment_method: row.get(10)?,
        province: row.get(11)?,
        region: row.get(12)?,
        customer: None,
        person: Person::default(),
        discount: money(13)?,
        shipping: money(14)?,
        tax: money(15)?,
        fees: money(16)?,
        total: row.get::<_, Option<i64>>(17)?.map(Money::from_minor),
        lines: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, at, fixture, order, person, shop};
    use super::*;

    fn row<'a>(source: &'a SourceName, order: &'a Order, customer: Option<CustomerNo>) -> OrderRow<'a> {
        OrderRow { source, order, customer, sealed_person: Some(person()), hash: [4; 32] }
    }

    #[test]
    fn an_order_reads_back_as_it_was_seen() {
        let fixture = fixture();
        let (source, order) = (shop(), order("1001"));
        fixture.write(|w| {
            let customer = a_customer(w)?;
            assert_eq!(w.order_seen(&source, &order.id)?, None);
            w.upsert_order(&row(&source, &order, Some(customer)))?;
            assert_eq!(w.order_seen(&source, &order.id)?, Some([4; 32]));
            assert_eq!(w.order(&source, &order.id)?, Some((order.clone(), Some(customer))));
            assert_eq!(w.order(&SourceName::new("stall"), &order.id)?, None);
            assert_eq!(w.orders_of(customer)?, [(source.clone(), order.id.clone())]);
            Ok(())
        });
    }

    #[test]
    fn seen_again_it_is_replaced_with_its_lines() {
        let fixture = fixture();
        let (source, mut order) = (shop(), order("1001"));
        fixture.write(|w| {
            w.upsert_order(&row(&source, &order, None))?;
            order.status = OrderStatus::Cancelled;
            order.lines.remove(0);
            order.lines[0].quantity = 1;
            w.upsert_order(&OrderRow { hash: [5; 32], ..row(&source, &order, None) })?;
            assert_eq!(w.order(&source, &order.id)?, Some((order.clone(), None)));
            assert_eq!(w.order_seen(&source, &order.id)?, Some([5; 32]));
            let statuses = w.orders_by_status(at("2026-11-10T00:00:00Z"), at("2026-11-11T00:00:00Z"))?;
            assert_eq!(statuses, BTreeMap::from([(OrderStatus::Cancelled, 1)]));
            assert!(w.orders_by_status(at("2026-11-11T00:00:00Z"), at("2026-11-12T00:00:00Z"))?.is_empty());
            Ok(())
        });
    }

    #[test]
    fn a_person_is_sealed_under_the_customers_key_or_the_systems() {
        let fixture = fixture();
        let (source, order) = (shop(), order("1001"));
        fixture.write(|w| {
            w.upsert_order(&row(&source, &order, None))?;
            let (under, sealed) = w.order_person(&source, &order.id)?.unwrap();
            assert!(under == SealedUnder::System && sealed == person());
            let customer = a_customer(w)?;
            w.upsert_order(&row(&source, &order, Some(customer)))?;
            assert_eq!(w.order_person(&source, &order.id)?.unwrap().0, SealedUnder::Customer);
            w.upsert_order(&OrderRow { sealed_person: None, ..row(&source, &order, Some(customer)) })?;
            assert!(w.order_person(&source, &order.id)?.is_none());
            Ok(())
        });
    }
}
