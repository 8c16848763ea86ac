//! Integrity: proves that what is kept is what was written. Store, audit chain, sealed pages, released bytes.

use anyhow::{bail, ensure};
use serde_json::json;

use super::house::House;
use super::run::{Outcome, Run};
use super::sales_report::pages;
use crate::facts;
use crate::store::AuditVerdict;

pub fn run(house: &House, _run: &Run) -> anyhow::Result<Outcome> {
    let damage = house.store.integrity_check()?;
    ensure!(damage.is_empty(), "the store is damaged: {}", damage.join("; "));
    let audited = match house.store.read(|reader| reader.verify_audit(None))? {
        AuditVerdict::Whole { rows } => rows,
        AuditVerdict::BrokenAt { no } => bail!("audit line {no} is not as it was written"),
    };
    let pages = pages(house)?;
    facts::verify(&house.facts_directory(), &pages)?;
    let files = house.store.read(|reader| reader.released_files())?;
    for (file, sha256) in &files {
        house.store.read_released(file, sha256)?;
    }
    let message = format!(
        "{audited} audit lines, {} sealed pages and {} messages are as written",
        pages.len(),
        files.len()
    );
    Ok(Outcome::done(message, json!({ "audit": audited, "pages": pages.len(), "messages": files.len() })))
}
