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
    /// [`Error::PageOverlaps`] when it begins on a day that is closed, [`Error::PageLeavesOut`] when
    /// entries before it would stand in no page, [`Error::Sqlite`].
    pub fn insert_page(&self, page: &PageRow, now: Timestamp) -> Result<(), Error> {
        let closed_until = self.closed_until()?.unwrap_or(Date::MIN);
        if page.from < closed_until {
            return Err(Error::PageOverlaps { from: page.from, closed_until });
        }
        let open = "SELECT min(day) FROM entries WHERE day >= ?1";
        let left_out: Option<Day> = self.single(open, (Day(closed_until),), |row| row.get(0))?;
        if let Some(Day(day)) = left_out.filter(|day| day.0 < page.from) {
            return Err(Error::PageLeavesOut { day, from: page.from });
        }
        let sql = "INSERT INTO pages (from_day, until_day, file, sha256, row_count, sealed_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let rows = stored_count(page.rows);
        let parameters = (Day(page.from), Day(page.until), &page.file, page.sha256, rows, At(now));
        self.change(sql, parameters).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::fixture::{booked, fixture, keep_order, now, shop};
    use super::*;
    use crate::domain::ids::OrderId;

    fn page(from: i8, until: i8) -> PageRow {
        PageRow {
            from: date(2026, 11, from),
            until: date(2026, 11, until),
            file: format!("{from}.parquet"),
            sha256: [7; 32],
            rows: 3,
        }
    }

    #[test]
    fn pages_close_days_and_never_overlap() {
        let fixture = fixture();
        fixture.write(|w| {
            assert_eq!(w.closed_until()?, None);
            w.insert_page(&page(1, 8), now())?;
            w.insert_page(&page(8, 10), now())?;
            assert_eq!(w.closed_until()?, Some(date(2026, 11, 10)));
            assert_eq!(w.pages()?, [page(1, 8), page(8, 10)]);
            Ok(())
        });
        for (from, until) in [(9, 12), (1, 3), (8, 10)] {
            let refused = fixture.store.write(|w| w.insert_page(&page(from, until), now()));
            assert!(matches!(refused, Err(Error::PageOverlaps { .. })), "{from}..{until}");
        }
        let empty = fixture.store.write(|w| w.insert_page(&page(12, 12), now()));
        assert!(empty.is_err(), "a page has days");
    }

    #[test]
    fn a_page_that_would_leave_entries_out_is_refused() {
        let fixture = fixture();
        fixture.write(|w| {
            keep_order(w, "1")?;
            w.insert_entries(&shop(), &OrderId::new("1"), &[booked(5)], None, now())
        });
        let refused = fixture.store.write(|w| w.insert_page(&page(6, 8), now()));
        assert!(matches!(refused, Err(Error::PageLeavesOut { .. })));
        fixture.write(|w| {
            w.insert_page(&page(5, 6), now())?;
            w.insert_page(&page(7, 8), now())
        });
    }
}
