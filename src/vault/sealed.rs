//! What may be sealed, as bytes and back: each text with its length in front.
//!
//! Deliberately absent: serde, whose buffers are not overwritten.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Error, OpenKey, Sealed, Vault, WrappedKey};
use crate::domain::complaint::ComplaintText;
use crate::domain::correction::FieldChange;
use crate::domain::customer::Person;
use crate::domain::feed::{Feed, Rejected};

/// Open personal data that knows how it is written down inside its seal.
pub trait Sealable: Sized {
    fn write(&self, bytes: &mut Writing);
    /// `None` when the bytes are not what [`Sealable::write`] wrote.
    fn read(bytes: &mut Reading<'_>) -> Option<Self>;
}

impl Vault {
    /// Seals a value; `context` says what and whose it is, and the value opens in that context only.
    ///
    /// # Errors
    /// Those of [`Vault::seal`].
    pub fn seal_value<T: Sealable>(
        &self,
        key: &WrappedKey,
        context: &str,
        value: &T,
    ) -> Result<Sealed<T>, Error> {
        self.open_key(key)?.seal_value(context, value)
    }

    /// # Errors
    /// Those of [`Vault::open`].
    pub fn open_value<T: Sealable>(
        &self,
        key: &WrappedKey,
        context: &str,
        sealed: &Sealed<T>,
    ) -> Result<T, Error> {
        self.open_key(key)?.open_value(context, sealed)
    }

    /// [`Vault::seal_value`] of a person.
    ///
    /// # Errors
    /// Those of [`Vault::seal`].
    pub fn seal_person(
        &self,
        key: &WrappedKey,
        context: &str,
        person: &Person,
    ) -> Result<Sealed<Person>, Error> {
        self.seal_value(key, context, person)
    }

    /// [`Vault::open_value`] of a person.
    ///
    /// # Errors
    /// Those of [`Vault::open`].
    pub fn open_person(
        &self,
        key: &WrappedKey,
        context: &str,
        sealed: &Sealed<Person>,
    ) -> Result<Person, Error> {
        self.open_value(key, context, sealed)
    }
}

impl OpenKey {
    /// [`Vault::seal_value`] with this key.
    ///
    /// # Errors
    /// [`Error::NoRandomness`], [`Error::TooLarge`].
    pub fn seal_value<T: Sealable>(&self, context: &str, value: &T) -> Result<Sealed<T>, Error> {
        let mut writing = Writing(Zeroizing::new(Vec::with_capacity(256)));
        value.write(&mut writing);
        self.seal(context, &writing.0).map(Sealed::from_bytes)
    }

    /// [`Vault::open_value`] with this key.
    ///
    /// # Errors
    /// [`Error::BrokenSeal`].
    pub fn open_value<T: Sealable>(&self, context: &str, sealed: &Sealed<T>) -> Result<T, Error> {
        let plain = self.open(context, sealed.as_bytes())?;
        let mut reading = Reading(&plain);
        let value = T::read(&mut reading).ok_or(Error::BrokenSeal)?;
        if reading.0.is_empty() { Ok(value) } else { Err(Error::BrokenSeal) }
    }
}

/// Bytes being written, in memory that is overwritten when dropped.
pub struct Writing(Zeroizing<Vec<u8>>);

impl Writing {
    fn raw(&mut self, bytes: &[u8]) {
        // A vector that grows leaves its old memory behind as it stands: move and overwrite it instead.
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed * 2));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, number: u64) {
        self.raw(&number.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.raw(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&String>) {
        self.raw(&[u8::from(text.is_some())]);
        if let Some(text) = text {
            self.text(text);
        }
    }
}

/// Bytes still to be read.
pub struct Reading<'a>(&'a [u8]);

impl<'a> Reading<'a> {
    fn raw(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.raw(8)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let count = usize::try_from(self.number()?).ok()?;
        std::str::from_utf8(self.raw(count)?).ok().map(str::to_owned)
    }

    /// The outer `None` is damage, the inner one a field that was not there.
    fn optional(&mut self) -> Option<Option<String>> {
        match self.raw(1)? {
            [0] => Some(None),
            [1] => self.text().map(Some),
            _ => None,
        }
    }
}

impl Sealable for Person {
    fn write(&self, bytes: &mut Writing) {
        for field in [&self.name, &self.email, &self.phone, &self.address] {
            bytes.optional(field.as_ref());
        }
    }

    fn read(bytes: &mut Reading<'_>) -> Option<Self> {
        let mut person = Self::default();
        person.name = bytes.optional()?;
        person.email = bytes.optional()?;
        person.phone = bytes.optional()?;
        person.address = bytes.optional()?;
        Some(person)
    }
}

impl Sealable for ComplaintText {
    fn write(&self, bytes: &mut Writing) {
        for field in [&self.subject, &self.body, &self.email, &self.phone] {
            bytes.optional(field.as_ref());
        }
    }

    fn read(bytes: &mut Reading<'_>) -> Option<Self> {
        let mut text = Self::default();
        text.subject = bytes.optional()?;
        text.body = bytes.optional()?;
        text.email = bytes.optional()?;
        text.phone = bytes.optional()?;
        Some(text)
    }
}

