//! From the specification and the records to a request: cells, atoms, contributions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ledger::Ledger;
use super::places::{Axis, Condition};
use super::problem::Problem;
use super::records::Records;
use super::spec::{InputKind, Spec, Table};
use crate::disclosure::{
    CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, Judgement, MeasureTerms, Request,
};

/// The measure that counts contributors, where their number adds up.
pub(super) const CONTRIBUTORS: &str = "contributors";

/// How many contributors a ready-made cell is taken apart into at most: more make no difference to any rule.
const CONTRIBUTORS_OF_A_ROW: u64 = 256;

/// A request with what is needed to write it out again.
pub(super) struct Built {
    pub request: Request,
    pub judgements: Vec<Vec<Judgement>>,
    /// For each table and cell, the number of contributors where it is known.
    pub contributors: Vec<Vec<Option<u64>>>,
    /// For each table and cell, its definition.
    pub definitions: Vec<Vec<Vec<Condition>>>,
    /// Decimals of each measure's integers.
    pub decimals: Vec<usize>,
}

/// A cell while it is put together.
#[derive(Default)]
struct Draft {
    atoms: BTreeSet<u32>,
    records: Vec<usize>,
}

/// The cells of a table by their places.
type Drafts = BTreeMap<Vec<Vec<String>>, Draft>;

pub(super) fn build(spec: &Spec, input: &Path, records: &Records, ledger: &Ledger) -> Result<Built, Problem> {
    let inner = inner_records(spec, input, records)?;
    let parts = Parts::new(spec, input, records, &inner)?;
    let mut drafts: Vec<Drafts> = Vec::new();
    let mut signatures: Vec<Vec<u32>> = vec![Vec::new(); records.len()];
    let mut next = 0u32;
    for table in &spec.table {
        let cells = draft_table(spec, table, records, &inner);
        for draft in cells.values() {
            draft.records.iter().for_each(|&record| signatures[record].push(next));
            next += 1;
        }
        drafts.push(cells);
    }
    for cell in ledger.cells() {
        for record in cell.matches(records, &inner) {
            signatures[record].push(next);
        }
        next += 1;
    }
    let atoms = number_atoms(&signatures);
    for draft in drafts.iter_mut().flat_map(BTreeMap::values_mut) {
        draft.atoms = draft.records.iter().filter_map(|&record| atoms[record]).collect();
    }
    let earlier = earlier_cells(ledger, records, &inner, &atoms, &parts, input)?;
    Ok(assemble(spec, records, (drafts, &atoms), earlier, parts))
}

/// Records that are not totals of others; a file of microdata has no totals.
fn inner_records(spec: &Spec, input: &Path, records: &Records) -> Result<Vec<bool>, Problem> {
    let axes: Vec<Axis> = spec.dimensions.values().map(Axis::whole).collect();
    let inner: Vec<bool> =
        (0..records.len()).map(|record| !axes.iter().any(|axis| axis.is_total(records, record))).collect();
    if spec.input.kind == InputKind::Microdata
        && let Some(record) = inner.iter().position(|inner| !inner)
    {
        let message = "a code of the microdata is a total or a node of a tree";
        return Err(Problem {
            file: input.into(),
            row: Some(records.rows[record]),
            column: None,
            message: message.into(),
        });
    }
    Ok(inner)
}

fn passes(table: &Table, records: &Records, record: usize) -> bool {
    table.filter.iter().all(|(column, codes)| {
        let code = records.codes[column].code(record);
        codes.iter().any(|wanted| wanted == code)
    })
}

fn draft_table(spec: &Spec, table: &Table, records: &Records, inner: &[bool]) -> Drafts {
    let axes: Vec<Axis> = table.dimensions.iter().map(|name| Axis::of_table(spec, table, name)).collect();
    let mut of_place: BTreeMap<Vec<Vec<String>>, Vec<usize>> = BTreeMap::new();
    for record in (0..records.len()).filter(|&record| inner[record] && passes(table, records, record)) {
        let place = axes.iter().map(|axis| axis.path(records, record)).collect();
        of_place.entry(place).or_default().push(record);
    }
    let mut cells = Drafts::new();
    for (finest, of_finest) in of_place {
        for place in places_above(&finest) {
            cells.entry(place).or_default().records.extend(&of_finest);
        }
    }
    cells
}

