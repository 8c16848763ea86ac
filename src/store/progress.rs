//! How far a pull got that has come to no end: the source's position, and the orders that are stored and not yet booked.

use jiff::Timestamp;

use super::columns::{At, read_count};
use super::{Error, Reader, Writer};
use crate::domain::ids::{OrderId, SourceName};

impl Reader<'_> {
    /// Where the source goes on.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn source_position(&self, source: &SourceName) -> Result<Option<String>, Error> {
        let sql = "SELECT position FROM source_progress WHERE source = ?1 AND position IS NOT NULL";
        self.first(sql, (source.as_str(),), |row| row.get(0))
    }

    /// When the source was last asked which orders it still has.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn swept_at(&self, source: &SourceName) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT swept_at FROM source_progress WHERE source = ?1 AND swept_at IS NOT NULL";
        self.first(sql, (source.as_str(),), |row| row.get::<_, At>(0).map(|at| at.0))
    }

    /// Orders that wait to be booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_unbooked(&self, source: &SourceName) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM unbooked WHERE source = ?1";
        self.single(sql, (source.as_str(),), |row| row.get(0)).map(read_count)
    }

    /// The first `limit` orders that wait to be booked, in the order they were placed. One that is not stored yet, for
    /// only a refund of it came home, does not wait.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unbooked(&self, source: &SourceName, limit: u64) -> Result<Vec<OrderId>, Error> {
        let sql = "SELECT orders.id FROM unbooked
                   JOIN orders ON orders.source = unbooked.source AND orders.id = unbooked.order_id
                   WHERE unbooked.source = ?1 ORDER BY orders.placed_at, orders.id LIMIT ?2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(sql, (source.as_str(), limit), |row| row.get::<_, String>(0).map(OrderId::new))
    }

    /// When the earliest of the orders was placed that wait to be booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn first_unbooked_at(&self, source: &SourceName) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT min(orders.placed_at) FROM unbooked
                   JOIN orders ON orders.source = unbooked.source AND orders.id = unbooked.order_id
                   WHERE unbooked.source = ?1";
        self.single(sql, (source.as_str(),), |row| row.get::<_, Option<At>>(0)).map(|at| at.map(|at| at.0))
    }

    /// As [`Self::unbooked`], of orders placed at `from` or later and not those up to `after`, which was placed then: whoever
    /// takes many in turn goes on at the last one, and the others are not sorted again every time.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unbooked_from(
        &self,
        source: &SourceName,
        from: Timestamp,
        after: Option<&OrderId>,
        limit: u64,
    ) -> Result<Vec<(OrderId, Timestamp)>, Error> {
        let sql = "SELECT id, placed_at FROM orders INDEXED BY orders_by_placed_at
                   WHERE placed_at >= ?2 AND (placed_at > ?2 OR id > ?4) AND source = ?1
                     AND EXISTS (SELECT 1 FROM unbooked u WHERE u.source = ?1 AND u.order_id = orders.id)
                   ORDER BY placed_at, id LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let after = after.map_or("", OrderId::as_str);
        self.all(sql, (source.as_str(), At(from), limit, after), |row| {
            Ok((OrderId::new(row.get::<_, String>(0)?), row.get::<_, At>(1)?.0))
        })
    }

    /// Orders of the source that are not in its bin.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn orders_not_trashed(&self, source: &SourceName) -> Result<Vec<OrderId>, Error> {
        let sql = "SELECT id FROM orders WHERE source = ?1 AND status <> 'trashed'";
        self.all(sql, (source.as_str(),), |row| row.get::<_, String>(0).map(OrderId::new))
    }
}

