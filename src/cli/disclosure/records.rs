//! The input file as records: codes by column, amounts as scaled integers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::numbers::{Notation, amount, decimals, is_missing};
use super::problem::Problem;
use super::sheet::{Sheet, read_text};
use super::spec::{InputKind, Spec};

/// A column of codes; each record holds the place of its code in `codes`.
#[derive(Debug, Default)]
pub(super) struct CodeColumn {
    pub codes: Vec<String>,
    pub of_record: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    /// The line of each record in the file.
    pub rows: Vec<u64>,
    pub codes: BTreeMap<String, CodeColumn>,
    /// Amounts times ten to the power of `decimals`; none where the file says nothing.
    pub amounts: BTreeMap<String, Vec<Option<i64>>>,
    /// Whole numbers.
    pub counts: BTreeMap<String, Vec<Option<i64>>>,
    pub decimals: usize,
}

/// Columns to read, each with who asks for it.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub codes: BTreeMap<String, String>,
    pub amounts: BTreeMap<String, String>,
    pub counts: BTreeMap<String, String>,
}

impl Wanted {
    /// The columns that a specification names.
    pub fn by(spec: &Spec) -> Self {
        let mut wanted = Self::default();
        let input = &spec.input;
        let ask = |columns: &mut BTreeMap<String, String>, names: &[String], why: String| {
            for name in names {
                columns.entry(name.clone()).or_insert_with(|| why.clone());
            }
        };
        for (name, dimension) in &spec.dimensions {
            ask(&mut wanted.codes, dimension.columns(), format!("[dimensions.{name}] names it"));
        }
        for table in &spec.table {
            let columns: Vec<String> = table.filter.keys().cloned().collect();
            ask(&mut wanted.codes, &columns, format!("where of [[table]] {:?} names it", table.name));
        }
        let status = input.status.as_ref().map(|status| status.column.clone());
        for (key, names) in [("contributor", &input.contributor), ("status", &status)] {
            ask(&mut wanted.codes, names.as_slice(), format!("{key} of [input] names it"));
        }
        let optional = [("lower", &input.lower), ("upper", &input.upper)];
        let optional = optional.map(|(key, names)| (key, names.as_slice()));
        for (key, names) in
            [("value", input.value.names()), ("top", &input.top[..])].into_iter().chain(optional)
        {
            ask(&mut wanted.amounts, names, format!("{key} of [input] names it"));
        }
        ask(&mut wanted.counts, input.count.as_slice(), "count of [input] names it".into());
        wanted
    }
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

    pub fn read(path: &Path, spec: &Spec, wanted: &Wanted) -> Result<Self, Problem> {
        let text = read_text(path, &spec.input.encoding)?;
        let sheet = Sheet::parse(path, &text, spec.input.delimiter())?;
        if sheet.rows.is_empty() {
            return Err(Problem::new(path, "there is no record in it, only a header"));
        }
        let mut records = Self { rows: sheet.rows.iter().map(|row| row.line).collect(), ..Self::default() };
        for (name, why) in &wanted.codes {
            records.codes.insert(name.clone(), code_column(&sheet, sheet.need(name, why)?));
        }
        let find = |columns: &BTreeMap<String, String>| {
            let found = columns.iter().map(|(name, why)| Ok((name.clone(), sheet.need(name, why)?)));
            found.collect::<Result<Vec<_>, Problem>>()
        };
        let (amounts, counts) = (find(&wanted.amounts)?, find(&wanted.counts)?);
        let notation = spec.input.notation();
        let texts = |at: usize| sheet.rows.iter().map(move |row| row.field(at));
        records.decimals = amounts
            .iter()
            .flat_map(|&(_, at)| texts(at))
            .filter(|text| !is_missing(text))
            .map(|text| decimals(text, notation))
            .max()
            .unwrap_or(0);
        // A row of ready-made cells may be a total that says less than others, and which rows are is not known yet.
        let optional = spec.input.kind == InputKind::Cells;
        for (name, at) in amounts {
            let column = numbers(path, &sheet, (&name, at), (notation, records.decimals), optional)?;
            records.amounts.insert(name, column);
        }
        for (name, at) in counts {
            let column = numbers(path, &sheet, (&name, at), (notation, 0), optional)?;
            records.counts.insert(name, column);
        }
        Ok(records)
    }

    /// Every code of a column that a record has.
    pub fn known_codes(&self, column: &str) -> BTreeSet<&str> {
        self.codes[column].codes.iter().map(String::as_str).collect()
    }
}

fn code_column(sheet: &Sheet, at: usize) -> CodeColumn {
    let mut places: BTreeMap<&str, u32> = BTreeMap::new();
    let mut column = CodeColumn::default();
    for row in &sheet.rows {
        let code = row.field(at);
        let place = *places.entry(code).or_insert_with(|| {
            column.codes.push(code.to_owned());
            column.codes.len() as u32 - 1
        });
        column.of_record.push(place);
    }
    column
}

/// Exact: no amount is rounded, and a missing one is never taken for zero.
fn numbers(
    path: &Path,
    sheet: &Sheet,
    (name, at): (&str, usize),
    (notation, decimals): (Notation, usize),
    optional: bool,
) -> Result<Vec<Option<i64>>, Problem> {
    let number = |row: &super::sheet::Row| {
        let text = row.field(at);
        if is_missing(text) {
            return if optional { Ok(None) } else { Err(Problem::at(path, row.line, name, missing(text))) };
        }
        amount(text, notation, decimals)
            .map(Some)
            .map_err(|message| Problem::at(path, row.line, name, message))
    };
    sheet.rows.iter().map(number).collect()
}

/// What to say where there must be a number.
pub(super) fn missing(text: &str) -> String {
    let said = if text.is_empty() { "is blank".to_owned() } else { format!("is {text}, not a number") };
    format!("{said}; a missing amount is not zero: write 0 where it is, or take the row out")
}
