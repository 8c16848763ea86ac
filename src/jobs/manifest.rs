//! The manifest of a release: what it was made of and what came out, enough to make it again byte for byte
//! when configuration, jobs, recipients and store have changed.
//!
//! Its hash stands beside it and in the audit line of the release, so the audit chain vouches for every
//! byte that left. Absent by design: figures, which the sealed pages hold, and which cells were
//! withheld, which the ledger of releases holds.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::dispatch::Composed;
use super::draft::Draft;
use super::house::House;
use super::particulars::{Ingredients, Particulars};
use super::run::Run;
use super::tables::pages_summed;
use crate::document::LeftOut;
use crate::domain::complaint::ComplaintLine;
use crate::domain::slot::Slot;
use crate::facts::Page;
use crate::settings::DisclosureSettings;
use crate::store::ReleaseRow;

/// The form of manifests that this version writes and reads.
const FORM: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The form of this manifest.
    pub manifest: u32,
    pub slot: Slot,
    /// Also the date that its messages carry.
    pub released_at: Timestamp,
    /// The folder of its files under `releases/`, and what its Message-IDs are made of.
    pub purpose: String,
    /// The sender of its messages.
    pub sender: String,
    /// The domains that were internal.
    pub internal_domains: Vec<String>,
    pub report: Particulars,
    /// The rules that its figures passed.
    pub policy: DisclosureSettings,
    pub pages: Vec<SealedPage>,
    /// The lines of the complaints' books that its figures are summed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaint_lines: Option<Lines>,
    /// The messages had no attachments, for with them they would have been too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// The kept files of the report, in order.
    pub parts: Vec<Part>,
    /// The messages that were enqueued with the release; later ones stand in the outbox alone.
    pub messages: Vec<Message>,
    /// What disclosure control said of it.
    pub disclosure: serde_json::Value,
}

/// A sealed page that figures of the report are summed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SealedPage {
    pub from: Date,
    pub until: Date,
    pub file: String,
    #[serde(with = "as_hex")]
    pub sha256: [u8; 32],
    pub rows: u64,
}

/// The lines of the complaints' books booked on days before `until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lines {
    pub until: Date,
    pub rows: u64,
    /// Of every line, by day, then in the order they were booked.
    #[serde(with = "as_hex")]
    pub sha256: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// In the folder of the release.
    pub file: String,
    #[serde(with = "as_hex")]
    pub sha256: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub recipient: String,
    pub message_id: String,
    /// Under `releases/`.
    pub file: String,
    #[serde(with = "as_hex")]
    pub sha256: [u8; 32],
}

/// Why a release's manifest does not say what it was made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error(
        "firstwatch {0} released it, whose manifests lack what a report says besides its figures (business, tables, \
         counts, sender) and the hashes of its text and messages, so it cannot be made again; its messages stand \
         under releases/ as they were sent"
    )]
    Older(String),
    #[error(
        "its manifest is of form {found}, and this version reads {FORM}; use the version that released it"
    )]
    Newer { found: u64 },
    #[error("its manifest is not as it was written ({0}); restore the store from a backup")]
    Broken(String),
}

