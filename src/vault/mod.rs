//! The vault: seals personal data and opens it again.
//!
//! Every customer has a data key of their own, wrapped by the master key; whoever destroys the wrapped
//! key has destroyed what it sealed. Exact look-ups go through blind indexes, facts through pseudonyms;
//! both are keyed hashes that say nothing without the master key.
//!
//! Invariant: no open value leaves this room but as a type that overwrites its memory when dropped, and a
//! sealed value opens only under the key and in the context it was sealed for. Deliberately absent: the
//! store (the composer carries the bytes), any list of persons, any error that repeats what was inside.

mod blind;
mod keyring;
mod master_key;
mod sealed;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

pub use crate::domain::sealed::{Sealed, WrappedKey};
pub use blind::BlindIndex;
pub use keyring::{Rotation, RotationNotes, key_mark};
pub use master_key::{KeyOrigin, MasterKey};
pub use sealed::Sealable;

use keyring::{Keyring, Wrapping};

/// Version 1: XChaCha20-Poly1305, random nonce in front.
const VERSION: u8 = 1;
const NONCE: usize = 24;
const KEY: usize = 32;
/// Version, then which master key wrapped it, so that a rotation can tell the old from the new.
const WRAPPED_HEAD: usize = 1 + 4;

/// Why the vault cannot do what it is asked. Never says what was inside.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no master key at {}; make one with `firstwatch key new`, or name the right file in [vault]", .path.display())]
    Missing { path: std::path::PathBuf },
    #[error("the master key {} cannot be read", .path.display())]
    Unreadable { path: std::path::PathBuf, source: std::io::Error },
    #[error("the master key {} may be read by others (mode {mode:04o}); run `chmod 600` on it, and make a new one with `firstwatch key new` if others had access", .path.display())]
    OpenToOthers { path: std::path::PathBuf, mode: u32 },
    #[error("the master key {} belongs to uid {owner}; it must belong to the user that runs firstwatch (uid {us})", .path.display())]
    Owner { path: std::path::PathBuf, owner: u32, us: u32 },
    #[error("the master key {} is not a regular file; name the key file itself", .path.display())]
    NotAFile { path: std::path::PathBuf },
    #[error("the master key {} is not 64 hexadecimal digits; restore it from its backup, or make a new one with `firstwatch key new` for a new store", .path.display())]
    Malformed { path: std::path::PathBuf },
    #[error("the master key {} cannot be written; it never replaces an existing file, so name a new one", .path.display())]
    NotWritten { path: std::path::PathBuf, source: std::io::Error },
    #[error("the system gives no random bytes")]
    NoRandomness,
    #[error("the data key is wrapped by another master key; restore the one this store was made with")]
    OtherMasterKey,
    #[error("the store is under this master key already")]
    SameMasterKey,
    #[error("the data key cannot be unwrapped: it is damaged or destroyed")]
    BrokenKey,
    #[error("a sealed value cannot be opened: wrong key, wrong place or damaged bytes")]
    BrokenSeal,
    #[error("a value is too large to seal")]
    TooLarge,
}

/// The keys of the house, for as long as the program runs: those that wrap data keys, derived from the master key, and
/// those of look-ups, derived from an index key that the store keeps, wrapped. So another master key needs data keys and
/// the index key wrapped anew, and every blind index and pseudonym stays as it is.
pub struct Vault {
    ring: Keyring,
    index: Zeroizing<[u8; KEY]>,
    blind: blind::BlindKeys,
}

impl Vault {
    /// Derives every key the house needs. Its index key is the master key's own bytes, as it was before stores kept one;
    /// [`Vault::with_index_key`] and [`Vault::with_new_index_key`] give it another.
    pub fn new(master: MasterKey) -> Self {
        let index = Zeroizing::new(*master.bytes());
        Self { ring: Keyring::new(Wrapping::of(&master)), blind: blind::BlindKeys::derive(&index), index }
    }

