//! Customers: a number, a data key, a sealed person, and the blind indexes they are found by.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::Row;

use super::columns::{At, Word};
use super::identifier_runs::stands_in_runs;
use super::{Error, Reader, Writer};
use crate::domain::customer::{IdentifierKind, Person};
use crate::domain::ids::{CustomerNo, OrderId, SourceName};
use crate::domain::sealed::{Sealed, WrappedKey};

/// A customer as kept.
pub struct CustomerRow {
    pub no: CustomerNo,
    pub wrapped_key: WrappedKey,
    pub sealed_person: Sealed<Person>,
    pub province: Option<String>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    /// The key and the person are destroyed since.
    pub erased_at: Option<Timestamp>,
}

/// A customer's first counted order, which makes them new on that day and returning ever after.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FirstOrder {
    pub at: Timestamp,
    pub source: SourceName,
    pub order: OrderId,
}

impl Reader<'_> {
    /// The customer with this identifier; of several (a shared phone) the one known longest.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn customer_by_index(
        &self,
        kind: IdentifierKind,
        blind: &[u8; 16],
    ) -> Result<Option<CustomerNo>, Error> {
        let sql = "SELECT min(customer) FROM identifiers WHERE kind = ?1 AND blind = ?2";
        let no: Option<i64> = self.single(sql, (Word(kind), blind), |row| row.get(0))?;
        let in_runs = self.owners_in_runs(kind, blind)?.into_iter().flatten().next();
        Ok(no.map(CustomerNo).into_iter().chain(in_runs).min())
    }

    /// Whether anybody, a customer or not, has this identifier.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn is_known_identifier(&self, kind: IdentifierKind, blind: &[u8; 16]) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM identifiers WHERE kind = ?1 AND blind = ?2)";
        let in_table: bool = self.single(sql, (Word(kind), blind), |row| row.get(0))?;
        Ok(in_table || !self.owners_in_runs(kind, blind)?.is_empty())
    }

    /// Whether the customer has an identifier of this kind.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn has_identifier(&self, no: CustomerNo, kind: IdentifierKind) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM identifiers WHERE customer = ?1 AND kind = ?2)";
        let in_table: bool = self.single(sql, (no.0, Word(kind)), |row| row.get(0))?;
        let in_runs = || Ok::<_, Error>(self.identifiers_in_runs(no)?.iter().any(|(of, _)| *of == kind));
        Ok(in_table || (stands_in_runs(kind) && in_runs()?))
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn customer(&self, no: CustomerNo) -> Result<Option<CustomerRow>, Error> {
        let sql = "SELECT no, wrapped_key, sealed_person, province, created_at, modified_at, erased_at
                   FROM customers WHERE no = ?1";
        self.first(sql, (no.0,), read_customer)
    }

    /// The next `limit` customers after number `after` who are not erased, by number.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn customers_after(&self, after: CustomerNo, limit: u32) -> Result<Vec<CustomerRow>, Error> {
        let sql = "SELECT no, wrapped_key, sealed_person, province, created_at, modified_at, erased_at
                   FROM customers WHERE no > ?1 AND erased_at IS NULL ORDER BY no LIMIT ?2";
        self.all(sql, (after.0, limit), read_customer)
    }

    /// Every customer with this identifier, by number.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn customers_by_index(
        &self,
        kind: IdentifierKind,
        blind: &[u8; 16],
    ) -> Result<Vec<CustomerNo>, Error> {
        let sql = "SELECT customer FROM identifiers WHERE kind = ?1 AND blind = ?2 AND customer IS NOT NULL";
        let mut customers: BTreeSet<CustomerNo> =
            self.owners_in_runs(kind, blind)?.into_iter().flatten().collect();
        customers.extend(self.all(sql, (Word(kind), blind), |row| row.get(0).map(CustomerNo))?);
        Ok(customers.into_iter().collect())
    }

    /// Every identifier that was ever told of the customer and is not corrected since.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn identifiers_of(&self, no: CustomerNo) -> Result<BTreeSet<(IdentifierKind, [u8; 16])>, Error> {
        let sql = "SELECT kind, blind FROM identifiers WHERE customer = ?1";
        let mut found = self.identifiers_in_runs(no)?;
        found.extend(
            self.all(sql, (no.0,), |row| Ok((row.get::<_, Word<IdentifierKind>>(0)?.0, row.get(1)?)))?,
        );
        Ok(found)
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn first_order(&self, no: CustomerNo) -> Result<Option<FirstOrder>, Error> {
        let sql = "SELECT first_order_at, first_order_source, first_order_id
                   FROM customers WHERE no = ?1 AND first_order_at IS NOT NULL";
        self.first(sql, (no.0,), |row| {
            Ok(FirstOrder {
                at: row.get::<_, At>(0)?.0,
                source: SourceName::new(row.get::<_, String>(1)?),
                order: OrderId::new(row.get::<_, String>(2)?),
            })
        })
    }

    /// Those who are not erased.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_customers(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM customers WHERE erased_at IS NULL";
        let count: i64 = self.single(sql, (), |row| row.get(0))?;
        Ok(super::columns::read_count(count))
    }
}

