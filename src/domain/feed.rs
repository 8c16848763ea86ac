//! What one fetch of one source brings home.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::complaint::Complaint;
use super::customer::Person;
use super::ids::{CustomerId, OrderId};
use super::order::{Order, Refund};
use super::payment::Payment;

/// One of the six kinds of rows that a source delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    Orders,
    OrderLines,
    Refunds,
    Payments,
    Customers,
    Complaints,
}

impl Feed {
    pub const ALL: [Self; 6] =
        [Self::Orders, Self::OrderLines, Self::Refunds, Self::Payments, Self::Customers, Self::Complaints];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::OrderLines => "order_lines",
            Self::Refunds => "refunds",
            Self::Payments => "payments",
            Self::Customers => "customers",
            Self::Complaints => "complaints",
        }
    }
}

/// A row that does not fit, kept whole. `raw` and `value` may be personal data: the store gets them sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejected {
    pub feed: Feed,
    /// The file's name, the table's, or the query's; never a value.
    pub origin: String,
    /// The row's number in its origin, from 1 (the head of a CSV file is not counted); 0 when unknown.
    pub row: u64,
    /// Our column that did not fit, or empty when it is the row as a whole.
    pub column: String,
    pub value: String,
    /// Says what is wrong and what to do; never repeats a value, for where columns have shifted a name may
    /// stand in any of them.
    pub reason: String,
    /// The source's columns and values, all of them.
    pub raw: BTreeMap<String, String>,
}

impl std::fmt::Debug for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Rejected({} {}:{} {}: {})",
            self.feed.as_str(),
            self.origin,
            self.row,
            self.column,
            self.reason
        )
    }
}

impl Drop for Rejected {
    fn drop(&mut self) {
        self.value.zeroize();
        self.raw.values_mut().for_each(Zeroize::zeroize);
    }
}

/// A customer's own row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerSeen {
    pub id: CustomerId,
    pub person: Person,
    pub province: Option<String>,
    pub created_at: Option<Timestamp>,
    pub modified_at: Option<Timestamp>,
}

/// What one fetch brought: everything that fits, and everything that does not.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Sorted by the instant they were placed at, then by id; each with its lines.
    pub orders: Vec<Order>,
    pub customers: Vec<CustomerSeen>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    /// Orders all of whose refunds are in the batch: the source has no others of them any more.
    pub refunds_whole: BTreeSet<OrderId>,
    pub complaints: Vec<Complaint>,
    pub rejected: Vec<Rejected>,
    /// Rows read, each feed.
    pub read: BTreeMap<Feed, u64>,
    /// Everything that the source changed before this instant is in the batch (or was in an earlier one).
    pub complete_until: Option<Timestamp>,
    /// Of a part: where a later fetch goes on if this one comes to no end. The source's own words.
    pub position: Option<String>,
}

/// Whether a value of a column that holds no personal data may be shown to an administrator: a number, a date
/// or words of letters of which only the first may begin with a capital, as a shop's own words do (`Chờ hàng`)
/// and people's names do not. Anything else may have come from another column when the columns shifted; a long
/// number is a phone's.
pub fn may_be_shown(value: &str) -> bool {
    let value = value.trim();
    is_word(value) || is_phrase(value) || is_number(value) || is_date(value)
}

/// Two to four words; all in small letters it could be a name in haste.
fn is_phrase(value: &str) -> bool {
    const MOST_WORDS: usize = 4;
    let words: Vec<&str> = value.split(' ').collect();
    let begins_large = |word: &&str| word.starts_with(char::is_uppercase);
    (2..=MOST_WORDS).contains(&words.len())
        && is_word(&words.concat())
        && words.iter().all(|word| is_word(word))
        && begins_large(&words[0])
        && !words[1..].iter().any(|word| word.contains(char::is_uppercase))
}

fn is_word(value: &str) -> bool {
    const LONGEST: usize = 30;
    value.chars().count() <= LONGEST
        && value.chars().any(char::is_alphabetic)
        && value
            .chars()
            .all(|letter| letter.is_alphabetic() || is_mark(letter) || matches!(letter, '-' | '_'))
}

/// Vietnamese written in parts has its marks as letters of their own.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// With fewer digits than a phone number.
fn is_number(value: &str) -> bool {
    const MOST_DIGITS: usize = 7;
    let number = value.strip_prefix(['-', '+']).unwrap_or(value);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (1..=MOST_DIGITS).contains(&digits)
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
}

/// Three numbers of which one can be a year, and perhaps a time of day and an offset: never a phone number.
fn is_date(value: &str) -> bool {
    let (day, time) = value.split_once([' ', 'T']).unwrap_or((value, ""));
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let is_day = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        && matches!(lengths[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4] | [1..=2, 1..=2, 1..=2]);
    // hh:mm:ss.ffffff+hh:mm
    const MOST_DIGITS: usize = 16;
    let digits = time.bytes().filter(u8::is_ascii_digit).count();
    let is_time = digits <= MOST_DIGITS
        && time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'+' | b'-' | b'Z'));
    is_day && is_time && (time.is_empty() || time.as_bytes().get(2) == Some(&b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_and_dates_may_be_shown_and_persons_may_not() {
        for value in [
            "completed",
            "on-hold",
            "ĐangGiao",
            "Chờ hàng",
            "Đã giao một phần",
            "USD",
            "12,5",
            "-1.250.000",
            "9",
            "2026-01-31",
            "31/01/2026 09:30",
            "2026-01-31T09:30:00.123+07:00",
            "3.4.26",
        ] {
            assert!(may_be_shown(value), "{value}");
        }
        for value in [
            "",
            "Nguyễn Văn An",
            "nguyễn văn an",
            "In Progress",
            "Giao cho an an an",
            "0912345678",
            "0912.345.678",
            "+84 912 345 678",
            "091-234-5678",
            "12345678",
            "an@example.vn",
            "12 Lý Thường Kiệt",
            "K1042",
            "An0912345",
            "2026-01-31 0912345678",
            "2026-01-31 An",
            "a-word-that-is-much-longer-than-any-status-of-a-shop",
        ] {
            assert!(!may_be_shown(value), "{value}");
        }
    }
}
