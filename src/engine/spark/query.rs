//! The questions, in SQL that Spark and Sail understand alike.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::entry::{Component, Dimension};

/// The view of all pages.
pub(super) const PAGES: &str = "firstwatch_pages";

/// The column of a group's atom.
pub(super) const NUMBER: &str = "atom";

/// The view of the `at`th part of the numbered groups.
pub(super) fn part(at: usize) -> String {
    format!("firstwatch_atoms_{at}")
}

/// Which entries are summed, and what tells them apart.
pub(super) struct Cut {
    pub from: Date,
    pub until: Date,
    pub dimensions: BTreeSet<Dimension>,
}

impl Cut {
    /// The dimensions that a page has a column for, in their order; the others follow from its days.
    pub fn named(&self) -> impl Iterator<Item = Dimension> {
        self.dimensions.iter().copied().filter(|it| !matches!(it, Dimension::Weekday | Dimension::BelongsTo))
    }

    /// The columns of a group: its days, then its values.
    fn keys(&self) -> Vec<&'static str> {
        ["day", "belongs_to"].into_iter().chain(self.named().map(Dimension::as_str)).collect()
    }

    /// The entries, with the days that they belong to as coarse as a group has them. What adds nothing to any component
    /// (tax or shipping alone) is left out: nobody can see it, and it must not pass for a contribution.
    fn entries(&self, more: &[&'static str]) -> String {
        let belongs_to = if self.dimensions.contains(&Dimension::BelongsTo) {
            "CASE WHEN `belongs_to` < `day` THEN CAST(trunc(`belongs_to`, 'MM') AS DATE) ELSE `day` END"
        } else {
            "`day`"
        };
        let columns = self.named().map(Dimension::as_str).chain(more.iter().copied());
        let columns = columns.chain(components()).map(quoted).collect::<Vec<_>>().join(", ");
        let counts =
            components().map(|name| format!("{} <> 0", quoted(name))).collect::<Vec<_>>().join(" OR ");
        format!(
            "SELECT `day`, {belongs_to} AS `belongs_to`, {columns} FROM {PAGES} \
             WHERE `day` >= DATE '{}' AND `day` < DATE '{}' AND ({counts})",
            self.from, self.until
        )
    }
}

/// How many rows the pages have.
pub(super) fn count() -> String {
    format!("SELECT CAST(COUNT(*) AS BIGINT) AS `rows` FROM {PAGES}")
}

/// The keys, the sum of each component, then which components some entry has any of, a bit each.
pub(super) fn groups(cut: &Cut) -> String {
    let keys = cut.keys().into_iter().map(quoted).collect::<Vec<_>>().join(", ");
    let present = components()
        .enumerate()
        .map(|(at, name)| format!("MAX(CASE WHEN {} <> 0 THEN {} ELSE 0 END)", quoted(name), 1 << at))
        .collect::<Vec<_>>()
        .join(" + ");
    format!(
        "SELECT {keys}, {}, CAST({present} AS DECIMAL(19, 0)) AS `present` FROM ({}) GROUP BY {keys}",
        sums(""),
        cut.entries(&[])
    )
}

/// The atom, the customer, then the sum of each component; the groups' atoms are in so many views.
pub(super) fn contributions(cut: &Cut, parts: usize) -> String {
    let atoms: Vec<String> = (0..parts).map(|at| format!("SELECT * FROM {}", part(at))).collect();
    let same = cut.keys().into_iter().map(|key| format!("e.{0} = a.{0}", quoted(key)));
    // Pseudonyms use all of 64 bits; Spark has no unsigned numbers.
    let customer = "CAST(e.`customer` AS DECIMAL(20, 0))";
    format!(
        "SELECT a.{NUMBER} AS {NUMBER}, {customer} AS `customer`, {} FROM ({}) e JOIN ({}) a ON {} \
         GROUP BY a.{NUMBER}, {customer}",
        sums("e."),
        cut.entries(&["customer"]),
        atoms.join(" UNION ALL "),
        same.collect::<Vec<_>>().join(" AND "),
    )
}

/// In decimals: a sum of 64-bit numbers wraps silently in some engines.
fn sums(of: &str) -> String {
    components()
        .map(|name| format!("SUM(CAST({of}{0} AS DECIMAL(19, 0))) AS {0}", quoted(name)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn components() -> impl Iterator<Item = &'static str> {
    Component::SALES.into_iter().map(Component::as_str)
}

fn quoted(name: &str) -> String {
    format!("`{name}`")
}
