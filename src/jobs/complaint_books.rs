//! Books complaints: the difference between what their histories and clocks say and what is booked of them.
//!
//! Called wherever events are appended, and where a clock may have run out without one. Idempotent.

use jiff::Timestamp;

use super::house::House;
use crate::books::{self, ClockSeen, ComplaintBooking};
use crate::deadline;
use crate::domain::complaint::DatedEvent;
use crate::domain::ids::{ComplaintNo, Pseudonym};
use crate::store::{StoredComplaint, Writer};

/// Complaints looked at at once.
const PAGE: u32 = 500;

/// Books what the complaint's events, as the store has them, say at `now`. Returns how many lines were added.
///
/// # Errors
/// When the store cannot be written.
pub fn book(house: &House, writer: &Writer<'_>, no: ComplaintNo, now: Timestamp) -> anyhow::Result<usize> {
    book_events(house, writer, no, &writer.events_of(no)?, now)
}

/// [`book`], for who has read all of the complaint's events already.
///
/// # Errors
/// When the store cannot be written.
pub fn book_events(
    house: &House,
    writer: &Writer<'_>,
    no: ComplaintNo,
    events: &[DatedEvent],
    now: Timestamp,
) -> anyhow::Result<usize> {
    let Some(complaint) = writer.complaint(no)? else { return Ok(0) };
    let lines = books::book_complaint(&ComplaintBooking {
        complaint: no,
        events,
        clocks: &|front| clocks(house, front),
        complainant: complainant(house, writer, &complaint)?,
        channel: complaint.channel.as_deref().unwrap_or_default(),
        zone: &house.settings.business.zone,
        booked: &writer.complaint_lines_of(no)?,
        closed_until: writer.complaint_books_closed_until()?,
        now,
    });
    writer.insert_complaint_lines(&lines, now)?;
    Ok(lines.len())
}

/// Books every complaint of which the books may lack something: those from before there were books, and those whose
/// clocks may have run out since anybody looked.
///
/// # Errors
/// When the store cannot be written.
pub(super) fn catch_up(house: &House, writer: &Writer<'_>, now: Timestamp) -> anyhow::Result<usize> {
    let (mut after, mut added) = (ComplaintNo(0), 0);
    loop {
        let page = writer.complaints_to_book(after, PAGE)?;
        let Some(&last) = page.last() else { return Ok(added) };
        after = last;
        for no in page {
            added += book(house, writer, no, now)?;
        }
    }
}

fn clocks(house: &House, events: &[DatedEvent]) -> Vec<ClockSeen> {
    let policy = &house.settings.complaints.policy;
    let clocks = deadline::clocks(events, policy, &house.calendar, &house.settings.business.zone);
    let seen = |state: deadline::ClockState| ClockSeen {
        clock: state.clock,
        started: state.started,
        due: state.due,
        stopped: state.stopped,
    };
    clocks.map_or_else(Vec::new, |clocks| clocks.states.into_iter().map(seen).collect())
}

/// Who holds this complaint together with others: the customer; else whoever placed the order it is about, known or
/// not; else nobody but itself. (A person who is named by phone or e-mail is a customer of the store.)
fn complainant(house: &House, writer: &Writer<'_>, complaint: &StoredComplaint) -> anyhow::Result<Pseudonym> {
    if let Some(customer) = complaint.customer {
        return Ok(house.vault.pseudonym(customer));
    }
    if let Some(order) = &complaint.order
        && let Some((_, customer)) = writer.order(&complaint.order_source, order)?
    {
        let guest = || house.vault.anonymous_pseudonym(&complaint.order_source, order);
        return Ok(customer.map_or_else(guest, |customer| house.vault.pseudonym(customer)));
    }
    Ok(house.vault.pseudonym_of_complaint(complaint.no))
}
