//! Watermarks: until when a source has told everything.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::columns::At;
use super::{Error, Reader, Writer};
use crate::domain::ids::SourceName;

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn watermark(&self, source: &SourceName) -> Result<Option<Timestamp>, Error> {
        let sql = "SELECT complete_until FROM watermarks WHERE source = ?1";
        self.first(sql, (source.as_str(),), |row| row.get::<_, At>(0).map(|at| at.0))
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn watermarks(&self) -> Result<BTreeMap<SourceName, Timestamp>, Error> {
        let sql = "SELECT source, complete_until FROM watermarks";
        let rows =
            self.all(sql, (), |row| Ok((SourceName::new(row.get::<_, String>(0)?), row.get::<_, At>(1)?.0)))?;
        Ok(rows.into_iter().collect())
    }
}

impl Writer<'_> {
    /// A watermark never goes back: what was told once stays told.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_watermark(&self, source: &SourceName, complete_until: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO watermarks (source, complete_until) VALUES (?1, ?2)
                   ON CONFLICT (source) DO UPDATE
                   SET complete_until = max(complete_until, excluded.complete_until)";
        self.change(sql, (source.as_str(), At(complete_until))).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{at, fixture, shop};
    use super::*;

    #[test]
    fn a_watermark_only_rises() {
        let fixture = fixture();
        let (early, late) = (at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00.000001Z"));
        fixture.write(|w| {
            assert_eq!(w.watermark(&shop())?, None);
            w.set_watermark(&shop(), early)?;
            w.set_watermark(&shop(), late)?;
            w.set_watermark(&shop(), early)?;
            w.set_watermark(&SourceName::new("stall"), early)
        });
        let all = fixture.store.read(|r| r.watermarks()).unwrap();
        assert_eq!(all, BTreeMap::from([(shop(), late), (SourceName::new("stall"), early)]));
    }
}
