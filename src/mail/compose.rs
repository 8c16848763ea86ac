//! The message as bytes: the same bytes for the same input.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{
    ContentDisposition, ContentId, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, MultiPartBuilder, SinglePart, SinglePartBuilder};
use sha2::{Digest, Sha256};

use super::address::{Recipient, Sender};
use crate::domain::rendered::{Attachment, Rendered, cid};

/// Who, to whom, which, when.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub from: Sender,
    pub to: Recipient,
    /// As [`message_id`] makes them.
    pub message_id: String,
    /// The date that the message carries: the slot's, so that a second composing gives the same bytes.
    pub date: Timestamp,
}

/// Why a message cannot be composed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("the message id must be of a-z, 0-9, full stop and hyphen around one @; make it with message_id")]
    MessageId,
    #[error("the subject holds a line break or another control character; write it on one line")]
    Subject,
    #[error(
        "attachment {0}: the file name must be plain ASCII letters, digits, full stop, hyphen and underscore"
    )]
    FileName(usize),
    #[error("attachment {0}: not a media type; write type/subtype")]
    MediaType(usize),
    #[error("the date lies before 1970")]
    Date,
    #[error("the mail library refused the message")]
    Library(#[from] LibraryError),
}

/// What lettre said, without its type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LibraryError(String);

/// The Message-ID of what is sent to `recipient` for `purpose` (a release, a complaint's deadline step):
/// the same for the same pair, so that a relay or a reader can drop a duplicate. Only `a-z`, `0-9`, `.`
/// and `-` around the `@` (lettre mangles others), and the recipient only as a hash.
pub fn message_id(purpose: &str, recipient: &Recipient, domain: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(recipient.as_str().to_ascii_lowercase().as_bytes());
    let digest = hex::encode(&hash.finalize()[..12]);
    let slug = slug(purpose, 24);
    let domain = slug_or(slug_domain(domain), "localhost");
    if slug.is_empty() { format!("{digest}@{domain}") } else { format!("{slug}.{digest}@{domain}") }
}

/// Makes the bytes of one message: `multipart/mixed` of `multipart/alternative` (text, HTML with its pictures as
/// `multipart/related`) and the attachments, or as little of that as there is. Pure ASCII, lines of at most 998 bytes, CRLF.
///
/// # Errors
/// [`ComposeError`] when a part of the input cannot stand in a message.
pub fn compose(envelope: &Envelope, rendered: &Rendered) -> Result<Vec<u8>, ComposeError> {
    check(envelope, rendered)?;
    let builder = headers(envelope, &rendered.subject)?;
    let attachments =
        rendered.attachments.iter().enumerate().map(|(index, file)| attachment(index + 1, file));
    let attachments: Vec<SinglePart> = attachments.collect::<Result<_, _>>()?;
    let images = rendered.images.iter().enumerate().map(|(index, file)| image(index + 1, file));
    let images: Vec<SinglePart> = images.collect::<Result<_, _>>()?;
    let text = SinglePart::plain(rendered.text.clone());
    let id = &envelope.message_id;
    let body = rendered.html.as_ref().map(|html| alternative(id, text.clone(), html, images));
    let message = match (body, attachments.is_empty()) {
        (None, true) => builder.singlepart(text),
        (Some(body), true) => builder.multipart(body),
        (None, false) => builder.multipart(with_all(mixed(id).singlepart(text), attachments)),
        (Some(body), false) => builder.multipart(with_all(mixed(id).multipart(body), attachments)),
    };
    message.map(|message| message.formatted()).map_err(|error| LibraryError(error.to_string()).into())
}

fn check(envelope: &Envelope, rendered: &Rendered) -> Result<(), ComposeError> {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
    };
    if !envelope.message_id.split_once('@').is_some_and(|(left, right)| plain(left) && plain(right)) {
        return Err(ComposeError::MessageId);
    }
    if rendered.subject.chars().any(char::is_control) {
        return Err(ComposeError::Subject);
    }
    // lettre's date panics before that year, and after the last that a timestamp can hold.
    if envelope.date < Timestamp::UNIX_EPOCH { Err(ComposeError::Date) } else { Ok(()) }
}

fn headers(envelope: &Envelope, subject: &str) -> Result<MessageBuilder, ComposeError> {
    let name = envelope.from.name().map(str::to_owned);
    // Written as it stands: it is plain ASCII already, and a folded Message-ID is one that readers miss.
    let id = format!("<{}>", envelope.message_id);
    let id =
        HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str("Message-ID"), id.clone(), id);
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    Ok(Message::builder()
        .from(Mailbox::new(name, envelope.from.address()))
        .to(Mailbox::new(None, envelope.to.address()))
        .subject(subject)
        .date(SystemTime::from(envelope.date))
        .raw_header(id)
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned())))
}

