//! Sources: list, test, and the rows that did not fit.

use serde::{Deserialize, Serialize};

use super::{Error, Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::SourceName;
use crate::jobs::{House, Reject, shown_rejects};
use crate::settings::{SourceKind, SourceSettings};
use crate::source::{self, TestReport};

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
    let context =
        source::Context { currency: &business.currency, zone: &business.zone, since: None, now: house.now() };
    source::test(settings, &context)
        .map_err(|error| Error::Unavailable(format!("{:#}", anyhow::Error::from(error))))
}

/// The rows that do not fit, without the values that may be personal.
pub fn rejected(house: &House, actor: &Actor, name: Option<&SourceName>) -> Result<Vec<Reject>> {
    allow(house, actor, Operation::SourceRejected)?;
    if let Some(name) = name.filter(|name| name.as_str() != SourceName::IMPORT) {
        find(house, name)?;
    }
    Ok(shown_rejects(house, name)?)
}

fn find<'a>(house: &'a House, name: &SourceName) -> Result<&'a SourceSettings> {
    house.settings.sources.iter().find(|source| &source.name == name).ok_or_else(|| Error::NotFound {
        what: "source",
        name: name.to_string(),
        remedy: "`firstwatch source list` names them",
    })
}
