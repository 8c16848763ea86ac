//! The books of complaints: lines are only ever added, and only on days that are still open.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, params};

use super::columns::{At, Day, Word, words};
use super::{Error, Reader, Writer};
use crate::domain::complaint::{Clock, ComplaintKind, ComplaintLine, DatedEvent, LineKind};
use crate::domain::ids::{ComplaintNo, Pseudonym};
use crate::domain::money::Money;

words!(LineKind, Clock, ComplaintKind);

/// A complaint of which the books may lack something.
pub struct ComplaintToBook {
    pub no: ComplaintNo,
    /// By the instant they happened at, then in the order they were learned of.
    pub events: Vec<DatedEvent>,
    /// In the order they were booked.
    pub booked: Vec<ComplaintLine>,
}

/// Of a complaint `c`.
const TO_BOOK: &str = "(c.settled = 0
                        OR NOT EXISTS (SELECT 1 FROM complaint_lines l WHERE l.complaint = c.no))";

impl Reader<'_> {
    /// What the books say of a complaint, in the order it was booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaint_lines_of(&self, no: ComplaintNo) -> Result<Vec<ComplaintLine>, Error> {
        let sql = "SELECT complaint, line, at, day, belongs_to, pseudonym, kind, damage_level, channel,
                          clock, started, compensation, seconds
                   FROM complaint_lines WHERE complaint = ?1 ORDER BY no";
        self.all(sql, (no.0,), read_line)
    }

    /// Every line booked on a day before `until`, by day, then in the order it was booked.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaint_lines_before(&self, until: Date) -> Result<Vec<ComplaintLine>, Error> {
        let sql = "SELECT complaint, line, at, day, belongs_to, pseudonym, kind, damage_level, channel,
                          clock, started, compensation, seconds
                   FROM complaint_lines WHERE day < ?1 ORDER BY day, no";
        self.all(sql, (Day(until),), read_line)
    }

    /// The first day that is open in the books of complaints; `None` while no figures about them were released.
    /// (The books of sales close by themselves: see [`Reader::closed_until`].)
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaint_books_closed_until(&self) -> Result<Option<Date>, Error> {
        let sql = "SELECT max(until_day) FROM complaint_books";
        let day: Option<Day> = self.single(sql, (), |row| row.get(0))?;
        Ok(day.map(|day| day.0))
    }

    /// The next `limit` complaints after number `after` of which the books may lack something: nothing is booked
    /// of them yet, or a clock may have run out since. Three queries, however many they are.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaints_to_book(&self, after: ComplaintNo, limit: u32) -> Result<Vec<ComplaintToBook>, Error> {
        let sql =
            format!("SELECT c.no FROM complaints c WHERE c.no > ?1 AND {TO_BOOK} ORDER BY c.no LIMIT ?2");
        let page = self.all(&sql, (after.0, limit), |row| row.get(0).map(ComplaintNo))?;
        let Some(&last) = page.last() else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT e.body, c.no FROM complaints c CROSS JOIN complaint_events e ON e.complaint = c.no
             WHERE c.no > ?1 AND c.no <= ?2 AND {TO_BOOK} ORDER BY c.no, e.at, e.no"
        );
        let mut events = self.events_between(&sql, after, last)?;
        let sql = format!(
            "SELECT b.complaint, b.line, b.at, b.day, b.belongs_to, b.pseudonym, b.kind, b.damage_level, b.channel,
                    b.clock, b.started, b.compensation, b.seconds
             FROM complaints c CROSS JOIN complaint_lines b ON b.complaint = c.no
             WHERE c.no > ?1 AND c.no <= ?2 AND {TO_BOOK} ORDER BY b.no"
        );
        let mut booked: BTreeMap<ComplaintNo, Vec<ComplaintLine>> = BTreeMap::new();
        for line in self.all(&sql, (after.0, last.0), read_line)? {
            booked.entry(line.complaint).or_default().push(line);
        }
        let with = |no| ComplaintToBook {
            no,
            events: events.remove(&no).unwrap_or_default(),
            booked: booked.remove(&no).unwrap_or_default(),
        };
        Ok(page.into_iter().map(with).collect())
    }
}

impl Writer<'_> {
    /// # Errors
    /// [`Error::DayClosed`] for a line on a closed day, [`Error::Sqlite`] (also when there is no such complaint).
    pub fn insert_complaint_lines(&self, lines: &[ComplaintLine], now: Timestamp) -> Result<(), Error> {
        let Some(day) = lines.iter().map(|line| line.day).min() else { return Ok(()) };
        match self.complaint_books_closed_until()? {
            Some(closed_until) if day < closed_until => return Err(Error::DayClosed { day, closed_until }),
            _ => {}
        }
        let sql = "INSERT INTO complaint_lines (complaint, line, at, day, belongs_to, pseudonym, kind,
                       damage_level, channel, clock, started, compensation, seconds, booked_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
        for line in lines {
            let parameters = params![
                line.complaint.0,
                Word(line.line),
                At(line.at),
                Day(line.day),
                Day(line.belongs_to),
                // The same 64 bits: SQLite's integers have a sign.
                line.complainant.0.cast_signed(),
                Word(line.kind),
                line.damage_level,
                line.channel,
                line.clock.map(Word),
                line.started.map(At),
                line.compensation.minor(),
                line.seconds,
                At(now),
            ];
            self.change(sql, parameters)?;
        }
        Ok(())
    }

    /// Closes every day before `until`; days that are closed stay so.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn close_complaint_books(&self, until: Date, now: Timestamp) -> Result<(), Error> {
        let sql = "INSERT INTO complaint_books (until_day, closed_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.change(sql, (Day(until), At(now))).map(|_| ())
    }
}

fn read_line(row: &Row<'_>) -> rusqlite::Result<ComplaintLine> {
    Ok(ComplaintLine {
        complaint: ComplaintNo(row.get(0)?),
        line: row.get::<_, Word<LineKind>>(1)?.0,
        at: row.get::<_, At>(2)?.0,
        day: row.get::<_, Day>(3)?.0,
        belongs_to: row.get::<_, Day>(4)?.0,
        complainant: Pseudonym(row.get::<_, i64>(5)?.cast_unsigned()),
        kind: row.get::<_, Word<ComplaintKind>>(6)?.0,
        damage_level: row.get(7)?,
        channel: row.get(8)?,
        clock: row.get::<_, Option<Word<Clock>>>(9)?.map(|clock| clock.0),
        started: row.get::<_, Option<At>>(10)?.map(|at| at.0),
        compensation: Money::from_minor(row.get(11)?),
        seconds: row.get(12)?,
    })
}
