//! Sources: a shop's CSV, Parquet and SQLite files, as six feeds of plain values.
//!
//! A reader a kind (`csv`, `parquet`, `sqlite`) turns a file or a query into rows; a mapper a feed
//! (`feeds`) turns a row into a value of the domain, or says why it does not fit; `assemble` joins orders
//! with their lines. Readers know nothing of feeds, mappers nothing of files.
//!
//! Invariants: one bad row never stops a fetch and is never dropped: it is `Rejected`, whole. A column that
//! the settings name and the source lacks stops it, for every row would be wrong. No reason and no error
//! repeats a value that could be a person's.
//!
//! How far a batch is complete: a file kind says what stood in its files when they were last written, so a
//! batch is complete until the oldest of their modification times; a SQLite file is asked in one read
//! transaction, so its batch is complete until the instant the fetch began.
//!
//! Deliberately absent: what changed since the last pull (file kinds are read whole; the caller compares
//! contents), the clock, and the store.

mod assemble;
mod csv;
mod dates;
mod error;
mod feeds;
mod fields;
mod file;
mod gather;
mod parquet;
mod plan;
mod row;
mod sqlite;
mod trial;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use error::Error;
pub use trial::{ColumnOrigin, ColumnReport, FeedReport, Refusal, TestReport};

use self::fields::Reading;
use self::gather::Gathered;
use self::plan::Plan;
use self::row::{Header, Row};
use self::trial::Trial;
use crate::domain::feed::{Batch, Feed, Rejected};
use crate::domain::money::Currency;
use crate::settings::{SourceKind, SourceSettings};

/// Rows of each feed that [`test`] looks at.
const TRIED_ROWS: u64 = 10;

/// What a fetch needs to know of the business and of its own past.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub currency: &'a Currency,
    /// The business's; a source may have its own.
    pub zone: &'a TimeZone,
    /// How far an earlier fetch was complete; queries may ask for what changed since.
    pub since: Option<Timestamp>,
    /// The instant the fetch begins.
    pub now: Timestamp,
}

/// Reads every feed of the source.
///
/// # Errors
/// [`Error`] for what stops the whole source; what is wrong with a row is in [`Batch::rejected`].
pub fn fetch(source: &SourceSettings, context: &Context<'_>) -> Result<Batch, Error> {
    let reading = Reading::of(source, context)?;
    let mut collector = Collector { source, reading: &reading, plan: None, gathered: Gathered::default() };
    let complete_until = read(source, context, u64::MAX, &mut collector)?;
    Ok(assemble::assemble(collector.gathered, complete_until))
}

/// Reads a CSV file of one feed that somebody hands over; the settings name no path. `origin` is the file's name, as
/// rejected rows tell it. Such a batch is complete at no instant.
///
/// # Errors
/// [`Error`] for what stops the whole file; what is wrong with a row is in [`Batch::rejected`].
pub fn read_csv(
    source: &SourceSettings,
    context: &Context<'_>,
    feed: Feed,
    origin: &str,
    content: &[u8],
) -> Result<Batch, Error> {
    let reading = Reading::of(source, context)?;
    let mut collector = Collector { source, reading: &reading, plan: None, gathered: Gathered::default() };
    csv::read_bytes(source, feed, origin, content, u64::MAX, &mut collector)?;
    Ok(assemble::assemble(collector.gathered, None))
}

