//! Corrects fields of a customer; before and after are kept, sealed, with who asked, when and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::show::{CustomerShown, opened};
use super::why::{Why, audited};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::customer::{IdentifierKind, normalise};
use crate::domain::ids::CustomerNo;
use crate::jobs::{self, Corrector, House};
use crate::operations::{Error, Result};

/// In bytes; no name and no address is longer.
const LONGEST_VALUE: usize = 1_000;
const LONGEST_REASON: usize = 10_000;

/// What to put into which field. Has no `Debug`; its memory is overwritten when it is dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectRequest {
    pub why: Why,
    /// `name`, `phone`, `email`, `address`; `null`: it is no longer known.
    pub fields: BTreeMap<String, Option<String>>,
    /// In words; they are sealed.
    pub reason: String,
}

impl Drop for CorrectRequest {
    fn drop(&mut self) {
        self.fields.values_mut().for_each(Zeroize::zeroize);
        self.reason.zeroize();
    }
}

/// What came of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Corrected {
    /// The fields that changed; the others were so already.
    pub changed: Vec<String>,
    pub customer: CustomerShown,
}

pub fn correct(
    house: &House,
    actor: &Actor,
    number: CustomerNo,
    request: &CorrectRequest,
) -> Result<Corrected> {
    let subject = super::subject(number);
    audited(house, actor, (Operation::CustomerCorrect, &subject), &request.why, |writer| {
        let fields = read(request)?;
        let corrector = Corrector {
            actor: actor.to_string(),
            at: house.now(),
            purpose: request.why.purpose.to_string(),
            request: request.why.request.clone(),
        };
        let mut changed = Vec::new();
        for (field, value) in &fields {
            // Each sees what the one before it has changed.
            let row = super::present(writer, number)?;
            let value = value.as_ref().map(|value| value.as_str());
            if jobs::correct(house, writer, &row, (*field, value), request.reason.trim(), &corrector)? {
                changed.push(field.as_str().to_owned());
            }
        }
        let row = super::present(writer, number)?;
        let subjects = changed.iter().map(|field| format!("customer {number} {field}")).collect();
        Ok((Corrected { changed, customer: opened(house, writer, &row)? }, subjects))
    })
}

/// The fields, each as it can be kept. Errors name the field and never what stands in it.
fn read(request: &CorrectRequest) -> Result<Vec<(IdentifierKind, Option<Zeroizing<String>>)>> {
    let bad = |what: String| Err(Error::BadRequest(what));
    if request.fields.is_empty() {
        return bad("nothing is to be corrected; give name, phone, email or address".to_owned());
    }
    let reason = request.reason.trim();
    if reason.is_empty() || reason.len() > LONGEST_REASON {
        return bad(format!("a correction needs a reason, of {LONGEST_REASON} bytes at most"));
    }
    let mut fields = Vec::new();
    for (word, value) in &request.fields {
        let Some(field) = jobs::field_of(word) else {
            return bad("only name, phone, email and address can be corrected".to_owned());
        };
        let Some(value) = value else {
            fields.push((field, None));
            continue;
        };
        let value = Zeroizing::new(value.trim().to_owned());
        let is_one_line = !value.chars().any(char::is_control);
        if !is_one_line || value.len() > LONGEST_VALUE || normalise(field, &value).is_none() {
            return bad(format!("what is given as {word} is none; correct it, or clear the field"));
        }
        fields.push((field, Some(value)));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::purpose::Purpose;

    fn request(fields: &[(&str, Option<&str>)], reason: &str) -> CorrectRequest {
        CorrectRequest {
            why: Why { purpose: Purpose::DataRequest, request: "YC-1".into() },
            fields: fields.iter().map(|(field, value)| ((*field).into(), value.map(str::to_owned))).collect(),
            reason: reason.into(),
        }
    }

    #[test]
    fn what_does_not_fit_is_named_and_not_repeated() {
        let secret = "Đặng Thị Huyền 0977";
        for (fields, reason, part) in [
            (vec![], "x", "nothing is to be corrected"),
            (vec![("name", Some("An"))], " ", "needs a reason"),
            (vec![("account", Some("K1"))], "x", "only name, phone"),
            (vec![("phone", Some(secret))], "x", "given as phone is none"),
            (vec![("email", Some(secret))], "x", "given as email is none"),
            (vec![("name", Some("..."))], "x", "given as name is none"),
            (vec![("name", Some("An\nBình"))], "x", "given as name is none"),
        ] {
            let told =
                read(&request(&fields, reason)).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains(part) && !told.contains("Huyền"), "{told}");
        }
        let fine = read(&request(&[("phone", Some(" 0977 100 200 ")), ("email", None)], "x")).unwrap();
        assert_eq!(fine[0], (IdentifierKind::Email, None));
        assert_eq!(fine[1].1.as_ref().map(|value| value.as_str()), Some("0977 100 200"));
    }
}
