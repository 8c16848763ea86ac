//! Where a source's server stands: a database's address, or a web shop's, and the files of its secrets.
//!
//! Invariant: nothing that could be read on the way. Another machine is reached over TLS alone, and only with a
//! certificate that is its own; this machine may be reached without.

use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::field::Field;
use super::mail::{host_and_port, is_loopback};
use super::problem::Fault;
use super::section::Section;
use super::source_kind::SourceKind;
use super::value;

/// Where a source is reached.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// In files, which its feeds name.
    #[default]
    Files,
    Database(DatabaseServer),
    WebShop(WebShop),
}

#[derive(Clone, Debug)]
pub struct DatabaseServer {
    pub at: DatabaseAddress,
    pub database: String,
    pub user: String,
    /// `None`: the server knows us by our system user.
    pub password_file: Option<PathBuf>,
    /// PEM; `None`: the system's authorities.
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseAddress {
    /// Over TLS, unless it is this machine and no `ca_file` is named.
    Host { host: String, port: u16 },
    /// PostgreSQL: the folder of its socket, and the port in the socket's name. MySQL: the socket.
    Socket { path: PathBuf, port: u16 },
}

impl DatabaseServer {
    /// Whether it is spoken to over TLS.
    pub fn is_over_tls(&self) -> bool {
        match &self.at {
            DatabaseAddress::Host { host, .. } => !is_loopback(host) || self.ca_file.is_some(),
            DatabaseAddress::Socket { .. } => false,
        }
    }
}

/// A WooCommerce shop's REST interface.
#[derive(Clone, Debug)]
pub struct WebShop {
    /// Without a slash at its end.
    pub url: String,
    pub key_file: PathBuf,
    pub secret_file: PathBuf,
    /// PEM; `None`: the system's authorities.
    pub ca_file: Option<PathBuf>,
    /// Orders placed so recently are read again at every pull, for some changes of them show no date.
    pub recent: SignedDuration,
    /// How often the shop is asked which orders it no longer has.
    pub sweep_every: SignedDuration,
    /// For one answer.
    pub timeout: SignedDuration,
    /// The first pause after a refusal; each one after it is twice as long.
    pub back_off: SignedDuration,
}

const DATABASE_KEYS: [&str; 5] = ["host", "port", "database", "user", "password_file"];
const SHOP_KEYS: [&str; 7] =
    ["url", "key_file", "secret_file", "recent", "sweep_every", "timeout", "back_off"];

/// Reads the keys of `kind`, and refuses those of others.
pub(super) fn read(section: &mut Section<'_>, kind: SourceKind) -> Option<Access> {
    let (database, shop) = (kind.is_database_server(), kind == SourceKind::Woocommerce);
    let refuse = |keys: &[&str], whose: &str| {
        for key in keys {
            section.refuse(key, format!("has a meaning for {whose} only"), "take it out");
        }
    };
    if !database {
        refuse(&DATABASE_KEYS, "postgres and mysql");
    }
    if !shop {
        refuse(&SHOP_KEYS, "woocommerce");
    }
    if !database && !shop {
        refuse(&["ca_file"], "postgres, mysql and woocommerce");
    }
    // Every key is asked for, so that none is called unknown that another kind has.
    let server = read_database(section, kind);
    let web_shop = read_shop(section, shop);
    match (database, shop) {
        (true, _) => server.map(Access::Database),
        (_, true) => web_shop.map(Access::WebShop),
        _ => Some(Access::Files),
    }
}

fn read_database(section: &mut Section<'_>, kind: SourceKind) -> Option<DatabaseServer> {
    let wanted = kind.is_database_server();
    let usual_port = if kind == SourceKind::Mysql { 3306 } else { 5432 };
    let port = section.optional("port", |field| field.integer(1..=65_535));
    let host = section.optional("host", |field| host(&field));
    let [database, user] = ["database", "user"].map(|key| section.optional(key, |field| field.line()));
    let password_file = section.optional("password_file", |field| field.path());
    let ca_file = section.optional("ca_file", |field| field.path());
    if !wanted {
        return None;
    }
    section.missing("host", "is not set", "name the server's host, or the path of its socket");
    section.missing("database", "is not set", "name the database");
    section.missing("user", "is not set", "name a user that may read, and no more");
    let port = port.and_then(|port| u16::try_from(port).ok()).unwrap_or(usual_port);
    let at = match host? {
        Host::Name(host) => DatabaseAddress::Host { host, port },
        Host::Socket(path) => DatabaseAddress::Socket { path, port },
    };
    if matches!(at, DatabaseAddress::Socket { .. }) {
        section.refuse("ca_file", "a socket of this machine needs no certificate", "take it out");
    }
    Some(DatabaseServer { at, database: database?, user: user?, password_file, ca_file })
}

enum Host {
    Name(String),
    Socket(PathBuf),
}

fn host(field: &Field<'_>) -> Option<Host> {
    let text = field.line()?;
    if text.starts_with('/') {
        return Some(Host::Socket(Path::new(&text).to_owned()));
    }
    let form = "write a name such as db.example.vn, an address, or the path of a socket; the port is `port`";
    let bracketed = if text.contains(':') { format!("[{text}]") } else { text };
    let fault = || Fault::new("this is no host", form);
    field
        .check(host_and_port(&bracketed, 1).filter(|(_, port)| *port == 1).ok_or_else(fault))
        .map(|(host, _)| Host::Name(host))
}

fn read_shop(section: &mut Section<'_>, wanted: bool) -> Option<WebShop> {
    let url = section.optional("url", |field| field.check(url(field.text()?)));
    let [key_file, secret_file] =
        ["key_file", "secret_file"].map(|key| section.optional(key, |field| field.path()));
    let ca_file = section.optional("ca_file", |field| field.path());
    let mut length = |key, usual, most: SignedDuration| {
        let given = section.optional(key, |field| within(&field, most));
        given.unwrap_or(usual)
    };
    let (hour, day) = (SignedDuration::from_hours(1), SignedDuration::from_hours(24));
    let recent = length("recent", day * 30, day * 3_650);
    let sweep_every = length("sweep_every", day, day * 365);
    let timeout = length("timeout", SignedDuration::from_mins(1), hour);
    let back_off = length("back_off", SignedDuration::from_secs(1), hour);
    if !wanted {
        return None;
    }
    section.missing("url", "is not set", "write the shop's address, like https://shop.example.vn");
    for key in ["key_file", "secret_file"] {
        let remedy = "write the REST key (WooCommerce > Settings > Advanced > REST API, permission Read) into a file of mode 0600 and name that file";
        section.missing(key, "is not set", remedy);
    }
    Some(WebShop {
        url: url?,
        key_file: key_file?,
        secret_file: secret_file?,
        ca_file,
        recent,
        sweep_every,
        timeout,
        back_off,
    })
}

fn within(field: &Field<'_>, most: SignedDuration) -> Option<SignedDuration> {
    let length = value::duration(field)?;
    if (SignedDuration::from_secs(1)..=most).contains(&length) {
        return Some(length);
    }
    field.wrong("is out of range", format!("write 1s to {}h", most.as_hours()))
}

fn url(text: &str) -> Result<String, Fault> {
    let form = "write the shop's address, like https://shop.example.vn; key and secret go into files";
    let wrong = || Fault::new("this is not a shop's address", form);
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['@', '?', '#']) {
        return Err(wrong());
    }
    let host = rest.split('/').next().unwrap_or_default();
    let (host, _) = host_and_port(host, 443).ok_or_else(wrong)?;
    match scheme {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => return Err(Fault::new("plain http could be read on the way", "write https://")),
        _ => return Err(wrong()),
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shops_are_reached_over_tls_or_on_this_machine() {
        for good in ["https://shop.example.vn", "https://shop.example.vn:8443/wp", "http://127.0.0.1:8099"] {
            assert_eq!(url(&format!("{good}/")).as_deref(), Ok(good));
        }
        for bad in [
            "shop.example.vn",
            "http://shop.example.vn",
            "ftp://127.0.0.1",
            "https:///wp",
            "https://ck_1:cs_2@shop.example.vn",
            "https://shop.example.vn/?consumer_key=ck_1",
        ] {
            let fault = url(bad).expect_err(bad);
            assert!(!fault.message.contains("ck_1"), "{}", fault.message);
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        let server = |host: &str, ca_file: Option<&str>| DatabaseServer {
            at: DatabaseAddress::Host { host: host.into(), port: 5432 },
            database: "shop".into(),
            user: "reader".into(),
            password_file: None,
            ca_file: ca_file.map(PathBuf::from),
        };
        assert!(server("db.example.vn", None).is_over_tls());
        assert!(server("10.0.0.5", None).is_over_tls());
        assert!(server("127.0.0.1", Some("ca.pem")).is_over_tls());
        assert!(!server("127.0.0.1", None).is_over_tls());
    }
}
