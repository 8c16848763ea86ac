//! Destroying what was kept of a person, and remembering which rows must not bring them back.
//!
//! Invariant: nothing here needs a key, so that a restored store can be told without one. The entries, the pages and
//! the releases are not touched: they know a keyed pseudonym only.

use std::collections::BTreeMap;

use rusqlite::params;

use super::columns::{At, Word};
use super::{Error, Reader, Store, Writer};
use crate::domain::erasure::{ErasedKind, ErasedRow, Erasure};
use crate::domain::feed::Rejected;
use crate::domain::ids::{CustomerNo, OrderId, SourceName};
use crate::domain::sealed::Sealed;

impl Reader<'_> {
    /// The source's rows of this kind whose person was erased, each with the customer that it was.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn erased_rows(
        &self,
        kind: ErasedKind,
        source: &SourceName,
    ) -> Result<BTreeMap<String, Option<CustomerNo>>, Error> {
        let sql = "SELECT key, customer FROM erased_rows WHERE kind = ?1 AND source = ?2";
        let rows = self.all(sql, (kind.as_str(), source.as_str()), |row| {
            Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(CustomerNo)))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Whether the row's person was erased, and which customer it was.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn erased_row(
        &self,
        kind: ErasedKind,
        source: &SourceName,
        key: &str,
    ) -> Result<Option<Option<CustomerNo>>, Error> {
        let sql = "SELECT customer FROM erased_rows WHERE kind = ?1 AND source = ?2 AND key = ?3";
        self.first(sql, (kind.as_str(), source.as_str(), key), |row| {
            Ok(row.get::<_, Option<i64>>(0)?.map(CustomerNo))
        })
    }

    /// Whether all of it is done in this store.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn is_erased(&self, erasure: &Erasure) -> Result<bool, Error> {
        let row = "SELECT EXISTS (SELECT 1 FROM erased_rows WHERE kind = ?1 AND source = ?2 AND key = ?3)";
        for ErasedRow { kind, source, key, .. } in &erasure.rows {
            if !self.single(row, (kind.as_str(), source.as_str(), key), |row| row.get(0))? {
                return Ok(false);
            }
        }
        let known = "SELECT erased_at IS NOT NULL OR created_at <> ?2 FROM customers WHERE no = ?1";
        let done = self.first(known, (erasure.customer.0, At(erasure.created_at)), |row| row.get(0))?;
        Ok(done.unwrap_or(false))
    }

    /// The sealed persons of orders that belong to no customer.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn orders_of_nobody(&self) -> Result<Vec<(SourceName, OrderId)>, Error> {
        let sql = "SELECT source, id FROM orders WHERE sealed_under = 'system' ORDER BY no";
        self.all(sql, (), |row| {
            let source = SourceName::new(row.get::<_, String>(0)?);
            Ok((source, OrderId::new(row.get::<_, String>(1)?)))
        })
    }

    /// The customer's complaints, by number.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaints_of(&self, customer: CustomerNo) -> Result<Vec<(SourceName, String)>, Error> {
        let sql = "SELECT source, id FROM complaints WHERE customer = ?1 ORDER BY no";
        self.all(sql, (customer.0,), |row| Ok((SourceName::new(row.get::<_, String>(0)?), row.get(1)?)))
    }

    /// Every rejected row that is still sealed, healed ones too: number, source, fingerprint and seal.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn sealed_rejected(&self) -> Result<Vec<SealedReject>, Error> {
        let sql = "SELECT source, fingerprint, sealed_row FROM rejected WHERE length(sealed_row) > 0";
        self.all(sql, (), |row| {
            Ok(SealedReject {
                source: SourceName::new(row.get::<_, String>(0)?),
                fingerprint: row.get(1)?,
                sealed: Sealed::from_bytes(row.get(2)?),
            })
        })
    }
}

/// A rejected row, and how it is known again.
pub struct SealedReject {
    pub source: SourceName,
    pub fingerprint: [u8; 32],
    pub sealed: Sealed<Rejected>,
}

