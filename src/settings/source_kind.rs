//! What a source is, and how it is asked.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    Csv,
    Parquet,
    Sqlite,
    Postgres,
    Mysql,
    Woocommerce,
}

impl SourceKind {
    /// Asked by queries over a connection.
    pub fn is_database_server(self) -> bool {
        matches!(self, Self::Postgres | Self::Mysql)
    }
}