/// Tries rows again that were rejected, for the settings may have learned to read them since. A row that
/// did not fit as a whole stays as it is, and so does a line whose order is not among the rows: reading
/// the source again heals those.
///
/// # Errors
/// [`Error::Settings`] when the settings do not fit the source.
pub fn retry(
    source: &SourceSettings,
    context: &Context<'_>,
    rejected: Vec<Rejected>,
) -> Result<Batch, Error> {
    let reading = Reading::of(source, context)?;
    let typed = source.kind != SourceKind::Csv;
    let mut gathered = Gathered::default();
    let mut plans: Vec<(Plan, Arc<Header>)> = Vec::new();
    for mut one in rejected {
        let Some(map) = source.feeds.get(&one.feed) else {
            *gathered.read.entry(one.feed).or_default() += 1;
            gathered.rejected.push(one);
            continue;
        };
        let columns = one.raw.keys().cloned().collect();
        let header = Header::new(one.feed, &one.origin, columns, source.decimal)?;
        // Kept rows have few heads between them: one a file, and those of rows with gaps.
        let known = plans.iter().position(|(_, known)| **known == header);
        let place = known.unwrap_or(plans.len());
        if known.is_none() {
            plans.push((Plan::lenient(map, &header)?, Arc::new(header)));
        }
        let (plan, header) = &plans[place];
        gathered.take(&reading, plan, Row::kept(header, &mut one, typed));
    }
    Ok(assemble::assemble(gathered, None))
}

/// Reads the first ten rows of each feed and says what was understood.
///
/// # Errors
/// [`Error`] for what would stop a fetch.
pub fn test(source: &SourceSettings, context: &Context<'_>) -> Result<TestReport, Error> {
    let reading = Reading::of(source, context)?;
    let mut trial = Trial::new(source, &reading);
    read(source, context, TRIED_ROWS, &mut trial)?;
    Ok(trial.report())
}

/// Takes in what a reader reads: a head, then its rows, feed after feed.
trait Sink {
    /// # Errors
    /// When the columns are not those that the settings need.
    fn head(&mut self, header: &Arc<Header>) -> Result<(), Error>;

    fn row(&mut self, row: Row);
}

/// Gives every feed's first `limit` rows to the sink; says until when they are complete.
fn read(
    source: &SourceSettings,
    context: &Context<'_>,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<Option<Timestamp>, Error> {
    check_feeds(source)?;
    let read_file = match source.kind {
        SourceKind::Csv => csv::read,
        SourceKind::Parquet => parquet::read,
        SourceKind::Sqlite => {
            sqlite::read(source, context, limit, sink)?;
            return Ok(Some(context.now));
        }
        SourceKind::Postgres | SourceKind::Mysql | SourceKind::Woocommerce => {
            let what = "its kind is not built into this version; use csv, parquet or sqlite";
            return Err(Error::Settings(what.to_owned()));
        }
    };
    let mut complete_until = context.now;
    for (feed, map) in &source.feeds {
        complete_until = complete_until.min(read_file(source, *feed, map, limit, sink)?);
    }
    Ok(Some(complete_until))
}

/// Orders and their lines come together, in one way.
fn check_feeds(source: &SourceSettings) -> Result<(), Error> {
    let wrong = |what: &str| Err(Error::Settings(what.to_owned()));
    let flat = |feed: &Feed| source.feeds.get(feed).is_some_and(|map| map.flat);
    let has = |feed| source.feeds.contains_key(&feed);
    if source.feeds.is_empty() {
        return wrong("it has no feeds; give it at least one, for example [source.orders]");
    }
    if source.feeds.keys().any(|feed| *feed != Feed::Orders && flat(feed)) {
        return wrong("only orders can be `flat`");
    }
    if flat(&Feed::Orders) && has(Feed::OrderLines) {
        return wrong("orders are `flat` and there are order_lines too; take one of them away");
    }
    if has(Feed::Orders) != has(Feed::OrderLines) && !flat(&Feed::Orders) {
        return wrong("orders and order_lines need each other; give both, or orders with `flat = true`");
    }
    Ok(())
}

/// Maps rows as they come.
struct Collector<'a> {
    source: &'a SourceSettings,
    reading: &'a Reading,
    plan: Option<Plan>,
    gathered: Gathered,
}

impl Sink for Collector<'_> {
    fn head(&mut self, header: &Arc<Header>) -> Result<(), Error> {
        self.plan = Some(Plan::new(&self.source.feeds[&header.feed], header)?);
        self.gathered.read.entry(header.feed).or_default();
        Ok(())
    }

    fn row(&mut self, row: Row) {
        if let Some(plan) = &self.plan {
            self.gathered.take(self.reading, plan, row);
        }
    }
}
