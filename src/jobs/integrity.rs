//! Integrity: proves that what is kept is what was written. Store, audit chain, sealed pages, messages, the kept
//! parts and manifests of releases. What is found whole is held fast: the audit log's head is noted elsewhere.

use serde_json::json;

use super::heads;
use super::house::House;
use super::proof::Proof;
use super::run::{Failure, Outcome, Run};
use crate::domain::trouble::Trouble;

pub fn run(house: &House, run: &Run) -> anyhow::Result<Outcome> {
    let proof = Proof::of(&house.store, &[]);
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
    let mut told = proof.told();
    if let Some(head) = house.store.read(|reader| reader.audit_head())? {
        let exported = heads::export(house, &head, run)?;
        told += &exported.map(|how| format!("; the audit log's head was {how}")).unwrap_or_default();
    }
    Ok(Outcome::done(told, details))
}
