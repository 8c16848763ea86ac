//! One row's values by our column names, each read as what it should be.
//!
//! Invariant: an [`Unfit`] reason never repeats a value: where columns have shifted, a name may stand in any.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::Context;
use super::dates::Dates;
use super::error::Error;
use super::plan::{Binding, Plan};
use super::row::{Cell, Row, Unfit};
use crate::domain::complaint::ComplaintKind;
use crate::domain::customer::Person;
use crate::domain::ids::CustomerId;
use crate::domain::money::{AmountError, Currency, Money};
use crate::domain::order::OrderStatus;
use crate::domain::province::{self, ProvinceScheme};
use crate::settings::SourceSettings;

/// A label is printed in tables; nothing longer than this is one.
const LONGEST_LABEL: usize = 500;

/// The source's clock may be so far ahead of ours.
const CLOCK_ERROR: SignedDuration = SignedDuration::from_hours(1);

/// How this source writes things.
pub(super) struct Reading {
    currency: Currency,
    pub decimal: char,
    dates: Dates,
    statuses: BTreeMap<String, OrderStatus>,
    complaint_kinds: BTreeMap<String, ComplaintKind>,
    provinces: ProvinceScheme,
    /// When it is read.
    now: Timestamp,
}

impl Reading {
    /// # Errors
    /// [`Error::Settings`] for a zone, a date format, or a word of ours that is none.
    pub fn of(source: &SourceSettings, context: &Context<'_>) -> Result<Self, Error> {
        let unknown = |key: &str, theirs: &String, ours: &String, known: Vec<&str>| {
            Error::Settings(format!(
                "{key}: {theirs:?} stands for {ours:?}, which is none of {}",
                known.join(", ")
            ))
        };
        let statuses = (source.statuses.iter())
            .map(|(theirs, ours)| match OrderStatus::parse(ours) {
                Some(status) => Ok((theirs.trim().to_owned(), status)),
                None => {
                    Err(unknown("statuses", theirs, ours, OrderStatus::ALL.map(OrderStatus::as_str).to_vec()))
                }
            })
            .collect::<Result<_, _>>()?;
        let complaint_kinds = (source.complaint_kinds.iter())
            .map(|(theirs, ours)| match ComplaintKind::parse(ours) {
                Some(kind) => Ok((theirs.trim().to_owned(), kind)),
                None => Err(unknown(
                    "complaint_kinds",
                    theirs,
                    ours,
                    ComplaintKind::ALL.map(ComplaintKind::as_str).to_vec(),
                )),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            currency: context.currency.clone(),
            decimal: source.decimal,
            dates: Dates::new(source, context.zone)?,
            statuses,
            complaint_kinds,
            provinces: source.provinces,
            now: context.now,
        })
    }
}

/// Whether the trimmed text is a label as it stands: single spaces, composed letters. Nearly all are.
fn is_label(text: &str) -> bool {
    let mut before = ' ';
    text.len() <= LONGEST_LABEL
        && text.chars().all(|letter| {
            let is_single = letter == ' ' && before != ' ';
            before = letter;
            is_single || !(letter.is_whitespace() || letter.is_control())
        })
        && is_nfc(text)
}

/// In one line and composed.
fn as_label(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").nfc().collect()
}

pub(super) struct Fields<'a> {
    reading: &'a Reading,
    plan: &'a Plan,
    row: &'a Row,
}

impl<'a> Fields<'a> {
    pub fn new(reading: &'a Reading, plan: &'a Plan, row: &'a Row) -> Self {
        Self { reading, plan, row }
    }

