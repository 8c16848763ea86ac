//! Sends a release once more: the same bytes but for `To` and `Message-ID`. It tells nobody anything new, so
//! disclosure control counts it as nothing new.

use jiff::Timestamp;

use super::dispatch::Composed;
use super::house::House;
use super::proof::{Kept, kept};
use crate::domain::ids::OutboxId;
use crate::mail::{self, Recipient};
use crate::store::{OutboxRow, ReleaseRow, ReleaseState, Writer};

/// Why a release is not sent again.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    #[error(
        "release {0} is quarantined, for the egress guard found personal data in it; nothing of it is sent again"
    )]
    Quarantined(crate::domain::ids::ReleaseId),
    #[error("release {0} has no message that could be sent again")]
    Nothing(crate::domain::ids::ReleaseId),
    #[error(
        "no message of release {0} is kept as it was released; `firstwatch report verify {0}` names the damage, and \
         a backup has what is lost"
    )]
    Lost(crate::domain::ids::ReleaseId),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<crate::store::Error> for ResendError {
    fn from(error: crate::store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Puts one message a recipient into the outbox, in the caller's transaction.
///
/// # Errors
/// [`ResendError`]; `Failed` also for an address that is not internal.
pub fn resend(
    house: &House,
    writer: &Writer<'_>,
    release: &ReleaseRow,
    recipients: &[String],
    now: Timestamp,
) -> Result<Vec<OutboxId>, ResendError> {
    if release.state == ReleaseState::Quarantined {
        return Err(ResendError::Quarantined(release.id));
    }
    let sent = writer.messages_of(release.id)?;
    if sent.is_empty() {
        return Err(ResendError::Nothing(release.id));
    }
    // They differ by recipient and Message-ID alone, so any of them will do.
    let whole = sent.iter().find_map(|item| match kept(&house.store, &item.file, &item.sha256) {
        Kept::Whole(bytes) => Some((item, bytes)),
        _ => None,
    });
    let Some((first, bytes)) = whole else { return Err(ResendError::Lost(release.id)) };
    let purpose = first.file.split('/').next().unwrap_or_default();
    let mut queued = Vec::with_capacity(recipients.len());
    for address in recipients {
        let message_id = unused_id(house, writer, purpose, address)?;
        let again = readdress(&bytes, address, &message_id).ok_or(ResendError::Lost(release.id))?;
        let local = message_id.split('@').next().unwrap_or(&message_id);
        let file = format!("{purpose}/{local}.eml");
        let sha256 = house.store.write_released(&file, &again)?;
        let composed = Composed { recipient: address.clone(), message_id, file, sha256 };
        let row =
            OutboxRow { on_ambiguous: first.on_ambiguous, ..composed.row(&first.kind, Some(release.id)) };
        queued.push(writer.enqueue(&row, now)?);
    }
    Ok(queued)
}

/// The Message-ID that the recipient would have had, or when it was used, the first of a counter that was not.
fn unused_id(house: &House, writer: &Writer<'_>, purpose: &str, address: &str) -> anyhow::Result<String> {
    let settings = &house.settings.mail;
    let recipient = Recipient::internal(address, &settings.internal_domains)?;
    let domain = &settings.internal_domains[0];
    let mut message_id = mail::message_id(purpose, &recipient, domain);
    let mut times = 1u32;
    while writer.has_message(&message_id)? {
        message_id = mail::message_id(&format!("{purpose}.resend-{times}"), &recipient, domain);
        times += 1;
    }
    Ok(message_id)
}

/// The same message to somebody else: `To` and `Message-ID` are replaced and every other byte stays. `None`
/// when it has not exactly one of each.
pub(super) fn readdress(message: &[u8], recipient: &str, message_id: &str) -> Option<Vec<u8>> {
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 2;
    let head = std::str::from_utf8(&message[..end]).ok()?;
    let (mut readdressed, mut replaced, mut folded_away) = (String::with_capacity(end), [0, 0], false);
    for line in head.split_inclusive("\r\n") {
        let continues = line.starts_with([' ', '\t']);
        if continues && folded_away {
            continue;
        }
        let name = line.split(':').next().unwrap_or_default();
        let is = |header: &str| !continues && name.eq_ignore_ascii_case(header);
        folded_away = is("to") || is("message-id");
        if is("to") {
            replaced[0] += 1;
            readdressed += &format!("To: {recipient}\r\n");
        } else if is("message-id") {
            replaced[1] += 1;
            readdressed += &format!("Message-ID: <{message_id}>\r\n");
        } else {
            readdressed += line;
        }
    }
    let whole = [readdressed.as_bytes(), &message[end..]].concat();
    (replaced == [1, 1]).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "From: a@1stwatch.vn\r\nTo: b@1stwatch.vn\r\nSubject: To: be\r\n Message-ID: no\r\n\
                           Message-ID:\r\n <1@1stwatch.vn>\r\nMIME-Version: 1.0\r\n\r\nTo: x\r\n\r\nMessage-ID: y\r\n";

    #[test]
    fn only_the_two_headers_change() {
        let again = readdress(MESSAGE.as_bytes(), "c@1stwatch.vn", "2@1stwatch.vn").unwrap();
        let expected = MESSAGE
            .replace("To: b@1stwatch.vn", "To: c@1stwatch.vn")
            .replace("Message-ID:\r\n <1@1stwatch.vn>", "Message-ID: <2@1stwatch.vn>");
        assert_eq!(String::from_utf8(again).unwrap(), expected);
    }

    #[test]
    fn what_is_no_message_of_ours_is_left_alone() {
        for message in
            ["", "To: b@x\r\n", "To: b@x\r\n\r\nbody", "To: b@x\r\nTo: c@x\r\nMessage-ID: <1@x>\r\n\r\nbody"]
        {
            assert_eq!(readdress(message.as_bytes(), "c@x", "2@x"), None, "{message:?}");
        }
    }
}
