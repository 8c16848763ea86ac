//! Reads a specification: what it must keep to beyond its keys, and where in its text a fault stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use super::places::CodeTree;
use super::problem::Problem;
use super::sheet::read_text;
use super::spec::{Dimension, Input, InputKind, Spec, TOTAL, Table};
use crate::settings::one_of;

/// Something that a specification gets wrong.
#[derive(Debug)]
struct Fault {
    place: Place,
    message: String,
}

/// A key of a section; of sections that repeat, the `nth`, from zero.
#[derive(Debug)]
struct Place {
    section: String,
    nth: usize,
    key: String,
}

/// The most contributors that the frequency rule may ask for: ready-made cells are not taken apart into more.
const MOST_CONTRIBUTORS: u64 = 256;

/// Reads and checks a specification.
pub(super) fn read(path: &Path) -> Result<Spec, Problem> {
    let text = read_text(path, "utf-8")?;
    let spec: Spec = toml::from_str(&text).map_err(|error| Problem {
        row: error.span().map(|span| text[..span.start].matches('\n').count() as u64 + 1),
        ..Problem::new(path, error.message())
    })?;
    check(&spec).map_err(|fault| Problem {
        row: fault.place.line_in(&text),
        ..Problem::new(path, format!("{}: {}", fault.place, fault.message))
    })?;
    Ok(spec)
}

fn check(spec: &Spec) -> Result<(), Fault> {
    check_input(&spec.input)?;
    for (name, dimension) in &spec.dimensions {
        check_dimension(name, dimension)?;
    }
    check_columns(spec)?;
    if spec.table.is_empty() {
        return Err(fault("table", 0, "", "no [[table]] is asked for"));
    }
    for (nth, table) in spec.table.iter().enumerate() {
        if spec.table[..nth].iter().any(|before| before.name == table.name) {
            return Err(fault("table", nth, "name", format!("two tables are called {:?}", table.name)));
        }
        check_table(spec, nth, table)?;
    }
    if spec.rules.minimum_contributors > MOST_CONTRIBUTORS {
        let message = format!("must be at most {MOST_CONTRIBUTORS}");
        return Err(fault("rules", 0, "minimum_contributors", message));
    }
    spec.rules.policy(&spec.cost, 1.0).map_err(|(key, message)| fault("rules", 0, key, message))?;
    Ok(())
}

fn check_input(input: &Input) -> Result<(), Fault> {
    let wrong = |key: &str, message: &str| Err(fault("input", 0, key, message));
    if input.delimiter.len() != 1 || "\"\r\n".contains(&input.delimiter) {
        return wrong("delimiter", "must be one ASCII character, for a tab \"\\t\"");
    }
    if !matches!(input.decimal.as_str(), "." | ",") {
        return wrong("decimal", "must be \".\" or \",\"");
    }
    if let Some(sign) = &input.thousands
        && (sign.chars().count() != 1
            || *sign == input.decimal
            || sign.contains(|c: char| c.is_alphanumeric()))
    {
        return wrong("thousands", "must be one sign, and another than decimal");
    }
    if encoding_rs::Encoding::for_label(input.encoding.as_bytes()).is_none() {
        return wrong(
            "encoding",
            "is not known; write for example utf-8, utf-16, windows-1252, windows-1258",
        );
    }
    let found = match input.kind {
        InputKind::Microdata => wrong_in_microdata(input),
        InputKind::Cells => wrong_in_cells(input),
    };
    found.map_or(Ok(()), |(key, message)| wrong(key, message))
}

fn wrong_in_microdata(input: &Input) -> Option<(&'static str, &'static str)> {
    let of_cells = [
        ("top", !input.top.is_empty()),
        ("status", input.status.is_some()),
        ("lower", input.lower.is_some()),
        ("upper", input.upper.is_some()),
        ("total", input.total.is_some()),
    ];
    if let Some((key, _)) = of_cells.into_iter().find(|(_, given)| *given) {
        return Some((key, "belongs to kind = \"cells\""));
    }
    let both = input.contributor.is_some() && input.count.is_some();
    both.then_some(("count", "give contributor or count, not both"))
}

fn wrong_in_cells(input: &Input) -> Option<(&'static str, &'static str)> {
    let no_value = input.value.names().is_empty();
    if input.contributor.is_some() {
        Some(("contributor", "belongs to kind = \"microdata\""))
    } else if input.count.is_none() && input.top.is_empty() && input.status.is_none() {
        Some(("kind", "ready-made cells need count, top or status: which of them are sensitive?"))
    } else if no_value && input.count.is_none() {
        Some(("kind", "ready-made cells need value or count"))
    } else if no_value && !input.top.is_empty() {
        Some(("top", "there is no value that these could be contributions to"))
    } else {
        None
    }
}