    /// The text without the spaces around it; `None` when it is missing or nothing is left.
    pub fn text(&self, column: &'static str) -> Result<Option<String>, Unfit> {
        let cell = self.cell(column);
        if matches!(cell, Cell::Bytes(_)) {
            return Err(self.unfit(
                column,
                "bytes where a text should stand; convert it in the query, or set `encoding`",
            ));
        }
        let text = cell.text(self.reading.decimal).map(|text| text.trim().to_owned());
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub fn required(&self, column: &'static str) -> Result<String, Unfit> {
        self.text(column)?.ok_or_else(|| self.unfit(column, "empty; every row must have it"))
    }

    /// A text that tables print: one line, composed letters (NFC), so that the same word is the same value.
    pub fn label(&self, column: &'static str) -> Result<Option<String>, Unfit> {
        let Some(text) = self.text(column)? else { return Ok(None) };
        if is_label(&text) {
            return Ok(Some(text));
        }
        let label = as_label(&text);
        if label.chars().any(char::is_control) {
            return Err(self.unfit(column, "it has control characters; remove them at the source"));
        }
        if label.chars().count() > LONGEST_LABEL {
            return Err(self
                .unfit(column, format!("longer than {LONGEST_LABEL} characters; shorten it at the source")));
        }
        Ok(Some(label))
    }

    pub fn required_label(&self, column: &'static str) -> Result<String, Unfit> {
        self.label(column)?.ok_or_else(|| self.unfit(column, "empty; every row must have it"))
    }

    pub fn instant(&self, column: &'static str) -> Result<Option<Timestamp>, Unfit> {
        let is_typed = matches!(self.cell(column), Cell::Instant(_) | Cell::Local(_) | Cell::Day(_));
        if !is_typed && self.text(column)?.is_none() {
            return Ok(None);
        }
        let instant = self.reading.dates.instant(self.cell(column), self.reading.decimal);
        instant.map(Some).map_err(|reason| self.unfit(column, reason))
    }

    /// The instant of what has happened: since 1970, and not in the future.
    pub fn past_instant(&self, column: &'static str) -> Result<Option<Timestamp>, Unfit> {
        match self.instant(column)? {
            Some(at) if at < Timestamp::UNIX_EPOCH => {
                Err(self.unfit(column, "before 1970; correct it at the source"))
            }
            Some(at) if at.duration_since(self.reading.now) > CLOCK_ERROR => {
                Err(self.unfit(column, "in the future; correct it at the source"))
            }
            at => Ok(at),
        }
    }

    pub fn required_instant(&self, column: &'static str) -> Result<Timestamp, Unfit> {
        self.instant(column)?.ok_or_else(|| self.unfit(column, "empty; every row must have it"))
    }

    /// An amount of either sign.
    pub fn signed_money(&self, column: &'static str) -> Result<Option<Money>, Unfit> {
        let Some(text) = self.text(column)? else { return Ok(None) };
        let Reading { currency, decimal, .. } = self.reading;
        let money = match self.cell(column) {
            Cell::Real(amount) => currency.from_f64(*amount),
            Cell::Boolean(_) | Cell::Day(_) | Cell::Local(_) | Cell::Instant(_) => {
                Err(AmountError::NotANumber)
            }
            Cell::Kept(_) => currency.parse(&text, *decimal).or_else(|error| {
                // A kept REAL is written with the source's own decimal sign, noise and all.
                let number = if *decimal == '.' {
                    text.clone()
                } else {
                    text.replace('.', "x").replace(*decimal, ".")
                };
                number.parse().map_or(Err(error), |number| currency.from_f64(number))
            }),
            _ => currency.parse(&text, *decimal),
        };
        money.map(Some).map_err(|error| {
            let remedy = match error {
                AmountError::NotANumber => format!(
                    "write it as digits with {decimal:?} before the decimals and no other signs, or set `decimal`"
                ),
                AmountError::TooPrecise(_) => "round it at the source, or set the currency's `decimals`".to_owned(),
                AmountError::TooLarge => "correct it at the source".to_owned(),
            };
            self.unfit(column, format!("{error}; {remedy}"))
        })
    }

    /// An amount that is not negative.
    pub fn money(&self, column: &'static str) -> Result<Option<Money>, Unfit> {
        let money = self.signed_money(column)?;
        if money.is_some_and(|money| money < Money::ZERO) {
            return Err(self.unfit(column, "negative; give what goes back to the customer as a refund"));
        }
        Ok(money)
    }

    pub fn whole(&self, column: &'static str) -> Result<Option<i64>, Unfit> {
        let Some(text) = self.text(column)? else { return Ok(None) };
        let (whole, fraction) = text.split_once(self.reading.decimal).unwrap_or((&text, "0"));
        let number = whole
            .parse::<i64>()
            .ok()
            .filter(|_| !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0'));
        number.map(Some).ok_or_else(|| self.unfit(column, "not a whole number; correct it at the source"))
    }

    /// A whole number of at least 1.
    pub fn count(&self, column: &'static str) -> Result<Option<i64>, Unfit> {
        let number = self.whole(column)?;
        if number.is_some_and(|number| number < 1) {
            return Err(
                self.unfit(column, "less than one; give what comes back from the customer as a refund")
            );
        }
        Ok(number)
    }

    /// The account; guests, whose number is empty or `0`, have none.
    pub fn customer(&self) -> Result<Option<CustomerId>, Unfit> {
        let number = self.text("customer_id")?.filter(|number| number != "0");
        Ok(number.map(CustomerId::new))
    }

    pub fn person(&self) -> Result<Person, Unfit> {
        Ok(Person {
            name: self.text("name")?,
            email: self.text("email")?,
            phone: self.text("phone")?,
            address: self.text("address")?,
        })
    }

    /// The province by the source's scheme (`None` when it is unknown). Of a known province of Vietnam the
    /// region is the atlas's, so that a region is the sum of its provinces; else it is the source's own.
    pub fn place(&self) -> Result<(Option<String>, Option<String>), Unfit> {
        let region = self.label("region")?;
        let Some(text) = self.label("province")? else { return Ok((None, region)) };
        match (self.reading.provinces, province::find(&text, self.reading.provinces)) {
            (ProvinceScheme::AsGiven, _) => Ok((Some(text), region)),
            (_, Some(province)) => Ok((Some(province.name.clone()), Some(province.region.clone()))),
            (_, None) => Ok((None, region)),
        }
    }

    pub fn status(&self) -> Result<OrderStatus, Unfit> {
        let word = self.required("status")?;
        (self.reading.statuses.get(&word).copied())
            .or_else(|| OrderStatus::parse(&word))
            .ok_or_else(|| self.unfit("status", "unknown status; map it in `statuses`"))
    }

    pub fn complaint_kind(&self) -> Result<ComplaintKind, Unfit> {
        let word = self.required("kind")?;
        (self.reading.complaint_kinds.get(&word).copied())
            .or_else(|| ComplaintKind::parse(&word))
            .ok_or_else(|| self.unfit("kind", "unknown kind; map it in `complaint_kinds`"))
    }

    /// # Errors
    /// For a currency that is not the business's.
    pub fn check_currency(&self) -> Result<(), Unfit> {
        let ours = &self.reading.currency.code;
        match self.text("currency")? {
            Some(code) if !code.eq_ignore_ascii_case(ours) => Err(self.unfit(
                "currency",
                format!("the currency is not {ours}, the business's; convert it at the source"),
            )),
            _ => Ok(()),
        }
    }

    pub fn unfit(&self, column: &'static str, reason: impl Into<String>) -> Unfit {
        let value = self.cell(column).text(self.reading.decimal).unwrap_or_default().into_owned();
        Unfit { column, value, reason: reason.into() }
    }

    fn cell(&self, column: &'static str) -> &'a Cell {
        match self.plan.bindings.get(column) {
            Some(Binding::Column(index)) => self.row.cells.get(*index).unwrap_or(&Cell::Missing),
            Some(Binding::Constant(cell)) => cell,
            Some(Binding::Absent) | None => &Cell::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_taken_for_a_label_would_be_written_so(text in "[ \\t\u{a0}aĐốế\u{301}\u{302}e\u{7}\u{2028}Å]{0,12}") {
            let text = text.trim();
            if is_label(text) {
                prop_assert_eq!(as_label(text), text);
                prop_assert!(!text.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn a_shops_words_are_labels_as_they_stand() {
        for text in ["Đồng hồ nam", "Hãng 02 mẫu 0017", "H02-0017", ""] {
            assert!(is_label(text), "{text}");
        }
        for text in ["Đồng  hồ", "Đồng\u{a0}hồ", "e\u{301}", "a\tb"] {
            assert!(!is_label(text), "{text}");
        }
    }
}