impl Writer<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn insert_customer(
        &self,
        wrapped_key: &WrappedKey,
        sealed_person: &Sealed<Person>,
        province: Option<&str>,
        now: Timestamp,
    ) -> Result<CustomerNo, Error> {
        let sql = "INSERT INTO customers (wrapped_key, sealed_person, province, created_at, modified_at)
                   VALUES (?1, ?2, ?3, ?4, ?4)";
        let parameters = (wrapped_key.as_bytes(), sealed_person.as_bytes(), province, At(now));
        self.insert(sql, parameters).map(CustomerNo)
    }

    /// # Errors
    /// [`Error::NotFound`], [`Error::Sqlite`].
    pub fn update_customer(
        &self,
        no: CustomerNo,
        sealed_person: &Sealed<Person>,
        province: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "UPDATE customers SET sealed_person = ?2, province = ?3, modified_at = ?4 WHERE no = ?1";
        let changed = self.change(sql, (no.0, sealed_person.as_bytes(), province, At(now)))?;
        found(changed, no)
    }

    /// Notes an identifier, of a customer or (`None`) of a person whom only an order or a complaint names.
    /// Noting it twice is once.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn add_index(
        &self,
        kind: IdentifierKind,
        blind: &[u8; 16],
        customer: impl Into<Option<CustomerNo>>,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO identifiers (kind, blind, customer) VALUES (?1, ?2, ?3)
                   ON CONFLICT DO NOTHING";
        let customer: Option<CustomerNo> = customer.into();
        self.change(sql, (Word(kind), blind, customer.map(|no| no.0))).map(|_| ())
    }

    /// Takes an identifier back: the customer is no longer found by it.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn remove_index(&self, kind: IdentifierKind, blind: &[u8; 16], no: CustomerNo) -> Result<(), Error> {
        let sql = "DELETE FROM identifiers WHERE kind = ?1 AND blind = ?2 AND customer = ?3";
        self.change(sql, (Word(kind), blind, no.0))?;
        self.remove_from_runs(kind, blind, Some(no))
    }

    /// # Errors
    /// [`Error::NotFound`], [`Error::Sqlite`].
    pub fn set_first_order(&self, no: CustomerNo, first: &FirstOrder) -> Result<(), Error> {
        let sql = "UPDATE customers SET first_order_at = ?2, first_order_source = ?3, first_order_id = ?4
                   WHERE no = ?1";
        let changed = self.change(sql, (no.0, At(first.at), first.source.as_str(), first.order.as_str()))?;
        found(changed, no)
    }
}