impl Writer<'_> {
    /// `None`: the pull has come to its end.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_source_position(&self, source: &SourceName, position: Option<&str>) -> Result<(), Error> {
        let sql = "INSERT INTO source_progress (source, position) VALUES (?1, ?2)
                   ON CONFLICT (source) DO UPDATE SET position = excluded.position";
        self.change(sql, (source.as_str(), position)).map(|_| ())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_swept_at(&self, source: &SourceName, now: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO source_progress (source, swept_at) VALUES (?1, ?2)
                   ON CONFLICT (source) DO UPDATE SET swept_at = excluded.swept_at";
        self.change(sql, (source.as_str(), At(now))).map(|_| ())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn add_unbooked(&self, source: &SourceName, order: &OrderId) -> Result<(), Error> {
        let sql = "INSERT INTO unbooked (source, order_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.change(sql, (source.as_str(), order.as_str())).map(|_| ())
    }

    /// Those of `orders` wait no more.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Sqlite`].
    pub fn remove_unbooked(&self, source: &SourceName, orders: &[&OrderId]) -> Result<(), Error> {
        let sql = "DELETE FROM unbooked WHERE source = ?1 AND order_id IN (SELECT value FROM json_each(?2))";
        let orders = serde_json::to_string(orders).map_err(Error::Json)?;
        self.change(sql, (source.as_str(), orders)).map(|_| ())
    }

    /// Those whose orders never came home: they are booked with them.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn clear_unbooked(&self, source: &SourceName) -> Result<(), Error> {
        self.change("DELETE FROM unbooked WHERE source = ?1", (source.as_str(),)).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, fixture, keep_order, shop};
    use super::*;

    #[test]
    fn progress_is_kept_and_taken_back() {
        let fixture = fixture();
        let now = at("2026-11-01T00:00:00Z");
        fixture.write(|w| {
            w.set_source_position(&shop(), Some("here"))?;
            w.set_swept_at(&shop(), now)?;
            w.add_unbooked(&shop(), &OrderId::new("1"))?;
            w.add_unbooked(&shop(), &OrderId::new("1"))?;
            assert_eq!(w.source_position(&shop())?.as_deref(), Some("here"));
            assert_eq!(w.count_unbooked(&shop())?, 1);
            assert_eq!(w.unbooked(&shop(), 9)?, [], "the order is not stored");
            w.set_source_position(&shop(), None)?;
            w.clear_unbooked(&shop())?;
            assert_eq!((w.source_position(&shop())?, w.count_unbooked(&shop())?), (None, 0));
            assert_eq!(w.swept_at(&shop())?, Some(now));
            w.remove_unbooked(&shop(), &[&OrderId::new("1")])
        });
    }

    #[test]
    fn what_is_unbooked_is_taken_in_turn() {
        let fixture = fixture();
        fixture.write(|w| {
            assert_eq!(w.first_unbooked_at(&shop())?, None);
            for id in ["3", "1", "2"] {
                keep_order(w, id)?;
                w.add_unbooked(&shop(), &OrderId::new(id))?;
            }
            let from = w.first_unbooked_at(&shop())?.expect("an instant");
            let taken = |from, limit| -> Result<Vec<OrderId>, Error> {
                Ok(w.unbooked_from(&shop(), from, None, limit)?.into_iter().map(|(id, _)| id).collect())
            };
            assert_eq!(taken(from, 9)?, w.unbooked(&shop(), 9)?);
            assert_eq!(taken(from, 2)?, ["1", "2"].map(OrderId::new), "of one instant by their numbers");
            w.remove_unbooked(&shop(), &[&OrderId::new("1")])?;
            assert_eq!(taken(from, 2)?, ["2", "3"].map(OrderId::new));
            let rest = w.unbooked_from(&shop(), from, Some(&OrderId::new("2")), 9)?;
            assert_eq!(rest, [(OrderId::new("3"), from)], "after one of the same instant");
            let later = from + jiff::SignedDuration::from_secs(1);
            assert_eq!(taken(later, 9)?, []);
            assert_eq!(w.unbooked_from(&SourceName::new("stall"), from, None, 9)?, []);
            Ok(())
        });
    }
}
