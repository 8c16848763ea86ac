//! Which days are sealed into which page of the facts. A page, once noted, stays as it is.

use jiff::Timestamp;
use jiff::civil::Date;

use super::columns::{At, Day, read_count, stored_count};
use super::{Error, Reader, Writer};

/// A sealed page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRow {
    pub from: Date,
    /// Not in the page.
    pub until: Date,
    /// Relative to the directory of the facts.
    pub file: String,
    pub sha256: [u8; 32],
    pub rows: u64,
}

impl Reader<'_> {
    /// By their days.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn pages(&self) -> Result<Vec<PageRow>, Error> {
        let sql = "SELECT from_day, until_day, file, sha256, row_count FROM pages ORDER BY from_day";
        self.all(sql, (), |row| {
            Ok(PageRow {
                from: row.get::<_, Day>(0)?.0,
                until: row.get::<_, Day>(1)?.0,
                file: row.get(2)?,
                sha256: row.get(3)?,
                rows: read_count(row.get(4)?),
            })
        })
    }

    /// The first day that is open: every day before it is closed for ever. `None` when no page is sealed.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn closed_until(&self) -> Result<Option<Date>, Error> {
        let day: Option<Day> = self.single("SELECT max(until_day) FROM pages", (), |row| row.get(0))?;
        Ok(day.map(|day| day.0))
    }
}

impl Writer<'_> {
    /// Notes a page and so closes its days, and every earlier one.
    ///
    /// # Errors
    /// [`Error::PageOverlaps`] when it begins on a day that is closed, [`Error::Sqlite`].
    pub fn insert_page(&self, page: &PageRow, now: Timestamp) -> Result<(), Error> {
        match self.closed_until()? {
            Some(closed_until) if page.from < closed_until => {
                return Err(Error::PageOverlaps { from: page.from, closed_until });
            }
            _ => {}
        }
        let sql = "INSERT INTO pages (from_day, until_day, file, sha256, row_count, sealed_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let rows = stored_count(page.rows);
        let parameters = (Day(page.from), Day(page.until), &page.file, page.sha256, rows, At(now));
        self.change(sql, parameters).map(|_| ())
    }
}
