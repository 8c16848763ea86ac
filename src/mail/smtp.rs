//! One SMTP conversation, command by command.
//!
//! lettre's own `send` counts any 3xx as success, waits without end, and its pool reuses a connection in
//! mid-transaction; so every reply is compared here with the one code that the phase allows, every phase
//! has its limit, and a connection that saw an error is dropped, not repaired. A connection is reused
//! only after it has answered RSET.
//!
//! Deliberately absent: SIZE (lettre does not tell what the relay offers; a message that is too large is
//! refused after it was sent), 8BITMIME and SMTPUTF8 (messages and addresses are ASCII), pipelining.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection, TlsParameters, TlsVersion};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;

use super::address::{Recipient, Sender};
use super::courier::{Delivery, OpenError};
use crate::settings::MailTimeouts;

/// The patience with QUIT and with what comes after an error, where nothing is at stake; less where opening has less.
const PARTING: Duration = Duration::from_secs(5);

/// Where a conversation stands; it decides what a failure means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Connecting, greeting, EHLO, signing in, RSET: nothing of it is about a message, so a refusal here is
    /// the relay's or the configuration's trouble, and every message can wait for its end.
    Session,
    /// It names the sender, who is the same for all; yet a relay that answers may refuse for this message's sake.
    Mail,
    Rcpt,
    Data,
    Content,
}

/// A relay, and the connection to it while one is open.
pub(super) struct Relay {
    target: Target,
    login: Option<Credentials>,
    timeouts: MailTimeouts,
    open: Option<SmtpConnection>,
}

enum Target {
    /// A relay elsewhere; TLS from the first byte.
    Tls { host: String, port: u16, parameters: TlsParameters },
    /// This machine; plaintext.
    Loopback(Vec<SocketAddr>),
}

impl Relay {
    pub(super) fn over_tls(
        host: &str,
        port: u16,
        login: Option<(&str, &str)>,
        timeouts: MailTimeouts,
    ) -> Result<Self, OpenError> {
        let parameters = TlsParameters::builder(host.to_owned())
            .set_min_tls_version(TlsVersion::Tlsv12)
            .build()
            .map_err(OpenError::Tls)?;
        Ok(Self::new(Target::Tls { host: host.to_owned(), port, parameters }, login, timeouts))
    }

    /// `host` is a loopback address or `localhost`; nothing is looked up, so no name server can send
    /// plaintext elsewhere.
    pub(super) fn on_loopback(
        host: &str,
        port: u16,
        login: Option<(&str, &str)>,
        timeouts: MailTimeouts,
    ) -> Result<Self, OpenError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = if host.eq_ignore_ascii_case("localhost") {
            vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]
        } else {
            match bare.parse::<IpAddr>() {
                Ok(address) if address.is_loopback() => vec![address],
                _ => return Err(OpenError::NotLoopback(host.to_owned())),
            }
        };
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Ok(Self::new(Target::Loopback(addresses), login, timeouts))
    }

    pub(super) fn deliver<E>(
        &mut self,
        from: &Sender,
        to: &Recipient,
        message: &[u8],
        before_dot: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Delivery, E> {
        // Taken out here and put back at the end: on every way between, the connection is dropped.
        let mut connection = match self.session() {
            Ok(connection) => connection,
            Err(failure) => return Ok(failure),
        };
        let timeouts = self.timeouts;
        let mail = Mail::new(Some(from.address()), vec![]);
        let rcpt = Rcpt::new(to.address(), vec![]);
        if let Err(failure) = say(&mut connection, Phase::Mail, timeouts.command, mail, &[250])
            .and_then(|_| say(&mut connection, Phase::Rcpt, timeouts.command, rcpt, &[250, 251]))
        {
            return Ok(failure);
        }
        before_dot()?;
        if let Err(failure) = say(&mut connection, Phase::Data, timeouts.data, Data, &[354]) {
            return Ok(failure);
        }
        Ok(match content(&mut connection, &timeouts, message) {
            Ok(reply) => {
                self.open = Some(connection);
                Delivery::Sent { reply: one_line(&text_of(&reply)) }
            }
            Err(failure) => failure,
        })
    }

    fn new(target: Target, login: Option<(&str, &str)>, timeouts: MailTimeouts) -> Self {
        let login = login.map(|(user, password)| Credentials::new(user.to_owned(), password.to_owned()));
        Self { target, login, timeouts, open: None }
    }

    /// The open connection if it still answers, else a new one.
    fn session(&mut self) -> Result<SmtpConnection, Delivery> {
        if let Some(mut connection) = self.open.take()
            && say(&mut connection, Phase::Session, self.timeouts.opening, "RSET\r\n", &[250]).is_ok()
        {
            return Ok(connection);
        }
        let mut connection = self.connect().map_err(|error| judge(Phase::Session, &error))?;
        if let Some(login) = &self.login {
            let reply = connection
                .auth(&[Mechanism::Plain, Mechanism::Login], login)
                .map_err(|error| judge(Phase::Session, &error))?;
            expect(Phase::Session, reply, &[235])?;
        }
        Ok(connection)
    }

    fn connect(&self) -> Result<SmtpConnection, Error> {
        let (timeout, name) = (Some(self.timeouts.opening), ClientId::default());
        match &self.target {
            Target::Tls { host, port, parameters } => {
                SmtpConnection::connect((host.as_str(), *port), timeout, &name, Some(parameters), None)
            }
            Target::Loopback(addresses) => {
                SmtpConnection::connect(addresses.as_slice(), timeout, &name, None, None)
            }
        }
    }
}

