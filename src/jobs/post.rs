//! The post room: one courier at a time, and what one courier hands on to the next.
//!
//! Whoever delivers takes a turn. The book goes with it, and comes back when the turn ends, by a panic too, so that
//! nothing is poisoned. A daemon hires a postman, a task of its own that a bell wakes; who has hired none delivers
//! by himself.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::ids::OutboxId;
use crate::mail::Delivery;
use crate::store::OutboxItem;

#[derive(Default)]
pub(super) struct Post {
    desk: Mutex<Desk>,
    changed: Condvar,
    bell: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

struct Desk {
    /// `None` while a courier has it.
    book: Option<Book>,
    /// Turns begun, and the last that ended.
    begun: u64,
    ended: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Self { book: Some(Book::default()), begun: 0, ended: 0 }
    }
}

/// What is known of the mail and stands not, or not yet, in the store. It lasts as long as the process.
#[derive(Default)]
pub(super) struct Book {
    /// Fates that are known and not on the disk yet: while it is full, the row says less than we know.
    pub unwritten: Vec<(OutboxItem, Delivery)>,
    /// Held messages, with the number of their interruptions, that administrators were told of.
    pub told: BTreeSet<(OutboxId, u64)>,
    /// Rounds in a row that found no relay.
    pub outage: u32,
    handed_over: VecDeque<Timestamp>,
}

impl Book {
    /// Whether one more message may go out now, with at most `limit` within a minute.
    pub fn may_hand_over(&mut self, limit: u32, now: Timestamp) -> bool {
        // What lies in the future was written before the clock was set back.
        self.handed_over.retain(|&at| at <= now && now < at + SignedDuration::from_mins(1));
        self.handed_over.len() < limit as usize
    }

    pub fn hand_over(&mut self, now: Timestamp) {
        self.handed_over.push_back(now);
    }
}

/// The one courier's turn.
pub(super) struct Turn<'a> {
    post: &'a Post,
    number: u64,
    pub book: Book,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut desk = self.post.desk();
        desk.book = Some(std::mem::take(&mut self.book));
        desk.ended = self.number;
        self.post.changed.notify_all();
    }
}

impl Post {
    /// `None` when another courier is at work for longer than that.
    pub fn take_turn(&self, patience: Duration) -> Option<Turn<'_>> {
        let waited = self.changed.wait_timeout_while(self.desk(), patience, |desk| desk.book.is_none());
        let (mut desk, _) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        let book = desk.book.take()?;
        desk.begun += 1;
        Some(Turn { post: self, number: desk.begun, book })
    }

    /// From now on a postman delivers, woken by this bell. There is one at most.
    pub fn hire(&self, bell: impl Fn() + Send + Sync + 'static) {
        // A second postman would find the first one's turn taken, and does no harm.
        let _ = self.bell.set(Box::new(bell));
    }

    /// Wakes the postman; `false` when there is none.
    pub fn ring(&self) -> bool {
        self.bell.get().map(|bell| bell()).is_some()
    }

    /// Wakes the postman and waits until a turn that began after that has ended, or patience has; `false` when
    /// there is no postman.
    pub fn ring_and_wait(&self, patience: Duration) -> bool {
        let next = self.desk().begun + 1;
        if !self.ring() {
            return false;
        }
        let _ = self.changed.wait_timeout_while(self.desk(), patience, |desk| desk.ended < next);
        true
    }

    /// Nothing panics while it is held, and nothing in it can be half-done.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
    use std::sync::Arc;
    use std::sync::mpsc;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[test]
    fn there_is_one_courier_at_a_time_and_a_panic_gives_the_book_back() {
        let post = Post::default();
        let mut turn = post.take_turn(SHORT).unwrap();
        turn.book.outage = 3;
        assert!(post.take_turn(SHORT).is_none());
        drop(turn);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut turn = post.take_turn(SHORT).unwrap();
            turn.book.outage += 1;
            resume_unwind(Box::new("in the middle"));
        }));
        assert!(panicked.is_err());
        assert_eq!(post.take_turn(SHORT).unwrap().book.outage, 4);
    }

    #[test]
    fn a_ring_is_answered_by_a_turn_that_began_after_it_or_by_patience() {
        let post = Arc::new(Post::default());
        assert!(!post.ring_and_wait(Duration::from_secs(60)), "nobody is hired");
        let (bell, rung) = mpsc::channel();
        post.hire(move || bell.send(()).unwrap());
        let busy = post.take_turn(SHORT).unwrap();
        assert!(post.ring_and_wait(SHORT), "the courier at work is silent, and patience ends");
        rung.recv().unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| post.ring_and_wait(Duration::from_secs(60)));
            rung.recv().unwrap();
            drop(busy);
            drop(post.take_turn(SHORT).unwrap());
            assert!(waiting.join().unwrap());
        });
    }

    #[test]
    fn a_minute_has_room_for_so_many() {
        let mut book = Book::default();
        let at = |second: i64| Timestamp::from_second(1_000_000 + second).unwrap();
        for second in [0, 30] {
            assert!(book.may_hand_over(2, at(second)));
            book.hand_over(at(second));
        }
        assert!(!book.may_hand_over(2, at(59)));
        assert!(book.may_hand_over(2, at(60)));
        book.hand_over(at(60));
        assert!(!book.may_hand_over(2, at(89)));
        assert!(book.may_hand_over(2, at(29)), "the clock was set back");
    }
}
