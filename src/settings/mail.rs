//! `[mail]`: how mail leaves the house, and who counts as inside.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::address;
use super::field::Field;
use super::problem::{Fault, one_of};
use super::section::Section;
use super::value;

/// Where mail leaves the house. Implicit TLS, or plaintext to loopback; nothing between, for STARTTLS lets
/// whoever sits on the wire speak before the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relay {
    Smtps {
        host: String,
        port: u16,
    },
    /// The host is a loopback address.
    SmtpLoopback {
        host: String,
        port: u16,
    },
    Maildir(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Mail {
    pub relay: Relay,
    /// `Name <address>`.
    pub from: String,
    pub internal_domains: Vec<String>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    /// At most so many messages are handed to a relay within a minute.
    pub messages_per_minute: u32,
    /// Of one message as it is sent, in bytes.
    pub size_limit: u64,
    pub timeouts: MailTimeouts,
    /// What reports may say although a customer may be called the same: brands, products.
    pub guard_allows: Vec<String>,
}

/// How long a relay may stay silent: the limit is on each wait for it, not on their sum. The defaults are those of
/// RFC 5321, 4.5.3.2, but for the opening: a relay that is silent for a minute is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailTimeouts {
    /// Each of connecting, greeting and EHLO, and signing in.
    pub opening: Duration,
    /// MAIL, RCPT, RSET.
    pub command: Duration,
    /// From DATA to 354.
    pub data: Duration,
    /// From the message's first byte to the reply to its final dot.
    pub content: Duration,
}

/// Below the least, a notice to the administrators would not fit.
const SIZE_LIMITS: RangeInclusive<u64> = 100_000..=1_000_000_000;

/// The domains stand alone beside the rest, for the recipients need them whatever else is wrong.
pub(super) fn read(section: &mut Section<'_>) -> (Option<Vec<String>>, Option<Mail>) {
    let relay = section.required("relay", |field| relay(&field));
    let from = section.required("from", |field| field.check(address::sender(&field.line()?)));
    let domains = section.required("internal_domains", |field| domains(&field));
    let user = section.optional("user", |field| field.line());
    let password_file = section.optional("password_file", |field| field.path());
    let messages_per_minute =
        section.required("messages_per_minute", |field| u32::try_from(field.integer(1..=10_000)?).ok());
    let size_limit = section.required("size_limit", |field| value::size(&field, SIZE_LIMITS));
    let guard_allows = section.optional("guard_allows", |field| field.list(|entry| entry.line()));
    let timeouts = section.child("timeouts", timeouts);
    if section.has("password_file") && !section.has("user") {
        section.missing("user", "is not set, yet there is a password_file", "name the relay's user");
    }
    let mail = || {
        let internal_domains = domains.clone()?;
        Some(Mail {
            relay: relay?,
            from: from?,
            internal_domains,
            user,
            password_file,
            messages_per_minute: messages_per_minute?,
            size_limit: size_limit?,
            timeouts: timeouts?,
            guard_allows: guard_allows.unwrap_or_default(),
        })
    };
    let mail = mail();
    (domains, mail)
}

fn timeouts(section: &mut Section<'_>) -> Option<MailTimeouts> {
    let mut timeout = |key| section.required(key, |field| timeout(&field));
    let [opening, command, data, content] = ["opening", "command", "data", "content"].map(&mut timeout);
    Some(MailTimeouts { opening: opening?, command: command?, data: data?, content: content? })
}

/// None at all would wait for ever, and more than an hour is as good as that.
fn timeout(field: &Field<'_>) -> Option<Duration> {
    let length = value::duration(field)?;
    let seconds = u64::try_from(length.as_secs()).ok().filter(|seconds| (1..=3_600).contains(seconds));
    match seconds {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None => field.wrong("is out of range", "write 1s to 1h"),
    }
}

fn domains(field: &Field<'_>) -> Option<Vec<String>> {
    let mut domains = field.list(|entry| {
        let wrong = || Fault::new("this is not a domain", "write it in plain letters, like 1stwatch.vn");
        entry.check(address::domain_name(entry.text()?).ok_or_else(wrong))
    })?;
    if domains.is_empty() {
        return field.wrong("is empty, so nobody could get any mail", "name the shop's own domain");
    }
    domains.sort();
    domains.dedup();
    Some(domains)
}

