//! A job file: what runs when, and who gets what.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::address::Addressees;
use super::business::Language;
use super::field::Field;
use super::problem::Fault;
use super::section::Section;
use super::threshold::{self, Threshold};
use super::{cron, ping, table, value};
use crate::domain::acknowledgement::OnAmbiguous;
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

impl JobKind {
    pub fn as_str(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether it makes a report on a period and mails it.
    pub fn is_report(self) -> bool {
        matches!(self, Self::SalesReport | Self::ComplaintReport)
    }
}

/// What a report tells of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tells {
    #[default]
    Sales,
    SalesAndComplaints,
    Complaints,
}

impl Tells {
    pub fn of_sales(self) -> bool {
        self != Self::Complaints
    }

    pub fn of_complaints(self) -> bool {
        self != Self::Sales
    }

    /// Of sales alone: all that there was once.
    pub fn is_usual(&self) -> bool {
        *self == Self::Sales
    }
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
    /// A run that gives no sign of life for this long is given up and tried again.
    pub lease: SignedDuration,
    /// The job's address with a watcher outside (dead man's switch).
    pub ping_url: Option<String>,
    /// Of a report: the length of its period.
    pub period: Option<PeriodKind>,
    /// Names of recipient groups, or addresses.
    pub recipients: Vec<String>,
    pub completeness: Completeness,
    pub formats: Vec<Format>,
    /// Of a report: what becomes of a message whose acknowledgement was interrupted.
    pub on_ambiguous: OnAmbiguous,
    pub title: LocalText,
    pub tables: Vec<TableSpec>,
    /// Of sales: whether they are drawn step by step.
    pub trend: bool,
    /// Of sales: what raises a line at the top of the report.
    pub thresholds: Vec<Threshold>,
    /// Whether nobody gets the report unless a threshold is crossed.
    pub only_when_crossed: bool,
    /// Of a report: what its figures are of.
    pub tells: Tells,
    /// Of a backup: how many copies to keep.
    pub keep: Option<u32>,
}

/// `[[table]]` of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSpec {
    /// Unique in the job; made of its rows and columns when the file does not give one.
    pub name: String,
    pub title: LocalText,
    /// A hierarchy from coarse to fine, with totals at each level.
    pub rows: Vec<Dimension>,
    /// Likewise; may be empty.
    pub columns: Vec<Dimension>,
    pub measures: Vec<Measure>,
    /// Whether its rows are compared with the period before, and its movers named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compare: bool,
}

/// What the rest of the configuration tells a job; `None` where that is itself wrong.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Every text must be written in this one.
    pub language: Option<Language>,
    pub addressees: Addressees<'a>,
}

const KINDS: [(&str, JobKind); 6] = [
    ("pull", JobKind::Pull),
    ("sales-report", JobKind::SalesReport),
    ("complaint-deadlines", JobKind::ComplaintDeadlines),
    ("complaint-report", JobKind::ComplaintReport),
    ("backup", JobKind::Backup),
    ("integrity", JobKind::Integrity),
];

const PERIODS: [(&str, PeriodKind); 5] = [
    ("day", PeriodKind::Day),
    ("week", PeriodKind::Week),
    ("month", PeriodKind::Month),
    ("quarter", PeriodKind::Quarter),
    ("year", PeriodKind::Year),
];

