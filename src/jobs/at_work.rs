//! Who is at work: the runs that this process has claimed, one of which has the turn.
//!
//! One run works at a time: jobs are short, and the next one sees what the last one wrote. A run that has the turn
//! and gives no sign of life for the length of its lease loses both turn and place; its attempt number, which is
//! asked for at each of its writes, then keeps out what it might still do. Leases are measured by the clock that never
//! goes back, so a wall clock that is put forward ends none; and they need not outlive the process, for the store has
//! one process, which at its start gives up all that another left running.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::domain::ids::RunId;

/// How often a waiting run looks by itself whether it may begin.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct AtWork {
    places: Mutex<Vec<Held>>,
    changed: Condvar,
}

/// A claimed run.
#[derive(Debug)]
struct Held {
    run: RunId,
    attempt: u32,
    lease: Duration,
    /// When it last gave a sign of life; `None` while it waits for its turn.
    alive: Option<Duration>,
}

/// A claimed run's place, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    at_work: Arc<AtWork>,
    run: RunId,
    attempt: u32,
}

/// The places while nobody else can take or lose one.
pub(super) struct Places<'a> {
    at_work: &'a Arc<AtWork>,
    held: MutexGuard<'a, Vec<Held>>,
}

impl AtWork {
    pub fn places(self: &Arc<Self>) -> Places<'_> {
        Places { at_work: self, held: self.locked() }
    }

    /// Waits until the run has ended, or was given up.
    pub fn wait_for(&self, run: RunId) {
        let mut held = self.locked();
        while held.iter().any(|held| held.run == run) {
            held = self.wait(held);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Held>> {
        self.places.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&'a self, held: MutexGuard<'a, Vec<Held>>) -> MutexGuard<'a, Vec<Held>> {
        self.changed.wait_timeout(held, LOOK).unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }
}

impl Places<'_> {
    pub fn enter(&mut self, run: RunId, attempt: u32, lease: Duration) -> Place {
        self.held.push(Held { run, attempt, lease, alive: None });
        Place { at_work: self.at_work.clone(), run, attempt }
    }

    pub fn holds(&self, run: RunId, attempt: u32) -> bool {
        self.held.iter().any(|held| held.run == run && held.attempt == attempt)
    }

    /// Takes their places from those whose lease is over at `elapsed`.
    pub fn give_up_stuck(&mut self, elapsed: Duration) -> Vec<RunId> {
        let is_stuck =
            |held: &Held| held.alive.is_some_and(|alive| elapsed.saturating_sub(alive) > held.lease);
        let stuck = self.held.iter().filter(|held| is_stuck(held)).map(|held| held.run).collect();
        self.held.retain(|held| !is_stuck(held));
        self.at_work.changed.notify_all();
        stuck
    }
}

impl Place {
    /// Waits for the turn. `false`: the place was lost while waiting.
    pub fn take_turn(&self, elapsed: &dyn Fn() -> Duration) -> bool {
        let mut held = self.at_work.locked();
        loop {
            if !self.is_in(&held) {
                return false;
            }
            if held.iter().all(|held| held.alive.is_none()) {
                break;
            }
            held = self.at_work.wait(held);
        }
        self.mark_alive(&mut held, elapsed());
        true
    }

    /// The lease begins anew.
    pub fn sign_of_life(&self, elapsed: Duration) {
        self.mark_alive(&mut self.at_work.locked(), elapsed);
    }

    fn mark_alive(&self, held: &mut [Held], elapsed: Duration) {
        if let Some(place) = held.iter_mut().find(|held| self.is(held)) {
            place.alive = Some(elapsed);
        }
    }

    fn is_in(&self, held: &[Held]) -> bool {
        held.iter().any(|held| self.is(held))
    }

    fn is(&self, held: &Held) -> bool {
        held.run == self.run && held.attempt == self.attempt
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.at_work.locked().retain(|held| !self.is(held));
        self.at_work.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn one_has_the_turn_and_the_next_waits_for_its_end() {
        let at_work = Arc::new(AtWork::default());
        let first = at_work.places().enter(RunId(1), 1, LEASE);
        let second = at_work.places().enter(RunId(2), 1, LEASE);
        assert!(first.take_turn(&|| seconds(0)));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| second.take_turn(&|| seconds(0)));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waiting.is_finished());
            drop(first);
            assert!(waiting.join().unwrap());
        });
        assert!(at_work.places().holds(RunId(2), 1));
        drop(second);
        at_work.wait_for(RunId(2));
    }

    #[test]
    fn a_lease_lasts_as_long_as_there_are_signs_of_life() {
        let at_work = Arc::new(AtWork::default());
        let stuck = at_work.places().enter(RunId(1), 1, LEASE);
        let waiting = at_work.places().enter(RunId(2), 1, LEASE);
        assert!(stuck.take_turn(&|| seconds(0)));
        assert_eq!(at_work.places().give_up_stuck(seconds(60)), []);
        stuck.sign_of_life(seconds(60));
        assert_eq!(at_work.places().give_up_stuck(seconds(120)), []);
        assert_eq!(at_work.places().give_up_stuck(seconds(121)), [RunId(1)], "waiting costs no lease");
        // What it does from now on changes nothing, even when the next attempt is at work.
        let again = at_work.places().enter(RunId(1), 2, LEASE);
        stuck.sign_of_life(seconds(121));
        assert!(!stuck.take_turn(&|| seconds(121)));
        drop(stuck);
        assert!(at_work.places().holds(RunId(1), 2));
        assert!(waiting.take_turn(&|| seconds(121)));
        drop((again, waiting));
    }
}
