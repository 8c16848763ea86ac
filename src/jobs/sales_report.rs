//! The reports, of sales and of complaints: slot -> completeness gate -> sealed pages, closed books -> draft (cells, protected tables,
//! document, guard) -> release. The release, its cells, and one outbox row a recipient commit together.

use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use super::books::Books;
use super::complaint_books;
use super::completeness::{Gate, HELD_FOR, gate, reached};
use super::dispatch::Dispatch;
use super::draft::{Draft, DraftError, addressees, draft, purpose};
use super::elsewhere::{self, Elsewhere};
use super::house::House;
use super::manifest::{Manifest, noted, sha256};
use super::particulars::Ingredients;
use super::run::{Failure, Outcome, Run, UNAVAILABLE};
use super::scratch::Scratch;
use crate::domain::actor::Actor;
use crate::domain::complaint::ComplaintLine;
use crate::domain::period::Period;
use crate::domain::trouble::Trouble;
use crate::facts::{self, Page};
use crate::settings::JobSpec;
use crate::store::{AuditEntry, NewRelease, OutboxRow, PageRow, Reader, Store, Writer};

pub fn run(house: &House, job: &JobSpec, run: &Run) -> anyhow::Result<Outcome> {
    let Some(period) = run.period else { anyhow::bail!("a report needs a period") };
    if let Some(release) = house.store.read(|reader| reader.release_of(&job.name, period))? {
        let message = format!("{period} was released before, as release {}", release.id);
        return Ok(Outcome::done(message, json!({ "release": release.id })));
    }
    let gate = gate(house, job, period, run)?;
    let (lagging, data_as_of) = match gate {
        Gate::Open { data_as_of } => (Vec::new(), data_as_of),
        Gate::Held { message, again_at } => {
            return Ok(Outcome::Held { message, again_at, details: json!({}) });
        }
        Gate::OutOfPatience { lagging, data_as_of } => (lagging, data_as_of),
    };
    let pages = if job.tells.of_sales() { seal(house, run, period)? } else { Vec::new() };
    let lines = if job.tells.of_complaints() { close(house, run, period)? } else { Vec::new() };
    let directory = house.facts_directory();
    let elsewhere = Elsewhere::of(&house.settings);
    let books = Books { directory: &directory, pages: &pages, lines: &lines, elsewhere };
    let ingredients = Ingredients { job, period, books, lagging: &lagging, data_as_of };
    run.sign_of_life(house);
    let draft = match draft(house, &ingredients) {
        Ok(draft) => draft,
        Err(DraftError::Failed(error)) if elsewhere::is_unavailable(&error) => {
            return Ok(Outcome::Held {
                message: format!("{error:#}"),
                again_at: run.now + HELD_FOR,
                details: json!({ UNAVAILABLE: "engine" }),
            });
        }
        Err(error) => return Err(error.into()),
    };
    if !draft.hits.is_empty() {
        return quarantine(house, job, run, period, &draft);
    }
    release(house, job, run, &ingredients, &draft)
}

/// Seals every booked day before the period's end that is not sealed yet, a page a month at most.
fn seal(house: &House, run: &Run, period: Period) -> anyhow::Result<Vec<Page>> {
    let directory = house.facts_directory();
    std::fs::create_dir_all(&directory)
        .with_context(|| format!("failed to create {}", directory.display()))?;
    for (from, until) in house.store.read(|reader| open_spans(reader, period))? {
        // Files and rows behind one fence: a run that was given up must not touch a page that another has recorded.
        run.write(house, |writer| {
            let entries = writer.entries_between(from, until)?;
            let page = match facts::seal(&directory, from, until, &entries) {
                // A page that no row records is the leaving of a run that died before it could commit.
                Err(facts::Error::OtherContent { path }) => {
                    std::fs::remove_file(&path)
                        .with_context(|| format!("failed to remove {}", path.display()))?;
                    facts::seal(&directory, from, until, &entries)?
                }
                sealed => sealed?,
            };
            writer.insert_page(&page_row(&page), run.now)?;
            Ok::<_, anyhow::Error>(())
        })?;
    }
    pages(&house.store)
}

