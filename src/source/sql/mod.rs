//! PostgreSQL and MySQL or MariaDB: one query a feed, all of one fetch in one read-only transaction at one snapshot.
//!
//! A configured query stands in a select of ours (`query`), which turns every column into a text on the server, so that
//! numbers arrive exactly as they stand there; and which brings orders and their lines as one stream, sorted by order,
//! so that parts can be handed over as they come. How the two servers differ stands in `postgres` and `mysql`.
//!
//! Invariant: no error repeats a value of a row or a secret. A server's own words are told only where they speak of the
//! query, never where they may speak of its rows.

mod mysql;
mod postgres;
mod query;
mod since;
mod value;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use smol::Timer;

use self::query::{Dialect, Query};
use self::value::{Column, Offset};
use super::error::Error;
use super::row::{Cell, Header, Row};
use super::{Context, Sink, sqlite};
use crate::domain::feed::Feed;
use crate::settings::{Access, DatabaseAddress, DatabaseServer, SourceKind, SourceSettings};

/// For a connection, with its certificate and its password.
const CONNECTING: Duration = Duration::from_secs(20);

/// For the next row; before the first one the server may have to sort. Shorter than the shortest lease of a run.
const WAITING: Duration = Duration::from_secs(9 * 60);

/// Customers go before the orders that name them.
const ORDER: [Feed; 5] = [Feed::Customers, Feed::Orders, Feed::Refunds, Feed::Payments, Feed::Complaints];

/// A connection in its transaction.
trait Server {
    fn dialect(&self) -> &'static Dialect;

    /// The instant at the server.
    fn now(&mut self) -> Result<Timestamp, sqlx::Error>;

    /// The columns of a select, and what its first parameter is compared with, where the server can tell.
    fn describe(&mut self, sql: String) -> Result<Described, sqlx::Error>;

    /// Gives each row's texts as they come; the error of `take` comes back as it is.
    fn stream(&mut self, sql: String, parameters: &[String], take: Take<'_>) -> Result<(), Interrupted>;
}

type Take<'a> = &'a mut dyn FnMut(Vec<Option<String>>) -> Result<(), Error>;

struct Described {
    columns: Vec<Column>,
    parameters: usize,
    parameter: Option<String>,
}

/// Why a stream did not come to its end.
enum Interrupted {
    Server(sqlx::Error),
    Ours(Error),
}

/// Runs every feed's query and gives its first `limit` rows; says until when they are complete.
///
/// # Errors
/// [`Error::Server`] when there is no connection, [`Error::Unreadable`] for a query that fails, [`Error::Settings`] for
/// queries that do not go together.
pub(super) fn read(
    source: &SourceSettings,
    context: &Context<'_>,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<Timestamp, Error> {
    let Access::Database(address) = &source.access else {
        return Err(Error::Settings("it has no `host`; name the database's server".to_owned()));
    };
    let offset = Offset::new(source, context)?;
    let mut server = connect(source.kind, address, &offset)?;
    let shown = shown(address);
    let broken = |error: sqlx::Error| Error::Server { server: shown.clone(), what: said(&error) };
    let now = server.now().map_err(broken)?;
    let mut reader = Reader { server: server.as_mut(), source, offset, sink };
    let queries = source.feeds.keys().map(|feed| reader.prepare(*feed)).collect::<Result<Vec<_>, _>>()?;
    let incremental: Vec<Feed> =
        queries.iter().filter(|query| query.parameters > 0).map(|query| query.feed).collect();
    sqlite::check_pair(source, &incremental)?;
    let of = |feed| queries.iter().find(|query| query.feed == feed);
    let together: Vec<&Query> = [Feed::Orders, Feed::OrderLines].into_iter().filter_map(of).collect();
    query::arguments(reader.server.dialect(), &together)?;
    if limit < u64::MAX {
        queries.iter().try_for_each(|query| reader.feed(query, Some(limit)))?;
        return Ok(now.min(context.now));
    }
    for feed in ORDER {
        match of(feed) {
            Some(_) if feed == Feed::Orders => reader.orders(&together)?,
            Some(query) => reader.feed(query, None)?,
            None => {}
        }
    }
    Ok(now.min(context.now))
}

fn connect(kind: SourceKind, address: &DatabaseServer, offset: &Offset) -> Result<Box<dyn Server>, Error> {
    let password = address.password_file.as_deref();
    let password = password.map(|file| super::secret::read("password_file", file)).transpose()?;
    let connected: Result<Box<dyn Server>, sqlx::Error> = match kind {
        SourceKind::Mysql => {
            mysql::Connected::to(address, password.as_ref(), offset).map(|server| Box::new(server) as _)
        }
        _ => postgres::Connected::to(address, password.as_ref()).map(|server| Box::new(server) as _),
    };
    connected.map_err(|error| Error::Server { server: shown(address), what: said(&error) })
}

fn shown(address: &DatabaseServer) -> String {
    match &address.at {
        DatabaseAddress::Host { host, port } => format!("the database server {host}:{port}"),
        DatabaseAddress::Socket { path, .. } => format!("the database server at {}", path.display()),
    }
}

/// Waits for the server, but not for ever.
fn wait<T>(
    most: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, sqlx::Error>> {
    let too_long = async move {
        Timer::after(most).await;
        Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
    };
    smol::future::or(work, too_long)
}

/// What a server's error means, as a sentence without its subject.
fn said(error: &sqlx::Error) -> String {
    let plain = match error {
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => "does not answer in time",
        sqlx::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "refuses the connection; does it run, and are `host` and `port` right?"
        }
        sqlx::Error::Io(error) => return format!("breaks off the connection ({})", error.kind()),
        sqlx::Error::Tls(_) => {
            "has no certificate that can be trusted; let it speak TLS, or name its authority as `ca_file`"
        }
        // MySQL's own way of passwords, without which there is no other of this kind.
        sqlx::Error::Configuration(_) => {
            "takes this user's password over TLS alone; name its authority as `ca_file` (MySQL keeps it as ca.pem)"
        }
        sqlx::Error::Database(error) => return of_database(error.as_ref()),
        _ => "does not speak as it should; is it of this kind?",
    };
    plain.to_owned()
}

fn of_database(error: &dyn sqlx::error::DatabaseError) -> String {
    let mysql = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map(|error| error.number());
    let state = error.code().unwrap_or_default();
    let is = |numbers: &[u16], states: &[&str]| match mysql {
        Some(number) => numbers.contains(&number),
        None => states.iter().any(|start| state.starts_with(start)),
    };
    if is(&[1045, 1698], &["28"]) {
        return "refuses the user or the password; correct `user` and `password_file`".to_owned();
    }
    if is(&[1044, 1049], &["3D"]) {
        return "has no such database, or not for this user; correct `database`".to_owned();
    }
    if is(&[1142, 1143, 1370], &["42501"]) {
        return "does not let this user read all that is asked for; grant it SELECT".to_owned();
    }
    // These speak of the query alone.
    if is(&[1052, 1054, 1060, 1064, 1146, 1305], &["42"]) {
        return format!("does not understand it: {}", error.message());
    }
    if is(&[], &["57P", "25P"]) || mysql == Some(1927) {
        return "has ended the connection; try again".to_owned();
    }
    let number = mysql.map_or_else(|| state.into_owned(), |number| number.to_string());
    format!("reports error {number}; its log says more")
}

/// A fetch's feeds on their way to the sink.
struct Reader<'a> {
    server: &'a mut dyn Server,
    source: &'a SourceSettings,
    offset: Offset,
    sink: &'a mut dyn Sink,
}

