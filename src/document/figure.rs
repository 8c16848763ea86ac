//! What a reader may know of a cell, and what may be derived from it.
//!
//! Invariant: nothing is derived from a figure that is not shown.

use serde::Serialize;

/// One figure of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Figure {
    Shown(i64),
    Withheld,
    /// There is no such cell.
    Absent,
}

impl Figure {
    pub fn shown(self) -> Option<i64> {
        match self {
            Self::Shown(value) => Some(value),
            Self::Withheld | Self::Absent => None,
        }
    }

    /// `self` less `other`; only where both are shown.
    pub fn less(self, other: Self) -> Self {
        match (self, other) {
            (Self::Shown(value), Self::Shown(other)) => {
                value.checked_sub(other).map_or(Self::Absent, Self::Shown)
            }
            _ => Self::Absent,
        }
    }

    /// `self` per `count`, to the nearest whole unit; only where both are shown and there is a count.
    pub fn per(self, count: Self) -> Self {
        match (self, count) {
            (Self::Shown(value), Self::Shown(count)) if count > 0 => {
                Self::Shown(narrow(divided(i128::from(value), i128::from(count))))
            }
            _ => Self::Absent,
        }
    }
}

/// How a figure moved against an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Tenths of a percent.
    Tenths(i64),
    /// There was nothing before.
    New,
    Same,
    /// One of the two is not shown, or the earlier one is negative, of which there is no percentage.
    Unknown,
}

impl Change {
    pub fn between(now: Figure, before: Figure) -> Self {
        let (Figure::Shown(now), Figure::Shown(before)) = (now, before) else {
            return Self::Unknown;
        };
        if now == before {
            return Self::Same;
        }
        match before {
            0 => Self::New,
            ..0 => Self::Unknown,
            _ => {
                let moved = (i128::from(now) - i128::from(before)) * 1000;
                Self::Tenths(narrow(divided(moved, i128::from(before))))
            }
        }
    }
}

/// To the nearest, halves away from zero; `by` is positive.
fn divided(value: i128, by: i128) -> i128 {
    (value.abs() * 2 + by) / (by * 2) * value.signum()
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_needs_two_shown_figures() {
        let shown = Figure::Shown;
        assert_eq!(Change::between(shown(1125), shown(1000)), Change::Tenths(125));
        assert_eq!(Change::between(shown(0), shown(1000)), Change::Tenths(-1000));
        assert_eq!(Change::between(shown(5), shown(0)), Change::New);
        assert_eq!(Change::between(shown(0), shown(0)), Change::Same);
        assert_eq!(Change::between(shown(5), shown(-5)), Change::Unknown);
        assert_eq!(Change::between(shown(5), Figure::Withheld), Change::Unknown);
        assert_eq!(Change::between(Figure::Withheld, shown(0)), Change::Unknown);
        assert_eq!(Change::between(shown(i64::MAX), shown(1)), Change::Tenths(i64::MAX));
    }

    #[test]
    fn a_difference_needs_both() {
        assert_eq!(Figure::Shown(5).less(Figure::Shown(7)), Figure::Shown(-2));
        assert_eq!(Figure::Shown(5).less(Figure::Withheld), Figure::Absent);
        assert_eq!(Figure::Withheld.less(Figure::Shown(7)), Figure::Absent);
        assert_eq!(Figure::Shown(i64::MIN).less(Figure::Shown(1)), Figure::Absent);
    }

    #[test]
    fn an_average_needs_both() {
        assert_eq!(Figure::Shown(5).per(Figure::Shown(2)), Figure::Shown(3));
        assert_eq!(Figure::Shown(-5).per(Figure::Shown(2)), Figure::Shown(-3));
        assert_eq!(Figure::Shown(5).per(Figure::Shown(0)), Figure::Absent);
        assert_eq!(Figure::Shown(5).per(Figure::Withheld), Figure::Absent);
    }
}
