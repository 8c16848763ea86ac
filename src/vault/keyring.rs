//! The keys that wrap data keys: the one in use, and during a rotation of the master key the one before.
//!
//! A rotation is on record in the store as two notes: each of the two keys, sealed under the other. Whoever has
//! either has both, until the notes are taken away. Invariant: what is wrapped from then on is wrapped by the new one.

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use super::blind::derive;
use super::{Error, KEY, MasterKey, Vault, WRAPPED_HEAD, WrappedKey, decrypt, encrypt, wrapped_head};

const NOTE: &[u8] = b"firstwatch/v1/rotation";

/// What wraps data keys, derived from a master key.
pub(super) struct Wrapping {
    pub key: Zeroizing<[u8; KEY]>,
    pub fingerprint: [u8; KEY],
}

impl Wrapping {
    pub fn of(master: &MasterKey) -> Self {
        Self {
            key: derive(master.bytes(), "firstwatch/v1/wrap"),
            fingerprint: *derive(master.bytes(), "firstwatch/v1/fingerprint"),
        }
    }

    fn noted_under(&self, other: &Self) -> Result<Vec<u8>, Error> {
        let plain = Zeroizing::new([*self.key, self.fingerprint].concat());
        encrypt(&other.key, NOTE, &plain)
    }

    fn read_under(other: &Self, note: &[u8]) -> Option<Self> {
        let plain = decrypt(&other.key, NOTE, note)?;
        let (key, fingerprint) = plain.split_first_chunk::<KEY>()?;
        Some(Self { key: Zeroizing::new(*key), fingerprint: fingerprint.try_into().ok()? })
    }
}

/// The first wraps; all of them unwrap.
pub(super) struct Keyring(RwLock<Vec<Arc<Wrapping>>>);

impl Keyring {
    pub fn new(wrapping: Wrapping) -> Self {
        Self(RwLock::new(vec![Arc::new(wrapping)]))
    }

    pub fn current(&self) -> Arc<Wrapping> {
        self.all()[0].clone()
    }

    /// The one that wrapped what begins with `head`.
    pub fn of(&self, head: &[u8]) -> Option<Arc<Wrapping>> {
        self.all().into_iter().find(|wrapping| wrapped_head(&wrapping.fingerprint) == head)
    }

    fn all(&self) -> Vec<Arc<Wrapping>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, ring: Vec<Arc<Wrapping>>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = ring;
    }
}

/// A rotation on record: the new key under the old one, and the old under the new.
#[derive(Clone, PartialEq, Eq)]
pub struct RotationNotes {
    pub forward: Vec<u8>,
    pub back: Vec<u8>,
}

/// A rotation that may begin once its notes are on record.
pub struct Rotation {
    pub notes: RotationNotes,
    to: Wrapping,
}

impl MasterKey {
    /// Tells this key from another without telling anything about it.
    pub fn fingerprint(&self) -> [u8; KEY] {
        Wrapping::of(self).fingerprint
    }
}

/// By what people tell one master key from another: eight digits of its fingerprint.
pub fn key_mark(fingerprint: &[u8; KEY]) -> String {
    hex::encode(&fingerprint[..4])
}

impl Vault {
    /// Prepares a rotation to another master key; nothing changes before [`Vault::turn`].
    ///
    /// # Errors
    /// [`Error::SameMasterKey`], [`Error::NoRandomness`].
    pub fn rotation_to(&self, master: &MasterKey) -> Result<Rotation, Error> {
        let (from, to) = (self.ring.current(), Wrapping::of(master));
        if from.fingerprint == to.fingerprint {
            return Err(Error::SameMasterKey);
        }
        let notes = RotationNotes { forward: to.noted_under(&from)?, back: from.noted_under(&to)? };
        Ok(Rotation { notes, to })
    }

    /// From now on the new key wraps, and the old one still unwraps, for whoever read a key before it was wrapped
    /// anew: as long as this process lasts.
    pub fn turn(&self, rotation: Rotation) {
        self.ring.set(vec![Arc::new(rotation.to), self.ring.current()]);
    }

    /// Takes part in a rotation that is on record, with either of its two keys; `false` when ours is neither.
    pub fn join(&self, notes: &RotationNotes) -> bool {
        let ours = self.ring.current();
        let (new, old) = match Wrapping::read_under(&ours, &notes.forward) {
            Some(new) => (Arc::new(new), ours),
            None => {
                let Some(old) = Wrapping::read_under(&ours, &notes.back) else { return false };
                (ours, Arc::new(old))
            }
        };
        self.ring.set(vec![new, old]);
        true
    }

