//! Questions to the shop, asked again with growing pauses while it is busy or away.
//!
//! Invariant: no error names more of the shop than its host; key and secret are in no text, and go nowhere but there:
//! no redirection is followed.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;
use tracing::debug;
use ureq::http::{HeaderMap, HeaderValue, StatusCode};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use zeroize::Zeroizing;

use crate::settings::WebShop;
use crate::source::error::Error;
use crate::source::secret;

/// Times a question is asked before the fetch is given up; the job is tried again later.
const TRIES: u32 = 6;

/// What a busy shop asks for, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// An answer of a hundred orders has less.
const LARGEST_ANSWER: u64 = 64 << 20;

pub(super) struct Client {
    agent: Agent,
    base: String,
    host: String,
    /// Marked as one that no log repeats.
    credentials: HeaderValue,
    back_off: Duration,
}

/// A question: a path and what it is narrowed by.
#[derive(Clone)]
pub(super) struct Query {
    path: String,
    parameters: Vec<(&'static str, String)>,
}

pub(super) struct Page {
    pub items: Vec<Value>,
    /// How many there are in all pages.
    pub total: u64,
    pub pages: u64,
}

impl Query {
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), parameters: Vec::new() }
    }

    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((key, value.into()));
        self
    }

    pub fn since(self, key: &'static str, at: Timestamp) -> Self {
        let at = at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let said = self.parameters.iter().any(|(key, _)| *key == "dates_are_gmt");
        let this = self.with(key, at);
        if said { this } else { this.with("dates_are_gmt", "true") }
    }
}

/// What came of one try.
enum Answer {
    Good(HeaderMap, Value),
    NotThere,
    /// Worth another try, after so long if the shop says it.
    Busy(String, Option<Duration>),
}

