//! What goes wrong with mail, for the administrators.

use jiff::Timestamp;
use tracing::warn;

use super::house::House;
use crate::store::OutboxItem;

/// The relay, or this house, refused a message for good.
pub(super) fn undelivered(_house: &House, item: &OutboxItem, _what: &str, _now: Timestamp) {
    warn!(outbox = item.id.0, "mail is undelivered; see `firstwatch outbox list --state refused`");
}

/// A message arrived: its recipient can be reached.
pub(super) fn delivered(_house: &House, _item: &OutboxItem, _now: Timestamp) {}

/// A message may have arrived or not, and waits for a person.
pub(super) fn ambiguous_held(_house: &House, item: &OutboxItem, _what: &str, _now: Timestamp) {
    warn!(outbox = item.id.0, "mail may have arrived; decide with `firstwatch outbox retry` or `cancel`");
}
