//! `[[table]]` of a report: what it is cut by and what it shows.

use super::business::Language;
use super::field::Field;
use super::job::{TableSpec, local_text};
use super::section::Section;
use crate::domain::cell::Measure;
use crate::domain::entry::Dimension;

/// Reads every `[[table]]`; gives nothing when one of them is wrong.
pub(super) fn read_all(field: &Field<'_>, language: Option<Language>) -> Option<Vec<TableSpec>> {
    let mut names = Vec::new();
    field.list(|entry| {
        let table = entry.section(|section| read(section, language))?;
        if names.contains(&table.name) {
            return entry.wrong(
                format!("another table is named {:?} too", table.name),
                "give one of them another `name`, or other rows",
            );
        }
        names.push(table.name.clone());
        Some(table)
    })
}

fn read(section: &mut Section<'_>, language: Option<Language>) -> Option<TableSpec> {
    let name = section.optional("name", |field| field.slug());
    let title = section.required("title", |field| local_text(&field, language));
    let rows = section.required("rows", |field| some(&field, dimensions(&field)?, "name a dimension"));
    let columns = section.optional("columns", |field| {
        let columns = dimensions(&field)?;
        match columns.iter().find(|column| rows.as_ref().is_some_and(|rows| rows.contains(column))) {
            Some(both) => field.wrong(
                format!("`{}` is in the rows and in the columns", both.as_str()),
                "take it out of one of them",
            ),
            None => Some(columns),
        }
    });
    let measures = section.required("measures", |field| {
        let words = Measure::SALES.map(|measure| (measure.as_str(), measure));
        let measures = once(&field, field.list(|entry| entry.choice(&words))?)?;
        some(&field, measures, "name a measure")
    });
    let compare = section.optional("compare", |field| field.flag());
    let (rows, columns) = (rows?, columns.unwrap_or_default());
    let name = name.unwrap_or_else(|| name_of(&rows, &columns));
    Some(TableSpec {
        name,
        title: title?,
        rows,
        columns,
        measures: measures?,
        compare: compare.unwrap_or_default(),
    })
}

fn dimensions(field: &Field<'_>) -> Option<Vec<Dimension>> {
    let words = Dimension::SALES.map(|dimension| (dimension.as_str(), dimension));
    once(field, field.list(|entry| entry.choice(&words))?)
}

fn once<T: PartialEq>(field: &Field<'_>, list: Vec<T>) -> Option<Vec<T>> {
    let is_double = list.iter().enumerate().any(|(index, entry)| list[..index].contains(entry));
    if is_double { field.wrong("names the same thing twice", "name it once") } else { Some(list) }
}

fn some<T>(field: &Field<'_>, list: Vec<T>, remedy: &str) -> Option<Vec<T>> {
    if list.is_empty() { field.wrong("is empty", remedy) } else { Some(list) }
}

fn name_of(rows: &[Dimension], columns: &[Dimension]) -> String {
    let join = |list: &[Dimension]| list.iter().map(|one| one.as_str()).collect::<Vec<_>>().join("-");
    if columns.is_empty() { join(rows) } else { format!("{}-by-{}", join(rows), join(columns)) }
}
