//! What a trial of a source says: what was understood of its first rows, and what was not.
//!
//! Invariant: no value of a row is in it, but for unknown statuses that are single words.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Sink;
use super::error::Error;
use super::fields::Reading;
use super::gather::Gathered;
use super::plan::{Binding, Plan};
use super::row::{Header, Row};
use crate::domain::feed::{self, Feed, Rejected};
use crate::domain::ids::SourceName;
use crate::settings::{SourceKind, SourceSettings};

/// What a trial of a source found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    pub source: SourceName,
    pub kind: SourceKind,
    pub feeds: Vec<FeedReport>,
    /// The same in plain words.
    pub sentences: Vec<String>,
}

/// What a trial found in one feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedReport {
    pub feed: Feed,
    /// The file's or the query's name.
    pub origin: String,
    /// Rows looked at.
    pub rows: u64,
    /// Every column of ours, and where it is read from.
    pub columns: Vec<ColumnReport>,
    /// Their columns that nothing is read from.
    pub unused: Vec<String>,
    pub rejected: Vec<Refusal>,
    /// Those that may be shown.
    pub unknown_statuses: Vec<String>,
    /// How many different ones may not: they could be a person's, if the columns have shifted.
    pub sealed_statuses: u64,
}

/// One column of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReport {
    pub ours: String,
    pub from: ColumnOrigin,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnOrigin {
    /// Their column of this name.
    Column(String),
    /// The configured constant.
    Constant,
    Nowhere,
}

/// A row that would be rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub row: u64,
    /// Ours; empty for the row as a whole.
    pub column: String,
    pub reason: String,
}

/// Looks at rows one by one; what joins them is not looked at, for their first ten do not belong together.
pub(super) struct Trial<'a> {
    source: &'a SourceSettings,
    reading: &'a Reading,
    tried: Vec<(Plan, Arc<Header>, Gathered)>,
}

impl<'a> Trial<'a> {
    pub fn new(source: &'a SourceSettings, reading: &'a Reading) -> Self {
        Self { source, reading, tried: Vec::new() }
    }

    pub fn report(self) -> TestReport {
        let feeds: Vec<FeedReport> =
            self.tried.iter().map(|(plan, header, gathered)| feed_report(plan, header, gathered)).collect();
        let sentences = feeds.iter().flat_map(sentences).collect();
        TestReport { source: self.source.name.clone(), kind: self.source.kind, feeds, sentences }
    }
}

impl Sink for Trial<'_> {
    fn head(&mut self, header: &Arc<Header>) -> Result<(), Error> {
        let plan = Plan::new(&self.source.feeds[&header.feed], header)?;
        self.tried.push((plan, Arc::clone(header), Gathered::default()));
        Ok(())
    }

    fn row(&mut self, row: Row) {
        let tried = self.tried.iter_mut().find(|(plan, ..)| plan.feed == row.header.feed);
        if let Some((plan, _, gathered)) = tried {
            gathered.take(self.reading, plan, row);
        }
    }

    fn pause(&mut self, _: Option<String>) -> Result<(), Error> {
        Ok(())
    }
}

fn feed_report(plan: &Plan, header: &Header, gathered: &Gathered) -> FeedReport {
    let from = |binding: &Binding| match binding {
        Binding::Column(index) => ColumnOrigin::Column(header.columns[*index].clone()),
        Binding::Constant(_) => ColumnOrigin::Constant,
        Binding::Absent => ColumnOrigin::Nowhere,
    };
    let refusal = |rejected: &Rejected| Refusal {
        row: rejected.row,
        column: rejected.column.clone(),
        reason: rejected.reason.clone(),
    };
    let unknown: BTreeSet<&String> = (gathered.rejected.iter())
        .filter(|rejected| rejected.column == "status" && !rejected.value.trim().is_empty())
        .map(|rejected| &rejected.value)
        .collect();
    let (shown, sealed): (Vec<&String>, Vec<&String>) =
        unknown.into_iter().partition(|status| feed::may_be_shown(status));
    FeedReport {
        feed: plan.feed,
        origin: header.origin.clone(),
        rows: gathered.read.get(&plan.feed).copied().unwrap_or(0),
        columns: (plan.bindings.iter())
            .map(|(ours, binding)| ColumnReport { ours: (*ours).to_owned(), from: from(binding) })
            .collect(),
        unused: plan.unused(header),
        rejected: gathered.rejected.iter().map(refusal).collect(),
        unknown_statuses: shown.into_iter().cloned().collect(),
        sealed_statuses: sealed.len() as u64,
    }
}

fn sentences(feed: &FeedReport) -> Vec<String> {
    let (name, origin, rows) = (feed.feed.as_str(), &feed.origin, feed.rows);
    let rejected = feed.rejected.len();
    let mut said = vec![match (rows, rejected) {
        (0, _) => format!("{name} ({origin}): it has no rows."),
        (_, 0) => format!("{name} ({origin}): rows looked at {rows}, all understood."),
        _ => format!("{name} ({origin}): rows looked at {rows}, of which {rejected} would be rejected."),
    }];
    let nowhere: Vec<&str> = (feed.columns.iter())
        .filter(|column| column.from == ColumnOrigin::Nowhere)
        .map(|column| column.ours.as_str())
        .collect();
    if !nowhere.is_empty() {
        said.push(format!("{name}: nothing gives {}.", nowhere.join(", ")));
    }
    if !feed.unused.is_empty() {
        said.push(format!("{name}: not used are {}.", feed.unused.join(", ")));
    }
    if !feed.unknown_statuses.is_empty() {
        said.push(format!("{name}: unknown statuses to map are {}.", feed.unknown_statuses.join(", ")));
    }
    if feed.sealed_statuses > 0 {
        said.push(format!(
            "{name}: unknown statuses that are no single words, and so are not shown: {}; look them up at the source.",
            feed.sealed_statuses
        ));
    }
    said
}
