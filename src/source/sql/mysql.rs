//! MySQL and MariaDB.

use jiff::Timestamp;
use smol::stream::StreamExt;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Either, Executor, Row, SqlSafeStr, Statement, TypeInfo,
};
use zeroize::Zeroizing;

use super::query::Dialect;
use super::value::{Column, Kind, Offset};
use super::{CONNECTING, Described, Interrupted, Server, Take, WAITING, wait};
use crate::settings::{DatabaseAddress, DatabaseServer};

static DIALECT: Dialect = Dialect {
    quote: '`',
    backslashes: true,
    parameter: "?",
    counts_parameters: true,
    text,
    binary: "COLLATE utf8mb4_bin",
    no_text: "NULL",
    no_number: "NULL",
    typed: |_, _| None,
};

pub(super) struct Connected(MySqlConnection);

impl Connected {
    /// Opens the connection and its transaction. Its zone has the offset of the source's, so that columns of instants
    /// and columns of local times are compared with `:since` alike.
    pub fn to(
        server: &DatabaseServer,
        password: Option<&Zeroizing<String>>,
        offset: &Offset,
    ) -> Result<Self, sqlx::Error> {
        let seconds = offset.at_server.seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        let zone = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
        let mut options = MySqlConnectOptions::new()
            .username(&server.user)
            .database(&server.database)
            .charset("utf8mb4")
            .timezone(zone)
            .ssl_mode(if server.is_over_tls() {
                MySqlSslMode::VerifyIdentity
            } else {
                MySqlSslMode::Disabled
            })
            .disable_statement_logging();
        options = match &server.at {
            DatabaseAddress::Host { host, port } => options.host(host).port(*port),
            DatabaseAddress::Socket { path, .. } => options.socket(path),
        };
        if let Some(file) = &server.ca_file {
            options = options.ssl_ca(file);
        }
        if let Some(password) = password {
            options = options.password(password);
        }
        smol::block_on(wait(CONNECTING, async {
            let mut connection = options.connect().await?;
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
            let begin = sqlx::raw_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            connection.execute(begin).await?;
            Ok(Self(connection))
        }))
    }
}

impl Server for Connected {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn now(&mut self) -> Result<Timestamp, sqlx::Error> {
        let sql = "SELECT CAST(UNIX_TIMESTAMP() AS CHAR)";
        let now: String = smol::block_on(wait(WAITING, sqlx::query_scalar(sql).fetch_one(&mut self.0)))?;
        let second = now.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Timestamp::from_second(second).map_err(|error| sqlx::Error::Decode(Box::new(error)))
    }

    fn describe(&mut self, sql: String) -> Result<Described, sqlx::Error> {
        let statement = smol::block_on(wait(WAITING, self.0.prepare(AssertSqlSafe(sql).into_sql_str())))?;
        let parameters = match statement.parameters() {
            Some(Either::Right(count)) => count,
            _ => 0,
        };
        let column = |column: &sqlx::mysql::MySqlColumn| Column {
            name: column.name().to_owned(),
            kind: kind(column.type_info().name()),
        };
        let columns = statement.columns().iter().map(column).collect();
        Ok(Described { columns, parameters, parameter: None })
    }

    fn stream(&mut self, sql: String, parameters: &[String], take: Take<'_>) -> Result<(), Interrupted> {
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for parameter in parameters {
            query = query.bind(parameter.clone());
        }
        let mut rows = query.fetch(&mut self.0);
        smol::block_on(async {
            while let Some(row) = wait(WAITING, rows.try_next()).await.map_err(Interrupted::Server)? {
                let texts = (0..row.len()).map(|index| row.try_get(index)).collect::<Result<_, _>>();
                take(texts.map_err(Interrupted::Server)?).map_err(Interrupted::Ours)?;
            }
            Ok(())
        })
    }
}

fn kind(name: &str) -> Kind {
    match name.trim_end_matches(" UNSIGNED") {
        "BOOLEAN" | "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "YEAR" => Kind::Integer,
        "DECIMAL" => Kind::Number,
        "FLOAT" | "DOUBLE" => Kind::Real,
        "DATE" => Kind::Day,
        "DATETIME" => Kind::Local,
        "TIMESTAMP" => Kind::Instant,
        "BLOB" | "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" | "BINARY" | "VARBINARY" | "GEOMETRY" => Kind::Bytes,
        _ => Kind::Text,
    }
}

fn text(kind: Kind) -> &'static str {
    match kind {
        Kind::Local | Kind::Instant => "DATE_FORMAT({}, '%Y-%m-%dT%H:%i:%s.%f')",
        _ => "CAST({} AS CHAR CHARACTER SET utf8mb4)",
    }
}
