//! The way out: one message for one recipient, to the relay or into a maildir.

use super::address::{AddressError, Recipient, Sender};
use super::maildir::Maildir;
use super::smtp::Relay;
use crate::settings;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The relay answered 250 to the final dot and owns the message now, or the maildir holds it.
    Sent { reply: String },
    /// It will not be taken, now or later; `code` is the relay's, `None` when it was refused in this house.
    Refused { code: Option<u16>, text: String },
    /// It was not taken, and the relay owns nothing: another attempt cannot make a duplicate.
    TryAgain { text: String },
    /// There was no session to hand it over in, so it would be the same with any other message. Nothing of it has left.
    Unreachable { text: String },
    /// Both sides may own it (RFC 1047): the answer to the final dot was lost. Another attempt may make a
    /// duplicate, with the same Message-ID and the same bytes.
    Ambiguous { text: String },
}

/// Why a courier cannot set out. All of these are the configuration's.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("mail.from")]
    Sender(#[source] AddressError),
    #[error("mail.relay: {0} is not this machine; use smtps:// for a relay elsewhere")]
    NotLoopback(String),
    #[error("mail.user is set without a password; give mail.password_file or the credential")]
    NoPassword,
    #[error("mail.relay: TLS cannot be set up for this host")]
    Tls(#[source] lettre::transport::smtp::Error),
    #[error("mail.relay: the maildir cannot be made; check the path and its permissions")]
    Maildir(#[source] std::io::Error),
}

/// Carries messages one at a time. Over SMTP a connection serves a batch: it is opened for the first
/// message, kept while all goes well, dropped at the first error, and closed politely with the courier.
pub struct Courier {
    from: Sender,
    internal_domains: Vec<String>,
    way: Way,
}

enum Way {
    Relay(Box<Relay>),
    Maildir(Maildir),
}

impl Courier {
    /// Opens no connection yet; makes a maildir that is not there.
    ///
    /// # Errors
    /// [`OpenError`] when the configuration cannot work.
    pub fn open(mail: &settings::Mail, password: Option<&str>) -> Result<Self, OpenError> {
        let from = Sender::parse(&mail.from).map_err(OpenError::Sender)?;
        let login = match (&mail.user, password) {
            (None, _) => None,
            (Some(user), Some(password)) => Some((user.as_str(), password)),
            (Some(_), None) => return Err(OpenError::NoPassword),
        };
        let way = match &mail.relay {
            settings::Relay::Smtps { host, port } => {
                Way::Relay(Box::new(Relay::over_tls(host, *port, login, mail.timeouts)?))
            }
            settings::Relay::SmtpLoopback { host, port } => {
                Way::Relay(Box::new(Relay::on_loopback(host, *port, login, mail.timeouts)?))
            }
            settings::Relay::Maildir(path) => Way::Maildir(Maildir::open(path).map_err(OpenError::Maildir)?),
        };
        Ok(Self { from, internal_domains: mail.internal_domains.clone(), way })
    }

    /// Delivers `message` (as [`compose`](super::compose) made it) to one recipient. `before_dot` is called
    /// when the relay has accepted the recipient and nothing of the message has left yet: the caller records
    /// there that from now on the outcome may stay unknown.
    ///
    /// # Errors
    /// Only what `before_dot` returns; the message has not left the house then.
    pub fn deliver<E>(
        &mut self,
        to: &Recipient,
        message: &[u8],
        before_dot: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Delivery, E> {
        let refused = |text: &str| Delivery::Refused { code: None, text: text.to_owned() };
        if !to.is_internal(&self.internal_domains) {
            return Ok(refused("the recipient is outside the internal domains"));
        }
        if !is_well_formed(message) {
            return Ok(refused("the message is not plain ASCII in lines that end with CR LF"));
        }
        match &mut self.way {
            Way::Relay(relay) => relay.deliver(&self.from, to, message, before_dot),
            Way::Maildir(maildir) => maildir.deliver(message, before_dot),
        }
    }
}

/// Whether the bytes are pure ASCII in lines of at most 998, every CR before an LF and every LF behind a
/// CR: anything else could end the message early at one server and not at the next (SMTP smuggling).
fn is_well_formed(message: &[u8]) -> bool {
    message.is_ascii()
        && message.ends_with(b"\r\n")
        && message.split(|&byte| byte == b'\n').all(|line| line.len() <= 999)
        && message.iter().enumerate().all(|(at, &byte)| match byte {
            b'\r' => message.get(at + 1) == Some(&b'\n'),
            b'\n' => at > 0 && message[at - 1] == b'\r',
            0 => false,
            _ => true,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_ascii_lines_leave() {
        assert!(is_well_formed(b"A: b\r\n\r\n.\r\n"));
        let long = [vec![b'x'; 999], b"\r\n".to_vec()].concat();
        for bad in [
            &b"A: b"[..],
            b"A: b\n",
            b"a\n.\nb\r\n",
            b"a\r.\r\n",
            b"\na\r\n",
            b"a\0\r\n",
            "á\r\n".as_bytes(),
            &long,
        ] {
            assert!(!is_well_formed(bad), "{bad:?}");
        }
        assert!(is_well_formed(&long[1..]));
    }
}
