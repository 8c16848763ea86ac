//! Books complaints: the difference between what their histories and clocks say and what is booked of them.
//!
//! Called wherever events are appended, and where a clock may have run out without one. Idempotent.

use jiff::Timestamp;

use super::house::House;
use crate::books::{self, ClockSeen, ComplaintBooking};
use crate::deadline;
use crate::domain::complaint::DatedEvent;
use crate::domain::ids::{ComplaintNo, Pseudonym};
use crate::store::{ComplaintToBook, StoredComplaint, Writer};

/// Complaints looked at at once, and booked at once at most: a few milliseconds in which nobody else can write.
const PAGE: u32 = 100;

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

/// Books every complaint of which the books lack something: those from before there were books, and those whose
/// clocks have run out since anybody looked. `write` writes one page of them at a time, and nobody waits meanwhile for
/// those that lack nothing: they are only read. What happens between two pages is booked where it is appended.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) fn catch_up(
    house: &House,
    now: Timestamp,
    write: impl Fn(&dyn Fn(&Writer<'_>) -> anyhow::Result<()>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut after = ComplaintNo(0);
    loop {
        let page = house.store.read(|reader| reader.complaints_to_book(after, PAGE))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.no;
        let lacking: Vec<ComplaintNo> =
            page.iter().filter(|seen| lacks_lines(house, seen, now)).map(|seen| seen.no).collect();
        if !lacking.is_empty() {
            // Decided anew: an event may have come since, and booked them.
            write(&|writer| lacking.iter().try_for_each(|&no| book(house, writer, no, now).map(|_| ())))?;
        }
    }
}

/// Whether [`book`] would add lines. Who complained, how, and what is closed make other lines, but no fewer.
fn lacks_lines(house: &House, seen: &ComplaintToBook, now: Timestamp) -> bool {
    let lines = books::book_complaint(&ComplaintBooking {
        complaint: seen.no,
        events: &seen.events,
        clocks: &|front| clocks(house, front),
        complainant: house.vault.pseudonym_of_complaint(seen.no),
        channel: "",
        zone: &house.settings.business.zone,
        booked: &seen.booked,
        closed_until: None,
        now,
    });
    !lines.is_empty()
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
