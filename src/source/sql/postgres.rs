//! PostgreSQL.

use jiff::Timestamp;
use smol::stream::StreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Either, Executor, Row, SqlSafeStr, Statement, TypeInfo,
};
use zeroize::Zeroizing;

use super::query::Dialect;
use super::value::{Column, Kind, Offset};
use super::{CONNECTING, Described, Interrupted, Server, Take, WAITING, wait};
use crate::settings::{DatabaseAddress, DatabaseServer};

static DIALECT: Dialect = Dialect {
    quote: '"',
    backslashes: false,
    parameter: "$1",
    counts_parameters: false,
    text,
    binary: "COLLATE \"C\"",
    no_text: "NULL::text",
    no_number: "NULL::bigint",
    typed,
};

pub(super) struct Connected(PgConnection);

impl Connected {
    /// Opens the connection and its transaction.
    pub fn to(server: &DatabaseServer, password: Option<&Zeroizing<String>>) -> Result<Self, sqlx::Error> {
        let mut options = PgConnectOptions::new_without_pgpass()
            .username(&server.user)
            .database(&server.database)
            .application_name("firstwatch")
            .ssl_mode(if server.is_over_tls() { PgSslMode::VerifyFull } else { PgSslMode::Disable })
            .disable_statement_logging();
        options = match &server.at {
            DatabaseAddress::Host { host, port } => options.host(host).port(*port),
            DatabaseAddress::Socket { path, port } => options.socket(path).port(*port),
        };
        if let Some(file) = &server.ca_file {
            options = options.ssl_root_cert(file);
        }
        if let Some(password) = password {
            options = options.password(password);
        }
        smol::block_on(wait(CONNECTING, async {
            let mut connection = options.connect().await?;
            connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            Ok(Self(connection))
        }))
    }
}

impl Server for Connected {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn now(&mut self) -> Result<Timestamp, sqlx::Error> {
        let sql = "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";
        let now: String = smol::block_on(wait(WAITING, sqlx::query_scalar(sql).fetch_one(&mut self.0)))?;
        now.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
    }

    fn describe(&mut self, sql: String) -> Result<Described, sqlx::Error> {
        let statement = smol::block_on(wait(WAITING, self.0.prepare(AssertSqlSafe(sql).into_sql_str())))?;
        let types = match statement.parameters() {
            Some(Either::Left(types)) => types.iter().map(|kind| kind.name().to_owned()).collect(),
            _ => Vec::new(),
        };
        let column = |column: &sqlx::postgres::PgColumn| Column {
            name: column.name().to_owned(),
            kind: kind(column.type_info().name()),
        };
        let columns = statement.columns().iter().map(column).collect();
        Ok(Described { columns, parameters: types.len(), parameter: types.into_iter().next() })
    }

    fn stream(&mut self, sql: String, parameters: &[String], take: Take<'_>) -> Result<(), Interrupted> {
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for parameter in parameters {
            query = query.bind(parameter.clone());
        }
        let mut rows = query.fetch(&mut self.0);
        smol::block_on(async {
            while let Some(row) = wait(WAITING, rows.try_next()).await.map_err(Interrupted::Server)? {
                // Each was cast to a text: its type need not be looked at.
                let texts =
                    (0..row.len()).map(|index| row.try_get_unchecked(index)).collect::<Result<_, _>>();
                take(texts.map_err(Interrupted::Server)?).map_err(Interrupted::Ours)?;
            }
            Ok(())
        })
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "INT2" | "INT4" | "INT8" => Kind::Integer,
        "NUMERIC" => Kind::Number,
        "FLOAT4" | "FLOAT8" => Kind::Real,
        "BOOL" => Kind::Boolean,
        "DATE" => Kind::Day,
        "TIMESTAMP" => Kind::Local,
        "TIMESTAMPTZ" => Kind::Instant,
        "BYTEA" => Kind::Bytes,
        _ => Kind::Text,
    }
}

fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::Day => "to_char({}, 'YYYY-MM-DD')",
        Kind::Local => "to_char({}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
        Kind::Instant => "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
        _ => "({})::text",
    }
}

fn typed(kind: &str, offset: &Offset) -> Option<(&'static str, String)> {
    Some(match kind {
        "TIMESTAMPTZ" => ("(($1::text)::timestamptz)", offset.since_instant()),
        "TIMESTAMP" => ("(($1::text)::timestamp)", offset.since_local()),
        "DATE" => ("(($1::text)::date)", offset.since_local()),
        "TEXT" | "VARCHAR" | "CHAR" => ("($1::text)", offset.since_text.clone()),
        _ => return None,
    })
}
