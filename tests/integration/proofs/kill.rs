//! SIGKILL at every point of a cycle, and at random moments: nothing is lost, nothing is done twice, and a mail that came
//! twice is on record as ambiguous.

use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::calls::Kind;
use super::cycle::{Case, Figures, Template};
use super::full;
use super::tracer::{Ended, Verdict};

/// Cycles that run at a time.
const WORKERS: usize = 2;
const SEED: u64 = 0x6669_7273_7477_6174;

#[derive(Clone, Debug)]
enum Cut {
    /// At the entry of this call that changes something, counted from one.
    Point(usize),
    /// After these delays, one life after the other.
    Random(Vec<Duration>),
}

#[derive(Default)]
struct Tally {
    points: usize,
    random: usize,
    /// The cycle had fewer calls that time.
    not_reached: usize,
    figures: Figures,
    broken: Vec<String>,
}

#[test]
fn killed_anywhere_it_loses_nothing_and_doubles_nothing() {
    let template = Template::prepare();
    let folder = template.folder();
    let (words, whole) = rehearse(&Case::new(&folder));
    let cuts = cuts(&words, whole);
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(cut) = cuts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    suffer(&Case::new(&folder), cut, &tally);
                }
            });
        }
    });
    let Tally { points, random, not_reached, figures, broken } = tally.into_inner().unwrap();
    println!(
        "kill: {points} points + {random} random ({not_reached} past the end); {} broken promises; \
         {} duplicates, {} left ambiguous",
        broken.len(),
        figures.duplicates,
        figures.ambiguous
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A cycle that nobody disturbs: its points, each whether it is a word to the outside, and how long it takes.
fn rehearse(case: &Case) -> (Vec<bool>, Duration) {
    let (mut points, start) = (Vec::new(), Instant::now());
    let ended = case.serve_traced(|call| {
        if call.is_point() {
            points.push(matches!(call.kind, Kind::Network(_)));
        }
        Verdict::Pass
    });
    assert_eq!(ended, Ok(Ended::Exit(0)), "{}", case.log());
    let mut figures = Figures::default();
    assert_eq!(case.broken_promises(&mut figures), [""; 0], "{}", case.log());
    assert_eq!(figures, Figures::default());
    (points, start.elapsed())
}

/// All of them, or some, with more of those at which a mail is on its way.
fn cuts(words: &[bool], whole: Duration) -> Vec<Cut> {
    let mut random = fastrand::Rng::with_seed(SEED);
    let moments = if full() { 1000 } else { 5 };
    let mut moment = || {
        let lives = 1 + random.usize(0..3);
        (0..lives).map(|_| whole.mul_f64(random.f64())).collect()
    };
    let every = |step: usize, points: Vec<usize>| points.into_iter().step_by(step.max(1));
    let all: Vec<usize> = (1..=words.len()).collect();
    let outside: Vec<usize> = all.iter().copied().filter(|point| words[point - 1]).collect();
    let points: Vec<usize> = match full() {
        true => all,
        false => every(all.len() / 12, all).chain(every(outside.len() / 13, outside)).collect(),
    };
    points.into_iter().map(Cut::Point).chain((0..moments).map(|_| Cut::Random(moment()))).collect()
}

/// The daemon is cut off, started again, and left alone until all is settled.
fn suffer(case: &Case, cut: &Cut, tally: &Mutex<Tally>) {
    let mut reached = true;
    match cut {
        Cut::Point(point) => {
            let mut count = 0;
            let ended = case.serve_traced(|call| {
                count += usize::from(call.is_point());
                if count == *point { Verdict::Kill } else { Verdict::Pass }
            });
            reached = ended == Ok(Ended::Signal(Signal::SIGKILL));
        }
        Cut::Random(delays) => delays.iter().for_each(|&delay| case.serve_for(delay)),
    }
    let last = case.serve();
    let mut figures = Figures::default();
    let mut broken = case.broken_promises(&mut figures);
    match last {
        // It may be asked to stop before it listens for that.
        Ok(status) if status.success() || status.signal() == Some(Signal::SIGTERM as i32) => {}
        Ok(status) => broken.push(format!("the daemon ended: {status}")),
        Err(stuck) => broken.push(stuck),
    }
    let mut tally = tally.lock().unwrap();
    match cut {
        Cut::Point(_) => tally.points += 1,
        Cut::Random(_) => tally.random += 1,
    }
    tally.not_reached += usize::from(!reached);
    tally.figures.duplicates += figures.duplicates;
    tally.figures.ambiguous += figures.ambiguous;
    if !broken.is_empty() {
        tally.broken.push(format!("{cut:?}: {}\n{}", broken.join("; "), case.log_tail()));
    }
}
