//! Status: is all well? Everything that is not stands in `problems`, in plain words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::problems::{ProblemKind, Seen, problems};
use super::runs::{JobView, list_jobs};
use super::{Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{RunId, SourceName};
use crate::domain::trouble::Trouble;
use crate::jobs::{self, House};
use crate::store::ProblemRow;

/// The whole house at a glance. Instants are in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub business: String,
    pub now: Timestamp,
    pub jobs: Vec<JobView>,
    pub sources: Vec<SourceView>,
    /// Messages by state.
    pub outbox: BTreeMap<String, u64>,
    pub customers: u64,
    pub orders: u64,
    pub open_complaints: u64,
    /// Payments that their customers have neither confirmed nor disputed within the term.
    #[serde(default)]
    pub unconfirmed_payments: u64,
    /// Orders whose payments do not come to what they should.
    #[serde(default)]
    pub mismatching_payments: u64,
    /// What administrators were told of, or will be if it lasts.
    pub troubles: Vec<TroubleView>,
    /// Sentences that say what is not well and what to do; empty when all is.
    pub problems: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceView {
    pub name: SourceName,
    /// Its data is in up to here.
    pub watermark: Option<Timestamp>,
    /// Rows that do not fit now.
    pub rejected: u64,
}

/// Something that is wrong, and since when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TroubleView {
    /// A report's or a job's name, a mailbox, a message: `job/pull`, `mail/a@shop.example`.
    pub key: String,
    pub trouble: Trouble,
    pub what: String,
    pub run: Option<RunId>,
    pub since: Timestamp,
    /// When administrators were told; `null` while it may pass by itself.
    pub told_at: Option<Timestamp>,
}

pub fn status(house: &House, actor: &Actor) -> Result<Status> {
    allow(house, actor, Operation::Status)?;
    look(house).map(|(status, _)| status)
}

/// The status, and the kind of each of its problems.
pub(super) fn look(house: &House) -> Result<(Status, Vec<ProblemKind>)> {
    let mut jobs = list_jobs(house, &Actor::Daemon)?;
    // Who gets what is for those who may list jobs.
    jobs.iter_mut().for_each(|job| job.recipients.clear());
    let now = house.now();
    let (sources, imported, outbox, totals, troubles) = house.store.read(|reader| {
        let watermarks = reader.watermarks()?;
        let mut rejected: BTreeMap<SourceName, u64> = BTreeMap::new();
        for count in reader.rejected_counts()? {
            *rejected.entry(count.source).or_default() += count.open;
        }
        let mut sources = Vec::new();
        for source in &house.settings.sources {
            sources.push(SourceView {
                name: source.name.clone(),
                watermark: watermarks.get(&source.name).copied(),
                rejected: rejected.get(&source.name).copied().unwrap_or(0),
            });
        }
        let imported = rejected.get(&SourceName::new(SourceName::IMPORT)).copied().unwrap_or(0);
        let outbox =
            reader.outbox_counts()?.into_iter().map(|(state, count)| (state.as_str().to_owned(), count));
        let totals = (reader.count_customers()?, reader.count_orders()?, reader.count_open_complaints()?);
        let troubles = reader.open_problems()?.into_iter().map(trouble_view).collect::<Vec<_>>();
        Ok::<_, crate::store::Error>((sources, imported, outbox.collect(), totals, troubles))
    })?;
    let payments = jobs::payment_totals(house)?;
    let seen = Seen { jobs: &jobs, sources: &sources, outbox: &outbox, troubles: &troubles, imported };
    let (kinds, problems) = problems(house, &seen).into_iter().unzip();
    let status = Status {
        business: house.settings.business.name.clone(),
        now,
        jobs,
        sources,
        outbox,
        customers: totals.0,
        orders: totals.1,
        open_complaints: totals.2,
        unconfirmed_payments: payments.unconfirmed,
        mismatching_payments: payments.mismatching,
        troubles,
        problems,
    };
    Ok((status, kinds))
}

fn trouble_view(row: ProblemRow) -> TroubleView {
    TroubleView {
        key: row.key,
        trouble: row.trouble,
        what: row.what,
        run: row.run,
        since: row.since,
        told_at: row.told_at,
    }
}
