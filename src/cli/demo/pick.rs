//! Weighted choice.

use fastrand::Rng;

/// One of the values, each as likely as its weight says. The table is not empty and its weights are not all
/// zero.
pub(super) fn weighted<T: Copy>(table: &[(T, u32)], rng: &mut Rng) -> T {
    let total: u32 = table.iter().map(|(_, weight)| weight).sum();
    let mut left = rng.u32(..total);
    for &(value, weight) in table {
        if left < weight {
            return value;
        }
        left -= weight;
    }
    table[table.len() - 1].0
}
