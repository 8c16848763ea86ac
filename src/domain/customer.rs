//! Personal data while it is open: between a source and the vault, and nowhere else.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What identifies a person. Never printed (its `Debug` says only which fields are there), never
/// serialised; its memory is overwritten when it is dropped.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = |field: &Option<String>| if field.is_some() { "set" } else { "none" };
        f.debug_struct("Person")
            .field("name", &mark(&self.name))
            .field("email", &mark(&self.email))
            .field("phone", &mark(&self.phone))
            .field("address", &mark(&self.address))
            .finish()
    }
}

impl Person {
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.email.is_none() && self.phone.is_none() && self.address.is_none()
    }
}

/// A kind of identifier that is kept as a keyed hash for exact look-ups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// The source's own customer number, as `source name` + `/` + `customer id`.
    Account,
    Phone,
    Email,
    Name,
    Address,
    /// Of an identity card. Recognised by its form, and never kept.
    CitizenId,
}

impl IdentifierKind {
    pub const ALL: [Self; 6] =
        [Self::Account, Self::Phone, Self::Email, Self::Name, Self::Address, Self::CitizenId];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Name => "name",
            Self::Address => "address",
            Self::CitizenId => "citizen-id",
        }
    }
}

/// An identifier as it is looked up; `None` when it is none of its kind.
pub fn normalise(kind: IdentifierKind, text: &str) -> Option<String> {
    match kind {
        IdentifierKind::Account => Some(text.to_owned()),
        IdentifierKind::Phone => normalise_phone(text),
        IdentifierKind::Email => normalise_email(text),
        IdentifierKind::Name | IdentifierKind::Address => normalise_words(text),
        // Never kept, so nobody looks it up.
        IdentifierKind::CitizenId => None,
    }
}

/// An e-mail address as it is looked up: trimmed, NFC, lower case. `None` when it is none at all.
pub fn normalise_email(text: &str) -> Option<String> {
    let email: String = composed(text.trim()).to_lowercase();
    let (local, host) = email.split_once('@')?;
    (!local.is_empty() && host.contains('.') && !email.contains(char::is_whitespace)).then_some(email)
}

/// A phone number as it is looked up: its digits, with Vietnam's `+84`, `84` or `0084` written as `0`.
/// `None` when there are fewer than eight digits or more than fifteen (ITU-T E.164).
pub fn normalise_phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = digits
        .strip_prefix("0084")
        .or_else(|| digits.strip_prefix("84").filter(|rest| rest.len() >= 9))
        .map(|rest| format!("0{}", rest.trim_start_matches('0')))
        .unwrap_or(digits);
    (8..=15).contains(&national.len()).then_some(national)
}

/// Most texts are.
fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// A name or an address as it is looked up: NFC, lower case, only letters and digits, single spaces
/// between words. `None` when nothing is left.
pub fn normalise_words(text: &str) -> Option<String> {
    let lower: String = composed(text).to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_in_many_spellings_are_one() {
        for spelling in
            ["0912 345 678", "+84 912.345.678", "84912345678", "0084-912-345-678", "(+84) 0912345678"]
        {
            assert_eq!(normalise_phone(spelling).as_deref(), Some("0912345678"), "{spelling}");
        }
        assert_eq!(normalise_phone("12"), None);
    }

    #[test]
    fn emails_and_words_fold_case_and_composition() {
        assert_eq!(normalise_email(" An.Nguyen@Example.VN ").as_deref(), Some("an.nguyen@example.vn"));
        assert_eq!(normalise_email("nobody"), None);
        assert_eq!(normalise_words("Nguye\u{302}\u{303}n  Văn-An"), normalise_words("nguyễn văn an"));
    }

    #[test]
    fn debug_shows_no_personal_data() {
        let person =
            Person { name: Some("Trần Thị Bình".into()), email: None, phone: None, address: None };
        assert!(!format!("{person:?}").contains("Bình"));
    }
}
