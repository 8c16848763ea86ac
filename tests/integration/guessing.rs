//! Somebody has a copy of the state directory and not the key: no list of numbers, however hashed, meets what is in it.

use std::collections::HashSet;
use std::fs;

use firstwatch::domain::customer::IdentifierKind;
use firstwatch::domain::ids::CustomerNo;
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use super::harness::Shop;
use super::rotation;

/// Numbers of the block 0900 000 000 to 0900 xxx xxx, which the shop's customers have theirs of.
const BLOCK: u64 = 100_000;

/// Every value of 8 to 64 bytes in the store, and the fronts that an index may be cut to; the numbers too, as bytes.
fn kept(shop: &Shop) -> HashSet<[u8; 8]> {
    let store = shop.store();
    let mut kept = HashSet::new();
    let mut add = |bytes: &[u8]| {
        for window in bytes.windows(8).step_by(if bytes.len() > 64 { 8 } else { 1 }) {
            kept.insert(<[u8; 8]>::try_from(window).unwrap());
        }
    };
    let mut tables = store.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    for table in tables.query_map((), |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
        let mut rows = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Blob(bytes) => add(bytes),
                    ValueRef::Integer(number) => add(&number.to_be_bytes()),
                    _ => {}
                }
            }
        }
    }
    kept
}

fn hmac(key: &[u8], parts: &[&[u8]], with_lengths: bool) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    for part in parts {
        if with_lengths {
            mac.update(&(part.len() as u64).to_be_bytes());
        }
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Keys that somebody would try: none, zeros, names, and everything of a fitting length that lies about in the copy.
fn guessed_keys(shop: &Shop) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = vec![vec![], vec![0; 32], vec![0xff; 32]];
    keys.extend(
        ["firstwatch", "secret", "password", "phone", "1stwatch", "firstwatch/v1/blind/phone"]
            .map(Into::into),
    );
    let store = shop.store();
    let mut values = store.prepare("SELECT value FROM meta").unwrap();
    for value in values.query_map((), |row| row.get::<_, Vec<u8>>(0)).unwrap().map(Result::unwrap) {
        keys.extend(
            [&value[..], &value[..value.len().min(32)], &value[value.len().saturating_sub(32)..]]
                .map(<[u8]>::to_vec),
        );
    }
    // As the program derives the key of a purpose from another.
    let derived = keys.iter().map(|key| hmac(key, &[b"firstwatch/v1/blind/phone"], false).to_vec());
    let derived: Vec<_> = derived.collect();
    keys.extend(derived);
    keys
}

#[test]
fn no_dictionary_meets_a_copy_of_the_state_directory() {
    let shop = rotation::shop();
    // The copy has no key beside it.
    let copy = Shop::copy_of(&shop.path(""));
    for key in ["master.key", "new.key"] {
        fs::remove_file(copy.path(key)).unwrap();
    }
    let kept = kept(&copy);
    let keys = guessed_keys(&copy);
    let (mut tried, mut met) = (0u64, 0u64);
    let mut look = |digest: &[u8; 32]| {
        tried += 1;
        met += u64::from(kept.contains(&digest[..8]));
    };
    for number in 0..BLOCK {
        let national = format!("09{number:08}");
        for form in [national.clone(), format!("84{}", &national[1..]), format!("+84{}", &national[1..])] {
            look(&Sha256::digest(&form).into());
        }
        // The block's first thousand hold every customer: under each key, as bare text and as the program writes it.
        if number < 1_000 {
            for key in &keys {
                look(&hmac(key, &[national.as_bytes()], false));
                look(&hmac(key, &[national.as_bytes()], true));
            }
        }
    }
    assert_eq!(met, 0, "of {tried} hashes");
    println!("guessing: {tried} hashes of numbers under {} keys and none, 0 met", keys.len());

    // With the key each customer is met: the search finds what can be found.
    let opened = rotation::house_with(&shop, "master.key").unwrap();
    let with_key = (0..rotation::CUSTOMERS).filter(|no| {
        let blind = opened.vault.blind(IdentifierKind::Phone, &format!("09{no:08}")).0;
        kept.contains(&blind[..8])
    });
    assert_eq!(with_key.count() as i64, rotation::CUSTOMERS);
    // Nobody counts up the pseudonyms either.
    let pseudonym = opened.vault.pseudonym(CustomerNo(1)).0.to_be_bytes();
    assert!(kept.contains(&pseudonym), "an entry carries it");
}
