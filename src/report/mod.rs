//! Facts, or the books of complaints, to cells: which entries each cell of a report sums over, and what each customer contributes.
//!
//! The answer is a [`Request`] to disclosure control: rows that no cell, candidate or earlier, can tell
//! apart are one atom, and a cell is a set of atoms. A row in no cell is dropped.
//!
//! Invariants: the answer depends on what the frame holds, not on the order of its rows; an earlier cell
//! means the same entries as when it was released, for its definition stands alone; sums are checked.
//!
//! Absent by design: any figure. Whatever is shown comes out of disclosure control (what does not add up, in
//! [`durations()`] and [`oldest_open`], too), and this room hands
//! nothing to a document. Nor does it load facts: the caller brings a frame of enough days for every
//! candidate and every earlier cell that overlaps them.

mod durations;
mod elsewhere;
mod groups;
mod membership;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod window;

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use polars::prelude::DataFrame;

use crate::disclosure::{CandidateCell, CandidateTable, Contributions, EarlierCell, MeasureTerms, Request};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::{Component, Dimension};
use crate::domain::witness::RecordedWitness;

pub use durations::{durations, oldest_open};
pub use elsewhere::{cells_of_groups, dimensions};
use groups::Groups;
use membership::Membership;
use rows::Rows;
use tables::Draft;
pub use window::{trend_windows, windows};

/// A table of a report, before its cells are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellTable {
    pub name: String,
    pub shape: Shape,
    pub measures: Vec<Measure>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Every level of two hierarchies, crossed, with every total, over the days `from..until`. A cell's
    /// place is the codes of its row and, where there are columns, of its column; no codes are the
    /// total, and one empty code is the group of which the source told nothing. Groups that do not
    /// occur in the data have no cell; the grand total always has.
    Groups { rows: Vec<Dimension>, columns: Vec<Dimension>, from: Date, until: Date },
    /// One cell a window, over everything; all of them, also without data.
    Windows(Vec<Window>),
}

impl Shape {
    /// Every range of days it sums over, half-open.
    pub fn spans(&self) -> Vec<(Date, Date)> {
        match self {
            Self::Groups { from, until, .. } => vec![(*from, *until)],
            Self::Windows(windows) => windows.iter().map(|window| (window.from, window.until)).collect(),
        }
    }
}

/// A named range of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    pub name: String,
    pub from: Date,
    /// Not in the window.
    pub until: Date,
}

/// What the atoms must tell apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub tables: &'a [CellTable],
    /// Tables that a later release means to show: see [`Request::reserved`].
    pub reserved: &'a [CellTable],
    /// The cells of every earlier release. Those of the same rows are one, shown and withheld apart; else they keep
    /// their order.
    pub earlier: &'a [RecordedCell],
    /// What earlier releases left of witnesses.
    pub witnesses: &'a [RecordedWitness],
}

/// What disclosure control is asked, and what each candidate cell is, for the ledger of releases.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    pub request: Request,
    /// For each table of the request, its cells' definitions in its order.
    pub definitions: Vec<Vec<CellDefinition>>,
    /// For each of the request's witnesses, which of those asked with it is.
    witnesses: Vec<usize>,
    groups: Groups,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the facts lack a usable column {column:?}; run `firstwatch job run integrity`")]
    Column { column: String },
    #[error("table {table:?} names {} twice; name each dimension once", dimension.as_str())]
    RepeatedDimension { table: String, dimension: Dimension },
    #[error("a table crosses more groups than can be told apart; give it fewer dimensions")]
    TooFine,
    #[error("a sum of {} does not fit; look for absurd amounts in the source", component.as_str())]
    TooLarge { component: Component },
    #[error("the facts are out of order: somebody's {} are negative on a closed day", component.as_str())]
    Negative { component: Component },
    #[error(
        "what the engine says of customers does not add up to what it says of their groups ({what}); look at its log"
    )]
    Disagrees { what: String },
}

/// The cells that are asked for, over the facts in `frame` (as the facts room loads them).
///
/// # Errors
/// When the frame is not one of facts, its sums do not fit, or a table names a dimension twice.
pub fn cells(frame: &DataFrame, asked: Asked<'_>) -> Result<Cells, Error> {
    of_rows(&Rows::read(frame)?, asked)
}

/// The cells that are asked for, over the complaints' books. The lines are all of the days that a candidate or
/// an earlier cell sums over.
///
/// Complaints are a universe of their own: tables and earlier cells are of complaints' measures alone, and no
/// equation holds between them and sales.
///
/// # Errors
/// As [`cells`].
pub fn complaint_cells(lines: &[ComplaintLine], asked: Asked<'_>) -> Result<Cells, Error> {
    of_rows(&Rows::of_complaints(lines), asked)
}

fn of_rows(rows: &Rows, asked: Asked<'_>) -> Result<Cells, Error> {
    with(rows, asked, |membership| contributions(rows, membership))
}