fn read_customer(row: &Row<'_>) -> rusqlite::Result<CustomerRow> {
    Ok(CustomerRow {
        no: CustomerNo(row.get(0)?),
        wrapped_key: WrappedKey::from_bytes(row.get(1)?),
        sealed_person: Sealed::from_bytes(row.get(2)?),
        province: row.get(3)?,
        created_at: row.get::<_, At>(4)?.0,
        modified_at: row.get::<_, At>(5)?.0,
        erased_at: row.get::<_, Option<At>>(6)?.map(|at| at.0),
    })
}

fn found(changed: usize, no: CustomerNo) -> Result<(), Error> {
    if changed == 1 { Ok(()) } else { Err(Error::NotFound { what: "customer", which: no.to_string() }) }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, at, fixture, key, now, person, shop};
    use super::*;

    #[test]
    fn a_customer_is_found_by_each_identifier() {
        let fixture = fixture();
        fixture.write(|w| {
            let (an, binh) = (a_customer(w)?, a_customer(w)?);
            w.add_index(IdentifierKind::Phone, &[1; 16], an)?;
            w.add_index(IdentifierKind::Phone, &[1; 16], an)?;
            w.add_index(IdentifierKind::Phone, &[1; 16], binh)?;
            w.add_index(IdentifierKind::Email, &[2; 16], binh)?;
            w.add_index(IdentifierKind::Name, &[3; 16], None)?;
            w.add_index(IdentifierKind::Name, &[3; 16], None)?;
            assert_eq!(w.customer_by_index(IdentifierKind::Phone, &[1; 16])?, Some(an));
            assert_eq!(w.customer_by_index(IdentifierKind::Email, &[2; 16])?, Some(binh));
            assert_eq!(w.customer_by_index(IdentifierKind::Email, &[1; 16])?, None);
            assert_eq!(w.customer_by_index(IdentifierKind::Name, &[3; 16])?, None);
            assert!(w.is_known_identifier(IdentifierKind::Name, &[3; 16])?);
            assert!(!w.is_known_identifier(IdentifierKind::Address, &[3; 16])?);
            let rows: i64 = w.single("SELECT count(*) FROM identifiers", (), |row| row.get(0))?;
            assert_eq!(rows, 4, "noting one twice is once");
            Ok(())
        });
    }

    #[test]
    fn a_customer_reads_back_and_changes() {
        let fixture = fixture();
        let later = at("2026-12-01T00:00:00Z");
        let no = fixture.write(a_customer);
        fixture.write(|w| w.update_customer(no, &Sealed::from_bytes(vec![9; 50]), None, later));
        let row = fixture.store.read(|r| r.customer(no)).unwrap().unwrap();
        assert!(row.wrapped_key == key() && row.sealed_person == Sealed::from_bytes(vec![9; 50]));
        assert_eq!((row.province, row.created_at, row.modified_at), (None, now(), later));
        let nobody = fixture.store.write(|w| w.update_customer(CustomerNo(99), &person(), None, later));
        assert!(matches!(nobody, Err(Error::NotFound { .. })));
    }

    #[test]
    fn the_first_order_is_kept_and_may_turn_out_to_be_an_earlier_one() {
        let fixture = fixture();
        let first = |instant| FirstOrder { at: at(instant), source: shop(), order: OrderId::new("7") };
        fixture.write(|w| {
            let no = a_customer(w)?;
            assert_eq!(w.first_order(no)?, None);
            w.set_first_order(no, &first("2026-11-02T00:00:00Z"))?;
            w.set_first_order(no, &first("2026-11-01T00:00:00Z"))?;
            assert_eq!(w.first_order(no)?, Some(first("2026-11-01T00:00:00Z")));
            Ok(())
        });
    }

    #[test]
    fn an_index_of_nobody_we_know_is_refused() {
        let fixture = fixture();
        let refused = fixture.store.write(|w| w.add_index(IdentifierKind::Phone, &[1; 16], CustomerNo(5)));
        assert!(matches!(refused, Err(Error::Sqlite(_))), "foreign keys hold");
    }
}
