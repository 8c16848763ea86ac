//! The egress guard with the store behind it: what is about to leave is looked up among the identifiers of
//! everybody known.

use std::collections::BTreeSet;

use super::house::House;
use crate::document;
use crate::domain::customer::{IdentifierKind, normalise_words};
use crate::domain::rendered::Rendered;
use crate::domain::spelling::name_forms;
use crate::mail::{self, Hit};
use crate::store::Reader;

/// Looks up every text of every part. `places` are words of the catalogue, which a customer may happen to be
/// called by in part; one that is the whole of a customer's name or address is none, but the wrong column
/// mapped as one, unless the configuration says that it is a product's (`mail.guard_allows`).
pub(super) fn guard(house: &House, rendered: &Rendered, places: &BTreeSet<&str>) -> anyhow::Result<Vec<Hit>> {
    house.store.read(|reader| {
        let known = |kind, text: &str| is_known(house, reader, kind, text);
        let is_somebodys = |place: &str| {
            normalise_words(place).is_some_and(|words| {
                let mut forms = name_forms(&words).into_iter();
                forms.any(|form| known(IdentifierKind::Name, &form)) || known(IdentifierKind::Address, &words)
            })
        };
        let terms = places.iter().filter(|place| !is_somebodys(place)).map(|place| (*place).to_owned());
        let allowed: Vec<String> = terms.chain(own_terms(house)).collect();
        Ok(mail::guard(rendered, &allowed, &known)?)
    })
}

/// What the house itself says, whoever is called like it: its name, what the configuration allows, the titles of its
/// reports and tables, and the words of its documents.
fn own_terms(house: &House) -> impl Iterator<Item = String> {
    let settings = &house.settings;
    let titles = settings.jobs.iter().flat_map(|job| {
        let tables = job.tables.iter().flat_map(|table| table.title.values());
        job.title.values().chain(tables).cloned()
    });
    [settings.business.name.clone()]
        .into_iter()
        .chain(settings.mail.guard_allows.iter().cloned())
        .chain(titles)
        .chain(document::own_words(settings.business.language))
}

/// The same for a mail of which every word is the house's own: kinds, dates and numbers. It names nobody, whatever a
/// customer may be called («Giao Hàng»), so only numbers and addresses of mail are looked up.
pub(super) fn guard_own_words(house: &House, rendered: &Rendered) -> anyhow::Result<Vec<Hit>> {
    house.store.read(|reader| {
        let known = |kind, text: &str| {
            matches!(kind, IdentifierKind::Phone | IdentifierKind::Email)
                && is_known(house, reader, kind, text)
        };
        Ok(mail::guard(rendered, &[], &known)?)
    })
}

/// Whether a label that is kept in the clear holds anything like a phone number or an e-mail address, or the name or
/// address of a customer.
pub fn names_somebody(house: &House, label: &str) -> anyhow::Result<bool> {
    let rendered = Rendered {
        subject: label.to_owned(),
        html: None,
        text: String::new(),
        attachments: Vec::new(),
        images: Vec::new(),
    };
    house.store.read(|reader| {
        let known = |kind, text: &str| match kind {
            IdentifierKind::Phone | IdentifierKind::Email => true,
            _ => is_known(house, reader, kind, text),
        };
        Ok(!mail::guard(&rendered, &house.settings.mail.guard_allows, &known)?.is_empty())
    })
}

/// What cannot be looked up counts as known: the guard fails closed.
pub(super) fn is_known(house: &House, reader: &Reader<'_>, kind: IdentifierKind, normalised: &str) -> bool {
    reader.is_known_identifier(kind, &house.vault.blind(kind, normalised).0).unwrap_or(true)
}
