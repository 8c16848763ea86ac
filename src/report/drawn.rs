//! What is asked, drawn over the combinations that there are: tables with their cells, and the atoms.

use std::collections::{BTreeSet, HashMap};

use super::classes::Classes;
use super::combinations::Combinations;
use super::membership::{self, Fixed, Membership};
use super::tables::Draft;
use super::witnesses::{self, Found, Groups};
use super::{Asked, Cells, Error};
use crate::disclosure::{CandidateCell, CandidateTable, Contributions, EarlierCell, MeasureTerms, Request};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};

pub(super) struct Drawn {
    /// Of every table, then of what is reserved.
    drafts: Vec<Draft>,
    /// Of the drafts' cells in their order, then of the earlier ones.
    pub membership: Membership,
}

/// What the cells are drawn over.
pub(super) struct Whole<'a> {
    pub classes: Classes,
    pub combinations: Combinations,
    /// For each page, those of its own combinations.
    pub numbers: &'a [Vec<u32>],
    /// On each page.
    pub found: &'a [Found],
}

impl Drawn {
    /// # Errors
    /// [`Error::RepeatedDimension`], [`Error::TooFine`].
    pub fn new(combinations: &Combinations, asked: Asked<'_>) -> Result<Self, Error> {
        let drafts = asked.tables.iter().chain(asked.reserved).map(|table| Draft::new(table, combinations));
        let drafts: Vec<Draft> = drafts.collect::<Result<_, _>>()?;
        let candidates = drafts.iter().flat_map(|draft| draft.definitions.iter().zip(&draft.fixed));
        let candidate = |(definition, &fixed): (&CellDefinition, &Fixed)| membership::Asked::Cell {
            from: definition.from,
            until: definition.until,
            fixed,
        };
        let earlier = membership::asked(combinations, asked.earlier.iter().map(|cell| &cell.definition));
        let membership = Membership::new(combinations, candidates.map(candidate).chain(earlier))?;
        Ok(Self { drafts, membership })
    }

    /// With who contributed to the atoms.
    pub fn with(self, whole: Whole<'_>, asked: Asked<'_>, data: Contributions) -> Cells {
        let Self { drafts, membership } = self;
        let Whole { classes, combinations, numbers, found } = whole;
        let all = || asked.tables.iter().chain(asked.reserved);
        let universe = combinations.universe;
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
            let cells =
                draft.places.into_iter().zip(atoms).map(|(place, atoms)| CandidateCell { place, atoms });
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
        Cells { request, definitions, witnesses, groups }
    }
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
