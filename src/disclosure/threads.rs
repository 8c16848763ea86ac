//! The same work with several things at once, by a number of threads that no machine decides.

use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

/// How many at a time.
pub(super) const ABREAST: usize = 2;

/// Does the same with each thing, in a thread of its own; what comes of them in their order.
pub(super) fn side_by_side<A: Send, B: Send>(things: Vec<A>, work: impl Fn(A) -> B + Sync) -> Vec<B> {
    let work = &work;
    thread::scope(|scope| {
        let begun: Vec<_> = things.into_iter().map(|thing| scope.spawn(move || work(thing))).collect();
        let done = |begun: ScopedJoinHandle<'_, B>| begun.join().unwrap_or_else(|panic| resume_unwind(panic));
        begun.into_iter().map(done).collect()
    })
}
