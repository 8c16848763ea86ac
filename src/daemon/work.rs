//! The worker: woken, it runs every slot that is due, in order, and rings for what it put into the outbox. What it
//! does is synchronous, so it runs off the async workers.
//!
//! One round is under way at a time. A round whose run gives no sign of life for its lease is left to itself, and the
//! next one goes on without it; what the run still writes is refused by its attempt number.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::error;

use crate::jobs::{self, House, Trigger};
use crate::schedule::ON_TIME;

pub(super) async fn run(house: Arc<House>, awake: Arc<Notify>, mut stopping: watch::Receiver<bool>) {
    // The last one is the one under way; those before it were given up.
    let mut rounds: Vec<JoinHandle<()>> = Vec::new();
    loop {
        tokio::select! {
            _ = awake.notified() => {}
            _ = stopping.wait_for(|&stop| stop) => break,
        }
        rounds.retain(|round| !round.is_finished());
        if !rounds.is_empty() && !gave_up(&house).await {
            continue;
        }
        let (house, stop) = (house.clone(), stopping.clone());
        rounds.push(tokio::task::spawn_blocking(move || work(&house, &|| *stop.borrow())));
    }
    for round in rounds {
        // A panic has been logged where it happened.
        let _ = round.await;
    }
}

/// Whether a run that the ledger holds as running was given up, so that its round is nobody's to wait for.
async fn gave_up(house: &Arc<House>) -> bool {
    let house = house.clone();
    match tokio::task::spawn_blocking(move || jobs::rescue(&house)).await {
        Ok(Ok(given_up)) => given_up > 0,
        Ok(Err(error)) => {
            error!(error = %format!("{:#}", anyhow::Error::from(error)), "failed to look for stuck runs");
            false
        }
        Err(_) => false,
    }
}

/// One round. A slot that cannot be run does not keep the others from theirs.
fn work(house: &House, stopped: &dyn Fn() -> bool) {
    if !jobs::store_works(house) {
        return;
    }
    let planned = jobs::rescue(house).and_then(|_| jobs::plan_and_record(house, house.now()));
    let slots = match planned {
        Ok(slots) => slots,
        Err(error) => return jobs::store_failed(house, error),
    };
    for slot in slots {
        if stopped() {
            return;
        }
        let Some(job) = house.settings.job(&slot.job) else { continue };
        let today = slot.at.to_zoned(house.settings.business.zone.clone()).date();
        let period = job.period.map(|kind| kind.last_complete(today));
        let missed = house.now().duration_since(slot.at) > ON_TIME;
        let trigger = if missed { Trigger::CatchUp } else { Trigger::Schedule };
        match jobs::run_slot(house, job, slot, trigger, period) {
            Ok(_) => {}
            Err(error) if error.is_fenced() => {
                error!(job = %job.name, error = %error, "a run that was given up has come back");
                return;
            }
            Err(error) => return jobs::store_failed(house, error),
        }
    }
    jobs::store_recovered(house);
    jobs::tell_due(house);
    house.ring_for_mail();
}
