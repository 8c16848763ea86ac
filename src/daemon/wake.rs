//! The wake-up: one cron tick every five seconds. It says only that time has passed; a tick too many,
//! too few or too late changes nothing, for the planner looks at the ledger and the clock.

use anyhow::Context;
use tokio_cron_scheduler::{Job, JobScheduler};

const TICK: &str = "*/5 * * * * *";

pub(super) async fn start(wake: impl FnMut() + Send + Sync + 'static) -> anyhow::Result<JobScheduler> {
    let scheduler = JobScheduler::new().await.context("failed to create the scheduler")?;
    let mut wake = wake;
    let tick = Job::new(TICK, move |_, _| wake()).context("failed to create the tick")?;
    scheduler.add(tick).await.context("failed to add the tick")?;
    scheduler.start().await.context("failed to start the scheduler")?;
    Ok(scheduler)
}
