//! What must not be learnt: the sensitive figures, and how far the attacker's interval around each must reach.

use super::policy::Policy;
use super::sensitivity::{Profile, Sensitivity};
use super::subject::Subject;
use super::system::System;
use super::view::View;

/// A figure that must stay hidden.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub subject: Subject,
    pub measure: usize,
    pub view: usize,
    pub atoms: Vec<u32>,
    /// The atoms as a combination of known sets.
    pub form: Form,
    /// The measure over the view's unknown components.
    pub terms: Vec<(usize, i64)>,
    pub value: i128,
    /// The interval must reach `value + up` and `value - down`.
    pub up: i128,
    pub down: i128,
}

/// (set, sign): a combination of known sets.
pub(super) type Form = Vec<(u32, i64)>;

/// What a target is of: its subject, its measure, its atoms, and these as a combination of known sets.
pub(super) type Asked<'a> = (Subject, usize, &'a [u32], Form);

/// Which end of the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Above,
    Below,
}

impl End {
    pub const BOTH: [Self; 2] = [Self::Above, Self::Below];

    pub fn sign(self) -> f64 {
        match self {
            Self::Above => 1.0,
            Self::Below => -1.0,
        }
    }
}

impl Target {
    /// The target that `atoms` make for a measure, when its profile is sensitive.
    pub fn new(
        system: &System<'_>,
        (views, view_of): (&[View], &[usize]),
        (subject, measure, atoms, form): Asked<'_>,
        profile: &Profile,
        policy: &Policy,
    ) -> Option<Self> {
        let judged = profile.measures[measure].judge(system.measure(measure), policy);
        let Sensitivity::Sensitive { up, down } = judged else { return None };
        let levels = (profile.measures[measure].value, up, down);
        Some(Self::with_levels(system, (views, view_of), (subject, measure, atoms, form), levels))
    }

    /// The target that `atoms` make for a measure, with its value and its upper and lower protection levels.
    pub fn with_levels(
        system: &System<'_>,
        (views, view_of): (&[View], &[usize]),
        (subject, measure, atoms, form): Asked<'_>,
        (value, up, down): (i128, i128, i128),
    ) -> Self {
        let view = &views[view_of[measure]];
        let terms = view.terms(system.measure(measure));
        let (view_number, atoms) = (view_of[measure], atoms.to_vec());
        let mut target = Self { subject, measure, view: view_number, atoms, form, terms, value, up, down };
        target.down = target.down.min(target.reach_below(system, view));
        target
    }

    pub fn need(&self, end: End) -> i128 {
        match end {
            End::Above => self.up,
            End::Below => self.down,
        }
    }

    /// How far the figure could fall at most, whatever is shown: no amount is negative.
    fn reach_below(&self, system: &System<'_>, view: &View) -> i128 {
        if self.terms.iter().any(|term| term.1 < 0) {
            return i128::MAX;
        }
        let of_atom = |atom: u32| -> i128 {
            let amount = |&(position, times): &(usize, i64)| {
                i128::from(system.amounts[view.components[position]][atom as usize]) * i128::from(times)
            };
            self.terms.iter().map(amount).sum()
        };
        self.atoms.iter().map(|&atom| of_atom(atom)).sum()
    }
}
