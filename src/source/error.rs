//! What stops a whole source. Whatever is wrong with one row only is a `Rejected`, never an error.

use crate::domain::feed::Feed;

/// Why a source gave nothing. Names feeds, files and columns; never repeats a value of a row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the settings do not fit: {0}")]
    Settings(String),
    #[error("cannot read {} from {origin}: {what}", feed.as_str())]
    Unreadable {
        feed: Feed,
        /// The file's or the query's name.
        origin: String,
        what: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    #[error("{} in {origin} lacks a column: {what}", feed.as_str())]
    Column { feed: Feed, origin: String, what: String },
    /// The server: the connection, its certificate, its password, or an answer of it as a whole.
    #[error("{server} {what}")]
    Server {
        /// Its host and port, or its socket.
        server: String,
        /// A sentence without its subject.
        what: String,
    },
    /// Only whoever was to take a part knows why.
    #[error("what was read could not be taken in")]
    NotTaken,
}

impl Error {
    pub(super) fn unreadable(feed: Feed, origin: &str, what: impl Into<String>) -> Self {
        Self::Unreadable { feed, origin: origin.to_owned(), what: what.into(), source: None }
    }

    pub(super) fn because(
        feed: Feed,
        origin: &str,
        what: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unreadable { feed, origin: origin.to_owned(), what: what.into(), source: Some(source.into()) }
    }
}
