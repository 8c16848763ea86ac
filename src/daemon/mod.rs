//! The daemon: wakes, works, answers the control socket, and stops cleanly.
//!
//! A timer only wakes us; what is due is decided by the planner, and remembered by the run
//! ledger. One worker runs slots in their order; mail goes out beside it, so that a silent relay stalls no job.
//! Deliberately absent: any decision about what a job does.

mod logging;
mod memory;
mod notify;
mod post;
mod wake;
mod work;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tracing::{info, warn};

use crate::api;
use crate::jobs::House;

pub use logging::{keep_panics_quiet, start as start_logging};
pub use memory::keep_memory_private;

/// How long the work under way may go on after SIGTERM. What is cut off then is rescued at the next start.
const GRACE: Duration = Duration::from_secs(8);

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When the socket or the ledger cannot be opened.
pub async fn serve(house: Arc<House>) -> anyhow::Result<()> {
    let socket = house.settings.store.socket.clone();
    let listener = api::bind(&socket)?;
    let (stop, stopping) = watch::channel(false);
    let awake = Arc::new(Notify::new());

    let postman = tokio::spawn(post::run(house.clone(), stopping.clone()));
    let (tick, at_tick) = (awake.clone(), house.clone());
    let wake = move || {
        tick.notify_one();
        at_tick.ring_for_mail();
    };
    let waker = tokio::spawn(wake::run(wake, stopping.clone()));
    let worker = tokio::spawn(work::run(house.clone(), awake.clone(), stopping.clone()));
    let mut heard = stopping.clone();
    let server = tokio::spawn(api::serve(listener, house.clone(), async move {
        let _ = heard.wait_for(|&stop| stop).await;
    }));
    notify::ready(&format!("{} jobs planned", house.settings.jobs.len()));
    info!(socket = %socket.display(), jobs = house.settings.jobs.len(), "ready");

    wait_for_signal().await?;
    info!("stopping");
    notify::stopping();
    let _ = stop.send(true);
    let finished = tokio::time::timeout(GRACE, async {
        let _ = waker.await;
        let _ = worker.await;
        let _ = postman.await;
        let _ = server.await;
    });
    if finished.await.is_err() {
        warn!("work is still under way; it is left to the next start");
    }
    if let Err(error) = std::fs::remove_file(&socket) {
        warn!(%error, "failed to remove the control socket");
    }
    info!("stopped");
    Ok(())
}

async fn wait_for_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
