//! Made-up shops and what they release: every case is its seed.

use std::ops::Range;

use fastrand::Rng;
use firstwatch::disclosure::{CandidateCell, CandidateTable, Cost, Equation};

use super::shop::{GROSS, Line, NET, ORDERS, REFUNDS, Rules, Set, Shop, members};

const MOST_ATOMS: usize = 60;
const MOST_CELLS: usize = 90;

#[derive(Clone, Debug)]
pub struct Case {
    pub shop: Shop,
    pub rules: Rules,
    /// The tables of each release.
    pub releases: Vec<Vec<CandidateTable>>,
}

/// A hierarchy: for each level, from coarse to fine, the code of each leaf.
#[derive(Clone, Debug)]
struct Dimension {
    levels: Vec<Vec<usize>>,
    leaves: usize,
}

struct Space {
    dimensions: Vec<Dimension>,
    /// Atoms that anybody holds, or all of them when cells name empty ones too.
    named: Set,
}

/// A table but for the days it is about.
#[derive(Clone, Debug)]
struct Definition {
    /// (dimension, levels shown).
    axes: Vec<(usize, Vec<usize>)>,
    /// Leaves of a dimension that it is about.
    only: Option<(usize, Vec<usize>)>,
    measures: Vec<usize>,
}

impl Case {
    pub fn new(seed: u64) -> Self {
        let mut chance = Rng::with_seed(seed);
        let dimensions = dimensions(&mut chance);
        let atoms: usize = dimensions.iter().map(|dimension| dimension.leaves).product();
        let shop = shop(&mut chance, atoms);
        let held = shop.lines.iter().fold(0, |set, line| set | 1 << line.atom);
        let all = if atoms == 64 { u64::MAX } else { (1 << atoms) - 1 };
        let space = Space { dimensions, named: if chance.u8(0..4) == 0 { all } else { held } };
        let rules = rules(&mut chance);
        let releases = releases(&mut chance, &space);
        Self { shop, rules, releases }
    }
}

fn dimensions(chance: &mut Rng) -> Vec<Dimension> {
    let count = chance.usize(1..=4);
    let mut room = if chance.u8(0..3) == 0 { MOST_ATOMS } else { MOST_ATOMS / 2 };
    let mut dimensions = Vec::new();
    for left in (0..count).rev() {
        let most = (room >> left).clamp(2, if count == 1 { 24 } else { 7 });
        let leaves = chance.usize(2..=most);
        room = (room / leaves).max(1 << left);
        dimensions.push(dimension(chance, leaves));
    }
    dimensions
}

fn dimension(chance: &mut Rng, leaves: usize) -> Dimension {
    let mut levels = vec![(0..leaves).collect::<Vec<usize>>()];
    for _ in 0..chance.usize(0..3) {
        let finest = levels[0].clone();
        let codes = finest.iter().max().map_or(0, |&last| last + 1);
        let groups = chance.usize(1..=codes);
        let is_in_order = chance.bool();
        let group_of: Vec<usize> = (0..codes)
            .map(|code| if is_in_order { code * groups / codes } else { chance.usize(0..groups) })
            .collect();
        levels.insert(0, finest.iter().map(|&code| group_of[code]).collect());
    }
    Dimension { levels, leaves }
}

fn shop(chance: &mut Rng, atoms: usize) -> Shop {
    let most = if chance.u8(0..3) == 0 { 25 } else { 12 };
    let people = chance.u64(1..=most);
    let density = [0.08, 0.2, 0.4, 0.7][chance.usize(0..4)];
    // Ties, plain amounts, and those of a currency without small change.
    let (few_prices, most) =
        [(true, 300), (false, 1000), (false, 1000), (false, 4_000_000)][chance.usize(0..4)];
    let giant = chance.u64(0..2 * people);
    let mut lines = Vec::new();
    for atom in 0..atoms {
        for who in 0..people {
            if chance.f64() >= density {
                continue;
            }
            let gross = match chance.u8(0..12) {
                0 => 0,
                _ if few_prices => 100 * chance.i64(1..=3),
                _ if who == giant => chance.i64(1..=most) * 20,
                _ => chance.i64(1..=most),
            };
            let refunds = match chance.u8(0..12) {
                0 => gross,
                1 | 2 => gross / 4,
                3 => chance.i64(0..=most) / 3,
                _ => 0,
            };
            let amounts = [gross, refunds, chance.i64(0..4)];
            lines.push(Line { atom, who, amounts });
        }
    }
    Shop { atoms, lines, net_is_balance: chance.u8(0..4) == 0 }
}

