//! Why somebody asks for personal data, and the audit line that keeps it.

use serde::{Deserialize, Serialize};

use crate::access::{self, Operation};
use crate::domain::actor::Actor;
use crate::domain::purpose::Purpose;
use crate::jobs::{self, House};
use crate::operations::{Error, Result};
use crate::store::{AuditEntry, Writer};

const LONGEST_REQUEST: usize = 40;

/// The purpose, and the number of the letter, call or complaint that asked for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Why {
    pub purpose: Purpose,
    /// It stands in the audit log for ever, so it names nobody: letters, digits and `-._/`, 40 at most.
    pub request: String,
}

impl Why {
    /// As the audit log says it.
    fn told(&self) -> String {
        format!("purpose {}; request {}", self.purpose, self.request)
    }

    fn check(&self, house: &House, operation: Operation) -> Result<()> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._/".contains(letter);
        let fits = !self.request.is_empty() && self.request.len() <= LONGEST_REQUEST;
        if !fits || !self.request.chars().all(is_plain) {
            return Err(Error::BadRequest(format!(
                "a request's number is of letters, digits and -._/ alone, {LONGEST_REQUEST} at most, as YC-2026-31"
            )));
        }
        if jobs::names_somebody(house, &self.request)? {
            return Err(Error::BadRequest(
                "the request's number looks like a person's data, and it is kept for ever; give the letter's or the complaint's number"
                    .to_owned(),
            ));
        }
        let allowed = purposes(operation);
        if !allowed.contains(&self.purpose) {
            let allowed: Vec<&str> = allowed.iter().map(|purpose| purpose.as_str()).collect();
            return Err(Error::BadRequest(format!(
                "{operation} is not for the purpose {}; it is for {}",
                self.purpose,
                allowed.join(", ")
            )));
        }
        Ok(())
    }
}

/// What an operation may be used for.
fn purposes(operation: Operation) -> &'static [Purpose] {
    use Purpose::{Authority, Complaint, DataRequest, Delivery, Payment, Sale};
    match operation {
        Operation::CustomerErase => &[DataRequest, Authority],
        Operation::CustomerCorrect => &[DataRequest, Sale, Delivery, Complaint],
        Operation::CustomerStatement => &[Payment, DataRequest, Complaint, Authority],
        _ => &[Sale, Delivery, Payment, Complaint, DataRequest, Authority],
    }
}

/// Lets `work` look at or change a person's data, and writes the line: in its own transaction when it is done, by itself
/// when the actor may not or it fails. `work` may name more subjects that it turned out to be about.
pub(super) fn audited<T>(
    house: &House,
    actor: &Actor,
    (operation, subject): (Operation, &str),
    why: &Why,
    work: impl FnOnce(&Writer<'_>) -> Result<(T, Vec<String>)>,
) -> Result<T> {
    let now = house.now();
    // What is no number of a request is not put into the log.
    let checked = why.check(house, operation);
    let reason = if checked.is_ok() { why.told() } else { String::new() };
    let line = |writer: &Writer<'_>, subject: &str, outcome: &str| {
        let actor = &actor.to_string();
        let entry = AuditEntry { actor, operation: operation.as_str(), subject, reason: &reason, outcome };
        writer.append_audit(&entry, now).map(|_| ())
    };
    if let Err(denied) = access::check(&house.grants, actor, operation) {
        house.store.write(|writer| line(writer, subject, "refused"))?;
        return Err(Error::NotAllowed(denied.to_string()));
    }
    let done = checked.and_then(|()| {
        house.store.write(|writer| {
            let (answer, more) = work(writer)?;
            let own = Some(subject.to_owned()).filter(|own| !own.is_empty() || more.is_empty());
            for subject in own.iter().chain(&more) {
                line(writer, subject, "done")?;
            }
            Ok(answer)
        })
    });
    if done.is_err() {
        house.store.write(|writer| line(writer, subject, "failed"))?;
    }
    done
}