fn check_dimension(name: &str, dimension: &Dimension) -> Result<(), Fault> {
    let section = format!("dimensions.{name}");
    let in_columns = dimension.levels.as_ref().is_some_and(|levels| !levels.is_empty());
    if in_columns == dimension.column.is_some() || in_columns && dimension.tree.is_some() {
        return Err(fault(&section, 0, "", "needs either levels, or column with an optional tree"));
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = dimension.columns().iter().find(|column| !seen.insert(*column)) {
        return Err(fault(&section, 0, "levels", format!("{twice:?} stands there twice")));
    }
    CodeTree::of(dimension).map_err(|message| fault(&section, 0, "tree", message))?;
    Ok(())
}

/// The names that become columns of the result must be told apart.
fn check_columns(spec: &Spec) -> Result<(), Fault> {
    let mut known: BTreeMap<&str, &str> = ["table", "contributors", "status"]
        .into_iter()
        .map(|name| (name, "the result's own column"))
        .collect();
    if spec.input.value.names().is_empty() && spec.input.contributor.is_some() {
        known.insert("rows", "the result's own column");
    }
    let values = spec.input.value.names().iter().map(|name| ("input", "value", name.as_str()));
    let dimensions = spec.dimensions.keys().map(|name| ("dimensions", name.as_str(), name.as_str()));
    for (section, key, name) in values.chain(dimensions) {
        if let Some(other) = known.insert(name, if section == "input" { "a value" } else { "a dimension" }) {
            return Err(fault(section, 0, key, format!("{name:?} is the name of {other} too; rename one")));
        }
    }
    let count = spec.input.count.as_ref().filter(|&count| spec.input.value.names().contains(count));
    match count {
        Some(count) => Err(fault("input", 0, "count", format!("{count:?} is a value too"))),
        None => Ok(()),
    }
}

fn check_table(spec: &Spec, nth: usize, table: &Table) -> Result<(), Fault> {
    let wrong =
        |key: &str, message: String| Err(fault("table", nth, key, format!("{:?}: {message}", table.name)));
    let known = || spec.dimensions.keys().map(String::as_str);
    for (index, name) in table.dimensions.iter().enumerate() {
        if !spec.dimensions.contains_key(name) {
            return wrong(
                "dimensions",
                format!("there is no [dimensions.{name}]; {}", one_of(name, known())),
            );
        }
        if table.dimensions[..index].contains(name) {
            return wrong("dimensions", format!("{name:?} stands there twice"));
        }
    }
    for (name, levels) in &table.levels {
        if !table.dimensions.contains(name) {
            let near = one_of(name, table.dimensions.iter().map(String::as_str));
            return wrong("levels", format!("{name:?} is no dimension of this table; {near}"));
        }
        let Some(columns) = &spec.dimensions[name].levels else {
            return wrong("levels", format!("{name:?} is a tree, which is shown whole or not at all"));
        };
        if levels.is_empty() {
            return wrong(
                "levels",
                format!("none of {name:?}; take it out of the table's dimensions instead"),
            );
        }
        if let Some(unknown) = levels.iter().find(|level| !columns.contains(level)) {
            let near = one_of(unknown, columns.iter().map(String::as_str));
            return wrong("levels", format!("{name:?} has no level {unknown:?}; {near}"));
        }
    }
    for (column, codes) in &table.filter {
        if codes.names().is_empty() {
            return wrong("where", format!("no code of {column:?} is named, so no record would pass"));
        }
        if codes.names().iter().any(|code| code == TOTAL || code == spec.input.total()) {
            let message = format!("{column:?} cannot be filtered by its total; leave the filter out");
            return wrong("where", message);
        }
    }
    Ok(())
}

fn fault(section: &str, nth: usize, key: &str, message: impl Into<String>) -> Fault {
    let place = Place { section: section.into(), nth, key: key.into() };
    Fault { place, message: message.into() }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.section == "table", self.key.is_empty()) {
            (true, true) => write!(formatter, "[[table]]"),
            (true, false) => write!(formatter, "[[table]] {}", self.key),
            (false, true) => write!(formatter, "[{}]", self.section),
            (false, false) => write!(formatter, "[{}] {}", self.section, self.key),
        }
    }
}

impl Place {
    /// The line of the key, or of its section where the key does not stand at the beginning of a line of its own.
    fn line_in(&self, text: &str) -> Option<u64> {
        let (mut seen, mut inside, mut of_section) = (0, false, None);
        for (line, content) in (1..).zip(text.lines().map(str::trim)) {
            if let Some(header) = content.strip_prefix('[') {
                let name = header.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
                let is_it = name == self.section;
                inside = is_it && seen == self.nth;
                seen += usize::from(is_it);
                if inside {
                    of_section = Some(line);
                }
            } else if inside && !self.key.is_empty() {
                let key = content.split(['=', '.']).next().unwrap_or_default().trim();
                if key.trim_matches('"') == self.key {
                    return Some(line);
                }
            }
        }
        of_section
    }
}
