//! What may be sealed, as bytes and back: each text with its length in front.
//!
//! Deliberately absent: serde, whose buffers are not overwritten.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::{Error, Sealed, Vault, WrappedKey};
use crate::domain::complaint::ComplaintText;
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
        let mut writing = Writing(Zeroizing::new(Vec::with_capacity(1024)));
        value.write(&mut writing);
        self.seal(key, context, &writing.0).map(Sealed::from_bytes)
    }

    /// # Errors
    /// Those of [`Vault::open`].
    pub fn open_value<T: Sealable>(
        &self,
        key: &WrappedKey,
        context: &str,
        sealed: &Sealed<T>,
    ) -> Result<T, Error> {
        let plain = self.open(key, context, sealed.as_bytes())?;
        let mut reading = Reading(&plain);
        let value = T::read(&mut reading).ok_or(Error::BrokenSeal)?;
        if reading.0.is_empty() { Ok(value) } else { Err(Error::BrokenSeal) }
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

/// A payment's reference.
impl Sealable for String {
    fn write(&self, bytes: &mut Writing) {
        bytes.text(self);
    }

    fn read(bytes: &mut Reading<'_>) -> Option<Self> {
        bytes.text()
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
