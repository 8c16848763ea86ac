//! A job file, as types.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::domain::cell::Measure;
use crate::domain::entry::Dimension;
use crate::domain::ids::JobName;
use crate::domain::period::PeriodKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    Pull,
    SalesReport,
    ComplaintDeadlines,
    ComplaintReport,
    Backup,
    Integrity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    All,
    Latest,
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnDays {
    #[default]
    AllDays,
    /// A slot on a day off moves to the same time on the next working day.
    WorkingDays,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Html,
    Xlsx,
    Pdf,
}

/// A text in each language it is written in, by language code.
pub type LocalText = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub struct Completeness {
    /// How long after the period's end every watermark must stand.
    pub grace: SignedDuration,
    /// How long after the slot a report waits for that before it goes out marked PROVISIONAL.
    pub patience: SignedDuration,
}

#[derive(Clone, Debug)]
pub struct JobSpec {
    pub name: JobName,
    pub kind: JobKind,
    /// Five-field cron in the business time zone.
    pub schedule: String,
    pub on: OnDays,
    pub catch_up: CatchUp,
    pub catch_up_window: SignedDuration,
    /// Of a report: the length of its period.
    pub period: Option<PeriodKind>,
    /// Names of recipient groups, or addresses.
    pub recipients: Vec<String>,
    pub completeness: Completeness,
    pub formats: Vec<Format>,
    pub title: LocalText,
    pub tables: Vec<TableSpec>,
    /// Of a backup: how many copies to keep.
    pub keep: Option<u32>,
}

/// `[[table]]` of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSpec {
    /// Unique in the job; made of its rows and columns when the file does not give one.
    pub name: String,
    pub title: LocalText,
    /// A hierarchy from coarse to fine, with totals at each level.
    pub rows: Vec<Dimension>,
    /// Likewise; may be empty.
    pub columns: Vec<Dimension>,
    pub measures: Vec<Measure>,
}
