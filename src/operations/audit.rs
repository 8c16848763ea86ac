//! The audit log: who did what, when, and whether it is still as it was written.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::store::{self, AuditVerdict};

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

/// What the log is held against besides itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// Heads that were noted elsewhere.
    #[serde(default)]
    pub heads: Vec<AuditHead>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    pub lines: u64,
    /// Heads that the log still holds.
    pub heads: usize,
}

/// Walks the whole chain, which must hold every head of the request.
pub fn verify(house: &House, actor: &Actor, request: &VerifyRequest) -> Result<Verified> {
    allow(house, actor, Operation::AuditVerify)?;
    let heads: Vec<store::AuditHead> = request.heads.iter().map(noted).collect::<Result<_>>()?;
    match house.store.read(|reader| reader.verify_audit(&heads))? {
        AuditVerdict::Whole { rows } => Ok(Verified { lines: rows, heads: heads.len() }),
        AuditVerdict::BrokenAt { no } => {
            Err(Error::Failed(anyhow::anyhow!("audit line {no} is not as it was written, or is missing")))
        }
    }
}

fn noted(head: &AuditHead) -> Result<store::AuditHead> {
    let mut hash = [0; 32];
    let is_hash = hex::decode_to_slice(&head.sha256, &mut hash).is_ok();
    if head.id < 1 || !is_hash {
        return Err(Error::BadRequest("a head is the number of a line and its SHA-256".to_owned()));
    }
    Ok(store::AuditHead { no: head.id, hash })
}

pub fn head(house: &House, actor: &Actor) -> Result<Option<AuditHead>> {
    allow(house, actor, Operation::AuditHead)?;
    let head = house.store.read(|reader| reader.audit_head())?;
    Ok(head.map(|head| AuditHead { id: head.no, sha256: hex::encode(head.hash) }))
}