pub(super) fn read(section: &mut Section<'_>, name: JobName, context: Context<'_>) -> Option<JobSpec> {
    let kind = section.required("kind", |field| field.choice(&KINDS));
    let schedule = section.required("schedule", |field| schedule(&field));
    let on = section.optional("on", |field| {
        field.choice(&[("all-days", OnDays::AllDays), ("working-days", OnDays::WorkingDays)])
    });
    let catch_up = section.optional("catch_up", |field| {
        field.choice(&[("all", CatchUp::All), ("latest", CatchUp::Latest), ("none", CatchUp::None)])
    });
    let catch_up_window = section.optional("catch_up_window", |field| value::duration(&field));
    let lease = section.optional("lease", |field| field.check(lease(value::duration(&field)?)));
    let ping_url = section.optional("ping_url", |field| field.check(ping::url(field.text()?)));
    let period = section.optional("period", |field| field.choice(&PERIODS));
    let recipients = section.optional("recipients", |field| context.addressees.list(&field));
    let completeness = section.optional("completeness", |field| field.section(completeness));
    let formats = section.optional("formats", |field| formats(&field));
    let on_ambiguous = section.optional("on_ambiguous", |field| {
        field.choice(&OnAmbiguous::ALL.map(|choice| (choice.as_str(), choice)))
    });
    let title = section.optional("title", |field| local_text(&field, context.language));
    let tables = section.optional("table", |field| table::read_all(&field, context.language));
    let trend = section.optional("trend", |field| field.flag());
    let thresholds = section.optional("threshold", |field| threshold::read_all(&field));
    let only_when_crossed = section.optional("only_when_crossed", |field| field.flag());
    if only_when_crossed == Some(true) && thresholds.as_ref().is_none_or(Vec::is_empty) {
        section.refuse(
            "only_when_crossed",
            "is set, and there is no [[threshold]]",
            "add one, or take this out",
        );
    }
    let complaints = section.optional("complaints", |field| field.flag());
    let keep = section.optional("keep", |field| u32::try_from(field.integer(1..=100_000)?).ok());
    if let Some(kind) = kind {
        hold_to_kind(section, kind, recipients.as_deref());
    }
    Some(JobSpec {
        name,
        kind: kind?,
        schedule: schedule?,
        on: on.unwrap_or_default(),
        catch_up: catch_up.unwrap_or(CatchUp::Latest),
        catch_up_window: catch_up_window.unwrap_or(SignedDuration::from_hours(35 * 24)),
        lease: lease.unwrap_or(SignedDuration::from_hours(1)),
        ping_url,
        period,
        recipients: recipients.unwrap_or_default(),
        completeness: completeness.unwrap_or_default(),
        formats: formats.unwrap_or_else(|| vec![Format::Html, Format::Xlsx, Format::Pdf]),
        on_ambiguous: on_ambiguous.unwrap_or_default(),
        title: title.unwrap_or_default(),
        tables: tables.unwrap_or_default(),
        trend: trend.unwrap_or(true),
        thresholds: thresholds.unwrap_or_default(),
        only_when_crossed: only_when_crossed.unwrap_or_default(),
        tells: match (kind?, complaints.unwrap_or_default()) {
            (JobKind::ComplaintReport, _) => Tells::Complaints,
            (_, true) => Tells::SalesAndComplaints,
            (_, false) => Tells::Sales,
        },
        keep,
    })
}

impl Default for Completeness {
    fn default() -> Self {
        Self { grace: SignedDuration::from_hours(2), patience: SignedDuration::from_hours(24) }
    }
}

/// What a kind needs is there, and what means nothing to it is not.
fn hold_to_kind(section: &Section<'_>, kind: JobKind, recipients: Option<&[String]>) {
    if kind.is_report() {
        section.missing("period", "is not set", "write period = \"week\", or day, month, quarter, year");
        if recipients.is_some_and(<[String]>::is_empty) {
            section.refuse(
                "recipients",
                "is empty: nobody would get this report",
                "write recipients = [\"managers\"]",
            );
        }
        section.missing("recipients", "is not set", "write recipients = [\"managers\"]");
        section.missing("title", "is not set", "write title = { vi = \"...\", en = \"...\" }");
    } else {
        for key in ["period", "completeness", "formats", "on_ambiguous"] {
            section.refuse(key, "has a meaning for reports only", "take it out");
        }
    }
    if kind != JobKind::SalesReport {
        for key in ["table", "complaints", "trend", "threshold", "only_when_crossed"] {
            section.refuse(key, "has a meaning for sales reports only", "take it out");
        }
    }
    if kind != JobKind::Backup {
        section.refuse("keep", "has a meaning for backups only", "take it out");
    }
}

fn schedule(field: &Field<'_>) -> Option<String> {
    let text = field.line()?;
    field.check(cron::check(&text))?;
    Some(text)
}

/// A report takes minutes; what is shorter would be given up in the middle of its work.
fn lease(lease: SignedDuration) -> Result<SignedDuration, Fault> {
    if lease >= SignedDuration::from_mins(10) {
        Ok(lease)
    } else {
        Err(Fault::new(
            "a lease shorter than ten minutes would end runs that are at work",
            "write \"10m\" or longer",
        ))
    }
}

fn completeness(section: &mut Section<'_>) -> Option<Completeness> {
    let usual = Completeness::default();
    let grace = section.optional("grace", |field| value::duration(&field));
    let patience = section.optional("patience", |field| value::duration(&field));
    Some(Completeness { grace: grace.unwrap_or(usual.grace), patience: patience.unwrap_or(usual.patience) })
}

/// HTML is always there, for it is the mail itself.
fn formats(field: &Field<'_>) -> Option<Vec<Format>> {
    let mut formats = field.list(|entry| {
        entry.choice(&[("html", Format::Html), ("xlsx", Format::Xlsx), ("pdf", Format::Pdf)])
    })?;
    formats.push(Format::Html);
    formats.sort();
    formats.dedup();
    Some(formats)
}

/// A text by language; the business's own language may not be missing.
pub(super) fn local_text(field: &Field<'_>, language: Option<Language>) -> Option<LocalText> {
    let text = field.section(|section| {
        let texts: Vec<_> =
            ["vi", "en"].map(|code| (code, section.optional(code, |field| field.line()))).into();
        if let Some(language) = language {
            let code = language.code();
            section.missing(
                code,
                "is not written in the language of the business",
                format!("add {code} = \"...\""),
            );
        }
        Some(texts)
    })?;
    Some(text.into_iter().filter_map(|(code, text)| Some((code.to_owned(), text?))).collect())
}
