//! What disclosure control is asked for a report: its tables, what later reports mean to show, and every cell of
//! earlier releases. A release, its preview and a rehearsal ask alike.

use super::books::Books;
use super::reservation;
use super::tables::{self, Scope};
use crate::disclosure::{Dominance, NotAPercentage, Policy, Protection, Request};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::report::{Asked, CellTable, Cells};
use crate::settings::{DisclosureSettings, JobSpec};

/// The cells of every release so far, each universe's by itself: nothing adds up across them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    sales: Vec<RecordedCell>,
    complaints: Vec<RecordedCell>,
}

impl Ledger {
    pub fn of(cells: impl IntoIterator<Item = RecordedCell>) -> Self {
        let mut ledger = Self::default();
        ledger.add(cells);
        ledger
    }

    pub fn add(&mut self, cells: impl IntoIterator<Item = RecordedCell>) {
        for cell in cells {
            match cell.universe() {
                Universe::Sales => self.sales.push(cell),
                Universe::Complaints => self.complaints.push(cell),
            }
        }
    }

    pub fn cells(&self, universe: Universe) -> &[RecordedCell] {
        match universe {
            Universe::Sales => &self.sales,
            Universe::Complaints => &self.complaints,
        }
    }
}

/// What is asked for one universe of a report.
pub struct Question {
    pub universe: Universe,
    tables: Vec<CellTable>,
    cells: Cells,
}

impl Question {
    /// `jobs` are all that are configured: there is room to be left for what they will show.
    pub(super) fn new(
        universe: Universe,
        scope: Scope<'_>,
        jobs: &[JobSpec],
        (books, ledger): (Books<'_>, &Ledger),
    ) -> anyhow::Result<Self> {
        let tables = scope.tables(universe);
        let reserved = reservation::tables(universe, jobs, scope.period);
        let asked = Asked { tables: &tables, reserved: &reserved, earlier: ledger.cells(universe) };
        let cells = tables::cells(universe, books, scope.period, asked)?;
        Ok(Self { universe, tables, cells })
    }

    pub fn request(&self) -> &Request {
        &self.cells.request
    }

    /// What each cell that would be shown is, with its table's measures.
    pub fn cells(&self) -> impl Iterator<Item = (&CellDefinition, &[Measure])> {
        let tables = self.tables.iter().zip(&self.cells.definitions);
        tables.flat_map(|(table, cells)| cells.iter().map(|cell| (cell, table.measures.as_slice())))
    }

    /// The answer as the ledger of releases keeps it, each cell with the name of its table.
    pub fn recorded(&self, answer: &Protection) -> Vec<(String, RecordedCell)> {
        tables::recorded(&self.tables, &self.cells, &answer.tables)
    }
}

/// # Errors
/// A percentage that is none; settings have checked it.
pub(super) fn policy(settings: &DisclosureSettings) -> Result<Policy, NotAPercentage> {
    let dominance = |&(n, k): &(u32, f64)| Ok(Dominance { n: n as usize, k: k.try_into()? });
    Ok(Policy {
        minimum_contributors: settings.minimum_contributors.into(),
        p_percent: settings.p_percent.try_into()?,
        dominance: settings.dominance.iter().map(dominance).collect::<Result<_, _>>()?,
        implied_cells: settings.implied_cells,
        insiders: settings.insiders,
        // Net sales, orders and units come first; of complaints, those opened.
        headlines: 1,
        series: true,
        ..Policy::default()
    })
}
