//! The settings of the shop as a whole: everything of the configuration but its sources and jobs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::source::SourceSettings;
use crate::domain::complaint::ComplaintKind;
use crate::domain::money::Currency;
use crate::domain::order::CountOrdersOn;
use crate::domain::term::Term;

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    pub business: Business,
    pub store: StoreSettings,
    pub vault: VaultSettings,
    pub mail: Mail,
    /// Groups of internal addresses by name: `managers`, `administrators`, `complaints`, ...
    pub recipients: BTreeMap<String, Vec<String>>,
    pub disclosure: DisclosureSettings,
    pub complaints: Complaints,
    pub calendar: Calendar,
    pub sources: Vec<SourceSettings>,
    pub jobs: Vec<super::job::JobSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Vi,
    En,
}

#[derive(Clone, Debug)]
pub struct Business {
    pub name: String,
    pub zone: TimeZone,
    pub zone_name: String,
    pub language: Language,
    pub currency: Currency,
    pub count_orders_on: CountOrdersOn,
}

#[derive(Clone, Debug)]
pub struct StoreSettings {
    pub directory: PathBuf,
    /// The control socket.
    pub socket: PathBuf,
}

#[derive(Clone, Debug)]
pub struct VaultSettings {
    /// `None`: the systemd credential `master-key`.
    pub master_key_file: Option<PathBuf>,
}

/// Where mail leaves the house. Implicit TLS, or plaintext to loopback; nothing between (PITFALLS of STARTTLS).
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
}

/// See `disclosure`: the defaults of the field's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct DisclosureSettings {
    pub minimum_contributors: u32,
    pub p_percent: f64,
    /// (n, k) rules; none by default.
    pub dominance: Vec<(u32, f64)>,
    pub implied_cells: bool,
    pub insiders: bool,
}

/// Which days and hours are worked.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Files of days off and days worked, like the embedded `config/calendars/vn.toml`.
    pub files: Vec<PathBuf>,
    /// 1 (Monday) to 7.
    pub working_days: Vec<i8>,
    /// `("08:00", "12:00")`, in order.
    pub working_hours: Vec<(jiff::civil::Time, jiff::civil::Time)>,
}

#[derive(Clone, Debug)]
pub struct Complaints {
    pub kinds: BTreeMap<ComplaintKind, DeadlineRule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    pub first_response: Term,
    pub resolution: Term,
    /// Names of recipient groups, or addresses.
    pub responsible: Vec<String>,
}
