//! A `[[source]]`, as types.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::feed::Feed;
use crate::domain::ids::SourceName;
use crate::domain::province::ProvinceScheme;

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

/// How one feed is read.
#[derive(Clone, Debug, Default)]
pub struct FeedMap {
    /// File kinds: the file's path.
    pub path: Option<PathBuf>,
    /// SQL kinds: the query; it may use `:since` (RFC 3339 in UTC, or the epoch at the first pull).
    pub query: Option<String>,
    /// Orders only: each row is an order line with its order's columns repeated; a negative quantity is a refund.
    pub flat: bool,
    /// Our column = their column. A column of ours that is not named here is looked for by its own name.
    pub columns: BTreeMap<String, String>,
    /// Our column = the same value for every row.
    pub constants: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct SourceSettings {
    pub name: SourceName,
    pub kind: SourceKind,
    /// SQLite: the database file.
    pub path: Option<PathBuf>,
    pub feeds: BTreeMap<Feed, FeedMap>,
    /// CSV.
    pub delimiter: u8,
    pub decimal: char,
    /// WHATWG label, for example `utf-8` or `windows-1258`.
    pub encoding: String,
    /// strptime formats tried in order after RFC 3339; `%d/%m/%Y %H:%M` for example.
    pub date_formats: Vec<String>,
    /// The zone of instants that carry none; the business's when not set.
    pub timezone: Option<String>,
    /// Their status = our status.
    pub statuses: BTreeMap<String, String>,
    /// Their complaint kind = our kind.
    pub complaint_kinds: BTreeMap<String, String>,
    pub provinces: ProvinceScheme,
}
