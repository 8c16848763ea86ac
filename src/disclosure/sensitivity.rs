//! The primary rules: is a cell sensitive in itself, and how well must its figure be protected?
//!
//! Minimum frequency, p% and (n, k) dominance with the upper protection levels of the SDC Handbook (Hundepool et al.,
//! Statistical Disclosure Control, Wiley 2012, tables 4.3 and 4.4). Contributions to a measure that can be negative
//! (net) are judged by their absolute values, as the Handbook advises in 4.2.4 and Daalmans and de Waal (An improved
//! formulation of the disclosure auditing problem, Transactions on Data Privacy 3, 2010) do. Integer arithmetic only.

use super::lines::Lines;
use super::policy::Policy;
use super::request::{Judgement, MeasureTerms};

/// A measure's contributions within one set of atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    /// Contributors with an amount in any of the measure's components; of a balance, with a balance.
    pub contributors: u64,
    pub value: i128,
    /// Sum of absolute contributions.
    pub magnitude: i128,
    /// Absolute contributions, largest first.
    pub largest: Vec<i128>,
    /// More than this nobody contributes to any part of the set, either way.
    pub bound: i128,
}

/// A set of atoms seen by the primary rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Profile {
    /// Contributors with any amount at all.
    pub contributors: u64,
    /// One a measure.
    pub measures: Vec<Figures>,
    /// The one contributor of a set that has no other.
    pub singleton: Option<u32>,
}

/// What the primary rules say of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sensitivity {
    /// May be shown as far as the primary rules go.
    Open,
    /// Must be withheld, and an attacker's interval must reach `up` above and `down` below the true figure.
    Sensitive { up: i128, down: i128 },
}

/// As many of the largest contributions as any dominance rule may ask for.
const LARGEST_KEPT: usize = 16;

impl Profile {
    pub fn of(contributions: &Lines<'_>, atoms: &[u32]) -> Self {
        let (data, measures) = (contributions.data, contributions.measures);
        let lines = contributions.of(atoms);
        let mut profile = Self { measures: vec![Figures::default(); measures.len()], ..Self::default() };
        // A component's grand total leaves room for much more.
        let mut sums = vec![0i64; data.components.len()];
        for of_one in lines.chunk_by(|a, b| a.contributor() == b.contributor()) {
            for (sum, column) in sums.iter_mut().zip(&data.components) {
                *sum = of_one.iter().map(|line| column.at(line.line())).sum();
            }
            profile.add(of_one[0].contributor(), &sums, measures);
        }
        if profile.contributors != 1 {
            profile.singleton = None;
        }
        for figures in &mut profile.measures {
            figures.keep_the_largest();
            figures.largest.shrink_to_fit();
        }
        profile
    }

    fn add(&mut self, contributor: u32, sums: &[i64], measures: &[MeasureTerms]) {
        if sums.iter().all(|&sum| sum == 0) {
            return;
        }
        self.contributors += 1;
        self.singleton = Some(contributor);
        for (figures, measure) in self.measures.iter_mut().zip(measures) {
            if measure.terms.iter().any(|&(component, _)| sums[component] != 0) {
                let terms = measure.terms.iter();
                let amount: i128 =
                    terms.map(|&(component, times)| i128::from(sums[component]) * i128::from(times)).sum();
                if !measure.is_balance || amount != 0 {
                    figures.contributors += 1;
                    figures.value += amount;
                    figures.magnitude += amount.abs();
                    figures.largest.push(amount.abs());
                    if figures.largest.len() >= 4 * LARGEST_KEPT {
                        figures.keep_the_largest();
                    }
                }
                let terms = measure.terms.iter();
                let most = terms
                    .map(|&(component, times)| i128::from(sums[component]) * i128::from(times.abs()))
                    .sum();
                figures.bound = figures.bound.max(most);
            }
        }
    }
}

impl Figures {
    fn keep_the_largest(&mut self) {
        self.largest.sort_unstable_by(|a, b| b.cmp(a));
        self.largest.truncate(LARGEST_KEPT);
    }

    pub fn judge(&self, measure: &MeasureTerms, policy: &Policy) -> Sensitivity {
        let mut up: Option<i128> = None;
        let mut raise = |level: i128| up = Some(up.unwrap_or(1).max(level));
        if 0 < self.contributors && self.contributors < policy.minimum_contributors {
            raise(ceil(self.value.abs(), 1000));
            // A count that cannot reach k would tell that fewer than k contributed.
            if !measure.is_magnitude {
                raise(i128::from(policy.minimum_contributors) - self.value);
            }
        }
        if measure.is_magnitude {
            self.p_percent(policy).into_iter().chain(self.dominance(policy)).for_each(&mut raise);
        }
        let Some(up) = up else { return Sensitivity::Open };
        let lowest = if measure.terms.iter().all(|term| term.1 > 0) { self.value } else { i128::MAX };
        let symmetric = if measure.is_magnitude { up } else { 1.max(ceil(self.value.abs(), 1000)) };
        let down = symmetric.min(lowest);
        let width = policy.interval.map_or(0, |interval| {
            ceil(interval.relative.times(self.value.abs()), interval.relative.divisor())
                .max(i128::from(interval.absolute))
        });
        Sensitivity::Sensitive { up: up.max(width - down), down }
    }

