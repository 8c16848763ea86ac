//! What a client needs to know of the shop before it can show anything: for those who may not read the configuration.

use serde::{Deserialize, Serialize};

use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::operations::{Result, allow};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// An IANA name; `UTC` where the zone has none.
    pub zone: String,
    /// ISO 4217.
    pub currency: String,
    /// Digits behind the decimal sign that a minor unit stands for.
    pub decimals: u8,
}

/// For whoever holds any role: every one of them may ask for the status.
pub fn about(house: &House, actor: &Actor) -> Result<About> {
    allow(house, actor, Operation::Status)?;
    let business = &house.settings.business;
    let zone = business.zone.iana_name().unwrap_or("UTC").to_owned();
    let currency = business.currency.code.clone();
    Ok(About { zone, currency, decimals: business.currency.decimals })
}
