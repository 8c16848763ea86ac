//! Facts, or the books of complaints, to cells: which entries each cell of a report sums over, and what each customer contributes.
//!
//! The answer is a [`Request`] to disclosure control: rows that no cell, candidate or earlier, can tell
//! apart are one atom, and a cell is a set of atoms. A row in no cell is dropped.
//!
//! The way through: [`classes`] says which days are told apart, and by what; [`page`] numbers the rows of each page by
//! combination, and [`contributions`] sums those of all pages by combination and customer, both with the kernel,
//! [`packed`]. Meanwhile [`drawn`] makes tables and atoms of the combinations.
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
mod drawn;
mod durations;
mod elsewhere;
mod facts;
mod membership;
mod packed;
mod page;
mod rows;
mod tables;
#[cfg(test)]
mod tests;
mod window;
mod witnesses;

use std::collections::BTreeSet;

use jiff::civil::Date;
use rayon::prelude::*;

use crate::disclosure::Request;
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::{Component, Dimension};
use crate::domain::witness::RecordedWitness;

use classes::Classes;
use combinations::Combinations;
use contributions::{by_combination, contributions};
use drawn::{Drawn, Whole};
pub use durations::{durations, oldest_open};
pub use elsewhere::{cells_of_groups, dimensions};
pub use facts::Facts;
use page::PageSums;
use rows::Rows;
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
    let components = used_components(asked);
    let needed = Needed { all_dimensions: found.is_sought(), components, classes: None };
    let pages: Vec<(PageSums, Found)> = read_pages(facts, &classes, &needed, |rows, is_alone| {
        let found = found.among(&rows, &classes)?;
        Ok((PageSums::of(rows, &classes, is_alone)?, found))
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
    let page = (PageSums::of(rows, &classes, true)?, found);
    of_pages(Universe::Complaints, classes, vec![page], asked)
}

/// What is read of a page besides days and customers.
struct Needed {
    /// Every dimension that any cell fixes, or those that cells of the page's days fix.
    all_dimensions: bool,
    components: Vec<Component>,
    /// Pages without a day of one of these are left out.
    classes: Option<BTreeSet<u32>>,
}

/// The components that any measure in use is made of.
fn used_components(asked: Asked<'_>) -> Vec<Component> {
    let of_tables = asked.tables.iter().chain(asked.reserved).flat_map(|table| &table.measures);
    let measures = of_tables.chain(asked.earlier.iter().flat_map(|cell| &cell.measures));
    let components = measures.flat_map(|measure| measure.terms()).map(|&(component, _)| component);
    components.collect::<BTreeSet<_>>().into_iter().collect()
}

/// What `work` makes of the pages that any cell covers, some at once. It is told whether no other page has days of the same
/// classes.
fn read_pages<F: Facts, T: Send>(
    facts: &F,
    classes: &Classes,
    needed: &Needed,
    work: impl Fn(Rows, bool) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, F::Error> {
    let spans = facts.spans();
    let is_needed = |class: &u32| needed.classes.as_ref().is_none_or(|classes| classes.contains(class));
    let of_pages: Vec<BTreeSet<u32>> = spans.iter().map(|&span| classes.between(span)).collect();
    let mut uses = vec![0; classes.len()];
    of_pages.iter().flatten().for_each(|&class| uses[class as usize] += 1);
    let asked = of_pages.iter().enumerate().filter(|(_, of_page)| of_page.iter().any(is_needed));
    let pages: Vec<(usize, Vec<usize>, bool)> = asked
        .map(|(page, of_page)| {
            let slots =
                if needed.all_dimensions { classes.all_slots().to_vec() } else { classes.slots_of(of_page) };
            (page, slots, of_page.iter().all(|&class| uses[class as usize] == 1))
        })
        .collect();
    let all = Universe::Sales.components().iter().copied();
    let others: Vec<Component> = all.filter(|component| !needed.components.contains(component)).collect();
    let read = |(page, slots, is_alone): &(usize, Vec<usize>, bool)| {
        let frame = facts.read(*page, &Rows::columns(slots, &needed.components))?;
        let mut rows = Rows::read(&frame, slots, &needed.components)?;
        drop(frame);
        // Whoever has something that is not asked for is a contributor all the same.
        if !others.is_empty() && rows.present.contains(&0) {
            let names: Vec<&str> = others.iter().map(|component| component.as_str()).collect();
            rows.look_for(&facts.read(*page, &names)?, &others)?;
        }
        Ok(work(rows, *is_alone)?)
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
    // Contributors are summed by what atoms are made of while these are still being made.
    let (drawn, lines) = rayon::join(
        || Drawn::new(&combinations, asked),
        || by_combination(universe, pages, &numbers, combinations.all.len()),
    );
    let drawn = drawn?;
    let data = contributions(universe, lines?, &drawn.membership.atom_of)?;
    Ok(drawn.with(Whole { classes, combinations, numbers: &numbers, found: &found }, asked, data))
}
