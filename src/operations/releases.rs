//! Released reports: list, show, preview, verify, send again.

use base64::Engine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::runs::{RunRequest, find, period_of};
use super::{Error, Result, allow, record};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{JobName, OutboxId, ReleaseId};
use crate::domain::period::Period;
use crate::jobs::{self, Draft, DraftError, House, KeptParts, ResendError, Verification, VerifyError};
use crate::mail::Recipient;
use crate::settings::JobSpec;
use crate::store::{OutboxItem, OutboxState, ReleaseRow};

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

/// The whole message to the first recipient; those to the others differ by their addresses alone.
const MESSAGE: &str = "message.eml";

/// A preview: every part as it would be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Preview {
    pub job: JobName,
    pub period: Period,
    pub subject: String,
    pub files: Vec<PreviewFile>,
    /// Who would get it.
    pub recipients: Vec<String>,
    /// What the egress guard would stop it for, without the data.
    pub hits: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PreviewFile {
    pub name: String,
    /// Base64.
    pub content: String,
}

/// A message that was sent again, and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resent {
    pub id: OutboxId,
    pub recipient: String,
    pub message_id: String,
    pub state: String,
    /// The relay's last reply.
    pub note: String,
}

impl Resent {
    pub fn is_sent(&self) -> bool {
        self.state == OutboxState::Sent.as_str()
    }
}

pub fn list(house: &House, actor: &Actor, limit: u32) -> Result<Vec<ReleaseView>> {
    allow(house, actor, Operation::ReportList)?;
    let rows = house.store.read(|reader| reader.releases(limit))?;
    rows.into_iter().map(view).collect()
}

pub fn show(house: &House, actor: &Actor, id: ReleaseId) -> Result<ReleaseView> {
    allow(house, actor, Operation::ReportShow)?;
    view(find_release(house, id)?)
}

/// The kept parts of a release, as they were released.
pub fn parts(house: &House, actor: &Actor, id: ReleaseId) -> Result<Vec<PreviewFile>> {
    allow(house, actor, Operation::ReportShow)?;
    let release = find_release(house, id)?;
    let KeptParts { parts, damage } = jobs::kept_parts(house, &release).map_err(not_verified)?;
    if !damage.is_empty() {
        return Err(Error::Failed(anyhow::anyhow!("{}", damage.join("; "))));
    }
    Ok(parts.into_iter().map(|(name, bytes)| PreviewFile { name, content: encoded(&bytes) }).collect())
}

/// Makes a release again and compares every byte; what differs stands in the answer.
pub fn verify(house: &House, actor: &Actor, id: ReleaseId) -> Result<Verification> {
    allow(house, actor, Operation::ReportVerify)?;
    jobs::verify(house, &find_release(house, id)?).map_err(not_verified)
}

fn not_verified(error: VerifyError) -> Error {
    match error {
        VerifyError::Unreadable(..) => Error::BadRequest(error.to_string()),
        VerifyError::Failed(error) => Error::Failed(error),
    }
}

/// Sends a release once more to each of `to` (recipient groups or internal addresses), and tries to deliver it.
pub fn resend(house: &House, actor: &Actor, id: ReleaseId, to: &[String]) -> Result<Vec<Resent>> {
    allow(house, actor, Operation::ReportResend)?;
    let release = find_release(house, id)?;
    let recipients = addresses(house, to)?;
    let now = house.now();
    let queued = house.store.write(|writer| {
        let queued = jobs::resend(house, writer, &release, &recipients, now)?;
        for message in &queued {
            let subject = format!("release {id}, message {message}");
            record(writer, actor, Operation::ReportResend, &subject, "done", now)?;
        }
        Ok(queued)
    });
    let queued = queued.map_err(|error| match error {
        ResendError::Quarantined(_) | ResendError::Nothing(_) => Error::BadRequest(error.to_string()),
        ResendError::Lost(_) => Error::Failed(error.into()),
        ResendError::Failed(error) => Error::Failed(error),
    })?;
    // It is queued whatever the relay says, and the next delivery tries again.
    if let Err(error) = jobs::deliver_soon(house) {
        tracing::warn!(error = format!("{error:#}"), "what was queued is not delivered yet");
    }
    let rows = house.store.read(|reader| {
        queued.iter().map(|&id| reader.outbox_item(id)).collect::<std::result::Result<Vec<_>, _>>()
    })?;
    Ok(rows.into_iter().flatten().map(resent).collect())
}

