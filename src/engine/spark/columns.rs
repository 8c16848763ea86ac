//! Columns of an answer, and the numbered groups as a table to be sent.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Date32Array, Int32Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};

use super::query::NUMBER;
use crate::domain::fact_groups::FactGroups;
use crate::engine::Error;

/// Days since 1 January 1970.
pub(super) fn days(batch: &RecordBatch, at: usize) -> Result<Vec<i32>, Error> {
    let column = column(batch, at)?;
    let days = column.as_primitive_opt::<Date32Type>().ok_or_else(|| odd(batch, at))?;
    Ok(days.values().to_vec())
}

pub(super) fn texts(batch: &RecordBatch, at: usize) -> Result<Vec<String>, Error> {
    let column = column(batch, at)?;
    let texts: Option<Vec<String>> = match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().map(|text| text.map(str::to_owned)).collect(),
        DataType::Utf8View => column.as_string_view().iter().map(|text| text.map(str::to_owned)).collect(),
        _ => None,
    };
    texts.ok_or_else(|| odd(batch, at))
}

/// Whole numbers of any width.
pub(super) fn numbers(batch: &RecordBatch, at: usize) -> Result<Vec<i128>, Error> {
    let column = column(batch, at)?;
    Ok(match column.data_type() {
        DataType::Int32 => column.as_primitive::<Int32Type>().values().iter().map(|&it| it.into()).collect(),
        DataType::Int64 => column.as_primitive::<Int64Type>().values().iter().map(|&it| it.into()).collect(),
        DataType::Decimal128(_, 0) => column.as_primitive::<Decimal128Type>().values().to_vec(),
        _ => return Err(odd(batch, at)),
    })
}

pub(super) fn sums(batch: &RecordBatch, at: usize) -> Result<Vec<i64>, Error> {
    let sum = |sum: i128| i64::try_from(sum).map_err(|_| Error::TooLarge);
    numbers(batch, at)?.into_iter().map(sum).collect()
}

/// A column without gaps.
fn column(batch: &RecordBatch, at: usize) -> Result<&ArrayRef, Error> {
    batch.columns().get(at).filter(|column| column.null_count() == 0).ok_or_else(|| odd(batch, at))
}

fn odd(batch: &RecordBatch, at: usize) -> Error {
    let schema = batch.schema();
    Error::Answer(match schema.fields().get(at) {
        Some(field) => format!("column {} is {}, or has gaps", field.name(), field.data_type()),
        None => format!("it has {} columns", schema.fields().len()),
    })
}

/// The groups that are in a cell, each with its atom, as tables of at most so many rows.
pub(super) fn numbered(
    groups: &FactGroups,
    atoms: &[Option<u32>],
    at_once: usize,
) -> Result<Vec<RecordBatch>, Error> {
    let rows: Vec<(usize, u32)> =
        atoms.iter().enumerate().filter_map(|(row, &atom)| Some((row, atom?))).collect();
    rows.chunks(at_once).map(|rows| table(groups, rows)).collect()
}

fn table(groups: &FactGroups, rows: &[(usize, u32)]) -> Result<RecordBatch, Error> {
    let broken = |what: &dyn std::fmt::Display| Error::Answer(what.to_string());
    let dates = |of: &[i32]| -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| of[row.0])))
    };
    let atoms: Vec<i32> = rows
        .iter()
        .map(|&(_, atom)| i32::try_from(atom))
        .collect::<Result<_, _>>()
        .map_err(|_| broken(&"it has more groups than can be told apart"))?;
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("day", dates(&groups.days)), ("belongs_to", dates(&groups.belongs_to))];
    for (dimension, values) in &groups.values {
        let values = rows.iter().map(|&(row, _)| values[row].as_str());
        columns.push((dimension.as_str(), Arc::new(StringArray::from_iter_values(values))));
    }
    columns.push((NUMBER, Arc::new(Int32Array::from(atoms))));
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), false)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| broken(&error))
}
