//! Facts, or the books of complaints, to cells: which entries each cell of a report sums over, and what each customer contributes.
//!
//! The answer is a [`Request`] to disclosure control: rows that no cell, candidate or earlier, can tell
//! apart are one atom, and a cell is a set of atoms. A row in no cell is dropped.
//!
//! The way through: [`classes`] says which days are told apart, and by what; [`packed`], the kernel, sums the rows of each
//! page by customer and combination; [`membership`] makes atoms of combinations, and [`contributions`] sums what is left
//! of all pages by atom.
//!
//! Invariants: the answer depends on what the pages hold, not on the order of their rows; an earlier cell
//! means the same entries as when it was released, for its definition stands alone; sums are checked. A few pages are in
//! memory at once, however many there are.
//!
//! Absent by design: any figure. Whatever is shown comes out of disclosure control (what does not add up, in
//! [`durations()`] and [`oldest_open`], too), and this room hands
//! nothing to a document. Nor does it know where facts lie: the caller brings pages of every day that a
//! candidate or an earlier cell that overlaps them is of.

mod classes;
mod combinations;
mod contributions;
mod durations;
mod elsewhere;
mod facts;
mod membership;
mod packed;
mod quick_hash;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod window;
mod witnesses;

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use rayon::prelude::*;

use crate::disclosure::{CandidateCell, CandidateTable, Contributions, EarlierCell, MeasureTerms, Request};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::{Component, Dimension};
use crate::domain::witness::RecordedWitness;

use classes::Classes;
use combinations::Combinations;
pub use durations::{durations, oldest_open};
pub use elsewhere::{cells_of_groups, dimensions};
pub use facts::Facts;
use membership::Membership;
use packed::PageSums;
use rows::Rows;
use tables::Draft;
pub use window::{trend_windows, windows};
use witnesses::{Found, Groups};

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

/// The cells that are asked for, over these facts. Pages of days that no cell covers are not read.
///
/// # Errors
/// When a page cannot be read or is none of facts, sums do not fit, or a table names a dimension twice.
pub fn cells<F: Facts>(facts: &F, asked: Asked<'_>) -> Result<Cells, F::Error> {
    let classes = Classes::new(Universe::Sales, asked);
    let found = Found::new(asked.witnesses);
    let needed = Needed { all_dimensions: found.is_sought(), components: used_components(asked) };
    let pages: Vec<(PageSums, Found)> = read_pages(facts, &classes, &needed, |rows| {
        let found = found.among(&rows, &classes)?;
        Ok((PageSums::of(rows, &classes)?, found))
    })?;
    Ok(of_pages(Universe::Sales, classes, pages, asked)?)
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
    let classes = Classes::new(Universe::Complaints, asked);
    let rows = Rows::of_complaints(lines);
    let found = Found::new(asked.witnesses).among(&rows, &classes)?;
    let page = (PageSums::of(rows, &classes)?, found);
    of_pages(Universe::Complaints, classes, vec![page], asked)
}

/// What is read of a page besides days and customers.
struct Needed {
    /// Every dimension that any cell fixes, or those that cells of the page's days fix.
    all_dimensions: bool,
    components: Vec<Component>,
}

/// The components that any measure in use is made of.
fn used_components(asked: Asked<'_>) -> Vec<Component> {
    let of_tables = asked.tables.iter().chain(asked.reserved).flat_map(|table| &table.measures);
    let measures = of_tables.chain(asked.earlier.iter().flat_map(|cell| &cell.measures));
    let components = measures.flat_map(|measure| measure.terms()).map(|&(component, _)| component);
    components.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What `work` makes of the pages that any cell covers, some at once.
fn read_pages<F: Facts, T: Send>(
    facts: &F,
    classes: &Classes,
    needed: &Needed,
    work: impl Fn(Rows) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, F::Error> {
    let spans = facts.spans();
    let pages: Vec<(usize, Vec<usize>)> = spans
        .iter()
        .enumerate()
        .filter_map(|(page, &span)| {
            let slots = classes.slots_between(span)?;
            Some((page, if needed.all_dimensions { classes.all_slots().to_vec() } else { slots }))
        })
        .collect();
    let all = Universe::Sales.components().iter().copied();
    let others: Vec<Component> = all.filter(|component| !needed.components.contains(component)).collect();
    let read = |(page, slots): &(usize, Vec<usize>)| {
        let frame = facts.read(*page, &Rows::columns(slots, &needed.components))?;
        let mut rows = Rows::read(&frame, slots, &needed.components)?;
        drop(frame);
        // Whoever has something that is not asked for is a contributor all the same.
        if !others.is_empty() && rows.present.contains(&0) {
            let names: Vec<&str> = others.iter().map(|component| component.as_str()).collect();
            rows.look_for(&facts.read(*page, &names)?, &others)?;
        }
        Ok(work(rows)?)
    };
    pages.par_iter().with_max_len(1).map(read).collect()
}

fn of_pages(
    universe: Universe,
    classes: Classes,
    pages: Vec<(PageSums, Found)>,
    asked: Asked<'_>,
) -> Result<Cells, Error> {
    let (pages, found): (Vec<PageSums>, Vec<Found>) = pages.into_iter().unzip();
    let (combinations, numbers) = Combinations::of(universe, &classes, &pages)?;
    let sum = |atom_of: &[Option<u32>]| contributions::contributions(universe, pages, &numbers, atom_of);
    of_combinations(classes, (combinations, &numbers), &found, asked, sum)
}

/// The cells over combinations; `numbers` are, for each page, those of its own. Who contributed to the atoms is what
/// `contributions` says, of the atom of each combination.
fn of_combinations<E: From<Error>>(
    classes: Classes,
    (combinations, numbers): (Combinations, &[Vec<u32>]),
    found: &[Found],
    asked: Asked<'_>,
    contributions: impl FnOnce(&[Option<u32>]) -> Result<Contributions, E>,
) -> Result<Cells, E> {
    let universe = combinations.universe;
    let all = || asked.tables.iter().chain(asked.reserved);
    let drafts: Vec<Draft> = all().map(|table| Draft::new(table, &combinations)).collect::<Result<_, _>>()?;
    let candidates = drafts.iter().flat_map(|draft| &draft.definitions);
    let definitions = candidates.chain(asked.earlier.iter().map(|cell| &cell.definition)).collect::<Vec<_>>();
    let membership = Membership::new(&combinations, &definitions)?;
    let data = contributions(&membership.atom_of)?;
    let (witnesses, tables_of_witnesses) =
        witnesses::recall(universe, asked.witnesses, found, numbers, &membership.atom_of);
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
        measures: used.iter().map(|measure| terms(*measure, universe)).collect(),
        tables,
        reserved,
        earlier: earlier_cells(asked.earlier, &used, &membership, next),
        witnesses: tables_of_witnesses,
        data,
    };
    let groups = Groups::new(classes, combinations, membership.atom_of);
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