/// Every combination of prefixes, the place itself included.
fn places_above(finest: &[Vec<String>]) -> Vec<Vec<Vec<String>>> {
    finest.iter().fold(vec![Vec::new()], |places, path| {
        let extend = |place: Vec<Vec<String>>| {
            (0..=path.len())
                .map(move |depth| place.iter().cloned().chain([path[..depth].to_vec()]).collect::<Vec<_>>())
        };
        places.into_iter().flat_map(extend).collect()
    })
}

/// Records in the same cells are one atom; those in none have none.
fn number_atoms(signatures: &[Vec<u32>]) -> Vec<Option<u32>> {
    let mut known: BTreeMap<&[u32], u32> = BTreeMap::new();
    signatures
        .iter()
        .map(|signature| {
            let next = known.len() as u32;
            (!signature.is_empty()).then(|| *known.entry(signature).or_insert(next))
        })
        .collect()
}

/// What the records contribute, and what is measured.
pub(super) struct Parts {
    measures: Vec<MeasureTerms>,
    pub decimals: Vec<usize>,
    /// For each record: (contributor, one amount a component).
    of_record: Vec<Vec<(u64, Vec<i64>)>>,
    /// Whether contributors add up over cells.
    additive: bool,
}

impl Parts {
    fn new(spec: &Spec, input: &Path, records: &Records, inner: &[bool]) -> Result<Self, Problem> {
        let values = spec.input.value.names();
        let additive = spec.input.contributor.is_none()
            && (spec.input.kind == InputKind::Microdata || spec.input.count.is_some());
        let mut names: Vec<String> = values.clone();
        if additive {
            names.push(CONTRIBUTORS.into());
        } else if values.is_empty() {
            names.push("rows".into());
        }
        let measure = |(component, name): (usize, &String)| MeasureTerms {
            name: name.clone(),
            terms: vec![(component, 1)],
            is_magnitude: component < values.len(),
            is_balance: false,
        };
        let measures = names.iter().enumerate().map(measure).collect();
        let decimals = names
            .iter()
            .map(|name| {
                records.amounts.get(name).filter(|_| values.contains(name)).map_or(0, |of| of.decimals)
            })
            .collect();
        let counts = names.len() > values.len();
        let of_record = (0..records.len())
            .map(
                |record| {
                    if inner[record] { split(spec, input, records, record, counts) } else { Ok(Vec::new()) }
                },
            )
            .collect::<Result<_, _>>()?;
        Ok(Self { measures, decimals, of_record, additive })
    }

    /// The sum of a measure over records.
    pub fn sum(&self, measure: usize, of: &[usize]) -> i64 {
        of.iter().flat_map(|&record| &self.of_record[record]).map(|(_, amounts)| amounts[measure]).sum()
    }

    pub fn measure(&self, name: &str) -> Option<usize> {
        self.measures.iter().position(|measure| measure.name == name)
    }

    fn contributors(&self, of: &[usize]) -> u64 {
        let parts = of.iter().flat_map(|&record| &self.of_record[record]);
        match self.measure(CONTRIBUTORS).filter(|_| self.additive) {
            Some(measure) => self.sum(measure, of).unsigned_abs(),
            None => parts.map(|part| part.0).collect::<BTreeSet<_>>().len() as u64,
        }
    }
}

