//! Deliver: claim what is due in the outbox, send it, record its fate. One bad recipient holds up
//! nobody else; what was claimed when we died is claimed again, but for what was cut off after DATA,
//! whose fate is ambiguous and a person's to decide.

use anyhow::Context;
use jiff::SignedDuration;
use tracing::{info, warn};

use super::house::House;
use crate::domain::ids::ReleaseId;
use crate::mail::{self, Courier, Delivery, Recipient, Sender};
use crate::store::{OutboxItem, OutboxRow, OutboxState};

/// How many messages went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: u64,
    pub refused: u64,
    pub postponed: u64,
    pub ambiguous: u64,
}

/// Delivers everything that is due, one message at a time, until `stopped` says so. What goes wrong with
/// one message stays with that message.
///
/// # Errors
/// When the store cannot be written, or the relay cannot be set up (then nothing was claimed).
pub fn deliver(house: &House, stopped: &dyn Fn() -> bool) -> anyhow::Result<Delivered> {
    let mut delivered = Delivered::default();
    if house.store.read(|reader| reader.outbox(Some(OutboxState::Pending), 1))?.is_empty() {
        return Ok(delivered);
    }
    let mut courier = open_courier(house)?;
    while !stopped() {
        let claimed = house.store.write(|writer| writer.claim_due(house.now(), 1))?;
        let Some(item) = claimed.first() else { break };
        let fate = send(house, &mut courier, item)?;
        record(house, item, &fate, &mut delivered)?;
    }
    Ok(delivered)
}

fn open_courier(house: &House) -> anyhow::Result<Courier> {
    let password = match house.settings.mail_password_path() {
        Some(file) => Some(
            std::fs::read_to_string(&file)
                .with_context(|| format!("failed to read the relay's password from {}", file.display()))?
                .trim_end()
                .to_owned(),
        ),
        None => None,
    };
    Ok(Courier::open(&house.settings.mail, password.as_deref())?)
}

/// The recipient is checked against the internal domains again, at the moment of sending.
fn send(house: &House, courier: &mut Courier, item: &OutboxItem) -> anyhow::Result<Delivery> {
    let recipient = match Recipient::internal(&item.recipient, &house.settings.mail.internal_domains) {
        Ok(recipient) => recipient,
        Err(error) => return Ok(Delivery::Refused { code: None, text: error.to_string() }),
    };
    let bytes = match house.store.read_released(&item.file, &item.sha256) {
        Ok(bytes) => bytes,
        // Its bytes are not what was released: it must not leave, and the others must.
        Err(error) => return Ok(Delivery::Refused { code: None, text: error.to_string() }),
    };
    let mut before_dot = || house.store.write(|writer| writer.dot_pending(item.id, house.now()));
    Ok(courier.deliver(&recipient, &bytes, &mut before_dot)?)
}

fn record(
    house: &House,
    item: &OutboxItem,
    fate: &Delivery,
    delivered: &mut Delivered,
) -> anyhow::Result<()> {
    let now = house.now();
    house.store.write(|writer| match fate {
        Delivery::Sent { reply } => {
            info!(outbox = item.id.0, "mail sent");
            delivered.sent += 1;
            writer.sent(item.id, reply, now)
        }
        Delivery::Refused { code, text } => {
            warn!(outbox = item.id.0, code, "mail refused");
            delivered.refused += 1;
            writer.refused(item.id, code.unwrap_or(0), text, now)
        }
        Delivery::TryAgain { text } => {
            warn!(outbox = item.id.0, "mail postponed");
            delivered.postponed += 1;
            writer.try_again(item.id, now + back_off(item.attempts), text, now)
        }
        Delivery::Ambiguous { text } => {
            warn!(outbox = item.id.0, "mail cut off while it was being accepted");
            delivered.ambiguous += 1;
            writer.ambiguous(item.id, text, now)
        }
    })?;
    Ok(())
}

/// One minute after the first attempt, doubled with each further one, at most four hours.
fn back_off(attempts: u32) -> SignedDuration {
    SignedDuration::from_mins(1 << attempts.saturating_sub(1).min(8)).min(SignedDuration::from_hours(4))
}

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

    pub fn compose(
        &self,
        rendered: &crate::domain::rendered::Rendered,
        recipients: &[String],
    ) -> anyhow::Result<Vec<Composed>> {
        let settings = &self.house.settings.mail;
        let mut composed = Vec::with_capacity(recipients.len());
        for address in recipients {
            let recipient = Recipient::internal(address, &settings.internal_domains)?;
            let message_id = mail::message_id(self.purpose, &recipient, &settings.internal_domains[0]);
            let envelope = mail::Envelope {
                from: Sender::parse(&settings.from)?,
                to: recipient,
                message_id: message_id.clone(),
                date: self.date,
            };
            let bytes = mail::compose(&envelope, rendered)?;
            let local = message_id.split('@').next().unwrap_or(&message_id).to_owned();
            let file = format!("{}/{local}.eml", self.purpose);
            let sha256 = self.house.store.write_released(&file, &bytes)?;
            composed.push(Composed { recipient: address.clone(), message_id, file, sha256 });
        }
        Ok(composed)
    }
}
