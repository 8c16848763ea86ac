//! The lawful deletion of a person (Law 91/2025 Art. 14).

use serde::{Deserialize, Serialize};

use super::why::{Why, audited};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::CustomerNo;
use crate::domain::purpose::Ground;
use crate::jobs::{self, House};
use crate::operations::{Error, Result};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseRequest {
    pub why: Why,
    pub ground: Ground,
    /// The customer's number once more: it cannot be taken back.
    pub confirm: Option<CustomerNo>,
}

/// What was destroyed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ErasedView {
    pub number: CustomerNo,
    pub ground: Ground,
    /// Whose persons are gone; the sales stay.
    pub orders: usize,
    /// Whose words and notes are gone; their deadlines and figures stay.
    pub complaints: usize,
    /// Rows that never fitted, and are gone.
    pub rejected: usize,
    /// Copies made before that are kept: until the next one is made they hold the sealed data. A restore of any of them
    /// erases the person again.
    pub copies: usize,
    /// `false`: somebody was reading the database, and its log still holds what was destroyed until they are done.
    pub log_cleared: bool,
}

pub fn erase(house: &House, actor: &Actor, number: CustomerNo, request: &EraseRequest) -> Result<ErasedView> {
    let subject = super::subject(number);
    let erased = audited(house, actor, (Operation::CustomerErase, &subject), &request.why, |writer| {
        let row = super::present(writer, number)?;
        if request.confirm != Some(number) {
            return Err(Error::BadRequest(format!(
                "an erasure cannot be taken back; confirm it with the customer's number: --confirm {number}"
            )));
        }
        let erased = jobs::erase(house, writer, &row, request.ground, house.now())?;
        Ok((erased, vec![format!("customer {number} ground {}", request.ground)]))
    })?;
    Ok(ErasedView {
        number,
        ground: request.ground,
        orders: erased.orders,
        complaints: erased.complaints,
        rejected: erased.rejected,
        // It is done; what cannot be told any more is no failure of it.
        copies: jobs::list_copies(&house.backups_directory()).unwrap_or_default().len(),
        log_cleared: house.store.forget_destroyed().unwrap_or(false),
    })
}
