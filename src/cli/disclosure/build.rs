//! From the specification and the records to a request: cells, atoms, contributions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::classes::Classes;
use super::ledger::Ledger;
use super::marginals::Marginals;
use super::names::labels;
use super::parts::{Parts, Quantity};
use super::places::{Axis, Cell, Condition, Totals, places_above};
use super::problem::Problem;
use super::records::Records;
use super::spec::{Spec, Table};
use crate::disclosure::{
    Amounts, CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, Judgement, Released,
    Request, Subject,
};
use crate::settings::one_of;

/// A request with what is needed to write it out again.
pub(super) struct Built {
    pub request: Request,
    pub judgements: Vec<Vec<Judgement>>,
    /// What is known of each table's cells beside the request.
    pub tables: Vec<Vec<Known>>,
    /// The names of the earlier cells.
    pub earlier: Vec<String>,
    /// How many of the request's measures the specification itself asks for.
    pub measures: usize,
    /// What each measure adds up.
    pub quantities: Vec<Quantity>,
    /// Decimals of each measure's integers.
    pub decimals: Vec<usize>,
}

/// A cell beside what the request says of it.
pub(super) struct Known {
    /// One code a dimension of its table, by which people tell it from all other cells.
    pub labels: Vec<String>,
    /// The number of contributors where it is known.
    pub contributors: Option<u64>,
    pub definition: Vec<Condition>,
    /// The true figures, one a measure of the specification.
    pub figures: Vec<i64>,
}

/// A cell while it is put together.
#[derive(Default)]
struct Draft {
    /// Both ascending.
    atoms: Vec<u32>,
    records: Vec<u32>,
}

/// The cells of a table by their places.
type Drafts = BTreeMap<Cell, Draft>;

impl Built {
    /// A cell's table and codes.
    pub fn name(&self, table: usize, cell: usize) -> String {
        let name = &self.request.tables[table].name;
        match &self.tables[table][cell].labels[..] {
            [] => name.clone(),
            labels => format!("{name}[{}]", labels.join(", ")),
        }
    }

    /// Likewise, also of an earlier release.
    pub fn released(&self, released: Released) -> String {
        match released {
            Released::Cell { table, cell } => self.name(table, cell),
            Released::Earlier { cell } => self.earlier[cell].clone(),
        }
    }

    /// What a figure is that must not be learnt.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject {
            Subject::Cell { table, cell } => self.name(*table, *cell),
            Subject::Earlier { cell } => self.earlier[*cell].clone(),
            Subject::Implied { table, total, .. } => {
                format!("the withheld parts of {}", self.name(*table, *total))
            }
            Subject::Difference { greater, lesser } => {
                format!("{} less {}", self.released(*greater), self.released(*lesser))
            }
            Subject::Beside { cell, singleton } => {
                format!("{} beside {}", self.released(*cell), self.released(*singleton))
            }
        }
    }
}

pub(super) fn build(spec: &Spec, input: &Path, records: &Records, ledger: &Ledger) -> Result<Built, Problem> {
    if u32::try_from(records.len()).is_err() {
        return Err(Problem::new(input, "there are more than 4,294,967,295 rows"));
    }
    let further: BTreeSet<String> = spec
        .table
        .iter()
        .flat_map(|table| table.filter.keys().cloned())
        .chain(ledger.condition_columns())
        .collect();
    let marginals = Marginals::of((spec, input), records, &further.into_iter().collect::<Vec<_>>())?;
    let parts = Parts::new((spec, input), records, &marginals.inner, &ledger.quantities())?;
    let mut drafts: Vec<Drafts> = Vec::new();
    let mut classes = Classes::new(records.len());
    for table in &spec.table {
        drafts.push(draft_table((spec, input), table, records, &marginals.inner, &mut classes)?);
    }
    let earlier: Vec<Vec<u32>> = ledger.cells().map(|cell| cell.matches(records, &marginals.inner)).collect();
    earlier.iter().for_each(|of| classes.tell_apart(of));
    let atoms = classes.atoms();
    for draft in drafts.iter_mut().flat_map(BTreeMap::values_mut) {
        draft.atoms = atoms_of(&draft.records, &atoms);
    }
    let mut earlier_cells = Vec::with_capacity(earlier.len());
    for (cell, of) in ledger.cells().zip(earlier) {
        let measures = cell.check(&parts, &of, input)?;
        earlier_cells.push(EarlierCell { atoms: atoms_of(&of, &atoms), measures, shown: cell.is_shown() });
    }
    let names = ledger.cells().map(|cell| cell.name()).collect();
    Ok(assemble(spec, (drafts, &atoms), (earlier_cells, names), parts, &marginals))
}

