//! What follows exactly: dense elimination over fractions of whole numbers, every step checked for overflow.

/// In lowest terms, the denominator positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    above: i128,
    below: i128,
}

const TOO_LARGE: &str = "fractions of so few unknowns stay small";

impl Fraction {
    const ZERO: Self = Self { above: 0, below: 1 };

    fn new(above: i128, below: i128) -> Self {
        let (mut a, mut b) = (above.abs(), below.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = if below < 0 { -a } else { a };
        Self { above: above / divisor, below: below / divisor }
    }

    fn over(self, other: Self) -> Self {
        let above = self.above.checked_mul(other.below).expect(TOO_LARGE);
        Self::new(above, self.below.checked_mul(other.above).expect(TOO_LARGE))
    }

    /// `self - times * by`.
    fn less(self, times: Self, by: Self) -> Self {
        let taken = times.above.checked_mul(by.above).expect(TOO_LARGE);
        let below = times.below.checked_mul(by.below).expect(TOO_LARGE);
        let ours = self.above.checked_mul(below).expect(TOO_LARGE);
        let theirs = taken.checked_mul(self.below).expect(TOO_LARGE);
        let above = ours.checked_sub(theirs).expect(TOO_LARGE);
        Self::new(above, self.below.checked_mul(below).expect(TOO_LARGE))
    }
}

/// The sums that are known, each with a pivot that no other one has.
#[derive(Default)]
pub struct Known {
    rows: Vec<(usize, Vec<Fraction>)>,
}

impl Known {
    /// Learns a sum; whether it was news.
    pub fn learn(&mut self, sum: &[i64]) -> bool {
        let mut row = self.reduce(sum);
        let Some(pivot) = row.iter().position(|entry| entry.above != 0) else { return false };
        let lead = row[pivot];
        row.iter_mut().filter(|entry| entry.above != 0).for_each(|entry| *entry = entry.over(lead));
        for (_, standing) in &mut self.rows {
            clear(standing, pivot, &row);
        }
        self.rows.push((pivot, row));
        true
    }

    /// Whether a sum is a combination of those learnt.
    pub fn gives(&self, sum: &[i64]) -> bool {
        self.reduce(sum).iter().all(|entry| entry.above == 0)
    }

    fn reduce(&self, sum: &[i64]) -> Vec<Fraction> {
        let mut row: Vec<Fraction> =
            sum.iter().map(|&times| Fraction { above: times.into(), below: 1 }).collect();
        for (pivot, standing) in &self.rows {
            clear(&mut row, *pivot, standing);
        }
        row
    }
}

/// Takes so much of `by`, which has a one there, that `row` has nothing at the pivot.
fn clear(row: &mut [Fraction], pivot: usize, by: &[Fraction]) {
    let times = row[pivot];
    if times == Fraction::ZERO {
        return;
    }
    for (entry, by) in row.iter_mut().zip(by).filter(|(_, by)| by.above != 0) {
        *entry = entry.less(times, *by);
    }
}

#[test]
fn a_sum_follows_from_others_or_not() {
    let mut known = Known::default();
    assert!(known.learn(&[1, 1, 0, 0]) && known.learn(&[0, 1, 1, 0]) && known.learn(&[1, 0, 1, 0]));
    assert!(!known.learn(&[1, 1, 1, 0]), "half of all three together");
    assert!(known.gives(&[1, 0, 0, 0]) && known.gives(&[2, -1, 5, 0]));
    assert!(!known.gives(&[1, 0, 0, 1]));
}
