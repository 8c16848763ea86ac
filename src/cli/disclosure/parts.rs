//! What each record contributes, and what is measured.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::numbers::plain;
use super::problem::Problem;
use super::records::{Records, missing};
use super::spec::{InputKind, Spec};
use crate::disclosure::MeasureTerms;

/// The measure that counts contributors, where their number adds up.
pub(super) const CONTRIBUTORS: &str = "contributors";

/// The measure that counts records, where nothing else is measured.
const ROWS: &str = "rows";

/// How many contributors a ready-made cell is taken apart into at most: more make no difference to any rule.
const CONTRIBUTORS_OF_A_ROW: u64 = 256;

/// What a measure adds up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Quantity {
    /// A column of amounts.
    Value(String),
    /// A column of whole numbers.
    Count(String),
    /// One a record.
    Records,
}

/// A contributor of a record, with one amount a component.
pub(super) type Part = (u64, Vec<i64>);

pub(super) struct Parts {
    pub measures: Vec<MeasureTerms>,
    /// What each measure adds up, the specification's own first.
    pub quantities: Vec<Quantity>,
    /// How many of the measures are the specification's own; the rest are of earlier releases.
    pub own: usize,
    pub decimals: Vec<usize>,
    pub of_record: Vec<Vec<Part>>,
    /// The measure of each quantity of earlier releases. Two that are the same for every record are one, whatever they
    /// are called: whoever knows the one knows the other.
    places: BTreeMap<Quantity, usize>,
    /// The measure that counts contributors.
    counting: Option<usize>,
    /// Whether anything says how many contributors a record has.
    counted: bool,
}

impl Parts {
    /// `earlier` are quantities that earlier releases measured; `inner` tells which records are no totals.
    pub fn new(
        (spec, input): (&Spec, &Path),
        records: &Records,
        inner: &[bool],
        earlier: &BTreeSet<Quantity>,
    ) -> Result<Self, Problem> {
        let mut named = own_measures(spec);
        let own = named.len();
        let mut columns: Vec<Vec<Option<i128>>> =
            named.iter().map(|(_, quantity)| quantity.column_of(records, inner)).collect();
        let mut places = BTreeMap::new();
        for quantity in earlier {
            let column = quantity.column_of(records, inner);
            let known = columns.iter().position(|known| *known == column);
            places.insert(quantity.clone(), known.unwrap_or(columns.len()));
            if known.is_none() {
                columns.push(column);
                named.push((quantity.title(), quantity.clone()));
            }
        }
        let measure = |(component, (name, quantity)): (usize, &(String, Quantity))| MeasureTerms {
            name: name.clone(),
            terms: vec![(component, 1)],
            is_magnitude: matches!(quantity, Quantity::Value(_)),
            is_balance: false,
        };
        let measures = named.iter().enumerate().map(measure).collect();
        let quantities: Vec<Quantity> = named.iter().map(|(_, quantity)| quantity.clone()).collect();
        let decimals = quantities
            .iter()
            .map(|quantity| if matches!(quantity, Quantity::Value(_)) { records.decimals } else { 0 })
            .collect();
        let of_record = (0..records.len())
            .map(|record| match inner[record] {
                true => split((spec, input), records, record, &quantities),
                false => Ok(Vec::new()),
            })
            .collect::<Result<_, _>>()?;
        let counted = spec.input.kind == InputKind::Microdata || spec.input.count.is_some();
        let counting = named[..own].iter().position(|(name, _)| name == CONTRIBUTORS);
        let parts = Self { measures, quantities, own, decimals, of_record, places, counting, counted };
        parts.check_room(input)?;
        Ok(parts)
    }

    /// The sum of a measure over records.
    pub fn sum(&self, measure: usize, of: &[u32]) -> i64 {
        of.iter()
            .flat_map(|&record| &self.of_record[record as usize])
            .map(|(_, amounts)| amounts[measure])
            .sum()
    }

    /// The measure that gives what an earlier release measured.
    pub fn measure(&self, quantity: &Quantity) -> Option<usize> {
        self.places.get(quantity).copied()
    }

    /// The number of contributors to records, where it is known.
    pub fn contributors(&self, of: &[u32]) -> Option<u64> {
        let parts = of.iter().flat_map(|&record| &self.of_record[record as usize]);
        match self.counting {
            Some(measure) => Some(self.sum(measure, of).unsigned_abs()),
            None => self.counted.then(|| parts.map(|part| part.0).collect::<BTreeSet<_>>().len() as u64),
        }
    }