fn alternative(id: &str, text: SinglePart, html: &str, images: Vec<SinglePart>) -> MultiPart {
    let both = MultiPart::alternative().boundary(boundary("alternative", id)).singlepart(text);
    let html = SinglePart::html(html.to_owned());
    if images.is_empty() {
        return both.singlepart(html);
    }
    let related = MultiPart::related().boundary(boundary("related", id)).singlepart(html);
    both.multipart(with_all(related, images))
}

fn mixed(id: &str) -> MultiPartBuilder {
    MultiPart::mixed().boundary(boundary("mixed", id))
}

/// lettre draws boundaries at random; ours follow from the message id.
fn boundary(kind: &str, id: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.as_bytes());
    hash.update([0]);
    hash.update(id.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

fn with_all(part: MultiPart, attachments: Vec<SinglePart>) -> MultiPart {
    attachments.into_iter().fold(part, MultiPart::singlepart)
}

/// Always base64: lettre would send an all-ASCII PDF as 7-bit text and change its line ends on the way.
fn attachment(number: usize, file: &Attachment) -> Result<SinglePart, ComposeError> {
    Ok(part(number, file)?
        .header(ContentDisposition::attachment(&file.file_name))
        .header(ContentTransferEncoding::Base64)
        .body(file.bytes.clone()))
}

/// A picture that the HTML shows.
fn image(number: usize, file: &Attachment) -> Result<SinglePart, ComposeError> {
    Ok(part(number, file)?
        .header(ContentId::from(format!("<{}>", cid(&file.file_name))))
        .header(ContentDisposition::inline_with_name(&file.file_name))
        .header(ContentTransferEncoding::Base64)
        .body(file.bytes.clone()))
}

fn part(number: usize, file: &Attachment) -> Result<SinglePartBuilder, ComposeError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if file.file_name.is_empty() || !file.file_name.bytes().all(plain) || file.file_name.starts_with('.') {
        return Err(ComposeError::FileName(number));
    }
    if file.media_type.chars().any(|letter| letter.is_control() || !letter.is_ascii()) {
        return Err(ComposeError::MediaType(number));
    }
    let media_type = ContentType::parse(&file.media_type).map_err(|_| ComposeError::MediaType(number))?;
    Ok(SinglePart::builder().header(media_type))
}

fn slug(text: &str, most: usize) -> String {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let slug: String = words.join("-").chars().take(most).collect();
    slug.trim_end_matches('-').to_owned()
}

fn slug_domain(domain: &str) -> String {
    domain
        .to_ascii_lowercase()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || ".-".contains(*letter))
        .collect()
}

