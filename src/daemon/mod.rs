//! The daemon: wakes, works, answers the control socket, and stops cleanly.
//!
//! tokio-cron-scheduler only wakes us; what is due is decided by the planner, and remembered by the run
//! ledger. One worker runs slots in their order; mail goes out beside it, so that a silent relay stalls no job.
//! Deliberately absent: any decision about what a job does.

mod journal;
mod logging;
mod memory;
mod notify;
mod post;
mod pulse;
mod wake;
mod work;

use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::api;
use crate::jobs::House;
use pulse::Pulse;
use wake::Waker;

pub use logging::{keep_panics_quiet, start as start_logging};
pub use memory::keep_memory_private;

/// How long the work under way may go on after SIGTERM. What is cut off then is rescued at the next start.
const GRACE: Duration = Duration::from_secs(8);

/// Serves until SIGTERM or SIGINT, at the socket that was `handed_over` ([`api::handed_over`]) or at one of its own.
///
/// # Errors
/// When the socket, the scheduler or the ledger cannot be opened.
pub async fn serve(house: Arc<House>, handed_over: Option<UnixListener>) -> anyhow::Result<()> {
    let socket = house.settings.store.socket.clone();
    // Systemd's socket outlives us: who knocks while no daemon runs waits for the next.
    let is_ours = handed_over.is_none();
    let listener = api::listen(&socket, handed_over)?;
    let (stop, stopping) = watch::channel(false);
    let awake = Arc::new(Notify::new());

    let postman = tokio::spawn(post::run(house.clone(), stopping.clone()));
    // All timers are those of the one async worker.
    tokio::spawn(async { wake::may_be_late() });
    let pulse = Arc::new(Pulse::new(house.clone()));
    let (ticking, waking, rung) = (pulse.clone(), awake.clone(), house.clone());
    let wake = move || {
        waking.notify_one();
        rung.ring_for_mail();
    };
    let waker = Waker::start(move || ticking.tick(), wake).await?;
    let worker = tokio::spawn(work::run(house.clone(), awake.clone(), pulse.clone(), stopping.clone()));
    let mut heard = stopping.clone();
    let server = tokio::spawn(api::serve(listener, house.clone(), async move {
        let _ = heard.wait_for(|&stop| stop).await;
    }));
    let scraped = scraped(&house, stopping.clone()).await;
    awake.notify_one();
    notify::ready(&pulse.status());
    info!(socket = %socket.display(), jobs = house.settings.jobs.len(), "ready");

    wait_for_signal().await?;
    info!("stopping");
    notify::stopping();
    let _ = stop.send(true);
    waker.stop().await?;
    let finished = tokio::time::timeout(GRACE, async {
        let _ = worker.await;
        let _ = postman.await;
        let _ = server.await;
        if let Some(scraped) = scraped {
            let _ = scraped.await;
        }
    });
    if finished.await.is_err() {
        warn!("work is still under way; it is left to the next start");
    }
    if is_ours && let Err(error) = std::fs::remove_file(&socket) {
        warn!(%error, "failed to remove the control socket");
    }
    info!("stopped");
    Ok(())
}

/// Tells metrics at the configured port. One that is not to be had keeps nobody from watching: whoever scrapes it notices.
async fn scraped(house: &Arc<House>, mut stopping: watch::Receiver<bool>) -> Option<JoinHandle<()>> {
    let address = house.settings.metrics.listen?;
    let listener = match api::bind_port(address).await {
        Ok(listener) => listener,
        Err(error) => {
            error!(%address, %error, "metrics cannot be told at this port; free it, or name another in [metrics]");
            return None;
        }
    };
    info!(%address, "metrics are told at /metrics");
    let house = house.clone();
    Some(tokio::spawn(async move {
        let stopped = async move {
            let _ = stopping.wait_for(|&stop| stop).await;
        };
        if let Err(error) = api::serve_port(listener, house, stopped).await {
            error!(%address, %error, "metrics are no longer told at this port");
        }
    }))
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
