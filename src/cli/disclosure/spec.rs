//! The specification file of `disclosure protect` and `disclosure audit`, strict: an unknown key is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::numbers::Notation;
use super::rules::{CostSpec, Rules};

/// What a cell says of a dimension where it is summed over.
pub(super) const TOTAL: &str = "Total";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    pub input: Input,
    #[serde(default)]
    pub dimensions: BTreeMap<String, Dimension>,
    #[serde(default)]
    pub table: Vec<Table>,
    #[serde(default)]
    pub rules: Rules,
    #[serde(default)]
    pub cost: CostSpec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum InputKind {
    Microdata,
    Cells,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub kind: InputKind,
    pub path: PathBuf,
    #[serde(default = "comma")]
    pub delimiter: String,
    #[serde(default = "point")]
    pub decimal: String,
    pub thousands: Option<String>,
    #[serde(default = "utf8")]
    pub encoding: String,
    pub contributor: Option<String>,
    #[serde(default)]
    pub value: OneOrMore,
    pub count: Option<String>,
    /// Columns of the largest contributions, largest first.
    #[serde(default)]
    pub top: Vec<String>,
    pub status: Option<StatusColumn>,
    pub lower: Option<String>,
    pub upper: Option<String>,
    /// The code of totals in the input's own rows.
    pub total: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged, expecting = "expected a text, or a list of texts")]
pub(super) enum OneOrMore {
    #[default]
    None,
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn names(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::More(names) => names,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusColumn {
    pub column: String,
    #[serde(default)]
    pub sensitive: Vec<String>,
    #[serde(default)]
    pub safe: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dimension {
    /// Columns from coarse to fine.
    pub levels: Option<Vec<String>>,
    pub column: Option<String>,
    pub tree: Option<BTreeMap<String, Branch>>,
}

impl Dimension {
    /// The columns of the input that it reads.
    pub fn columns(&self) -> &[String] {
        match (&self.levels, &self.column) {
            (Some(levels), _) => levels,
            (None, column) => column.as_slice(),
        }
    }
}

/// What hangs from a node of a tree.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a list of codes, or a table of further nodes")]
pub(super) enum Branch {
    List(Vec<Twig>),
    Nodes(BTreeMap<String, Branch>),
}

/// An entry of a list: a code, or further nodes.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a code as a text, or a table of further nodes")]
pub(super) enum Twig {
    Code(String),
    Nodes(BTreeMap<String, Branch>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub name: String,
    pub dimensions: Vec<String>,
    #[serde(default)]
    pub levels: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, OneOrMore>,
}

fn comma() -> String {
    ",".into()
}

fn point() -> String {
    ".".into()
}

fn utf8() -> String {
    "utf-8".into()
}

impl Spec {
    /// The input's path: relative to the specification's own directory.
    pub fn input_path(&self, spec: &Path) -> PathBuf {
        spec.parent().map_or_else(|| self.input.path.clone(), |directory| directory.join(&self.input.path))
    }

    /// The dimensions in the order of their first use, those of no table last.
    pub fn dimension_names(&self) -> Vec<&String> {
        let mut names: Vec<&String> = Vec::new();
        let used = self.table.iter().flat_map(|table| &table.dimensions);
        for name in used.chain(self.dimensions.keys()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

impl Input {
    pub fn delimiter(&self) -> u8 {
        self.delimiter.as_bytes().first().copied().unwrap_or(b',')
    }

    pub fn notation(&self) -> Notation {
        Notation {
            decimal: self.decimal.chars().next().unwrap_or('.'),
            thousands: self.thousands.as_ref().and_then(|sign| sign.chars().next()),
        }
    }

    pub fn total(&self) -> &str {
        self.total.as_deref().unwrap_or(TOTAL)
    }
}
