//! The outbox: list, and decide by hand what the machine may not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Result, allow, record};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{OutboxId, ReleaseId};
use crate::jobs::{self, House};
use crate::store::{self, OutboxState};

/// A message to one recipient, without its content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutboxView {
    pub id: OutboxId,
    pub kind: String,
    pub release: Option<ReleaseId>,
    pub recipient: String,
    pub message_id: String,
    /// One of [`states`].
    pub state: String,
    pub attempts: u32,
    /// The relay's last reply, or why a person decided.
    pub note: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// What a person decides about one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Send the same bytes (again).
    Retry,
    /// Send it although the egress guard held it back.
    Release,
    /// Never send it.
    Cancel,
}

/// The names of the states.
pub fn states() -> impl Iterator<Item = &'static str> {
    OutboxState::ALL.into_iter().map(OutboxState::as_str)
}

/// Reads a state's name.
pub fn state(name: &str) -> Result<OutboxState> {
    OutboxState::ALL.into_iter().find(|state| state.as_str() == name).ok_or_else(|| {
        let names = states().collect::<Vec<_>>().join(", ");
        Error::BadRequest(format!("there is no state {name:?}; the states are {names}"))
    })
}

pub fn list(house: &House, actor: &Actor, state: Option<OutboxState>, limit: u32) -> Result<Vec<OutboxView>> {
    allow(house, actor, Operation::OutboxList)?;
    let rows = house.store.read(|reader| reader.outbox(state, limit))?;
    Ok(rows
        .into_iter()
        .map(|row| OutboxView {
            id: row.id,
            kind: row.kind,
            release: row.release,
            recipient: row.recipient,
            message_id: row.message_id,
            state: row.state.as_str().to_owned(),
            attempts: row.attempts,
            note: row.note,
            created_at: row.created_at,
            changed_at: row.changed_at,
        })
        .collect())
}

pub fn decide(house: &House, actor: &Actor, id: OutboxId, decision: Decision) -> Result<()> {
    let operation = match decision {
        Decision::Retry => Operation::OutboxRetry,
        Decision::Release => Operation::OutboxRelease,
        Decision::Cancel => Operation::OutboxCancel,
    };
    allow(house, actor, operation)?;
    let now = house.now();
    let decided = house.store.write(|writer| {
        match decision {
            Decision::Retry => writer.retry_message(id, "by hand", now)?,
            Decision::Release => writer.release_message(id, "by hand", now)?,
            Decision::Cancel => writer.cancel_message(id, "by hand", now)?,
        }
        record(writer, actor, operation, &format!("message {id}"), "done", now)
    });
    match decided {
        Err(error @ (store::Error::NotFound { .. } | store::Error::Transition { .. })) => {
            let advice = match (&error, decision) {
                (store::Error::NotFound { .. }, _) => "`firstwatch outbox list` shows them",
                (_, Decision::Retry) => "a refused, ambiguous or cancelled message is sent again",
                (_, Decision::Release) => "a quarantined message is let go",
                (_, Decision::Cancel) => {
                    "a message that waits, was refused, or needs a decision is cancelled"
                }
            };
            return Err(Error::BadRequest(format!("{error}; {advice}")));
        }
        decided => decided?,
    }
    if decision != Decision::Cancel {
        jobs::deliver_soon(house)?;
    } else if let Some(item) = house.store.read(|reader| reader.outbox_item(id))? {
        jobs::mail_settled(house, &item.recipient, now);
    }
    Ok(())
}
