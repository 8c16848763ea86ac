//! One target of the fuzzing under libFuzzer; `tests/fuzz` builds it with our own code instrumented, and runs it.
//! `FIRSTWATCH_FUZZ` names the target.

#![no_main]

#[path = "../integration/proofs/fuzz/house.rs"]
mod house;
#[path = "../integration/proofs/fuzz/seeds.rs"]
mod seeds;
#[path = "../integration/proofs/fuzz/targets.rs"]
mod targets;

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

use targets::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("FIRSTWATCH_FUZZ").unwrap_or_default();
    let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("FIRSTWATCH_FUZZ names one of {}", known.join(", ")));
    if let Some(folder) = std::env::var_os("FIRSTWATCH_FUZZ_SEEDS") {
        lay_out(target, Path::new(&folder));
    }
    target
});

/// What it starts from, as files.
fn lay_out(target: &Target, folder: &Path) {
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed");
    }
    for path in targets::found(target.name) {
        std::fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("a found input");
    }
}

fuzz_target!(init: LazyLock::force(&TARGET), |bytes: &[u8]| (TARGET.read)(bytes));