    /// Unwraps by the key before the one in use as well, which a rotation that is over has left noted.
    pub fn remember(&self, back: &[u8]) {
        let ours = self.ring.current();
        if let Some(old) = Wrapping::read_under(&ours, back) {
            self.ring.set(vec![ours, Arc::new(old)]);
        }
    }

    /// Whether this is the master key that is in use, or is being rotated to.
    pub fn is_current(&self, master: &MasterKey) -> bool {
        self.ring.current().fingerprint == Wrapping::of(master).fingerprint
    }

    /// The data key under the key in use; `None` when it is already.
    ///
    /// # Errors
    /// [`Error::OtherMasterKey`], [`Error::BrokenKey`], [`Error::NoRandomness`].
    pub fn rewrap(&self, key: &WrappedKey) -> Result<Option<WrappedKey>, Error> {
        if key.as_bytes().starts_with(&self.current_head()) {
            return Ok(None);
        }
        let plain = self.unwrap_key(key)?;
        self.wrap(&plain).map(Some)
    }

    /// What every data key begins with that is wrapped by the key in use.
    pub fn current_head(&self) -> [u8; WRAPPED_HEAD] {
        wrapped_head(&self.ring.current().fingerprint)
    }

    pub(super) fn wrap(&self, key: &[u8; KEY]) -> Result<WrappedKey, Error> {
        let wrapping = self.ring.current();
        let head = wrapped_head(&wrapping.fingerprint);
        let sealed = encrypt(&wrapping.key, &super::wrapping_context(&head), key)?;
        Ok(WrappedKey::from_bytes([head.as_slice(), &sealed].concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customer::IdentifierKind;
    use crate::domain::ids::CustomerNo;

    fn master(fill: u8) -> MasterKey {
        MasterKey::from_bytes([fill; 32])
    }

    #[test]
    fn either_key_opens_what_is_half_rewrapped_and_afterwards_the_new_one_alone() {
        let vault = Vault::new(master(1));
        let keys: Vec<WrappedKey> = (0..4).map(|_| vault.new_data_key().unwrap()).collect();
        let sealed: Vec<Vec<u8>> = keys.iter().map(|key| vault.seal(key, "x", b"An").unwrap()).collect();
        let rotation = vault.rotation_to(&master(2)).unwrap();
        let notes = rotation.notes.clone();
        assert!(vault.new_data_key().unwrap().as_bytes().starts_with(&vault.current_head()));
        vault.turn(rotation);
        let half: Vec<WrappedKey> = keys
            .iter()
            .enumerate()
            .map(|(no, key)| if no < 2 { vault.rewrap(key).unwrap().unwrap() } else { key.clone() })
            .collect();
        assert!(vault.rewrap(&half[0]).unwrap().is_none());
        for fill in [1, 2] {
            let other = Vault::new(master(fill));
            assert!(other.join(&notes));
            for (key, sealed) in half.iter().zip(&sealed) {
                assert_eq!(*other.open(key, "x", sealed).unwrap(), b"An");
            }
            assert!(other.is_current(&master(2)) && !other.is_current(&master(1)));
            assert_eq!(other.new_data_key().unwrap().as_bytes()[..5], half[0].as_bytes()[..5]);
        }
        assert!(!Vault::new(master(3)).join(&notes));
        let (old, new) = (Vault::new(master(1)), Vault::new(master(2)));
        assert!(matches!(old.open(&half[0], "x", &sealed[0]), Err(Error::OtherMasterKey)));
        assert_eq!(*new.open(&half[0], "x", &sealed[0]).unwrap(), b"An");
        assert!(matches!(vault.rotation_to(&master(2)), Err(Error::SameMasterKey)));
    }

    #[test]
    fn look_ups_stay_the_same_under_every_master_key() {
        let first = Vault::new(master(1)).with_new_index_key().unwrap();
        let kept = first.index_key().unwrap();
        first.turn(first.rotation_to(&master(2)).unwrap());
        let kept = first.rewrap(&kept).unwrap().unwrap();
        let second = Vault::new(master(2)).with_index_key(&kept).unwrap();
        let phone = |vault: &Vault| vault.blind(IdentifierKind::Phone, "0912345678");
        assert!(phone(&first) == phone(&second));
        assert_eq!(first.pseudonym(CustomerNo(7)), second.pseudonym(CustomerNo(7)));
        let stranger = Vault::new(master(1)).with_new_index_key().unwrap();
        assert!(phone(&stranger) != phone(&first), "drawn anew for each store");
        // A store from before keeps the look-ups that its first master key gave it.
        let before = Vault::new(master(1));
        let kept = before.index_key().unwrap();
        assert!(phone(&Vault::new(master(1)).with_index_key(&kept).unwrap()) == phone(&before));
    }
}
