//! The log of a complaint: what a source shows of it becomes events, what people say of it is added, and the words
//! that came with it are opened again.
//!
//! A source and people may both speak. What a source shows is compared with what that source said before, never with
//! the whole log: or one that still shows a complaint open would take back, pull after pull, what a person has settled.
//!
//! Invariant: [`record`] is the only way into the log, so that what follows from the events is noted with each.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::complaint_books;
use super::house::House;
use crate::deadline;
use crate::domain::actor::Actor;
use crate::domain::complaint::{
    Classification, Complaint, ComplaintEvent, ComplaintKind, ComplaintText, DatedEvent,
};
use crate::domain::erasure::ErasedKind;
use crate::domain::ids::{ComplaintId, ComplaintNo, CustomerNo, SourceName};
use crate::domain::sealed::{Sealed, WrappedKey};
use crate::store::{ComplaintRow, LoggedEvent, NewEvent, Reader, SealedNote, StoredComplaint, Writer};
use crate::vault;

/// Who says what happened.
pub enum Speaker<'a> {
    Source,
    /// With what the person wrote beside it, if anything.
    Person {
        actor: &'a Actor,
        note: Option<&'a Zeroizing<String>>,
    },
}

/// What came of a complaint that a source showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    Added,
    /// Its words, its person or its events are not what they were.
    Changed,
    AsBefore,
}

/// Stores the complaint, its words sealed, and appends the events that are new. `order_source` is whose order it is
/// about, when not the source's own.
pub fn store_seen(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    complaint: &Complaint,
    (customer, order_source): (Option<CustomerNo>, Option<&SourceName>),
    now: Timestamp,
) -> anyhow::Result<Seen> {
    let kept = match writer.complaint_no(source, &complaint.id)? {
        Some(no) => writer.complaint(no)?,
        None => None,
    };
    let is_new = kept.is_none();
    // Its person was erased: what the source goes on saying of it is heard, its words are not.
    let is_gone = writer.erased_row(ErasedKind::Complaint, source, complaint.id.as_str())?.is_some();
    let told = match &kept {
        Some(kept) => Told::of(kept, writer.events_told_by_source(kept.no)?),
        None => Told::default(),
    };
    let as_kept = match kept {
        Some(kept) if kept.order_source != *order_source.unwrap_or(source) => None,
        Some(kept)
            if told.says(complaint)
                && (is_gone || is_as_kept(house, writer, &kept, complaint, customer)?) =>
        {
            Some(kept.no)
        }
        _ => None,
    };
    let no = match as_kept {
        Some(no) => no,
        None => {
            let sealed_text = match is_gone {
                true => Sealed::from_bytes(Vec::new()),
                false => seal_words(house, writer, (source, &complaint.id), customer, &complaint.text)?,
            };
            let row = ComplaintRow {
                source,
                id: &complaint.id,
                customer,
                sealed_text,
                order: complaint.order.as_ref(),
                order_source,
                channel: complaint.channel.as_deref(),
                kind: complaint.kind,
                damage_level: complaint.damage_level,
            };
            writer.upsert_complaint(&row, now)?
        }
    };
    let events = new_events(&told, &writer.events_of(no)?, complaint);
    let is_told = record(house, writer, no, &events, &Speaker::Source, now)?;
    Ok(match (is_new, as_kept.is_some() && !is_told) {
        (true, _) => Seen::Added,
        (false, false) => Seen::Changed,
        (false, true) => Seen::AsBefore,
    })
}

/// Adds events to a complaint's log, in their order, the note with the last of them, and notes what follows from the
/// whole log. Returns whether any was added.
pub fn record(
    house: &House,
    writer: &Writer<'_>,
    no: ComplaintNo,
    events: &[DatedEvent],
    speaker: &Speaker<'_>,
    now: Timestamp,
) -> anyhow::Result<bool> {
    let Some((last, before)) = events.split_last() else { return Ok(false) };
    let (actor, note) = match speaker {
        Speaker::Source => (None, None),
        Speaker::Person { actor, note } => (Some(actor.to_string()), *note),
    };
    let actor = actor.as_deref();
    let mut is_added = false;
    for event in before {
        is_added |= writer.append_event(no, &NewEvent { event, actor, note: None }, now)?;
    }
    let note = note.map(|note| seal_note(house, writer, no, note)).transpose()?;
    is_added |= writer.append_event(no, &NewEvent { event: last, actor, note }, now)?;
    let log = writer.events_of(no)?;
    writer.set_settled(no, deadline::is_settled(&log))?;
    complaint_books::book_events(house, writer, no, &log, now)?;
    Ok(is_added)
}