/// Ascending, each once.
fn atoms_of(records: &[u32], atoms: &[Option<u32>]) -> Vec<u32> {
    let mut of: Vec<u32> = records.iter().filter_map(|&record| atoms[record as usize]).collect();
    of.sort_unstable();
    of.dedup();
    of
}

fn passes(table: &Table, records: &Records, record: usize) -> bool {
    table.filter.iter().all(|(column, codes)| {
        let code = records.codes[column].code(record);
        codes.names().iter().any(|wanted| wanted == code)
    })
}

fn draft_table(
    (spec, input): (&Spec, &Path),
    table: &Table,
    records: &Records,
    inner: &[bool],
    classes: &mut Classes,
) -> Result<Drafts, Problem> {
    let totals = Totals::of(spec);
    let axes: Vec<Axis> = table.dimensions.iter().map(|name| Axis::of_table(spec, table, name)).collect();
    let mut of_place: BTreeMap<Cell, Vec<u32>> = BTreeMap::new();
    for record in (0..records.len()).filter(|&record| inner[record] && passes(table, records, record)) {
        let place = axes.iter().map(|axis| axis.path(records, record, &totals)).collect();
        of_place.entry(place).or_default().push(record as u32);
    }
    if of_place.is_empty() {
        return Err(empty(table, records, input));
    }
    // A record's finest place decides which of the table's cells it is in.
    of_place.values().for_each(|of| classes.tell_apart(of));
    let mut sizes: BTreeMap<Cell, usize> = BTreeMap::new();
    for (finest, of_finest) in &of_place {
        places_above(finest)
            .into_iter()
            .for_each(|place| *sizes.entry(place).or_default() += of_finest.len());
    }
    // Each as long as it will be: of millions of records, what lists have left over is as much again.
    let draft = |(place, size)| (place, Draft { records: Vec::with_capacity(size), ..Draft::default() });
    let mut cells: Drafts = sizes.into_iter().map(draft).collect();
    for (finest, of_finest) in of_place {
        for place in places_above(&finest) {
            cells.entry(place).or_default().records.extend(&of_finest);
        }
    }
    cells.values_mut().for_each(|draft| draft.records.sort_unstable());
    Ok(cells)
}

/// A table without a cell, and what may be the reason.
fn empty(table: &Table, records: &Records, input: &Path) -> Problem {
    let message = format!("the table {:?} is empty: no record passes its filter", table.name);
    for (column, codes) in &table.filter {
        let known = records.known_codes(column);
        let unknown: Vec<&String> =
            codes.names().iter().filter(|code| !known.contains(code.as_str())).collect();
        if unknown.len() == codes.names().len() {
            let known = known.iter().copied().take(12);
            // Of codes as short as these, one is as near as another.
            let near = match unknown[0].chars().count() {
                0..3 => format!("the column has {}", known.collect::<Vec<_>>().join(", ")),
                _ => one_of(unknown[0], known),
            };
            let message = format!("{message}; {:?} does not occur; {near}", unknown[0]);
            return Problem { column: Some(column.clone()), ..Problem::new(input, message) };
        }
    }
    Problem::new(input, message)
}

