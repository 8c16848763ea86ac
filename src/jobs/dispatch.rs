//! From a document to the outbox: one message a recipient, its exact bytes on the disk before its row is real.

use anyhow::bail;

use super::house::House;
use crate::domain::acknowledgement::OnAmbiguous;
use crate::domain::ids::ReleaseId;
use crate::domain::rendered::Rendered;
use crate::mail::{self, Recipient, Sender};
use crate::store::OutboxRow;

/// Enqueues one rendered message for each address: composes it, stores its exact bytes, and adds the
/// outbox row. The caller's transaction makes the rows real; bytes without a row are harmless.
pub(super) struct Dispatch<'a> {
    pub house: &'a House,
    /// For example `weekly-sales.2026-w47`; with the recipient it makes the Message-ID.
    pub purpose: &'a str,
    pub date: jiff::Timestamp,
}

/// A message whose bytes are on disk, ready for its outbox row.
pub(super) struct Composed {
    pub recipient: String,
    pub message_id: String,
    pub file: String,
    pub sha256: [u8; 32],
}

impl Composed {
    pub fn row<'a>(&'a self, kind: &'a str, release: Option<ReleaseId>) -> OutboxRow<'a> {
        OutboxRow {
            release,
            complaint: None,
            kind,
            recipient: &self.recipient,
            message_id: &self.message_id,
            file: &self.file,
            sha256: self.sha256,
            on_ambiguous: OnAmbiguous::default(),
        }
    }
}

impl Dispatch<'_> {
    /// Those of `recipients` to whom nothing was enqueued for this purpose yet.
    pub fn not_told(&self, mut recipients: Vec<String>) -> anyhow::Result<Vec<String>> {
        let settings = &self.house.settings.mail;
        let mut told = Vec::with_capacity(recipients.len());
        for address in &recipients {
            let recipient = Recipient::internal(address, &settings.internal_domains)?;
            let message_id = mail::message_id(self.purpose, &recipient, &settings.internal_domains[0]);
            told.push(self.house.store.read(|reader| reader.has_message(&message_id))?);
        }
        let mut told = told.into_iter();
        recipients.retain(|_| !told.next().unwrap_or(false));
        Ok(recipients)
    }

    /// Composes a message for each of `recipients` and keeps its bytes.
    ///
    /// # Errors
    /// When one of them is too large: nothing may be cut off here, for what the guard saw is what leaves.
    pub fn compose(&self, rendered: &Rendered, recipients: &[String]) -> anyhow::Result<Vec<Composed>> {
        let settings = &self.house.settings.mail;
        let mut composed = Vec::with_capacity(recipients.len());
        for address in recipients {
            let (message_id, bytes) = self.message(rendered, address)?;
            if bytes.len() as u64 > settings.size_limit {
                bail!(
                    "a message would be {} kB long, and mail.size_limit is {} kB; raise it if the relay takes as much",
                    bytes.len().div_ceil(1_000),
                    settings.size_limit / 1_000,
                );
            }
            let local = message_id.split('@').next().unwrap_or(&message_id).to_owned();
            let file = format!("{}/{local}.eml", self.purpose);
            let sha256 = self.house.store.write_released(&file, &bytes)?;
            composed.push(Composed { recipient: address.clone(), message_id, file, sha256 });
        }
        Ok(composed)
    }

    /// The bytes of the message to `address`, which is not kept.
    pub fn preview(&self, rendered: &Rendered, address: &str) -> anyhow::Result<Vec<u8>> {
        Ok(self.message(rendered, address)?.1)
    }

    /// How long the longest message would be, in bytes, when that is more than may be sent.
    pub fn too_long(&self, rendered: &Rendered, recipients: &[String]) -> anyhow::Result<Option<u64>> {
        let mut longest = 0;
        // They differ by their recipients alone.
        if let Some(address) = recipients.iter().max_by_key(|address| address.len()) {
            longest = self.message(rendered, address)?.1.len() as u64;
        }
        Ok((longest > self.house.settings.mail.size_limit).then_some(longest))
    }

    /// The Message-ID and the bytes.
    fn message(&self, rendered: &Rendered, address: &str) -> anyhow::Result<(String, Vec<u8>)> {
        let settings = &self.house.settings.mail;
        let recipient = Recipient::internal(address, &settings.internal_domains)?;
        let message_id = mail::message_id(self.purpose, &recipient, &settings.internal_domains[0]);
        let envelope = mail::Envelope {
            from: Sender::parse(&settings.from)?,
            to: recipient,
            message_id: message_id.clone(),
            date: self.date,
        };
        Ok((message_id, mail::compose(&envelope, rendered)?))
    }
}