impl Client {
    /// # Errors
    /// [`Error::Settings`] for secrets and authorities that cannot be read.
    pub fn new(shop: &WebShop) -> Result<Self, Error> {
        let key = secret::read("key_file", &shop.key_file)?;
        let secret = secret::read("secret_file", &shop.secret_file)?;
        let pair = Zeroizing::new(format!("{}:{}", *key, *secret));
        let basic = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())));
        let mut credentials = HeaderValue::from_str(&basic)
            .map_err(|_| Error::Settings("key_file and secret_file hold no REST key".to_owned()))?;
        credentials.set_sensitive(true);
        let tls = TlsConfig::builder().root_certs(authorities(shop)?).build();
        let agent = Agent::config_builder()
            .timeout_global(Some(shop.timeout.unsigned_abs()))
            .tls_config(tls)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("firstwatch")
            .build()
            .new_agent();
        let rest = shop.url.split_once("://").map_or(shop.url.as_str(), |(_, rest)| rest);
        Ok(Self {
            agent,
            base: format!("{}/wp-json/wc/v3", shop.url),
            host: rest.split('/').next().unwrap_or(rest).to_owned(),
            credentials,
            back_off: shop.back_off.unsigned_abs(),
        })
    }

    /// The instant at the shop, as its answers tell it.
    ///
    /// # Errors
    /// [`Error::Server`].
    pub fn now(&mut self) -> Result<Timestamp, Error> {
        let question = Query::new("orders").with("per_page", "1").with("_fields", "id");
        let headers = self.ask(&question)?.map(|(headers, _)| headers).unwrap_or_default();
        let date = headers.get("date").and_then(|date| rfc2822::parse(date.to_str().ok()?).ok());
        Ok(date.map_or(Timestamp::MAX, |date| date.timestamp()))
    }

    /// One page, counted from 1.
    ///
    /// # Errors
    /// [`Error::Server`].
    pub fn page(&mut self, query: &Query, page: u64, size: usize) -> Result<Page, Error> {
        let question = query.clone().with("per_page", size.to_string()).with("page", page.to_string());
        let Some((headers, body)) = self.ask(&question)? else {
            let what = "has no WooCommerce at this address; correct `url`, and let WordPress have permalinks other than plain";
            return Err(self.error(what));
        };
        let Value::Array(items) = body else { return Err(self.error("answers with no list")) };
        let count = |name| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
        match (count("x-wp-total"), count("x-wp-totalpages")) {
            (Some(total), Some(pages)) => Ok(Page { items, total, pages }),
            _ => Err(self
                .error("does not say how many there are (X-WP-Total); let nothing in between take it away")),
        }
    }

    /// One thing; `None` when the shop has none of that number.
    ///
    /// # Errors
    /// [`Error::Server`].
    pub fn find(&mut self, path: &str) -> Result<Option<Value>, Error> {
        Ok(self.ask(&Query::new(path))?.map(|(_, body)| body))
    }

    pub fn error(&self, what: impl Into<String>) -> Error {
        Error::Server { server: format!("the shop {}", self.host), what: what.into() }
    }

    fn ask(&mut self, query: &Query) -> Result<Option<(HeaderMap, Value)>, Error> {
        let mut pause = self.back_off;
        for left in (0..TRIES).rev() {
            let (why, asked) = match self.once(query)? {
                Answer::Good(headers, body) => return Ok(Some((headers, body))),
                Answer::NotThere => return Ok(None),
                Answer::Busy(why, _) if left == 0 => {
                    return Err(self.error(format!("{why}, {TRIES} times in a row")));
                }
                Answer::Busy(why, asked) => (why, asked),
            };
            debug!(host = self.host, why, "the shop is asked again later");
            std::thread::sleep(asked.unwrap_or(pause).min(LONGEST_PAUSE));
            pause = pause.saturating_mul(2);
        }
        Err(self.error("was not asked"))
    }

    fn once(&self, query: &Query) -> Result<Answer, Error> {
        let url = format!("{}/{}", self.base, query.path);
        let request = self.agent.get(url).header("authorization", self.credentials.clone());
        let request = request.query_pairs(query.parameters.iter().map(|(key, value)| (*key, value.as_str())));
        let response = match request.call() {
            Ok(response) => response,
            Err(error) => return self.failed(&error),
        };
        let (head, mut body) = response.into_parts();
        let status = head.status;
        if status.is_success() {
            return self.read(head.headers, &mut body);
        }
        let again = head.headers.get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                Ok(Answer::Busy(format!("answers {status}"), again.map(Duration::from_secs)))
            }
            status if status.is_server_error() => {
                Ok(Answer::Busy(format!("answers {status}"), again.map(Duration::from_secs)))
            }
            StatusCode::NOT_FOUND => Ok(Answer::NotThere),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.error(format!(
                "refuses the key ({status}); are `key_file` and `secret_file` of one key, and may it read?"
            ))),
            status if status.is_redirection() => {
                Err(self.error(format!("points to another address ({status}); write that one as `url`")))
            }
            status => Err(self.error(format!("answers {status}"))),
        }
    }

    fn read(&self, headers: HeaderMap, body: &mut Body) -> Result<Answer, Error> {
        let text = match body.with_config().limit(LARGEST_ANSWER).read_to_string() {
            Ok(text) => Zeroizing::new(text),
            Err(ureq::Error::BodyExceedsLimit(_)) => return Err(self.error("answers with more than 64 MiB")),
            Err(error) => return self.failed(&error),
        };
        match serde_json::from_str(&text) {
            Ok(body) => Ok(Answer::Good(headers, body)),
            // The parser's own words would repeat the answer's.
            Err(_) => Ok(Answer::Busy(
                "answers with no JSON; is there a notice or a firewall in between?".into(),
                None,
            )),
        }
    }

    /// What was no answer at all. The error's own text may repeat the address.
    fn failed(&self, error: &ureq::Error) -> Result<Answer, Error> {
        let busy = |why: &str| Ok(Answer::Busy(why.to_owned(), None));
        match error {
            ureq::Error::Timeout(_) => busy("does not answer in time"),
            ureq::Error::HostNotFound => busy("is not found by its name"),
            ureq::Error::Io(error) if is_of_certificate(error) => Err(self.untrusted()),
            ureq::Error::Io(error) => busy(&format!("breaks off ({})", error.kind())),
            ureq::Error::ConnectionFailed => busy("cannot be reached"),
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => Err(self.untrusted()),
            _ => busy("breaks off"),
        }
    }

    fn untrusted(&self) -> Error {
        self.error("shows a certificate that cannot be trusted; renew it, or name its authority as `ca_file`")
    }
}

fn is_of_certificate(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::InvalidData
}

fn authorities(shop: &WebShop) -> Result<RootCerts, Error> {
    let Some(file) = &shop.ca_file else { return Ok(RootCerts::PlatformVerifier) };
    let wrong = |what: &str| Error::Settings(format!("ca_file: {} {what}", file.display()));
    let pem = std::fs::read(file).map_err(|_| wrong("cannot be read; correct the path"))?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match certificates.is_empty() {
        true => Err(wrong("holds no certificate in PEM")),
        false => Ok(RootCerts::new_with_certs(&certificates)),
    }
}
