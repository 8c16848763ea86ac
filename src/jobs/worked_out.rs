//! What is worked out of an order before the store is asked: while one part of a source is stored, of the next.

use crate::domain::customer::{IdentifierKind, Person};
use crate::domain::order::Order;
use crate::vault::Vault;

use super::{content, lookup};

/// By what a person is found, as keyed hashes.
pub(super) type FoundBy = Vec<(IdentifierKind, [u8; 16])>;

/// Of one order.
pub(super) struct WorkedOut {
    /// Tells whether it has changed.
    pub hash: [u8; 32],
    pub found_by: FoundBy,
}

impl WorkedOut {
    pub fn of(vault: &Vault, order: &Order) -> Self {
        Self { hash: hash(vault, order), found_by: found_by(vault, &order.person) }
    }
}

pub(super) fn hash(vault: &Vault, order: &Order) -> [u8; 32] {
    vault.content_hash(&content::of_order(order))
}

pub(super) fn found_by(vault: &Vault, person: &Person) -> FoundBy {
    lookup::forms(person).into_iter().map(|(kind, form)| (kind, vault.blind(kind, &form).0)).collect()
}