fn slug_or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use mail_parser::{MessageParser, MimeHeaders};

    use super::*;

    fn envelope() -> Envelope {
        let to = Recipient::internal("giam-doc@1stwatch.vn", &["1stwatch.vn".into()]).unwrap();
        Envelope {
            from: Sender::parse("Báo cáo 1stwatch <reports@1stwatch.vn>").unwrap(),
            message_id: message_id("release 12", &to, "1stwatch.vn"),
            to,
            date: "2026-11-23T00:05:00Z".parse().unwrap(),
        }
    }

    fn rendered() -> Rendered {
        Rendered {
            subject: "1stwatch · Tuần 47/2026 · Doanh thu thuần 1.234.567.890 ₫ (+12,5 %) so với tuần trước"
                .into(),
            html: Some(format!("<p>Doanh thu tuần này tăng.</p>\n{}", "<td>1</td>".repeat(400))),
            text: "Doanh thu tuần này tăng.\n.\n..\nFrom đây\n".into(),
            attachments: vec![Attachment {
                file_name: "bao-cao-2026-W47.pdf".into(),
                media_type: "application/pdf".into(),
                bytes: b"%PDF-1.7\nline\r\n.\r\nend\n".to_vec(),
            }],
            images: vec![Attachment {
                file_name: "trend.png".into(),
                media_type: "image/png".into(),
                bytes: b"\x89PNG\r\n\x1a\nxyz".to_vec(),
            }],
        }
    }

    #[test]
    fn the_same_input_gives_the_same_ascii_bytes() {
        let bytes = compose(&envelope(), &rendered()).unwrap();
        assert_eq!(bytes, compose(&envelope(), &rendered()).unwrap());
        assert!(bytes.is_ascii());
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.replace("\r\n", "").find(['\r', '\n']).is_none());
        assert!(text.lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn what_was_composed_reads_back() {
        let bytes = compose(&envelope(), &rendered()).unwrap();
        let message = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(message.subject(), Some(rendered().subject.as_str()));
        let from = message.from().and_then(|from| from.first()).unwrap();
        assert_eq!((from.name(), from.address()), (Some("Báo cáo 1stwatch"), Some("reports@1stwatch.vn")));
        assert_eq!(message.to().and_then(|to| to.first()).unwrap().address(), Some("giam-doc@1stwatch.vn"));
        assert_eq!(message.message_id(), Some(envelope().message_id.as_str()));
        assert_eq!(message.date().unwrap().to_rfc3339(), "2026-11-23T00:05:00Z");
        assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        assert_eq!(
            message.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
            rendered().text.trim_end()
        );
        assert_eq!(
            message.body_html(0).unwrap().replace("\r\n", "\n").trim_end(),
            rendered().html.unwrap().trim_end()
        );
        let named = Some("bao-cao-2026-W47.pdf");
        let file = message.attachments().find(|file| file.attachment_name() == named).unwrap();
        assert_eq!(file.contents(), rendered().attachments[0].bytes);
        assert_eq!(message.content_type().unwrap().subtype(), Some("mixed"));
        let picture = message.parts.iter().find(|part| part.content_id().is_some()).unwrap();
        assert_eq!(picture.content_id(), Some("trend.png@firstwatch"));
        assert_eq!(picture.contents(), rendered().images[0].bytes);
        assert_eq!(picture.content_disposition().unwrap().ctype(), "inline");
    }

    #[test]
    fn a_notice_is_text_alone() {
        let notice = Rendered {
            subject: "Khiếu nại quá hạn".into(),
            html: None,
            text: "Khiếu nại số 7".into(),
            attachments: vec![],
            images: vec![],
        };
        let bytes = compose(&envelope(), &notice).unwrap();
        let message = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(message.content_type().unwrap().subtype(), Some("plain"));
        assert_eq!(message.body_text(0).unwrap().trim_end(), "Khiếu nại số 7");
    }

    #[test]
    fn nothing_breaks_into_a_header() {
        let wrong = |change: &dyn Fn(&mut Envelope, &mut Rendered)| {
            let (mut envelope, mut rendered) = (envelope(), rendered());
            change(&mut envelope, &mut rendered);
            compose(&envelope, &rendered).unwrap_err()
        };
        assert_eq!(wrong(&|_, r| r.subject = "a\r\nBcc: x@y.vn".into()), ComposeError::Subject);
        assert_eq!(wrong(&|e, _| e.message_id = "a b@c".into()), ComposeError::MessageId);
        assert_eq!(wrong(&|e, _| e.message_id = "a@c>\r\nX: y".into()), ComposeError::MessageId);
        for name in ["", "báo-cáo.pdf", "a\r\nb.pdf", "a\"b.pdf", "../a.pdf", ".hidden", "a b.pdf"] {
            assert_eq!(wrong(&|_, r| r.attachments[0].file_name = name.into()), ComposeError::FileName(1));
        }
        for media in ["", "pdf", "application/pdf\r\nX: y", "á/b"] {
            assert_eq!(wrong(&|_, r| r.attachments[0].media_type = media.into()), ComposeError::MediaType(1));
        }
        assert_eq!(wrong(&|e, _| e.date = Timestamp::MIN), ComposeError::Date);
        let (mut last, rendered) = (envelope(), rendered());
        last.date = Timestamp::MAX;
        assert!(compose(&last, &rendered).is_ok());
    }

    #[test]
    fn message_ids_are_plain_and_differ_by_recipient_and_purpose() {
        let domains = ["1stwatch.vn".to_owned()];
        let to = |address| Recipient::internal(address, &domains).unwrap();
        let id = message_id("Release #12 / tuần", &to("Giam-Doc@1stwatch.vn"), "1stWatch.vn");
        assert!(id.starts_with("release-12-tu-n.") && id.ends_with("@1stwatch.vn"), "{id}");
        assert!(!id.contains("giam"));
        assert_eq!(id, message_id("Release #12 / tuần", &to("giam-doc@1stwatch.vn"), "1stwatch.vn"));
        assert_ne!(id, message_id("Release #12 / tuần", &to("ban-hang@1stwatch.vn"), "1stwatch.vn"));
        assert_ne!(id, message_id("Release #13 / tuần", &to("giam-doc@1stwatch.vn"), "1stwatch.vn"));
        assert!(!message_id("việt", &to("a@1stwatch.vn"), "").starts_with('.'));
    }
}
