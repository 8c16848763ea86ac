//! Rows of ready-made cells that are totals of others: found, held against what they sum over, and heard on how
//! sensitive their cells are. Microdata have no such rows.

use std::collections::BTreeMap;
use std::path::Path;

use super::numbers::plain;
use super::parts::largest;
use super::places::{Axis, Cell, Totals, places_above};
use super::problem::Problem;
use super::records::{Records, missing};
use super::spec::{InputKind, Spec, TOTAL};
use crate::disclosure::Judgement;

/// The records, sorted into inner ones and totals.
pub(super) struct Marginals {
    /// Whether a record is no total of others.
    pub inner: Vec<bool>,
    /// What the rows say of a cell, by the inner records that it sums over, ascending.
    judgements: BTreeMap<Vec<u32>, Judgement>,
}

impl Marginals {
    /// `further` are columns beside the dimensions that tell records apart.
    pub fn of((spec, input): (&Spec, &Path), records: &Records, further: &[String]) -> Result<Self, Problem> {
        let totals = Totals::of(spec);
        check_trees((spec, input), records)?;
        let mut axes: Vec<Axis> = spec.dimensions.values().map(Axis::whole).collect();
        let in_dimensions = |column: &String| axes.iter().any(|axis| axis.columns().contains(column));
        let others: Vec<String> = further.iter().filter(|column| !in_dimensions(column)).cloned().collect();
        if spec.input.kind == InputKind::Microdata {
            check_microdata(input, records, &axes, &totals)?;
            return Ok(Self { inner: vec![true; records.len()], judgements: BTreeMap::new() });
        }
        axes.extend(others.into_iter().map(|column| Axis::Levels(vec![column])));
        check_words(input, records, &axes, &totals)?;
        check_order(input, records, &axes, &totals)?;
        let inner: Vec<bool> = (0..records.len())
            .map(|record| !axes.iter().any(|axis| axis.is_total(records, record, &totals)))
            .collect();
        let extents = extents(input, records, (&axes, &totals), &inner)?;
        // The inner rows first: a total cannot be right where a part is wrong.
        let mut in_order: Vec<usize> = (0..records.len()).collect();
        in_order.sort_by_key(|&record| !inner[record]);
        for record in in_order {
            CellRow { spec, input, records, record }.check(&extents[record], inner[record])?;
        }
        let mut judgements: BTreeMap<Vec<u32>, Judgement> = BTreeMap::new();
        for (record, extent) in extents.into_iter().enumerate() {
            let row = CellRow { spec, input, records, record };
            judgements
                .entry(extent)
                .and_modify(|known| merge(known, row.judgement()))
                .or_insert_with(|| row.judgement());
        }
        Ok(Self { inner, judgements })
    }

    /// What the input's rows say of the cell that sums over these records (ascending).
    pub fn judgement(&self, of: &[u32]) -> Judgement {
        self.judgements.get(of).cloned().unwrap_or_default()
    }
}

/// A tree of other codes than the input has would leave every code hanging from the total.
fn check_trees((spec, input): (&Spec, &Path), records: &Records) -> Result<(), Problem> {
    for (name, dimension) in &spec.dimensions {
        let Axis::Tree { column, tree } = Axis::whole(dimension) else { continue };
        let known = records.known_codes(&column);
        if !tree.knows_any(&known) {
            let some: Vec<String> = known.iter().take(3).map(|code| format!("{code:?}")).collect();
            let message = format!(
                "no code here is in the tree of [dimensions.{name}]; the first codes are {}",
                some.join(", ")
            );
            return Err(Problem { column: Some(column), ..Problem::new(input, message) });
        }
    }
    Ok(())
}

fn check_microdata(input: &Path, records: &Records, axes: &[Axis], totals: &Totals) -> Result<(), Problem> {
    for column in axes.iter().flat_map(Axis::columns) {
        let known = &records.codes[column];
        if let Some(record) = (0..records.len()).find(|&record| totals.contain(column, known.code(record))) {
            let message = format!(
                "{:?} stands for a total or for a node of a tree; a record of microdata needs a code of its own",
                known.code(record)
            );
            return Err(Problem::at(input, records.rows[record], column, message));
        }
    }
    Ok(())
}

/// Where totals have another name in the input, no code may have the name that they get in the result.
fn check_words(input: &Path, records: &Records, axes: &[Axis], totals: &Totals) -> Result<(), Problem> {
    for column in axes.iter().flat_map(Axis::columns).filter(|column| !totals.contain(column, TOTAL)) {
        let known = &records.codes[column];
        if let Some(record) = (0..records.len()).find(|&record| known.code(record) == TOTAL) {
            let message = format!("{TOTAL:?} is the word for totals; see total in [input]");
            return Err(Problem::at(input, records.rows[record], column, message));
        }
    }
    Ok(())
}

/// Below a total there is no code.
fn check_order(input: &Path, records: &Records, axes: &[Axis], totals: &Totals) -> Result<(), Problem> {
    for axis in axes {
        for record in 0..records.len() {
            let is_total = |column: &&String| totals.contain(column, records.codes[*column].code(record));
            let finer = axis.columns().iter().skip_while(|column| !is_total(column));
            if let Some(column) = finer.into_iter().find(|column| !is_total(column)) {
                let message = "there is a code, though a coarser level of the same dimension is a total";
                return Err(Problem::at(input, records.rows[record], column, message));
            }
        }
    }
    Ok(())
}

