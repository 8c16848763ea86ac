//! Where records stand in the dimensions: paths of codes from coarse to fine.

use std::collections::{BTreeMap, BTreeSet};

use super::records::Records;
use super::spec::{Branch, Dimension, Spec, TOTAL, Table, Twig};

/// Codes that a column must have: the definition of a cell, good for any later input.
pub(super) type Condition = (String, Vec<String>);

/// For each dimension, the codes from coarse to fine; empty where it is summed over.
pub(super) type Cell = Vec<Vec<String>>;

/// A hierarchy that is not in columns.
#[derive(Debug, Default)]
pub(super) struct CodeTree {
    /// The path of each code and node that the tree names, the code or node itself included.
    paths: BTreeMap<String, Vec<String>>,
    /// The codes below each node.
    below: BTreeMap<String, Vec<String>>,
}

/// A dimension as a table uses it.
pub(super) enum Axis {
    /// Columns from coarse to fine.
    Levels(Vec<String>),
    Tree {
        column: String,
        tree: CodeTree,
    },
}

/// Which codes of the input are totals.
pub(super) struct Totals {
    code: String,
    /// For each column with a tree, its nodes.
    nodes: BTreeMap<String, BTreeSet<String>>,
}

impl CodeTree {
    /// # Errors
    /// When a code or node stands in the tree twice, or is the word for totals.
    pub fn of(dimension: &Dimension) -> Result<Self, String> {
        let mut tree = Self::default();
        match &dimension.tree {
            Some(nodes) => tree.climb(nodes, &[]).map(|()| tree),
            None => Ok(tree),
        }
    }

    /// Whether the tree names any of these codes, or nothing at all.
    pub fn knows_any(&self, codes: &BTreeSet<&str>) -> bool {
        self.paths.is_empty() || codes.iter().any(|code| self.paths.contains_key(*code))
    }

    fn climb(&mut self, nodes: &BTreeMap<String, Branch>, above: &[String]) -> Result<(), String> {
        for (node, branch) in nodes {
            let path = self.hang(node, above)?;
            self.below.insert(node.clone(), Vec::new());
            match branch {
                Branch::Nodes(nodes) => self.climb(nodes, &path)?,
                Branch::List(twigs) => {
                    for twig in twigs {
                        match twig {
                            Twig::Nodes(nodes) => self.climb(nodes, &path)?,
                            Twig::Code(code) => {
                                self.hang(code, &path)?;
                                for node in &path {
                                    self.below.entry(node.clone()).or_default().push(code.clone());
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn hang(&mut self, code: &str, above: &[String]) -> Result<Vec<String>, String> {
        let path: Vec<String> = above.iter().cloned().chain([code.to_owned()]).collect();
        if code == TOTAL {
            return Err(format!("{TOTAL:?} is the word for totals and cannot be a code"));
        }
        match self.paths.insert(code.to_owned(), path.clone()) {
            Some(_) => Err(format!("{code:?} stands in it twice")),
            None => Ok(path),
        }
    }
}

impl Totals {
    pub fn of(spec: &Spec) -> Self {
        let mut nodes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for dimension in spec.dimensions.values() {
            if let Axis::Tree { column, tree } = Axis::whole(dimension) {
                nodes.entry(column).or_default().extend(tree.below.into_keys());
            }
        }
        Self { code: spec.input.total().to_owned(), nodes }
    }

    pub fn contain(&self, column: &str, code: &str) -> bool {
        code == self.code || self.nodes.get(column).is_some_and(|nodes| nodes.contains(code))
    }
}

impl Axis {
    /// The whole dimension.
    pub fn whole(dimension: &Dimension) -> Self {
        match &dimension.levels {
            Some(levels) => Self::Levels(levels.clone()),
            None => Self::Tree {
                column: dimension.column.clone().unwrap_or_default(),
                tree: CodeTree::of(dimension).unwrap_or_default(),
            },
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
    pub fn path(&self, records: &Records, record: usize, totals: &Totals) -> Vec<String> {
        match self {
            Self::Levels(levels) => levels
                .iter()
                .map(|level| (level, records.codes[level].code(record)))
                .take_while(|(level, code)| !totals.contain(level, code))
                .map(|(_, code)| code.to_owned())
                .collect(),
            Self::Tree { column, tree } => {
                self.path_of(column, tree, records.codes[column].code(record), totals)
            }
        }
    }

    fn path_of(&self, column: &str, tree: &CodeTree, code: &str, totals: &Totals) -> Vec<String> {
        match tree.paths.get(code) {
            Some(path) => path.clone(),
            None if totals.contain(column, code) => Vec::new(),
            None => vec![code.to_owned()],
        }
    }

    /// The path that the codes of a release name, by their columns or the code alone.
    pub fn path_of_codes(&self, codes: &[&str], totals: &Totals) -> Vec<String> {
        match self {
            Self::Levels(levels) => levels
                .iter()
                .zip(codes)
                .take_while(|(level, code)| **code != TOTAL && !totals.contain(level, code))
                .map(|(_, code)| (*code).to_owned())
                .collect(),
            Self::Tree { column, tree } => match codes.first() {
                Some(&code) if code != TOTAL => self.path_of(column, tree, code, totals),
                _ => Vec::new(),
            },
        }
    }

    /// Whether a record is a total of this dimension, at any level.
    pub fn is_total(&self, records: &Records, record: usize, totals: &Totals) -> bool {
        self.columns().iter().any(|column| totals.contain(column, records.codes[column].code(record)))
    }

    pub fn columns(&self) -> &[String] {
        match self {
            Self::Levels(levels) => levels,
            Self::Tree { column, .. } => std::slice::from_ref(column),
        }
    }

    /// What a record must have to stand at or below a path.
    pub fn conditions(&self, path: &[String]) -> Vec<Condition> {
        match self {
            Self::Levels(levels) => {
                levels.iter().zip(path).map(|(level, code)| (level.clone(), vec![code.clone()])).collect()
            }
            Self::Tree { column, tree } => {
                let codes =
                    |code: &String| tree.below.get(code).cloned().unwrap_or_else(|| vec![code.clone()]);
                path.last().map(|code| (column.clone(), codes(code))).into_iter().collect()
            }
        }
    }
}

/// Every combination of prefixes, the place itself included.
pub(super) fn places_above(finest: &[Vec<String>]) -> Vec<Cell> {
    finest.iter().fold(vec![Vec::new()], |places, path| {
        let extend = |place: Cell| {
            (0..=path.len())
                .map(move |depth| place.iter().cloned().chain([path[..depth].to_vec()]).collect::<Cell>())
        };
        places.into_iter().flat_map(extend).collect()
    })
}