/// The cells over these rows; who contributed to their atoms is what `contributions` says.
fn with<E: From<Error>>(
    rows: &Rows,
    asked: Asked<'_>,
    contributions: impl FnOnce(&Membership) -> Result<Contributions, E>,
) -> Result<Cells, E> {
    let all = || asked.tables.iter().chain(asked.reserved);
    let drafts: Vec<Draft> = all().map(|table| Draft::new(table, rows)).collect::<Result<_, _>>()?;
    let candidates = drafts.iter().flat_map(|draft| &draft.definitions);
    let definitions = candidates.chain(asked.earlier.iter().map(|cell| &cell.definition)).collect::<Vec<_>>();
    let membership = Membership::new(rows, &definitions)?;
    let data = contributions(&membership)?;
    let groups = Groups::new(rows, &membership);
    let (witnesses, tables_of_witnesses) = groups.recall(asked.witnesses);
    let used: BTreeSet<Measure> = all()
        .flat_map(|table| &table.measures)
        .chain(asked.earlier.iter().flat_map(|cell| &cell.measures))
        .copied()
        .collect();
    let used: Vec<Measure> = used.into_iter().collect();
    let mut next = 0;
    let mut definitions = Vec::new();
    let mut tables = Vec::new();
    for (table, draft) in all().zip(drafts) {
        let first = next;
        next += draft.definitions.len();
        let atoms = (first..next).map(|cell| membership.atoms(cell).to_vec());
        let cells = draft.places.into_iter().zip(atoms).map(|(place, atoms)| CandidateCell { place, atoms });
        tables.push(CandidateTable {
            name: table.name.clone(),
            dimensions: draft.dimensions,
            measures: indices(&table.measures, &used),
            cells: cells.collect(),
            equations: draft.equations,
        });
        definitions.push(draft.definitions);
    }
    definitions.truncate(asked.tables.len());
    let reserved = tables.split_off(asked.tables.len());
    let request = Request {
        measures: used.iter().map(|measure| terms(*measure, rows.universe)).collect(),
        tables,
        reserved,
        earlier: earlier_cells(asked.earlier, &used, &membership, next),
        witnesses: tables_of_witnesses,
        data,
    };
    Ok(Cells { request, definitions, witnesses, groups })
}

/// The earlier cells; the first of them is cell `first` of the membership. The same rows shown in several tables, or in
/// several releases, are one cell with the measures of all: nobody learns more from it.
fn earlier_cells(
    earlier: &[RecordedCell],
    used: &[Measure],
    membership: &Membership,
    first: usize,
) -> Vec<EarlierCell> {
    let mut known: HashMap<(usize, bool), usize> = HashMap::new();
    let mut cells: Vec<EarlierCell> = Vec::new();
    for (index, recorded) in earlier.iter().enumerate() {
        let shown = recorded.shown.is_some();
        let at = *known.entry((membership.unique(first + index), shown)).or_insert_with(|| {
            let atoms = membership.atoms(first + index).to_vec();
            cells.push(EarlierCell { atoms, measures: Vec::new(), shown });
            cells.len() - 1
        });
        for measure in indices(&recorded.measures, used) {
            if !cells[at].measures.contains(&measure) {
                cells[at].measures.push(measure);
            }
        }
    }
    cells
}

fn indices(measures: &[Measure], used: &[Measure]) -> Vec<usize> {
    measures.iter().filter_map(|measure| used.binary_search(measure).ok()).collect()
}

fn terms(measure: Measure, universe: Universe) -> MeasureTerms {
    let place = |component| universe.components().iter().position(|&known| known == component);
    let terms = measure.terms().iter().filter_map(|&(component, factor)| Some((place(component)?, factor)));
    MeasureTerms {
        name: measure.as_str().to_owned(),
        terms: terms.collect(),
        is_magnitude: measure.is_money(),
        is_balance: measure.is_stock(),
    }
}

/// Sums the rows by (atom, customer): one sort of packed keys, then one pass.
fn contributions(rows: &Rows, membership: &Membership) -> Result<Contributions, Error> {
    let components = rows.universe.components();
    let mut keys: Vec<(u32, u64, u32)> = Vec::new();
    for (row, atom) in (0u32..).zip(membership.atom_of_row()) {
        if let Some(atom) = atom {
            keys.push((*atom, rows.customers[row as usize], row));
        }
    }
    keys.sort_unstable();
    let mut data =
        Contributions { components: vec![Vec::new(); components.len()], ..Contributions::default() };
    let mut last = None;
    for (atom, customer, row) in keys {
        if last.replace((atom, customer)) != Some((atom, customer)) {
            data.atoms.push(atom);
            data.contributors.push(customer);
            data.components.iter_mut().for_each(|column| column.push(0));
        }
        for (index, &component) in components.iter().enumerate() {
            let value = rows.components[index][row as usize];
            let Some(sum) = data.components[index].last_mut() else { continue };
            *sum = sum.checked_add(value).ok_or(Error::TooLarge { component })?;
        }
    }
    for (&component, column) in components.iter().zip(&data.components) {
        if column.iter().any(|&sum| sum < 0) {
            return Err(Error::Negative { component });
        }
    }
    Ok(data)
}
