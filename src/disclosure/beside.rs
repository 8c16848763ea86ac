//! Sensitive cells beside singletons.
//!
//! Whoever is the only contributor of a withheld cell can subtract their own part from any sum it stands in: the cell
//! together with a sensitive neighbour is a target as well (the singleton problem; Hundepool et al. 2012, 4.4.2).
//!
//! A sum of a thousand such cells makes a million pairs, and nearly all are proved by what proves the cells themselves.
//! So where there are many, only those become targets that no witness at hand proves, and the exact guard looks at all
//! of a cell's pairs when it looks at the cell.

use std::collections::{BTreeMap, BTreeSet};

use super::search::Search;
use super::sensitivity::Sensitivity;
use super::subject::{Released, Subject};
use super::target::{End, Target};
use super::witness::{BothWays, Deviation};

/// So many pairs are targets like others.
const FEW: usize = 20_000;

/// For each cell's set, singletons' beside it.
pub(super) type Beside = BTreeMap<u32, BTreeSet<u32>>;

/// What of an equation is withheld: its parts, and those of them that have a single contributor, by cell and set.
struct Withheld {
    table: usize,
    parts: Vec<(usize, usize)>,
    singletons: Vec<(usize, usize)>,
}

/// An end of a sensitive part, and beside which singletons no witness proves it.
struct Asked {
    withheld: usize,
    cell: usize,
    set: usize,
    measure: usize,
    end: End,
    need: i128,
    /// Among its equation's; absent while no witness moves the part itself far enough.
    unproved: Option<Vec<usize>>,
}

impl Asked {
    /// Beside all of them.
    fn is_proved(&self) -> bool {
        self.unproved.as_ref().is_some_and(Vec::is_empty)
    }
}

