//! Where records stand in the dimensions: paths of codes from coarse to fine.

use std::collections::BTreeMap;

use super::records::Records;
use super::spec::{Branch, Dimension, Spec, Table};

/// What a dimension says where it is summed over.
pub(super) const TOTAL: &str = "Total";

/// Codes that a column must have: the definition of a cell, good for any later input.
pub(super) type Condition = (String, Vec<String>);

/// A dimension as a table uses it.
pub(super) enum Axis {
    /// Columns from coarse to fine.
    Levels(Vec<String>),
    Tree {
        column: String,
        /// The path of each code and node that the tree names, the code or node itself included.
        paths: BTreeMap<String, Vec<String>>,
        /// The codes below each node.
        below: BTreeMap<String, Vec<String>>,
    },
}

impl Axis {
    /// The whole dimension.
    pub fn whole(dimension: &Dimension) -> Self {
        match (&dimension.levels, &dimension.column) {
            (Some(levels), _) => Self::Levels(levels.clone()),
            (None, column) => {
                let (mut paths, mut below) = (BTreeMap::new(), BTreeMap::new());
                if let Some(tree) = &dimension.tree {
                    climb(tree, &[], &mut paths, &mut below);
                }
                Self::Tree { column: column.clone().unwrap_or_default(), paths, below }
            }
        }
    }

    /// The levels of the dimension that a table asks for.
    pub fn of_table(spec: &Spec, table: &Table, name: &str) -> Self {
        match (Self::whole(&spec.dimensions[name]), table.levels.get(name)) {
            (Self::Levels(levels), Some(wanted)) => {
                Self::Levels(levels.into_iter().filter(|level| wanted.contains(level)).collect())
            }
            (axis, _) => axis,
        }
    }

    /// A record's codes, from coarse to fine; they end where the record is itself a total.
    pub fn path(&self, records: &Records, record: usize) -> Vec<String> {
        match self {
            Self::Levels(levels) => levels
                .iter()
                .map(|level| records.codes[level].code(record))
                .take_while(|code| *code != TOTAL)
                .map(str::to_owned)
                .collect(),
            Self::Tree { column, paths, .. } => match records.codes[column].code(record) {
                TOTAL => Vec::new(),
                code => paths.get(code).cloned().unwrap_or_else(|| vec![code.to_owned()]),
            },
        }
    }

    /// Whether a record is a total of this dimension, at any level.
    pub fn is_total(&self, records: &Records, record: usize) -> bool {
        match self {
            Self::Levels(levels) => self.path(records, record).len() < levels.len(),
            Self::Tree { column, below, .. } => {
                let code = records.codes[column].code(record);
                code == TOTAL || below.contains_key(code)
            }
        }
    }

    /// What a record must have to stand at or below a path.
    pub fn conditions(&self, path: &[String]) -> Vec<Condition> {
        match self {
            Self::Levels(levels) => {
                levels.iter().zip(path).map(|(level, code)| (level.clone(), vec![code.clone()])).collect()
            }
            Self::Tree { column, below, .. } => path
                .last()
                .map(|code| (column.clone(), below.get(code).cloned().unwrap_or_else(|| vec![code.clone()])))
                .into_iter()
                .collect(),
        }
    }
}

fn climb(
    nodes: &BTreeMap<String, Branch>,
    above: &[String],
    paths: &mut BTreeMap<String, Vec<String>>,
    below: &mut BTreeMap<String, Vec<String>>,
) {
    for (node, branch) in nodes {
        let path: Vec<String> = above.iter().cloned().chain([node.clone()]).collect();
        paths.insert(node.clone(), path.clone());
        match branch {
            Branch::Codes(codes) => {
                for code in codes {
                    paths.insert(code.clone(), path.iter().cloned().chain([code.clone()]).collect());
                    path.iter().for_each(|node| below.entry(node.clone()).or_default().push(code.clone()));
                }
            }
            Branch::Nodes(nodes) => climb(nodes, &path, paths, below),
        }
    }
}
