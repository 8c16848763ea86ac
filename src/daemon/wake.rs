//! The wake-up: one cron tick every five seconds. It says only that time has passed; a tick too many,
//! too few or too late changes nothing, for the planner looks at the ledger and the clock.
//!
//! The scheduler looks twice a second whether its tick is due, for which it has no setting. An idle daemon should let the
//! machine sleep, so the kernel may put such a look off. And it reckons by the wall clock: set back by an hour, that clock
//! would silence it for as long. A second timer, by the clock that never goes back, wakes in its stead then; under systemd
//! the watchdog misses the ticks, and starts the daemon anew.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::task::JoinHandle;
use tokio_cron_scheduler::{Job, JobScheduler};
use tracing::warn;

const TICK: &str = "*/5 * * * * *";

/// How late a timer may be.
const SLACK: Duration = Duration::from_secs(2);

/// How long no tick may come before somebody else wakes; below the watchdog's patience.
const SILENCE: Duration = Duration::from_secs(15);

pub(super) struct Waker {
    scheduler: JobScheduler,
    stand_in: JoinHandle<()>,
}

impl Waker {
    /// Calls `wake` whenever time has passed, and before that `tick` where it is the scheduler that says so.
    ///
    /// # Errors
    /// When the scheduler cannot be started.
    pub async fn start(
        tick: impl Fn() + Send + Sync + 'static,
        wake: impl Fn() + Clone + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let ticked = Arc::new(Mutex::new(Instant::now()));
        let stand_in = tokio::spawn(stand_in(ticked.clone(), wake.clone()));
        let scheduler = JobScheduler::new().await.context("failed to create the scheduler")?;
        let at_tick = move |_, _: JobScheduler| {
            *ticked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            tick();
            wake();
        };
        let tick = Job::new(TICK, at_tick).context("failed to create the tick")?;
        scheduler.add(tick).await.context("failed to add the tick")?;
        scheduler.start().await.context("failed to start the scheduler")?;
        Ok(Self { scheduler, stand_in })
    }

    /// # Errors
    /// When the scheduler cannot be stopped.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stand_in.abort();
        self.scheduler.shutdown().await.context("failed to stop the scheduler")
    }
}

async fn stand_in(ticked: Arc<Mutex<Instant>>, wake: impl Fn()) {
    let mut is_silent = false;
    loop {
        tokio::time::sleep(SILENCE).await;
        let silence = ticked.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        if silence < SILENCE {
            is_silent = false;
            continue;
        }
        if !is_silent {
            warn!(
                "the scheduler does not tick, as after a clock that was set back; another timer wakes meanwhile"
            );
        }
        is_silent = true;
        wake();
    }
}

/// Lets the timers of the calling thread be late, so that the kernel wakes it more seldom.
pub(super) fn may_be_late() {
    if let Err(error) = nix::sys::prctl::set_timerslack(SLACK.as_nanos() as u64) {
        warn!(%error, "timers cannot be made lazy; an idle daemon wakes up more often than it needs to");
    }
}