fn rules(chance: &mut Rng) -> Rules {
    Rules {
        minimum: [2, 3, 3, 3, 5, 1][chance.usize(0..6)],
        p: [100, 100, 100, 125, 250, 500, 0][chance.usize(0..7)],
        dominance: match chance.u8(0..8) {
            0 => vec![(1, 700)],
            1 => vec![(2, 850)],
            2 => vec![(1, 600), (3, 905)],
            _ => Vec::new(),
        },
        interval: (chance.u8(0..8) == 0).then(|| (chance.i64(1..=50), chance.i64(0..=20))),
        implied_cells: chance.u8(0..10) > 0,
        insiders: chance.u8(0..6) > 0,
        cost: [Cost::Value, Cost::Value, Cost::Count, Cost::Cells][chance.usize(0..4)],
        headlines: chance.usize(0..3),
    }
}

/// Days are the leaves of the first dimension. Releases are about a day, or about ranges of days that overlap and do not
/// nest; most keep their tables, some change them.
fn releases(chance: &mut Rng, space: &Space) -> Vec<Vec<CandidateTable>> {
    let has_days = space.dimensions.len() > 1 && chance.u8(0..3) > 0;
    let days = space.dimensions[0].leaves;
    let mut definitions = redefined(chance, space, has_days);
    let mut releases = Vec::new();
    for _ in 0..chance.usize(1..=5) {
        if chance.u8(0..3) == 0 {
            definitions = redefined(chance, space, has_days);
        }
        let range = if has_days { range(chance, days) } else { 0..days };
        let tables = definitions
            .iter()
            .enumerate()
            .map(|(number, definition)| space.table(number, definition, &range));
        releases.push(tables.filter(|table| table.cells.len() <= MOST_CELLS).collect());
    }
    releases
}

fn range(chance: &mut Rng, days: usize) -> Range<usize> {
    let length = [1, 1, 2, 3, days][chance.usize(0..5)].min(days);
    let first = chance.usize(0..=days - length);
    first..first + length
}

fn redefined(chance: &mut Rng, space: &Space, has_days: bool) -> Vec<Definition> {
    (0..chance.usize(1..=3)).map(|_| definition(chance, space, has_days)).collect()
}

fn definition(chance: &mut Rng, space: &Space, has_days: bool) -> Definition {
    let mut axes = Vec::new();
    for (number, dimension) in space.dimensions.iter().enumerate() {
        let is_left_out = if has_days && number == 0 { chance.u8(0..6) > 0 } else { chance.u8(0..3) == 0 };
        if !is_left_out {
            let all = dimension.levels.len();
            let mut levels: Vec<usize> = (0..all).filter(|_| chance.u8(0..3) > 0).collect();
            if levels.is_empty() {
                levels.push(chance.usize(0..all));
            }
            axes.push((number, levels));
        }
    }
    while axes.len() > 3 {
        axes.remove(chance.usize(0..axes.len()));
    }
    let only = (chance.u8(0..5) == 0).then(|| {
        let number = chance.usize(0..space.dimensions.len());
        let leaves = space.dimensions[number].leaves;
        let kept: Vec<usize> = (0..leaves).filter(|_| chance.bool()).collect();
        (number, if kept.is_empty() { vec![0] } else { kept })
    });
    let measures: &[usize] = [
        &[NET, ORDERS][..],
        &[GROSS],
        &[GROSS, ORDERS],
        &[NET],
        &[ORDERS],
        &[NET, REFUNDS],
        &[GROSS, NET, ORDERS],
        &[REFUNDS],
    ][chance.usize(0..8)];
    Definition { axes, only, measures: measures.to_vec() }
}

