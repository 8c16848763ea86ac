//! Complaint deadlines: unsettled complaints -> clocks -> steps that are due and were not told -> one mail to each
//! person.
//!
//! A step is keyed by (complaint, clock, deadline instant, step, recipient), so it goes out once, and a new deadline is a
//! new key. Deadlines are computed from events each time; none is stored as truth. Steps and mails commit together, in
//! one transaction. Complaints are read a page at a time, and a mail lists so many at most, so that memory does not
//! grow with their number.

mod alarm;
mod letters;
mod line;
mod news;
mod recheck;
mod watch;

use std::collections::BTreeMap;

use serde_json::json;

use super::complaint_books;
use super::house::House;
use super::run::{Failure, Outcome, Run};
use crate::deadline::{self, Clocks};
use crate::domain::complaint::DatedEvent;
use crate::domain::ids::{ComplaintNo, OutboxId};
use crate::domain::trouble::Trouble;
use crate::settings::JobSpec;
use crate::store::{Reader, Writer};

use alarm::Alarm;
use letters::Letters;
use news::{News, news};
pub(super) use recheck::out_of_date;
use watch::{DIGEST, Watch};

/// What a mail about what is due is in the outbox.
const MAIL: &str = "complaint-deadlines";

/// Complaints read at once.
const PAGE: u32 = 2_000;

/// Complaints of which something is new, by the page they stand on: `first..=last`.
type Pages = Vec<(ComplaintNo, ComplaintNo)>;

pub fn run(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    let extra = &job.recipients;
    let (watch, pages) = house.store.read(|reader| {
        let watch = Watch::new(house, extra, run.now, reader)?;
        let pages = pages_with_news(&watch, run, reader)?;
        Ok::<_, anyhow::Error>((watch, pages))
    })?;
    if pages.is_empty() {
        return Ok(Outcome::done("nothing new is due", json!({ "told": 0, "mails": 0 })));
    }
    let Told { told, mails, held } = run.write(house, |writer| tell(&watch, run, &pages, writer))?;
    if held > 0 {
        let message = format!(
            "{held} mails about complaints are held back: the egress guard found a customer's number or address in them; \
             {mails} others were made. This should not be possible: tell the makers of firstwatch"
        );
        return Ok(Outcome::Failed(Failure::lasting(Trouble::Quarantined, message)));
    }
    let message = match mails {
        0 => "nobody was to be told of what is new".to_owned(),
        _ => format!("{told} deadlines told in {mails} mails"),
    };
    Ok(Outcome::done(message, json!({ "told": told, "mails": mails })))
}

/// Where a complaint stands; `None` when the events do not hold the receipt.
pub fn account(house: &House, events: &[DatedEvent]) -> Option<Clocks> {
    let zone = &house.settings.business.zone;
    deadline::clocks(events, &house.settings.complaints.policy, &house.calendar, zone)
}

/// How many people would be told of how much if the job ran now.
///
/// # Errors
/// Those of the store.
pub fn foresee(house: &House, job: &JobSpec) -> anyhow::Result<String> {
    let now = house.now();
    let mut letters = Letters::new(now);
    house.store.read(|reader| {
        let watch = Watch::new(house, &job.recipients, now, reader)?;
        walk(reader, ComplaintNo(0), &mut |page, _| {
            each(&watch, reader, &page, &mut |_, news| {
                news.alarms.iter().for_each(|alarm| letters.add(&watch, alarm));
                Ok(())
            })
        })
    })?;
    Ok(letters.summary())
}

/// The first look, which keeps nobody from writing.
fn pages_with_news(watch: &Watch<'_>, run: &Run, reader: &Reader<'_>) -> anyhow::Result<Pages> {
    let mut pages = Pages::new();
    walk(reader, ComplaintNo(0), &mut |page, bounds| {
        run.sign_of_life(watch.house);
        let mut has_news = false;
        each(watch, reader, &page, &mut |_, _| {
            has_news = true;
            Ok(())
        })?;
        if has_news {
            pages.push(bounds);
        }
        Ok(())
    })?;
    Ok(pages)
}

