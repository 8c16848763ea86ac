//! How long to wait before another attempt: doubled with each failure, with jitter, up to a limit.
//!
//! The jitter follows from who waits and how often it failed, so that the same history gives the same plan, and
//! things that failed together do not come back together.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};

/// The wait after the `failures`th failure (from 1): `first`, doubled each time, at most `most`, and up to a fifth
/// longer.
pub(super) fn back_off(
    who: &str,
    failures: u32,
    first: SignedDuration,
    most: SignedDuration,
) -> SignedDuration {
    let doubled = first.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let wait = doubled.min(most);
    wait.saturating_add(wait / 1000 * jitter(who, failures))
}

/// From 0 to 200: thousandths of the wait.
fn jitter(who: &str, failures: u32) -> i32 {
    let mut hash = Sha256::new();
    hash.update(who.as_bytes());
    hash.update(failures.to_le_bytes());
    let digest = hash.finalize();
    i32::from(u16::from_le_bytes([digest[0], digest[1]])) % 201
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_the_limit_and_no_two_wait_alike() {
        let (first, most) = (SignedDuration::from_mins(1), SignedDuration::from_mins(30));
        for failures in 1..40 {
            let wait = back_off("weekly/1", failures, first, most);
            let bare = SignedDuration::from_mins(1 << (failures - 1).min(20)).min(most);
            assert!(wait >= bare && wait <= bare + bare / 5, "{failures}: {wait}");
            assert_eq!(wait, back_off("weekly/1", failures, first, most));
        }
        let waits: std::collections::BTreeSet<_> =
            (0..50).map(|who| back_off(&who.to_string(), 3, first, most)).collect();
        assert!(waits.len() > 25, "{waits:?}");
    }
}
