//! `[engine]`: where the figures of sales reports are summed from the sealed pages.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::field::Field;
use super::mail::{host_and_port, is_loopback};
use super::problem::Fault;
use super::section::Section;
use super::value;

/// What sums the sealed pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// This program.
    Local,
    /// A server that speaks Spark Connect, and reads the pages itself.
    SparkConnect(SparkConnect),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SparkConnect {
    /// `sc://HOST:PORT`, with parameters behind `/;`.
    pub uri: String,
    pub token_file: Option<PathBuf>,
    /// The state directory as the engine's machines see it; `None`: as we do.
    pub directory: Option<String>,
    /// For one answer.
    pub timeout: SignedDuration,
}

/// Whether this program was built with the client.
const IS_BUILT_IN: bool = cfg!(feature = "spark");

const USUAL_PORT: u16 = 15_002;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Local,
    SparkConnect,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<Engine> {
    let kind = section.required("kind", kind);
    let uri = section.optional("uri", |field| field.check(address(&field.line()?)));
    let token_file = section.optional("token_file", |field| field.path());
    let directory = section.optional("directory", |field| directory(&field));
    let timeout = section.required("timeout", |field| {
        let timeout = value::duration(&field)?;
        if timeout.is_zero() { field.wrong("leaves no time", "write at least 1s") } else { Some(timeout) }
    });
    match kind? {
        Kind::Local => {
            for key in ["uri", "token_file", "directory"] {
                section.refuse(key, "has a meaning for spark-connect only", "take it out, or set the `kind`");
            }
            Some(Engine::Local)
        }
        Kind::SparkConnect => {
            section.missing("uri", "is not set", "name the server: sc://HOST:15002");
            let uri = uri?;
            if token_file.is_some() && !is_private(&uri) {
                let remedy = format!("reach it over TLS: {}", with_tls(&uri));
                section.refuse("token_file", "the token could be read on the way to another machine", remedy);
                return None;
            }
            Some(Engine::SparkConnect(SparkConnect { uri, token_file, directory, timeout: timeout? }))
        }
    }
}

fn kind(field: Field<'_>) -> Option<Kind> {
    let kind = field.choice(&[("local", Kind::Local), ("spark-connect", Kind::SparkConnect)])?;
    if kind == Kind::SparkConnect && !IS_BUILT_IN {
        return field.wrong(
            "this firstwatch was built without Spark Connect",
            "build it with `cargo build --release --features spark`, or set it to \"local\"",
        );
    }
    Some(kind)
}

/// A connection string of Spark Connect, but for what has a setting of its own.
fn address(text: &str) -> Result<String, Fault> {
    let form = "write it like sc://HOST:15002, or sc://HOST:443/;use_ssl=true";
    let wrong = || Fault::new("this is no address of Spark Connect", form);
    let rest = text.strip_prefix("sc://").ok_or_else(wrong)?;
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['?', '#', '@']) {
        return Err(wrong());
    }
    let (host, parameters) = rest.split_once('/').unwrap_or((rest, ""));
    host_and_port(host, USUAL_PORT).ok_or_else(wrong)?;
    let parameters = match parameters {
        "" => "",
        some => some.strip_prefix(';').ok_or_else(wrong)?,
    };
    for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=').ok_or_else(wrong)?.0 {
            "token" => {
                return Err(Fault::new(
                    "a secret does not belong in a setting",
                    "write the token into a file of mode 0600, and name that as `token_file`",
                ));
            }
            "session_id" => {
                return Err(Fault::new("every question has a session of its own", "take `session_id` out"));
            }
            _ => {}
        }
    }
    Ok(text.to_owned())
}

/// Whether nobody on the way can read what is sent.
fn is_private(uri: &str) -> bool {
    let rest = uri.trim_start_matches("sc://");
    let (host, parameters) = rest.split_once('/').unwrap_or((rest, ""));
    let is_ours = host_and_port(host, USUAL_PORT).is_some_and(|(host, _)| is_loopback(&host));
    is_ours || parameters.split(';').any(|parameter| parameter.eq_ignore_ascii_case("use_ssl=true"))
}

fn with_tls(uri: &str) -> String {
    if uri.contains("/;") { format!("{uri};use_ssl=true") } else { format!("{uri}/;use_ssl=true") }
}

/// An absolute path, or an address that the engine knows, such as `file:///mnt/shop` or `s3a://bucket/shop`.
fn directory(field: &Field<'_>) -> Option<String> {
    let text = field.line()?;
    if !text.starts_with('/') && !text.contains("://") {
        return field.wrong("is no absolute path", "write it like /mnt/shop or file:///mnt/shop");
    }
    Some(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "sc://127.0.0.1:15002",
            "sc://spark.example",
            "sc://spark.example:443/;use_ssl=true;x-team=shop",
            "sc://[::1]:15002/",
        ] {
            assert_eq!(address(good).as_deref(), Ok(good));
        }
        for bad in [
            "spark.example:15002",
            "http://spark.example",
            "sc://",
            "sc://spark.example:0",
            "sc://spark.example/path",
            "sc://spark.example/;use_ssl",
            "sc://user@spark.example",
            "sc://spark example",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
        let secret = address("sc://spark.example/;use_ssl=true;token=abc").unwrap_err();
        assert!(secret.remedy.contains("token_file") && !secret.message.contains("abc"), "{secret:?}");
    }

    #[test]
    fn what_is_sent_stays_private_over_tls_or_on_this_machine() {
        assert!(is_private("sc://127.0.0.1:15002"));
        assert!(is_private("sc://[::1]"));
        assert!(!is_private("sc://spark.example:15002"));
        assert!(is_private(&with_tls("sc://spark.example:15002")));
        assert!(is_private(&with_tls("sc://spark.example/;x-team=shop")));
    }
}