    /// With the index key that the store keeps.
    ///
    /// # Errors
    /// [`Error::OtherMasterKey`] or [`Error::BrokenKey`] when it does not open.
    pub fn with_index_key(mut self, key: &WrappedKey) -> Result<Self, Error> {
        self.index = self.unwrap_key(key)?;
        self.blind = blind::BlindKeys::derive(&self.index);
        Ok(self)
    }

    /// With a fresh random index key, for a store that holds nobody yet.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn with_new_index_key(mut self) -> Result<Self, Error> {
        getrandom::fill(&mut *self.index).map_err(|_| Error::NoRandomness)?;
        self.blind = blind::BlindKeys::derive(&self.index);
        Ok(self)
    }

    /// The index key, wrapped, for the store to keep.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn index_key(&self) -> Result<WrappedKey, Error> {
        self.wrap(&self.index)
    }

    /// Tells one master key from another without telling anything about it: the store keeps it, so that
    /// a wrong key is refused at open.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.ring.current().fingerprint
    }

    /// A fresh random data key, wrapped.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn new_data_key(&self) -> Result<WrappedKey, Error> {
        self.new_open_key().map(|(wrapped, _)| wrapped)
    }

    /// A fresh random data key, open: for whoever seals with it at once.
    ///
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn new_open_key(&self) -> Result<(WrappedKey, OpenKey), Error> {
        let mut key = Zeroizing::new([0; KEY]);
        getrandom::fill(&mut *key).map_err(|_| Error::NoRandomness)?;
        Ok((self.wrap(&key)?, OpenKey(key)))
    }

    /// Unwraps a data key once for several things that are sealed or opened with it.
    ///
    /// # Errors
    /// [`Error::OtherMasterKey`] or [`Error::BrokenKey`] when it does not open.
    pub fn open_key(&self, key: &WrappedKey) -> Result<OpenKey, Error> {
        self.unwrap_key(key).map(OpenKey)
    }

    /// Seals bytes. `context` says what and whose they are (`customer/person`); they open in that
    /// context only. The length of what is inside shows.
    ///
    /// # Errors
    /// [`Error::OtherMasterKey`] or [`Error::BrokenKey`] when the data key does not open,
    /// [`Error::NoRandomness`].
    pub fn seal(&self, key: &WrappedKey, context: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.open_key(key)?.seal(context, plain)
    }

    /// Opens what [`Vault::seal`] sealed with the same key and context.
    ///
    /// # Errors
    /// [`Error::OtherMasterKey`] or [`Error::BrokenKey`] when the data key does not open,
    /// [`Error::BrokenSeal`] for another key or context and for damaged bytes.
    pub fn open(&self, key: &WrappedKey, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.open_key(key)?.open(context, sealed)
    }

    fn unwrap_key(&self, wrapped: &WrappedKey) -> Result<Zeroizing<[u8; KEY]>, Error> {
        let (head, rest) = wrapped.as_bytes().split_at_checked(WRAPPED_HEAD).ok_or(Error::BrokenKey)?;
        if head[0] != VERSION {
            return Err(Error::BrokenKey);
        }
        let wrapping = self.ring.of(head).ok_or(Error::OtherMasterKey)?;
        let plain = decrypt(&wrapping.key, &wrapping_context(head), rest).ok_or(Error::BrokenKey)?;
        let mut key = Zeroizing::new([0; KEY]);
        if plain.len() != KEY {
            return Err(Error::BrokenKey);
        }
        key.copy_from_slice(&plain);
        Ok(key)
    }
}

/// A data key, unwrapped. It leaves the program in no way, and its memory is overwritten when it is dropped.
pub struct OpenKey(Zeroizing<[u8; KEY]>);

impl OpenKey {
    fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![VERSION];
        bytes.extend(encrypt(&self.0, &sealing_context(context), plain)?);
        Ok(bytes)
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        match sealed.split_first() {
            Some((&VERSION, rest)) => {
                decrypt(&self.0, &sealing_context(context), rest).ok_or(Error::BrokenSeal)
            }
            _ => Err(Error::BrokenSeal),
        }
    }
}

fn wrapped_head(fingerprint: &[u8; KEY]) -> [u8; WRAPPED_HEAD] {
    let [a, b, c, d, ..] = *fingerprint;
    [VERSION, a, b, c, d]
}

