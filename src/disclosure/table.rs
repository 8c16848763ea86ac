//! The type that carries the promise: a table that has passed disclosure control.

use serde::Serialize;

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellStatus {
    /// Shown.
    Safe,
    /// Withheld, for it would itself reveal a contributor.
    Primary,
    /// Withheld, for with the rest it would reveal a withheld one.
    Secondary,
    /// Shown as zero: nobody contributed.
    Empty,
}

impl CellStatus {
    pub fn is_shown(self) -> bool {
        matches!(self, Self::Safe | Self::Empty)
    }
}

/// A cell with its figures, or without them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtectedCell {
    pub(super) place: Vec<Vec<String>>,
    pub(super) status: CellStatus,
    pub(super) values: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) told: Vec<usize>,
}

impl ProtectedCell {
    /// For each dimension the codes from coarse to fine; empty where it is summed over.
    pub fn place(&self) -> &[Vec<String>] {
        &self.place
    }

    pub fn status(&self) -> CellStatus {
        self.status
    }

    /// One figure a measure; `None` when the cell is withheld.
    pub fn values(&self) -> Option<&[i64]> {
        self.values.as_deref()
    }

    /// Which of the table's measures, by place, earlier releases alone tell of this withheld cell better than the rules
    /// allow. This release tells nothing more of it, and no later one can keep it: it is no secret to be recorded.
    pub fn told_before(&self) -> &[usize] {
        &self.told
    }
}

/// A table that passed disclosure control against every earlier release. Only `protect` makes one, and
/// `reproduce` one that was released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtectedTable {
    pub(super) name: String,
    pub(super) dimensions: Vec<String>,
    pub(super) measures: Vec<String>,
    pub(super) cells: Vec<ProtectedCell>,
}

impl ProtectedTable {
    /// Whether it tells nothing: no cell of it is shown.
    pub fn is_withheld(&self) -> bool {
        self.cells.iter().all(|cell| !cell.status.is_shown())
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn dimensions(&self) -> &[String] {
        &self.dimensions
    }

    pub fn measures(&self) -> &[String] {
        &self.measures
    }

    /// In the order the table was asked for.
    pub fn cells(&self) -> &[ProtectedCell] {
        &self.cells
    }

    /// For the tests of the rooms that print tables: as if the control had decided so.
    #[cfg(test)]
    pub fn for_tests(name: &str, dimensions: &[&str], measures: &[&str], cells: Vec<CellForTests>) -> Self {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Self {
            name: name.to_owned(),
            dimensions: owned(dimensions),
            measures: owned(measures),
            cells: cells
                .into_iter()
                .map(|(place, status, values)| ProtectedCell { place, status, values, told: Vec::new() })
                .collect(),
        }
    }
}

/// Place, status and values.
#[cfg(test)]
type CellForTests = (Vec<Vec<String>>, CellStatus, Option<Vec<i64>>);
