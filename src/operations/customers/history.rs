//! What was corrected of a customer, and who looked. It stays when the person is erased, without what was corrected.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::why::{Why, audited};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::CustomerNo;
use crate::jobs::{self, House};
use crate::operations::Result;
use crate::store::{AuditRow, Reader};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryRequest {
    pub why: Why,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct History {
    pub number: CustomerNo,
    pub erased_at: Option<Timestamp>,
    /// Oldest first.
    pub corrections: Vec<CorrectionView>,
    /// Oldest first.
    pub looks: Vec<LookView>,
}

/// A correction. Has no `Debug`; its memory is overwritten when it is dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct CorrectionView {
    #[zeroize(skip)]
    pub at: Timestamp,
    /// `name`, `phone`, `email` or `address`.
    #[zeroize(skip)]
    pub field: String,
    /// `uid:1000`; `source shop`: the source's own value changed after a correction.
    #[zeroize(skip)]
    pub actor: String,
    #[zeroize(skip)]
    pub purpose: Option<String>,
    #[zeroize(skip)]
    pub request: Option<String>,
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: Option<String>,
    /// It cannot be opened any more.
    #[zeroize(skip)]
    pub erased: bool,
}

/// A line of the audit log about the customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LookView {
    pub line: i64,
    pub at: Timestamp,
    pub actor: String,
    pub operation: String,
    /// The purpose and the request.
    pub reason: String,
    pub outcome: String,
}

pub fn history(
    house: &House,
    actor: &Actor,
    number: CustomerNo,
    request: &HistoryRequest,
) -> Result<History> {
    let subject = super::subject(number);
    audited(house, actor, (Operation::CustomerHistory, &subject), &request.why, |writer| {
        let row = writer.customer(number)?.ok_or_else(|| super::no_customer(number))?;
        let corrections = corrections(house, writer, &row)?;
        let looks = writer.audit_about(&subject)?.into_iter().map(look).collect();
        Ok((History { number, erased_at: row.erased_at, corrections, looks }, Vec::new()))
    })
}

fn corrections(
    house: &House,
    reader: &Reader<'_>,
    row: &crate::store::CustomerRow,
) -> Result<Vec<CorrectionView>> {
    let mut views = Vec::new();
    for correction in reader.corrections_of(row.no)? {
        let change = jobs::opened_correction(house, row, &correction)?;
        let (purpose, request) = correction.why.unzip();
        views.push(CorrectionView {
            at: correction.at,
            field: correction.field.as_str().to_owned(),
            actor: correction.actor,
            purpose,
            request,
            before: change.as_ref().and_then(|change| change.before.clone()),
            after: change.as_ref().and_then(|change| change.after.clone()),
            reason: change.as_ref().map(|change| change.reason.clone()).filter(|reason| !reason.is_empty()),
            erased: change.is_none(),
        });
    }
    Ok(views)
}

fn look(row: AuditRow) -> LookView {
    LookView {
        line: row.no,
        at: row.at,
        actor: row.actor,
        operation: row.operation,
        reason: row.reason,
        outcome: row.outcome,
    }
}
