//! The selects that a configured query stands in.

use std::sync::Arc;

use super::value::{Column, Kind, Offset};
use super::{Server, header, said, since};
use crate::domain::feed::Feed;
use crate::settings::{FeedMap, SourceSettings};
use crate::source::error::Error;
use crate::source::plan::{Binding, Plan};
use crate::source::row::Header;

/// How a server wants to be asked.
pub(super) struct Dialect {
    pub quote: char,
    /// Whether a backslash in a text takes the next sign's meaning away.
    pub backslashes: bool,
    pub parameter: &'static str,
    /// Whether every place of a parameter is given a value of its own.
    pub counts_parameters: bool,
    /// A column as a text that [`super::value::cell`] reads; `{}` stands for it.
    pub text: fn(Kind) -> &'static str,
    /// Bytes are compared with bytes, so that the rows of one order stand together.
    pub binary: &'static str,
    /// No value, where others of its column are texts, and where they are whole numbers.
    pub no_text: &'static str,
    pub no_number: &'static str,
    /// A parameter as the type that the server told of, and what to give it.
    pub typed: fn(&str, &Offset) -> Option<(&'static str, String)>,
}

/// A feed's query, understood by the server.
pub(super) struct Query {
    pub feed: Feed,
    pub header: Arc<Header>,
    pub columns: Vec<Column>,
    /// Places of `:since`.
    pub parameters: usize,
    sql: String,
    argument: String,
    counts: bool,
}

impl Query {
    /// Asks the server what the query brings.
    ///
    /// # Errors
    /// [`Error::Settings`] for a query that is none, [`Error::Unreadable`] for one that the server does not understand.
    pub fn prepare(
        server: &mut dyn Server,
        source: &SourceSettings,
        feed: Feed,
        map: &FeedMap,
        offset: &Offset,
    ) -> Result<Self, Error> {
        let name = feed.as_str();
        let wrong = |what: &str| Error::Settings(format!("the query of {name} {what}"));
        let given = map.query.as_deref().map(|sql| sql.trim().trim_end_matches(';'));
        let given = given.filter(|sql| !sql.is_empty()).ok_or_else(|| {
            Error::Settings(format!("{name} has no `query`; write one that selects its columns"))
        })?;
        let dialect = server.dialect();
        let place = |place: &str| since::replace(given, dialect.backslashes, place).map_err(wrong);
        let (sql, parameters) = place(dialect.parameter)?;
        let described = server.describe(inside("*", &sql, None)).map_err(|error| {
            let what = format!("the server {}", said(&error));
            Error::unreadable(feed, &format!("{name} query"), what)
        })?;
        let expected = if dialect.counts_parameters { parameters } else { parameters.min(1) };
        if described.parameters != expected {
            return Err(wrong("takes a parameter that is not :since"));
        }
        let (sql, argument) = match &described.parameter {
            Some(kind) if parameters > 0 => {
                let (typed, argument) = (dialect.typed)(kind, offset)
                    .ok_or_else(|| wrong("compares :since with what is no date; cast it to one"))?;
                (place(typed)?.0, argument)
            }
            _ => (sql, offset.since_anything()),
        };
        let header = header(feed, &described.columns, source.decimal)?;
        let counts = dialect.counts_parameters;
        Ok(Self { feed, header, columns: described.columns, parameters, sql, argument, counts })
    }

    /// The values of its parameters.
    pub fn arguments(&self) -> Vec<String> {
        let times = if self.counts { self.parameters } else { self.parameters.min(1) };
        vec![self.argument.clone(); times]
    }

    fn column(&self, source: &SourceSettings, ours: &str) -> Result<Option<&Column>, Error> {
        let plan = Plan::new(&source.feeds[&self.feed], &self.header)?;
        Ok(match plan.bindings.get(ours) {
            Some(Binding::Column(index)) => self.columns.get(*index),
            _ => None,
        })
    }
}

/// Every row of one feed.
pub(super) fn of_feed(dialect: &Dialect, query: &Query, limit: Option<u64>) -> String {
    let columns: Vec<String> = query.columns.iter().map(|column| text(dialect, column)).collect();
    inside(&columns.join(", "), &query.sql, limit)
}

/// The rows of all queries, those of each order together and in the queries' order: the order's number, the query's,
/// then the row's texts. Lines stand by their number.
///
/// # Errors
/// [`Error::Settings`] when no column says which order a row is of.
pub(super) fn by_order(
    dialect: &Dialect,
    queries: &[&Query],
    source: &SourceSettings,
) -> Result<String, Error> {
    let width = queries.iter().map(|query| query.columns.len()).max().unwrap_or(0);
    let of_number =
        |query: &&&Query| query.column(source, "line_id").ok().flatten().map(|column| column.kind);
    let line_kind = queries.iter().find_map(|query| of_number(&query));
    let no_line = if line_kind == Some(Kind::Integer) { dialect.no_number } else { dialect.no_text };
    let mut parts = Vec::new();
    for (which, query) in queries.iter().enumerate() {
        let order = query.column(source, "order_id")?.ok_or_else(|| {
            Error::Settings(format!("{}: order_id must be a column of the query", query.feed.as_str()))
        })?;
        let line = match query.column(source, "line_id")? {
            Some(column) if column.kind == Kind::Integer => quoted(dialect, &column.name),
            Some(column) => text(dialect, column),
            None => no_line.to_owned(),
        };
        let mut selected = vec![
            format!("{} AS fw_order", text(dialect, order)),
            format!("{which} AS fw_query"),
            format!("{line} AS fw_line"),
        ];
        selected.extend((0..width).map(|index| match query.columns.get(index) {
            Some(column) => format!("{} AS fw_{index}", text(dialect, column)),
            None => format!("{} AS fw_{index}", dialect.no_text),
        }));
        parts.push(inside(&selected.join(", "), &query.sql, None));
    }
    let number = Column { name: "fw_query".to_owned(), kind: Kind::Integer };
    let columns: Vec<String> = (0..width).map(|index| format!("fw_{index}")).collect();
    Ok(format!(
        "SELECT fw_order, {}, {} FROM (\n{}\n) AS fw_all ORDER BY fw_order {}, fw_query, fw_line",
        text(dialect, &number),
        columns.join(", "),
        parts.join("\nUNION ALL\n"),
        dialect.binary,
    ))
}

/// The values of all their parameters.
///
/// # Errors
/// [`Error::Settings`] where one value would have to stand for two types.
pub(super) fn arguments(dialect: &Dialect, queries: &[&Query]) -> Result<Vec<String>, Error> {
    let mut arguments: Vec<String> = queries.iter().flat_map(|query| query.arguments()).collect();
    if !dialect.counts_parameters {
        arguments.dedup();
        if arguments.len() > 1 {
            let what = "the queries of orders and of order_lines compare :since with columns of different types; \
                        cast one of them";
            return Err(Error::Settings(what.to_owned()));
        }
    }
    Ok(arguments)
}

/// A line of its own, for the query may end in a comment.
fn inside(columns: &str, sql: &str, limit: Option<u64>) -> String {
    let limit = limit.map_or(String::new(), |limit| format!(" LIMIT {limit}"));
    format!("SELECT {columns} FROM (\n{sql}\n) AS fw_rows{limit}")
}

fn text(dialect: &Dialect, column: &Column) -> String {
    (dialect.text)(column.kind).replace("{}", &quoted(dialect, &column.name))
}

fn quoted(dialect: &Dialect, name: &str) -> String {
    let quote = dialect.quote;
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}