/// Seals a complaint's words: under its customer's key, or the system's when it has none.
pub(super) fn seal_words(
    house: &House,
    reader: &Reader<'_>,
    (source, id): (&SourceName, &ComplaintId),
    customer: Option<CustomerNo>,
    text: &ComplaintText,
) -> anyhow::Result<Sealed<ComplaintText>> {
    let key = key_of(house, reader, customer)?;
    Ok(house.vault.seal_value(&key, &words_context(source, id), text)?)
}

/// The words of a complaint; `None` when they or the key of its customer were destroyed.
pub fn words(
    house: &House,
    reader: &Reader<'_>,
    complaint: &StoredComplaint,
) -> anyhow::Result<Option<ComplaintText>> {
    if complaint.sealed_text.as_bytes().is_empty() {
        return Ok(None);
    }
    let key = key_of(house, reader, complaint.customer)?;
    let context = words_context(&complaint.source, &complaint.id);
    unless_destroyed(house.vault.open_value(&key, &context, &complaint.sealed_text))
}

/// What a person wrote with an event; `None` when nothing, or when the key was destroyed.
pub fn note(
    house: &House,
    reader: &Reader<'_>,
    no: ComplaintNo,
    line: &LoggedEvent,
) -> anyhow::Result<Option<Zeroizing<String>>> {
    let Some(note) = &line.note else { return Ok(None) };
    let key = key_of(house, reader, note.customer)?;
    unless_destroyed(house.vault.open_value(&key, &note_context(no, line.ordinal), &note.sealed))
}