fn resent(row: OutboxItem) -> Resent {
    let state = row.state.as_str().to_owned();
    Resent { id: row.id, recipient: row.recipient, message_id: row.message_id, state, note: row.note }
}

/// The addresses that these groups and addresses stand for, each once; none but internal ones.
fn addresses(house: &House, to: &[String]) -> Result<Vec<String>> {
    let settings = &house.settings;
    for who in to {
        if who.contains('@') {
            Recipient::internal(who, &settings.mail.internal_domains).map_err(|error| {
                let domains = settings.mail.internal_domains.join(", ");
                Error::BadRequest(format!(
                    "{who}: {error}; reports go to {domains} only, which [mail] internal_domains names"
                ))
            })?;
        } else if !settings.recipients.contains_key(who) {
            let groups: Vec<&str> = settings.recipients.keys().map(String::as_str).collect();
            return Err(Error::BadRequest(format!(
                "{who:?} is neither an address nor a group of [recipients]; the groups are {}",
                groups.join(", ")
            )));
        }
    }
    match settings.recipients_of(to) {
        nobody if nobody.is_empty() => Err(Error::BadRequest("nobody is in these groups".to_owned())),
        addresses => Ok(addresses),
    }
}

fn find_release(house: &House, id: ReleaseId) -> Result<ReleaseRow> {
    house.store.read(|reader| reader.release(id))?.ok_or_else(|| Error::NotFound {
        what: "release",
        name: id.to_string(),
        remedy: "`firstwatch report list` shows them".to_owned(),
    })
}

fn view(row: ReleaseRow) -> Result<ReleaseView> {
    Ok(ReleaseView {
        id: row.id,
        job: row.job,
        period: row.period,
        released_at: row.created_at,
        provisional: row.provisional,
        manifest: jobs::manifest_told(&row.manifest).map_err(anyhow::Error::from)?,
    })
}

/// Makes the report and hands it over without releasing it.
pub fn preview(house: &House, actor: &Actor, name: &JobName, period: Option<Period>) -> Result<Preview> {
    allow(house, actor, Operation::ReportPreview)?;
    let job = find(house, name)?;
    let request = RunRequest { period, dry_run: true, wait: true };
    let Some(period) = period_of(house, job, &request)? else {
        let reports = house.settings.jobs.iter().filter(|job| job.kind.is_report());
        let reports: Vec<&str> = reports.map(|job| job.name.as_str()).collect();
        let advice = match reports.is_empty() {
            true => "no job of this shop does".to_owned(),
            false => format!("these do: {}", reports.join(", ")),
        };
        return Err(Error::BadRequest(format!("job {name} makes no report; {advice}")));
    };
    let draft = draft(house, job, period)?;
    let now = house.now();
    house.store.write(|writer| {
        let subject = format!("{name} {period}");
        record(writer, actor, Operation::ReportPreview, &subject, "done", now)
    })?;
    let recipients = jobs::addressees(house, job, &draft);
    let mut files = files(&draft);
    if let Some(first) = recipients.first() {
        let bytes = jobs::message(house, job, (period, &draft), first)?;
        files.push(PreviewFile { name: MESSAGE.to_owned(), content: encoded(&bytes) });
    }
    Ok(Preview {
        job: name.clone(),
        period,
        subject: draft.rendered.subject.clone(),
        files,
        recipients,
        hits: draft.hits.iter().map(|hit| format!("{} in {}", hit.kind.as_str(), hit.part)).collect(),
    })
}

/// A draft of a period that may not be sealed yet; it seals nothing for good.
pub(super) fn draft(house: &House, job: &JobSpec, period: Period) -> Result<Draft> {
    jobs::draft_unreleased(house, job, period).map_err(|error| match error {
        DraftError::NotOver(_) => Error::BadRequest(error.to_string()),
        DraftError::Failed(error) => error.into(),
    })
}

fn files(draft: &Draft) -> Vec<PreviewFile> {
    let parts = draft.parts().into_iter();
    parts.map(|(name, bytes)| PreviewFile { name: name.to_owned(), content: encoded(&bytes) }).collect()
}

fn encoded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