fn wrapping_context(head: &[u8]) -> Vec<u8> {
    [b"firstwatch/v1/data-key/".as_slice(), head].concat()
}

fn sealing_context(context: &str) -> Vec<u8> {
    [b"firstwatch/v1/sealed/".as_slice(), context.as_bytes()].concat()
}

/// Nonce, then cipher text and tag.
fn encrypt(key: &[u8; KEY], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Error> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Error::NoRandomness)?;
    let cipher = XChaCha20Poly1305::new(<&Key>::from(key));
    let text = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
        .map_err(|_| Error::TooLarge)?;
    Ok([nonce.as_slice(), &text].concat())
}

/// `None` when the tag does not agree.
fn decrypt(key: &[u8; KEY], context: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = bytes.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(<&Key>::from(key));
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: context }).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(fill: u8) -> Vault {
        Vault::new(MasterKey::from_bytes([fill; 32]))
    }

    const NAME: &[u8] = "Trần Thị Bình".as_bytes();

    #[test]
    fn what_is_sealed_opens_under_its_key_and_in_its_context_only() {
        let vault = vault(1);
        let (key, other) = (vault.new_data_key().unwrap(), vault.new_data_key().unwrap());
        let sealed = vault.seal(&key, "customer/person", NAME).unwrap();
        assert_eq!(*vault.open(&key, "customer/person", &sealed).unwrap(), NAME);
        let broken = |opened: Result<_, Error>| matches!(opened, Err(Error::BrokenSeal));
        assert!(broken(vault.open(&other, "customer/person", &sealed)));
        assert!(broken(vault.open(&key, "order/person", &sealed)));
        assert!(broken(vault.open(&key, "customer/person", b"")));
        assert!(broken(vault.open(&key, "customer/person", &sealed[..sealed.len() - 1])));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let vault = vault(1);
        let key = vault.new_data_key().unwrap();
        let sealed = vault.seal(&key, "x", NAME).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(vault.open(&key, "x", &flipped).is_err(), "bit {bit}");
        }
        for bit in 0..key.as_bytes().len() * 8 {
            let mut flipped = key.as_bytes().to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(vault.open(&WrappedKey::from_bytes(flipped), "x", &sealed).is_err(), "key bit {bit}");
        }
    }

    #[test]
    fn another_master_key_is_told_from_a_damaged_data_key() {
        let (ours, theirs) = (vault(1), vault(2));
        let key = ours.new_data_key().unwrap();
        let sealed = ours.seal(&key, "x", NAME).unwrap();
        assert!(matches!(theirs.open(&key, "x", &sealed), Err(Error::OtherMasterKey)));
        assert!(matches!(theirs.seal(&key, "x", NAME), Err(Error::OtherMasterKey)));
        let destroyed = WrappedKey::from_bytes(Vec::new());
        assert!(matches!(ours.open(&destroyed, "x", &sealed), Err(Error::BrokenKey)));
        assert_ne!(ours.fingerprint(), theirs.fingerprint());
        assert_eq!(ours.fingerprint(), vault(1).fingerprint());
    }

    #[test]
    fn sealing_twice_gives_other_bytes_and_none_of_the_plain_ones() {
        let vault = vault(1);
        let key = vault.new_data_key().unwrap();
        let [one, two] = [(); 2].map(|()| vault.seal(&key, "x", NAME).unwrap());
        assert_ne!(one, two);
        assert!(!one.windows(4).any(|window| NAME.windows(4).any(|plain| plain == window)));
        assert!(vault.new_data_key().unwrap() != key);
    }

    #[test]
    fn the_format_is_as_promised() {
        let vault = vault(1);
        let key = vault.new_data_key().unwrap();
        assert_eq!(key.as_bytes()[..5], [&[1][..], &vault.fingerprint()[..4]].concat());
        assert_eq!(key.as_bytes().len(), 1 + 4 + 24 + 32 + 16);
        let sealed = vault.seal(&key, "x", NAME).unwrap();
        assert_eq!((sealed[0], sealed.len()), (1, 1 + 24 + NAME.len() + 16));
    }
}
