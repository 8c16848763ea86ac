//! Everything that a report says besides its figures, as it was when the report was made. The draft is
//! rendered from this and from protected tables alone, and a release's manifest keeps it whole: what is not
//! in here cannot get into a report, and so a report can be made again when all else has changed.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::books::Books;
use super::house::House;
use super::tables::Scope;
use crate::document::Reconciliation;
use crate::domain::behind::Behind;
use crate::domain::ids::JobName;
use crate::domain::money::Currency;
use crate::domain::order::CountOrdersOn;
use crate::domain::period::Period;
use crate::settings::{Colour, Format, JobSpec, Language, LocalText, TableSpec, Tells, Threshold};

/// What a draft is made of, besides the house.
pub struct Ingredients<'a> {
    pub job: &'a JobSpec,
    pub period: Period,
    pub books: Books<'a>,
    /// Sources that are behind when patience has run out, with how far they reach; the report is PROVISIONAL.
    pub lagging: &'a [Behind],
    /// Every source's data is in up to here.
    pub data_as_of: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Particulars {
    /// The version of firstwatch that made it.
    pub program: String,
    pub job: JobName,
    pub title: LocalText,
    #[serde(default, skip_serializing_if = "Tells::is_usual")]
    pub tells: Tells,
    pub tables: Vec<TableSpec>,
    /// Whether it has a trend; releases before there were any have none.
    #[serde(default)]
    pub trend: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
    pub formats: Vec<Format>,
    /// The recipients' group that the small print names.
    pub audience: Option<String>,
    pub period: Period,
    pub business: String,
    #[serde(default)]
    pub colour: Colour,
    /// A PNG.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "as_base64")]
    pub logo: Option<Vec<u8>>,
    pub currency: Currency,
    /// An IANA name.
    pub zone: String,
    pub language: Language,
    pub count_orders_on: CountOrdersOn,
    pub minimum_contributors: u32,
    /// Sources that were behind; not empty: the report is PROVISIONAL.
    pub lagging: Vec<Behind>,
    /// Every source's data was in up to here.
    pub data_as_of: Timestamp,
    /// May tell a withheld number of orders: it leaves the house only as the small print has it.
    pub reconciliation: Reconciliation,
}

impl Particulars {
    pub fn of(house: &House, from: &Ingredients<'_>) -> anyhow::Result<Self> {
        let business = &house.settings.business;
        Ok(Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            job: from.job.name.clone(),
            title: from.job.title.clone(),
            tells: from.job.tells,
            tables: from.job.tables.clone(),
            trend: from.job.trend,
            thresholds: from.job.thresholds.clone(),
            formats: from.job.formats.clone(),
            audience: from.job.recipients.first().cloned(),
            period: from.period,
            business: business.name.clone(),
            colour: business.brand.colour,
            logo: business.brand.logo.as_deref().map(logo).transpose()?,
            currency: business.currency.clone(),
            zone: business.zone_name.clone(),
            language: business.language,
            count_orders_on: business.count_orders_on,
            minimum_contributors: house.settings.disclosure.minimum_contributors,
            lagging: from.lagging.to_vec(),
            data_as_of: from.data_as_of,
            reconciliation: reconciliation(house, from.period)?,
        })
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope { tells: self.tells, own: &self.tables, trend: self.trend, period: self.period }
    }

    pub fn time_zone(&self) -> anyhow::Result<TimeZone> {
        TimeZone::get(&self.zone).with_context(|| format!("there is no time zone {:?}", self.zone))
    }
}

/// It goes into every mail.
const LARGEST_LOGO: usize = 100_000;

fn logo(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| {
        format!("failed to read {}, which [business.brand] names as the logo", path.display())
    })?;
    anyhow::ensure!(
        bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.len() <= LARGEST_LOGO,
        "the logo {} must be a PNG of at most {} kB",
        path.display(),
        LARGEST_LOGO / 1_000
    );
    Ok(bytes)
}

/// Rows that did not become sales. They are counts of what is wrong with the data, not of customers.
fn reconciliation(house: &House, period: Period) -> anyhow::Result<Reconciliation> {
    let zone = &house.settings.business.zone;
    let start = period.first().to_zoned(zone.clone())?.timestamp();
    let end = period.end(zone);
    house.store.read(|reader| {
        let placed = reader.orders_by_status(start, end)?;
        Ok(Reconciliation {
            rows_read: placed.values().sum(),
            excluded: placed.into_iter().filter(|(status, _)| !status.counts()).collect(),
            rejected: reader.rejected_counts()?.iter().map(|count| count.open).sum(),
        })
    })
}

/// Bytes in JSON.
mod as_base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| STANDARD.decode(text).map_err(D::Error::custom)).transpose()
    }
}
