//! Complaints and their sealed words. Their events stand in `complaint_events`.
//!
//! Deliberately absent: a complaint's state and deadlines, which `deadline` computes from its events.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word, read_count};
use super::complaint_events::{OF_ALL, UNSETTLED};
use super::{Error, Reader, SealedUnder, Writer};
use crate::domain::complaint::{ComplaintKind, ComplaintText, DatedEvent};
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
    /// Whose order that is, when not this source's.
    pub order_source: Option<&'a SourceName>,
    pub channel: Option<&'a str>,
    /// As its source says, whatever people have judged since.
    pub kind: ComplaintKind,
    /// 1 to 4; as its source says, too.
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
    /// The source whose order that is.
    pub order_source: SourceName,
    pub channel: Option<String>,
    /// The source's own word; `None`: before this was kept.
    pub kind: Option<ComplaintKind>,
    /// The source's own word, too.
    pub damage_level: Option<u8>,
    pub created_at: Timestamp,
}

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn complaint(&self, no: ComplaintNo) -> Result<Option<StoredComplaint>, Error> {
        let sql = "SELECT no, source, id, customer, sealed_text, sealed_under, order_id, channel,
                          damage_level, created_at, order_source, kind
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
                          damage_level, created_at, order_source, kind
                   FROM complaints c
                   WHERE no > ?1 AND settled = 0 AND coalesce((
                       SELECT event FROM complaint_events e
                       WHERE e.complaint = c.no AND e.event IN ('resolved', 'reopened')
                       ORDER BY at DESC, no DESC LIMIT 1), '') <> 'resolved'
                   ORDER BY no LIMIT ?2";
        self.with_events(UNSETTLED, after, self.all(sql, (after.0, limit), read_complaint)?)
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
                          damage_level, created_at, order_source, kind
                   FROM complaints WHERE no > ?1 ORDER BY no LIMIT ?2";
        self.with_events(OF_ALL, after, self.all(sql, (after.0, limit), read_complaint)?)
    }

    /// How many complaints are not resolved.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_open_complaints(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM complaints c WHERE settled = 0 AND coalesce((
                       SELECT event FROM complaint_events e
                       WHERE e.complaint = c.no AND e.event IN ('resolved', 'reopened')
                       ORDER BY at DESC, no DESC LIMIT 1), '') <> 'resolved'";
        self.single(sql, (), |row| row.get(0)).map(read_count)
    }

    /// How many complaints the source has told of.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_complaints_of(&self, source: &SourceName) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM complaints WHERE source = ?1";
        self.single(sql, (source.as_str(),), |row| row.get(0)).map(read_count)
    }

    /// A page of complaints that begins after number `after`, with their events, which `sql` reads.
    fn with_events(
        &self,
        sql: &str,
        after: ComplaintNo,
        page: Vec<StoredComplaint>,
    ) -> Result<Vec<(StoredComplaint, Vec<DatedEvent>)>, Error> {
        let Some(last) = page.last() else { return Ok(Vec::new()) };
        let mut events = self.events_between(sql, after, last.no)?;
        let with = |complaint: StoredComplaint| {
            let events = events.remove(&complaint.no).unwrap_or_default();
            (complaint, events)
        };
        Ok(page.into_iter().map(with).collect())
    }
}

impl Writer<'_> {
    /// Keeps the complaint as it is seen now; its number stays.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn upsert_complaint(&self, row: &ComplaintRow<'_>, now: Timestamp) -> Result<ComplaintNo, Error> {
        let sql = "INSERT INTO complaints (source, id, customer, sealed_text, sealed_under, order_id,
                                           channel, damage_level, order_source, kind, created_at, modified_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
                   ON CONFLICT (source, id) DO UPDATE SET
                       customer = excluded.customer, sealed_text = excluded.sealed_text,
                       sealed_under = excluded.sealed_under, order_id = excluded.order_id,
                       channel = excluded.channel, damage_level = excluded.damage_level,
                       order_source = excluded.order_source, kind = excluded.kind,
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
            row.order_source.map(SourceName::as_str),
            row.kind.as_str(),
            At(now),
        ];
        self.single(sql, parameters, |row| row.get(0).map(ComplaintNo))
    }
}

fn read_complaint(row: &Row<'_>) -> rusqlite::Result<StoredComplaint> {
    let source = SourceName::new(row.get::<_, String>(1)?);
    let order_source = row.get::<_, Option<String>>(10)?.map(SourceName::new);
    Ok(StoredComplaint {
        no: ComplaintNo(row.get(0)?),
        id: ComplaintId::new(row.get::<_, String>(2)?),
        customer: row.get::<_, Option<i64>>(3)?.map(CustomerNo),
        sealed_text: Sealed::from_bytes(row.get(4)?),
        sealed_under: row.get::<_, Word<SealedUnder>>(5)?.0,
        order: row.get::<_, Option<String>>(6)?.map(OrderId::new),
        order_source: order_source.unwrap_or_else(|| source.clone()),
        source,
        channel: row.get(7)?,
        kind: row.get::<_, Option<String>>(11)?.as_deref().and_then(ComplaintKind::parse),
        damage_level: row.get(8)?,
        created_at: row.get::<_, At>(9)?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, at, fixture, now, shop, words};
    use super::*;
    use crate::domain::complaint::ComplaintEvent;
    use crate::store::NewEvent;

    fn add(w: &Writer<'_>, id: &str, customer: Option<CustomerNo>) -> Result<ComplaintNo, Error> {
        w.upsert_complaint(
            &ComplaintRow {
                source: &shop(),
                id: &ComplaintId::new(id),
                customer,
                sealed_text: words(),
                order: Some(&OrderId::new("1001")),
                order_source: None,
                channel: Some("phone"),
                kind: ComplaintKind::Product,
                damage_level: Some(2),
            },
            now(),
        )
    }

    fn event(instant: &str, event: ComplaintEvent) -> DatedEvent {
        DatedEvent { at: at(instant), event }
    }

    fn append(w: &Writer<'_>, no: ComplaintNo, event: &DatedEvent) -> Result<bool, Error> {
        w.append_event(no, &NewEvent { event, actor: None, note: None }, now())
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
            assert_eq!(kept.kind, Some(ComplaintKind::Product));
            assert_eq!((kept.damage_level, kept.channel.as_deref()), (Some(2), Some("phone")));
            assert_eq!(kept.order_source, shop(), "its own, where no other is named");
            assert_eq!(
                (w.count_complaints_of(&shop())?, w.count_complaints_of(&SourceName::new("x"))?),
                (1, 0)
            );
            assert!(kept.sealed_text == words() && w.complaint(ComplaintNo(99))?.is_none());
            Ok(())
        });
    }

    #[test]
    fn open_complaints_come_by_pages() {
        let fixture = fixture();
        let resolved = event("2026-11-03T00:00:00Z", ComplaintEvent::Resolved);
        let reopened = event("2026-11-04T00:00:00Z", ComplaintEvent::Reopened);
        let numbers = fixture.write(|w| {
            let numbers: Vec<_> = (0..5).map(|id| add(w, &id.to_string(), None)).collect::<Result<_, _>>()?;
            append(w, numbers[1], &resolved)?;
            append(w, numbers[3], &reopened)?;
            append(w, numbers[3], &resolved)?;
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
