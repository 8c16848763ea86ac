//! SQLite files: one query a feed, all of one fetch in one read transaction, so that an order and its lines
//! are of the same instant.
//!
//! The file is opened read-only, and the shop may go on writing it. A query may take `:since`: an hour before
//! the last fetch, written as the source itself writes instants, for SQLite compares them as texts; the epoch
//! at the first. The hour covers a clock set back and a transaction that was open at the last fetch; what it
//! brings a second time has not changed, and the caller compares contents.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};

use super::dates::Dates;
use super::error::Error;
use super::row::{Cell, Header, Row};
use super::{Context, Sink};
use crate::domain::feed::Feed;
use crate::settings::{FeedMap, SourceSettings};

/// How long to wait for the shop's own writer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs every feed's query and gives its first `limit` rows.
///
/// # Errors
/// [`Error::Unreadable`] for a file that is no database and a query that fails; [`Error::Settings`] for
/// queries that do not go together.
pub(super) fn read(
    source: &SourceSettings,
    context: &Context<'_>,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let Some(first) = source.feeds.keys().next().copied() else { return Ok(()) };
    let path = source
        .path
        .as_ref()
        .ok_or_else(|| Error::Settings("a SQLite source has no `path`; name its database file".to_owned()))?;
    let shown = path.to_string_lossy();
    let unreadable = |what| move |error| Error::because(first, &path.to_string_lossy(), what, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)
        .map_err(unreadable("it cannot be opened; is it there, and may we read it?"))?;
    connection.busy_timeout(PATIENCE).map_err(unreadable("it cannot be opened"))?;
    let transaction = connection.transaction().map_err(unreadable("no transaction can begin"))?;
    let file = path.file_name().map_or(shown.clone(), |name| name.to_string_lossy());
    let since = Dates::new(source, context.zone)?.written(context.asked_since())?;
    let mut incremental = Vec::new();
    for (feed, map) in &source.feeds {
        let query = Query { feed: *feed, origin: format!("{file}: {} query", feed.as_str()), map };
        if query.run(&transaction, &since, limit, source.decimal, sink)? {
            incremental.push(*feed);
        }
    }
    check_pair(source, &incremental)
}

/// Orders and their lines are both since an instant, or both whole: else orders come without lines, or
/// lines without orders.
pub(super) fn check_pair(source: &SourceSettings, incremental: &[Feed]) -> Result<(), Error> {
    let [orders, lines] = [Feed::Orders, Feed::OrderLines].map(|feed| incremental.contains(&feed));
    if source.feeds.contains_key(&Feed::OrderLines) && orders != lines {
        let what = "the queries of orders and of order_lines must both use :since, or neither; \
                    let that of order_lines join the orders it is for";
        return Err(Error::Settings(what.to_owned()));
    }
    Ok(())
}

struct Query<'a> {
    feed: Feed,
    origin: String,
    map: &'a FeedMap,
}

impl Query<'_> {
    /// Whether the query uses `:since`.
    fn run(
        &self,
        connection: &Connection,
        since: &str,
        limit: u64,
        decimal: char,
        sink: &mut dyn Sink,
    ) -> Result<bool, Error> {
        let feed = self.feed.as_str();
        let sql = self.map.query.as_ref().ok_or_else(|| {
            Error::Settings(format!("{feed} has no `query`; write one that selects its columns"))
        })?;
        let mut statement = connection.prepare(sql).map_err(|error| self.failed(error))?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(Error::Settings(format!("the query of {feed} is no select; write one that reads")));
        }
        let incremental = self.bind(&mut statement, since)?;
        let names = statement.column_names().map(str::to_owned).collect();
        let header = Arc::new(Header::new(self.feed, &self.origin, names, decimal)?);
        sink.head(&header)?;
        let mut rows = statement.raw_query();
        let mut number = 0;
        while number < limit {
            let Some(row) = rows.next().map_err(|error| self.failed(error))? else { break };
            number += 1;
            let cells = (0..header.columns.len())
                .map(|index| row.get_ref(index).map(cell))
                .collect::<rusqlite::Result<Vec<Cell>>>()
                .map_err(|error| self.failed(error))?;
            sink.row(Row::new(&header, number, cells));
        }
        Ok(incremental)
    }

    fn bind(&self, statement: &mut Statement<'_>, since: &str) -> Result<bool, Error> {
        for index in 1..=statement.parameter_count() {
            if statement.parameter_name(index) != Some(":since") {
                let feed = self.feed.as_str();
                return Err(Error::Settings(format!(
                    "the query of {feed} takes a parameter that is not :since"
                )));
            }
            statement.raw_bind_parameter(index, since).map_err(|error| self.failed(error))?;
        }
        Ok(statement.parameter_count() > 0)
    }

    fn failed(&self, error: rusqlite::Error) -> Error {
        let what = match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => "it is no SQLite database",
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => "the database is damaged",
            Some(rusqlite::ErrorCode::DatabaseBusy) => "the database stayed locked; try again",
            _ => "the query fails",
        };
        Error::because(self.feed, &self.origin, what, error)
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Missing,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Bytes(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    }
}
