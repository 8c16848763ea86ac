//! A disk that is full (ENOSPC) or fails (EIO), at every call of a cycle that needs it: once, and for as long as
//! an administrator takes to free it. The daemon says so, goes on by itself, and in the end has kept every promise.
//!
//! The daemon's clock runs fast, so that its back-off passes; one that cannot start is started again, as systemd would.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;

use super::super::harness::FAKETIME;
use super::cycle::{Case, Figures, Template};
use super::full;
use super::tracer::{Call, Ended, Verdict};

/// Cycles that run at a time; most of each is waiting.
const WORKERS: usize = 4;
/// A minute of back-off takes a second.
const SPEED: u32 = 60;
/// How long a lasting fault lasts after its first call.
const FAULT_LASTS: Duration = Duration::from_secs(3);
/// How often a daemon that cannot start is started again.
const LIVES: usize = 40;
/// How often one that left something to be sent is.
const AFTERWARDS: usize = 2;

#[derive(Clone, Copy, Debug)]
struct Trial {
    /// The first call that fails, of those that need the disk, counted from one.
    point: usize,
    errno: Errno,
    /// Every one after it fails, too, until the disk is free again.
    lasting: bool,
}

/// The fault as it happens.
struct Fault {
    trial: Trial,
    calls: AtomicUsize,
    begun: AtomicBool,
    over: AtomicBool,
}

#[derive(Default)]
struct Tally {
    once: usize,
    lasting: usize,
    /// Lives that could not start.
    refused_starts: usize,
    not_reached: usize,
    figures: Figures,
    broken: Vec<String>,
}

