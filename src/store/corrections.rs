//! Corrections of customers' fields: each change sealed under the customer's key, and which of them stand.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word};
use super::{Error, Reader, Writer};
use crate::domain::correction::FieldChange;
use crate::domain::customer::IdentifierKind;
use crate::domain::ids::CustomerNo;
use crate::domain::sealed::Sealed;

/// A correction, or a source's own change of a field that was corrected.
pub struct CorrectionRow {
    pub customer: CustomerNo,
    pub field: IdentifierKind,
    pub at: Timestamp,
    /// `uid:1000`, or `source shop`.
    pub actor: String,
    /// The purpose and the request it was made for; `None` of a source.
    pub why: Option<(String, String)>,
    pub sealed: Sealed<FieldChange>,
}

impl Reader<'_> {
    /// Oldest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn corrections_of(&self, customer: CustomerNo) -> Result<Vec<CorrectionRow>, Error> {
        let sql = "SELECT customer, field, at, actor, purpose, request, sealed_change
                   FROM corrections WHERE customer = ?1 ORDER BY no";
        self.all(sql, (customer.0,), read_correction)
    }

    /// The corrections that stand against what the sources say.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn corrections_in_force(&self, customer: CustomerNo) -> Result<Vec<CorrectionRow>, Error> {
        let sql = "SELECT c.customer, c.field, c.at, c.actor, c.purpose, c.request, c.sealed_change
                   FROM corrected_fields f JOIN corrections c ON c.no = f.correction
                   WHERE f.customer = ?1 ORDER BY f.field";
        self.all(sql, (customer.0,), read_correction)
    }
}

impl Writer<'_> {
    /// Notes a correction. One that a person made stands from now on; a source's own change ends the one that stood.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn add_correction(&self, row: &CorrectionRow) -> Result<(), Error> {
        let sql = "INSERT INTO corrections (customer, field, at, actor, purpose, request, sealed_change)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (purpose, request) = row.why.as_ref().map(|(purpose, request)| (purpose, request)).unzip();
        let field = Word(row.field);
        let parameters =
            params![row.customer.0, field, At(row.at), row.actor, purpose, request, row.sealed.as_bytes()];
        let no = self.insert(sql, parameters)?;
        if row.why.is_none() {
            let ended = "DELETE FROM corrected_fields WHERE customer = ?1 AND field = ?2";
            return self.change(ended, (row.customer.0, Word(row.field))).map(|_| ());
        }
        let stands = "INSERT INTO corrected_fields (customer, field, correction) VALUES (?1, ?2, ?3)
                      ON CONFLICT (customer, field) DO UPDATE SET correction = excluded.correction";
        self.change(stands, (row.customer.0, Word(row.field), no)).map(|_| ())
    }
}

fn read_correction(row: &Row<'_>) -> rusqlite::Result<CorrectionRow> {
    let (purpose, request): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    Ok(CorrectionRow {
        customer: CustomerNo(row.get(0)?),
        field: row.get::<_, Word<IdentifierKind>>(1)?.0,
        at: row.get::<_, At>(2)?.0,
        actor: row.get(3)?,
        why: purpose.zip(request),
        sealed: Sealed::from_bytes(row.get(6)?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, fixture, now};
    use super::*;

    #[test]
    fn a_correction_stands_until_another_or_until_the_source_changes_its_word() {
        let fixture = fixture();
        let customer = fixture.write(a_customer);
        let row = |mark: u8, person: bool| CorrectionRow {
            customer,
            field: IdentifierKind::Phone,
            at: now(),
            actor: if person { "uid:7" } else { "source shop" }.into(),
            why: person.then(|| ("data-request".into(), "YC-1".into())),
            sealed: Sealed::from_bytes(vec![mark; 50]),
        };
        let standing = || {
            let rows = fixture.store.read(|r| r.corrections_in_force(customer)).unwrap();
            rows.iter().map(|row| row.sealed.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert!(standing().is_empty());
        fixture.write(|w| w.add_correction(&row(1, true)));
        fixture.write(|w| w.add_correction(&row(2, true)));
        assert_eq!(standing(), [2]);
        fixture.write(|w| w.add_correction(&row(3, false)));
        assert!(standing().is_empty());
        assert_eq!(fixture.store.read(|r| r.corrections_of(customer)).unwrap().len(), 3);
        for sql in ["DELETE FROM corrections", "UPDATE corrections SET actor = ''"] {
            assert!(fixture.store.write(|w| w.change(sql, ())).is_err(), "{sql}");
        }
    }
}
