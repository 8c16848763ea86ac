//! What is true: who contributed what to each atom, and what the primary rules say of it.
//!
//! The rules are written down again from their formulas, in whole numbers.

use std::collections::BTreeMap;

use firstwatch::disclosure::{Contributions, Cost, Dominance, Interval, MeasureTerms, Policy};

/// A set of atoms, of which there are at most 64: bit by bit.
pub type Set = u64;

pub const GROSS: usize = 0;
pub const NET: usize = 1;
pub const ORDERS: usize = 2;
pub const REFUNDS: usize = 3;

/// Each measure as a sum of components: gross, refunds, orders.
pub const FORMS: [&[(usize, i64)]; 4] = [&[(0, 1)], &[(0, 1), (1, -1)], &[(2, 1)], &[(1, 1)]];

/// Which components the attacker does not know when a measure is the secret: with gross or net the refunds are
/// taken as known, so that their slack protects nothing.
pub const UNKNOWN: [&[usize]; 4] = [&[0], &[0], &[2], &[0, 1]];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub atom: usize,
    pub who: u64,
    pub amounts: [i64; 3],
}

#[derive(Clone, Debug)]
pub struct Shop {
    pub atoms: usize,
    /// Sorted by atom and contributor, one line a pair.
    pub lines: Vec<Line>,
    /// Whoever comes to nothing net is no contributor to it.
    pub net_is_balance: bool,
}

#[derive(Clone, Debug)]
pub struct Rules {
    pub minimum: u64,
    /// Tenths of a per cent.
    pub p: i64,
    /// (n, k in tenths of a per cent).
    pub dominance: Vec<(usize, i64)>,
    /// (per cent, units).
    pub interval: Option<(i64, i64)>,
    pub implied_cells: bool,
    pub insiders: bool,
    pub cost: Cost,
    pub headlines: usize,
}

/// How far from the truth an attacker's interval must reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Levels {
    pub up: i64,
    pub down: i64,
}

pub fn holds(set: Set, atom: usize) -> bool {
    set >> atom & 1 == 1
}

pub fn members(set: Set) -> impl Iterator<Item = usize> {
    (0..64).filter(move |&atom| holds(set, atom))
}

impl Shop {
    pub fn measures(&self) -> Vec<MeasureTerms> {
        let names = ["gross", "net", "orders", "refunds"];
        let measure = |(number, name): (usize, &str)| MeasureTerms {
            name: name.to_owned(),
            terms: FORMS[number].to_vec(),
            is_magnitude: number != ORDERS,
            is_balance: number == NET && self.net_is_balance,
        };
        names.into_iter().enumerate().map(measure).collect()
    }

    pub fn contributions(&self) -> Contributions {
        let column = |component: usize| self.lines.iter().map(|line| line.amounts[component]).collect();
        Contributions {
            atoms: self.lines.iter().map(|line| line.atom as u32).collect(),
            contributors: self.lines.iter().map(|line| line.who).collect(),
            components: (0..3).map(column).collect(),
        }
    }

    /// The sum of a component over a set.
    pub fn sum(&self, set: Set, component: usize) -> i64 {
        self.lines.iter().filter(|line| holds(set, line.atom)).map(|line| line.amounts[component]).sum()
    }

    pub fn figure(&self, set: Set, measure: usize) -> i64 {
        FORMS[measure].iter().map(|&(component, times)| times * self.sum(set, component)).sum()
    }

    /// Everybody with any amount in a set, with their sums.
    pub fn people(&self, set: Set) -> BTreeMap<u64, [i64; 3]> {
        let mut people: BTreeMap<u64, [i64; 3]> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| holds(set, line.atom)) {
            let sums = people.entry(line.who).or_default();
            (0..3).for_each(|component| sums[component] += line.amounts[component]);
        }
        people.retain(|_, sums| *sums != [0; 3]);
        people
    }

    /// How far a figure could fall if nothing were released: by all that the attacker does not know of it.
    fn fall(&self, set: Set, measure: usize) -> i64 {
        let unknown = FORMS[measure].iter().filter(|term| UNKNOWN[measure].contains(&term.0));
        unknown.map(|&(component, times)| times * self.sum(set, component)).sum()
    }

    /// What a secret's interval must reach, when the figure is sensitive.
    pub fn levels(&self, rules: &Rules, set: Set, measure: usize) -> Option<Levels> {
        let contributions = self.shares(set, measure);
        let people = contributions.len() as u64;
        let value: i64 = contributions.iter().sum();
        let mut largest: Vec<i64> = contributions.iter().map(|share| share.abs()).collect();
        largest.sort_unstable_by_key(|share| -share);
        let all: i64 = largest.iter().sum();
        let is_money = measure != ORDERS;
        let mut levels = Vec::new();
        if (1..rules.minimum).contains(&people) {
            levels.push(up(value.abs(), 1000));
            if !is_money {
                levels.push(rules.minimum as i64 - value);
            }
        }
        if is_money {
            let first = largest.first().copied().unwrap_or(0);
            let rest: i64 = largest.iter().skip(2).sum();
            // The estimate of the largest by the second largest: rest < p/100 first.
            levels.extend(
                Some(rules.p * first - 1000 * rest).filter(|&lack| lack > 0).map(|lack| up(lack, 1000)),
            );
            for &(n, k) in &rules.dominance {
                let held: i64 = largest.iter().take(n).sum();
                levels.extend(Some(1000 * held - k * all).filter(|&over| over > 0).map(|over| up(over, k)));
            }
        }
        let above = levels.into_iter().max()?.max(1);
        let below = if is_money { above } else { up(value.abs(), 1000).max(1) };
        let below = if measure == NET { below } else { below.min(value) };
        let width = rules.interval.map_or(0, |(percent, units)| up(percent * value.abs(), 100).max(units));
        Some(Levels { up: above.max(width - below), down: below.min(self.fall(set, measure)) })
    }

    /// The levels of one cell asked of a set that it is part of.
    pub fn levels_within(&self, levels: Levels, set: Set, measure: usize) -> Levels {
        Levels { down: levels.down.min(self.fall(set, measure)), ..levels }
    }

    /// What each contributor to a measure adds to it.
    fn shares(&self, set: Set, measure: usize) -> Vec<i64> {
        let form = FORMS[measure];
        let is_in = |sums: &&[i64; 3]| form.iter().any(|term| sums[term.0] != 0);
        let share = |sums: &[i64; 3]| form.iter().map(|&(component, times)| times * sums[component]).sum();
        let people = self.people(set);
        let shares = people.values().filter(is_in).map(share);
        shares.filter(|&share| share != 0 || measure != NET || !self.net_is_balance).collect()
    }
}

/// Division rounded up.
fn up(number: i64, by: i64) -> i64 {
    (number + by - 1).div_euclid(by)
}

impl Rules {
    pub fn policy(&self) -> Policy {
        let tenths = |tenths: i64| format!("{}.{}", tenths / 10, tenths % 10).parse().expect("a percentage");
        let dominance = |&(n, k): &(usize, i64)| Dominance { n, k: tenths(k) };
        Policy {
            minimum_contributors: self.minimum,
            p_percent: tenths(self.p),
            dominance: self.dominance.iter().map(dominance).collect(),
            interval: self
                .interval
                .map(|(percent, absolute)| Interval { relative: tenths(10 * percent), absolute }),
            implied_cells: self.implied_cells,
            insiders: self.insiders,
            cost: self.cost,
            headlines: self.headlines,
            // With and without taking back and looking for the optimum.
            series: self.minimum.is_multiple_of(2),
            keeps_back: [2, 5].contains(&self.minimum),
        }
    }
}
