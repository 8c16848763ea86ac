//! A complaint as a source shows it becomes events: what the source now says that the log does not yet.

use jiff::Timestamp;

use super::complaint_books;
use super::house::House;
use crate::domain::complaint::{Classification, Complaint, ComplaintEvent, DatedEvent};
use crate::domain::ids::{ComplaintNo, CustomerNo, SourceName};
use crate::store::{ComplaintRow, Writer};

/// Stores the complaint, its words sealed, and appends the events that are new.
pub fn store_seen(
    house: &House,
    writer: &Writer<'_>,
    source: &SourceName,
    complaint: &Complaint,
    customer: Option<CustomerNo>,
    now: Timestamp,
) -> anyhow::Result<ComplaintNo> {
    let key = match customer {
        Some(no) => writer.customer(no)?.map(|row| row.wrapped_key),
        None => None,
    };
    let key = key.as_ref().unwrap_or(house.system_key());
    let row = ComplaintRow {
        source,
        id: &complaint.id,
        customer,
        sealed_text: house.vault.seal_value(
            key,
            &format!("complaint/text/{source}/{}", complaint.id),
            &complaint.text,
        )?,
        order: complaint.order.as_ref(),
        channel: complaint.channel.as_deref(),
        damage_level: complaint.damage_level,
    };
    let no = writer.upsert_complaint(&row, now)?;
    for event in new_events(&writer.events_of(no)?, complaint) {
        writer.append_event(no, &event)?;
    }
    complaint_books::book(house, writer, no, now)?;
    Ok(no)
}

/// The events by which the log would say what the source says.
fn new_events(log: &[DatedEvent], seen: &Complaint) -> Vec<DatedEvent> {
    let mut events = Vec::new();
    let mut add = |at: Timestamp, event: ComplaintEvent| events.push(DatedEvent { at, event });
    let classified = log.iter().rev().find_map(|dated| dated.event.classification());
    match classified {
        None => {
            add(seen.received_at, ComplaintEvent::Received(Classification::new(seen.kind, seen.damage_level)))
        }
        Some(known) if (known.kind, known.damage_level) != (seen.kind, seen.damage_level) => add(
            seen.received_at,
            ComplaintEvent::Reclassified(Classification {
                kind: seen.kind,
                damage_level: seen.damage_level,
                ..known
            }),
        ),
        Some(_) => {}
    }
    let promised = log.iter().rev().find_map(|dated| match dated.event {
        ComplaintEvent::Promised { due_at } => Some(due_at),
        _ => None,
    });
    if let Some(due_at) = seen.due_at.filter(|&due_at| promised != Some(due_at)) {
        add(seen.received_at, ComplaintEvent::Promised { due_at });
    }
    if let Some(at) = seen.acknowledged_at
        && !log.iter().any(|dated| dated.event == ComplaintEvent::Acknowledged)
    {
        add(at, ComplaintEvent::Acknowledged);
    }
    let last_end = log
        .iter()
        .rev()
        .find(|dated| matches!(dated.event, ComplaintEvent::Resolved | ComplaintEvent::Reopened));
    match (last_end.map(|dated| (&dated.event, dated.at)), seen.resolved_at) {
        (None | Some((ComplaintEvent::Reopened, _)), Some(at)) => add(at, ComplaintEvent::Resolved),
        // The source took the resolution back; it does not say when, so the clock runs on from where it stopped.
        (Some((ComplaintEvent::Resolved, at)), None) => add(at, ComplaintEvent::Reopened),
        _ => {}
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::complaint::{ComplaintKind, ComplaintText};
    use crate::domain::ids::ComplaintId;

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
        }
    }

    #[test]
    fn seeing_the_same_twice_adds_nothing() {
        let complaint = seen(Some("2026-11-05T02:00:00Z"));
        let log = new_events(&[], &complaint);
        assert_eq!(log.len(), 2);
        assert_eq!(new_events(&log, &complaint), []);
    }

    #[test]
    fn a_resolution_taken_back_reopens() {
        let mut log = new_events(&[], &seen(Some("2026-11-05T02:00:00Z")));
        let reopened = new_events(&log, &seen(None));
        assert_eq!(reopened.len(), 1);
        assert_eq!(reopened[0].event, ComplaintEvent::Reopened);
        log.extend(reopened);
        assert_eq!(new_events(&log, &seen(Some("2026-11-09T02:00:00Z"))).len(), 1);
    }
}