/// Composes and enqueues the mails, and records what they tell. Each page is read twice: the mails must stand before
/// the steps can name them, and all steps at once may be more than fits into memory.
fn tell(watch: &Watch<'_>, run: &Run, pages: &Pages, writer: &Writer<'_>) -> anyhow::Result<Told> {
    let mut letters = Letters::new(watch.now);
    over(writer, pages, &mut |page| {
        run.sign_of_life(watch.house);
        each(watch, writer, &page, &mut |no, news| {
            for &(clock, deadline) in &news.missed {
                writer.record_missed(no, clock, deadline)?;
            }
            if news.is_settled {
                writer.set_settled(no, true)?;
            }
            if !news.missed.is_empty() {
                complaint_books::book(watch.house, writer, no, watch.now)?;
            }
            news.alarms.iter().for_each(|alarm| letters.add(watch, alarm));
            Ok(())
        })
    })?;
    let (told, made) = (letters.told(), letters.count());
    let messages = letters.enqueue(watch.house, run.slot.at, writer)?;
    over(writer, pages, &mut |page| {
        each(watch, writer, &page, &mut |_, news| {
            news.alarms.iter().try_for_each(|alarm| record(watch, alarm, &messages, writer))
        })
    })?;
    Ok(Told { told, mails: messages.len(), held: made - messages.len() })
}

/// What came of a look.
struct Told {
    /// Deadlines, each as often as it has recipients.
    told: u64,
    mails: usize,
    /// Mails that the egress guard kept in the house.
    held: usize,
}

fn record(
    watch: &Watch<'_>,
    alarm: &Alarm,
    messages: &BTreeMap<(String, bool), OutboxId>,
    writer: &Writer<'_>,
) -> anyhow::Result<()> {
    let addressed = (alarm.recipient.clone(), watch.is_for_digest(alarm));
    if let Some(&message) = messages.get(&addressed) {
        for &step in &alarm.steps {
            let told = (alarm.recipient.as_str(), message);
            writer.record_step(alarm.no, alarm.clock, alarm.deadline, step, told)?;
        }
    }
    Ok(())
}

type Page = Vec<(ComplaintNo, Vec<DatedEvent>)>;

/// Every page of unsettled complaints after a number, with its first and its last number.
fn walk(
    reader: &Reader<'_>,
    mut after: ComplaintNo,
    look: &mut dyn FnMut(Page, (ComplaintNo, ComplaintNo)) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    loop {
        let page = reader.unsettled_complaints(after, PAGE)?;
        let (Some(&(first, _)), Some(&(last, _))) = (page.first(), page.last()) else { return Ok(()) };
        look(page, (first, last))?;
        after = last;
    }
}

/// The complaints of some pages again.
fn over(
    reader: &Reader<'_>,
    pages: &Pages,
    look: &mut dyn FnMut(Page) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for &(first, last) in pages {
        // One may have been settled since, and the page then reaches further.
        let mut page = reader.unsettled_complaints(ComplaintNo(first.0 - 1), PAGE)?;
        page.retain(|&(no, _)| no <= last);
        look(page)?;
    }
    Ok(())
}

/// What is new of each complaint of a page of which something is.
fn each(
    watch: &Watch<'_>,
    reader: &Reader<'_>,
    page: &Page,
    tell: &mut dyn FnMut(ComplaintNo, News) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (Some(&(first, _)), Some(&(last, _))) = (page.first(), page.last()) else { return Ok(()) };
    let told = reader.steps_between(first, last)?;
    let mut rest = told.as_slice();
    for (no, events) in page {
        rest = &rest[rest.partition_point(|row| row.complaint < *no)..];
        let own = &rest[..rest.partition_point(|row| row.complaint == *no)];
        let news = news(watch, *no, events, own);
        if !news.is_nothing() {
            tell(*no, news)?;
        }
    }
    Ok(())
}
