//! The rules, as numbers. A percentage is a ratio of integers, so that no rounding decides whether a cell
//! is sensitive.

use std::str::FromStr;

/// A percentage, exact: `numerator / denominator` per cent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent {
    numerator: u32,
    denominator: u32,
}

/// The text or number is not a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a percentage: give a number from 0 to 1000 with at most four decimals")]
pub struct NotAPercentage;

impl Percent {
    /// A whole number of per cent.
    pub const fn whole(percent: u32) -> Self {
        Self { numerator: percent, denominator: 1 }
    }

    /// `amount` times this percentage, as the numerator over [`Self::divisor`].
    pub(super) fn times(self, amount: i128) -> i128 {
        amount * i128::from(self.numerator)
    }

    /// What [`Self::times`] is to be divided by.
    pub(super) fn divisor(self) -> i128 {
        100 * i128::from(self.denominator)
    }

    pub(super) fn numerator(self) -> i128 {
        i128::from(self.numerator)
    }
}

impl FromStr for Percent {
    type Err = NotAPercentage;

    fn from_str(text: &str) -> Result<Self, NotAPercentage> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 4 || fraction.len() > 4 || !plain(whole) || !plain(fraction) {
            return Err(NotAPercentage);
        }
        let digits = format!("{whole}{fraction}");
        let numerator: u32 = digits.parse().map_err(|_| NotAPercentage)?;
        let denominator = 10u32.pow(fraction.len() as u32);
        if numerator > 1000 * denominator {
            return Err(NotAPercentage);
        }
        Ok(Self { numerator, denominator })
    }
}

impl TryFrom<f64> for Percent {
    type Error = NotAPercentage;

    /// Takes the shortest decimal that reads back as this number: 12.5 is twelve and a half.
    fn try_from(number: f64) -> Result<Self, NotAPercentage> {
        number.to_string().parse()
    }
}

/// (n, k) dominance: the `n` largest contributions hold more than `k` per cent of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dominance {
    pub n: usize,
    pub k: Percent,
}

/// How wide an attacker's interval around a sensitive figure must be at least, beyond the protection levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Per cent of the figure.
    pub relative: Percent,
    /// In units of the figure.
    pub absolute: i64,
}

/// What a withheld cell costs; secondary suppression looks for the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cost {
    /// The cell's figure in its table's first measure.
    #[default]
    Value,
    /// Its number of contributors.
    Count,
    /// One a cell.
    Cells,
}

/// Which cells are sensitive, and how well they must be protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// A cell with fewer contributors, but at least one, is sensitive.
    pub minimum_contributors: u64,
    /// The p% rule; zero switches it off.
    pub p_percent: Percent,
    pub dominance: Vec<Dominance>,
    pub interval: Option<Interval>,
    /// The withheld remainder of a shown sum is judged like a shown cell.
    pub implied_cells: bool,
    /// Contributors who know their own part are attackers too.
    pub insiders: bool,
    pub cost: Cost,
    /// Later releases over the same data will follow. What one shows beyond need binds them, so nothing is taken back
    /// once it is withheld: in a week of dailies and the week after them, the 35 cells gained by it cost 65 others.
    pub series: bool,
    /// What an earlier release withheld of the same atoms stays withheld. For series whose reports repeat figures of the days
    /// before: to show one after all would bring all that is unknown of those days into question again.
    pub keeps_back: bool,
    /// How many of the request's first tables hold the headline: their cells give way last.
    pub headlines: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            minimum_contributors: 5,
            p_percent: Percent::whole(10),
            dominance: Vec::new(),
            interval: None,
            implied_cells: true,
            insiders: true,
            cost: Cost::Value,
            series: false,
            keeps_back: false,
            headlines: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_exact() {
        assert_eq!("12.5".parse(), Ok(Percent { numerator: 125, denominator: 10 }));
        assert_eq!(Percent::try_from(0.1), Ok(Percent { numerator: 1, denominator: 10 }));
        assert_eq!(Percent::try_from(10.0), Ok(Percent::whole(10)));
        for bad in ["", "-1", "1e3", "1001", "1.00001", "nan"] {
            assert_eq!(bad.parse::<Percent>(), Err(NotAPercentage), "{bad}");
        }
        assert!(Percent::try_from(f64::NAN).is_err());
    }
}