    /// Likewise, where the caller knows better than the contributions.
    pub fn judge_as(&self, judgement: &Judgement, measure: &MeasureTerms, policy: &Policy) -> Sensitivity {
        let mut known = self.clone();
        known.contributors = judgement.contributors.unwrap_or(known.contributors);
        if let (Some(largest), true) = (&judgement.largest, measure.is_magnitude) {
            known.largest = largest.iter().map(|&amount| i128::from(amount)).collect();
        }
        let by_rules = known.judge(measure, policy);
        let (up, down) = match (judgement.sensitive, by_rules) {
            (Some(false), _) | (None, Sensitivity::Open) => return Sensitivity::Open,
            (_, Sensitivity::Sensitive { up, down }) => (up, down),
            (Some(true), Sensitivity::Open) => {
                let sliding = ceil(self.value.abs(), 1000).max(1);
                (sliding, sliding.min(self.value.max(0)))
            }
        };
        Sensitivity::Sensitive {
            up: judgement.upper.map_or(up, |level| i128::from(level).max(1)),
            down: judgement.lower.map_or(down, |level| i128::from(level).max(0)),
        }
    }

    /// The second largest contributor must not come within p per cent of the largest.
    fn p_percent(&self, policy: &Policy) -> Option<i128> {
        let p = policy.p_percent;
        let first = self.largest.first().copied().unwrap_or(0);
        let second = self.largest.get(1).copied().unwrap_or(0);
        let rest = self.magnitude - first - second;
        let lacking = p.times(first) - rest * p.divisor();
        (lacking > 0).then(|| ceil(lacking, p.divisor()))
    }

    fn dominance(&self, policy: &Policy) -> Option<i128> {
        let level = |rule: &super::policy::Dominance| {
            let held: i128 = self.largest.iter().take(rule.n).sum();
            let over = held * rule.k.divisor() - rule.k.times(self.magnitude);
            (over > 0).then(|| ceil(over, rule.k.numerator().max(1)))
        };
        policy.dominance.iter().filter_map(level).max()
    }
}

impl Sensitivity {
    pub fn is_sensitive(self) -> bool {
        matches!(self, Self::Sensitive { .. })
    }
}

/// The least integer not below `numerator / denominator`, for a positive denominator.
fn ceil(numerator: i128, denominator: i128) -> i128 {
    -(-numerator).div_euclid(denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disclosure::policy::{Dominance, Interval, Percent};

    fn figures(contributions: &[i128]) -> Figures {
        let mut largest: Vec<i128> = contributions.iter().map(|x| x.abs()).collect();
        largest.sort_unstable_by(|a, b| b.cmp(a));
        Figures {
            contributors: largest.len() as u64,
            value: contributions.iter().sum(),
            magnitude: largest.iter().sum(),
            bound: largest.first().copied().unwrap_or(0),
            largest,
        }
    }

    fn money() -> MeasureTerms {
        MeasureTerms { name: "gross".into(), terms: vec![(0, 1)], is_magnitude: true, is_balance: false }
    }

    fn count() -> MeasureTerms {
        MeasureTerms { name: "orders".into(), terms: vec![(0, 1)], is_magnitude: false, is_balance: false }
    }

    #[test]
    fn the_p_percent_rule_is_strict_and_exact() {
        let policy = Policy { minimum_contributors: 3, ..Policy::default() };
        assert_eq!(figures(&[1000, 500, 100]).judge(&money(), &policy), Sensitivity::Open);
        assert_eq!(
            figures(&[1000, 500, 99]).judge(&money(), &policy),
            Sensitivity::Sensitive { up: 1, down: 1 }
        );
        assert_eq!(
            figures(&[1000, 500]).judge(&money(), &policy),
            Sensitivity::Sensitive { up: 100, down: 100 }
        );
    }

    #[test]
    fn few_contributors_are_sensitive_and_their_count_may_not_stay_below_k() {
        let policy = Policy::default();
        assert_eq!(figures(&[1, 1]).judge(&count(), &policy), Sensitivity::Sensitive { up: 3, down: 1 });
        assert_eq!(figures(&[1; 5]).judge(&count(), &policy), Sensitivity::Open);
        assert_eq!(figures(&[]).judge(&count(), &policy), Sensitivity::Open);
        assert_eq!(
            figures(&[900, 900, 900, 900]).judge(&money(), &policy),
            Sensitivity::Sensitive { up: 4, down: 4 }
        );
    }

    #[test]
    fn dominance_and_widths() {
        let dominance = vec![Dominance { n: 2, k: Percent::whole(85) }];
        let policy = Policy { p_percent: Percent::whole(0), dominance, ..Policy::default() };
        let six = figures(&[800, 100, 20, 20, 20, 20]);
        assert_eq!(six.judge(&money(), &policy), Sensitivity::Sensitive { up: 79, down: 79 });
        let interval = Some(Interval { relative: Percent::whole(50), absolute: 1 });
        let wide = Policy { interval, ..policy };
        assert_eq!(six.judge(&money(), &wide), Sensitivity::Sensitive { up: 411, down: 79 });
    }

    #[test]
    fn negative_contributions_count_by_their_size() {
        let net = MeasureTerms {
            name: "net".into(),
            terms: vec![(0, 1), (1, -1)],
            is_magnitude: true,
            is_balance: false,
        };
        let policy = Policy { minimum_contributors: 3, ..Policy::default() };
        let one_sided = figures(&[1000, -900, 1]);
        assert_eq!(one_sided.judge(&net, &policy), Sensitivity::Sensitive { up: 99, down: 99 });
    }
}
