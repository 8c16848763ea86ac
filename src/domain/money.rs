//! Money: integer minor units of one currency, with checked arithmetic.

use std::iter::Sum;

use serde::{Deserialize, Serialize};

/// The business's one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// ISO 4217, for example `VND`.
    pub code: String,
    /// Digits behind the decimal sign that one minor unit stands for: 0 for VND, 2 for USD.
    pub decimals: u8,
}

/// The largest amount taken from outside, in minor units: ten million sums of it still fit an `i64`.
pub const LARGEST_AMOUNT: i64 = 900_000_000_000;

/// Why a text is not an amount of the currency. Its message never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("not an amount")]
    NotANumber,
    #[error("more than {0} decimals")]
    TooPrecise(u8),
    #[error("amount too large")]
    TooLarge,
}

impl Currency {
    /// Reads a decimal text such as `-1234.50` (`decimal` names its decimal sign). Exact: a text with
    /// more decimals than the currency has is refused, but for trailing zeros.
    ///
    /// # Errors
    /// [`AmountError`] for anything that is not such a text.
    pub fn parse(&self, text: &str, decimal: char) -> Result<Money, AmountError> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once(decimal).unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
            return Err(AmountError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let decimals = usize::from(self.decimals);
        if fraction.len() > decimals {
            return Err(AmountError::TooPrecise(self.decimals));
        }
        let minor = format!("{whole}{fraction:0<decimals$}");
        let minor: i64 =
            if minor.is_empty() { 0 } else { minor.parse().map_err(|_| AmountError::TooLarge)? };
        Money::in_range(if negative { -minor } else { minor })
    }

    /// Takes a binary floating-point amount, as SQLite's `REAL` columns hold them: the nearest minor
    /// unit, when the distance to it is floating-point noise.
    ///
    /// # Errors
    /// [`AmountError`] when the amount is not finite, not near a minor unit, or too large.
    pub fn from_f64(&self, amount: f64) -> Result<Money, AmountError> {
        let scaled = amount * 10f64.powi(i32::from(self.decimals));
        if !scaled.is_finite() {
            return Err(AmountError::NotANumber);
        }
        let nearest = scaled.round();
        if nearest.abs() > LARGEST_AMOUNT as f64 {
            return Err(AmountError::TooLarge);
        }
        if (scaled - nearest).abs() > 1e-6 * nearest.abs().clamp(1.0, 1e3) {
            return Err(AmountError::TooPrecise(self.decimals));
        }
        Money::in_range(nearest as i64)
    }

    /// The amount with a decimal point and no grouping, for machines: `1234.50`.
    pub fn plain(&self, money: Money) -> String {
        let decimals = usize::from(self.decimals);
        let sign = if money.0 < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", money.0.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

/// An amount in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i64);

impl Money {
    pub const ZERO: Self = Self(0);

    /// From minor units already known to be sound (the store's, or a computation's).
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// From minor units that came from outside.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] past [`LARGEST_AMOUNT`] either way.
    pub const fn in_range(minor: i64) -> Result<Self, AmountError> {
        if minor > LARGEST_AMOUNT || minor < -LARGEST_AMOUNT {
            Err(AmountError::TooLarge)
        } else {
            Ok(Self(minor))
        }
    }

    pub const fn minor(self) -> i64 {
        self.0
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    pub fn checked_mul(self, times: i64) -> Option<Self> {
        self.0.checked_mul(times).map(Self)
    }

    /// Splits the amount over `weights` (non-negative) in proportion, by largest remainders, so that
    /// the parts add up to the whole to the last minor unit. All-zero weights count as equal.
    pub fn split(self, weights: &[i64]) -> Vec<Self> {
        let equal: Vec<i64> = vec![1; weights.len()];
        let total: i128 = weights.iter().map(|&weight| i128::from(weight.max(0))).sum();
        let (weights, total) =
            if total == 0 { (&equal[..], weights.len() as i128) } else { (weights, total) };
        let (sign, whole) = (i128::from(self.0.signum()), i128::from(self.0.unsigned_abs()));
        let mut parts: Vec<(i128, i128)> = weights
            .iter()
            .map(|&weight| whole * i128::from(weight.max(0)))
            .map(|x| (x / total, x % total))
            .collect();
        let mut left = whole - parts.iter().map(|part| part.0).sum::<i128>();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|&index| (std::cmp::Reverse(parts[index].1), index));
        for index in order {
            if left == 0 {
                break;
            }
            parts[index].0 += 1;
            left -= 1;
        }
        parts.into_iter().map(|(part, _)| Self((sign * part) as i64)).collect()
    }
}

impl Sum for Money {
    /// Panics on overflow, which [`LARGEST_AMOUNT`] keeps out of reach.
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        let total: i128 = amounts.map(|amount| i128::from(amount.0)).sum();
        Self(i64::try_from(total).expect("a sum of amounts in range fits an i64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars() -> Currency {
        Currency { code: "USD".into(), decimals: 2 }
    }

    #[test]
    fn parses_exactly_or_refuses() {
        assert_eq!(dollars().parse("-12.5", '.'), Ok(Money(-1250)));
        assert_eq!(dollars().parse("1,10", ','), Ok(Money(110)));
        assert_eq!(dollars().parse("3.1400", '.'), Ok(Money(314)));
        assert_eq!(dollars().parse("3.141", '.'), Err(AmountError::TooPrecise(2)));
        for bad in ["", "-", "1e3", "1 000", "abc", "1.2.3", "٣"] {
            assert_eq!(dollars().parse(bad, '.'), Err(AmountError::NotANumber), "{bad}");
        }
        assert_eq!(dollars().parse("99999999999999999999", '.'), Err(AmountError::TooLarge));
    }

    #[test]
    fn floats_lose_their_noise_and_nothing_else() {
        assert_eq!(dollars().from_f64(0.1 + 0.2), Ok(Money(30)));
        assert_eq!(dollars().from_f64(0.125), Err(AmountError::TooPrecise(2)));
        assert_eq!(dollars().from_f64(f64::NAN), Err(AmountError::NotANumber));
    }

    #[test]
    fn prints_for_machines() {
        assert_eq!(dollars().plain(Money(-5)), "-0.05");
        assert_eq!(Currency { code: "VND".into(), decimals: 0 }.plain(Money(1_250_000)), "1250000");
    }

    proptest::proptest! {
        #[test]
        fn a_split_adds_up(amount in -1_000_000_000i64..1_000_000_000, weights in proptest::collection::vec(0i64..1_000_000, 1..20)) {
            let parts = Money(amount).split(&weights);
            proptest::prop_assert_eq!(parts.into_iter().sum::<Money>(), Money(amount));
        }
    }
}
