//! No sensitive figure follows from what was ever shown: an attacker written another way looks at every release of made-up
//! shops. Nothing is shared with the room but the types of its door: sets of atoms are bits here, exactness is
//! dense elimination over fractions, intervals are microlp's, and the primary rules stand here again.

mod agreement;
mod attacker;
mod exact;
mod found;
mod generator;
mod insiders;
mod orders;
mod releases;
mod secrets;
mod shop;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::full;
use agreement::Deviation;
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
    if std::env::var_os("FIRSTWATCH_PROOFS_ALL").is_some() {
        deviations.iter().for_each(|what| println!("{what}"));
    }
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
    run(seeds(120, 10_000), tell, |tally| sum.add(tally));
    println!(
        "disclosure: {} cases, {} releases, {} cells shown and {} withheld, {} targets: {} exact, {} narrow, {} implied \
         below the rules, {} too close to tell, {} told before; {} releases refused for earlier ones, \
         {} witnesses recalled",
        sum.cases,
        sum.releases,
        sum.shown,
        sum.withheld,
        sum.targets,
        sum.exact,
        sum.narrow,
        sum.implied,
        sum.close,
        sum.told_before,
        sum.disclosed_earlier,
        sum.recalled
    );
    assert!(sum.recalled > 0, "no witness was of any use to a later release");
    assert_none(&sum.deviations);
}

#[test]
fn the_audit_agrees_on_every_target() {
    judged("patterns at random", seeds(60, 5_000), agreement::at_random);
}

#[test]
fn what_is_published_by_hand_is_found_and_what_reveals_it_named() {
    judged("cells published by hand", seeds(16, 2_000), agreement::forged);
}

#[test]
fn no_contributor_learns_of_the_others() {
    let mut sum = insiders::Learnt::default();
    run(seeds(150, 10_000), |_, case| insiders::of(case), |learnt| sum.add(&learnt));
    println!(
        "disclosure, insiders: {} sensitive cells, {} told to a contributor ({:.1} %), {} of them only to one of other \
         cells; {} singletons with a cell beside them, {} told by a later release",
        sum.targets,
        sum.told,
        100.0 * sum.told as f64 / sum.targets as f64,
        sum.to_outsiders,
        sum.pairs,
        sum.told_later
    );
    // Who is alone in a cell is counted upon to know it in the release that withholds it, not in later ones.
    assert_eq!(sum.told, 0);
}

fn judged(what: &str, seeds: std::ops::Range<u64>, judge: impl Fn(u64, &Case) -> agreement::Tally + Sync) {
    let mut sum = agreement::Tally::default();
    let of_case = |number: u64, case: &Case| {
        let mut tally = judge(number, case);
        tally.deviations.iter_mut().for_each(|(_, what)| *what = format!("case {number}, {what}"));
        tally
    };
    run(seeds, of_case, |tally| sum.add(tally));
    let mut kinds: BTreeMap<Deviation, usize> = BTreeMap::new();
    sum.deviations.iter().for_each(|(kind, _)| *kinds.entry(*kind).or_default() += 1);
    println!(
        "disclosure, {what}: {} patterns, {} targets: {} exact, {} narrow, {} too close to tell; deviations: {kinds:?}",
        sum.patterns, sum.targets, sum.exact, sum.narrow, sum.close
    );
    sum.deviations.sort();
    let told: Vec<String> = sum.deviations.iter().map(|(kind, what)| format!("{kind:?}: {what}")).collect();
    assert_none(&told);
}