#[test]
fn a_disk_that_is_full_or_fails_costs_time_and_nothing_else() {
    if !Path::new(FAKETIME).exists() {
        println!("disk: skipped, the package faketime is not installed");
        return;
    }
    let template = Template::prepare();
    let folder = template.folder();
    let trials = trials(rehearse(&Case::sped_up(&folder, SPEED)));
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(&trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    suffer(&Case::sped_up(&folder, SPEED), trial, &tally);
                }
            });
        }
    });
    let Tally { once, lasting, refused_starts, not_reached, figures, broken } = tally.into_inner().unwrap();
    println!(
        "disk: {once} single faults, {lasting} lasting ones ({not_reached} past the end), {refused_starts} starts \
         refused and repeated; {} broken promises, {} duplicates, {} left ambiguous",
        broken.len(),
        figures.duplicates,
        figures.ambiguous
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// How many calls of an undisturbed cycle need the disk.
fn rehearse(case: &Case) -> usize {
    let mut calls = 0;
    let ended = case.serve_traced(|call| {
        calls += usize::from(call.needs_disk());
        Verdict::Pass
    });
    assert_eq!(ended, Ok(Ended::Exit(0)), "{}", case.log());
    assert_eq!(case.broken_promises(&mut Figures::default()), [""; 0], "{}", case.log());
    calls
}

fn trials(calls: usize) -> Vec<Trial> {
    let every = |step: usize, errno, lasting| {
        (1..=calls).step_by(step).map(move |point| Trial { point, errno, lasting })
    };
    if full() {
        let forms = [(Errno::ENOSPC, false), (Errno::EIO, false), (Errno::ENOSPC, true)];
        return forms.into_iter().flat_map(|(errno, lasting)| every(1, errno, lasting)).collect();
    }
    let short = [(Errno::ENOSPC, false), (Errno::EIO, false), (Errno::ENOSPC, true)];
    short.into_iter().flat_map(|(errno, lasting)| every(calls / 3, errno, lasting)).collect()
}

/// One cycle with a fault, started again as long as it cannot start.
fn suffer(case: &Case, trial: Trial, tally: &Mutex<Tally>) {
    let fault = Fault {
        trial,
        calls: AtomicUsize::new(0),
        begun: false.into(),
        over: AtomicBool::new(!trial.lasting),
    };
    let (mut broken, mut refused_starts, mut afterwards) = (Vec::new(), 0, 0);
    let (socket, status) = (case.shop.socket(), case.shop.command(&["--format", "json", "status"]));
    let done = AtomicBool::new(false);
    let (at_the_end, log) = (AtomicBool::new(false), case.shop.path("serve.log"));
    std::thread::scope(|scope| {
        let (fault, done) = (&fault, &done);
        let administrator = scope.spawn(move || fault.be_freed(&socket, status, done));
        loop {
            let said_before = case.log().len();
            let judged = |call: &_| {
                let before = fault.begun.load(Ordering::SeqCst);
                let verdict = fault.judge(call);
                if !before && fault.begun.load(Ordering::SeqCst) {
                    let log = std::fs::read_to_string(&log).unwrap_or_default();
                    at_the_end.store(log.contains("daemon: stopping"), Ordering::SeqCst);
                }
                verdict
            };
            match case.serve_traced(judged) {
                // What it noticed while it stopped it tells when it is started again.
                Ok(Ended::Exit(0)) if afterwards < AFTERWARDS && case.unsettled().is_some() => {
                    afterwards += 1
                }
                Ok(Ended::Exit(0)) => break,
                Ok(Ended::Exit(_)) if refused_starts < LIVES && says_why(&case.log()[said_before..]) => {
                    refused_starts += 1;
                    std::thread::sleep(Duration::from_millis(200));
                }
                other => {
                    broken.push(format!("the daemon ended: {other:?} (start {refused_starts})"));
                    break;
                }
            }
        }
        done.store(true, Ordering::SeqCst);
        broken.extend(administrator.join().unwrap());
    });
    let reached = fault.begun.load(Ordering::SeqCst);
    // SQLite tidies up its log when it is closed; that this fails costs nothing, and it says nothing of it.
    let tidying = at_the_end.load(Ordering::SeqCst);
    let felt = reached && !tidying && (trial.lasting || refused_starts > 0 || case.attempts() > 1);
    if felt && !says_why(&case.log()) {
        broken.push("nothing in the log names the failure".to_owned());
    }
    let mut figures = Figures::default();
    broken.extend(case.broken_promises(&mut figures));
    let mut tally = tally.lock().unwrap();
    *if trial.lasting { &mut tally.lasting } else { &mut tally.once } += 1;
    tally.refused_starts += refused_starts;
    tally.not_reached += usize::from(!reached);
    tally.figures.duplicates += figures.duplicates;
    tally.figures.ambiguous += figures.ambiguous;
    if !broken.is_empty() {
        tally.broken.push(format!("{trial:?}: {}\n{}", broken.join("; "), case.log_tail()));
    }
}

impl Fault {
    fn judge(&self, call: &Call) -> Verdict {
        if !call.needs_disk() {
            return Verdict::Pass;
        }
        let count = 1 + self.calls.fetch_add(1, Ordering::SeqCst);
        let lasts = count > self.trial.point && !self.over.load(Ordering::SeqCst);
        if count == self.trial.point || lasts {
            self.begun.store(true, Ordering::SeqCst);
            return Verdict::Fail(self.trial.errno);
        }
        Verdict::Pass
    }

    /// Somebody looks at the daemon's status while the fault lasts, then frees the disk.
    fn be_freed(&self, socket: &Path, mut status: Command, done: &AtomicBool) -> Option<String> {
        let passes = |since: Instant| since.elapsed() < FAULT_LASTS && !done.load(Ordering::SeqCst);
        while !self.over.load(Ordering::SeqCst) && !done.load(Ordering::SeqCst) {
            if !self.begun.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            }
            let begun = Instant::now();
            while passes(begun) {
                std::thread::sleep(Duration::from_millis(20));
            }
            // Asked of a daemon that is down, the command would look for itself.
            let complaint = UnixStream::connect(socket).ok().and_then(|_| tells_of_the_disk(&mut status));
            self.over.store(true, Ordering::SeqCst);
            return complaint;
        }
        None
    }
}

/// What is wrong with the answer of a daemon that cannot write its store; one that is down answers nothing.
fn tells_of_the_disk(status: &mut Command) -> Option<String> {
    let said = status.output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&said.stdout).ok()?;
    let problems = status["problems"].to_string();
    let words = ["disk", "store", "written", "No space left"];
    (!words.iter().any(|word| problems.contains(word)))
        .then(|| format!("status names no such problem: {problems}"))
}

/// Whether the log has more than plain news.
fn says_why(log: &str) -> bool {
    log.lines().any(|line| !line.is_empty() && !line.contains(" INFO "))
}
