//! No sensitive figure follows from what was ever shown: an attacker written another way looks at every release of made-up
//! shops. Nothing is shared with the room but the types of its door: sets of atoms are bits here, exactness is
//! dense elimination over fractions, intervals are microlp's, and the primary rules stand here again.

mod attacker;
mod exact;
mod generator;
mod releases;
mod secrets;
mod shop;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::full;
use generator::Case;
use releases::{Story, Tally};

const WORKERS: usize = 2;
const SEED: u64 = 0x6469_7363_6c6f;

/// The first seed and how many cases: the given number, or what `FIRSTWATCH_PROOFS_CASES=first..end` says, counted from
/// [`SEED`].
fn seeds(short: u64, all: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("FIRSTWATCH_PROOFS_CASES").ok();
    let asked = asked.as_deref().and_then(|range| range.split_once(".."));
    let number = |text: &str| text.parse::<u64>().expect("first..end");
    asked.map_or(0..if full() { all } else { short }, |(first, end)| number(first)..number(end))
}

/// Runs the cases of a range, and gives what each came to.
fn run<T: Send>(
    range: std::ops::Range<u64>,
    case: impl Fn(u64, &Case) -> T + Sync,
    mut take: impl FnMut(T) + Send,
) {
    let (next, taken) = (AtomicU64::new(range.start), Mutex::new(&mut take));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= range.end {
                        break;
                    }
                    let outcome = case(number, &Case::new(SEED + number));
                    taken.lock().unwrap()(outcome);
                }
            });
        }
    });
}

fn assert_none(deviations: &[String]) {
    let some: Vec<&str> = deviations.iter().take(20).map(String::as_str).collect();
    assert!(deviations.is_empty(), "{} deviations, as\n{}", deviations.len(), some.join("\n"));
}

#[test]
fn releases_survive_an_attacker_written_another_way() {
    let mut sum = Tally::default();
    let tell = |number: u64, case: &Case| {
        let mut tally = Story::new(case).tell();
        tally.deviations.iter_mut().for_each(|what| *what = format!("case {number}, {what}"));
        tally
    };
    run(seeds(150, 10_000), tell, |tally| sum.add(tally));
    println!(
        "disclosure: {} cases, {} releases, {} cells shown and {} withheld, {} targets: {} exact, {} narrow, {} implied \
         below the rules, {} too close to tell; {} tables withheld whole, {} releases refused for earlier ones",
        sum.cases,
        sum.releases,
        sum.shown,
        sum.withheld,
        sum.targets,
        sum.exact,
        sum.narrow,
        sum.implied,
        sum.close,
        sum.silent,
        sum.disclosed_earlier
    );
    assert_none(&sum.deviations);
}
