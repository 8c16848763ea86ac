//! When earlier releases already tell a figure better than the rules allow, whatever is withheld now.
//!
//! A new table may cut finer than any before it, so that a sensitive cell of it can be too narrow by what was shown long ago.
//! As much is asked of it then as earlier releases leave: this release withholds it and adds nothing to what is known. The
//! same goes for what a single contributor knows. It is no secret that a later release could keep, so it is not recorded as
//! one. Only when a figure that an earlier release itself withheld is disclosed, the caller is told.

use std::collections::BTreeMap;

use super::insiders::{Doubt, Doubts};
use super::neighbourhood::LARGEST_WHOLE;
use super::programme::Outcome;
use super::search::Search;
use super::system::Past;
use super::target::End;
use super::witness::{REACH, Witness};

/// Less than this the arithmetic of a programme does not tell apart, in units of a figure.
const GRAIN: f64 = 1e-6;

/// How far ends can move by earlier releases alone, where that is less than they should.
#[derive(Default)]
pub(super) struct Left {
    for_all: BTreeMap<(usize, End), i128>,
    for_one: BTreeMap<(usize, End, u32), i128>,
}

impl Left {
    /// Of what a target should need above and below, what there is room for.
    pub fn of(&self, target: usize, (up, down): (i128, i128)) -> (i128, i128) {
        let of = |end, need: i128| self.for_all.get(&(target, end)).map_or(need, |&left| need.min(left));
        (of(End::Above, up), of(End::Below, down))
    }

    /// Where there is less for a contributor than for others.
    pub fn of_contributor(&self, target: usize, end: End, contributor: u32) -> Option<i128> {
        self.for_one.get(&(target, end, contributor)).copied()
    }

    /// Whether an end of a target has less room than it should, for everybody.
    pub fn is_less(&self, target: usize) -> bool {
        End::BOTH.iter().any(|&end| self.for_all.contains_key(&(target, end)))
    }

    /// Likewise, for some contributor.
    pub fn is_less_for_some(&self, target: usize, end: End) -> bool {
        self.for_one.range((target, end, 0)..=(target, end, u32::MAX)).next().is_some()
    }

    /// Forgets the targets from the given one on.
    pub fn forget_targets(&mut self, from: usize) {
        self.for_all.retain(|&(target, _), _| target < from);
        self.for_one.retain(|&(target, ..), _| target < from);
    }
}

impl Search<'_> {
    /// Whether every end is asked for all that the rules want.
    pub fn asks_for_all(&self) -> bool {
        self.lost.is_empty() && self.left.for_all.is_empty() && self.left.for_one.is_empty()
    }

    /// Asks less of an end that no pattern makes room for. An earlier secret is lost.
    pub fn retreat(&mut self, target: usize, end: End) {
        let need = self.targets[target].need(end) as f64;
        match self.farthest(target, end, &[]) {
            Some(most) if most.reaches(need) => self.apply(self.targets[target].view, most.witness),
            Some(most) if most.is_below(need) && self.is_earlier_secret(target) => {
                self.lost.insert((target, end));
            }
            Some(most) if most.is_below(need) => self.ask_less(target, end, most.bound),
            _ => self.solver_failed = true,
        }
    }

    /// Likewise, of the only one left who has a doubt; what is left of it then.
    pub fn retreat_for(&mut self, doubts: &mut Doubts, doubt: Doubt) -> Option<Doubt> {
        let (target, end) = (doubt.target, doubt.end);
        for &contributor in &doubt.of {
            let need = self.need_of(doubts, &doubt);
            let most = self.farthest(target, end, &[contributor]).filter(|most| most.is_below(need));
            let Some(most) = most else {
                self.solver_failed = true;
                return None;
            };
            let left = less(need, most.bound);
            self.left.for_one.insert((target, end, contributor), left);
            if left > 0 {
                return Some(doubt);
            }
        }
        doubts.give_up(&doubt);
        None
    }

    /// With everything withheld: what is still open has a witness, or is asked for less where earlier releases alone are
    /// shown to tell it, as they are for what follows exactly. The rest stays asked for.
    pub fn retreat_from_open(&mut self, following: &[usize]) {
        for (target, end) in following.iter().flat_map(|&target| End::BOTH.map(|end| (target, end))) {
            if !self.is_earlier_secret(target) {
                self.ask_less(target, end, 0.0);
            }
        }
        for (target, end) in self.open() {
            if self.is_spent(0) {
                return;
            }
            let found = if self.is_open(target, end) { self.farthest(target, end, &[]) } else { None };
            let Some(most) = found else { continue };
            let is_told = most.is_below(self.targets[target].need(end) as f64);
            self.add_witness(self.targets[target].view, most.witness);
            if is_told && !self.is_earlier_secret(target) {
                self.ask_less(target, end, most.bound);
            }
        }
    }

    /// Of a set's measures, by place, those that earlier releases tell better than the rules allow.
    pub fn told_before(&self, set: usize, measures: &[usize]) -> Vec<usize> {
        let is_told =
            |measure: usize| self.known_target(set, measure).is_some_and(|target| self.left.is_less(target));
        (0..measures.len()).filter(|&at| is_told(measures[at])).collect()
    }

    fn is_earlier_secret(&self, target: usize) -> bool {
        let stated = &self.targets[target];
        let [(set, 1)] = stated.form[..] else { return !self.is_new(target) };
        let is_of_it =
            |past: &Past| !past.shown && past.set == set as usize && past.measures.contains(&stated.measure);
        self.system.past.iter().any(is_of_it)
    }

    fn ask_less(&mut self, target: usize, end: End, bound: f64) {
        let stated = &mut self.targets[target];
        let left = less(stated.need(end) as f64, bound);
        match end {
            End::Above => stated.up = left,
            End::Below => stated.down = left,
        }
        self.left.for_all.insert((target, end), left);
        self.proofs.ask_less(target, &self.targets[target]);
    }

    /// With everything withheld that could be, while some contributors have their own parts; `None` when the solver fails.
    fn farthest(&mut self, target: usize, end: End, of: &[u32]) -> Option<Farthest> {
        let view = self.targets[target].view;
        if self.relevant_count(view) > LARGEST_WHOLE {
            return None;
        }
        let atoms = self.relevant_atoms(view);
        let own = self.own(view, of, &atoms);
        let own = |atom: u32, position: usize| own.get(&(atom, position)).copied().unwrap_or(0);
        let slice = self.elastic_slice(view, atoms, &own);
        let mut programme = slice.whole_programme();
        programme.columns.iter_mut().for_each(|column| column.0 = 0.0);
        let form = slice.form(self.system, &self.targets[target]);
        for &(column, times) in &form {
            programme.columns[column as usize].0 = -end.sign() * times as f64;
        }
        self.programmes += 1;
        let outcome = self.solver.solve(programme.clone());
        let Outcome::Optimal { columns, row_duals } = outcome else { return None };
        let moved: f64 = form.iter().map(|&(column, times)| times as f64 * columns[column as usize]).sum();
        Some(Farthest {
            distance: end.sign() * moved * slice.scale,
            bound: -programme.bound_by(&row_duals) * slice.scale,
            witness: slice.whole_witness(&columns),
        })
    }
}

