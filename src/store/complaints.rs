//! Complaints: their sealed words and their events.
//!
//! Deliberately absent: a complaint's state and deadlines, which `deadline` computes from its events.

use jiff::Timestamp;
use rusqlite::{Row, params};
use sha2::{Digest, Sha256};

use super::columns::{At, Json, Word, json, read_count};
use super::{Error, Reader, SealedUnder, Writer};
use crate::domain::complaint::{ComplaintText, DatedEvent};
use crate::domain::ids::{ComplaintId, ComplaintNo, CustomerNo, OrderId, SourceName};
use crate::domain::sealed::Sealed;

/// A complaint to keep.
pub struct ComplaintRow<'a> {
    pub source: &'a SourceName,
    pub id: &'a ComplaintId,
    pub customer: Option<CustomerNo>,
    /// Under the customer's data key, or under the system's when there is none ([`SealedUnder::of`]).
    pub sealed_text: Sealed<ComplaintText>,
    pub order: Option<&'a OrderId>,
    pub channel: Option<&'a str>,
    /// 1 to 4.
    pub damage_level: Option<u8>,
}

/// A complaint as kept.
pub struct StoredComplaint {
    pub no: ComplaintNo,
    pub source: SourceName,
    pub id: ComplaintId,
    pub customer: Option<CustomerNo>,
    pub sealed_text: Sealed<ComplaintText>,
    pub sealed_under: SealedUnder,
    pub order: Option<OrderId>,
    pub channel: Option<String>,
    pub damage_level: Option<u8>,
    pub created_at: Timestamp,
}

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaint(&self, no: ComplaintNo) -> Result<Option<StoredComplaint>, Error> {
        let sql = "SELECT no, source, id, customer, sealed_text, sealed_under, order_id, channel,
                          damage_level, created_at
                   FROM complaints WHERE no = ?1";
        self.first(sql, (no.0,), read_complaint)
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaint_no(&self, source: &SourceName, id: &ComplaintId) -> Result<Option<ComplaintNo>, Error> {
        let sql = "SELECT no FROM complaints WHERE source = ?1 AND id = ?2";
        self.first(sql, (source.as_str(), id.as_str()), |row| row.get(0).map(ComplaintNo))
    }

    /// The next `limit` complaints after number `after` that are not resolved (or were reopened since),
    /// by number, each with all its events. Begin after `ComplaintNo(0)`; an empty answer is the end.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn open_complaints(
        &self,
        after: ComplaintNo,
        limit: u32,
    ) -> Result<Vec<(StoredComplaint, Vec<DatedEvent>)>, Error> {
        let sql = "SELECT no, source, id, customer, sealed_text, sealed_under, order_id, channel,
                          damage_level, created_at
                   FROM complaints c
                   WHERE no > ?1 AND coalesce((
                       SELECT event FROM complaint_events e
                       WHERE e.complaint = c.no AND e.event IN ('resolved', 'reopened')
                       ORDER BY at DESC, no DESC LIMIT 1), '') <> 'resolved'
                   ORDER BY no LIMIT ?2";
        self.with_events(self.all(sql, (after.0, limit), read_complaint)?)
    }

    /// The next `limit` complaints after number `after`, resolved ones too, each with all its events.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaints(
        &self,
        after: ComplaintNo,
        limit: u32,
    ) -> Result<Vec<(StoredComplaint, Vec<DatedEvent>)>, Error> {
        let sql = "SELECT no, source, id, customer, sealed_text, sealed_under, order_id, channel,
                          damage_level, created_at
                   FROM complaints WHERE no > ?1 ORDER BY no LIMIT ?2";
        self.with_events(self.all(sql, (after.0, limit), read_complaint)?)
    }

    /// How many complaints are not resolved.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_open_complaints(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM complaints c WHERE coalesce((
                       SELECT event FROM complaint_events e
                       WHERE e.complaint = c.no AND e.event IN ('resolved', 'reopened')
                       ORDER BY at DESC, no DESC LIMIT 1), '') <> 'resolved'";
        self.single(sql, (), |row| row.get(0)).map(read_count)
    }

    /// The next `limit` complaints after number `after` of which something can still become due, by number, each with all
    /// its events by the instant they happened at. An empty answer is the end.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unsettled_complaints(
        &self,
        after: ComplaintNo,
        limit: u32,
    ) -> Result<Vec<(ComplaintNo, Vec<DatedEvent>)>, Error> {
        let numbers = "SELECT no FROM complaints WHERE settled = 0 AND no > ?1 ORDER BY no LIMIT ?2";
        let numbers: Vec<i64> = self.all(numbers, (after.0, limit), |row| row.get(0))?;
        let Some(&last) = numbers.last() else { return Ok(Vec::new()) };
        let sql = "SELECT e.complaint, e.body FROM complaints c JOIN complaint_events e ON e.complaint = c.no
                   WHERE c.settled = 0 AND c.no > ?1 AND c.no <= ?2 ORDER BY c.no, e.at, e.no";
        let events = self.all(sql, (after.0, last), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Json<DatedEvent>>(1)?.0))
        })?;
        let mut events = events.into_iter().peekable();
        let mut complaints = Vec::with_capacity(numbers.len());
        for no in numbers {
            let mut own = Vec::new();
            while let Some((_, event)) = events.next_if(|(of, _)| *of == no) {
                own.push(event);
            }
            complaints.push((ComplaintNo(no), own));
        }
        Ok(complaints)
    }

    fn with_events(
        &self,
        complaints: Vec<StoredComplaint>,
    ) -> Result<Vec<(StoredComplaint, Vec<DatedEvent>)>, Error> {
        complaints
            .into_iter()
            .map(|complaint| {
                let events = self.events_of(complaint.no)?;
                Ok((complaint, events))
            })
            .collect()
    }

    /// By the instant they happened at, then in the order they were learned of.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn events_of(&self, no: ComplaintNo) -> Result<Vec<DatedEvent>, Error> {
        let sql = "SELECT body FROM complaint_events WHERE complaint = ?1 ORDER BY at, no";
        self.all(sql, (no.0,), |row| row.get::<_, Json<DatedEvent>>(0).map(|event| event.0))
    }
}

