//! The input file as records: codes by column, amounts as scaled integers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::problem::Problem;
use super::spec::{Dimension, InputKind, Spec};

/// A column of codes; each record holds the place of its code in `codes`.
#[derive(Debug, Default)]
pub(super) struct CodeColumn {
    pub codes: Vec<String>,
    pub of_record: Vec<u32>,
}

/// A column of amounts, times ten to the number of decimals that the file needs.
#[derive(Debug, Default)]
pub(super) struct Amounts {
    pub decimals: usize,
    pub of_record: Vec<Option<i64>>,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    /// The line of each record in the file.
    pub rows: Vec<u64>,
    pub codes: BTreeMap<String, CodeColumn>,
    pub amounts: BTreeMap<String, Amounts>,
}

impl CodeColumn {
    pub fn code(&self, record: usize) -> &str {
        &self.codes[self.of_record[record] as usize]
    }
}

impl Records {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Reads the columns that the specification and `further` (the ledger's conditions) name.
    pub fn read(path: &Path, spec: &Spec, further: &BTreeSet<String>) -> Result<Self, Problem> {
        let bytes = std::fs::read(path).map_err(|error| Problem::file(path, &error))?;
        let text = decode(path, &bytes, &spec.input.encoding)?;
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(spec.input.delimiter.as_bytes()[0])
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| malformed(path, &error))?.clone();
        let find = |name: &str| {
            let missing = || Problem {
                file: path.into(),
                row: Some(1),
                column: Some(name.into()),
                message: "there is no such column".into(),
            };
            header.iter().position(|column| column.trim() == name).ok_or_else(missing)
        };
        let (codes, amounts) = columns(spec, further);
        let codes: Vec<(String, usize)> =
            codes.into_iter().map(|name| find(&name).map(|at| (name, at))).collect::<Result<_, _>>()?;
        let amounts: Vec<(String, usize)> =
            amounts.into_iter().map(|name| find(&name).map(|at| (name, at))).collect::<Result<_, _>>()?;
        let mut records = Self::default();
        records.codes.extend(codes.iter().map(|(name, _)| (name.clone(), CodeColumn::default())));
        let mut places: BTreeMap<(usize, String), u32> = BTreeMap::new();
        let mut texts: Vec<Vec<String>> = vec![Vec::new(); amounts.len()];
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row).map_err(|error| malformed(path, &error))? {
            records.rows.push(row.position().map_or(0, csv::Position::line));
            for (name, at) in &codes {
                let column = records.codes.entry(name.clone()).or_default();
                let code = row[*at].trim().to_owned();
                let place = places.entry((*at, code.clone())).or_insert_with(|| {
                    column.codes.push(code);
                    column.codes.len() as u32 - 1
                });
                column.of_record.push(*place);
            }
            for ((_, at), texts) in amounts.iter().zip(&mut texts) {
                texts.push(row[*at].trim().to_owned());
            }
        }
        records.parse(path, spec, &amounts, &texts)?;
        Ok(records)
    }

    /// Exact: no amount is rounded. Values, largest contributions and levels share one scale.
    fn parse(
        &mut self,
        path: &Path,
        spec: &Spec,
        columns: &[(String, usize)],
        texts: &[Vec<String>],
    ) -> Result<(), Problem> {
        let decimal = spec.input.decimal.chars().next().unwrap_or('.');
        let count = spec.input.count.as_deref();
        let needed = columns.iter().zip(texts).filter(|((name, _), _)| Some(name.as_str()) != count);
        let decimals =
            needed.flat_map(|(_, texts)| texts).map(|text| decimals(text, decimal)).max().unwrap_or(0);
        for ((name, _), texts) in columns.iter().zip(texts) {
            let decimals = if Some(name.as_str()) == count { 0 } else { decimals };
            let may_lack = spec.input.kind == InputKind::Cells && !spec.input.value.names().contains(name);
            let mut amounts = Amounts { decimals, of_record: Vec::with_capacity(texts.len()) };
            for (text, &row) in texts.iter().zip(&self.rows) {
                let amount = match amount(text, decimal, decimals) {
                    _ if text.is_empty() && may_lack => None,
                    Ok(amount) => Some(amount),
                    Err(message) => return Err(Problem::at(path, row, name, message)),
                };
                amounts.of_record.push(amount);
            }
            self.amounts.insert(name.clone(), amounts);
        }
        Ok(())
    }
}

