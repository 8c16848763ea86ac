//! The whole configuration, section by section; what is wrong in one leaves the others to be read.

use std::path::PathBuf;

use super::address::{self, Addressees, Groups};
use super::section::Section;
use super::source::{self, SourceSettings};
use super::{
    AuditSettings, Business, Calendar, Complaints, DisclosureSettings, Engine, Language, Mail,
    MetricsSettings, Payments, Roles, StoreSettings, VaultSettings, audit, business, calendar, complaints,
    disclosure, engine, mail, metrics, payments, roles, store,
};

/// The configuration as far as it could be read.
#[derive(Debug)]
pub(super) struct Draft {
    pub business: Option<Business>,
    pub language: Option<Language>,
    pub store: Option<StoreSettings>,
    pub vault: Option<VaultSettings>,
    pub mail: Option<Mail>,
    pub domains: Option<Vec<String>>,
    pub groups: Groups,
    pub audit: Option<AuditSettings>,
    pub engine: Option<Engine>,
    pub disclosure: Option<DisclosureSettings>,
    pub complaints: Option<Complaints>,
    pub payments: Option<Payments>,
    pub calendar: Option<Calendar>,
    pub roles: Option<Roles>,
    pub metrics: Option<MetricsSettings>,
    pub sources: Option<Vec<SourceSettings>>,
    pub jobs_directory: Option<PathBuf>,
}

pub(super) fn read(root: &mut Section<'_>) -> Draft {
    let is_whole = root.reader.whole;
    let (language, business) =
        root.child("business", |section| Some(business::read(section))).unwrap_or_default();
    let (domains, mail) = root.child("mail", |section| Some(mail::read(section))).unwrap_or_default();
    // One layer alone does not know the domains and groups of the others.
    let known_domains = domains.as_deref().filter(|_| is_whole);
    let groups =
        root.child("recipients", |section| Some(address::groups(section, known_domains))).unwrap_or_default();
    let addressees = Addressees { domains: known_domains, groups: Some(&groups).filter(|_| is_whole) };
    let currency = business.as_ref().map(|business| &business.currency).filter(|_| is_whole);
    let sources = if root.has("source") {
        root.optional("source", |field| source::read_all(&field))
    } else {
        root.optional("source", |_| None::<()>);
        Some(Vec::new())
    };
    Draft {
        store: root.child("store", store::read),
        vault: root.child("vault", store::read_vault),
        audit: root.child("audit", audit::read),
        engine: root.child("engine", engine::read),
        disclosure: root.child("disclosure", disclosure::read),
        complaints: root.child("complaints", |section| complaints::read(section, addressees, currency)),
        payments: root.child("payments", payments::read),
        calendar: root.child("calendar", calendar::read),
        roles: root.child("roles", roles::read),
        metrics: root.child("metrics", metrics::read),
        jobs_directory: root.optional("jobs_directory", |field| field.path()),
        business,
        language,
        mail,
        domains,
        groups,
        sources,
    }
}