/// For each record the inner records that it is or sums over, ascending.
fn extents(
    input: &Path,
    records: &Records,
    (axes, totals): (&[Axis], &Totals),
    inner: &[bool],
) -> Result<Vec<Vec<u32>>, Problem> {
    let place =
        |record: usize| -> Cell { axes.iter().map(|axis| axis.path(records, record, totals)).collect() };
    let mut at: BTreeMap<Cell, usize> = BTreeMap::new();
    for record in 0..records.len() {
        if let Some(before) = at.insert(place(record), record) {
            let message = format!(
                "the same cell stands in row {} already; a column that tells the two apart must be a dimension, or named in where",
                records.rows[before]
            );
            return Err(Problem::row(input, records.rows[record], message));
        }
    }
    let mut extents = vec![Vec::new(); records.len()];
    let has_totals = inner.contains(&false);
    for record in (0..records.len()).filter(|&record| inner[record]) {
        if !has_totals {
            extents[record].push(record as u32);
            continue;
        }
        for above in places_above(&place(record)) {
            if let Some(&total) = at.get(&above) {
                extents[total].push(record as u32);
            }
        }
    }
    Ok(extents)
}

/// One row of ready-made cells.
struct CellRow<'r> {
    spec: &'r Spec,
    input: &'r Path,
    records: &'r Records,
    record: usize,
}

impl CellRow<'_> {
    fn check(&self, extent: &[u32], inner: bool) -> Result<(), Problem> {
        let records = self.records;
        let values =
            self.spec.input.value.names().iter().map(|name| (name, &records.amounts[name], records.decimals));
        let counts = self.spec.input.count.iter().map(|name| (name, &records.counts[name], 0));
        for (name, column, decimals) in values.chain(counts) {
            match column[self.record] {
                None if inner => return Err(self.problem(name, missing(""))),
                None => {}
                Some(said) => {
                    let sum: i128 =
                        extent.iter().map(|&record| i128::from(column[record as usize].unwrap_or(0))).sum();
                    if sum != i128::from(said) {
                        return Err(self.contradiction(name, said, sum, decimals));
                    }
                }
            }
        }
        self.check_largest()
    }

    fn contradiction(&self, name: &String, said: i64, sum: i128, decimals: usize) -> Problem {
        let sum = i64::try_from(sum).map_or_else(|_| "more than fits".to_owned(), |sum| plain(sum, decimals));
        let hint = if self.spec.input.count.as_ref() == Some(name) {
            "; a number of contributors must add up, so count somebody who stands in two cells in both"
        } else {
            "; a cell without a row counts as zero"
        };
        let said = plain(said, decimals);
        self.problem(
            name,
            format!("the total is {said}, but the cells that it sums over come to {sum}{hint}"),
        )
    }

    /// The largest contributions must be possible beside the value and the number of contributors.
    fn check_largest(&self) -> Result<(), Problem> {
        let top = largest(self.spec, self.records, self.record);
        let Some(first) = self.spec.input.value.names().first() else { return Ok(()) };
        let Some(value) = self.records.amounts[first][self.record] else { return Ok(()) };
        if let Some(rising) = top.windows(2).position(|pair| pair[0] < pair[1]) {
            let message =
                "larger than the contribution before it; name the columns of top from the largest on";
            return Err(self.problem(&self.spec.input.top[rising + 1], message));
        }
        let rest = i128::from(value) - top.iter().map(|&amount| i128::from(amount)).sum::<i128>();
        let wrong = |message: &str| Err(self.problem(&self.spec.input.top[0], message));
        if rest < 0 {
            return wrong("the largest contributions add up to more than the value");
        }
        let count = self.spec.input.count.as_ref().and_then(|name| self.records.counts[name][self.record]);
        let (Some(count), Some(&least)) = (count, top.last()) else { return Ok(()) };
        let named = top.iter().filter(|&&amount| amount > 0).count() as i64;
        if named > count {
            return wrong("there are more largest contributions than contributors");
        }
        if rest > i128::from(count - named) * i128::from(least) {
            return wrong("the other contributors would have to contribute more than the largest do");
        }
        Ok(())
    }

    fn problem(&self, column: &str, message: impl Into<String>) -> Problem {
        Problem::at(self.input, self.records.rows[self.record], column, message)
    }

    fn judgement(&self) -> Judgement {
        let (input, records) = (&self.spec.input, self.records);
        let amount =
            |name: &Option<String>| name.as_ref().and_then(|name| records.amounts[name][self.record]);
        let top = largest(self.spec, records, self.record);
        let sensitive = input.status.as_ref().and_then(|status| {
            let code = records.codes[&status.column].code(self.record);
            let named = |codes: &[String]| codes.iter().any(|known| known == code);
            if named(&status.sensitive) { Some(true) } else { named(&status.safe).then_some(false) }
        });
        let count = input.count.as_ref().and_then(|name| records.counts[name][self.record]);
        Judgement {
            contributors: count.map(i64::unsigned_abs),
            largest: (!top.is_empty()).then_some(top),
            sensitive,
            upper: amount(&input.upper),
            lower: amount(&input.lower),
        }
    }
}

/// Two rows of the same cell, as where a node has one code below it: what either says holds, the stricter first.
fn merge(known: &mut Judgement, other: Judgement) {
    known.sensitive = match (known.sensitive, other.sensitive) {
        (Some(one), Some(other)) => Some(one || other),
        (one, other) => one.or(other),
    };
    known.contributors = known.contributors.or(other.contributors);
    known.largest = known.largest.take().or(other.largest);
    known.upper = known.upper.max(other.upper);
    known.lower = known.lower.max(other.lower);
}
