//! How firstwatch keeps up with a shop's real size: `cargo bench --bench size`, or a part of it on a smaller shop:
//! `cargo bench --bench size -- --scale 0.01 cells pull`. What each part measures, and what it found, stands in
//! `tests/bench/README.md`.
//!
//! Machines are noisy, so every figure that has to be reached is a ratio of two times of the same run.

#[path = "../../integration/shops/databases.rs"]
#[expect(dead_code, reason = "the integration tests use the rest of it")]
mod databases;
#[path = "../../integration/harness.rs"]
#[expect(dead_code, reason = "the integration tests use the rest of it")]
mod harness;

mod cells;
mod control;
mod house;
mod pages;
mod process;
mod pull;
mod python;
mod report;
mod shop;

use std::path::PathBuf;

use process::Measured;

const PARTS: [&str; 6] = ["cells", "pull", "report", "growth", "pages", "control"];

/// What is asked for.
pub struct Asked {
    /// Of 10,000,000 lines.
    pub scale: f64,
    /// Where made-up pages and the Python environment are kept.
    pub cache: PathBuf,
}

fn main() {
    // `cargo bench` hands over its own flag.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut scale = 1.0;
    let mut parts = Vec::new();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--scale" => {
                scale = arguments.next().and_then(|it| it.parse().ok()).expect("--scale takes a number")
            }
            "--measure" => {
                let given = arguments.collect::<Vec<_>>();
                return measure(&given.iter().map(String::as_str).collect::<Vec<_>>());
            }
            part if PARTS.contains(&part) => parts.push(part.to_owned()),
            other => panic!("{other:?} is none of {PARTS:?} or `--scale NUMBER`"),
        }
    }
    let asked = Asked { scale, cache: cache() };
    for part in PARTS.into_iter().filter(|part| parts.is_empty() || parts.iter().any(|it| it == part)) {
        match part {
            "cells" => cells::run(&asked),
            "pull" => pull::run(&asked),
            "report" => report::run(&asked),
            "growth" => report::growth(&asked),
            "pages" => report::pages(&asked),
            _ => control::run(&asked),
        }
    }
}

/// One measurement in a process of its own, so that its peak of memory is its own.
fn measure(what: &[&str]) {
    let measured: Measured = match what {
        ["cells", pages] => cells::measure(pages.as_ref()),
        ["report", folder] => report::measure(folder.as_ref()),
        ["steps", folder] => report::steps(folder.as_ref()),
        ["year", folder] => report::year(folder.as_ref()),
        ["control", scale] => control::measure(scale),
        ["pull", folder] => pull::measure(folder.as_ref()),
        _ => panic!("{what:?} is not measured"),
    };
    measured.tell();
}

fn cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::home_dir().expect("a home").join(".cache");
    let cache = base.unwrap_or_else(home).join("firstwatch/bench");
    std::fs::create_dir_all(&cache).expect("a folder");
    cache
}
