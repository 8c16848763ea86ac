//! Corrections that people make to a customer's data, and how they stand against what sources go on saying.
//!
//! A correction overrules every value that was ever told of the field. A source that repeats one of them is not heard;
//! one that says something else has changed its own value, and is: that ends the correction, and is noted beside it.

use jiff::Timestamp;

use super::contexts::CUSTOMER;
use super::house::House;
use super::lookup;
use crate::domain::correction::{FIELDS, FieldChange};
use crate::domain::customer::{IdentifierKind, Person, normalise};
use crate::domain::ids::{CustomerNo, SourceName};
use crate::store::{CorrectionRow, CustomerRow, Reader, Writer};
use crate::vault;

/// Who corrects, when and why. The purpose and the request stand in the clear; they name nobody.
pub struct Corrector {
    pub actor: String,
    pub at: Timestamp,
    pub purpose: String,
    pub request: String,
}

/// Puts `after` in place of the field, keeps before and after, and lets the customer be found by the new value only.
/// `false`: it was so already.
pub fn correct(
    house: &House,
    writer: &Writer<'_>,
    row: &CustomerRow,
    (field, after): (IdentifierKind, Option<&str>),
    reason: &str,
    corrector: &Corrector,
) -> anyhow::Result<bool> {
    let mut person = house.vault.open_person(&row.wrapped_key, CUSTOMER, &row.sealed_person)?;
    if person.field(field).map(String::as_str) == after {
        return Ok(false);
    }
    let mut change = FieldChange::default();
    change.before = person.field(field).cloned();
    change.after = after.map(str::to_owned);
    change.reason = reason.to_owned();
    change.overruled = told(house, writer, row.no, field)?;
    change.overruled.extend(change.before.as_deref().and_then(|before| blind(house, field, before)));
    person.set_field(field, change.after.clone());
    let no = row.no;
    if let Some(old) = change.before.as_deref().and_then(|before| normalise(field, before)) {
        writer.remove_index(field, &house.vault.blind(field, &old).0, no)?;
    }
    let sealed = house.vault.seal_person(&row.wrapped_key, CUSTOMER, &person)?;
    writer.update_customer(no, &sealed, row.province.as_deref(), corrector.at)?;
    lookup::index(&house.vault, writer, Some(no), &person)?;
    writer.add_correction(&CorrectionRow {
        customer: no,
        field,
        at: corrector.at,
        actor: corrector.actor.clone(),
        why: Some((corrector.purpose.clone(), corrector.request.clone())),
        sealed: house.vault.seal_value(&row.wrapped_key, &context(no), &change)?,
    })?;
    Ok(true)
}

/// A correction opened again; `None` when its customer's key was destroyed.
pub fn opened(
    house: &House,
    row: &CustomerRow,
    correction: &CorrectionRow,
) -> anyhow::Result<Option<FieldChange>> {
    match house.vault.open_value(&row.wrapped_key, &context(row.no), &correction.sealed) {
        Err(vault::Error::BrokenKey) => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

/// What of a source's word about the customer is to be heard: not what was corrected and is only repeated.
pub(super) fn heard(
    house: &House,
    writer: &Writer<'_>,
    row: &CustomerRow,
    source: &SourceName,
    told: &Person,
    now: Timestamp,
) -> anyhow::Result<Person> {
    let mut heard = told.clone();
    for correction in writer.corrections_in_force(row.no)? {
        let field = correction.field;
        let Some(value) = told.field(field) else { continue };
        let Some(change) = opened(house, row, &correction)? else { continue };
        let says = |known: Option<&String>| {
            known.is_some_and(|known| known == value || normalise(field, known) == normalise(field, value))
        };
        if says(change.after.as_ref()) {
            // Agreed; the spelling is the person's.
            heard.set_field(field, change.after.clone());
        } else if says(change.before.as_ref())
            || blind(house, field, value).is_some_and(|blind| change.overruled.contains(&blind))
        {
            heard.set_field(field, None);
        } else {
            ended(house, writer, row, source, (field, &change, value), now)?;
        }
    }
    Ok(heard)
}

/// The source's own value has changed since: that is newer than the correction.
fn ended(
    house: &House,
    writer: &Writer<'_>,
    row: &CustomerRow,
    source: &SourceName,
    (field, standing, value): (IdentifierKind, &FieldChange, &str),
    now: Timestamp,
) -> anyhow::Result<()> {
    let mut change = FieldChange::default();
    change.before = standing.after.clone();
    change.after = Some(value.to_owned());
    if let Some(old) = change.before.as_deref().and_then(|before| normalise(field, before)) {
        writer.remove_index(field, &house.vault.blind(field, &old).0, row.no)?;
    }
    let sealed = house.vault.seal_value(&row.wrapped_key, &context(row.no), &change)?;
    let actor = format!("source {source}");
    Ok(writer.add_correction(&CorrectionRow {
        customer: row.no,
        field,
        at: now,
        actor,
        why: None,
        sealed,
    })?)
}

/// Every value that sources have told of the field, by their keyed hashes.
fn told(
    house: &House,
    reader: &Reader<'_>,
    no: CustomerNo,
    field: IdentifierKind,
) -> anyhow::Result<Vec<String>> {
    let row = reader.customer(no)?;
    let mut all: Vec<String> = reader
        .identifiers_of(no)?
        .into_iter()
        .filter(|(kind, _)| *kind == field)
        .map(|(_, blind)| hex::encode(blind))
        .collect();
    // What an earlier correction overruled is no longer among the identifiers.
    for earlier in reader.corrections_in_force(no)?.iter().filter(|earlier| earlier.field == field) {
        if let Some(row) = &row
            && let Some(change) = opened(house, row, earlier)?
        {
            all.extend(change.overruled.iter().cloned());
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

fn blind(house: &House, field: IdentifierKind, value: &str) -> Option<String> {
    normalise(field, value).map(|value| hex::encode(house.vault.blind(field, &value).0))
}

/// A word of the four fields, as people write it.
pub fn field_of(word: &str) -> Option<IdentifierKind> {
    FIELDS.into_iter().find(|field| field.as_str() == word)
}

fn context(no: CustomerNo) -> String {
    format!("customer/correction/{no}")
}
