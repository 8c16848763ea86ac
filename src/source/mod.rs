//! Sources: a shop's files, databases and web shops, as six feeds of plain values.
//!
//! A reader a kind (`csv`, `parquet`, `sqlite`, `sql` for PostgreSQL and MySQL, `woocommerce`) turns a file, a query
//! or an answer into rows; a mapper a feed (`feeds`) turns a row into a value of the domain, or says why it does not
//! fit; `assemble` joins orders with their lines. Readers know nothing of feeds, mappers nothing of files.
//!
//! Servers are read in parts, each an order whole, so that memory does not grow with rows: [`fetch_in_parts`] hands
//! every part over before it reads the next. A part may carry a position, from which a later fetch goes on when this
//! one comes to no end.
//!
//! Invariants: one bad row never stops a fetch and is never dropped: it is `Rejected`, whole. A column that
//! the settings name and the source lacks stops it, for every row would be wrong. No reason and no error
//! repeats a value that could be a person's.
//!
//! How far a batch is complete: a file kind says what stood in its files when they were last written, so a
//! batch is complete until the oldest of their modification times; a database is asked in one read
//! transaction and a web shop up to a fixed instant, so theirs is complete until then. Parts before the last say
//! nothing of it.
//!
//! Deliberately absent: what changed since the last pull (the caller compares contents), the clock, and the store.

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
mod secret;
mod sql;
mod sqlite;
mod trial;
mod woocommerce;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use error::Error;
pub use trial::{ColumnOrigin, ColumnReport, FeedReport, Refusal, TestReport};

use self::fields::Reading;
use self::gather::Gathered;
use self::plan::Plan;
use self::row::{Header, Row};
use self::trial::Trial;
use crate::domain::feed::{Batch, Feed, Rejected};
use crate::domain::ids::OrderId;
use crate::domain::money::Currency;
use crate::settings::{SourceKind, SourceSettings};

/// Rows of each feed that [`test`] looks at.
const TRIED_ROWS: u64 = 10;

/// Rows that a part holds at least, if there are so many.
const PART_ROWS: u64 = 5_000;

/// How far before the last fetch a server is asked again: this covers a clock set back, and a transaction that was open
/// at the last fetch. What it brings a second time has not changed.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);

/// What a fetch needs to know of the business and of its own past.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub currency: &'a Currency,
    /// The business's; a source may have its own.
    pub zone: &'a TimeZone,
    /// How far an earlier fetch was complete; queries may ask for what changed since.
    pub since: Option<Timestamp>,
    /// The position of the last part of an earlier fetch that came to no end.
    pub position: Option<&'a str>,
    /// The instant the fetch begins.
    pub now: Timestamp,
}

impl Context<'_> {
    /// The instant since which a server is asked for changes: the epoch at the first fetch.
    fn asked_since(&self) -> Timestamp {
        self.since.map_or(Timestamp::UNIX_EPOCH, |since| since.checked_sub(OVERLAP).unwrap_or(since))
    }
}

/// Reads every feed of the source as one batch, however large.
///
/// # Errors
/// [`Error`] for what stops the whole source; what is wrong with a row is in [`Batch::rejected`].
pub fn fetch(source: &SourceSettings, context: &Context<'_>) -> Result<Batch, Error> {
    let reading = Reading::of(source, context)?;
    let mut collector = Collector::new(source, &reading, None);
    let complete_until = read(source, context, u64::MAX, &mut collector)?;
    Ok(collector.batch(complete_until))
}

/// Reads every feed of the source, and hands over each part before it reads the next; the last one is returned. Files
/// are one part.
///
/// # Errors
/// [`Error`] for what stops the whole source, and what `take` says: the parts until then are taken.
pub fn fetch_in_parts<E: From<Error>>(
    source: &SourceSettings,
    context: &Context<'_>,
    mut take: impl FnMut(Batch) -> Result<(), E>,
) -> Result<Batch, E> {
    let reading = Reading::of(source, context)?;
    let mut refusal = None;
    let mut hand_over = |part: Batch| {
        take(part).map_err(|error| {
            refusal = Some(error);
            Error::NotTaken
        })
    };
    let mut collector = Collector::new(source, &reading, Some(&mut hand_over));
    let read = read(source, context, u64::MAX, &mut collector);
    let rest = read.map(|complete_until| collector.batch(complete_until));
    match (rest, refusal) {
        (Err(Error::NotTaken), Some(refusal)) => Err(refusal),
        (Err(error), _) => Err(error.into()),
        (Ok(rest), _) => Ok(rest),
    }
}