/// One record as contributions. A row of ready-made cells is taken apart as its largest contributions and its number
/// of contributors say.
fn split(
    spec: &Spec,
    input: &Path,
    records: &Records,
    record: usize,
    counts: bool,
) -> Result<Vec<(u64, Vec<i64>)>, Problem> {
    let values: Vec<i64> = spec
        .input
        .value
        .names()
        .iter()
        .map(|name| records.amounts[name].of_record[record].unwrap_or(0))
        .collect();
    if let Some(contributor) = &spec.input.contributor {
        let id = u64::from(records.codes[contributor].of_record[record]);
        return Ok(vec![(id, values.into_iter().chain(counts.then_some(1)).collect())]);
    }
    let count = spec.input.count.as_ref().map(|name| records.amounts[name].of_record[record].unwrap_or(0));
    let known = count.map(|count| count as u64);
    let microdata = spec.input.kind == InputKind::Microdata;
    let number =
        known.unwrap_or(if microdata { 1 } else { CONTRIBUTORS_OF_A_ROW }).min(CONTRIBUTORS_OF_A_ROW);
    if number == 0 && values.iter().any(|&value| value > 0) {
        let column = spec.input.count.as_deref().unwrap_or_default();
        return Err(Problem::at(input, records.rows[record], column, "a value without any contributor"));
    }
    let top: Vec<i64> = spec
        .input
        .top
        .iter()
        .map_while(|name| records.amounts[name].of_record[record])
        .filter(|&amount| amount > 0)
        .collect();
    if top.iter().sum::<i64>() > values.first().copied().unwrap_or(0) {
        let column = &spec.input.top[0];
        let message = "the largest contributions add up to more than the value";
        return Err(Problem::at(input, records.rows[record], column, message));
    }
    let mut parts: Vec<(u64, Vec<i64>)> =
        (0..number).map(|part| ((record as u64) << 9 | part, Vec::new())).collect();
    for (index, &value) in values.iter().enumerate() {
        let top = if index == 0 { &top[..] } else { &[] };
        for (part, amount) in parts.iter_mut().zip(shares(value, top, number as usize)) {
            part.1.push(amount);
        }
    }
    if counts {
        let total = known.unwrap_or(number) as i64;
        for (part, amount) in parts.iter_mut().zip(shares(total, &[], number as usize)) {
            part.1.push(amount);
        }
    }
    Ok(parts)
}

/// The largest first, the rest spread evenly.
fn shares(value: i64, top: &[i64], number: usize) -> Vec<i64> {
    let top = &top[..top.len().min(number)];
    let rest = value - top.iter().sum::<i64>();
    let others = number - top.len();
    let mut shares = top.to_vec();
    if others > 0 {
        let (each, more) = (rest / others as i64, rest % others as i64);
        shares.extend((0..others).map(|other| each + i64::from((other as i64) < more)));
    } else if let Some(last) = shares.last_mut() {
        *last += rest;
    }
    shares
}

fn earlier_cells(
    ledger: &Ledger,
    records: &Records,
    inner: &[bool],
    atoms: &[Option<u32>],
    parts: &Parts,
    input: &Path,
) -> Result<Vec<EarlierCell>, Problem> {
    let mut earlier = Vec::new();
    for cell in ledger.cells() {
        let of: Vec<usize> = cell.matches(records, inner);
        let measures = cell.check(parts, &of, input)?;
        let atoms: BTreeSet<u32> = of.iter().filter_map(|&record| atoms[record]).collect();
        earlier.push(EarlierCell { atoms: atoms.into_iter().collect(), measures, shown: cell.is_shown() });
    }
    Ok(earlier)
}