impl Search<'_> {
    /// The pairs of the present pattern, where they are few.
    pub fn beside_singletons(&self) -> Vec<Target> {
        let withheld = self.withheld_beside_singletons();
        if count(&withheld) > FEW { Vec::new() } else { self.all_pairs(&withheld) }
    }

    /// Where they are many, makes targets of those that no witness at hand proves beside a cell that is proved by itself.
    pub fn add_unproved_pairs(&mut self) {
        let withheld = self.withheld_beside_singletons();
        if count(&withheld) <= FEW {
            return;
        }
        let mut targets = Vec::new();
        for asked in self.unproved_pairs(&withheld) {
            let of = &withheld[asked.withheld];
            let number = self.known_target(asked.set, asked.measure);
            if number.is_some_and(|number| self.is_open(number, asked.end)) {
                continue;
            }
            let all = || (0..of.singletons.len()).collect();
            for at in asked.unproved.clone().unwrap_or_else(all) {
                targets.extend(self.pair(
                    of.table,
                    of.singletons[at],
                    (asked.cell, asked.set),
                    asked.measure,
                ));
            }
        }
        for target in targets {
            self.add_target(target);
        }
    }

    /// For each cell's set, the singletons' beside it, where the pairs are no targets of their own.
    pub fn singletons_beside(&self) -> Beside {
        let withheld = self.withheld_beside_singletons();
        let mut beside = Beside::new();
        for of in withheld.iter().filter(|_| count(&withheld) > FEW) {
            for &(_, set) in &of.parts {
                let others = of.singletons.iter().filter(|singleton| singleton.1 != set);
                beside.entry(set as u32).or_default().extend(others.map(|singleton| singleton.1 as u32));
            }
        }
        beside
    }

    fn withheld_beside_singletons(&self) -> Vec<Withheld> {
        let mut all = Vec::new();
        if !self.policy.insiders {
            return all;
        }
        for (table, candidate) in self.system.request.tables.iter().enumerate() {
            let unit_of = &self.system.unit_of[table];
            for equation in &candidate.equations {
                let withheld = equation.parts.iter().filter(|&&part| !self.shown[unit_of[part]]);
                let parts: Vec<(usize, usize)> =
                    withheld.map(|&part| (part, self.system.units[unit_of[part]].set)).collect();
                let is_alone = |part: &&(usize, usize)| self.system.profile(part.1).singleton.is_some();
                let singletons: Vec<(usize, usize)> = parts.iter().filter(is_alone).copied().collect();
                if parts.len() > 1 && !singletons.is_empty() {
                    all.push(Withheld { table, parts, singletons });
                }
            }
        }
        all
    }

    fn all_pairs(&self, withheld: &[Withheld]) -> Vec<Target> {
        let mut targets = Vec::new();
        for of in withheld {
            let measures = &self.system.request.tables[of.table].measures;
            for &singleton in &of.singletons {
                for &cell in &of.parts {
                    let pair = |&measure: &usize| self.pair(of.table, singleton, cell, measure);
                    targets.extend(measures.iter().filter_map(pair));
                }
            }
        }
        targets
    }

    /// The target that a cell and a singleton beside it make, if they do.
    fn pair(
        &self,
        table: usize,
        singleton: (usize, usize),
        cell: (usize, usize),
        measure: usize,
    ) -> Option<Target> {
        let (system, policy) = (self.system, self.policy);
        let Sensitivity::Sensitive { up, down } = system.sensitivity(cell.1, measure, policy) else {
            return None;
        };
        let (alone, other) = (system.profile(singleton.1), system.profile(cell.1));
        if singleton.0 == cell.0 || alone.singleton == other.singleton {
            return None;
        }
        let atoms: BTreeSet<u32> =
            [singleton.1, cell.1].iter().flat_map(|&set| system.sets[set]).copied().collect();
        let atoms: Vec<u32> = atoms.into_iter().collect();
        let subject = Subject::Beside {
            cell: Released::Cell { table, cell: cell.0 },
            singleton: Released::Cell { table, cell: singleton.0 },
        };
        let value = alone.measures[measure].value + other.measures[measure].value;
        let form = vec![(singleton.1 as u32, 1), (cell.1 as u32, 1)];
        let asked = (subject, measure, &atoms[..], form);
        Some(Target::with_levels(system, (&self.views, &self.view_of), asked, (value, up, down)))
    }

    /// The ends of sensitive parts that the witnesses at hand leave unproved beside some singleton.
    fn unproved_pairs(&self, withheld: &[Withheld]) -> Vec<Asked> {
        let mut left = Vec::new();
        for view in 0..self.views.len() {
            let mut asked = self.asked_of_pairs(withheld, view);
            // First the witnesses that move a part itself, then those that move a singleton beside it.
            self.strike_out(view, withheld, &mut asked, |asked| vec![asked.set]);
            self.strike_out(view, withheld, &mut asked, |asked| {
                let singletons = &withheld[asked.withheld].singletons;
                asked.unproved.iter().flatten().map(|&at| singletons[at].1).collect()
            });
            left.extend(asked);
        }
        left
    }

    /// Strikes out what the witnesses at hand prove; each is looked at by what moves one of some sets of it.
    fn strike_out(
        &self,
        view: usize,
        withheld: &[Withheld],
        all: &mut Vec<Asked>,
        sets: impl Fn(&Asked) -> Vec<usize>,
    ) {
        let mut by_set: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (number, asked) in all.iter().enumerate() {
            sets(asked).into_iter().for_each(|set| by_set.entry(set as u32).or_default().push(number));
        }
        let shape = &self.views[view];
        for (_, witness) in self.witnesses.iter().filter(|of| of.0 == view && !by_set.is_empty()) {
            let BothWays { deviation, factors } = witness.both_ways(self.system, shape);
            if !witness.is_valid(self.system, shape, &self.shown, &deviation) {
                continue;
            }
            let of_sets = deviation.touched().iter().filter_map(|set| by_set.get(set)).flatten();
            let moved: BTreeSet<usize> = of_sets.copied().collect();
            for (asked, factor) in moved.into_iter().flat_map(|asked| factors.map(|factor| (asked, factor))) {
                self.weigh_pairs(&mut all[asked], withheld, &deviation, factor);
            }
        }
        all.retain(|asked| !asked.is_proved());
    }

    fn asked_of_pairs(&self, withheld: &[Withheld], view: usize) -> Vec<Asked> {
        let mut all = Vec::new();
        for (at, of) in withheld.iter().enumerate() {
            let measures = &self.system.request.tables[of.table].measures;
            for &measure in measures.iter().filter(|&&measure| self.view_of[measure] == view) {
                for &(cell, set) in &of.parts {
                    let judged = self.system.sensitivity(set, measure, self.policy);
                    let Sensitivity::Sensitive { up, down } = judged else { continue };
                    let ends =
                        [(End::Above, up), (End::Below, down)].into_iter().filter(|&(_, need)| need > 0);
                    all.extend(ends.map(|(end, need)| Asked {
                        withheld: at,
                        cell,
                        set,
                        measure,
                        end,
                        need,
                        unproved: None,
                    }));
                }
            }
        }
        all
    }

    /// Strikes out whom `factor` times a witness answers.
    fn weigh_pairs(&self, asked: &mut Asked, withheld: &[Withheld], deviation: &Deviation<'_>, factor: f64) {
        let terms = self.views[self.view_of[asked.measure]].terms(self.system.measure(asked.measure));
        let shift = |set: usize| asked.end.sign() * factor * deviation.of_set(set, &terms);
        let (own, required) = (shift(asked.set), deviation.required(asked.need));
        let singletons = &withheld[asked.withheld].singletons;
        let only = |set: usize| self.system.profile(set).singleton;
        let is_unproved = |&at: &usize| {
            let (cell, set) = singletons[at];
            cell != asked.cell && only(set) != only(asked.set) && own + shift(set) < required
        };
        match &mut asked.unproved {
            None if own < required => {}
            None => asked.unproved = Some((0..singletons.len()).filter(is_unproved).collect()),
            Some(unproved) => unproved.retain(is_unproved),
        }
    }
}