/// How far an end can move, in units of its figure.
struct Farthest {
    /// As far as the solver came.
    distance: f64,
    witness: Witness,
    /// No further, whatever the solver says.
    bound: f64,
}

impl Farthest {
    fn reaches(&self, need: f64) -> bool {
        self.distance >= need * REACH
    }

    fn is_below(&self, need: f64) -> bool {
        self.bound < need * REACH
    }
}

/// What may be asked of an end that cannot move as far as it needs: less in any case, so that asking ends.
fn less(need: f64, bound: f64) -> i128 {
    ((bound + GRAIN).floor().min((need * REACH).floor()) as i128).max(0)
}

#[cfg(test)]
mod tests {
    use super::super::protect::tests::policy;
    use super::super::request::{
        CandidateCell, CandidateTable, Contributions, EarlierCell, MeasureTerms, Request,
    };
    use super::super::{CellStatus, Percent, Policy, protect};

    /// One large buyer alone in a group, five small ones in another; group and sum were shown before.
    fn request(earlier: Vec<EarlierCell>) -> Request {
        let amounts = [60, 5, 5, 5, 5, 5];
        let cell = |code: &str, atoms: Vec<u32>| CandidateCell { place: vec![vec![code.to_owned()]], atoms };
        let table = |name: &str, cells: Vec<CandidateCell>| CandidateTable {
            name: name.to_owned(),
            dimensions: vec!["group".to_owned()],
            measures: vec![0],
            cells,
            equations: Vec::new(),
        };
        Request {
            measures: vec![MeasureTerms {
                name: "gross".to_owned(),
                terms: vec![(0, 1)],
                is_magnitude: true,
                is_balance: false,
            }],
            tables: vec![
                table("fine", vec![cell("a", vec![0]), cell("b", vec![1])]),
                table("other", vec![cell("c", vec![2])]),
            ],
            earlier,
            data: Contributions {
                atoms: vec![0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2],
                contributors: (0..12).collect(),
                components: vec![amounts.iter().chain(&[7, 8, 9, 10, 11, 12]).copied().collect()],
            },
            ..Request::default()
        }
    }

    #[test]
    fn what_was_narrowed_down_before_is_withheld_and_the_rest_is_shown() {
        let rules = Policy { p_percent: Percent::whole(50), ..Policy::default() };
        let shown = |atoms: Vec<u32>| EarlierCell { atoms, measures: vec![0], shown: true };
        let request = request(vec![shown(vec![0, 1]), shown(vec![1])]);
        let protection = protect(&request, &rules).expect("nothing that was a secret");
        let [first, second] = protection.tables[0].cells() else { panic!("two cells") };
        assert_eq!((first.status(), first.told_before()), (CellStatus::Primary, &[0][..]));
        assert_eq!((second.values(), second.told_before()), (Some(&[25][..]), &[][..]));
        assert_eq!(protection.tables[1].cells()[0].values(), Some(&[57][..]));
    }

    /// The large buyer's amount and a small one's are known together: the former within the latter's, and a new sum of
    /// both and a third must not tell more.
    #[test]
    fn what_is_narrow_becomes_no_narrower() {
        let rules = Policy { p_percent: Percent::whole(50), implied_cells: false, ..policy() };
        let shown = |atoms: Vec<u32>| EarlierCell { atoms, measures: vec![0], shown: true };
        let mut request = request(vec![shown(vec![0, 1])]);
        request.tables[0].cells.truncate(1);
        let alone = protect(&request, &rules).expect("nothing that was a secret");
        let narrow = alone.tables[0].cells()[0].told_before();
        assert_eq!(narrow, [0], "25 is less than half of 60");
        assert_eq!(alone.tables[1].cells()[0].values(), Some(&[57][..]));

        // The small ones' sum would tell the large one's.
        request.tables[1].cells[0].atoms = vec![1];
        let beside = protect(&request, &rules).expect("nothing that was a secret");
        assert_eq!(beside.tables[1].cells()[0].values(), None);
        assert_eq!(beside.summary.audit.narrow, 0);
    }
}
