//! Who gets what: the addresses of a job, and notices to the administrators.

use jiff::Timestamp;

use super::deliver_mail::Dispatch;
use super::house::House;
use crate::document::{self, Matter, Notice, RunTrouble};
use crate::settings::JobSpec;

/// The job's addresses, each once.
pub fn of_job(house: &House, job: &JobSpec) -> Vec<String> {
    house.settings.recipients_of(&job.recipients)
}

/// Enqueues one notice a problem: `purpose` names the problem, and a problem that was told before is not
/// told again.
pub fn tell_administrators(
    house: &House,
    purpose: &str,
    trouble: RunTrouble<'_>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let business = &house.settings.business;
    let notice =
        Notice { business: &business.name, zone: &business.zone, matter: Matter::RunTrouble(trouble) };
    let rendered = document::notice(&notice, business.language)?;
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
