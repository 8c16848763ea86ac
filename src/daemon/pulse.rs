//! The pulse: whether the daemon gets on, and what it is at, told to systemd.
//!
//! Nothing beats by itself here. A beat is what follows of a wake-up that the worker has heard, and it is told only if
//! rounds of work get on: they took a step of late, or a run is at work whose lease lasts. So a scheduler that wakes
//! nobody, a worker that hears nothing and a round that hangs between two runs leave systemd without news, and are
//! restarted; a run that works for hours is not. One that hangs is given up by its lease, in this process.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tracing::error;

use super::notify;
use crate::domain::slot::Slot;
use crate::jobs::{self, AtWorkNow, House};

/// How long one step of a round may take that is no run: as long as the shortest lease of one that is.
const PATIENCE: Duration = Duration::from_mins(10);

const LOOK_AGAIN_AFTER: Duration = Duration::from_mins(1);

pub(super) struct Pulse {
    house: Arc<House>,
    seen: Mutex<Seen>,
    /// Whether the scheduler has ticked since the last beat.
    ticked: AtomicBool,
}

struct Seen {
    /// When a round last took a step.
    step: Instant,
    /// The next slot of all, and when a round looked for it.
    next: Option<Slot>,
    looked: Option<Instant>,
    /// What systemd was told last.
    told: String,
    /// For how many beats it has been stuck.
    stuck: u32,
}

impl Pulse {
    pub fn new(house: Arc<House>) -> Self {
        let seen = Seen { step: Instant::now(), next: None, looked: None, told: String::new(), stuck: 0 };
        Self { house, seen: Mutex::new(seen), ticked: AtomicBool::new(true) }
    }

    /// The scheduler has ticked.
    pub fn tick(&self) {
        self.ticked.store(true, Ordering::Relaxed);
    }

    /// A round has begun, or is through with a slot.
    pub fn step(&self) {
        self.seen().step = Instant::now();
    }

    /// Whether a round should look again what comes next: it has come, or somebody may have paused its job since.
    pub fn wants_next(&self) -> bool {
        let now = self.house.now();
        let seen = self.seen();
        let is_new = seen.looked.is_some_and(|looked| looked.elapsed() < LOOK_AGAIN_AFTER);
        !is_new || seen.next.as_ref().is_some_and(|next| next.at <= now)
    }

    /// A round has looked; this comes next.
    pub fn comes_next(&self, next: Option<Slot>) {
        let mut seen = self.seen();
        seen.next = next;
        seen.looked = Some(Instant::now());
    }

    /// The worker has heard a wake-up.
    pub fn beat(&self) {
        let runs = jobs::at_work_now(&self.house);
        let status = self.status();
        let mut seen = self.seen();
        if status != seen.told {
            notify::status(&status);
            seen.told = status;
        }
        if !is_stuck(seen.step.elapsed(), runs) {
            seen.stuck = 0;
            // Whoever wakes in its stead is no sign of the scheduler's life.
            if self.ticked.swap(false, Ordering::Relaxed) {
                notify::alive();
            }
            return;
        }
        seen.stuck = seen.stuck.saturating_add(1);
        // At the first beat after its lease a run may be stuck that is given up before the second.
        if seen.stuck == 2 {
            error!("work does not get on, and no run is at it; systemd is left to restart the daemon");
        }
    }

    /// One line, for example `1 job at work, 1 waiting; next: weekly-sales at 2026-11-23 07:00`.
    pub fn status(&self) -> String {
        let runs = jobs::at_work_now(&self.house);
        let now = self.house.now();
        let mut line = String::new();
        if jobs::store_trouble(&self.house).is_some() {
            line.push_str("the store cannot be written; ");
        }
        line.push_str(&at_work(runs));
        if let Some(next) = &self.seen().next {
            let word = if next.at > now { "next" } else { "due" };
            write!(line, "; {word}: {} at {}", next.job, self.local(next.at)).ok();
        }
        line
    }

    fn local(&self, at: Timestamp) -> String {
        at.to_zoned(self.house.settings.business.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_stuck(since_the_last_step: Duration, runs: AtWorkNow) -> bool {
    runs.working == 0 && since_the_last_step > PATIENCE
}

fn at_work(runs: AtWorkNow) -> String {
    let jobs = |count: usize| format!("{count} job{}", if count == 1 { "" } else { "s" });
    match (runs.working, runs.waiting) {
        (0, 0) => "idle".to_owned(),
        (working, 0) => format!("{} at work", jobs(working)),
        (working, waiting) => format!("{} at work, {waiting} waiting", jobs(working)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_not_stuck_and_a_long_step_is() {
        let idle = AtWorkNow::default();
        let at_work = AtWorkNow { working: 1, waiting: 0 };
        let waiting = AtWorkNow { working: 0, waiting: 1 };
        let hours = Duration::from_hours(5);
        assert!(!is_stuck(hours, at_work));
        assert!(!is_stuck(PATIENCE, idle));
        assert!(is_stuck(hours, idle));
        assert!(is_stuck(hours, waiting), "a turn that nobody has is never given on");
    }

    #[test]
    fn the_status_counts_who_works_and_who_waits() {
        let say = |working, waiting| at_work(AtWorkNow { working, waiting });
        assert_eq!(say(0, 0), "idle");
        assert_eq!(say(1, 0), "1 job at work");
        assert_eq!(say(1, 2), "1 job at work, 2 waiting");
    }
}