impl Writer<'_> {
    /// Destroys the person: data key, person, blind indexes, what else was sealed of them; and keeps the rows in mind.
    /// Doing it again changes nothing. A store that never knew the customer keeps their number from being given again.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn erase(&self, erasure: &Erasure) -> Result<(), Error> {
        let owner = self.owner(erasure)?;
        if let Some(no) = owner {
            self.destroy_customer(no, erasure)?;
        }
        for row in &erasure.rows {
            let owner = owner.filter(|_| row.owned);
            let sql = "INSERT INTO erased_rows (kind, source, key, customer) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO NOTHING";
            let ErasedRow { kind, source, key, .. } = row;
            self.change(sql, (kind.as_str(), source.as_str(), key, owner.map(|no| no.0)))?;
            match kind {
                ErasedKind::Order => self.destroy_order(source, key, owner)?,
                ErasedKind::Complaint => self.destroy_complaint(source, key, owner)?,
                ErasedKind::Rejected => self.destroy_rejected(source, key, erasure)?,
                ErasedKind::Account => {}
            }
        }
        Ok(())
    }

    /// Whose number it is here. Where a backup was restored and the number given to somebody else since, the person is
    /// whoever had the orders.
    fn owner(&self, erasure: &Erasure) -> Result<Option<CustomerNo>, Error> {
        let no = erasure.customer;
        let same = "SELECT created_at = ?2 FROM customers WHERE no = ?1";
        match self.first(same, (no.0, At(erasure.created_at)), |row| row.get::<_, bool>(0))? {
            Some(true) => return Ok(Some(no)),
            None => {
                let sql = "INSERT INTO customers (no, wrapped_key, sealed_person, created_at, modified_at, erased_at)
                           VALUES (?1, x'', x'', ?2, ?3, ?3)";
                self.change(sql, (no.0, At(erasure.created_at), At(erasure.erased_at)))?;
                return Ok(Some(no));
            }
            Some(false) => {}
        }
        let holder = "SELECT c.no FROM orders o JOIN customers c ON c.no = o.customer
                      WHERE o.source = ?1 AND o.id = ?2 AND c.created_at < ?3";
        for row in erasure.rows.iter().filter(|row| row.kind == ErasedKind::Order && row.owned) {
            let parameters = (row.source.as_str(), &row.key, At(erasure.erased_at));
            if let Some(no) = self.first(holder, parameters, |row| row.get(0).map(CustomerNo))? {
                return Ok(Some(no));
            }
        }
        Ok(None)
    }

    fn destroy_customer(&self, no: CustomerNo, erasure: &Erasure) -> Result<(), Error> {
        let sql = "UPDATE customers SET wrapped_key = x'', sealed_person = x'', province = NULL,
                          modified_at = ?2, erased_at = ?2
                   WHERE no = ?1 AND erased_at IS NULL";
        self.change(sql, (no.0, At(erasure.erased_at)))?;
        let identifiers = self.identifiers_of(no)?;
        for (kind, blind) in &identifiers {
            if erasure.rows.iter().any(|row| !row.owned) {
                // Orders that were nobody's had the same name and address looked up.
                let sql = "DELETE FROM identifiers WHERE customer IS NULL AND kind = ?1 AND blind = ?2";
                self.change(sql, (Word(*kind), blind))?;
                self.remove_from_runs(*kind, blind, None)?;
            }
            self.remove_from_runs(*kind, blind, Some(no))?;
        }
        for sql in [
            "DELETE FROM identifiers WHERE customer = ?1",
            "DELETE FROM corrected_fields WHERE customer = ?1",
        ] {
            self.change(sql, (no.0,))?;
        }
        Ok(())
    }

    /// Its person, what tells whether it changed (which was made of the person too), and its payments' references.
    fn destroy_order(&self, source: &SourceName, id: &str, owner: Option<CustomerNo>) -> Result<(), Error> {
        let sql = "UPDATE orders SET sealed_person = NULL, sealed_under = NULL, hash = zeroblob(32),
                          customer = coalesce(?3, customer)
                   WHERE source = ?1 AND id = ?2";
        self.change(sql, params![source.as_str(), id, owner.map(|no| no.0)])?;
        let sql = "UPDATE payments INDEXED BY payments_by_order SET sealed_reference = NULL
                   WHERE source = ?1 AND order_id = ?2 AND sealed_reference IS NOT NULL";
        self.change(sql, (source.as_str(), id)).map(|_| ())
    }

    fn destroy_complaint(
        &self,
        source: &SourceName,
        id: &str,
        owner: Option<CustomerNo>,
    ) -> Result<(), Error> {
        let sql = "UPDATE complaints SET sealed_text = x'', customer = coalesce(?3, customer),
                          sealed_under = CASE WHEN coalesce(?3, customer) IS NULL THEN 'system' ELSE 'customer' END
                   WHERE source = ?1 AND id = ?2";
        self.change(sql, params![source.as_str(), id, owner.map(|no| no.0)])?;
        let sql = "UPDATE complaint_events SET sealed_note = NULL
                   WHERE sealed_note IS NOT NULL
                   AND complaint = (SELECT no FROM complaints WHERE source = ?1 AND id = ?2)";
        self.change(sql, (source.as_str(), id)).map(|_| ())
    }

    fn destroy_rejected(&self, source: &SourceName, key: &str, erasure: &Erasure) -> Result<(), Error> {
        let sql = "UPDATE rejected SET sealed_row = x'', healed_at = coalesce(healed_at, ?3)
                   WHERE source = ?1 AND lower(hex(fingerprint)) = ?2";
        self.change(sql, (source.as_str(), key, At(erasure.erased_at))).map(|_| ())
    }
}

