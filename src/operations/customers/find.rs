//! Finds customers by what they say of themselves: exactly, by blind index, or by name, for which everybody is opened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::why::{Why, audited};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::customer::{IdentifierKind, normalise};
use crate::domain::ids::{CustomerNo, SourceName};
use crate::jobs::{self, House};
use crate::operations::complaints::source_meant;
use crate::operations::{Error, Result};
use crate::store::Reader;

/// Customers opened at once.
const PAGE: u32 = 500;
/// Numbers that are told; more would be a list, not a search.
const MOST: usize = 50;

/// What to look for. Has no `Debug`; its memory is overwritten when it is dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct FindRequest {
    #[zeroize(skip)]
    pub why: Why,
    /// `phone`, `email`, `account` or `name`.
    #[zeroize(skip)]
    pub by: String,
    pub value: String,
    /// Whose account it is; the only source, when not given.
    #[zeroize(skip)]
    #[serde(default)]
    pub source: Option<SourceName>,
}

/// What was found: numbers only. `customer show` opens one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Found {
    pub customers: Vec<FoundCustomer>,
    /// There are more than are told.
    pub more: bool,
    /// How many were opened to find them; 0 by blind index.
    pub opened: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FoundCustomer {
    pub number: CustomerNo,
    pub since: Timestamp,
    pub orders: usize,
}

pub fn find(house: &House, actor: &Actor, request: &FindRequest) -> Result<Found> {
    let by_name = request.by == "name";
    let subject = if by_name { "every customer" } else { "" };
    audited(house, actor, (Operation::CustomerFind, subject), &request.why, |writer| {
        let (mut numbers, opened) = match by_name {
            true => by_words(house, writer, &request.value)?,
            false => (by_index(house, writer, request)?, 0),
        };
        let more = numbers.len() > MOST;
        numbers.truncate(MOST);
        let customers = numbers
            .iter()
            .map(|&number| {
                let row = super::present(writer, number)?;
                Ok(FoundCustomer { number, since: row.created_at, orders: writer.orders_of(number)?.len() })
            })
            .collect::<Result<Vec<_>>>()?;
        let subjects = numbers.iter().map(|&number| super::subject(number)).collect();
        Ok((Found { customers, more, opened }, subjects))
    })
}

fn by_index(house: &House, reader: &Reader<'_>, request: &FindRequest) -> Result<Vec<CustomerNo>> {
    let kind = match request.by.as_str() {
        "phone" => IdentifierKind::Phone,
        "email" => IdentifierKind::Email,
        "account" => IdentifierKind::Account,
        _ => return Err(Error::BadRequest("search by phone, email, account or name".to_owned())),
    };
    let value = match kind {
        IdentifierKind::Account => {
            let source = source_meant(house, request.source.as_ref())?.ok_or_else(|| {
                Error::BadRequest(
                    "there are several sources; say with --source whose account it is".to_owned(),
                )
            })?;
            Some(format!("{source}/{}", request.value.trim()))
        }
        kind => normalise(kind, &request.value),
    };
    // The text itself is a person's: it is not repeated.
    let value = value.ok_or_else(|| {
        Error::BadRequest(format!("what is given as {} is none; correct it", kind.as_str()))
    })?;
    Ok(reader.customers_by_index(kind, &house.vault.blind(kind, &value).0)?)
}

/// Those in whose name every word occurs, in any order: everybody is opened, one after another.
fn by_words(house: &House, reader: &Reader<'_>, words: &str) -> Result<(Vec<CustomerNo>, u64)> {
    let wanted = normalise(IdentifierKind::Name, words)
        .ok_or_else(|| Error::BadRequest("a name has at least one letter".to_owned()))?;
    let (mut found, mut opened, mut after) = (Vec::new(), 0, CustomerNo(0));
    loop {
        let page = reader.customers_after(after, PAGE)?;
        let Some(last) = page.last() else { return Ok((found, opened)) };
        after = last.no;
        for row in &page {
            let person = house
                .vault
                .open_person(&row.wrapped_key, jobs::CUSTOMER_CONTEXT, &row.sealed_person)
                .map_err(anyhow::Error::from)?;
            opened += 1;
            let name = person.name.as_deref().and_then(|name| normalise(IdentifierKind::Name, name));
            if name.is_some_and(|name| holds(&name, &wanted)) {
                found.push(row.no);
            }
        }
    }
}

fn holds(name: &str, wanted: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    wanted.split(' ').all(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_its_words() {
        assert!(holds("đặng thị ngạn huyền", "huyền đặng"));
        assert!(!holds("đặng thị ngạn huyền", "huy"));
        assert!(!holds("đặng thị ngạn huyền", "đặng hoa"));
    }
}