/// A cell's code on an axis: how many of the axis's levels it has, and the code at the last of them.
type Code = (usize, usize);

impl Space {
    fn table(&self, number: usize, definition: &Definition, days: &Range<usize>) -> CandidateTable {
        let within = self.within(definition, days);
        let keys = self.keys(definition, within);
        let cells = keys.iter().map(|(key, set)| self.cell(definition, key, *set)).collect();
        CandidateTable {
            name: format!("table {number}"),
            dimensions: definition.axes.iter().map(|axis| format!("dimension {}", axis.0)).collect(),
            measures: definition.measures.clone(),
            cells,
            equations: self.equations(definition, &keys),
        }
    }

    fn leaf(&self, atom: usize, number: usize) -> usize {
        let below: usize = self.dimensions[..number].iter().map(|dimension| dimension.leaves).product();
        atom / below % self.dimensions[number].leaves
    }

    /// The atoms that a table is about, empty ones included.
    fn within(&self, definition: &Definition, days: &Range<usize>) -> Set {
        let atoms: usize = self.dimensions.iter().map(|dimension| dimension.leaves).product();
        let is_in = |&atom: &usize| {
            let only = definition.only.as_ref();
            days.contains(&self.leaf(atom, 0))
                && only.is_none_or(|(number, leaves)| leaves.contains(&self.leaf(atom, *number)))
        };
        (0..atoms).filter(is_in).fold(0, |set, atom| set | 1 << atom)
    }

    /// Every combination of codes that the table's atoms have, with the atoms.
    fn keys(&self, definition: &Definition, within: Set) -> Vec<(Vec<Code>, Set)> {
        let mut keys = vec![(Vec::new(), within)];
        for (number, levels) in &definition.axes {
            let mut longer = Vec::new();
            for (key, set) in &keys {
                for depth in 0..=levels.len() {
                    let code = |atom: usize| match depth {
                        0 => 0,
                        _ => self.dimensions[*number].levels[levels[depth - 1]][self.leaf(atom, *number)],
                    };
                    let codes: std::collections::BTreeSet<usize> = members(*set).map(code).collect();
                    for one in codes {
                        let of_code = members(*set).filter(|&atom| code(atom) == one);
                        let part = of_code.fold(0, |part: Set, atom| part | 1 << atom);
                        longer.push(([&key[..], &[(depth, one)]].concat(), part));
                    }
                }
            }
            keys = longer;
        }
        keys
    }

    fn cell(&self, definition: &Definition, key: &[Code], set: Set) -> CandidateCell {
        let first = members(set).next().unwrap_or(0);
        let path = |(&(number, ref levels), &(depth, _)): (&(usize, Vec<usize>), &Code)| {
            let code =
                |&level: &usize| self.dimensions[number].levels[level][self.leaf(first, number)].to_string();
            levels[..depth].iter().map(code).collect()
        };
        CandidateCell {
            place: definition.axes.iter().zip(key).map(path).collect(),
            atoms: members(set & self.named).map(|atom| atom as u32).collect(),
        }
    }

    /// Each cell that is not at an axis's last level is the sum of those one step down.
    fn equations(&self, definition: &Definition, keys: &[(Vec<Code>, Set)]) -> Vec<Equation> {
        let mut equations = Vec::new();
        for (total, (key, set)) in keys.iter().enumerate() {
            let goes_on = |axis: &usize| key[*axis].0 < definition.axes[*axis].1.len();
            for axis in (0..key.len()).filter(goes_on) {
                let is_part = |(other, of_other): &(Vec<Code>, Set)| {
                    of_other & !set == 0
                        && (0..key.len()).all(|place| match place == axis {
                            true => other[place].0 == key[place].0 + 1,
                            false => other[place] == key[place],
                        })
                };
                let parts = (0..keys.len()).filter(|&cell| is_part(&keys[cell])).collect();
                equations.push(Equation { total, parts });
            }
        }
        equations
    }
}