fn unless_destroyed<T>(opened: Result<T, vault::Error>) -> anyhow::Result<Option<T>> {
    match opened {
        Err(vault::Error::BrokenKey) => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

fn seal_note(
    house: &House,
    writer: &Writer<'_>,
    no: ComplaintNo,
    note: &Zeroizing<String>,
) -> anyhow::Result<SealedNote> {
    let customer = match writer.complaint(no)?.and_then(|complaint| complaint.customer) {
        // Of one who was erased no key is left.
        Some(no) => writer.customer(no)?.filter(|row| row.erased_at.is_none()).map(|row| row.no),
        None => None,
    };
    let key = key_of(house, writer, customer)?;
    let context = note_context(no, writer.count_events(no)?);
    Ok(SealedNote { sealed: house.vault.seal_value(&key, &context, note)?, customer })
}

fn key_of(house: &House, reader: &Reader<'_>, customer: Option<CustomerNo>) -> anyhow::Result<WrappedKey> {
    let row = match customer {
        Some(no) => reader.customer(no)?,
        None => None,
    };
    Ok(row.map_or_else(|| house.system_key().clone(), |row| row.wrapped_key))
}

fn words_context(source: &SourceName, id: &ComplaintId) -> String {
    format!("complaint/text/{source}/{id}")
}

fn note_context(no: ComplaintNo, ordinal: u64) -> String {
    format!("complaint/note/{no}/{ordinal}")
}

/// Whether there is nothing to write: sealing the same words again would only change their bytes.
fn is_as_kept(
    house: &House,
    reader: &Reader<'_>,
    kept: &StoredComplaint,
    seen: &Complaint,
    customer: Option<CustomerNo>,
) -> anyhow::Result<bool> {
    let is_same = kept.customer == customer && kept.order == seen.order && kept.channel == seen.channel;
    Ok(is_same && words(house, reader, kept)?.as_ref() == Some(&seen.text))
}

/// What the source said of a complaint before.
#[derive(Default)]
struct Told {
    /// Its last word last.
    events: Vec<DatedEvent>,
    /// The kind and the level: in the events, what people have judged stands beside what the source changed.
    judged: Option<(ComplaintKind, Option<u8>)>,
}

impl Told {
    fn of(kept: &StoredComplaint, events: Vec<DatedEvent>) -> Self {
        // Before the kind was kept, a source's event was the source's word alone.
        let kind = kept.kind.or_else(|| classified(&events).map(|(_, said)| said.kind));
        Self { events, judged: kind.map(|kind| (kind, kept.damage_level)) }
    }

    /// Whether it said so of the kind and the level.
    fn says(&self, seen: &Complaint) -> bool {
        self.judged == Some((seen.kind, seen.damage_level))
    }
}

/// The events by which the source's own word would be what it says now. `log` is what everybody said, by the instant it
/// happened at.
fn new_events(told: &Told, log: &[DatedEvent], seen: &Complaint) -> Vec<DatedEvent> {
    let mut events: Vec<DatedEvent> = classification(told, log, seen).into_iter().collect();
    let told = told.events.as_slice();
    let mut add = |at: Timestamp, event: ComplaintEvent| events.push(DatedEvent { at, event });
    let promised = told.iter().rev().find_map(|dated| match dated.event {
        ComplaintEvent::Promised { due_at } => Some(due_at),
        _ => None,
    });
    if let Some(due_at) = seen.due_at.filter(|&due_at| promised != Some(due_at)) {
        add(seen.received_at, ComplaintEvent::Promised { due_at });
    }
    if let Some(at) = seen.acknowledged_at
        && !told.iter().any(|dated| dated.event == ComplaintEvent::Acknowledged)
    {
        add(at, ComplaintEvent::Acknowledged);
    }
    match (last_end(told), seen.resolved_at) {
        (None | Some((ComplaintEvent::Reopened, _)), Some(at)) => add(at, ComplaintEvent::Resolved),
        (Some((ComplaintEvent::Resolved, before)), Some(at)) if at != before => {
            add(at, ComplaintEvent::Resolved);
        }
        // The source took the resolution back; it does not say when, so the clock runs on from where it stopped.
        (Some((ComplaintEvent::Resolved, at)), None) => {
            add(last_end(log).map_or(at, |(_, last)| last.max(at)), ComplaintEvent::Reopened);
        }
        _ => {}
    }
    // It closes what it resolved, and does not say when: not before, and nothing runs until then.
    if let Some(at) = seen.resolved_at.filter(|_| seen.closed)
        && !told.contains(&DatedEvent { at, event: ComplaintEvent::Closed })
    {
        add(at, ComplaintEvent::Closed);
    }
    events
}

/// The receipt; later, the source's change of its word, merged field by field with what people have judged.
fn classification(told: &Told, log: &[DatedEvent], seen: &Complaint) -> Option<DatedEvent> {
    let word = Classification::new(seen.kind, seen.damage_level);
    let Some(((at, known), (kind, damage_level))) = classified(log).zip(told.judged) else {
        return Some(DatedEvent { at: seen.received_at, event: ComplaintEvent::Received(word) });
    };
    let merged = Classification {
        kind: if seen.kind == kind { known.kind } else { seen.kind },
        damage_level: if seen.damage_level == damage_level { known.damage_level } else { seen.damage_level },
        ..known
    };
    // A later word counts, so it must not stand before an earlier one.
    let at = at.max(seen.received_at);
    (merged != known).then_some(DatedEvent { at, event: ComplaintEvent::Reclassified(merged) })
}

fn classified(events: &[DatedEvent]) -> Option<(Timestamp, Classification)> {
    events.iter().rev().find_map(|dated| Some((dated.at, dated.event.classification()?)))
}

fn last_end(events: &[DatedEvent]) -> Option<(&ComplaintEvent, Timestamp)> {
    let ends =
        |dated: &&DatedEvent| matches!(dated.event, ComplaintEvent::Resolved | ComplaintEvent::Reopened);
    events.iter().rev().find(ends).map(|dated| (&dated.event, dated.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(resolved: Option<&str>) -> Complaint {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Complaint {
            id: ComplaintId::new("K1"),
            received_at: at("2026-11-02T02:00:00Z"),
            kind: ComplaintKind::Delivery,
            text: ComplaintText::default(),
            customer: None,
            order: None,
            channel: None,
            damage_level: None,
            due_at: None,
            acknowledged_at: None,
            resolved_at: resolved.map(at),
            closed: false,
        }
    }

    /// What the source said before: `first`, and then these events.
    fn told(first: &Complaint, events: &[DatedEvent]) -> Told {
        Told { events: events.to_vec(), judged: Some((first.kind, first.damage_level)) }
    }

    fn first(seen: &Complaint) -> Vec<DatedEvent> {
        new_events(&Told::default(), &[], seen)
    }

    #[test]
    fn seeing_the_same_twice_adds_nothing() {
        let complaint = seen(Some("2026-11-05T02:00:00Z"));
        let said = first(&complaint);
        assert_eq!(said.len(), 2);
        assert_eq!(new_events(&told(&seen(None), &said), &said, &complaint), []);
    }

    #[test]
    fn a_resolution_taken_back_reopens() {
        let mut said = first(&seen(Some("2026-11-05T02:00:00Z")));
        let reopened = new_events(&told(&seen(None), &said), &said, &seen(None));
        assert_eq!(reopened, [event("2026-11-05T02:00:00Z", ComplaintEvent::Reopened)]);
        said.extend(reopened);
        let again = new_events(&told(&seen(None), &said), &said, &seen(Some("2026-11-09T02:00:00Z")));
        assert_eq!(again, [event("2026-11-09T02:00:00Z", ComplaintEvent::Resolved)]);
    }

    #[test]
    fn a_source_closes_what_it_resolved_once() {
        let closed = Complaint { closed: true, ..seen(Some("2026-11-05T02:00:00Z")) };
        let said = first(&closed);
        let last = said.last().unwrap();
        assert_eq!((said.len(), last), (3, &event("2026-11-05T02:00:00Z", ComplaintEvent::Closed)));
        assert_eq!(new_events(&told(&seen(None), &said), &said, &closed), []);
        assert_eq!(new_events(&told(&seen(None), &said), &said, &seen(Some("2026-11-05T02:00:00Z"))), []);
    }

    fn event(at: &str, event: ComplaintEvent) -> DatedEvent {
        DatedEvent { at: at.parse().unwrap(), event }
    }

    /// The log with what a person said, by the instant it happened at.
    fn with(told: &[DatedEvent], said: &[DatedEvent]) -> Vec<DatedEvent> {
        let mut log = [told, said].concat();
        log.sort_by_key(|dated| dated.at);
        log
    }

    #[test]
    fn what_a_person_settled_stays_while_the_source_says_nothing_new() {
        let said = first(&seen(None));
        let resolved = event("2026-11-04T02:00:00Z", ComplaintEvent::Resolved);
        let payment =
            Classification { vulnerable: true, ..Classification::new(ComplaintKind::Payment, Some(3)) };
        let judged = event("2026-11-03T02:00:00Z", ComplaintEvent::Reclassified(payment));
        let log = with(&said, &[resolved, judged]);
        assert_eq!(new_events(&told(&seen(None), &said), &log, &seen(None)), []);
        // Its own resolution is told, although it is resolved; so is its own change of kind, which leaves the judgement.
        let later = seen(Some("2026-11-05T02:00:00Z"));
        let again = new_events(&told(&seen(None), &said), &log, &later);
        assert_eq!(again, [event("2026-11-05T02:00:00Z", ComplaintEvent::Resolved)]);
        // What it changes is its own word; the rest stays as it was judged.
        let product = new_events(
            &told(&seen(None), &said),
            &log,
            &Complaint { kind: ComplaintKind::Product, ..seen(None) },
        );
        let reclassified =
            |classification| [event("2026-11-03T02:00:00Z", ComplaintEvent::Reclassified(classification))];
        assert_eq!(product, reclassified(Classification { kind: ComplaintKind::Product, ..payment }));
        let level = Complaint { damage_level: Some(4), ..seen(None) };
        let events = new_events(&told(&seen(None), &said), &log, &level);
        assert_eq!(events, reclassified(Classification { damage_level: Some(4), ..payment }));
        // It is told once: what people judged is not taken for the source's word, which has not changed since.
        let (said, log) = (with(&said, &events), with(&log, &events));
        assert_eq!(new_events(&told(&level, &said), &log, &level), []);
        let agrees = Complaint { kind: ComplaintKind::Payment, ..level.clone() };
        assert_eq!(new_events(&told(&level, &said), &log, &agrees), []);
    }

    #[test]
    fn a_source_that_takes_back_or_resolves_again_is_heard_among_people() {
        let said = first(&seen(Some("2026-11-05T02:00:00Z")));
        // Somebody has opened it again since: the source's word changes nothing, and is remembered as said.
        let reopened = event("2026-11-07T02:00:00Z", ComplaintEvent::Reopened);
        let log = with(&said, std::slice::from_ref(&reopened));
        assert_eq!(new_events(&told(&seen(None), &said), &log, &seen(None)), std::slice::from_ref(&reopened));
        assert_eq!(new_events(&told(&seen(None), &said), &log, &seen(Some("2026-11-05T02:00:00Z"))), []);
        let resolved = event("2026-11-09T02:00:00Z", ComplaintEvent::Resolved);
        assert_eq!(
            new_events(&told(&seen(None), &said), &log, &seen(Some("2026-11-09T02:00:00Z"))),
            std::slice::from_ref(&resolved)
        );
        // Somebody has resolved it since: taking back opens it after that.
        let log = with(&said, &[reopened, resolved.clone()]);
        let back = new_events(&told(&seen(None), &said), &log, &seen(None));
        assert_eq!(back, [DatedEvent { event: ComplaintEvent::Reopened, ..resolved }]);
    }
}