impl Writer<'_> {
    /// Keeps the complaint as it is seen now; its number stays.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn upsert_complaint(&self, row: &ComplaintRow<'_>, now: Timestamp) -> Result<ComplaintNo, Error> {
        let sql = "INSERT INTO complaints (source, id, customer, sealed_text, sealed_under, order_id,
                                           channel, damage_level, created_at, modified_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
                   ON CONFLICT (source, id) DO UPDATE SET
                       customer = excluded.customer, sealed_text = excluded.sealed_text,
                       sealed_under = excluded.sealed_under, order_id = excluded.order_id,
                       channel = excluded.channel, damage_level = excluded.damage_level,
                       modified_at = excluded.modified_at
                   RETURNING no";
        let parameters = params![
            row.source.as_str(),
            row.id.as_str(),
            row.customer.map(|no| no.0),
            row.sealed_text.as_bytes(),
            Word(SealedUnder::of(row.customer)),
            row.order.map(OrderId::as_str),
            row.channel,
            row.damage_level,
            At(now),
        ];
        self.single(sql, parameters, |row| row.get(0).map(ComplaintNo))
    }

    /// Adds an event, unless the last one added says the same. Returns whether it was added. (An event may
    /// come again after another: a resolution that was taken back and given again.)
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Sqlite`] (also when there is no such complaint).
    pub fn append_event(&self, no: ComplaintNo, event: &DatedEvent) -> Result<bool, Error> {
        let body = json(event)?;
        let counted = "SELECT count(*) FROM complaint_events WHERE complaint = ?1";
        let count: i64 = self.single(counted, (no.0,), |row| row.get(0))?;
        let last = "SELECT body FROM complaint_events WHERE complaint = ?1 ORDER BY no DESC LIMIT 1";
        if self.first(last, (no.0,), |row| row.get::<_, String>(0))?.as_deref() == Some(body.as_str()) {
            return Ok(false);
        }
        let digest = Sha256::new().chain_update(count.to_be_bytes()).chain_update(&body).finalize();
        let digest: [u8; 32] = digest.into();
        let sql = "INSERT INTO complaint_events (complaint, at, event, body, digest)
                   VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (complaint, digest) DO NOTHING";
        let parameters = (no.0, At(event.at), event.event.as_str(), &body, digest);
        Ok(self.change(sql, parameters)? == 1)
    }
}

fn read_complaint(row: &Row<'_>) -> rusqlite::Result<StoredComplaint> {
    Ok(StoredComplaint {
        no: ComplaintNo(row.get(0)?),
        source: SourceName::new(row.get::<_, String>(1)?),
        id: ComplaintId::new(row.get::<_, String>(2)?),
        customer: row.get::<_, Option<i64>>(3)?.map(CustomerNo),
        sealed_text: Sealed::from_bytes(row.get(4)?),
        sealed_under: row.get::<_, Word<SealedUnder>>(5)?.0,
        order: row.get::<_, Option<String>>(6)?.map(OrderId::new),
        channel: row.get(7)?,
        damage_level: row.get(8)?,
        created_at: row.get::<_, At>(9)?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, at, fixture, now, shop, words};
    use super::*;
    use crate::domain::complaint::{Classification, ComplaintEvent, ComplaintKind};

    fn add(w: &Writer<'_>, id: &str, customer: Option<CustomerNo>) -> Result<ComplaintNo, Error> {
        w.upsert_complaint(
            &ComplaintRow {
                source: &shop(),
                id: &ComplaintId::new(id),
                customer,
                sealed_text: words(),
                order: Some(&OrderId::new("1001")),
                channel: Some("phone"),
                damage_level: Some(2),
            },
            now(),
        )
    }

    fn event(instant: &str, event: ComplaintEvent) -> DatedEvent {
        DatedEvent { at: at(instant), event }
    }

    #[test]
    fn a_complaint_keeps_its_number_and_reads_back() {
        let fixture = fixture();
        fixture.write(|w| {
            let no = add(w, "c1", None)?;
            let customer = a_customer(w)?;
            assert_eq!(w.complaint(no)?.unwrap().sealed_under, SealedUnder::System);
            assert_eq!(add(w, "c1", Some(customer))?, no);
            assert_eq!(w.complaint_no(&shop(), &ComplaintId::new("c1"))?, Some(no));
            let kept = w.complaint(no)?.unwrap();
            assert_eq!((kept.customer, kept.sealed_under), (Some(customer), SealedUnder::Customer));
            assert_eq!((kept.damage_level, kept.channel.as_deref()), (Some(2), Some("phone")));
            assert!(kept.sealed_text == words() && w.complaint(ComplaintNo(99))?.is_none());
            Ok(())
        });
    }

    #[test]
    fn an_event_told_twice_is_one_and_none_goes() {
        let fixture = fixture();
        let received = event(
            "2026-11-02T00:00:00.123456789Z",
            ComplaintEvent::Received(Classification::new(ComplaintKind::Product, None)),
        );
        let before = event("2026-11-01T00:00:00Z", ComplaintEvent::Acknowledged);
        fixture.write(|w| {
            let no = add(w, "c1", None)?;
            assert!(w.append_event(no, &received)?);
            assert!(!w.append_event(no, &received)?);
            assert!(w.append_event(no, &before)?);
            assert_eq!(w.events_of(no)?, [before, received]);
            Ok(())
        });
        assert!(fixture.store.write(|w| w.change("DELETE FROM complaint_events", ())).is_err());
    }

    #[test]
    fn open_complaints_come_by_pages() {
        let fixture = fixture();
        let resolved = event("2026-11-03T00:00:00Z", ComplaintEvent::Resolved);
        let reopened = event("2026-11-04T00:00:00Z", ComplaintEvent::Reopened);
        let numbers = fixture.write(|w| {
            let numbers: Vec<_> = (0..5).map(|id| add(w, &id.to_string(), None)).collect::<Result<_, _>>()?;
            w.append_event(numbers[1], &resolved)?;
            w.append_event(numbers[3], &reopened)?;
            w.append_event(numbers[3], &resolved)?;
            Ok(numbers)
        });
        let mut open = Vec::new();
        let mut after = ComplaintNo(0);
        loop {
            let page = fixture.store.read(|r| r.open_complaints(after, 2)).unwrap();
            let Some((last, _)) = page.last() else { break };
            after = last.no;
            open.extend(page);
        }
        let found: Vec<_> = open.iter().map(|(complaint, events)| (complaint.no, events.len())).collect();
        assert_eq!(found, [(numbers[0], 0), (numbers[2], 0), (numbers[3], 2), (numbers[4], 0)]);
    }
}
