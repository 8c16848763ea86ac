//! A CSV file of complaints that somebody hands over.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::source_meant;
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::feed::{Batch, Feed};
use crate::domain::ids::SourceName;
use crate::domain::province::ProvinceScheme;
use crate::jobs::{self, House, Reject};
use crate::operations::{Error, Result, allow, record, tried};
use crate::settings::{Access, FeedMap, SourceKind, SourceSettings};
use crate::source;

/// How a file is written, as `[[source]]` says of a source's.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportRequest {
    /// The file's name, without its folders.
    pub file: String,
    /// One sign; a comma when not given.
    pub delimiter: Option<char>,
    /// `utf-8` when not given.
    pub encoding: Option<String>,
    pub date_formats: Vec<String>,
    /// Our column = their column.
    pub columns: BTreeMap<String, String>,
    /// Their kind = our kind.
    pub complaint_kinds: BTreeMap<String, String>,
    /// The source whose customers and orders they are; the only one, when not given.
    pub source: Option<SourceName>,
}

/// What became of the file: `read` is `kept` and `rejected` together; of the complaints that the kept rows tell of, some
/// were added, some changed, and the others were as before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Imported {
    pub file: String,
    pub read: u64,
    pub kept: u64,
    pub added: u64,
    pub changed: u64,
    pub as_before: u64,
    pub rejected: Vec<Reject>,
}

pub fn import(house: &House, actor: &Actor, request: &ImportRequest, content: &[u8]) -> Result<Imported> {
    tried(house, actor, (Operation::ComplaintImport, "a file of complaints"), || {
        allow(house, actor, Operation::ComplaintImport)?;
        imported(house, actor, request, content)
    })
}

fn imported(house: &House, actor: &Actor, request: &ImportRequest, content: &[u8]) -> Result<Imported> {
    let now = house.now();
    let settings = settings(request)?;
    let about = source_meant(house, request.source.as_ref())?;
    let business = &house.settings.business;
    let context = source::Context {
        currency: &business.currency,
        zone: &business.zone,
        since: None,
        position: None,
        now,
    };
    let batch = source::read_csv(&settings, &context, Feed::Complaints, &request.file, content)
        .map_err(|error| Error::BadRequest(format!("{:#}", anyhow::Error::from(error))))?;
    check_whose(house, about.as_ref(), &batch)?;
    let read = batch.read.get(&Feed::Complaints).copied().unwrap_or(0);
    let tally = house.store.write(|writer| -> Result<_> {
        let about = about.as_ref();
        let tally = jobs::import_complaints(house, writer, &settings, &request.file, about, &batch, now)?;
        let outcome = format!("{read} rows read, {} rejected", batch.rejected.len());
        record(writer, actor, Operation::ComplaintImport, "a file of complaints", &outcome, now)?;
        Ok(tally)
    })?;
    let mut rejected = jobs::shown_rejects(house, Some(&settings.name), jobs::Values::Harmless)?;
    rejected.retain(|reject| reject.origin == request.file);
    Ok(Imported {
        file: request.file.clone(),
        read,
        kept: read - batch.rejected.len() as u64,
        added: tally.added,
        changed: tally.changed,
        as_before: tally.as_before,
        rejected,
    })
}

fn settings(request: &ImportRequest) -> Result<SourceSettings> {
    let delimiter =
        u8::try_from(request.delimiter.unwrap_or(',')).ok().filter(u8::is_ascii).ok_or_else(|| {
            Error::BadRequest("the delimiter is one plain sign, such as , or ; or a tab".to_owned())
        })?;
    let map = FeedMap { columns: request.columns.clone(), ..FeedMap::default() };
    Ok(SourceSettings {
        name: SourceName::new(SourceName::IMPORT),
        kind: SourceKind::Csv,
        path: None,
        access: Access::Files,
        feeds: BTreeMap::from([(Feed::Complaints, map)]),
        delimiter,
        decimal: '.',
        encoding: request.encoding.clone().unwrap_or_else(|| "utf-8".to_owned()),
        date_formats: request.date_formats.clone(),
        timezone: None,
        statuses: BTreeMap::new(),
        complaint_kinds: request.complaint_kinds.clone(),
        provinces: ProvinceScheme::default(),
    })
}

/// Where nobody can tell whose customers and orders a file is about, one that names some is refused.
fn check_whose(house: &House, about: Option<&SourceName>, batch: &Batch) -> Result<()> {
    let names_some = batch.complaints.iter().any(|seen| seen.customer.is_some() || seen.order.is_some());
    if about.is_none() && names_some && !house.settings.sources.is_empty() {
        let what = "the file names customers or orders, and there are several sources; say with --source whose they are";
        return Err(Error::BadRequest(what.to_owned()));
    }
    Ok(())
}