/// The columns that hold codes, and those that hold amounts.
fn columns(spec: &Spec, further: &BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut codes = further.clone();
    for dimension in spec.dimensions.values() {
        codes.extend(dimension_columns(dimension));
    }
    for table in &spec.table {
        codes.extend(table.filter.keys().cloned());
    }
    let input = &spec.input;
    codes.extend(input.contributor.clone());
    codes.extend(input.status.as_ref().map(|status| status.column.clone()));
    let mut amounts: BTreeSet<String> = input.value.names().into_iter().collect();
    amounts.extend(input.top.iter().cloned());
    amounts.extend([&input.count, &input.lower, &input.upper].into_iter().flatten().cloned());
    (codes, amounts)
}

pub(super) fn dimension_columns(dimension: &Dimension) -> Vec<String> {
    dimension.levels.clone().unwrap_or_else(|| dimension.column.iter().cloned().collect())
}

fn decode(path: &Path, bytes: &[u8], encoding: &str) -> Result<String, Problem> {
    let known = encoding_rs::Encoding::for_label(encoding.as_bytes())
        .ok_or_else(|| Problem::new(path, format!("the encoding {encoding:?} is not known")))?;
    let (text, used, failed) = known.decode(bytes);
    if failed {
        let valid = text.find('\u{fffd}').unwrap_or(0);
        let row = text[..valid].matches('\n').count() as u64 + 1;
        let message = format!("the text is not {}; name its encoding in [input]", used.name());
        return Err(Problem { file: path.into(), row: Some(row), column: None, message });
    }
    Ok(text.into_owned())
}

fn malformed(path: &Path, error: &csv::Error) -> Problem {
    let row = error.position().map(csv::Position::line);
    Problem { file: path.into(), row, column: None, message: error.to_string() }
}

fn decimals(text: &str, decimal: char) -> usize {
    text.split_once(decimal).map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
}

/// A non-negative decimal number as an integer number of its last decimal.
fn amount(text: &str, decimal: char, decimals: usize) -> Result<i64, &'static str> {
    let (whole, fraction) = text.split_once(decimal).unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.starts_with('-') {
        return Err(
            "negative; only non-negative amounts add up safely, so give reductions a column of their own",
        );
    }
    if whole.is_empty() && fraction.is_empty() || !plain(whole) || !plain(fraction) {
        return Err("not a number (see decimal in [input])");
    }
    if fraction.len() > decimals {
        return Err("not a whole number");
    }
    let digits = format!("{whole}{fraction:0<decimals$}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    match digits.parse() {
        Ok(amount) if amount <= i64::MAX / 1024 => Ok(amount),
        _ => Err("too large, or has too many decimals"),
    }
}

/// An integer number of the last decimal, written out.
pub(super) fn plain(amount: i64, decimals: usize) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        assert_eq!(amount("12,50", ',', 1), Ok(125));
        assert_eq!(amount("0.000", '.', 0), Ok(0));
        assert!(amount("1.5", '.', 0).is_err());
        for bad in ["", "-1", "1e3", "x", "1.2.3", "99999999999999999999"] {
            assert!(amount(bad, '.', 2).is_err(), "{bad}");
        }
        assert_eq!(plain(125, 1), "12.5");
        assert_eq!(plain(-5, 2), "-0.05");
        assert_eq!(plain(300, 2), "3");
    }
}
