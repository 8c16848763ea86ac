//! One customer's data, opened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::why::{Why, audited};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{ComplaintId, ComplaintNo, CustomerNo, OrderId, SourceName};
use crate::jobs::{self, House};
use crate::operations::Result;
use crate::store::{CustomerRow, Reader};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowRequest {
    pub why: Why,
}

/// What the house knows of a customer. Has no `Debug`; the person's memory is overwritten when it is dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct CustomerShown {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    /// Fields that a person corrected and that stand against what sources say.
    #[zeroize(skip)]
    pub corrected: Vec<String>,
    #[zeroize(skip)]
    #[serde(flatten)]
    pub summary: CustomerSummary,
}

/// What is known without opening anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomerSummary {
    pub number: CustomerNo,
    pub since: Timestamp,
    pub changed: Timestamp,
    pub province: Option<String>,
    pub orders: Vec<(SourceName, OrderId)>,
    pub complaints: Vec<ComplaintNo>,
    pub payments: usize,
}

pub fn show(
    house: &House,
    actor: &Actor,
    number: CustomerNo,
    request: &ShowRequest,
) -> Result<CustomerShown> {
    let subject = super::subject(number);
    audited(house, actor, (Operation::CustomerShow, &subject), &request.why, |writer| {
        let row = super::present(writer, number)?;
        Ok((opened(house, writer, &row)?, Vec::new()))
    })
}

pub(super) fn opened(house: &House, reader: &Reader<'_>, row: &CustomerRow) -> Result<CustomerShown> {
    let person = house
        .vault
        .open_person(&row.wrapped_key, jobs::CUSTOMER_CONTEXT, &row.sealed_person)
        .map_err(anyhow::Error::from)?;
    let corrected = reader.corrections_in_force(row.no)?;
    let mut complaints = Vec::new();
    for (source, id) in reader.complaints_of(row.no)? {
        complaints.extend(reader.complaint_no(&source, &ComplaintId::new(id))?);
    }
    Ok(CustomerShown {
        name: person.name.clone(),
        phone: person.phone.clone(),
        email: person.email.clone(),
        address: person.address.clone(),
        corrected: corrected.iter().map(|row| row.field.as_str().to_owned()).collect(),
        summary: CustomerSummary {
            number: row.no,
            since: row.created_at,
            changed: row.modified_at,
            province: row.province.clone(),
            orders: reader.orders_of(row.no)?,
            complaints,
            payments: reader.payments_by(row.no)?.len(),
        },
    })
}
