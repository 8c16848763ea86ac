//! Refunds as last seen; one may come home before its order.

use rusqlite::params;

use super::columns::At;
use super::{Error, Reader, Writer};
use crate::domain::ids::{LineId, OrderId, RefundId, SourceName};
use crate::domain::money::Money;
use crate::domain::order::Refund;

impl Reader<'_> {
    /// By the instant they were given at.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn refunds_of(&self, source: &SourceName, order: &OrderId) -> Result<Vec<Refund>, Error> {
        let sql = "SELECT id, refunded_at, amount, line, quantity FROM refunds
                   INDEXED BY refunds_by_order
                   WHERE source = ?1 AND order_id = ?2 ORDER BY refunded_at, id";
        self.all(sql, (source.as_str(), order.as_str()), |row| {
            Ok(Refund {
                id: RefundId::new(row.get::<_, String>(0)?),
                order: order.clone(),
                refunded_at: row.get::<_, At>(1)?.0,
                amount: Money::from_minor(row.get(2)?),
                line: row.get::<_, Option<String>>(3)?.map(LineId::new),
                quantity: row.get(4)?,
            })
        })
    }
}

impl Writer<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn upsert_refund(&self, source: &SourceName, refund: &Refund) -> Result<(), Error> {
        let sql = "INSERT INTO refunds (source, id, order_id, refunded_at, amount, line, quantity)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT (source, id) DO UPDATE SET
                       order_id = excluded.order_id, refunded_at = excluded.refunded_at,
                       amount = excluded.amount, line = excluded.line, quantity = excluded.quantity";
        let parameters = params![
            source.as_str(),
            refund.id.as_str(),
            refund.order.as_str(),
            At(refund.refunded_at),
            refund.amount.minor(),
            refund.line.as_ref().map(LineId::as_str),
            refund.quantity,
        ];
        self.change(sql, parameters).map(|_| ())
    }

    /// Forgets a refund that the source took back. What closed books say of it is reversed when its order is booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn remove_refund(&self, source: &SourceName, id: &RefundId) -> Result<(), Error> {
        let sql = "DELETE FROM refunds WHERE source = ?1 AND id = ?2";
        self.change(sql, params![source.as_str(), id.as_str()]).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, fixture, shop};
    use super::*;

    #[test]
    fn refunds_are_found_by_their_order_and_may_come_before_it() {
        let fixture = fixture();
        let refund = |id: &str, instant: &str, line: Option<&str>| Refund {
            id: RefundId::new(id),
            order: OrderId::new("1001"),
            refunded_at: at(instant),
            amount: Money::from_minor(50),
            line: line.map(LineId::new),
            quantity: line.map(|_| 1),
        };
        let (late, early) =
            (refund("r1", "2026-11-12T00:00:00Z", Some("a")), refund("r2", "2026-11-11T00:00:00Z", None));
        let changed = Refund { amount: Money::from_minor(60), ..late.clone() };
        fixture.write(|w| {
            for refund in [&late, &early, &changed] {
                w.upsert_refund(&shop(), refund)?;
            }
            assert_eq!(w.refunds_of(&shop(), &OrderId::new("1001"))?, [early, changed]);
            assert!(w.refunds_of(&shop(), &OrderId::new("1002"))?.is_empty());
            Ok(())
        });
    }
}