fn assemble(
    spec: &Spec,
    (drafts, atoms): (Vec<Drafts>, &[Option<u32>]),
    (earlier, names): (Vec<EarlierCell>, Vec<String>),
    parts: Parts,
    marginals: &Marginals,
) -> Built {
    let data = contributions(&parts, atoms);
    let (mut tables, mut judgements, mut known) = (Vec::new(), Vec::new(), Vec::new());
    for (table, cells) in spec.table.iter().zip(drafts) {
        judgements.push(cells.values().map(|draft| marginals.judgement(&draft.records)).collect());
        known.push(know(spec, table, &cells, &parts));
        tables.push(CandidateTable {
            name: table.name.clone(),
            dimensions: table.dimensions.clone(),
            measures: (0..parts.own).collect(),
            equations: equations(&cells),
            cells: cells
                .into_iter()
                .map(|(place, draft)| CandidateCell { place, atoms: draft.atoms })
                .collect(),
        });
    }
    Built {
        request: Request { measures: parts.measures, tables, earlier, data, ..Request::default() },
        judgements,
        tables: known,
        earlier: names,
        measures: parts.own,
        quantities: parts.quantities,
        decimals: parts.decimals,
    }
}

fn know(spec: &Spec, table: &Table, cells: &Drafts, parts: &Parts) -> Vec<Known> {
    let axes: Vec<Axis> = table.dimensions.iter().map(|name| Axis::of_table(spec, table, name)).collect();
    let filter: Vec<Condition> =
        table.filter.iter().map(|(column, codes)| (column.clone(), codes.names().to_vec())).collect();
    let labels = labels(cells.keys(), axes.len());
    let know = |(place, draft): (&Cell, &Draft)| {
        let conditions = axes.iter().zip(place).flat_map(|(axis, path)| axis.conditions(path));
        Known {
            labels: place.iter().zip(&labels).map(|(path, labels)| labels[path].clone()).collect(),
            contributors: parts.contributors(&draft.records),
            definition: filter.iter().cloned().chain(conditions).collect(),
            figures: (0..parts.own).map(|measure| parts.sum(measure, &draft.records)).collect(),
        }
    };
    cells.iter().map(know).collect()
}

/// Each cell is the sum of those one step finer, in each dimension.
fn equations(cells: &Drafts) -> Vec<Equation> {
    let known: BTreeMap<&[Vec<String>], usize> =
        cells.keys().enumerate().map(|(cell, place)| (&place[..], cell)).collect();
    let mut parts: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (cell, place) in cells.keys().enumerate() {
        for dimension in (0..place.len()).filter(|&dimension| !place[dimension].is_empty()) {
            let mut above = place.clone();
            above[dimension].pop();
            if let Some(&total) = known.get(&above[..]) {
                parts.entry((total, dimension)).or_default().push(cell);
            }
        }
    }
    parts.into_iter().map(|((total, _), parts)| Equation { total, parts }).collect()
}

fn contributions(parts: &Parts, atoms: &[Option<u32>]) -> Contributions {
    let of_record = |(record, atom): (usize, &Option<u32>)| {
        let contributors = parts.of_record[record].iter().enumerate();
        let of_atom =
            |atom: u32| contributors.map(move |(at, part)| (atom, part.0, record as u32, at as u32));
        atom.map(of_atom).into_iter().flatten()
    };
    let mut lines: Vec<(u32, u64, u32, u32)> = atoms.iter().enumerate().flat_map(of_record).collect();
    lines.sort_unstable();
    let mut data = Contributions {
        components: vec![Amounts::default(); parts.measures.len()],
        ..Contributions::default()
    };
    for of_one in lines.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        data.atoms.push(of_one[0].0);
        data.contributors.push(of_one[0].1);
        for (component, column) in data.components.iter_mut().enumerate() {
            let amount =
                |line: &(u32, u64, u32, u32)| parts.of_record[line.2 as usize][line.3 as usize].1[component];
            column.push(of_one.iter().map(amount).sum());
        }
    }
    data
}