/// How many pairs there are for each measure.
fn count(withheld: &[Withheld]) -> usize {
    withheld.iter().map(|of| of.parts.len() * of.singletons.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::super::protect::tests::{pattern, policy};
    use super::super::request::{
        CandidateCell, CandidateTable, Contributions, Equation, MeasureTerms, Request,
    };
    use super::super::{CellStatus, Policy, audit, protect};
    use super::*;

    /// A sum of many cells with one contributor each, and one of two such cells and one with five.
    fn lone_cells(many: u32) -> Request {
        let cell = |atoms: std::ops::Range<u32>| CandidateCell {
            place: vec![vec![format!("{atoms:?}")]],
            atoms: atoms.collect(),
        };
        let all = many as usize + 3;
        let mut cells: Vec<CandidateCell> = (0..many + 3).map(|atom| cell(atom..atom + 1)).collect();
        cells.extend([cell(0..many), cell(many..many + 3)]);
        let equations = vec![
            Equation { total: all, parts: (0..many as usize).collect() },
            Equation { total: all + 1, parts: (many as usize..all).collect() },
        ];
        let measure =
            MeasureTerms { name: "value".into(), terms: vec![(0, 1)], is_magnitude: true, is_balance: false };
        let table = CandidateTable {
            name: "lone".into(),
            dimensions: vec!["cell".into()],
            measures: vec![0],
            cells,
            equations,
        };
        let data = Contributions {
            atoms: (0..many + 2).chain([many + 2; 5]).collect(),
            contributors: (0..u64::from(many) + 7).collect(),
            components: vec![(0..i64::from(many) + 7).map(|at| 100 + at * 37 % 50).collect()],
        };
        Request { measures: vec![measure], tables: vec![table], data, ..Request::default() }
    }

    #[test]
    fn many_pairs_are_looked_at_and_few_become_targets() {
        let request = lone_cells(200);
        let policy = Policy { series: true, implied_cells: false, ..policy() };
        let protection = protect(&request, &policy).expect("protects");
        let is_shown = |cell: usize| protection.tables[0].cells()[cell].status().is_shown();
        assert!(is_shown(203), "the sum of many");
        assert_eq!(
            (202..205).filter(|&cell| cell != 203 && is_shown(cell)).count(),
            1,
            "the two would follow"
        );
        assert!(protection.summary.audit.targets < FEW / 2, "{}", protection.summary.audit.targets);

        let mut forged = pattern(&protection);
        forged[0][202] = CellStatus::Safe;
        forged[0][204] = CellStatus::Safe;
        let report = audit(&request, &forged, &policy).expect("fits");
        let is_pair = |subject: &Subject| matches!(subject, Subject::Beside { .. });
        let pairs: Vec<_> = report.disclosed.iter().filter(|found| is_pair(&found.subject)).collect();
        assert!(pairs.len() == 1 && report.exact == 1, "{report:?}");
        assert_eq!(pairs[0].interval.0.round(), pairs[0].interval.1.round());
    }
}