/// Nothing hangs on the reply: every message's outcome was known before.
impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(mut connection) = self.open.take()
            && connection.set_timeout(Some(parting(&self.timeouts))).is_ok()
        {
            let _ = connection.quit();
        }
    }
}

/// Sends one command and takes the reply if its code is one of `codes`.
fn say(
    connection: &mut SmtpConnection,
    phase: Phase,
    patience: Duration,
    command: impl Display,
    codes: &[u16],
) -> Result<Response, Delivery> {
    connection.set_timeout(Some(patience)).map_err(|error| unsent(phase, &error))?;
    let reply = connection.command(command).map_err(|error| judge(phase, &error))?;
    expect(phase, reply, codes)
}

/// Sends the message and its final dot; only 250 will do.
fn content(
    connection: &mut SmtpConnection,
    timeouts: &MailTimeouts,
    message: &[u8],
) -> Result<Response, Delivery> {
    connection.set_timeout(Some(timeouts.content)).map_err(|error| unsent(Phase::Data, &error))?;
    // lettre ends the last line itself; without this the relay would get one empty line more.
    let message = message.strip_suffix(b"\r\n").unwrap_or(message);
    match connection.message(message) {
        Ok(reply) => expect(Phase::Content, reply, &[250]),
        Err(error) if error.status().is_some() => Err(judge(Phase::Content, &error)),
        Err(error) => {
            Err(parting_word(connection, timeouts).unwrap_or_else(|| judge(Phase::Content, &error)))
        }
    }
}

/// A relay that hangs up in mid-message often says why first: a refusal that is still to be read settles
/// what would else be ambiguous.
fn parting_word(connection: &mut SmtpConnection, timeouts: &MailTimeouts) -> Option<Delivery> {
    connection.set_timeout(Some(parting(timeouts))).ok()?;
    let error = connection.read_response().err()?;
    error.status().is_some().then(|| judge(Phase::Content, &error))
}

fn expect(phase: Phase, reply: Response, codes: &[u16]) -> Result<Response, Delivery> {
    let code = u16::from(reply.code());
    if codes.contains(&code) {
        return Ok(reply);
    }
    let text = format!("{}: expected {}, got {}", phase.name(), codes[0], one_line(&text_of(&reply)));
    Err(match phase {
        Phase::Session => Delivery::Unreachable { text },
        Phase::Mail | Phase::Rcpt | Phase::Data => Delivery::TryAgain { text },
        Phase::Content => Delivery::Ambiguous { text },
    })
}

/// What an error in a phase means for the message.
fn judge(phase: Phase, error: &Error) -> Delivery {
    let text = format!("{}: {}", phase.name(), one_line(&error.to_string()));
    match (error.status(), phase) {
        (Some(code), Phase::Mail | Phase::Rcpt | Phase::Data | Phase::Content) if error.is_permanent() => {
            Delivery::Refused { code: Some(code.into()), text }
        }
        (None, Phase::Content) => Delivery::Ambiguous { text },
        // No answer to the first command is no session either.
        (_, Phase::Session) | (None, Phase::Mail) => Delivery::Unreachable { text },
        _ => Delivery::TryAgain { text },
    }
}

fn unsent(phase: Phase, error: &std::io::Error) -> Delivery {
    let text = format!("{}: {error}", phase.name());
    if phase == Phase::Session { Delivery::Unreachable { text } } else { Delivery::TryAgain { text } }
}

fn parting(timeouts: &MailTimeouts) -> Duration {
    timeouts.opening.min(PARTING)
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Session => "opening the session",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Content => "after the final dot",
        }
    }
}

fn text_of(reply: &Response) -> String {
    let lines: Vec<&str> = reply.message().collect();
    format!("{} {}", reply.code(), lines.join(" "))
}

/// A relay's words as they may stand in a row of the outbox: one line of printable text, not too long.
fn one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_control() || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(300)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: MailTimeouts =
        MailTimeouts { opening: PARTING, command: PARTING, data: PARTING, content: PARTING };

    #[test]
    fn plaintext_goes_to_this_machine_only() {
        for host in ["127.0.0.1", "127.3.2.1", "::1", "[::1]", "localhost", "LOCALHOST"] {
            assert!(Relay::on_loopback(host, 25, None, TIMEOUTS).is_ok(), "{host}");
        }
        for host in ["10.0.0.1", "relay.example", "0.0.0.0", "localhost.evil.com", ""] {
            let refused = Relay::on_loopback(host, 25, None, TIMEOUTS);
            assert!(matches!(refused, Err(OpenError::NotLoopback(_))), "{host}");
        }
    }

    #[test]
    fn a_relays_words_are_one_short_line() {
        assert_eq!(one_line("a\r\n\tb\u{7}c   d"), "a b c d");
        assert_eq!(one_line(&"x".repeat(1000)).len(), 300);
    }
}
