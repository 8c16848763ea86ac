//! What happened to complaints: only ever added, each with who told it and, sealed, the words that came with it.
//!
//! Deliberately absent: what the events come to. `settled` is what the caller computed from them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, params};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::columns::{At, Json, json, read_count};
use super::{Error, Reader, Writer};
use crate::domain::complaint::DatedEvent;
use crate::domain::ids::{ComplaintNo, CustomerNo};
use crate::domain::sealed::Sealed;

/// What a person wrote with an event.
pub struct SealedNote {
    pub sealed: Sealed<Zeroizing<String>>,
    /// Whose data key it is under; `None`: the system's.
    pub customer: Option<CustomerNo>,
}

/// An event to add.
pub struct NewEvent<'a> {
    pub event: &'a DatedEvent,
    /// Who recorded it; `None`: the source told it.
    pub actor: Option<&'a str>,
    pub note: Option<SealedNote>,
}

/// An event as kept.
pub struct LoggedEvent {
    pub event: DatedEvent,
    /// `None`: before this was kept.
    pub recorded_at: Option<Timestamp>,
    pub actor: Option<String>,
    pub note: Option<SealedNote>,
    /// Its place in the order in which the complaint's events were recorded, from 0: a part of the note's context.
    pub ordinal: u64,
}

impl Reader<'_> {
    /// By the instant they happened at, then in the order they were learned of.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn events_of(&self, no: ComplaintNo) -> Result<Vec<DatedEvent>, Error> {
        let sql = "SELECT body FROM complaint_events WHERE complaint = ?1 ORDER BY at, no";
        self.all(sql, (no.0,), read_event)
    }

    /// What the source said of it, in the order in which it did: its last word stands last.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn events_told_by_source(&self, no: ComplaintNo) -> Result<Vec<DatedEvent>, Error> {
        let sql = "SELECT body FROM complaint_events WHERE complaint = ?1 AND actor IS NULL ORDER BY no";
        self.all(sql, (no.0,), read_event)
    }

    /// The whole log, by the instant the events happened at.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn log_of(&self, no: ComplaintNo) -> Result<Vec<LoggedEvent>, Error> {
        let sql = "SELECT body, recorded_at, actor, sealed_note, note_customer,
                          row_number() OVER (ORDER BY no) - 1
                   FROM complaint_events WHERE complaint = ?1 ORDER BY at, no";
        self.all(sql, (no.0,), |row| {
            let customer = row.get::<_, Option<i64>>(4)?.map(CustomerNo);
            let sealed = row.get::<_, Option<Vec<u8>>>(3)?.map(Sealed::from_bytes);
            Ok(LoggedEvent {
                event: read_event(row)?,
                recorded_at: row.get::<_, Option<At>>(1)?.map(|at| at.0),
                actor: row.get(2)?,
                note: sealed.map(|sealed| SealedNote { sealed, customer }),
                ordinal: read_count(row.get(5)?),
            })
        })
    }

    /// How many events the complaint has: the ordinal of the next one.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_events(&self, no: ComplaintNo) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM complaint_events WHERE complaint = ?1";
        self.single(sql, (no.0,), |row| row.get(0)).map(read_count)
    }

    /// The next `limit` complaints after number `after` of which something may yet become due, by number, each with all
    /// its events. Begin after `ComplaintNo(0)`; an empty answer is the end.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unsettled_complaints(
        &self,
        after: ComplaintNo,
        limit: u32,
    ) -> Result<Vec<(ComplaintNo, Vec<DatedEvent>)>, Error> {
        let sql = "SELECT no FROM complaints WHERE settled = 0 AND no > ?1 ORDER BY no LIMIT ?2";
        let page = self.all(sql, (after.0, limit), |row| row.get(0).map(ComplaintNo))?;
        let Some(&last) = page.last() else { return Ok(Vec::new()) };
        let mut events = self.events_between(UNSETTLED, after, last)?;
        Ok(page.into_iter().map(|no| (no, events.remove(&no).unwrap_or_default())).collect())
    }

    /// The events of the complaints that `sql` tells, numbered after `after` up to `last`.
    pub(super) fn events_between(
        &self,
        sql: &str,
        after: ComplaintNo,
        last: ComplaintNo,
    ) -> Result<BTreeMap<ComplaintNo, Vec<DatedEvent>>, Error> {
        let mut events: BTreeMap<ComplaintNo, Vec<DatedEvent>> = BTreeMap::new();
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query((after.0, last.0))?;
        while let Some(row) = rows.next()? {
            events.entry(ComplaintNo(row.get(1)?)).or_default().push(read_event(row)?);
        }
        Ok(events)
    }

    /// What was given in `from..until`, by the instant it was given at.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn compensations(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(ComplaintNo, DatedEvent)>, Error> {
        let sql = "SELECT body, complaint FROM complaint_events
                   WHERE event = 'compensated' AND at >= ?1 AND at < ?2 ORDER BY at, no";
        self.all(sql, (At(from), At(until)), |row| Ok((ComplaintNo(row.get(1)?), read_event(row)?)))
    }
}