    /// Sums must leave room for the combinations that the control computes.
    fn check_room(&self, input: &Path) -> Result<(), Problem> {
        for (measure, terms) in self.measures.iter().enumerate() {
            let of = self.of_record.iter().flatten().map(|(_, amounts)| i128::from(amounts[measure]));
            let total: i128 = of.sum();
            if total > i128::from(i64::MAX / 64) {
                let most = plain(i64::MAX / 64, self.decimals[measure]);
                let message =
                    format!("all amounts together are more than {most}; give them in a larger unit");
                return Err(Problem { column: Some(terms.name.clone()), ..Problem::new(input, message) });
            }
        }
        Ok(())
    }
}

impl Quantity {
    /// The column that it is read from.
    pub fn column(&self) -> Option<&String> {
        match self {
            Self::Value(column) | Self::Count(column) => Some(column),
            Self::Records => None,
        }
    }

    /// What it is for each inner record, in units of the last decimal that the amounts have.
    fn column_of(&self, records: &Records, inner: &[bool]) -> Vec<Option<i128>> {
        let unit = 10i128.pow(records.decimals as u32);
        let amount = |record: usize| match self {
            Self::Value(column) => records.amounts[column][record].map(i128::from),
            Self::Count(column) => records.counts[column][record].map(|count| i128::from(count) * unit),
            Self::Records => Some(unit),
        };
        (0..inner.len()).filter(|&record| inner[record]).map(amount).collect()
    }

    fn title(&self) -> String {
        self.column().cloned().unwrap_or_else(|| ROWS.into())
    }
}

/// What the specification measures, by name.
fn own_measures(spec: &Spec) -> Vec<(String, Quantity)> {
    let input = &spec.input;
    let mut named: Vec<(String, Quantity)> =
        input.value.names().iter().map(|name| (name.clone(), Quantity::Value(name.clone()))).collect();
    if let Some(count) = &input.count {
        named.push((CONTRIBUTORS.into(), Quantity::Count(count.clone())));
    } else if input.kind == InputKind::Microdata && input.contributor.is_none() {
        named.push((CONTRIBUTORS.into(), Quantity::Records));
    } else if named.is_empty() {
        named.push((ROWS.into(), Quantity::Records));
    }
    named
}

/// One record as contributions. A row of ready-made cells is taken apart as its largest contributions and its number
/// of contributors say.
fn split(
    (spec, input): (&Spec, &Path),
    records: &Records,
    record: usize,
    quantities: &[Quantity],
) -> Result<Vec<Part>, Problem> {
    let row = records.rows[record];
    let amount = |quantity: &Quantity| match quantity {
        Quantity::Records => Ok(1),
        Quantity::Value(column) => {
            records.amounts[column][record].ok_or_else(|| Problem::at(input, row, column, missing("")))
        }
        Quantity::Count(column) => {
            records.counts[column][record].ok_or_else(|| Problem::at(input, row, column, missing("")))
        }
    };
    let amounts: Vec<i64> = quantities.iter().map(amount).collect::<Result<_, _>>()?;
    if let Some(contributor) = &spec.input.contributor {
        return Ok(vec![(u64::from(records.codes[contributor].of_record[record]), amounts)]);
    }
    let count = spec.input.count.as_ref().and_then(|name| records.counts[name][record]);
    let unknown = if spec.input.kind == InputKind::Microdata { 1 } else { CONTRIBUTORS_OF_A_ROW };
    let number = count.map_or(unknown, |count| count.unsigned_abs()).min(CONTRIBUTORS_OF_A_ROW);
    if number == 0 && amounts.iter().any(|&amount| amount > 0) {
        let column = spec.input.count.as_deref().unwrap_or_default();
        return Err(Problem::at(input, row, column, "there is an amount, but nobody contributed it"));
    }
    let top: Vec<i64> = largest(spec, records, record).into_iter().filter(|&amount| amount > 0).collect();
    let mut parts: Vec<Part> =
        (0..number).map(|part| ((record as u64) << 9 | part, Vec::with_capacity(amounts.len()))).collect();
    for (index, &total) in amounts.iter().enumerate() {
        let top = if index == 0 { &top[..] } else { &[] };
        for (part, amount) in parts.iter_mut().zip(shares(total, top, number as usize)) {
            part.1.push(amount);
        }
    }
    Ok(parts)
}

/// The largest contributions that a record names; they end where a column says nothing.
pub(super) fn largest(spec: &Spec, records: &Records, record: usize) -> Vec<i64> {
    spec.input.top.iter().map_while(|name| records.amounts[name][record]).collect()
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
