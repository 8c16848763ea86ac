mod ledger;
mod triggers;

/// Whether every case is asked for.
pub fn full() -> bool {
    std::env::var("FIRSTWATCH_PROOFS").is_ok_and(|form| form == "full")
}
