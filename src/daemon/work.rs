//! The worker: woken, it runs every slot that is due, in order, and rings for what it put into the outbox. What it
//! does is synchronous, so it runs off the async workers.
//!
//! One round is under way at a time. A round whose run gives no sign of life for its lease is left to itself, and the
//! next one goes on without it; what the run still writes is refused by its attempt number.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::error;

use super::pulse::Pulse;
use crate::jobs::{self, House, Trigger};
use crate::schedule::ON_TIME;

pub(super) async fn run(
    house: Arc<House>,
    awake: Arc<Notify>,
    pulse: Arc<Pulse>,
    stopping: watch::Receiver<bool>,
) {
    let begin = || {
        let (house, pulse, stop) = (house.clone(), pulse.clone(), stopping.clone());
        spawn_blocking(move || work(&house, &pulse, &|| *stop.borrow()))
    };
    // The last one is the one under way; those before it were given up.
    let mut rounds: Vec<JoinHandle<()>> = Vec::new();
    // A look for stuck runs may have to wait for the store, which a long run holds; wake-ups are heard meanwhile.
    let mut look: Option<JoinHandle<bool>> = None;
    let mut stopped = stopping.clone();
    loop {
        tokio::select! {
            () = awake.notified() => {
                rounds.retain(|round| !round.is_finished());
                if rounds.is_empty() {
                    rounds.push(begin());
                } else if look.is_none() {
                    look = Some(spawn_blocking({ let house = house.clone(); move || gave_up(&house) }));
                }
                pulse.beat();
            }
            given_up = seen(&mut look) => if given_up {
                rounds.push(begin());
            },
            _ = stopped.wait_for(|&stop| stop) => break,
        }
    }
    for round in rounds {
        // A panic has been logged where it happened.
        let _ = round.await;
    }
}

/// What the look has seen, once it has.
async fn seen(look: &mut Option<JoinHandle<bool>>) -> bool {
    let Some(looking) = look else { return pending().await };
    let given_up = looking.await.unwrap_or(false);
    *look = None;
    given_up
}

/// Whether a run that the ledger holds as running was given up, so that its round is nobody's to wait for.
fn gave_up(house: &House) -> bool {
    match jobs::rescue(house) {
        Ok(given_up) => given_up > 0,
        Err(error) => {
            error!(error = %format!("{:#}", anyhow::Error::from(error)), "failed to look for stuck runs");
            false
        }
    }
}

/// One round. A slot that cannot be run does not keep the others from theirs.
fn work(house: &House, pulse: &Pulse, stopped: &dyn Fn() -> bool) {
    pulse.step();
    if !jobs::store_works(house) {
        return;
    }
    let planned = jobs::rescue(house).and_then(|_| jobs::plan_and_record(house, house.now()));
    let slots = match planned {
        Ok(slots) => slots,
        Err(error) => return jobs::store_failed(house, error),
    };
    if pulse.wants_next() {
        match jobs::comes_next(house, house.now()) {
            Ok(next) => pulse.comes_next(next),
            Err(error) => return jobs::store_failed(house, error),
        }
    }
    for slot in slots {
        pulse.step();
        if stopped() {
            return;
        }
        let Some(job) = house.settings.job(&slot.job) else { continue };
        let today = slot.at.to_zoned(house.settings.business.zone.clone()).date();
        let period = job.period.map(|kind| kind.last_complete(today));
        let missed = house.now().duration_since(slot.at) > ON_TIME;
        let trigger = if missed { Trigger::CatchUp } else { Trigger::Schedule };
        match jobs::run_slot(house, job, slot, trigger, period) {
            Ok(_) => jobs::give_back_memory(),
            Err(error) if error.is_fenced() => {
                error!(job = %job.name, error = %error, "a run that was given up has come back");
                return;
            }
            Err(error) => return jobs::store_failed(house, error),
        }
    }
    pulse.step();
    jobs::store_recovered(house);
    jobs::tell_due(house);
    house.ring_for_mail();
}
