//! What disclosure control is asked for a report: its tables, what later reports mean to show, and every cell of
//! earlier releases. A release, its preview and a rehearsal ask alike.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::books::Books;
use super::reservation;
use super::tables::{self, Scope};
use crate::disclosure::{Dominance, NotAPercentage, Policy, Protection, Request};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::domain::ids::WitnessId;
use crate::domain::witness::RecordedWitness;
use crate::report::{Asked, CellTable, Cells};
use crate::settings::{DisclosureSettings, JobSpec};

/// The cells of every release so far and the witnesses that they left, each universe's by itself: nothing adds up across
/// them.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    sales: OfUniverse,
    complaints: OfUniverse,
}

#[derive(Clone, Debug, Default)]
struct OfUniverse {
    cells: Vec<RecordedCell>,
    witnesses: Vec<RecordedWitness>,
    /// Of the witnesses.
    ids: Vec<WitnessId>,
}

impl Ledger {
    pub fn of(cells: impl IntoIterator<Item = RecordedCell>) -> Self {
        let mut ledger = Self::default();
        ledger.add(cells);
        ledger
    }

    pub fn add(&mut self, cells: impl IntoIterator<Item = RecordedCell>) {
        for cell in cells {
            self.of_universe_mut(cell.universe()).cells.push(cell);
        }
    }

    pub fn add_witnesses(&mut self, witnesses: impl IntoIterator<Item = (WitnessId, RecordedWitness)>) {
        for (id, witness) in witnesses {
            let of = self.of_universe_mut(witness.universe());
            of.ids.push(id);
            of.witnesses.push(witness);
        }
    }

    pub fn forget_witnesses(&mut self, gone: &BTreeSet<WitnessId>) {
        for of in [&mut self.sales, &mut self.complaints] {
            let known = std::mem::take(&mut of.ids).into_iter().zip(std::mem::take(&mut of.witnesses));
            (of.ids, of.witnesses) = known.filter(|(id, _)| !gone.contains(id)).unzip();
        }
    }

    pub fn cells(&self, universe: Universe) -> &[RecordedCell] {
        &self.of_universe(universe).cells
    }

    pub fn witnesses(&self, universe: Universe) -> &[RecordedWitness] {
        &self.of_universe(universe).witnesses
    }

    fn of_universe(&self, universe: Universe) -> &OfUniverse {
        match universe {
            Universe::Sales => &self.sales,
            Universe::Complaints => &self.complaints,
        }
    }

    fn of_universe_mut(&mut self, universe: Universe) -> &mut OfUniverse {
        match universe {
            Universe::Sales => &mut self.sales,
            Universe::Complaints => &mut self.complaints,
        }
    }
}

/// What a release changes of the ledger's witnesses.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WitnessChange {
    /// They prove nothing any longer.
    pub gone: BTreeSet<WitnessId>,
    pub new: Vec<RecordedWitness>,
}

/// What is asked for one universe of a report.
pub struct Question {
    pub universe: Universe,
    tables: Vec<CellTable>,
    cells: Cells,
    /// Of the ledger's witnesses.
    ids: Vec<WitnessId>,
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
        let (earlier, witnesses) = (ledger.cells(universe), ledger.witnesses(universe));
        let asked = Asked { tables: &tables, reserved: &reserved, earlier, witnesses };
        let cells = tables::cells(universe, books, asked)?;
        Ok(Self { universe, tables, cells, ids: ledger.of_universe(universe).ids.clone() })
    }

    pub fn request(&self) -> &Request {
        &self.cells.request
    }

    /// What each cell that would be shown is, with its table's measures.
    pub fn cells(&self) -> impl Iterator<Item = (&CellDefinition, &[Measure])> {
        let tables = self.tables.iter().zip(&self.cells.definitions);
        tables.flat_map(|(table, cells)| cells.iter().map(|cell| (cell, table.measures.as_slice())))
    }

    /// What the answer changes of the ledger's witnesses. The books are those that the question was made of.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn witnesses(&self, answer: &Protection, books: Books<'_>) -> anyhow::Result<WitnessChange> {
        let kept: BTreeSet<WitnessId> =
            self.cells.kept(&answer.witnesses).map(|index| self.ids[index]).collect();
        let new = match self.universe {
            Universe::Sales => self.cells.recorded(&answer.witnesses.new, &books)?,
            Universe::Complaints => self.cells.recorded_of_complaints(&answer.witnesses.new, books.lines)?,
        };
        Ok(WitnessChange { gone: self.ids.iter().copied().filter(|id| !kept.contains(id)).collect(), new })
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
        keeps_back: true,
        ..Policy::default()
    })
}
