//! The specification file of `disclosure protect` and `disclosure audit`, strict: an unknown key is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::problem::Problem;
use crate::disclosure::{Cost, Dominance, Interval, Percent, Policy};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    pub input: Input,
    #[serde(default)]
    pub dimensions: BTreeMap<String, Dimension>,
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
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    #[default]
    None,
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(name) => vec![name.clone()],
            Self::More(names) => names.clone(),
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

/// A node of a tree: the codes below it, or further nodes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Branch {
    Codes(Vec<String>),
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
    pub filter: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rules {
    minimum_contributors: u64,
    p_percent: f64,
    dominance: Vec<DominanceRule>,
    interval: Option<Width>,
    implied_cells: bool,
    insiders: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            minimum_contributors: 5,
            p_percent: 10.0,
            dominance: Vec::new(),
            interval: None,
            implied_cells: true,
            insiders: true,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DominanceRule {
    n: usize,
    k: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Width {
    #[serde(default)]
    relative: f64,
    #[serde(default)]
    absolute: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostSpec {
    #[serde(default)]
    by: CostBy,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CostBy {
    #[default]
    Value,
    Count,
    Cells,
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
    /// Reads and checks a specification.
    pub fn read(path: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(path).map_err(|error| Problem::file(path, &error))?;
        let spec: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            Problem {
                file: path.into(),
                row: line.map(|line| line as u64),
                column: None,
                message: error.message().into(),
            }
        })?;
        spec.check().map_err(|message| Problem { file: path.into(), row: None, column: None, message })?;
        Ok(spec)
    }

    /// The input's path: relative to the specification's own directory.
    pub fn input_path(&self, spec: &Path) -> PathBuf {
        spec.parent().map_or_else(|| self.input.path.clone(), |directory| directory.join(&self.input.path))
    }

    /// The policy; `scale` is how many integer units one unit of the first value is.
    pub fn policy(&self, scale: f64) -> Result<Policy, String> {
        let rules = &self.rules;
        let percent = |key: &str, number: f64| {
            Percent::try_from(number).map_err(|error| format!("[rules] {key}: {error}"))
        };
        let dominance = rules.dominance.iter().map(|rule| {
            if rule.n == 0 || rule.n > 16 {
                return Err("[rules] dominance: n must be from 1 to 16".to_owned());
            }
            Ok(Dominance { n: rule.n, k: percent("dominance", rule.k)? })
        });
        let interval = rules.interval.as_ref().map(|width| {
            let relative = percent("interval.relative", (width.relative * 1e6).round() / 1e4)?;
            Ok::<_, String>(Interval { relative, absolute: (width.absolute * scale).ceil() as i64 })
        });
        Ok(Policy {
            minimum_contributors: rules.minimum_contributors,
            p_percent: percent("p_percent", rules.p_percent)?,
            dominance: dominance.collect::<Result<_, String>>()?,
            interval: interval.transpose()?,
            implied_cells: rules.implied_cells,
            insiders: rules.insiders,
            cost: match self.cost.by {
                CostBy::Value => Cost::Value,
                CostBy::Count => Cost::Count,
                CostBy::Cells => Cost::Cells,
            },
            headlines: 0,
        })
    }

    fn check(&self) -> Result<(), String> {
        let input = &self.input;
        if input.delimiter.len() != 1 || !matches!(input.decimal.as_str(), "." | ",") {
            return Err("[input] delimiter must be one ASCII character and decimal \".\" or \",\"".into());
        }
        let only_cells =
            !input.top.is_empty() || input.status.is_some() || input.lower.is_some() || input.upper.is_some();
        match input.kind {
            InputKind::Microdata if only_cells => {
                return Err("[input] top, status, lower and upper belong to kind = \"cells\"".into());
            }
            InputKind::Microdata if input.contributor.is_some() && input.count.is_some() => {
                return Err("[input] give contributor or count, not both".into());
            }
            InputKind::Cells if input.contributor.is_some() => {
                return Err("[input] contributor belongs to kind = \"microdata\"".into());
            }
            InputKind::Cells if input.value.names().is_empty() && input.count.is_none() => {
                return Err("[input] kind = \"cells\" needs value or count".into());
            }
            _ => {}
        }
        for (name, dimension) in &self.dimensions {
            let in_columns = dimension.levels.as_ref().is_some_and(|levels| !levels.is_empty());
            if in_columns == dimension.column.is_some() || in_columns && dimension.tree.is_some() {
                return Err(format!(
                    "[dimensions.{name}] needs either levels, or column with an optional tree"
                ));
            }
        }
        self.check_tables()
    }

    fn check_tables(&self) -> Result<(), String> {
        if self.table.is_empty() {
            return Err("no [[table]] is asked for".into());
        }
        for (index, table) in self.table.iter().enumerate() {
            if self.table[..index].iter().any(|before| before.name == table.name) {
                return Err(format!("two tables are called {:?}", table.name));
            }
            let unknown = table.dimensions.iter().find(|name| !self.dimensions.contains_key(*name));
            if let Some(name) = unknown {
                return Err(format!(
                    "table {:?} names the dimension {name:?}, which [dimensions] lacks",
                    table.name
                ));
            }
            for (name, levels) in &table.levels {
                let known = self.dimensions.get(name).and_then(|dimension| dimension.levels.as_ref());
                if !known.is_some_and(|known| levels.iter().all(|level| known.contains(level))) {
                    return Err(format!(
                        "table {:?}: levels of {name:?} must be among its columns",
                        table.name
                    ));
                }
            }
        }
        Ok(())
    }
}
