//! The one reader of the clocks. Everybody else takes `now` as a parameter.

use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Tells the present instant, and how time passes.
pub trait Clock: Send + Sync {
    /// The wall clock: it may be put forward or back between two looks.
    fn now(&self) -> Timestamp;

    /// Time passed since some instant of this process. Never goes back, whatever is done to the wall clock; for
    /// measuring how long something has taken.
    fn elapsed(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one reader of the wall clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that stands until it is set: for the demo's made-up shop and for tests.
#[derive(Debug)]
pub struct SetClock(Mutex<(Timestamp, Duration)>);

impl SetClock {
    pub fn new(at: Timestamp) -> Self {
        Self(Mutex::new((at, Duration::ZERO)))
    }

    /// Sets the wall clock, forward or back; no time passes.
    pub fn set(&self, at: Timestamp) {
        self.hands().0 = at;
    }

    /// Lets time pass, on the wall clock too.
    pub fn pass(&self, time: Duration) {
        let mut hands = self.hands();
        hands.1 += time;
        hands.0 += time;
    }

    fn hands(&self) -> MutexGuard<'_, (Timestamp, Duration)> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.hands().0
    }

    fn elapsed(&self) -> Duration {
        self.hands().1
    }
}
