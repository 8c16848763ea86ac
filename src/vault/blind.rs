//! Keyed hashes: blind indexes for exact look-ups, pseudonyms for the facts, fingerprints of rejected rows.
//!
//! Invariant: each purpose hashes under a key of its own, derived from the index key by a label, so that
//! no value of one purpose can be compared with one of another.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Vault;
use crate::domain::customer::IdentifierKind;
use crate::domain::feed::Rejected;
use crate::domain::ids::{ComplaintNo, CustomerNo, OrderId, Pseudonym, SourceName};

/// The keyed hash of a normalised identifier: equal for equal identifiers of one kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIndex(pub [u8; 16]);

pub(super) struct BlindKeys {
    /// In the order of [`IdentifierKind::ALL`].
    identifiers: Vec<Zeroizing<[u8; 32]>>,
    pseudonym: Zeroizing<[u8; 32]>,
    anonymous: Zeroizing<[u8; 32]>,
    complaint: Zeroizing<[u8; 32]>,
    reject: Zeroizing<[u8; 32]>,
    content: Zeroizing<[u8; 32]>,
}

impl BlindKeys {
    pub(super) fn derive(index: &[u8; 32]) -> Self {
        let label = |kind: IdentifierKind| format!("firstwatch/v1/blind/{}", kind.as_str());
        Self {
            identifiers: IdentifierKind::ALL.iter().map(|&kind| derive(index, &label(kind))).collect(),
            pseudonym: derive(index, "firstwatch/v1/pseudonym"),
            anonymous: derive(index, "firstwatch/v1/pseudonym/anonymous"),
            complaint: derive(index, "firstwatch/v1/pseudonym/complaint"),
            reject: derive(index, "firstwatch/v1/reject"),
            content: derive(index, "firstwatch/v1/content"),
        }
    }
}

impl Vault {
    /// The blind index of an identifier that `domain::customer` has normalised.
    pub fn blind(&self, kind: IdentifierKind, normalised: &str) -> BlindIndex {
        let place = IdentifierKind::ALL.iter().position(|&known| known == kind);
        let key = &self.blind.identifiers[place.expect("every kind of identifier stands in ALL")];
        BlindIndex(front(hash(key, [normalised.as_bytes()])))
    }

    /// How the facts tell this customer from others.
    pub fn pseudonym(&self, customer: CustomerNo) -> Pseudonym {
        let digest = hash(&self.blind.pseudonym, [customer.0.to_be_bytes().as_slice()]);
        Pseudonym(u64::from_be_bytes(front(digest)))
    }

    /// The pseudonym of an order that names no customer at all: a contributor of its own.
    pub fn anonymous_pseudonym(&self, source: &SourceName, order: &OrderId) -> Pseudonym {
        let names = [source.as_str().as_bytes(), order.as_str().as_bytes()];
        Pseudonym(u64::from_be_bytes(front(hash(&self.blind.anonymous, names))))
    }

    /// The pseudonym of a complaint that names nobody: a contributor of its own.
    pub fn pseudonym_of_complaint(&self, complaint: ComplaintNo) -> Pseudonym {
        let digest = hash(&self.blind.complaint, [complaint.0.to_be_bytes().as_slice()]);
        Pseudonym(u64::from_be_bytes(front(digest)))
    }

    /// Tells whether a row has changed since it was last seen. Keyed, for what it is of may hold personal data.
    pub fn content_hash(&self, content: &[u8]) -> [u8; 32] {
        hash(&self.blind.content, [content])
    }

    /// Tells whether a rejected row is one seen before: over its feed, its origin and its raw columns,
    /// not over its row number, which moves when a row is added above it.
    pub fn reject_fingerprint(&self, rejected: &Rejected) -> [u8; 32] {
        let head = [rejected.feed.as_str().as_bytes(), rejected.origin.as_bytes()];
        let raw = rejected.raw.iter().flat_map(|(column, value)| [column.as_bytes(), value.as_bytes()]);
        hash(&self.blind.reject, head.into_iter().chain(raw))
    }
}

/// A key for one purpose.
pub(super) fn derive(master: &[u8; 32], label: &str) -> Zeroizing<[u8; 32]> {
    let mut mac = mac(master);
    mac.update(label.as_bytes());
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// Hashes parts with their lengths, so that no two lists of parts run together.
fn hash<'a>(key: &[u8; 32], parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut mac = mac(key);
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn mac(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn front<const N: usize>(digest: [u8; 32]) -> [u8; N] {
    *digest.first_chunk().expect("a front is no longer than the digest")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::super::MasterKey;
    use super::*;
    use crate::domain::feed::Feed;

    fn vault(fill: u8) -> Vault {
        Vault::new(MasterKey::from_bytes([fill; 32]))
    }

    #[test]
    fn equal_identifiers_meet_and_others_do_not() {
        let vault = vault(1);
        let phone = vault.blind(IdentifierKind::Phone, "0912345678");
        assert!(phone == vault.blind(IdentifierKind::Phone, "0912345678"));
        assert!(phone != vault.blind(IdentifierKind::Phone, "0912345679"));
        assert!(phone != vault.blind(IdentifierKind::Account, "0912345678"), "kinds do not mix");
        assert!(phone != self::vault(2).blind(IdentifierKind::Phone, "0912345678"), "keys do not mix");
    }

    #[test]
    fn blind_indexes_and_pseudonyms_stay_the_same_over_versions() {
        // A change of derivation would orphan every index in every store: these values are a promise. They
        // were computed by Python's hmac from the labels and the length-prefixed parts.
        let vault = vault(7);
        insta::assert_snapshot!(
            format!(
                "{}\n{}\n{:016x}\n{:016x}",
                hex::encode(vault.fingerprint()),
                hex::encode(vault.blind(IdentifierKind::Email, "an@example.vn").0),
                vault.pseudonym(CustomerNo(1)).0,
                vault.anonymous_pseudonym(&SourceName::new("shop"), &OrderId::new("1")).0,
            ),
            @r"
            55842ad3cea05fd9860bcd399fcc0e94ffc1e9f501c58abefe1d0cc007817c7a
            04f62820d28b64018ccdcbbd9972a151
            28e42db7e1e0fbf2
            79aa6c36a5479cc4
            "
        );
    }

    #[test]
    fn pseudonyms_are_distinct() {
        let vault = vault(1);
        let seen: HashSet<u64> = (0..10_000).map(|no| vault.pseudonym(CustomerNo(no)).0).collect();
        assert_eq!(seen.len(), 10_000);
        let (a, b) = (SourceName::new("a"), SourceName::new("ab"));
        assert_ne!(
            vault.anonymous_pseudonym(&a, &OrderId::new("bc")),
            vault.anonymous_pseudonym(&b, &OrderId::new("c"))
        );
    }

    #[test]
    fn a_rejected_row_is_known_again_wherever_it_stands() {
        let row = |row, value: &str| Rejected {
            feed: Feed::Orders,
            origin: "orders.csv".into(),
            row,
            column: "status".into(),
            value: value.into(),
            reason: "unknown status".into(),
            raw: BTreeMap::from([("status".to_owned(), value.to_owned())]),
        };
        let vault = vault(1);
        assert_eq!(vault.reject_fingerprint(&row(1, "x")), vault.reject_fingerprint(&row(9, "x")));
        assert_ne!(vault.reject_fingerprint(&row(1, "x")), vault.reject_fingerprint(&row(1, "y")));
    }
}