/// Brings the books of complaints up to date, then closes them up to the period's end. Returns every line.
fn close(house: &House, run: &Run, period: Period) -> anyhow::Result<Vec<ComplaintLine>> {
    complaint_books::catch_up(house, run.now, |page| run.write(house, page))?;
    run.write(house, |writer| writer.close_complaint_books(period.until(), run.now))?;
    Ok(house.store.read(|reader| reader.complaint_lines_before(Date::MAX))?)
}

/// A draft of a period that is over but may not be sealed yet, for a preview: what is still open is
/// sealed into a folder of its own that is thrown away.
pub fn draft_unreleased(house: &House, job: &JobSpec, period: Period) -> Result<Draft, DraftError> {
    let now = house.now();
    if now < period.end(&house.settings.business.zone) {
        return Err(DraftError::NotOver(period));
    }
    let scratch = Scratch::new(house.store.directory())?;
    let seal = |reader: &Reader<'_>| seal_for_now(reader, &house.facts_directory(), &scratch, period);
    let pages = if job.tells.of_sales() { house.store.read(seal)? } else { Vec::new() };
    let lines = if job.tells.of_complaints() { lines_for_now(house)? } else { Vec::new() };
    let reached = reached(house, job, period, now).map_err(anyhow::Error::from)?;
    let elsewhere = Elsewhere::of(&house.settings);
    let ingredients = Ingredients {
        job,
        period,
        books: Books { directory: scratch.path(), pages: &pages, lines: &lines, elsewhere },
        lagging: &reached.lagging,
        data_as_of: reached.data_as_of,
    };
    draft(house, &ingredients)
}

/// Every page, and what is still open sealed beside them.
pub(super) fn seal_for_now(
    reader: &Reader<'_>,
    facts_directory: &Path,
    scratch: &Scratch,
    period: Period,
) -> anyhow::Result<Vec<Page>> {
    let mut pages: Vec<Page> = reader.pages()?.into_iter().map(page).collect();
    for page in &pages {
        scratch.link(facts_directory, &page.file)?;
    }
    for (from, until) in open_spans(reader, period)? {
        pages.push(facts::seal(scratch.path(), from, until, &reader.entries_between(from, until)?)?);
    }
    Ok(pages)
}

/// Every line of the complaints' books. They are brought up to date for good, for that is no secret of the preview:
/// the next check of deadlines would book the same.
fn lines_for_now(house: &House) -> anyhow::Result<Vec<ComplaintLine>> {
    complaint_books::catch_up(house, house.now(), |page| house.store.write(page))?;
    Ok(house.store.read(|reader| reader.complaint_lines_before(Date::MAX))?)
}

/// The spans of days before the period's end that are still open, cut at the turn of each month.
fn open_spans(reader: &Reader<'_>, period: Period) -> Result<Vec<(Date, Date)>, crate::store::Error> {
    let (closed, first) = (reader.closed_until()?, reader.first_entry_day()?);
    let mut from = closed.unwrap_or_else(|| first.unwrap_or(period.first()).min(period.first()));
    let mut spans = Vec::new();
    while from < period.until() {
        let month_end = from.first_of_month().saturating_add(1.month());
        let until = month_end.min(period.until());
        spans.push((from, until));
        from = until;
    }
    Ok(spans)
}

/// Every sealed page, in order.
pub(super) fn pages(store: &Store) -> anyhow::Result<Vec<Page>> {
    Ok(store.read(|reader| reader.pages())?.into_iter().map(page).collect())
}

fn page(row: PageRow) -> Page {
    Page { from: row.from, until: row.until, file: row.file, sha256: row.sha256, rows: row.rows }
}

fn page_row(page: &Page) -> PageRow {
    PageRow {
        from: page.from,
        until: page.until,
        file: page.file.clone(),
        sha256: page.sha256,
        rows: page.rows,
    }
}

