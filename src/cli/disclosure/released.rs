//! OUT.csv: what was decided about each cell, written and read again.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use super::build::{Built, CONTRIBUTORS};
use super::places::TOTAL;
use super::problem::Problem;
use super::records::plain;
use super::spec::Spec;
use crate::disclosure::{CellStatus, Protection};

/// The file's bytes. With `published`, withheld figures are blank, and so is the number of contributors wherever it does not
/// add up over cells: a number of distinct contributors is no row of the audit, so it is not for publication.
pub(super) fn write(
    spec: &Spec,
    built: &Built,
    protection: &Protection,
    published: bool,
) -> anyhow::Result<Vec<u8>> {
    let dimensions: Vec<&String> = spec.dimensions.keys().collect();
    let measures: Vec<usize> = (0..built.request.measures.len())
        .filter(|&measure| built.request.measures[measure].name != CONTRIBUTORS)
        .collect();
    let additive = measures.len() < built.request.measures.len();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = measures.iter().map(|&measure| built.request.measures[measure].name.as_str());
    let header =
        ["table"].into_iter().chain(dimensions.iter().map(|name| name.as_str())).chain([CONTRIBUTORS]);
    writer.write_record(header.chain(names).chain(["status"]))?;
    let figures = figures(built);
    for (table, decided) in protection.tables.iter().enumerate() {
        for (cell, decision) in decided.cells().iter().enumerate() {
            let hidden = published && !decision.status().is_shown();
            let mut row = vec![decided.name().to_owned()];
            row.extend(codes(&dimensions, decided.dimensions(), decision.place()));
            let contributors =
                built.contributors[table][cell].filter(|_| !hidden && (additive || !published));
            row.push(contributors.map_or_else(String::new, |number| number.to_string()));
            for &measure in &measures {
                let value = figures[table][cell][measure];
                row.push(if hidden { String::new() } else { plain(value, built.decimals[measure]) });
            }
            row.push(status_name(decision.status()).into());
            writer.write_record(&row)?;
        }
    }
    Ok(writer.into_inner().map_err(|error| error.into_error())?)
}

/// The statuses that a file gives to the cells of a request; a cell it does not mention counts as withheld.
pub(super) fn read(path: &Path, spec: &Spec, built: &Built) -> Result<Vec<Vec<CellStatus>>, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| Problem::file(path, &error))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let malformed = |error: csv::Error| Problem {
        row: error.position().map(csv::Position::line),
        ..Problem::new(path, error.to_string())
    };
    let header = reader.headers().map_err(malformed)?.clone();
    let find = |name: &str| header.iter().position(|column| column == name);
    let need = |name: &str| find(name).ok_or_else(|| Problem::at(path, 1, name, "there is no such column"));
    let dimensions: Vec<&String> = spec.dimensions.keys().collect();
    let keys: Vec<usize> = [Ok(need("table")?)]
        .into_iter()
        .chain(dimensions.iter().map(|name| need(name)))
        .collect::<Result<_, _>>()?;
    let status = find("status");
    let figures: Vec<usize> =
        built.request.measures.iter().filter_map(|measure| find(&measure.name)).collect();
    if status.is_none() && figures.is_empty() {
        return Err(Problem::at(path, 1, "status", "there is neither a status nor a figure"));
    }
    let mut waiting = cells_by_key(&dimensions, built);
    let mut pattern: Vec<Vec<CellStatus>> =
        built.request.tables.iter().map(|table| vec![CellStatus::Secondary; table.cells.len()]).collect();
    for row in reader.records() {
        let row = row.map_err(malformed)?;
        let line = row.position().map_or(0, csv::Position::line);
        let key: Vec<String> = keys.iter().map(|&at| row[at].to_owned()).collect();
        let Some((table, cell)) = waiting.get_mut(&key).and_then(VecDeque::pop_front) else {
            return Err(Problem::at(
                path,
                line,
                "table",
                "no such cell in the specification, or twice the same",
            ));
        };
        pattern[table][cell] = match status {
            Some(at) => named_status(&row[at]).ok_or_else(|| {
                Problem::at(path, line, "status", "not a status (safe, primary, secondary, empty)")
            })?,
            None if figures.iter().any(|&at| !row[at].is_empty()) => CellStatus::Safe,
            None => CellStatus::Secondary,
        };
    }
    Ok(pattern)
}

fn cells_by_key(dimensions: &[&String], built: &Built) -> BTreeMap<Vec<String>, VecDeque<(usize, usize)>> {
    let mut waiting: BTreeMap<Vec<String>, VecDeque<(usize, usize)>> = BTreeMap::new();
    for (number, table) in built.request.tables.iter().enumerate() {
        for (cell, asked) in table.cells.iter().enumerate() {
            let key =
                [table.name.clone()].into_iter().chain(codes(dimensions, &table.dimensions, &asked.place));
            waiting.entry(key.collect()).or_default().push_back((number, cell));
        }
    }
    waiting
}

/// The code of a place in each of all dimensions; `Total` where it is summed over.
fn codes<'a>(
    all: &'a [&String],
    used: &'a [String],
    place: &'a [Vec<String>],
) -> impl Iterator<Item = String> + 'a {
    all.iter().map(move |name| {
        let at = used.iter().position(|known| known == *name);
        at.and_then(|at| place[at].last()).map_or_else(|| TOTAL.to_owned(), Clone::clone)
    })
}

/// The true figures of every cell and measure.
fn figures(built: &Built) -> Vec<Vec<Vec<i64>>> {
    let data = &built.request.data;
    let atoms = data.atoms.last().map_or(0, |&last| last as usize + 1);
    let mut sums = vec![vec![0i64; built.request.measures.len()]; atoms];
    for (line, &atom) in data.atoms.iter().enumerate() {
        for (sum, column) in sums[atom as usize].iter_mut().zip(&data.components) {
            *sum += column[line];
        }
    }
    let of_cell = |atoms: &[u32]| -> Vec<i64> {
        (0..built.request.measures.len())
            .map(|measure| {
                atoms.iter().filter_map(|&atom| sums.get(atom as usize)).map(|of| of[measure]).sum()
            })
            .collect()
    };
    built
        .request
        .tables
        .iter()
        .map(|table| table.cells.iter().map(|cell| of_cell(&cell.atoms)).collect())
        .collect()
}

fn status_name(status: CellStatus) -> &'static str {
    match status {
        CellStatus::Safe => "safe",
        CellStatus::Primary => "primary",
        CellStatus::Secondary => "secondary",
        CellStatus::Empty => "empty",
    }
}

/// Our own names, and the letters that sdcTable uses.
fn named_status(name: &str) -> Option<CellStatus> {
    match name.trim() {
        "safe" | "s" | "published" => Some(CellStatus::Safe),
        "empty" | "z" => Some(CellStatus::Empty),
        "primary" | "u" => Some(CellStatus::Primary),
        "secondary" | "x" | "suppressed" => Some(CellStatus::Secondary),
        _ => None,
    }
}
