//! Decimal numbers as integers of their last decimal: nothing is rounded.

/// How a file writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notation {
    pub decimal: char,
    /// What stands between groups of three digits.
    pub thousands: Option<char>,
}

/// As this program writes them.
pub(super) const PLAIN: Notation = Notation { decimal: '.', thousands: None };

/// No amount above this: sums must have room.
const MOST: i64 = i64::MAX / 1024;

const MOST_DECIMALS: usize = 15;

/// Whether a file says here that it has no number: an empty field, or the words that programs write for it.
pub(super) fn is_missing(text: &str) -> bool {
    matches!(text, "" | "NA" | "N/A" | "n/a" | "NaN" | "nan" | "NULL" | "null" | "." | "-")
}

/// The number of decimals that a text needs.
pub(super) fn decimals(text: &str, notation: Notation) -> usize {
    text.split_once(notation.decimal).map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
}

/// A non-negative decimal number as an integer number of its last decimal.
pub(super) fn amount(text: &str, notation: Notation, decimals: usize) -> Result<i64, String> {
    let (whole, fraction) = text.split_once(notation.decimal).unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if text.starts_with(['-', '\u{2212}']) {
        return Err(format!(
            "{text} is negative; only non-negative amounts add up safely, so give reductions a column of their own"
        ));
    }
    let whole = ungrouped(whole, notation.thousands);
    if whole.is_empty() && fraction.is_empty() || !plain(&whole) || !plain(fraction) {
        return Err(format!("{text:?} is not a number (see decimal and thousands in [input])"));
    }
    if fraction.len() > MOST_DECIMALS {
        return Err(format!("{text} has more than {MOST_DECIMALS} decimals"));
    }
    if fraction.len() > decimals {
        return Err(format!("{text} is not a whole number"));
    }
    let digits = format!("{whole}{fraction:0<decimals$}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    match digits.parse() {
        Ok(amount) if amount <= MOST => Ok(amount),
        _ => Err(format!("{text} is too large, or the file has too many decimals beside it")),
    }
}

/// Without the signs between groups of three digits, where each group has three.
fn ungrouped(whole: &str, thousands: Option<char>) -> String {
    let Some(sign) = thousands.filter(|&sign| whole.contains(sign)) else { return whole.to_owned() };
    let groups: Vec<&str> = whole.split(sign).collect();
    let fits = (1..=3).contains(&groups[0].len()) && groups[1..].iter().all(|group| group.len() == 3);
    if fits { groups.concat() } else { whole.to_owned() }
}

/// An integer number of the last decimal, written out.
pub(super) fn plain(amount: i64, decimals: usize) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_or_refused() {
        let comma = Notation { decimal: ',', thousands: Some('.') };
        assert_eq!(amount("12,50", comma, 1), Ok(125));
        assert_eq!(amount("1.250.000,5", comma, 1), Ok(12_500_005));
        assert_eq!(amount("0.000", PLAIN, 0), Ok(0));
        assert!(amount("1.5", PLAIN, 0).is_err());
        for bad in ["", "-1", "\u{2212}1", "1e3", "x", "1.2.3", "99999999999999999999", "0.0000000000000001"]
        {
            assert!(amount(bad, PLAIN, 20).is_err(), "{bad}");
        }
        for bad in ["1.25", "1.2500", ".250", "1250.000"] {
            assert!(amount(bad, comma, 2).is_err(), "{bad}");
        }
        assert_eq!(plain(125, 1), "12.5");
        assert_eq!(plain(-5, 2), "-0.05");
        assert_eq!(plain(300, 2), "3");
    }
}
