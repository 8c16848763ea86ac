//! A source whose data do not reach as far as they should.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::SourceName;

/// A source that is behind, how far its data reach, and why as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    pub source: SourceName,
    /// `None` when nothing was ever pulled from it.
    pub complete_until: Option<Timestamp>,
    pub why: Lag,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lag {
    /// It could not be read the last time.
    Failing,
    /// Pulling is paused.
    Paused,
    /// It can be read, and holds nothing newer.
    NotDelivered,
}

impl Lag {
    pub const ALL: [Self; 3] = [Self::Failing, Self::Paused, Self::NotDelivered];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::NotDelivered => "not-delivered",
        }
    }

    /// In words, for whoever operates it.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Failing => "it could not be read",
            Self::Paused => "pulling is paused",
            Self::NotDelivered => "it holds nothing newer",
        }
    }
}
