//! A release read back, also one of another program: which cells it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::build::Built;
use super::numbers::{PLAIN, amount, is_missing, plain};
use super::parts::CONTRIBUTORS;
use super::places::{Axis, Cell, Totals};
use super::problem::Problem;
use super::sheet::{Row, Sheet, read_text};
use super::spec::{Spec, TOTAL};
use crate::disclosure::CellStatus;
use crate::settings::one_of;

/// How many missing cells a message names.
const NAMED: usize = 3;

/// The statuses that a file gives to the cells of a request.
///
/// Every cell that has a contributor needs a row; a row beyond them may only say that nothing is there. A figure that is
/// shown must be the true one.
pub(super) fn read(path: &Path, spec: &Spec, built: &Built) -> Result<Vec<Vec<CellStatus>>, Problem> {
    let text = match read_text(path, "utf-8") {
        Err(_) if path.is_file() => read_text(path, &spec.input.encoding)?,
        read => read?,
    };
    let sheet = Sheet::parse(path, &text, delimiter_of(&text))?;
    let reader = Reader::new(path, spec, built, &sheet)?;
    let mut seen: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut pattern: Vec<Vec<CellStatus>> =
        built.tables.iter().map(|cells| vec![CellStatus::Empty; cells.len()]).collect();
    let tables = built.request.tables.iter();
    let places: Vec<BTreeMap<&Cell, usize>> =
        tables.map(|table| table.cells.iter().map(|cell| &cell.place).zip(0..).collect()).collect();
    for row in &sheet.rows {
        let table = reader.table(row)?;
        let place = reader.place(row, table)?;
        let Some(&cell) = places[table].get(&place) else {
            reader.check_nothing(row, table, &place)?;
            continue;
        };
        if let Some(before) = seen.insert((table, cell), row.line) {
            return Err(reader.problem(row, format!("the same cell stands in row {before} already")));
        }
        pattern[table][cell] = reader.status(row, (table, cell))?;
    }
    check_complete(path, built, &seen)?;
    Ok(pattern)
}

/// The sign that divides the header most often.
fn delimiter_of(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let often = |sign: &u8| header.bytes().filter(|byte| byte == sign).count();
    // The last of equals would be taken, and the comma is the usual one.
    *[b'\t', b';', b','].iter().max_by_key(|sign| often(sign)).unwrap_or(&b',')
}