fn relay(field: &Field<'_>) -> Option<Relay> {
    let text = field.text()?;
    if text.starts_with("maildir:") {
        // A relative directory starts where other relative paths of the same file do.
        return field.path_after("maildir:").map(Relay::Maildir);
    }
    field.check(smtp(text))
}

fn smtp(text: &str) -> Result<Relay, Fault> {
    let forms = "write smtps://host:465, smtp://127.0.0.1:25 or maildir:/path";
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(Fault::new("this is not a relay", forms));
    };
    if rest.contains('@') {
        return Err(Fault::new(
            "a secret may not stand in the relay's address",
            "write the user as `user`, and the password into a file that `password_file` names",
        ));
    }
    let implicit_tls = match scheme {
        "smtps" => true,
        "smtp" => false,
        _ if scheme.to_lowercase().contains("starttls") || scheme.contains('+') => return Err(starttls()),
        _ => {
            let remedy = one_of(scheme, ["smtps", "smtp", "maildir"]);
            return Err(Fault::new("the relay's scheme is not known", remedy));
        }
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !query.is_empty() {
        return Err(starttls());
    }
    let (host, port) = host_and_port(rest.trim_end_matches('/'), if implicit_tls { 465 } else { 25 })
        .ok_or_else(|| Fault::new("the relay's host or port is not one", forms))?;
    match implicit_tls {
        true => Ok(Relay::Smtps { host, port }),
        false if is_loopback(&host) => Ok(Relay::SmtpLoopback { host, port }),
        false => Err(Fault::new(
            "plain smtp would carry mail in clear to another machine",
            "write smtps://host:465, or relay through a server on this machine: smtp://127.0.0.1:25",
        )),
    }
}

fn starttls() -> Fault {
    Fault::new(
        "STARTTLS is refused, for it can be tampered with before it begins",
        "write smtps://host:465 (implicit TLS)",
    )
}

/// An IPv6 address stands in brackets, and loses them here.
pub(super) fn host_and_port(text: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host.to_owned(), port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => {
            let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
            (address::domain_name(host)?, Some(port.unwrap_or_default()))
        }
    };
    let port = port?;
    let port = if port.is_empty() { usual } else { port.parse().ok().filter(|&port| port > 0)? };
    Some((host, port))
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relays() {
        let smtps = |host: &str, port| Ok(Relay::Smtps { host: host.into(), port });
        let plain = |host: &str, port| Ok(Relay::SmtpLoopback { host: host.into(), port });
        assert_eq!(smtp("smtps://relay.example"), smtps("relay.example", 465));
        assert_eq!(smtp("smtps://relay.example:2465"), smtps("relay.example", 2465));
        assert_eq!(smtp("smtp://127.0.0.1:2525"), plain("127.0.0.1", 2525));
        assert_eq!(smtp("smtp://[::1]"), plain("::1", 25));
        assert_eq!(smtp("smtp://localhost/"), plain("localhost", 25));
    }

    #[test]
    fn what_could_be_read_on_the_way_is_refused() {
        let message = |text| smtp(text).map_err(|fault| fault.message).unwrap_err();
        assert!(message("smtp://relay.example:25").contains("clear"));
        assert!(message("smtp://128.0.0.1").contains("clear"));
        assert!(message("smtp://127.0.0.1.example.com").contains("clear"));
        for starttls in
            ["smtp+starttls://h", "starttls://h", "smtp://h?tls=required", "smtps://h?tls=opportunistic"]
        {
            assert!(message(starttls).contains("STARTTLS"), "{starttls}");
        }
        assert!(!message("smtps://user:hunter2@relay.example").contains("hunter2"));
        for bad in ["relay.example", "http://h", "smtps://", "smtps://h:0", "smtps://h:99999", "smtps://a b"]
        {
            assert!(smtp(bad).is_err(), "{bad}");
        }
    }
}
