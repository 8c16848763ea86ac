//! Cells over facts that an engine elsewhere has summed: the same cells, atoms and contributions as over the facts
//! themselves.
//!
//! A group is a row that stands for all entries that no cell could tell apart, so whatever is decided by what rows are (which
//! cells there are, which atoms they have, what witnesses are kept by) comes out the same. What only customers tell, the
//! contributions, is asked for when the atoms are known. Both answers are believed only together: the contributions to an
//! atom must add up to its groups.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PolarsResult, Series};

use super::classes::Classes;
use super::combinations::Combinations;
use super::drawn::{Drawn, Whole};
use super::packed::{Lines, NONE};
use super::page::{PageSums, combine};
use super::rows::Rows;
use super::witnesses::Found;
use super::{Asked, Cells, Error, Shape, used_components};
use crate::disclosure::{Amounts, Contributions};
use crate::domain::cell::Universe;
use crate::domain::entry::{Component, Dimension, UNKNOWN};
use crate::domain::fact_groups::FactGroups;

/// What the groups must tell apart for these cells, besides their days.
pub fn dimensions(asked: Asked<'_>) -> BTreeSet<Dimension> {
    let tables = asked.tables.iter().chain(asked.reserved).flat_map(|table| match &table.shape {
        Shape::Groups { rows, columns, .. } => [rows.as_slice(), columns.as_slice()].concat(),
        Shape::Windows(_) => Vec::new(),
    });
    tables.chain(asked.earlier.iter().flat_map(|cell| cell.definition.fixed.keys().copied())).collect()
}

/// The cells that are asked for, over facts that were summed by all [`dimensions`] of what is asked. `contributions` gives
/// what each customer contributes to each atom, of the atom of each group: none for one that is in no cell.
///
/// # Errors
/// As [`cells`](super::cells), and those of `contributions`; [`Error::Disagrees`] when the two answers are not of the same
/// facts.
pub fn cells_of_groups<E: From<Error>>(
    groups: &FactGroups,
    asked: Asked<'_>,
    contributions: impl FnOnce(&[Option<u32>]) -> Result<Contributions, E>,
) -> Result<Cells, E> {
    let classes = Classes::new(Universe::Sales, asked);
    let used = used_components(asked);
    let mut rows = rows(groups, &classes, &used)?;
    let found = Found::new(asked.witnesses).among(&rows, &classes)?;
    let (own, places) = combine(&rows, &classes)?;
    let values = rows.dimensions.iter_mut().map(|dimension| take(&mut dimension.values)).collect();
    let page = PageSums { values, combinations: own, lines: Lines::default(), is_summed: false };
    let (combinations, numbers) = Combinations::of(Universe::Sales, &classes, &[page])?;
    let drawn = Drawn::new(&combinations, asked)?;
    let data = {
        let atom_of = &drawn.membership.atom_of;
        let atom =
            |&place: &u32| (place != NONE).then(|| atom_of[numbers[0][place as usize] as usize]).flatten();
        let atoms: Vec<Option<u32>> = places.iter().map(atom).collect();
        let mut data = contributions(&atoms)?;
        agree(groups, &atoms, &data)?;
        // Nobody asked for the others, and nothing is made of them.
        for (component, sums) in Component::SALES.iter().zip(&mut data.components) {
            if !used.contains(component) {
                *sums = Amounts::zeros(sums.len());
            }
        }
        data
    };
    let whole = Whole { classes, combinations, numbers: &numbers, found: &[found] };
    Ok(drawn.with(whole, asked, data))
}

/// The groups as rows of a page. A group whose entries cancel each other is no less there.
fn rows(groups: &FactGroups, classes: &Classes, used: &[Component]) -> Result<Rows, Error> {
    let disagrees = |what: &str| Error::Disagrees { what: what.to_owned() };
    let frame = frame(groups).map_err(|_| disagrees("groups with gaps"))?;
    let mut rows = Rows::read(&frame, classes.all_slots(), used)?;
    if groups.present.len() != rows.len() || groups.present.contains(&0) {
        return Err(disagrees("a group of nothing"));
    }
    rows.take_present(&groups.present, used);
    Ok(rows)
}

/// The groups as rows of facts, of nobody. What they do not tell apart is unknown.
fn frame(groups: &FactGroups) -> PolarsResult<DataFrame> {
    let height = groups.days.len();
    let days = |name: &str, days: &[i32]| Series::new(name.into(), days).into_date().into_column();
    let mut columns = vec![
        days("day", &groups.days),
        days("belongs_to", &groups.belongs_to),
        Column::new("customer".into(), vec![0u64; height]),
    ];
    for dimension in Dimension::SALES {
        if !matches!(dimension, Dimension::Weekday | Dimension::BelongsTo) {
            let values: Vec<&str> = match groups.values.get(&dimension) {
                Some(values) => values.iter().map(String::as_str).collect(),
                None => vec![UNKNOWN; height],
            };
            columns.push(Column::new(dimension.as_str().into(), values));
        }
    }
    for (component, amounts) in Component::SALES.into_iter().zip(&groups.components) {
        columns.push(Column::new(component.as_str().into(), amounts.as_slice()));
    }
    DataFrame::new(height, columns)
}

/// Of the same atoms the same amounts, none of them negative.
fn agree(groups: &FactGroups, atoms: &[Option<u32>], data: &Contributions) -> Result<(), Error> {
    for (at, component) in Component::SALES.into_iter().enumerate() {
        let (ours, theirs) = (&groups.components[at], &data.components[at]);
        if ours.iter().any(|&amount| amount < 0) || theirs.has_negative() {
            return Err(Error::Negative { component });
        }
        let of_groups = totals(atoms.iter().zip(ours).filter_map(|(atom, &amount)| Some(((*atom)?, amount))));
        let of_customers = totals(data.atoms.iter().copied().zip(theirs.iter()));
        if of_groups != of_customers {
            return Err(Error::Disagrees { what: component.as_str().to_owned() });
        }
    }
    Ok(())
}

/// Of each atom that has any.
fn totals(amounts: impl Iterator<Item = (u32, i64)>) -> BTreeMap<u32, i128> {
    let mut totals = BTreeMap::new();
    for (atom, amount) in amounts.filter(|(_, amount)| *amount != 0) {
        *totals.entry(atom).or_default() += i128::from(amount);
    }
    totals
}