impl Manifest {
    pub fn new(
        house: &House,
        run: &Run,
        purpose: &str,
        from: &Ingredients<'_>,
        draft: &Draft,
        messages: &[Composed],
    ) -> anyhow::Result<Self> {
        let part =
            |(file, bytes): (&str, Cow<'_, [u8]>)| Part { file: file.to_owned(), sha256: sha256(&bytes) };
        Ok(Self {
            manifest: FORM,
            slot: run.slot.clone(),
            released_at: run.now,
            purpose: purpose.to_owned(),
            sender: house.settings.mail.from.clone(),
            internal_domains: house.settings.mail.internal_domains.clone(),
            report: draft.particulars.clone(),
            policy: house.settings.disclosure.clone(),
            pages: pages_summed(draft.particulars.scope(), from.books.pages)
                .into_iter()
                .map(SealedPage::of)
                .collect(),
            complaint_lines: draft
                .particulars
                .tells
                .of_complaints()
                .then(|| Lines::of(from.books.lines, from.period.until())),
            left_out: draft.left_out,
            parts: draft.parts().into_iter().map(part).collect(),
            messages: messages.iter().map(Message::of).collect(),
            disclosure: serde_json::to_value(&draft.summary)?,
        })
    }

    /// Reads the manifest of a release, whatever its hash says.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn of(release: &ReleaseRow) -> Result<Self, Unreadable> {
        let broken = |error: serde_json::Error| Unreadable::Broken(error.to_string());
        let value: serde_json::Value = serde_json::from_str(&release.manifest).map_err(broken)?;
        match (value["manifest"].as_u64(), value["version"].as_str()) {
            (Some(found), _) if found > u64::from(FORM) => Err(Unreadable::Newer { found }),
            (None, Some(program)) => Err(Unreadable::Older(program.to_owned())),
            _ => serde_json::from_value(value).map_err(broken),
        }
    }

    /// Where the part's bytes are kept, under `releases/`.
    pub fn kept(&self, part: &str) -> String {
        format!("{}/{part}", self.purpose)
    }

    pub fn pages(&self) -> Vec<Page> {
        let page = |page: &SealedPage| Page {
            from: page.from,
            until: page.until,
            file: page.file.clone(),
            sha256: page.sha256,
            rows: page.rows,
        };
        self.pages.iter().map(page).collect()
    }
}

/// What a manifest says to whoever may read of releases. The counts of rows may tell a withheld number of
/// orders, and the rules help to attack what they protect: both stay in.
///
/// # Errors
/// When it is no JSON.
pub fn told(manifest: &str) -> serde_json::Result<serde_json::Value> {
    let mut value: serde_json::Value = serde_json::from_str(manifest)?;
    if let Some(whole) = value.as_object_mut() {
        whole.remove("policy");
    }
    if let Some(report) = value.get_mut("report").and_then(serde_json::Value::as_object_mut) {
        report.remove("reconciliation");
    }
    for page in value.get_mut("pages").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
        if let Some(page) = page.as_object_mut() {
            page.remove("rows");
        }
    }
    if let Some(lines) = value.get_mut("complaint_lines").and_then(serde_json::Value::as_object_mut) {
        lines.remove("rows");
    }
    Ok(value)
}

/// As the audit line of a release notes the manifest.
pub(super) fn noted(sha256: &[u8; 32]) -> String {
    format!("manifest sha256 {}", hex::encode(sha256))
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Lines {
    /// Those of `lines` that are booked before `until`.
    pub fn of(lines: &[ComplaintLine], until: Date) -> Self {
        let before = || lines.iter().filter(|line| line.day < until);
        let mut hash = Sha256::new();
        before().for_each(|line| hash.update(line.canonical()));
        Self { until, rows: before().count() as u64, sha256: hash.finalize().into() }
    }
}

impl SealedPage {
    fn of(page: &Page) -> Self {
        Self {
            from: page.from,
            until: page.until,
            file: page.file.clone(),
            sha256: page.sha256,
            rows: page.rows,
        }
    }
}

impl Message {
    fn of(message: &Composed) -> Self {
        Self {
            recipient: message.recipient.clone(),
            message_id: message.message_id.clone(),
            file: message.file.clone(),
            sha256: message.sha256,
        }
    }
}

/// Hashes as people compare them.
mod as_hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(hash))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let mut hash = [0; 32];
        hex::decode_to_slice(String::deserialize(from)?, &mut hash).map_err(D::Error::custom)?;
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_tell_a_withheld_figure_is_not_told() {
        let manifest = r#"{"manifest": 1, "policy": {"p_percent": 10.0}, "pages": [{"file": "a", "rows": 1}],
                           "report": {"business": "1stwatch", "reconciliation": {"rows_read": 4}}}"#;
        let told = told(manifest).unwrap();
        assert_eq!(
            told,
            serde_json::json!({
                "manifest": 1,
                "pages": [{ "file": "a" }],
                "report": { "business": "1stwatch" },
            })
        );
    }
}
