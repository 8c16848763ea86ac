//! The audit log: who did what, when, and whether it is still as it was written.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::store::AuditVerdict;

/// A line of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditView {
    pub id: i64,
    pub at: Timestamp,
    /// `daemon` or `uid:1000`.
    pub actor: String,
    pub operation: String,
    pub subject: String,
    pub reason: String,
    /// `done`, `refused`, or what was made of it.
    pub outcome: String,
}

/// The newest line and its hash: kept elsewhere, it proves everything before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditHead {
    pub id: i64,
    pub sha256: String,
}

/// The newest lines, newest first.
pub fn list(house: &House, actor: &Actor, limit: u32) -> Result<Vec<AuditView>> {
    allow(house, actor, Operation::AuditList)?;
    let rows = house.store.read(|reader| reader.audit(limit))?;
    Ok(rows
        .into_iter()
        .map(|row| AuditView {
            id: row.no,
            at: row.at,
            actor: row.actor,
            operation: row.operation,
            subject: row.subject,
            reason: row.reason,
            outcome: row.outcome,
        })
        .collect())
}

/// Walks the whole chain; how many lines it holds.
pub fn verify(house: &House, actor: &Actor) -> Result<u64> {
    allow(house, actor, Operation::AuditVerify)?;
    match house.store.read(|reader| reader.verify_audit(None))? {
        AuditVerdict::Whole { rows } => Ok(rows),
        AuditVerdict::BrokenAt { no } => {
            Err(Error::Failed(anyhow::anyhow!("audit line {no} is not as it was written, or is missing")))
        }
    }
}

pub fn head(house: &House, actor: &Actor) -> Result<Option<AuditHead>> {
    allow(house, actor, Operation::AuditHead)?;
    let head = house.store.read(|reader| reader.audit_head())?;
    Ok(head.map(|head| AuditHead { id: head.no, sha256: hex::encode(head.hash) }))
}
