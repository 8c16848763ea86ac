//! Doubts that no witness answers under the present pattern: more is withheld, at the least cost.

use super::super::programme::Outcome;
use super::super::repair::LARGEST_SLICE;
use super::super::search::Search;
use super::super::slice::outsider;
use super::super::target::End;
use super::super::threads::side_by_side;
use super::super::witness::Witness;
use super::SLICE;
use super::doubt::{Doubt, Doubts};

/// More atoms for a group's programme only up to here: four times as many take ten times as long to show that there is no
/// room for all of them, and half of them mostly need less.
const LARGEST_FOR_GROUPS: usize = 4 * SLICE;

/// What a scaled unit costs that is taken from what contributors know to be theirs: more than any sensible way to spare it.
const TAKEN: f64 = 2e4;

/// So many are halved: what spares them most of their parts together withholds a little more than what spares each theirs.
const FEW: usize = 16;

/// How many doubts are looked through for some that go abreast.
const AHEAD: usize = 100;

impl Search<'_> {
    /// One doubt after the other; first with a programme that is kept, then with one of its own.
    pub(super) fn answer_by_withholding(&mut self, doubts: &mut Doubts) {
        if self.is_broad(doubts.view) {
            return self.answer_by_withholding_nearby(doubts);
        }
        let mut workshop = None;
        while let Some(doubt) = doubts.first().filter(|_| self.goes_on()) {
            let workshop = workshop.get_or_insert_with(|| {
                let open: Vec<(usize, End)> = doubts.ends().collect();
                self.workshop(doubts.view, &open, SLICE)
            });
            let need = self.need_of(doubts, &doubt);
            if let Some(solution) =
                self.move_towards_for(workshop, (doubt.target, doubt.end), need, &doubt.of)
            {
                self.withhold_and_take_in(doubts, workshop.slice.whole_witness(&solution), &doubt);
            }
            if let Some(rest) = doubts.rest_of(&doubt) {
                self.withhold_for(doubts, rest);
            }
        }
    }

    fn goes_on(&self) -> bool {
        !self.solver_failed && !self.is_spent(0)
    }

    /// Each among the atoms nearest to it, some doubts at a time that have no small cell in common: what one withholds then
    /// hardly matters to the others.
    fn answer_by_withholding_nearby(&mut self, doubts: &mut Doubts) {
        loop {
            let some = self.doubts_apart(doubts);
            if some.is_empty() {
                return;
            }
            let (search, asked) = (&*self, &*doubts);
            let moved = |doubt: Doubt| {
                let need = search.need_of(asked, &doubt);
                let of = (doubt.target, doubt.end);
                let mut programmes = 0;
                let witness = [SLICE, 2 * SLICE, LARGEST_FOR_GROUPS].into_iter().find_map(|size| {
                    programmes += 1;
                    let mut workshop = search.workshop(asked.view, &[of], size);
                    let solution = search.moved(&mut workshop, &search.shown, of, need, &doubt.of)?;
                    Some(workshop.slice.whole_witness(&solution))
                });
                (witness, programmes)
            };
            let found = side_by_side(some.clone(), moved);
            for (doubt, (witness, programmes)) in some.iter().zip(found) {
                self.programmes += programmes;
                if let (Some(witness), Some(left)) = (witness, doubts.left_of(doubt)) {
                    self.withhold_and_take_in(doubts, witness, &left);
                }
                if let Some(rest) = doubts.rest_of(doubt) {
                    self.withhold_for(doubts, rest);
                }
                if !self.goes_on() {
                    return;
                }
            }
        }
    }

    /// The first doubt, and others of the next few that have no small cell in common with it nor with each other.
    fn doubts_apart(&self, doubts: &Doubts) -> Vec<Doubt> {
        let mut ends = doubts.ends().take(AHEAD);
        let apart = self.apart(|| ends.next()).into_iter();
        apart.filter_map(|(target, end)| doubts.rest_of(&Doubt { target, end, of: Vec::new() })).collect()
    }

    fn withhold_for(&mut self, doubts: &mut Doubts, doubt: Doubt) {
        let mut size = SLICE;
        self.withhold_within(doubts, doubt, &mut size);
    }

    /// For all of them together, or where that is impossible for half of them and then the other half. Where more atoms than
    /// `size` must vary, they do for the rest too.
    fn withhold_within(&mut self, doubts: &mut Doubts, mut doubt: Doubt, size: &mut usize) {
        while self.withhold_for_some(doubts, &doubt, size) {
            // What the solver's arithmetic leaves of them.
            match doubts.left_of(&doubt) {
                Some(left) => doubt = left,
                None => return,
            }
        }
        while doubt.of.len() > FEW && self.goes_on() && self.withhold_for_most(doubts, &doubt) {
            match doubts.left_of(&doubt) {
                Some(left) => doubt = left,
                None => return,
            }
        }
        if !self.goes_on() {
            return;
        }
        if doubt.of.len() < 2 {
            let rest = self.retreat_for(doubts, doubt);
            return if let Some(rest) = rest {
                self.withhold_within(doubts, rest, size)
            };
        }
        let (first, second) = doubt.of.split_at(doubt.of.len() / 2);
        for half in [first, second] {
            if let Some(left) = doubts.left_of(&Doubt { of: half.to_vec(), ..doubt }) {
                self.withhold_within(doubts, left, size);
            }
        }
    }

    /// Whether a programme for all of them answers some; for one alone, with as many atoms as it takes.
    fn withhold_for_some(&mut self, doubts: &mut Doubts, doubt: &Doubt, size: &mut usize) -> bool {
        let (view, is_group) = (doubts.view, doubt.of.len() > 1);
        let need = self.need_of(doubts, doubt);
        while self.goes_on() {
            let atoms = self.neighbourhood_or_all(view, &[doubt.target], *size);
            let is_everything = atoms.len() >= self.relevant_count(view);
            let own = self.own(view, &doubt.of, &atoms);
            let own = |atom: u32, position: usize| own.get(&(atom, position)).copied().unwrap_or(0);
            let slice = self.elastic_slice(view, atoms, &own);
            let mut programme = slice.whole_programme();
            self.add_need(&mut programme, &slice, (doubt.target, doubt.end), need);
            self.programmes += 1;
            match self.solver.solve(programme) {
                Outcome::Optimal { columns, .. } => {
                    if self.withhold_and_take_in(doubts, slice.whole_witness(&columns), doubt) {
                        return true;
                    }
                }
                Outcome::Infeasible if is_everything => return false,
                Outcome::Infeasible | Outcome::Failed => {}
            }
            // One programme over all spares a group most of its halvings, where it is not too large.
            let all_are_few = self.relevant_count(view) <= LARGEST_SLICE;
            if is_group && (is_everything || *size >= LARGEST_FOR_GROUPS && !all_are_few) {
                return false;
            }
            // Whatever the solver said of one alone, it gave no witness.
            self.solver_failed |= is_everything || *size > LARGEST_SLICE;
            *size = if *size >= LARGEST_FOR_GROUPS && all_are_few { LARGEST_SLICE + 1 } else { *size * 2 };
        }
        false
    }

    /// Whether a programme answers some of them, where none answers all: it takes away from as few as it can what they know to
    /// be theirs. Whom it leaves are those that there is no room for, or hardly; one by one they would
    /// take many programmes to be found.
    fn withhold_for_most(&mut self, doubts: &mut Doubts, doubt: &Doubt) -> bool {
        let view = doubts.view;
        let atoms = if self.relevant_count(view) <= LARGEST_SLICE {
            self.relevant_atoms(view)
        } else {
            self.neighbourhood(view, &[doubt.target], LARGEST_FOR_GROUPS)
        };
        let own = self.own(view, &doubt.of, &atoms);
        let slice = self.elastic_slice(view, atoms, &outsider);
        let mut programme = slice.whole_programme();
        let need = self.need_of(doubts, doubt);
        self.add_need(&mut programme, &slice, (doubt.target, doubt.end), need);
        for ((atom, position), own) in own {
            let Some(column) = slice.column_of(atom, position) else { continue };
            let least = (programme.columns[column as usize].1 + own as f64 / slice.scale).min(0.0);
            let taken = programme.columns.len() as u32;
            programme.columns.push((TAKEN, 0.0, f64::INFINITY));
            programme.rows.push((least, f64::INFINITY, vec![(column, 1.0), (taken, 1.0)]));
        }
        self.programmes += 1;
        let Outcome::Optimal { mut columns, .. } = self.solver.solve(programme) else { return false };
        columns.truncate(slice.columns.len());
        self.withhold_and_take_in(doubts, slice.whole_witness(&columns), doubt);
        doubts.left_of(doubt).is_none_or(|left| left.of.len() < doubt.of.len())
    }

    /// Whether the witness answers some of those who have the doubt. If it answers nobody at all, nothing is withheld for it.
    fn withhold_and_take_in(&mut self, doubts: &mut Doubts, witness: Witness, doubt: &Doubt) -> bool {
        let shown = self.shown.clone();
        self.withhold_disturbed(doubts.view, &witness);
        if !self.take_in(doubts, witness) {
            self.shown = shown;
        }
        doubts.left_of(doubt).is_none_or(|left| left.of.len() != doubt.of.len())
    }

    /// Takes a witness in if it holds and answers somebody whom none did before, and says whether.
    pub(super) fn take_in(&mut self, doubts: &mut Doubts, witness: Witness) -> bool {
        let is_new = self.weigh(doubts, &witness) == Some(true);
        if is_new {
            self.witnesses.push((doubts.view, witness));
        }
        is_new
    }
}