impl Store {
    /// Brings what was destroyed out of the log beside the database as well. `false`: somebody still reads from it, and
    /// the next one to open or close the store does it.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn forget_destroyed(&self) -> Result<bool, Error> {
        let connection = super::locked(&self.writer);
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
        Ok(busy == 0)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::fixture::{Fixture, a_customer, at, fixture, now, order, person, shop};
    use super::*;
    use crate::domain::customer::IdentifierKind;
    use crate::domain::purpose::Ground;
    use crate::store::OrderRow;

    fn erasure(no: i64, created_at: Timestamp) -> Erasure {
        let row = ErasedRow { kind: ErasedKind::Order, source: shop(), key: "1".into(), owned: true };
        Erasure {
            customer: CustomerNo(no),
            created_at,
            erased_at: at("2026-12-01T00:00:00Z"),
            ground: Ground::Request,
            rows: vec![row],
        }
    }

    /// Two customers; the second has the order.
    fn store() -> Fixture {
        let fixture = fixture();
        fixture.write(|w| {
            let (an, binh) = (a_customer(w)?, a_customer(w)?);
            w.add_index(IdentifierKind::Phone, &[1; 16], an)?;
            w.add_index(IdentifierKind::Phone, &[2; 16], binh)?;
            let kept = order("1");
            let sealed_person = Some(person());
            w.upsert_order(&OrderRow {
                source: &shop(),
                order: &kept,
                customer: Some(binh),
                sealed_person,
                hash: [7; 32],
            })
        });
        fixture
    }

    fn erased(fixture: &Fixture) -> Vec<i64> {
        let sql =
            "SELECT no FROM customers WHERE erased_at IS NOT NULL AND length(wrapped_key) = 0 ORDER BY no";
        fixture.store.read(|r| r.all(sql, (), |row| row.get(0))).unwrap()
    }

    #[test]
    fn an_erasure_is_done_once_and_leaves_the_others_alone() {
        let fixture = store();
        let erasure = erasure(2, now());
        assert!(!fixture.store.read(|r| r.is_erased(&erasure)).unwrap());
        for _ in 0..2 {
            fixture.write(|w| w.erase(&erasure));
            assert!(fixture.store.read(|r| r.is_erased(&erasure)).unwrap());
        }
        assert_eq!(erased(&fixture), [2]);
        fixture.write(|w| {
            assert!(w.order_person(&shop(), &OrderId::new("1"))?.is_none());
            assert_eq!(w.order_seen(&shop(), &OrderId::new("1"))?, Some([0; 32]));
            assert_eq!(
                w.customer_of(&shop(), &OrderId::new("1"))?,
                Some(CustomerNo(2)),
                "the sale keeps its pseudonym"
            );
            assert!(w.is_known_identifier(IdentifierKind::Phone, &[1; 16])?);
            assert!(!w.is_known_identifier(IdentifierKind::Phone, &[2; 16])?);
            assert_eq!(w.count_customers()?, 1);
            Ok(())
        });
        assert!(fixture.store.forget_destroyed().unwrap());
    }

    #[test]
    fn a_number_that_is_somebody_elses_by_now_is_left_alone_and_the_orders_tell_who_it_was() {
        let fixture = store();
        fixture.write(|w| w.erase(&erasure(1, at("2026-01-01T00:00:00Z"))));
        assert_eq!(erased(&fixture), [2]);
    }

    #[test]
    fn a_number_that_was_never_given_here_is_never_given_again() {
        let fixture = store();
        let erasure = Erasure { rows: Vec::new(), ..erasure(9, now()) };
        fixture.write(|w| w.erase(&erasure));
        assert_eq!(erased(&fixture), [9]);
        assert_eq!(fixture.write(a_customer), CustomerNo(10));
    }
}
