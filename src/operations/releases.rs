//! Released reports: list, show, preview.

use base64::Engine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::runs::{RunRequest, find, period_of};
use super::{Error, Result, allow, record};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{JobName, ReleaseId};
use crate::domain::period::Period;
use crate::jobs::{self, Draft, DraftError, House};
use crate::settings::JobSpec;
use crate::store::ReleaseRow;

/// A release, without its figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReleaseView {
    pub id: ReleaseId,
    pub job: JobName,
    pub period: Period,
    pub released_at: Timestamp,
    pub provisional: bool,
    pub manifest: Value,
}

/// A preview: every part as it would be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Preview {
    pub job: JobName,
    pub period: Period,
    pub subject: String,
    pub files: Vec<PreviewFile>,
    /// What the egress guard would stop it for, without the data.
    pub hits: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PreviewFile {
    pub name: String,
    /// Base64.
    pub content: String,
}

pub fn list(house: &House, actor: &Actor, limit: u32) -> Result<Vec<ReleaseView>> {
    allow(house, actor, Operation::ReportList)?;
    let rows = house.store.read(|reader| reader.releases(limit))?;
    rows.into_iter().map(view).collect()
}

pub fn show(house: &House, actor: &Actor, id: ReleaseId) -> Result<ReleaseView> {
    allow(house, actor, Operation::ReportShow)?;
    let row = house.store.read(|reader| reader.release(id))?;
    row.map(view).unwrap_or_else(|| {
        let remedy = "`firstwatch report list` shows them";
        Err(Error::NotFound { what: "release", name: id.to_string(), remedy })
    })
}

fn view(row: ReleaseRow) -> Result<ReleaseView> {
    Ok(ReleaseView {
        id: row.id,
        job: row.job,
        period: row.period,
        released_at: row.created_at,
        provisional: row.provisional,
        manifest: serde_json::from_str(&row.manifest).map_err(anyhow::Error::from)?,
    })
}

/// Makes the report and hands it over without releasing it.
pub fn preview(house: &House, actor: &Actor, name: &JobName, period: Option<Period>) -> Result<Preview> {
    allow(house, actor, Operation::ReportPreview)?;
    let job = find(house, name)?;
    let request = RunRequest { period, dry_run: true, wait: true };
    let Some(period) = period_of(house, job, &request)? else {
        return Err(Error::BadRequest(format!("job {name} makes no report")));
    };
    let draft = draft(house, job, period)?;
    let now = house.now();
    house.store.write(|writer| {
        let subject = format!("{name} {period}");
        record(writer, actor, Operation::ReportPreview, &subject, "done", now)
    })?;
    Ok(Preview {
        job: name.clone(),
        period,
        subject: draft.rendered.subject.clone(),
        files: files(&draft),
        hits: draft.hits.iter().map(|hit| format!("{} in {}", hit.kind.as_str(), hit.part)).collect(),
    })
}

/// A draft of a period that may not be sealed yet; it seals nothing for good.
pub(super) fn draft(house: &House, job: &JobSpec, period: Period) -> Result<Draft> {
    jobs::draft_unreleased(house, job, period).map_err(|error| match error {
        DraftError::NotOver(_) => Error::BadRequest(error.to_string()),
        DraftError::Failed(error) => Error::Failed(error),
    })
}

fn files(draft: &Draft) -> Vec<PreviewFile> {
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let file = |(name, bytes): (&str, &[u8])| PreviewFile { name: name.to_owned(), content: encode(bytes) };
    draft.parts().into_iter().map(file).collect()
}
