//! Personal data while it is shut: what the vault gives out and the store keeps.
//!
//! These are bytes that only the vault can open. They have no `Debug` and no serde, so that they stand in
//! no log and no answer; the type of what lies inside keeps a complaint's words from being stored as a
//! customer's name.

use std::marker::PhantomData;

/// A sealed `T`. Only `vault` makes one from a `T`, and only `vault` opens it.
#[derive(PartialEq, Eq)]
pub struct Sealed<T> {
    bytes: Vec<u8>,
    inside: PhantomData<fn() -> T>,
}

impl<T> Sealed<T> {
    /// Takes bytes that the vault sealed, or that the store read back.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self { bytes, inside: PhantomData }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::from_bytes(self.bytes.clone())
    }
}

/// A data key, wrapped by the master key: one a customer, and one for what belongs to no customer.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey(Vec<u8>);

impl WrappedKey {
    /// Takes bytes that the vault wrapped, or that the store read back.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