/// Stores the exact bytes, then commits the release with its cells and its outbox rows.
fn release(
    house: &House,
    job: &JobSpec,
    run: &Run,
    ingredients: &Ingredients<'_>,
    draft: &Draft,
) -> anyhow::Result<Outcome> {
    let period = ingredients.period;
    let purpose = purpose(job, period);
    // What nobody gets is a release like any other: whoever hears nothing knows that nothing was crossed.
    let addresses = addressees(house, job, draft);
    let dispatch = Dispatch { house, purpose: &purpose, date: run.now };
    // Files and rows behind one fence: a run that was given up must not touch what another has released.
    let release = run.write(house, |writer| {
        keep_parts(house, &purpose, draft)?;
        let messages = dispatch.compose(draft.mailed(), &addresses)?;
        let manifest = Manifest::new(house, run, &purpose, ingredients, draft, &messages)?;
        let manifest = serde_json::to_string(&manifest).context("the manifest cannot be written as JSON")?;
        let hash = sha256(manifest.as_bytes());
        let new = NewRelease {
            job: &job.name,
            period,
            run: run.id,
            provisional: !ingredients.lagging.is_empty(),
            manifest: &manifest,
            sha256: hash,
        };
        let release = writer.insert_release(&new, &draft.cells, run.now)?;
        for change in &draft.witnesses {
            writer.change_witnesses(&change.gone, &change.new)?;
        }
        for message in &messages {
            let row = message.row(job.kind.as_str(), Some(release));
            writer.enqueue(&OutboxRow { on_ambiguous: job.on_ambiguous, ..row }, run.now)?;
        }
        record(writer, "report.release", &format!("release {release}"), (&noted(&hash), "done"), run.now)?;
        Ok::<_, anyhow::Error>(release)
    })?;
    let summary = &draft.summary;
    let message = format!(
        "released {period} to {} recipients{}; {} of {} cells withheld{}",
        addresses.len(),
        if draft.is_crossed || !job.only_when_crossed { "" } else { ", for no threshold is crossed" },
        summary.primary + summary.secondary,
        summary.cells,
        if !ingredients.lagging.is_empty() { "; PROVISIONAL" } else { "" }
    );
    Ok(Outcome::done(message, json!({ "release": release, "disclosure": summary })))
}

/// Keeps the parts beside the messages, so that a person can open them as they are.
fn keep_parts(house: &House, purpose: &str, draft: &Draft) -> anyhow::Result<()> {
    for (name, bytes) in draft.parts() {
        house.store.write_released(&format!("{purpose}/{name}"), &bytes)?;
    }
    Ok(())
}

fn record(
    writer: &Writer<'_>,
    operation: &str,
    subject: &str,
    (reason, outcome): (&str, &str),
    now: Timestamp,
) -> Result<(), crate::store::Error> {
    let actor = Actor::Daemon.to_string();
    writer.append_audit(&AuditEntry { actor: &actor, operation, subject, reason, outcome }, now).map(|_| ())
}

/// The guard found an identifier: nothing is released, administrators are told which part and which
/// kind, without the data.
fn quarantine(
    house: &House,
    job: &JobSpec,
    run: &Run,
    period: Period,
    draft: &Draft,
) -> anyhow::Result<Outcome> {
    let found: Vec<String> =
        draft.hits.iter().map(|hit| format!("{} in {}", hit.kind.as_str(), hit.part)).collect();
    let what = format!("{} {period} is quarantined: the egress guard found {}", job.name, found.join(", "));
    let subject = format!("{} {period}", job.name);
    run.write(house, |writer| record(writer, "report.quarantine", &subject, ("", &what), run.now))?;
    let message = format!(
        "{what}; nothing was sent. Find where the product or group name comes from, then run the job again"
    );
    Ok(Outcome::Failed(Failure::lasting(Trouble::Quarantined, message)))
}