/// For [`Reader::events_between`]. The complaints are walked, not the events: of those far fewer are looked at.
pub(super) const UNSETTLED: &str = "SELECT e.body, c.no
                                    FROM complaints c CROSS JOIN complaint_events e ON e.complaint = c.no
                                    WHERE c.settled = 0 AND c.no > ?1 AND c.no <= ?2
                                    ORDER BY c.no, e.at, e.no";

/// For [`Reader::events_between`].
pub(super) const OF_ALL: &str = "SELECT body, complaint FROM complaint_events
                                 WHERE complaint > ?1 AND complaint <= ?2 ORDER BY complaint, at, no";

impl Writer<'_> {
    /// Adds an event. A source that says its last word again adds nothing. Returns whether it was added. (An event may
    /// come again after another: a resolution that was taken back and given again.)
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Sqlite`] (also when there is no such complaint).
    pub fn append_event(&self, no: ComplaintNo, new: &NewEvent<'_>, now: Timestamp) -> Result<bool, Error> {
        let body = json(new.event)?;
        let last = "SELECT body FROM complaint_events
                    WHERE complaint = ?1 AND actor IS NULL ORDER BY no DESC LIMIT 1";
        if new.actor.is_none()
            && self.first(last, (no.0,), |row| row.get::<_, String>(0))?.as_deref() == Some(body.as_str())
        {
            return Ok(false);
        }
        let ordinal = self.count_events(no)?;
        let digest = Sha256::new().chain_update(ordinal.to_be_bytes()).chain_update(&body).finalize();
        let digest: [u8; 32] = digest.into();
        let sql = "INSERT INTO complaint_events (complaint, at, event, body, digest, recorded_at, actor,
                                                 sealed_note, note_customer)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let parameters = params![
            no.0,
            At(new.event.at),
            new.event.event.as_str(),
            &body,
            digest,
            At(now),
            new.actor,
            new.note.as_ref().map(|note| note.sealed.as_bytes()),
            new.note.as_ref().and_then(|note| note.customer).map(|no| no.0),
        ];
        self.change(sql, parameters).map(|_| true)
    }

    /// Notes whether nothing can become due any more.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_settled(&self, no: ComplaintNo, settled: bool) -> Result<(), Error> {
        let sql = "UPDATE complaints SET settled = ?2 WHERE no = ?1 AND settled <> ?2";
        self.change(sql, (no.0, settled)).map(|_| ())
    }
}

fn read_event(row: &Row<'_>) -> rusqlite::Result<DatedEvent> {
    row.get::<_, Json<DatedEvent>>(0).map(|event| event.0)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, at, fixture, now, shop, words};
    use super::*;
    use crate::domain::complaint::{Classification, ComplaintEvent, ComplaintKind};
    use crate::domain::ids::ComplaintId;
    use crate::store::ComplaintRow;

    fn complaint(w: &Writer<'_>, id: &str) -> Result<ComplaintNo, Error> {
        let id = ComplaintId::new(id);
        let row = ComplaintRow {
            source: &shop(),
            id: &id,
            customer: None,
            sealed_text: words(),
            order: None,
            order_source: None,
            channel: None,
            kind: ComplaintKind::Product,
            damage_level: None,
        };
        w.upsert_complaint(&row, now())
    }

    fn event(instant: &str, event: ComplaintEvent) -> DatedEvent {
        DatedEvent { at: at(instant), event }
    }

    fn received(instant: &str) -> DatedEvent {
        event(instant, ComplaintEvent::Received(Classification::new(ComplaintKind::Product, None)))
    }

    fn told(event: &DatedEvent) -> NewEvent<'_> {
        NewEvent { event, actor: None, note: None }
    }

    fn by<'a>(actor: &'a str, event: &'a DatedEvent) -> NewEvent<'a> {
        NewEvent { event, actor: Some(actor), note: None }
    }

    #[test]
    fn a_source_that_repeats_itself_adds_nothing_and_no_event_goes() {
        let fixture = fixture();
        let first = received("2026-11-02T00:00:00.123456789Z");
        let before = event("2026-11-01T00:00:00Z", ComplaintEvent::Acknowledged);
        fixture.write(|w| {
            let no = complaint(w, "c1")?;
            assert!(w.append_event(no, &told(&first), now())?);
            assert!(!w.append_event(no, &told(&first), now())?);
            assert!(w.append_event(no, &by("uid:7", &before), now())?);
            // What a person said between does not make it new; the person may say the same twice.
            assert!(!w.append_event(no, &told(&first), now())?);
            assert!(w.append_event(no, &by("uid:7", &before), now())?);
            assert_eq!(w.events_of(no)?, [before.clone(), before.clone(), first.clone()]);
            assert_eq!(w.events_told_by_source(no)?, std::slice::from_ref(&first));
            Ok(())
        });
        for sql in ["DELETE FROM complaint_events", "UPDATE complaint_events SET sealed_note = NULL"] {
            assert!(fixture.store.write(|w| w.change(sql, ())).is_err(), "{sql}");
        }
    }

    #[test]
    fn the_log_tells_who_when_and_with_which_sealed_words() {
        let fixture = fixture();
        let (late, early) = (received("2026-11-02T00:00:00Z"), received("2026-11-01T00:00:00Z"));
        let log = fixture.write(|w| {
            let (no, customer) = (complaint(w, "c1")?, a_customer(w)?);
            let note = SealedNote { sealed: Sealed::from_bytes(vec![9; 45]), customer: Some(customer) };
            w.append_event(no, &told(&late), now())?;
            w.append_event(no, &NewEvent { note: Some(note), ..by("uid:7", &early) }, now())?;
            w.log_of(no)
        });
        let seen: Vec<_> = log.iter().map(|line| (line.ordinal, line.actor.as_deref())).collect();
        assert_eq!(seen, [(1, Some("uid:7")), (0, None)], "by the instant, numbered as recorded");
        assert!(log.iter().all(|line| line.recorded_at == Some(now())));
        let note = log[0].note.as_ref().unwrap();
        assert!(note.sealed == Sealed::from_bytes(vec![9; 45]) && note.customer == Some(CustomerNo(1)));
        assert!(log[1].note.is_none());
    }

    #[test]
    fn unsettled_complaints_come_by_pages_with_their_events() {
        let fixture = fixture();
        let numbers = fixture.write(|w| {
            let numbers: Vec<_> = (0..7).map(|id| complaint(w, &id.to_string())).collect::<Result<_, _>>()?;
            for (&no, day) in numbers.iter().zip(1..) {
                w.append_event(
                    no,
                    &by("uid:7", &event("2026-11-09T00:00:00Z", ComplaintEvent::Contained)),
                    now(),
                )?;
                w.append_event(no, &told(&received(&format!("2026-11-0{day}T00:00:00Z"))), now())?;
            }
            w.set_settled(numbers[1], true)?;
            w.set_settled(numbers[4], true)?;
            w.set_settled(numbers[5], true)?;
            w.set_settled(numbers[5], false)?;
            Ok(numbers)
        });
        let mut found = Vec::new();
        let mut after = ComplaintNo(0);
        loop {
            let page = fixture.store.read(|r| r.unsettled_complaints(after, 2)).unwrap();
            let Some((last, _)) = page.last() else { break };
            after = *last;
            found.extend(page);
        }
        let expected = [0, 2, 3, 5, 6].map(|index| numbers[index]);
        assert_eq!(found.iter().map(|(no, _)| *no).collect::<Vec<_>>(), expected);
        for (no, events) in found {
            assert_eq!(events, fixture.store.read(|r| r.events_of(no)).unwrap());
            assert_eq!(events.len(), 2);
        }
    }

    #[test]
    fn compensations_are_those_of_the_time_asked_for() {
        let fixture = fixture();
        let given = |instant| {
            let compensation = crate::domain::complaint::Compensation {
                level: 1,
                amount: crate::domain::money::Money::from_minor(5),
                formula: None,
            };
            event(instant, ComplaintEvent::Compensated(compensation))
        };
        fixture.write(|w| {
            let no = complaint(w, "c1")?;
            for instant in ["2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"] {
                w.append_event(no, &by("uid:7", &given(instant)), now())?;
            }
            w.append_event(no, &told(&received("2026-11-05T00:00:00Z")), now())?;
            let found = w.compensations(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"))?;
            assert_eq!(found, [(no, given("2026-11-01T00:00:00Z"))]);
            Ok(())
        });
    }
}
