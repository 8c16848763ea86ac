//! Proofs by brute force of what the daemon promises when it is killed, when the power goes, when the
//! disk fills, of when its slots come, of working time, of when a complaint is due, and of what all releases together
//! tell. Each has a short form, and a full one: `tests/proofs`.

mod audit;
mod calendar;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod calls;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod cycle;
mod deadlines;
mod disclosure;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod disk;
mod fuzz;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod kill;
mod ledger;
mod oracle;
mod planner;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod platter;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod power_cut;
pub mod relay;
mod releases;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod rotation;
mod smtp;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub mod tracer;
mod triggers;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod upgrade;

/// Whether every case is asked for.
pub fn full() -> bool {
    std::env::var("FIRSTWATCH_PROOFS").is_ok_and(|form| form == "full")
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[test]
fn tracing_is_for_x86_64() {
    println!("kill, power cut, disk: skipped, the tracer knows Linux on x86_64 only");
}
