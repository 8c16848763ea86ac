//! The wake-up: every five seconds, on the dial's multiples of five. It says only that time has passed; a wake-up too
//! many, too few or too late changes nothing, for the planner looks at the ledger and the clock.
//!
//! It sleeps by the clock that never goes back, so that a wall clock which is set back silences nobody for longer than
//! that; and it wakes nobody in between, for an idle daemon should let the machine sleep.

use std::time::Duration;

use tokio::sync::watch;

use crate::domain::clock::{Clock, SystemClock};

const EVERY: i64 = 5_000;

/// Wakes until it is told to stop; for the first time at once.
pub(super) async fn run(wake: impl Fn(), mut stopping: watch::Receiver<bool>) {
    loop {
        wake();
        let past = SystemClock.now().as_millisecond().rem_euclid(EVERY);
        let rest = Duration::from_millis((EVERY - past).unsigned_abs());
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stopping.wait_for(|&stop| stop) => return,
        }
    }
}
