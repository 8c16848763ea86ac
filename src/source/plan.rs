//! Which column of the source each of our columns is read from.
//!
//! The configured constant first, then the configured column, then the column of our own name in any case.
//! A configured column that is not there, or a required one that nobody names, is an error of the whole
//! feed. `columns = { discount = "" }` says that the source has none, whatever a column of that name holds.

use std::collections::BTreeMap;

use super::error::Error;
use super::row::{Cell, Header};
use crate::domain::columns::columns;
use crate::domain::feed::Feed;
use crate::settings::FeedMap;

/// Where one of our columns comes from.
#[derive(Debug, PartialEq)]
pub(super) enum Binding {
    Column(usize),
    Constant(Cell),
    Absent,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub feed: Feed,
    pub flat: bool,
    pub bindings: BTreeMap<&'static str, Binding>,
}

impl Plan {
    /// # Errors
    /// [`Error::Settings`] for a mapping of a column that is not ours, [`Error::Column`] for a column that
    /// the source does not have.
    pub fn new(map: &FeedMap, header: &Header) -> Result<Self, Error> {
        let plan = Self::lenient(map, header)?;
        let lacks = |what: String| Error::Column { feed: plan.feed, origin: header.origin.clone(), what };
        let nothing_fits = plan.bindings.values().all(|binding| !matches!(binding, Binding::Column(_)));
        // A file without a head line shows its first row here, and that row may be a person's.
        let there = if nothing_fits {
            "none of its columns is known; is its first line a head?".to_owned()
        } else {
            format!("it has {}", header.columns.join(", "))
        };
        for (ours, required) in columns(plan.feed, plan.flat) {
            if plan.bindings[ours] != Binding::Absent {
                continue;
            }
            match map.columns.get(*ours).filter(|theirs| !theirs.is_empty()) {
                Some(theirs) => {
                    return Err(lacks(format!("{theirs:?}, named for {ours}, is not there; {there}")));
                }
                None if *required => {
                    return Err(lacks(format!(
                        "{ours}; name it in `columns` or give it in `constants`; {there}"
                    )));
                }
                None => {}
            }
        }
        let priced = ["unit_price", "amount"].map(|ours| plan.bindings.get(ours));
        if matches!(priced, [Some(Binding::Absent), Some(Binding::Absent)]) {
            return Err(lacks(format!(
                "unit_price (or amount, the whole line's price before discounts); name one in `columns`; {there}"
            )));
        }
        Ok(plan)
    }

    /// For rows that were kept: they hold only the columns that had a value.
    ///
    /// # Errors
    /// [`Error::Settings`] for a mapping of a column that is not ours.
    pub fn lenient(map: &FeedMap, header: &Header) -> Result<Self, Error> {
        let ours = columns(header.feed, map.flat);
        for name in map.columns.keys().chain(map.constants.keys()) {
            if !ours.iter().any(|(known, _)| known == name) {
                let known: Vec<&str> = ours.iter().map(|(known, _)| *known).collect();
                let feed = header.feed.as_str();
                return Err(Error::Settings(format!(
                    "{feed} has no column {name:?}; it has {}",
                    known.join(", ")
                )));
            }
        }
        let bindings = ours.iter().map(|(name, _)| (*name, bind(name, map, header))).collect();
        Ok(Self { feed: header.feed, flat: map.flat, bindings })
    }

    /// The places of their columns that nothing of ours is read from.
    pub fn unused(&self, header: &Header) -> Vec<String> {
        let used = |index| self.bindings.values().any(|binding| *binding == Binding::Column(index));
        (0..header.columns.len())
            .filter(|&index| !used(index))
            .map(|index| header.columns[index].clone())
            .collect()
    }
}

fn bind(ours: &str, map: &FeedMap, header: &Header) -> Binding {
    if let Some(constant) = map.constants.get(ours) {
        return Binding::Constant(Cell::Text(constant.clone()));
    }
    let theirs = map.columns.get(ours).map_or(ours, String::as_str).trim();
    if theirs.is_empty() {
        return Binding::Absent;
    }
    if let Some(index) = header.columns.iter().position(|name| name == theirs) {
        return Binding::Column(index);
    }
    let folded = theirs.to_lowercase();
    let mut alike = (0..header.columns.len()).filter(|&index| header.columns[index].to_lowercase() == folded);
    match (alike.next(), alike.next()) {
        (Some(index), None) => Binding::Column(index),
        _ => Binding::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(columns: &[&str]) -> Header {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Header::new(Feed::Payments, "payments.csv", columns, '.').expect("no name twice")
    }

    fn map(columns: &[(&str, &str)], constants: &[(&str, &str)]) -> FeedMap {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned())).collect()
        };
        FeedMap { columns: pairs(columns), constants: pairs(constants), ..FeedMap::default() }
    }

    #[test]
    fn constants_then_names_then_our_own_in_any_case() {
        let header = header(&["ID", "Order_ID", "paid_at", "Method", "amount", "reference"]);
        let map = map(&[("payment_id", "id"), ("reference", "")], &[("status", "paid")]);
        let plan = Plan::new(&map, &header).expect("everything is named");
        assert_eq!(plan.bindings["payment_id"], Binding::Column(0));
        assert_eq!(plan.bindings["order_id"], Binding::Column(1));
        assert_eq!(plan.bindings["status"], Binding::Constant(Cell::Text("paid".into())));
        assert_eq!(plan.bindings["reference"], Binding::Absent);
        assert_eq!(plan.unused(&header), ["reference"]);
    }

    #[test]
    fn what_is_missing_is_named_with_what_is_there() {
        let header = header(&["payment_id", "order_id", "paid_at", "way", "amount", "status"]);
        let error = |map: &FeedMap| Plan::new(map, &header).expect_err("a column is missing").to_string();
        insta::assert_snapshot!(error(&map(&[], &[])), @"payments in payments.csv lacks a column: method; name it in `columns` or give it in `constants`; it has payment_id, order_id, paid_at, way, amount, status");
        insta::assert_snapshot!(error(&map(&[("method", "ways")], &[])), @r#"payments in payments.csv lacks a column: "ways", named for method, is not there; it has payment_id, order_id, paid_at, way, amount, status"#);
        insta::assert_snapshot!(error(&map(&[("mehtod", "way")], &[])), @r#"the settings do not fit: payments has no column "mehtod"; it has payment_id, order_id, paid_at, method, amount, status, reference"#);
    }

    #[test]
    fn a_file_without_a_head_does_not_show_its_first_row() {
        let header = header(&["P1", "Trần Thị Bình", "0912345678"]);
        let error = Plan::new(&map(&[], &[]), &header).expect_err("no head").to_string();
        assert!(error.contains("is its first line a head?") && !error.contains("Bình"), "{error}");
    }
}
