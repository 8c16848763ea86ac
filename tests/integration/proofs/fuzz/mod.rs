//! Fuzzing of the control socket and of every parser. Here the short form: what every target reads well, what one once
//! fell over, and some of it changed at random, in the same way each time. `tests/fuzz` runs each target under libFuzzer,
//! led by what it has reached of our own code.

mod house;
mod seeds;
pub mod targets;

use std::fs;
use std::time::{Duration, Instant};

use fastrand::Rng;

use targets::{TARGETS, Target, found};

/// How long each target is given at most, and how many inputs.
const SHORT: (Duration, u64) = (Duration::from_millis(1_500), 4_000);
const FULL: (Duration, u64) = (Duration::from_secs(20), u64::MAX);

/// Bytes that readers stumble over.
const HARD: [&[u8]; 18] = [
    b"\0",
    b"\"",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\r\n",
    b"-",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"1e308",
    b"0",
    b"{",
    b"[",
    b"=",
    b"%",
    b"\xcc\x81",
    b"\xc4\xb0",
    b"9999-12-31T23:59:59Z",
    b"-009999-01-01",
];

#[test]
fn nothing_that_anybody_writes_makes_a_reader_fall_over() {
    let (time, most) = if super::full() { FULL } else { SHORT };
    let mut said = Vec::new();
    for target in &TARGETS {
        let known = found(target.name);
        for path in &known {
            (target.read)(&fs::read(path).unwrap());
        }
        let seeds = (target.seeds)();
        for seed in &seeds {
            (target.read)(seed);
        }
        let start = Instant::now();
        let tried = (0..most).take_while(|_| start.elapsed() < time).fold(0, |tried, number| {
            try_one(target, &seeds, number);
            tried + 1
        });
        said.push(format!("{} {}+{tried}", target.name, seeds.len() + known.len()));
    }
    println!("fuzz: inputs known+changed, 0 panics: {}", said.join(", "));
}

fn try_one(target: &Target, seeds: &[Vec<u8>], number: u64) {
    let input = changed(&mut Rng::with_seed(number), seeds);
    let read = std::panic::catch_unwind(|| (target.read)(&input));
    assert!(read.is_ok(), "{} fell over {:?}", target.name, String::from_utf8_lossy(&input));
}

/// One of the seeds, cut, doubled, spliced with another, and with some of its bytes others.
fn changed(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut input = seeds[rng.usize(..seeds.len())].clone();
    for _ in 0..rng.usize(1..=6) {
        let at = rng.usize(..=input.len());
        let until = rng.usize(at..=input.len().min(at + 40));
        match rng.u8(..6) {
            0 => drop(input.drain(at..until)),
            1 => drop(input.splice(at..at, input[at..until].to_vec())),
            2 => drop(input.splice(at..until, HARD[rng.usize(..HARD.len())].iter().copied())),
            3 if at < input.len() => input[at] = rng.u8(..),
            4 if at < input.len() => input[at] ^= 1 << rng.u8(..8),
            _ => {
                let other = &seeds[rng.usize(..seeds.len())];
                let from = rng.usize(..=other.len());
                let piece = &other[from..other.len().min(from + 60)];
                drop(input.splice(at..until, piece.iter().copied()));
            }
        }
    }
    input
}