fn assemble(
    spec: &Spec,
    records: &Records,
    (drafts, atoms): (Vec<Drafts>, &[Option<u32>]),
    earlier: Vec<EarlierCell>,
    parts: Parts,
) -> Built {
    let mut tables = Vec::new();
    let (mut judgements, mut contributors, mut definitions) = (Vec::new(), Vec::new(), Vec::new());
    for (table, cells) in spec.table.iter().zip(drafts) {
        judgements.push(judge(spec, table, records, &cells));
        contributors.push(cells.values().map(|draft| Some(parts.contributors(&draft.records))).collect());
        let axes: Vec<Axis> = table.dimensions.iter().map(|name| Axis::of_table(spec, table, name)).collect();
        let filter: Vec<Condition> =
            table.filter.iter().map(|(column, codes)| (column.clone(), codes.clone())).collect();
        let define = |place: &Vec<Vec<String>>| {
            let paths = axes.iter().zip(place).flat_map(|(axis, path)| axis.conditions(path));
            filter.iter().cloned().chain(paths).collect::<Vec<Condition>>()
        };
        definitions.push(cells.keys().map(define).collect());
        tables.push(CandidateTable {
            name: table.name.clone(),
            dimensions: table.dimensions.clone(),
            measures: (0..parts.measures.len()).collect(),
            equations: equations(&cells),
            cells: cells
                .into_iter()
                .map(|(place, draft)| CandidateCell { place, atoms: draft.atoms.into_iter().collect() })
                .collect(),
        });
    }
    let data = contributions(&parts, atoms);
    let request = Request { measures: parts.measures, tables, earlier, data, ..Request::default() };
    Built { request, judgements, contributors, definitions, decimals: parts.decimals }
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
    let mut sums: BTreeMap<(u32, u64), Vec<i64>> = BTreeMap::new();
    for (atom, of_record) in atoms.iter().zip(&parts.of_record) {
        let Some(atom) = atom else { continue };
        for (contributor, amounts) in of_record {
            let sum = sums.entry((*atom, *contributor)).or_insert_with(|| vec![0; amounts.len()]);
            sum.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
        }
    }
    let mut data =
        Contributions { components: vec![Vec::new(); parts.measures.len()], ..Contributions::default() };
    for ((atom, contributor), amounts) in sums {
        data.atoms.push(atom);
        data.contributors.push(contributor);
        data.components.iter_mut().zip(amounts).for_each(|(column, amount)| column.push(amount));
    }
    data
}

/// What the rows of a ready-made table say of a table's cells; totals have rows of their own.
fn judge(spec: &Spec, table: &Table, records: &Records, cells: &Drafts) -> Vec<Judgement> {
    let mut judgements: BTreeMap<&Vec<Vec<String>>, Judgement> = BTreeMap::new();
    if spec.input.kind == InputKind::Cells {
        let axes: Vec<Axis> = table.dimensions.iter().map(|name| Axis::of_table(spec, table, name)).collect();
        let others: Vec<Axis> = spec
            .dimensions
            .iter()
            .filter(|(name, _)| !table.dimensions.contains(name))
            .map(|(_, dimension)| Axis::whole(dimension))
            .collect();
        for record in (0..records.len()).filter(|&record| passes(table, records, record)) {
            let place: Vec<Vec<String>> = axes.iter().map(|axis| axis.path(records, record)).collect();
            let Some((place, draft)) = cells.get_key_value(&place) else { continue };
            if draft.records == [record] || others.iter().all(|axis| axis.path(records, record).is_empty()) {
                judgements.entry(place).or_insert_with(|| judgement(spec, records, record));
            }
        }
    }
    cells.keys().map(|place| judgements.remove(place).unwrap_or_default()).collect()
}

fn judgement(spec: &Spec, records: &Records, record: usize) -> Judgement {
    let amount = |name: &String| records.amounts[name].of_record[record];
    let top: Vec<i64> = spec.input.top.iter().map_while(amount).collect();
    let sensitive = spec.input.status.as_ref().and_then(|status| {
        let code = records.codes[&status.column].code(record);
        let named = |codes: &[String]| codes.iter().any(|known| known == code);
        if named(&status.sensitive) { Some(true) } else { named(&status.safe).then_some(false) }
    });
    Judgement {
        contributors: spec.input.count.as_ref().and_then(amount).map(|count| count as u64),
        largest: (!top.is_empty()).then_some(top),
        sensitive,
        upper: spec.input.upper.as_ref().and_then(amount),
        lower: spec.input.lower.as_ref().and_then(amount),
    }
}