fn check_complete(path: &Path, built: &Built, seen: &BTreeMap<(usize, usize), u64>) -> Result<(), Problem> {
    let mut missing = Vec::new();
    for (table, cells) in built.tables.iter().enumerate() {
        for (cell, known) in cells.iter().enumerate() {
            if known.figures.iter().any(|&figure| figure != 0) && !seen.contains_key(&(table, cell)) {
                missing.push(built.name(table, cell));
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let named = missing[..missing.len().min(NAMED)].join(", ");
    let more = missing.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!("there is no row for {named}{more}; each cell needs one, withheld ones too");
    Err(Problem::new(path, message))
}

/// Where a dimension's codes stand.
enum Codes {
    /// One column with the code.
    Code(usize),
    /// The dimension's own columns.
    Columns(Vec<usize>),
    /// Nowhere: no table has the dimension.
    Nowhere,
}

enum Status {
    Column(usize),
    /// TRUE or FALSE.
    Suppressed(usize),
    /// A blank figure is a withheld one.
    Figures,
}

struct Reader<'r> {
    path: &'r Path,
    spec: &'r Spec,
    built: &'r Built,
    totals: Totals,
    /// None where there is only one table.
    table: Option<usize>,
    dimensions: Vec<(&'r String, Codes)>,
    status: Status,
    /// (measure, column).
    figures: Vec<(usize, usize)>,
    /// For each table and dimension of it, the paths by their names.
    paths: Vec<Vec<BTreeMap<&'r str, &'r Vec<String>>>>,
}

impl<'r> Reader<'r> {
    fn new(path: &'r Path, spec: &'r Spec, built: &'r Built, sheet: &Sheet) -> Result<Self, Problem> {
        let table = match sheet.column("table") {
            None if spec.table.len() == 1 => None,
            _ => Some(sheet.need("table", "the specification has several tables")?),
        };
        let mut dimensions = Vec::new();
        for name in spec.dimension_names() {
            dimensions.push((name, codes_of(spec, name, sheet)?));
        }
        let count = spec.input.count.as_deref().unwrap_or(CONTRIBUTORS);
        let column = |name: &str| {
            let other = if name == CONTRIBUTORS { count } else { name };
            sheet.column(name).or_else(|| sheet.column(other))
        };
        let measures = built.request.measures[..built.measures].iter().enumerate();
        let figures: Vec<(usize, usize)> =
            measures.filter_map(|(measure, of)| Some((measure, column(&of.name)?))).collect();
        let status = match (
            sheet.column("status").or_else(|| sheet.column("sdcStatus")),
            sheet.column("suppressed"),
        ) {
            (Some(at), _) => Status::Column(at),
            (None, Some(at)) => Status::Suppressed(at),
            (None, None) if !figures.is_empty() => Status::Figures,
            (None, None) => {
                return Err(Problem::at(path, 1, "status", "there is neither a status nor a figure"));
            }
        };
        let paths = built.request.tables.iter().zip(&built.tables).map(|(table, known)| {
            let of_dimension = |dimension: usize| {
                let cells = table.cells.iter().zip(known);
                cells
                    .map(|(cell, known)| (known.labels[dimension].as_str(), &cell.place[dimension]))
                    .collect()
            };
            (0..table.dimensions.len()).map(of_dimension).collect()
        });
        let paths = paths.collect();
        Ok(Self { path, spec, built, totals: Totals::of(spec), table, dimensions, status, figures, paths })
    }

    fn table(&self, row: &Row) -> Result<usize, Problem> {
        let Some(at) = self.table else { return Ok(0) };
        let name = row.field(at);
        let tables = &self.spec.table;
        tables.iter().position(|table| table.name == name).ok_or_else(|| {
            let near = one_of(name, tables.iter().map(|table| table.name.as_str()));
            Problem::at(
                self.path,
                row.line,
                "table",
                format!("the specification has no table {name:?}; {near}"),
            )
        })
    }

    fn place(&self, row: &Row, table: usize) -> Result<Cell, Problem> {
        let asked = &self.spec.table[table];
        let mut place = vec![Vec::new(); asked.dimensions.len()];
        for (name, codes) in &self.dimensions {
            let fields: Vec<&str> = match codes {
                Codes::Code(at) => vec![row.field(*at)],
                Codes::Columns(columns) => columns.iter().map(|&at| row.field(at)).collect(),
                Codes::Nowhere => Vec::new(),
            };
            match asked.dimensions.iter().position(|used| used == *name) {
                Some(at) => place[at] = self.path_of(row, (table, at), (name, codes), &fields)?,
                None if fields.iter().all(|code| code.is_empty() || self.is_total(code)) => {}
                None => {
                    let message = format!("the table {:?} sums over it, so it must be {TOTAL}", asked.name);
                    return Err(Problem::at(self.path, row.line, name, message));
                }
            }
        }
        Ok(place)
    }

    fn is_total(&self, code: &str) -> bool {
        code == TOTAL || code == self.spec.input.total()
    }

    fn path_of(
        &self,
        row: &Row,
        (table, dimension): (usize, usize),
        (name, codes): (&String, &Codes),
        fields: &[&str],
    ) -> Result<Vec<String>, Problem> {
        let known = &self.paths[table][dimension];
        if let Codes::Columns(_) = codes {
            let path = Axis::whole(&self.spec.dimensions[name]).path_of_codes(fields, &self.totals);
            return if known.values().any(|other| **other == path) {
                Ok(path)
            } else {
                let message =
                    format!("the table {:?} has no {}", self.spec.table[table].name, path.join(", "));
                Err(Problem::at(self.path, row.line, name, message))
            };
        }
        let code = fields[0];
        if let Some(path) = known.get(code) {
            return Ok((*path).clone());
        }
        if self.is_total(code) {
            return Ok(Vec::new());
        }
        let ends = |(_, path): &(&&str, &&Vec<String>)| path.last().is_some_and(|last| last == code);
        let ambiguous: Vec<&str> = known.iter().filter(ends).map(|(name, _)| *name).collect();
        let message = if ambiguous.is_empty() {
            let near = one_of(code, known.keys().copied().take(24));
            format!("the table {:?} has no {code:?}; {near}", self.spec.table[table].name)
        } else {
            format!("{code:?} stands in more than one place; write one of {}", ambiguous.join(", "))
        };
        Err(Problem::at(self.path, row.line, name, message))
    }

    /// A row for a cell without a record may not show a figure.
    fn check_nothing(&self, row: &Row, table: usize, place: &Cell) -> Result<(), Problem> {
        for &(measure, at) in &self.figures {
            if self.figure(row, measure, at).is_some_and(|figure| figure != Ok(0)) {
                let codes = place.iter().map(|path| path.last().map_or(TOTAL, String::as_str));
                let cell =
                    format!("{}[{}]", self.spec.table[table].name, codes.collect::<Vec<_>>().join(", "));
                let message = format!("shows {}, but the data have nothing in {cell}", row.field(at));
                return Err(self.at(row, measure, message));
            }
        }
        Ok(())
    }

    /// A figure where the row has one.
    fn figure(&self, row: &Row, measure: usize, at: usize) -> Option<Result<i64, String>> {
        let text = row.field(at);
        if is_missing(text) || matches!(text, "x" | "X" | "*" | "**" | ":" | ".." | "..." | "(s)" | "s" | "c")
        {
            return None;
        }
        let decimals = self.built.decimals[measure];
        let read = amount(text, PLAIN, decimals);
        Some(read.or_else(|message| amount(text, self.spec.input.notation(), decimals).map_err(|_| message)))
    }

    fn status(&self, row: &Row, (table, cell): (usize, usize)) -> Result<CellStatus, Problem> {
        let status = match self.status {
            Status::Column(at) => named_status(row.field(at)).ok_or_else(|| {
                let message = format!(
                    "{:?} is no status (safe, empty; primary, secondary, withheld; or s, z; u, x)",
                    row.field(at)
                );
                Problem::at(self.path, row.line, "status", message)
            })?,
            Status::Suppressed(at) => match row.field(at).to_lowercase().as_str() {
                "true" | "1" => CellStatus::Secondary,
                "false" | "0" => CellStatus::Safe,
                other => {
                    let message = format!("{other:?} is neither TRUE nor FALSE");
                    return Err(Problem::at(self.path, row.line, "suppressed", message));
                }
            },
            Status::Figures => {
                let shown: BTreeSet<bool> = self
                    .figures
                    .iter()
                    .map(|&(measure, at)| self.figure(row, measure, at).is_some())
                    .collect();
                if shown.len() > 1 {
                    let message = "one figure is shown and another is not: a cell is shown or withheld whole";
                    return Err(self.problem(row, message));
                }
                if shown.contains(&true) { CellStatus::Safe } else { CellStatus::Secondary }
            }
        };
        if status.is_shown() {
            self.check_shown(row, (table, cell), status)?;
        }
        Ok(status)
    }

    /// What is shown must be true: a pattern with false figures cannot be judged by the true ones.
    fn check_shown(
        &self,
        row: &Row,
        (table, cell): (usize, usize),
        status: CellStatus,
    ) -> Result<(), Problem> {
        let truth = &self.built.tables[table][cell].figures;
        if status == CellStatus::Empty && truth.iter().any(|&figure| figure != 0) {
            let message = format!("says that {} is empty, which it is not", self.built.name(table, cell));
            return Err(self.problem(row, message));
        }
        for &(measure, at) in &self.figures {
            let Some(figure) = self.figure(row, measure, at) else { continue };
            if figure != Ok(truth[measure]) {
                let message = format!(
                    "shows {}, but the data give {} for {}",
                    row.field(at),
                    plain(truth[measure], self.built.decimals[measure]),
                    self.built.name(table, cell)
                );
                return Err(self.at(row, measure, message));
            }
        }
        Ok(())
    }

    fn at(&self, row: &Row, measure: usize, message: String) -> Problem {
        Problem::at(self.path, row.line, &self.built.request.measures[measure].name, message)
    }

    fn problem(&self, row: &Row, message: impl Into<String>) -> Problem {
        Problem::row(self.path, row.line, message)
    }
}

fn codes_of(spec: &Spec, name: &String, sheet: &Sheet) -> Result<Codes, Problem> {
    if let Some(at) = sheet.column(name) {
        return Ok(Codes::Code(at));
    }
    let columns = spec.dimensions[name].columns();
    if let Some(columns) = columns.iter().map(|column| sheet.column(column)).collect::<Option<Vec<_>>>() {
        return Ok(Codes::Columns(columns));
    }
    match spec.table.iter().find(|table| table.dimensions.contains(name)) {
        Some(table) => {
            let why = format!("the table {:?} has this dimension", table.name);
            sheet.need(name, &why).map(Codes::Code)
        }
        None => Ok(Codes::Nowhere),
    }
}

/// Our own names, and the letters that sdcTable uses.
fn named_status(name: &str) -> Option<CellStatus> {
    match name.to_lowercase().as_str() {
        "safe" | "s" | "z" | "published" => Some(CellStatus::Safe),
        "empty" => Some(CellStatus::Empty),
        "primary" | "u" => Some(CellStatus::Primary),
        "secondary" | "x" | "withheld" | "suppressed" => Some(CellStatus::Secondary),
        _ => None,
    }
}
