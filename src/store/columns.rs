//! How the shop's words stand in columns, and back.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::domain::acknowledgement::OnAmbiguous;
use crate::domain::customer::IdentifierKind;
use crate::domain::entry::{CustomerType, EntryKind};
use crate::domain::feed::Feed;
use crate::domain::order::OrderStatus;
use crate::domain::period::Period;

/// A stored value that does not read back: the database was changed by another hand.
#[derive(Debug, thiserror::Error)]
#[error("a stored {0} does not read back; run `firstwatch backup verify`, then restore")]
struct Unreadable(&'static str);

pub(super) fn unreadable(what: &'static str) -> FromSqlError {
    FromSqlError::other(Unreadable(what))
}

/// An instant, as microseconds since 1970 in UTC; finer parts are cut off.
pub(super) struct At(pub Timestamp);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Timestamp::from_microsecond(value.as_i64()?).map(Self).map_err(|_| unreadable("instant"))
    }
}

/// A day, as its ISO text, so that days sort as they follow each other.
pub(super) struct Day(pub Date);

impl ToSql for Day {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl FromSql for Day {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(|_| unreadable("day"))
    }
}

/// A period, as its name.
pub(super) struct PeriodText(pub Period);

impl ToSql for PeriodText {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.to_string().into())
    }
}

impl FromSql for PeriodText {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Self).map_err(|_| unreadable("period"))
    }
}

/// A word of a closed list.
pub(super) struct Word<T>(pub T);

/// A closed list of words.
pub(super) trait Words: Copy + 'static {
    fn all() -> &'static [Self];
    fn word(self) -> &'static str;
}

impl<T: Words> ToSql for Word<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.word().into())
    }
}

impl<T: Words> FromSql for Word<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        T::all()
            .iter()
            .find(|known| known.word() == text)
            .map(|&known| Self(known))
            .ok_or_else(|| unreadable("word"))
    }
}

macro_rules! words {
    ($($name:ty),*) => {
        $(impl $crate::store::columns::Words for $name {
            fn all() -> &'static [Self] {
                &Self::ALL
            }

            fn word(self) -> &'static str {
                self.as_str()
            }
        })*
    };
}
pub(super) use words;

words!(OrderStatus, EntryKind, Feed, IdentifierKind, OnAmbiguous);

impl Words for CustomerType {
    fn all() -> &'static [Self] {
        &[Self::New, Self::Returning]
    }

    fn word(self) -> &'static str {
        self.as_str()
    }
}

/// A value written as JSON.
pub(super) struct Json<T>(pub T);

impl<T: serde::de::DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Self).map_err(|_| unreadable("JSON text"))
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, super::Error> {
    serde_json::to_string(value).map_err(super::Error::Json)
}

/// A count for a column; no count of this house comes near the end of `i64`.
pub(super) fn stored_count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from a column, which a CHECK keeps from being negative.
pub(super) fn read_count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