/// What a web shop no longer shows of the orders that were read from it.
#[derive(Debug)]
pub struct Sweep {
    /// Deleted for good.
    pub gone: Vec<OrderId>,
    /// Moved to the bin, or changed in a way that its lists do not show.
    pub changed: Batch,
}

/// Asks which of the `known` orders a web shop no longer shows; `None` of a kind of source that cannot be asked.
///
/// # Errors
/// [`Error`], also when so many are gone that it is hardly the same shop.
pub fn sweep(
    source: &SourceSettings,
    context: &Context<'_>,
    known: &BTreeSet<OrderId>,
) -> Result<Option<Sweep>, Error> {
    if source.kind != SourceKind::Woocommerce {
        return Ok(None);
    }
    let reading = Reading::of(source, context)?;
    let mut collector = Collector::new(source, &reading, None);
    let gone = woocommerce::sweep(source, context, known, &mut collector)?;
    Ok(Some(Sweep { gone, changed: collector.batch(None) }))
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
    let mut collector = Collector::new(source, &reading, None);
    csv::read_bytes(source, feed, origin, content, u64::MAX, &mut collector)?;
    Ok(collector.batch(None))
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

    /// Says that every order until here is whole. With a position, a later fetch may go on from here.
    ///
    /// # Errors
    /// [`Error::NotTaken`] when the part could not be handed over.
    fn pause(&mut self, position: Option<String>) -> Result<(), Error>;
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
        SourceKind::Postgres | SourceKind::Mysql => return sql::read(source, context, limit, sink).map(Some),
        SourceKind::Woocommerce => return woocommerce::read(source, context, limit, sink).map(Some),
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

/// Hands over a part.
type HandOver<'a> = &'a mut dyn FnMut(Batch) -> Result<(), Error>;

/// Maps rows as they come.
struct Collector<'a> {
    source: &'a SourceSettings,
    reading: &'a Reading,
    plans: BTreeMap<Feed, Plan>,
    gathered: Gathered,
    /// `None`: everything is one part.
    hand_over: Option<HandOver<'a>>,
}

impl<'a> Collector<'a> {
    fn new(source: &'a SourceSettings, reading: &'a Reading, hand_over: Option<HandOver<'a>>) -> Self {
        Self { source, reading, plans: BTreeMap::new(), gathered: Gathered::default(), hand_over }
    }

    /// What was gathered since the last part. A web shop tells each order together with all its refunds.
    fn batch(&mut self, complete_until: Option<Timestamp>) -> Batch {
        let gathered = std::mem::take(&mut self.gathered);
        let doubtful = gathered.refund_broken.clone();
        let mut batch = assemble::assemble(gathered, complete_until);
        if self.source.kind == SourceKind::Woocommerce {
            let whole = batch.orders.iter().map(|order| &order.id).filter(|id| !doubtful.contains(id));
            batch.refunds_whole = whole.cloned().collect();
        }
        batch
    }
}

impl Sink for Collector<'_> {
    fn head(&mut self, header: &Arc<Header>) -> Result<(), Error> {
        self.plans.insert(header.feed, Plan::new(&self.source.feeds[&header.feed], header)?);
        self.gathered.read.entry(header.feed).or_default();
        Ok(())
    }

    fn row(&mut self, row: Row) {
        if let Some(plan) = self.plans.get(&row.header.feed) {
            self.gathered.take(self.reading, plan, row);
        }
    }

    fn pause(&mut self, position: Option<String>) -> Result<(), Error> {
        let rows: u64 = self.gathered.read.values().sum();
        if self.hand_over.is_none() || (position.is_none() && rows < PART_ROWS) {
            return Ok(());
        }
        let part = Batch { position, ..self.batch(None) };
        self.hand_over.as_mut().map_or(Ok(()), |hand_over| hand_over(part))
    }
}
