//! A length of time as deadlines state it: `4h`, `10d`, `2wd`, `16wh`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// Clock hours, around the clock.
    Hours(u32),
    /// Calendar days (Civil Code Art. 147-148).
    Days(u32),
    WorkingDays(u32),
    /// Hours of working time; lunch, nights and days off do not count.
    WorkingHours(u32),
}

impl Term {
    /// How many of its unit it is.
    pub fn count(self) -> u32 {
        match self {
            Self::Hours(count) | Self::Days(count) | Self::WorkingDays(count) | Self::WorkingHours(count) => {
                count
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a term; write 4h (clock hours), 10d (calendar days), 2wd (working days) or 16wh (working hours)"
)]
pub struct TermError(String);

impl FromStr for Term {
    type Err = TermError;

    fn from_str(text: &str) -> Result<Self, TermError> {
        let wrong = || TermError(text.to_owned());
        let unit = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (count, unit) = text.split_at(unit);
        let count = count.parse().map_err(|_| wrong())?;
        match unit {
            "h" => Ok(Self::Hours(count)),
            "d" => Ok(Self::Days(count)),
            "wd" => Ok(Self::WorkingDays(count)),
            "wh" => Ok(Self::WorkingHours(count)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(count) => write!(f, "{count}h"),
            Self::Days(count) => write!(f, "{count}d"),
            Self::WorkingDays(count) => write!(f, "{count}wd"),
            Self::WorkingHours(count) => write!(f, "{count}wh"),
        }
    }
}

impl Serialize for Term {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_back() {
        for text in ["4h", "10d", "2wd", "16wh"] {
            assert_eq!(text.parse::<Term>().map(|term| term.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "4", "h", "4x", "-1d", "1.5h", "99999999999d"] {
            assert!(bad.parse::<Term>().is_err(), "{bad}");
        }
    }
}
