//! Linear inequalities that every safe pattern satisfies.

use super::super::programme::Bounded;

/// By how much a point must break a cut for it to count.
const VIOLATION: f64 = 1e-4;

/// The sum of `terms` is at least `least`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cut {
    /// (variable, coefficient), ascending.
    terms: Vec<(u32, f64)>,
    least: f64,
}

/// A variable's value, as a condition: (variable, whether withheld).
pub(super) type Literal = (usize, bool);

impl Cut {
    /// Where all `conditions` hold, the sum of `terms`, none negative, is at least one. Coefficients above one, the sum
    /// over a variable included, are cut down to one: the variables are binary.
    pub fn new(terms: &[(usize, f64)], conditions: &[Literal]) -> Self {
        let mut terms: Vec<(u32, f64)> =
            terms.iter().map(|&(variable, times)| (variable as u32, times)).collect();
        // A condition that fails satisfies the cut alone.
        let shown = conditions.iter().filter(|(_, withheld)| !withheld);
        terms.extend(shown.map(|&(variable, _)| (variable as u32, 1.0)));
        terms.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        terms.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        for (_, times) in &mut terms {
            *times = times.min(1.0);
        }
        let mut cut = Self { terms, least: 1.0 };
        for &(variable, _) in conditions.iter().filter(|(_, withheld)| *withheld) {
            cut.take_one_from(variable as u32);
        }
        cut
    }

    /// Anything but this very pattern.
    pub fn another_than(point: &[f64]) -> Self {
        let literals: Vec<Literal> =
            point.iter().enumerate().map(|(variable, &value)| (variable, value > 0.5)).collect();
        Self::new(&[], &literals)
    }

    /// The condition that the variable is withheld: where it is not, one more is not asked.
    fn take_one_from(&mut self, variable: u32) {
        match self.terms.binary_search_by_key(&variable, |term| term.0) {
            // Where the variable is withheld its own term counts in full, and where it is not the cut says nothing.
            Ok(place) => self.terms[place].1 -= 1.0,
            Err(place) => self.terms.insert(place, (variable, -1.0)),
        }
        self.least -= 1.0;
    }

    pub fn is_broken_by(&self, point: &[f64]) -> bool {
        let sum: f64 = self.terms.iter().map(|&(variable, times)| times * point[variable as usize]).sum();
        sum < self.least - VIOLATION
    }

    pub fn row(&self) -> Bounded {
        (self.least, f64::INFINITY, self.terms.clone())
    }
}

/// By how much a point fails conditions; none of it when they all hold.
pub(super) fn failing(conditions: &[Literal], point: &[f64]) -> f64 {
    let of_one = |&(variable, withheld): &Literal| {
        if withheld { 1.0 - point[variable] } else { point[variable] }
    };
    conditions.iter().map(of_one).sum()
}