impl Sealable for FieldChange {
    fn write(&self, bytes: &mut Writing) {
        bytes.optional(self.before.as_ref());
        bytes.optional(self.after.as_ref());
        bytes.text(&self.reason);
        bytes.number(self.overruled.len() as u64);
        self.overruled.iter().for_each(|hash| bytes.text(hash));
    }

    fn read(bytes: &mut Reading<'_>) -> Option<Self> {
        let mut change = Self::default();
        change.before = bytes.optional()?;
        change.after = bytes.optional()?;
        change.reason = bytes.text()?;
        for _ in 0..bytes.number()? {
            change.overruled.push(bytes.text()?);
        }
        Some(change)
    }
}

/// A payment's reference.
impl Sealable for Zeroizing<String> {
    fn write(&self, bytes: &mut Writing) {
        bytes.text(self);
    }

    fn read(bytes: &mut Reading<'_>) -> Option<Self> {
        bytes.text().map(Zeroizing::new)
    }
}

/// The whole of it, so that what is opened can be tried again as it stands.
impl Sealable for Rejected {
    fn write(&self, bytes: &mut Writing) {
        for text in [self.feed.as_str(), &self.origin, &self.column, &self.value, &self.reason] {
            bytes.text(text);
        }
        bytes.number(self.row);
        bytes.number(self.raw.len() as u64);
        for (column, value) in &self.raw {
            bytes.text(column);
            bytes.text(value);
        }
    }

    fn read(bytes: &mut Reading<'_>) -> Option<Self> {
        let feed = bytes.text()?;
        let mut rejected = Self {
            feed: Feed::ALL.into_iter().find(|known| known.as_str() == feed)?,
            origin: bytes.text()?,
            column: bytes.text()?,
            value: bytes.text()?,
            reason: bytes.text()?,
            row: bytes.number()?,
            raw: BTreeMap::new(),
        };
        for _ in 0..bytes.number()? {
            let (column, value) = (bytes.text()?, bytes.text()?);
            rejected.raw.insert(column, value);
        }
        Some(rejected)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::MasterKey;
    use super::*;

    fn vault() -> (Vault, WrappedKey) {
        let vault = Vault::new(MasterKey::from_bytes([1; 32]));
        let key = vault.new_data_key().unwrap();
        (vault, key)
    }

    fn rejected() -> Rejected {
        Rejected {
            feed: Feed::Customers,
            origin: "customers.csv".into(),
            row: 7,
            column: "email".into(),
            value: "nobody".into(),
            reason: "not an e-mail address".into(),
            raw: BTreeMap::from([("email".into(), "nobody".into()), ("name".into(), "An".into())]),
        }
    }

    #[test]
    fn rejected_rows_and_complaints_and_references_come_back_whole() {
        let (vault, key) = vault();
        let sealed = vault.seal_value(&key, "rejected", &rejected()).unwrap();
        assert!(vault.open_value(&key, "rejected", &sealed).unwrap() == rejected());
        let mut text = ComplaintText::default();
        text.subject = Some("Đồng hồ hỏng".into());
        let sealed = vault.seal_value(&key, "complaint/text", &text).unwrap();
        assert!(vault.open_value(&key, "complaint/text", &sealed).unwrap() == text);
        let reference = Zeroizing::new("NGUYEN VAN AN".to_owned());
        let sealed = vault.seal_value(&key, "payment/reference", &reference).unwrap();
        assert_eq!(vault.open_value(&key, "payment/reference", &sealed).unwrap(), reference);
    }

    #[test]
    fn bytes_of_another_shape_are_no_value() {
        let (vault, key) = vault();
        for bytes in [
            &b""[..],
            &[0; 3],
            &[0; 5],
            &[2, 0, 0, 0],
            &[1; 40],
            &[1, 255, 255, 255, 255, 255, 255, 255, 255],
        ] {
            let sealed = Sealed::<Person>::from_bytes(vault.seal(&key, "x", bytes).unwrap());
            assert!(matches!(vault.open_person(&key, "x", &sealed), Err(Error::BrokenSeal)), "{bytes:?}");
        }
    }

    #[test]
    fn a_writing_that_grows_keeps_what_it_has() {
        let mut writing = Writing(Zeroizing::new(Vec::new()));
        let long = "x".repeat(5_000);
        writing.text("first");
        writing.text(&long);
        let mut reading = Reading(&writing.0);
        assert_eq!(reading.text().as_deref(), Some("first"));
        assert_eq!(reading.text(), Some(long));
    }

    proptest! {
        #[test]
        fn a_person_comes_back_as_sealed(fields in proptest::array::uniform4(proptest::option::of(".{0,80}"))) {
            let (vault, key) = vault();
            let [name, email, phone, address] = fields.clone();
            let mut person = Person::default();
            (person.name, person.email, person.phone, person.address) = (name, email, phone, address);
            let sealed = vault.seal_person(&key, "customer/person", &person).unwrap();
            prop_assert!(vault.open_person(&key, "customer/person", &sealed).unwrap() == person);
            for field in fields.into_iter().flatten().filter(|field| field.len() > 3) {
                let found = sealed.as_bytes().windows(field.len()).any(|bytes| bytes == field.as_bytes());
                prop_assert!(!found);
            }
        }
    }
}
