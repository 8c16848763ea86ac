//! Who gets what: the addresses of a job, and notices to the administrators.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::dispatch::Dispatch;
use super::egress;
use super::house::House;
use crate::document::{self, Matter, Notice, RunTrouble};
use crate::domain::rendered::Rendered;
use crate::settings::JobSpec;

/// The job's addresses, each once.
pub fn of_job(house: &House, job: &JobSpec) -> Vec<String> {
    house.settings.recipients_of(&job.recipients)
}

/// What a notice says when its own words must not leave the house.
const WITHHELD: &str = "the error itself names personal data; `firstwatch run show` tells it";

/// Enqueues one notice a problem: `purpose` names the problem, and a problem that was told before is not
/// told again.
pub fn tell_administrators(
    house: &House,
    purpose: &str,
    trouble: RunTrouble<'_>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let rendered = match render(house, trouble)? {
        rendered if egress::guard(house, &rendered, &BTreeSet::new())?.is_empty() => rendered,
        // The error names somebody. That it happened can be told, and the ledger knows what.
        _ => render(house, RunTrouble { what: WITHHELD, ..trouble })?,
    };
    let purpose = format!("notice.{}", purpose.to_lowercase());
    let dispatch = Dispatch { house, purpose: &purpose, date: now };
    // A later attempt meets the same problem at another time: it would be another mail of the same name.
    let messages = dispatch.compose(&rendered, &dispatch.not_told(house.settings.administrators())?)?;
    house.store.write(|writer| {
        for message in &messages {
            writer.enqueue(&message.row("notice", None), now)?;
        }
        Ok::<_, crate::store::Error>(())
    })?;
    Ok(())
}

fn render(house: &House, trouble: RunTrouble<'_>) -> anyhow::Result<Rendered> {
    let business = &house.settings.business;
    let notice =
        Notice { business: &business.name, zone: &business.zone, matter: Matter::RunTrouble(trouble) };
    Ok(document::notice(&notice, business.language)?)
}
