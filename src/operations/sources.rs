//! Sources: list, test, and the rows that did not fit.

use serde::{Deserialize, Serialize};

use super::{Error, Result, allow, record, remedy_of, tried};
use crate::access::{self, Operation};
use crate::domain::actor::Actor;
use crate::domain::ids::SourceName;
use crate::jobs::{House, Reject, Values, shown_rejects};
use crate::settings::{SourceKind, SourceSettings};
use crate::source::{self, TestReport};
use crate::store::Writer;

/// A configured source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceListed {
    pub name: SourceName,
    pub kind: SourceKind,
    pub feeds: Vec<String>,
}

pub fn list(house: &House, actor: &Actor) -> Result<Vec<SourceListed>> {
    allow(house, actor, Operation::SourceList)?;
    let listed = |source: &SourceSettings| SourceListed {
        name: source.name.clone(),
        kind: source.kind,
        feeds: source.feeds.keys().map(|feed| feed.as_str().to_owned()).collect(),
    };
    Ok(house.settings.sources.iter().map(listed).collect())
}

/// Connects, reads ten rows of each feed, and says what it understood.
pub fn test(house: &House, actor: &Actor, name: &SourceName) -> Result<TestReport> {
    allow(house, actor, Operation::SourceTest)?;
    let settings = find(house, name)?;
    let business = &house.settings.business;
    let context = source::Context {
        currency: &business.currency,
        zone: &business.zone,
        since: None,
        position: None,
        now: house.now(),
    };
    source::test(settings, &context)
        .map_err(|error| Error::Unavailable(format!("{:#}", anyhow::Error::from(error))))
}

/// The rows that do not fit; the values that may be personal only for who answers for personal data, and not without a
/// trace.
pub fn rejected(house: &House, actor: &Actor, name: Option<&SourceName>) -> Result<Vec<Reject>> {
    allow(house, actor, Operation::SourceRejected)?;
    if let Some(name) = name.filter(|name| name.as_str() != SourceName::IMPORT) {
        find(house, name)?;
    }
    if access::check(&house.grants, actor, Operation::SourceRejectedValues).is_err() {
        return Ok(shown_rejects(house, name, Values::Harmless)?);
    }
    tried(house, actor, (Operation::SourceRejectedValues, "rejected rows"), || {
        let rejects = shown_rejects(house, name, Values::All)?;
        let now = house.now();
        let subject = format!("{} rejected rows", rejects.len());
        let written = |writer: &Writer<'_>| {
            record(writer, actor, Operation::SourceRejectedValues, &subject, "done", now)
        };
        house.store.write(written)?;
        Ok(rejects)
    })
}

fn find<'a>(house: &'a House, name: &SourceName) -> Result<&'a SourceSettings> {
    house.settings.sources.iter().find(|source| &source.name == name).ok_or_else(|| Error::NotFound {
        what: "source",
        name: name.to_string(),
        remedy: remedy_of(
            name.as_str(),
            house.settings.sources.iter().map(|source| source.name.as_str()),
            "firstwatch source list",
        ),
    })
}
