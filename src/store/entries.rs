//! Booked entries: only ever added, and only on days that are still open.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params};

use super::columns::{At, Day, Word, read_count};
use super::{Error, Reader, Writer};
use crate::domain::entry::{BookedLine, CustomerType, Entry, EntryKind, Place};
use crate::domain::ids::{LineId, OrderId, Pseudonym, RefundId, RunId, SourceName};
use crate::domain::money::Money;

/// Entries booked late for one earlier day, summed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateTotal {
    pub belongs_to: Date,
    pub entries: u64,
    pub gross: Money,
    pub discounts: Money,
    pub refunds: Money,
    pub orders: i64,
    pub cancellations: i64,
}

impl Reader<'_> {
    /// What the books already say of an order, in the order it was booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn booked(&self, source: &SourceName, order: &OrderId) -> Result<Vec<BookedLine>, Error> {
        let sql = "SELECT no FROM orders WHERE source = ?1 AND id = ?2";
        let no = self.first(sql, (source.as_str(), order.as_str()), |row| row.get(0))?;
        no.map_or(Ok(Vec::new()), |no| self.booked_of(no))
    }

    pub(super) fn booked_of(&self, order_no: i64) -> Result<Vec<BookedLine>, Error> {
        let sql =
            "SELECT e.day, e.belongs_to, e.kind, e.pseudonym, e.gross, e.discounts, e.refunds, e.orders,
                          e.units, e.cancellations, e.new_customers, e.tax, e.shipping, p.product, p.brand,
                          p.category, p.province, p.region, p.channel, p.payment_method, p.customer_type,
                          e.line, e.refund
                   FROM entries e JOIN places p ON p.no = e.place
                   WHERE e.order_no = ?1 ORDER BY e.no";
        self.all(sql, (order_no,), |row| {
            Ok(BookedLine {
                entry: read_entry(row)?,
                line: LineId::new(row.get::<_, String>(21)?),
                refund: row.get::<_, Option<String>>(22)?.map(RefundId::new),
            })
        })
    }

    /// The entries booked on the days `from..until`, by day, then in the order they were booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn entries_between(&self, from: Date, until: Date) -> Result<Vec<Entry>, Error> {
        let sql =
            "SELECT e.day, e.belongs_to, e.kind, e.pseudonym, e.gross, e.discounts, e.refunds, e.orders,
                          e.units, e.cancellations, e.new_customers, e.tax, e.shipping, p.product, p.brand,
                          p.category, p.province, p.region, p.channel, p.payment_method, p.customer_type
                   FROM entries e JOIN places p ON p.no = e.place
                   WHERE e.day >= ?1 AND e.day < ?2 ORDER BY e.day, e.no";
        self.all(sql, (Day(from), Day(until)), read_entry)
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn first_entry_day(&self) -> Result<Option<Date>, Error> {
        let day: Option<Day> = self.single("SELECT min(day) FROM entries", (), |row| row.get(0))?;
        Ok(day.map(|day| day.0))
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn last_entry_day(&self) -> Result<Option<Date>, Error> {
        let day: Option<Day> = self.single("SELECT max(day) FROM entries", (), |row| row.get(0))?;
        Ok(day.map(|day| day.0))
    }

    /// How many entries of each kind are booked on the days `from..until`.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn entry_counts(&self, from: Date, until: Date) -> Result<BTreeMap<EntryKind, u64>, Error> {
        let sql = "SELECT kind, count(*) FROM entries WHERE day >= ?1 AND day < ?2 GROUP BY kind";
        let rows = self.all(sql, (Day(from), Day(until)), |row| {
            Ok((row.get::<_, Word<EntryKind>>(0)?.0, read_count(row.get(1)?)))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// What was booked late on the days `from..until`, by the day it belongs to.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn late_totals(&self, from: Date, until: Date) -> Result<Vec<LateTotal>, Error> {
        let sql = "SELECT belongs_to, count(*), sum(gross), sum(discounts), sum(refunds), sum(orders),
                          sum(cancellations)
                   FROM entries WHERE day >= ?1 AND day < ?2 AND belongs_to < day
                   GROUP BY belongs_to ORDER BY belongs_to";
        self.all(sql, (Day(from), Day(until)), |row| {
            Ok(LateTotal {
                belongs_to: row.get::<_, Day>(0)?.0,
                entries: read_count(row.get(1)?),
                gross: Money::from_minor(row.get(2)?),
                discounts: Money::from_minor(row.get(3)?),
                refunds: Money::from_minor(row.get(4)?),
                orders: row.get(5)?,
                cancellations: row.get(6)?,
            })
        })
    }
}

impl Writer<'_> {
    /// Books lines of an order that is kept already.
    ///
    /// # Errors
    /// [`Error::DayClosed`] for a line on a closed day, [`Error::NotFound`] for an unknown order,
    /// [`Error::Sqlite`].
    pub fn insert_entries(
        &self,
        source: &SourceName,
        order: &OrderId,
        lines: &[BookedLine],
        run: Option<RunId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if lines.is_empty() {
            return Ok(());
        }
        let sql = "SELECT no FROM orders WHERE source = ?1 AND id = ?2";
        let order_no: i64 = self
            .first(sql, (source.as_str(), order.as_str()), |row| row.get(0))?
            .ok_or_else(|| Error::NotFound { what: "order", which: order.to_string() })?;
        let closed_until = self.closed_until()?;
        self.insert_entries_of(order_no, lines, closed_until, run, now)
    }

    pub(super) fn insert_entries_of(
        &self,
        order_no: i64,
        lines: &[BookedLine],
        closed_until: Option<Date>,
        run: Option<RunId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let earliest = lines.iter().map(|line| line.entry.day).min();
        if let (Some(day), Some(closed_until)) = (earliest, closed_until)
            && day < closed_until
        {
            return Err(Error::DayClosed { day, closed_until });
        }
        lines.iter().try_for_each(|line| self.insert_entry(order_no, line, run, now))
    }

    fn insert_entry(
        &self,
        order_no: i64,
        booked: &BookedLine,
        run: Option<RunId>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO entries (order_no, line, refund, day, belongs_to, kind, pseudonym, place,
                       gross, discounts, refunds, orders, units, cancellations, new_customers, tax,
                       shipping, run, booked_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                       ?18, ?19)";
        let entry = &booked.entry;
        let parameters = params![
            order_no,
            booked.line.as_str(),
            booked.refund.as_ref().map(RefundId::as_str),
            Day(entry.day),
            Day(entry.belongs_to),
            Word(entry.kind),
            // The same 64 bits: SQLite's integers have a sign.
            entry.customer.0.cast_signed(),
            self.place(&entry.place)?,
            entry.gross.minor(),
            entry.discounts.minor(),
            entry.refunds.minor(),
            entry.orders,
            entry.units,
            entry.cancellations,
            entry.new_customers,
            entry.tax.minor(),
            entry.shipping.minor(),
            run.map(|run| run.0),
            At(now),
        ];
        self.change(sql, parameters).map(|_| ())
    }

    /// The number of a place, which is kept once.
    fn place(&self, place: &Place) -> Result<i64, Error> {
        let customer_type = Word(place.customer_type);
        let parameters = params![
            place.product,
            place.brand,
            place.category,
            place.province,
            place.region,
            place.channel,
            place.payment_method,
            customer_type,
        ];
        let find = "SELECT no FROM places
                    WHERE product = ?1 AND brand = ?2 AND category = ?3 AND province = ?4 AND region = ?5
                      AND channel = ?6 AND payment_method = ?7 AND customer_type = ?8";
        if let Some(no) = self.first(find, parameters, |row| row.get(0))? {
            return Ok(no);
        }
        let add = "INSERT INTO places (product, brand, category, province, region, channel,
                                       payment_method, customer_type)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.insert(add, parameters)
    }
}

