//! What the ledger keeps of a release.

use super::build::Built;
use super::ledger::{Release, ReleasedCell, ReleasedTable};
use super::numbers::plain;
use crate::disclosure::{ProtectedTable, Protection};

/// The release as the ledger records it.
pub(super) fn release(built: &Built, protection: &Protection) -> Release {
    let tables = protection.tables.iter().enumerate();
    Release { tables: tables.map(|(number, table)| released(built, number, table)).collect() }
}

fn released(built: &Built, number: usize, table: &ProtectedTable) -> ReleasedTable {
    let measures = &built.request.tables[number].measures;
    let cells = table.cells().iter().zip(&built.tables[number]).map(|(cell, known)| ReleasedCell {
        place: known.labels.clone(),
        conditions: known.definition.clone(),
        told_before: cell.told_before().to_vec(),
        shown: cell.values().map(|values| {
            let decimals = measures.iter().map(|&measure| built.decimals[measure]);
            values.iter().zip(decimals).map(|(&value, decimals)| plain(value, decimals)).collect()
        }),
    });
    ReleasedTable {
        name: table.name().into(),
        measures: measures.iter().map(|&measure| built.quantities[measure].clone()).collect(),
        cells: cells.collect(),
    }
}
