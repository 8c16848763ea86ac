//! A correction of one field of a customer, while it is open.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::customer::IdentifierKind;
use super::customer::Person;

/// The fields of a person that can be corrected.
pub const FIELDS: [IdentifierKind; 4] =
    [IdentifierKind::Name, IdentifierKind::Phone, IdentifierKind::Email, IdentifierKind::Address];

/// What a field was and is, and why. Has no `Debug`; its memory is overwritten when it is dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct FieldChange {
    /// `None`: it was not known.
    pub before: Option<String>,
    /// `None`: it is no longer known.
    pub after: Option<String>,
    /// The words of the person who corrected it; empty for a source's own change.
    pub reason: String,
    /// Keyed hashes (hexadecimal) of every value that sources had told of the field: while they go on saying one of
    /// these, the correction stands.
    pub overruled: Vec<String>,
}

impl Person {
    /// `None` also for an account or a citizen id, which are no fields of a person.
    pub fn field(&self, kind: IdentifierKind) -> Option<&String> {
        match kind {
            IdentifierKind::Account | IdentifierKind::CitizenId => None,
            IdentifierKind::Phone => self.phone.as_ref(),
            IdentifierKind::Email => self.email.as_ref(),
            IdentifierKind::Name => self.name.as_ref(),
            IdentifierKind::Address => self.address.as_ref(),
        }
    }

    /// Puts a value in place of the field's, whose memory is overwritten.
    pub fn set_field(&mut self, kind: IdentifierKind, value: Option<String>) {
        let field = match kind {
            IdentifierKind::Account | IdentifierKind::CitizenId => return,
            IdentifierKind::Phone => &mut self.phone,
            IdentifierKind::Email => &mut self.email,
            IdentifierKind::Name => &mut self.name,
            IdentifierKind::Address => &mut self.address,
        };
        field.zeroize();
        *field = value;
    }
}
