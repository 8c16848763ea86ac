//! Customers' data: find, show, correct, tell who looked, state the payments, erase. For the data officer alone.
//!
//! Invariant: each of these is asked for a purpose and under a request's number, and each is in the audit log, granted,
//! refused or failed, in the transaction of what it records. Neither the log nor an error ever says what a person is
//! called; it says numbers.

mod correct;
mod erase;
mod find;
mod history;
mod show;
mod statement;
mod why;

pub use correct::{CorrectRequest, Corrected, correct};
pub use erase::{EraseRequest, ErasedView, erase};
pub use find::{FindRequest, Found, FoundCustomer, find};
pub use history::{CorrectionView, History, HistoryRequest, LookView, history};
pub use show::{CustomerShown, CustomerSummary, ShowRequest, show};
pub use statement::{StatementMade, StatementRequest, statement};
pub use why::Why;

use super::{Error, Result};
use crate::domain::ids::CustomerNo;
use crate::store::{CustomerRow, Reader};

fn subject(number: CustomerNo) -> String {
    format!("customer {number}")
}

/// The customer, who is there and was not erased.
fn present(reader: &Reader<'_>, number: CustomerNo) -> Result<CustomerRow> {
    let row = reader.customer(number)?.ok_or_else(|| no_customer(number))?;
    match row.erased_at {
        None => Ok(row),
        Some(at) => Err(Error::BadRequest(format!(
            "customer {number} was erased at {at}; nothing of the person is left, `firstwatch customer history` tells who asked"
        ))),
    }
}

fn no_customer(number: CustomerNo) -> Error {
    Error::NotFound {
        what: "customer",
        name: number.to_string(),
        remedy: "`firstwatch customer find` tells the number".to_owned(),
    }
}
