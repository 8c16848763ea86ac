//! What a contributor learns who knows their own part of everything: beyond what the room promises, counted.

use std::collections::BTreeSet;

use super::attacker::{Attacker, Found, Row};
use super::generator::Case;
use super::releases::Story;
use super::secrets::{Kind, Secret, merged, rows_of, secrets};
use super::shop::{Levels, Set};

#[derive(Debug, Default)]
pub struct Learnt {
    /// Sensitive cells, once for each release after which they are secrets.
    pub targets: usize,
    /// Of these, how many some contributor who does not hold all of it narrows down.
    pub told: usize,
    /// Of these, how many only contributors narrow down who hold nothing of it.
    pub to_outsiders: usize,
    /// Singletons together with a cell beside them, of releases that are over.
    pub pairs: usize,
    /// Of these, how many a later release told.
    pub told_later: usize,
}

impl Learnt {
    pub fn add(&mut self, other: &Self) {
        self.targets += other.targets;
        self.told += other.told;
        self.to_outsiders += other.to_outsiders;
        self.pairs += other.pairs;
        self.told_later += other.told_later;
    }
}

pub fn of(case: &Case) -> Learnt {
    let (mut story, mut learnt) = (Story::new(case), Learnt::default());
    let mut pairs: Vec<Secret> = Vec::new();
    for tables in case.releases.iter().filter(|_| case.rules.insiders) {
        let before = story.earlier.clone();
        let Some(seen) = story.release(tables) else { break };
        let rows: Vec<Row> = rows_of(&before).into_iter().chain(seen.rows()).collect();
        let attacker = Attacker::new(&case.shop, &rows);
        let attackers = (&attacker, &Attacker::new(&case.shop, &rows_of(&before)));
        let secrets = secrets(&case.shop, &case.rules, &seen, &before);
        let is_cell = |secret: &Secret| matches!(secret.kind, Kind::Cell | Kind::Earlier);
        let cells: Vec<Secret> = secrets.iter().copied().filter(is_cell).collect();
        for (row, (levels, _)) in merged(&cells) {
            ask_everybody(case, attackers, (row, levels), &mut learnt);
        }
        let known = pairs.len();
        pairs.retain(|pair| attacker.finds(pair.row, pair.levels) == Found::Safe);
        learnt.told_later += known - pairs.len();
        let beside = secrets.into_iter().filter(|secret| secret.kind == Kind::Beside);
        let beside: Vec<Secret> = beside.filter(|one| pairs.iter().all(|pair| pair.row != one.row)).collect();
        learnt.pairs += beside.len();
        pairs.extend(beside);
    }
    learnt
}

/// What somebody knew before, they did not learn.
fn ask_everybody(
    case: &Case,
    (attacker, before): (&Attacker<'_>, &Attacker<'_>),
    (row, levels): (Row, Levels),
    learnt: &mut Learnt,
) {
    let holders = case.shop.people(row.0);
    let learns = |who: &u64| {
        attacker.insider_interval(row, levels, *who) == Found::Narrow
            && attacker.insider_interval(row, before.room(row, levels, Some(*who)), *who) == Found::Narrow
    };
    let learners: Vec<u64> = who_may_learn(case, row.0).into_iter().filter(learns).collect();
    learnt.targets += 1;
    learnt.told += usize::from(!learners.is_empty());
    let is_among_them = learners.iter().any(|who| holders.contains_key(who));
    learnt.to_outsiders += usize::from(!learners.is_empty() && !is_among_them);
}

/// What contributors who do not hold all of it find out about a sensitive cell.
pub fn told(
    case: &Case,
    attacker: &Attacker<'_>,
    (row, levels): (Row, Levels),
    kinds: &BTreeSet<Kind>,
) -> Found {
    let is_cell = kinds.contains(&Kind::Cell) || kinds.contains(&Kind::Earlier);
    if !case.rules.insiders || !is_cell {
        return Found::Safe;
    }
    let finds = |&who: &u64| attacker.insider_interval(row, levels, who);
    let found: Vec<Found> = who_may_learn(case, row.0).iter().map(finds).collect();
    let worst = [Found::Narrow, Found::Close].into_iter().find(|one| found.contains(one));
    worst.unwrap_or(Found::Safe)
}

/// Every contributor but one who holds all of a set.
pub fn who_may_learn(case: &Case, set: Set) -> Vec<u64> {
    let holders = case.shop.people(set);
    let everybody: BTreeSet<u64> = case.shop.lines.iter().map(|line| line.who).collect();
    let knows_all = |who: &u64| holders.len() == 1 && holders.contains_key(who);
    everybody.into_iter().filter(|who| !knows_all(who)).collect()
}
