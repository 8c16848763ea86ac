//! Small frames of facts for the tests.

mod elsewhere;
mod hand;
mod kernel;
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};

use super::*;
use crate::domain::entry::Dimension::{BelongsTo, Brand, Category, Channel, Province, Region, Weekday};

/// One line of facts; dimensions that are not named here are empty.
#[derive(Clone, Debug)]
struct Fact {
    day: Date,
    customer: u64,
    category: String,
    brand: String,
    region: String,
    channel: String,
    /// By [`Component::SALES`].
    numbers: [i64; 7],
}

impl Fact {
    fn value(&self, dimension: Dimension) -> String {
        match dimension {
            Category => self.category.clone(),
            Brand => self.brand.clone(),
            Region => self.region.clone(),
            Channel => self.channel.clone(),
            Weekday => self.day.weekday().to_monday_one_offset().to_string(),
            BelongsTo if self.belongs_to() < self.day => self.belongs_to().strftime("%Y-%m").to_string(),
            _ => String::new(),
        }
    }

    /// Every fifth customer's facts are late bookings of forty days before.
    fn belongs_to(&self) -> Date {
        if self.customer % 5 == 4 { self.day.saturating_sub(40.days()) } else { self.day }
    }

    fn is_in(&self, cell: &CellDefinition) -> bool {
        cell.from <= self.day
            && self.day < cell.until
            && cell.fixed.iter().all(|(&dimension, value)| self.value(dimension) == *value)
    }
}

fn frame(facts: &[Fact]) -> DataFrame {
    let days: Vec<i32> = facts.iter().map(|fact| (fact.day - date(1970, 1, 1)).get_days()).collect();
    let belongs_to: Vec<i32> =
        facts.iter().map(|fact| (fact.belongs_to() - date(1970, 1, 1)).get_days()).collect();
    let mut columns = vec![
        Series::new("day".into(), days).into_date().into_column(),
        Series::new("belongs_to".into(), belongs_to).into_date().into_column(),
        Column::new("customer".into(), facts.iter().map(|fact| fact.customer).collect::<Vec<u64>>()),
    ];
    for dimension in Dimension::SALES.into_iter().filter(|&it| it != Weekday && it != BelongsTo) {
        let values: Vec<String> = facts.iter().map(|fact| fact.value(dimension)).collect();
        columns.push(Column::new(dimension.as_str().into(), values));
    }
    for (index, component) in Component::SALES.into_iter().enumerate() {
        let numbers: Vec<i64> = facts.iter().map(|fact| fact.numbers[index]).collect();
        columns.push(Column::new(component.as_str().into(), numbers));
    }
    DataFrame::new(facts.len(), columns).unwrap()
}

/// The facts on pages of so many days each.
struct Paged(Vec<((Date, Date), DataFrame)>);

impl Paged {
    fn new(facts: &[Fact], days: i64) -> Self {
        let mut pages: BTreeMap<Date, Vec<Fact>> = BTreeMap::new();
        for fact in facts {
            let nth = i64::from((fact.day - date(2000, 1, 1)).get_days()) / days * days;
            pages.entry(date(2000, 1, 1) + nth.days()).or_default().push(fact.clone());
        }
        Self(pages.into_iter().map(|(from, facts)| ((from, from + days.days()), frame(&facts))).collect())
    }
}

impl Facts for Paged {
    type Error = Error;

    fn spans(&self) -> Vec<(Date, Date)> {
        self.0.iter().map(|page| page.0).collect()
    }

    fn read(&self, page: usize, columns: &[&str]) -> Result<DataFrame, Error> {
        Ok(self.0[page].1.select(columns.iter().copied()).expect("the columns of a page"))
    }
}

fn groups(rows: &[Dimension], columns: &[Dimension], from: Date, until: Date) -> CellTable {
    CellTable {
        name: "groups".into(),
        shape: Shape::Groups { rows: rows.into(), columns: columns.into(), from, until },
        measures: vec![Measure::Net, Measure::Orders],
    }
}

/// As [`super::cells`], with nothing reserved.
fn cells(frame: &DataFrame, tables: &[CellTable], earlier: &[RecordedCell]) -> Result<Cells, Error> {
    super::cells(frame, Asked { tables, earlier, ..Asked::default() })
}

/// What each customer contributes to a cell, off the request alone.
fn contributed(request: &Request, atoms: &[u32]) -> BTreeMap<u64, [i64; 7]> {
    let mut sums: BTreeMap<u64, [i64; 7]> = BTreeMap::new();
    for (line, atom) in request.data.atoms.iter().enumerate() {
        if atoms.contains(atom) {
            let sum = sums.entry(request.data.contributors[line]).or_default();
            for (total, column) in sum.iter_mut().zip(&request.data.components) {
                *total += column.at(line);
            }
        }
    }
    sums
}