/// Reads an entry from the first 21 columns.
fn read_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let money = |column| row.get(column).map(Money::from_minor);
    Ok(Entry {
        day: row.get::<_, Day>(0)?.0,
        belongs_to: row.get::<_, Day>(1)?.0,
        kind: row.get::<_, Word<EntryKind>>(2)?.0,
        customer: Pseudonym(row.get::<_, i64>(3)?.cast_unsigned()),
        gross: money(4)?,
        discounts: money(5)?,
        refunds: money(6)?,
        orders: row.get(7)?,
        units: row.get(8)?,
        cancellations: row.get(9)?,
        new_customers: row.get(10)?,
        tax: money(11)?,
        shipping: money(12)?,
        place: Place {
            product: row.get(13)?,
            brand: row.get(14)?,
            category: row.get(15)?,
            province: row.get(16)?,
            region: row.get(17)?,
            channel: row.get(18)?,
            payment_method: row.get(19)?,
            customer_type: row.get::<_, Word<CustomerType>>(20)?.0,
        },
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::PageRow;
    use super::super::fixture::{a_run, booked, fixture, keep_order, now, shop};
    use super::*;

    fn book(w: &Writer<'_>, order: &str, lines: &[BookedLine]) -> Result<(), Error> {
        w.insert_entries(&shop(), &OrderId::new(order), lines, None, now())
    }

    #[test]
    fn entries_read_back_exactly() {
        let fixture = fixture();
        let mut late = booked(10);
        late.refund = Some(RefundId::new("r1"));
        late.entry.kind = EntryKind::Refund;
        late.entry.belongs_to = date(2026, 10, 1);
        late.entry.refunds = Money::from_minor(-40);
        late.entry.place.customer_type = CustomerType::Returning;
        let lines = [booked(9), late.clone()];
        fixture.write(|w| {
            keep_order(w, "1")?;
            keep_order(w, "2")?;
            let run = a_run(w)?;
            w.insert_entries(&shop(), &OrderId::new("1"), &lines, Some(run), now())?;
            book(w, "2", &[booked(8)])
        });
        let fixture = fixture.reopened();
        let check = |r: &Reader<'_>| -> Result<(), Error> {
            assert_eq!(r.booked(&shop(), &OrderId::new("1"))?, lines);
            assert_eq!(r.booked(&shop(), &OrderId::new("3"))?, []);
            let (from, until) = (date(2026, 11, 8), date(2026, 11, 10));
            assert_eq!(r.entries_between(from, until)?, [booked(8).entry, booked(9).entry]);
            assert_eq!(r.first_entry_day()?, Some(date(2026, 11, 8)));
            assert_eq!(r.last_entry_day()?, Some(date(2026, 11, 10)));
            let november = (date(2026, 11, 1), date(2026, 12, 1));
            let counts = r.entry_counts(november.0, november.1)?;
            assert_eq!(counts, BTreeMap::from([(EntryKind::Sale, 2), (EntryKind::Refund, 1)]));
            let totals = r.late_totals(november.0, november.1)?;
            assert_eq!(totals.len(), 1);
            assert_eq!((totals[0].belongs_to, totals[0].entries), (date(2026, 10, 1), 1));
            assert_eq!(totals[0].refunds, Money::from_minor(-40));
            let places: i64 = r.single("SELECT count(*) FROM places", (), |row| row.get(0))?;
            assert_eq!(places, 2, "a place is kept once");
            Ok(())
        };
        fixture.store.read(check).unwrap();
    }

    #[test]
    fn a_closed_day_takes_no_entry() {
        let fixture = fixture();
        let page = PageRow {
            from: date(2026, 11, 1),
            until: date(2026, 11, 9),
            file: "2026-11-01.parquet".into(),
            sha256: [0; 32],
            rows: 0,
        };
        fixture.write(|w| {
            keep_order(w, "1")?;
            w.insert_page(&page, now())
        });
        let refused = fixture.store.write(|w| book(w, "1", &[booked(9), booked(8)]));
        assert!(matches!(refused, Err(Error::DayClosed { .. })));
        fixture.write(|w| book(w, "1", &[booked(9)]));
        assert_eq!(fixture.store.read(|r| r.booked(&shop(), &OrderId::new("1"))).unwrap().len(), 1);
    }

    #[test]
    fn an_entry_of_no_order_is_refused_and_none_changes_or_goes() {
        let fixture = fixture();
        let refused = fixture.store.write(|w| book(w, "1", &[booked(8)]));
        assert!(matches!(refused, Err(Error::NotFound { what: "order", .. })));
        fixture.write(|w| {
            keep_order(w, "1")?;
            book(w, "1", &[booked(8)])
        });
        for sql in ["UPDATE entries SET gross = 0", "DELETE FROM entries"] {
            assert!(fixture.store.write(|w| w.change(sql, ())).is_err(), "{sql}");
        }
    }

    #[test]
    fn a_first_pull_of_thousands_is_kept_whole() {
        let fixture = fixture();
        let lines = [booked(8), booked(9), booked(10)];
        fixture.write(|w| {
            (0..2_000).try_for_each(|no| {
                keep_order(w, &no.to_string())?;
                book(w, &no.to_string(), &lines)
            })
        });
        let (from, until) = (date(2026, 11, 1), date(2026, 12, 1));
        assert_eq!(fixture.store.read(|r| r.entries_between(from, until)).unwrap().len(), 6_000);
    }
}
