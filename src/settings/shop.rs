//! The checked settings as a whole, and what one asks of them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::address::{Groups, resolve};
use super::problem::Problem;
use super::{
    AuditSettings, Business, Calendar, Complaints, DisclosureSettings, Engine, JobSpec, Mail,
    MetricsSettings, Payments, Roles, SourceSettings, StoreSettings, VaultSettings,
};
use crate::domain::ids::JobName;

/// The group that is told when something fails or is held back.
pub const ADMINISTRATORS: &str = "administrators";

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    pub business: Business,
    pub store: StoreSettings,
    pub vault: VaultSettings,
    pub mail: Mail,
    /// Groups of internal addresses by name: `managers`, `administrators`, `complaints`, ...
    pub recipients: Groups,
    pub audit: AuditSettings,
    pub engine: Engine,
    pub disclosure: DisclosureSettings,
    pub complaints: Complaints,
    pub payments: Payments,
    pub calendar: Calendar,
    pub roles: Roles,
    pub metrics: MetricsSettings,
    pub sources: Vec<SourceSettings>,
    /// Sorted by name.
    pub jobs: Vec<JobSpec>,
    /// Where the jobs were read; `None` when they are the ones that are built in.
    pub jobs_directory: Option<PathBuf>,
    /// `$CREDENTIALS_DIRECTORY`, when systemd gave one.
    pub credentials_directory: Option<PathBuf>,
    pub places: Places,
}

/// Where each key stands: what problems found later are reported at.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The main file, for keys that stand nowhere but in the built-in defaults.
    pub(super) home: String,
    pub(super) keys: BTreeMap<String, (String, Option<usize>)>,
}

impl Settings {
    /// The addresses that `names` (group names or addresses) stand for, sorted, each once.
    pub fn recipients_of(&self, names: &[String]) -> Vec<String> {
        resolve(names, &self.recipients)
    }

    pub fn administrators(&self) -> Vec<String> {
        self.recipients_of(&[ADMINISTRATORS.to_owned()])
    }

    pub fn job(&self, name: &JobName) -> Option<&JobSpec> {
        self.jobs.iter().find(|job| job.name == *name)
    }

    /// The file that holds the master key: the configured one, or systemd's credential `master-key`.
    pub fn master_key_path(&self) -> Option<PathBuf> {
        self.vault.master_key_file.clone().or_else(|| self.credential("master-key"))
    }

    /// The file that holds the relay's password, if the relay wants a user: the configured one, or
    /// systemd's credential `mail-password`.
    pub fn mail_password_path(&self) -> Option<PathBuf> {
        self.mail.user.as_ref()?;
        self.mail.password_file.clone().or_else(|| self.credential("mail-password"))
    }

    /// Something found wrong with `key` after the settings were loaded, at the place where it stands.
    pub fn problem(&self, key: &str, message: impl Into<String>, remedy: impl Into<String>) -> Problem {
        let (file, line) =
            self.places.keys.get(key).cloned().unwrap_or_else(|| (self.places.home.clone(), None));
        Problem { file, line, key: key.to_owned(), message: message.into(), remedy: remedy.into() }
    }

    fn credential(&self, name: &str) -> Option<PathBuf> {
        Some(self.credentials_directory.as_ref()?.join(name))
    }
}
