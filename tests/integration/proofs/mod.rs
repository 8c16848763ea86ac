//! Proofs by many rounds of chance, each with its seed. `FIRSTWATCH_PROOFS=full` asks for the long form.

pub mod smtp;

/// Whether the long form is asked for.
pub fn in_full() -> bool {
    std::env::var("FIRSTWATCH_PROOFS").is_ok_and(|form| form == "full")
}