impl Reader<'_> {
    fn prepare(&mut self, feed: Feed) -> Result<Query, Error> {
        let map = &self.source.feeds[&feed];
        let query = Query::prepare(self.server, self.source, feed, map, &self.offset)?;
        self.sink.head(&query.header)?;
        Ok(query)
    }

    /// One feed by itself, in the server's own order.
    fn feed(&mut self, query: &Query, limit: Option<u64>) -> Result<(), Error> {
        let sql = query::of_feed(self.server.dialect(), query, limit);
        let mut numbers = Numbers::default();
        let (sink, offset, decimal) = (&mut *self.sink, &self.offset, self.source.decimal);
        let mut take = |texts: Vec<Option<String>>| {
            sink.row(row(query, numbers.next(query.feed), texts.into_iter(), offset, decimal));
            sink.pause(None)
        };
        let streamed = self.server.stream(sql, &query.arguments(), &mut take);
        streamed.map_err(|interrupted| failed(query.feed, &query.header.origin, interrupted))
    }

    /// Orders, each with its lines.
    fn orders(&mut self, queries: &[&Query]) -> Result<(), Error> {
        let sql = query::by_order(self.server.dialect(), queries, self.source)?;
        let arguments = query::arguments(self.server.dialect(), queries)?;
        let mut numbers = Numbers::default();
        let mut last: Option<String> = None;
        let (sink, offset, decimal) = (&mut *self.sink, &self.offset, self.source.decimal);
        let mut take = |texts: Vec<Option<String>>| {
            let mut texts = texts.into_iter();
            let key = texts.next().flatten();
            let which = texts.next().flatten().and_then(|which| which.parse::<usize>().ok()).unwrap_or(0);
            if key != last {
                sink.pause(None)?;
                last = key;
            }
            let query = queries[which.min(queries.len() - 1)];
            sink.row(row(query, numbers.next(query.feed), texts, offset, decimal));
            Ok(())
        };
        let streamed = self.server.stream(sql, &arguments, &mut take);
        streamed.map_err(|interrupted| failed(Feed::Orders, &queries[0].header.origin, interrupted))
    }
}

/// Rows are numbered as they come, each feed's from 1.
#[derive(Default)]
struct Numbers([u64; 2]);

impl Numbers {
    fn next(&mut self, feed: Feed) -> u64 {
        let number = &mut self.0[usize::from(feed == Feed::OrderLines)];
        *number += 1;
        *number
    }
}

fn row(
    query: &Query,
    number: u64,
    texts: impl Iterator<Item = Option<String>>,
    offset: &Offset,
    decimal: char,
) -> Row {
    let cell = |(column, text): (&Column, Option<String>)| {
        text.map_or(Cell::Missing, |text| value::cell(column.kind, text, offset, decimal))
    };
    let cells = std::iter::zip(&query.columns, texts).map(cell).collect();
    Row::new(&query.header, number, cells)
}

fn failed(feed: Feed, origin: &str, interrupted: Interrupted) -> Error {
    match interrupted {
        Interrupted::Ours(error) => error,
        Interrupted::Server(error) => Error::unreadable(feed, origin, format!("the server {}", said(&error))),
    }
}

/// A query's head, as it is shown.
fn header(feed: Feed, columns: &[Column], decimal: char) -> Result<Arc<Header>, Error> {
    let names = columns.iter().map(|column| column.name.clone()).collect();
    Ok(Arc::new(Header::new(feed, &format!("{} query", feed.as_str()), names, decimal)?))
}
