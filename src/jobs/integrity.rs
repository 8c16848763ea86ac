//! Integrity: proves that what is kept is what was written. Store, audit chain, sealed pages, messages, the kept
//! parts and manifests of releases.

use serde_json::json;

use super::house::House;
use super::proof::Proof;
use super::run::{Failure, Outcome, Run};
use crate::domain::trouble::Trouble;

pub fn run(house: &House, _run: &Run) -> anyhow::Result<Outcome> {
    let proof = Proof::of(&house.store, None);
    if !proof.damage.is_empty() {
        return Ok(Outcome::Failed(Failure::lasting(Trouble::Failed, proof.damage.join("; "))));
    }
    let details = json!({
        "audit": proof.audit,
        "pages": proof.pages,
        "messages": proof.messages,
        "parts": proof.parts,
        "releases": proof.releases,
    });
    Ok(Outcome::done(proof.told(), details))
}
