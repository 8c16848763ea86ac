//! The worker: woken, it runs every slot that is due, in order, and rings for what it put into the outbox. What it
//! does is synchronous, so it runs off the async workers.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tracing::error;

use crate::jobs::{self, House, Trigger};

pub(super) async fn run(house: Arc<House>, awake: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = awake.notified() => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
        let (house, stop) = (house.clone(), stopping.clone());
        let round = tokio::task::spawn_blocking(move || work(&house, &|| *stop.borrow()));
        // The error itself would repeat what the panic said, which may quote a text (see `logging`).
        if round.await.is_err() {
            error!("a round of work panicked; the next one goes on");
        }
    }
}

/// One round. A slot that cannot be planned or run does not keep the others from theirs.
fn work(house: &House, stopped: &dyn Fn() -> bool) {
    let slots = jobs::plan_and_record(house, house.now()).unwrap_or_else(|error| {
        error!(error = %format!("{:#}", anyhow::Error::from(error)), "failed to plan");
        Vec::new()
    });
    for slot in slots {
        if stopped() {
            return;
        }
        let Some(job) = house.settings.job(&slot.job) else { continue };
        let today = slot.at.to_zoned(house.settings.business.zone.clone()).date();
        let period = job.period.map(|kind| kind.last_complete(today));
        if let Err(error) = jobs::run_slot(house, job, slot, Trigger::Schedule, period) {
            error!(error = %format!("{:#}", anyhow::Error::from(error)), job = %job.name, "failed to record a run");
        }
    }
    house.ring_for_mail();
}
