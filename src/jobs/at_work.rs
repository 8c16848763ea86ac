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
    places: Mutex<Places>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Places {
    held: Vec<Held>,
    /// How many are between the row of a run and its place.
    claiming: usize,
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

/// How many of this process's runs have the turn, and signs of life of late, and how many wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtWorkNow {
    pub working: usize,
    pub waiting: usize,
}

/// A claimed run's place, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    at_work: Arc<AtWork>,
    run: RunId,
    attempt: u32,
}

/// Somebody who writes a run's row and will take its place. No lock is held meanwhile, for the store may be slow.
pub(super) struct Claiming<'a>(&'a Arc<AtWork>);

impl AtWork {
    /// Until this is dropped, no run counts as left.
    pub fn claim(self: &Arc<Self>) -> Claiming<'_> {
        self.locked().claiming += 1;
        Claiming(self)
    }

    /// Takes their places from those whose lease is over at `elapsed`.
    pub fn give_up_stuck(&self, elapsed: Duration) -> Vec<RunId> {
        let is_stuck =
            |held: &Held| held.alive.is_some_and(|alive| elapsed.saturating_sub(alive) > held.lease);
        let mut places = self.locked();
        let stuck = places.held.iter().filter(|held| is_stuck(held)).map(|held| held.run).collect();
        places.held.retain(|held| !is_stuck(held));
        self.changed.notify_all();
        stuck
    }

    /// Who is at work at `elapsed`. One whose lease is over counts no more, though nobody may have noticed yet.
    pub fn now(&self, elapsed: Duration) -> AtWorkNow {
        let places = self.locked();
        let lasts = |held: &Held, alive: Duration| elapsed.saturating_sub(alive) <= held.lease;
        AtWorkNow {
            working: places
                .held
                .iter()
                .filter(|held| held.alive.is_some_and(|alive| lasts(held, alive)))
                .count(),
            waiting: places.held.iter().filter(|held| held.alive.is_none()).count(),
        }
    }

    /// Whether nobody works on a run that the ledger has just said is running.
    pub fn is_left(&self, run: RunId, attempt: u32) -> bool {
        let places = self.locked();
        places.claiming == 0 && !places.held.iter().any(|held| held.run == run && held.attempt == attempt)
    }

    /// Waits until the run has ended, or was given up.
    pub fn wait_for(&self, run: RunId) {
        let mut places = self.locked();
        while places.claiming > 0 || places.held.iter().any(|held| held.run == run) {
            places = self.wait(places);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&'a self, places: MutexGuard<'a, Places>) -> MutexGuard<'a, Places> {
        self.changed.wait_timeout(places, LOOK).unwrap_or_else(|poisoned| poisoned.into_inner()).0
    }
}

impl Claiming<'_> {
    pub fn enter(self, run: RunId, attempt: u32, lease: Duration) -> Place {
        self.0.locked().held.push(Held { run, attempt, lease, alive: None });
        Place { at_work: self.0.clone(), run, attempt }
    }
}

impl Drop for Claiming<'_> {
    fn drop(&mut self) {
        self.0.locked().claiming -= 1;
        self.0.changed.notify_all();
    }
}

impl Place {
    /// Waits for the turn. `false`: the place was lost while waiting.
    pub fn take_turn(&self, elapsed: &dyn Fn() -> Duration) -> bool {
        let mut places = self.at_work.locked();
        loop {
            if !places.held.iter().any(|held| self.is(held)) {
                return false;
            }
            if places.held.iter().all(|held| held.alive.is_none()) {
                break;
            }
            places = self.at_work.wait(places);
        }
        self.mark_alive(&mut places, elapsed());
        true
    }

    /// The lease begins anew.
    pub fn sign_of_life(&self, elapsed: Duration) {
        self.mark_alive(&mut self.at_work.locked(), elapsed);
    }

    fn mark_alive(&self, places: &mut Places, elapsed: Duration) {
        if let Some(place) = places.held.iter_mut().find(|held| self.is(held)) {
            place.alive = Some(elapsed);
        }
    }

    fn is(&self, held: &Held) -> bool {
        held.run == self.run && held.attempt == self.attempt
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.at_work.locked().held.retain(|held| !self.is(held));
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
        let first = at_work.claim().enter(RunId(1), 1, LEASE);
        let second = at_work.claim().enter(RunId(2), 1, LEASE);
        assert!(first.take_turn(&|| seconds(0)));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| second.take_turn(&|| seconds(0)));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waiting.is_finished());
            drop(first);
            assert!(waiting.join().unwrap());
        });
        assert!(!at_work.is_left(RunId(2), 1));
        drop(second);
        at_work.wait_for(RunId(2));
    }

    #[test]
    fn a_lease_lasts_as_long_as_there_are_signs_of_life() {
        let at_work = Arc::new(AtWork::default());
        let stuck = at_work.claim().enter(RunId(1), 1, LEASE);
        let waiting = at_work.claim().enter(RunId(2), 1, LEASE);
        assert!(stuck.take_turn(&|| seconds(0)));
        assert_eq!(at_work.give_up_stuck(seconds(60)), []);
        stuck.sign_of_life(seconds(60));
        assert_eq!(at_work.give_up_stuck(seconds(120)), []);
        assert_eq!(at_work.now(seconds(120)), AtWorkNow { working: 1, waiting: 1 });
        assert_eq!(at_work.now(seconds(121)), AtWorkNow { working: 0, waiting: 1 });
        assert_eq!(at_work.give_up_stuck(seconds(121)), [RunId(1)], "waiting costs no lease");
        // What it does from now on changes nothing, even when the next attempt is at work.
        let again = at_work.claim().enter(RunId(1), 2, LEASE);
        stuck.sign_of_life(seconds(121));
        assert!(!stuck.take_turn(&|| seconds(121)));
        drop(stuck);
        assert!(!at_work.is_left(RunId(1), 2) && at_work.is_left(RunId(1), 1));
        assert!(waiting.take_turn(&|| seconds(121)));
        drop((again, waiting));
    }
}
