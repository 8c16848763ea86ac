//! What an engine elsewhere would answer, worked out in the simplest way, gives the same cells as the facts.

use proptest::prelude::*;

use super::oracle::{earlier, facts, table};
use super::*;
use crate::disclosure::{Amounts, Contributions};
use crate::domain::fact_groups::FactGroups;

/// The days of a group, and its values of the dimensions that a page has a column for.
type Key = (Date, Date, Vec<String>);

fn named(dimensions: &BTreeSet<Dimension>) -> Vec<Dimension> {
    dimensions.iter().copied().filter(|&it| it != Weekday && it != BelongsTo).collect()
}

fn key(fact: &Fact, dimensions: &BTreeSet<Dimension>) -> Key {
    let belongs_to = match fact.belongs_to() {
        late if late < fact.day && dimensions.contains(&BelongsTo) => late.first_of_month(),
        _ => fact.day,
    };
    (fact.day, belongs_to, named(dimensions).into_iter().map(|it| fact.value(it)).collect())
}

fn counted(facts: &[Fact]) -> impl Iterator<Item = &Fact> {
    facts.iter().filter(|fact| fact.numbers != [0; 7])
}

fn groups_of(facts: &[Fact], dimensions: &BTreeSet<Dimension>) -> (Vec<Key>, FactGroups) {
    let mut sums: BTreeMap<Key, ([i64; 7], u8)> = BTreeMap::new();
    for fact in counted(facts) {
        let (sum, present) = sums.entry(key(fact, dimensions)).or_default();
        sum.iter_mut().zip(fact.numbers).for_each(|(total, number)| *total += number);
        (0..7).for_each(|at| *present |= u8::from(fact.numbers[at] != 0) << at);
    }
    // No engine gives them in any order.
    let sums: Vec<(Key, ([i64; 7], u8))> = sums.into_iter().rev().collect();
    let days = |of: fn(&Key) -> Date| sums.iter().map(|(key, _)| rows::epoch_day(of(key))).collect();
    let values = named(dimensions).into_iter().enumerate();
    let groups = FactGroups {
        days: days(|key| key.0),
        belongs_to: days(|key| key.1),
        values: values
            .map(|(at, it)| (it, sums.iter().map(|(key, _)| key.2[at].clone()).collect()))
            .collect(),
        present: sums.iter().map(|(_, sum)| sum.1).collect(),
        components: (0..7).map(|at| sums.iter().map(|(_, sum)| sum.0[at]).collect()).collect(),
    };
    (sums.into_iter().map(|(key, _)| key).collect(), groups)
}

fn contributions_of(
    facts: &[Fact],
    dimensions: &BTreeSet<Dimension>,
    (keys, atoms): (&[Key], &[Option<u32>]),
) -> Contributions {
    let atoms: BTreeMap<&Key, u32> =
        keys.iter().zip(atoms).filter_map(|(key, atom)| Some((key, (*atom)?))).collect();
    let mut sums: BTreeMap<(u32, u64), [i64; 7]> = BTreeMap::new();
    for fact in counted(facts) {
        if let Some(&atom) = atoms.get(&key(fact, dimensions)) {
            let sum = sums.entry((atom, fact.customer)).or_default();
            sum.iter_mut().zip(fact.numbers).for_each(|(total, number)| *total += number);
        }
    }
    Contributions {
        atoms: sums.keys().map(|key| key.0).collect(),
        contributors: sums.keys().map(|key| key.1).collect(),
        components: (0..7).map(|at| sums.values().map(|sum| sum[at]).collect()).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_from_elsewhere_give_the_same_cells(
        facts in facts(),
        tables in proptest::collection::vec(table(), 1..4),
        reserved in proptest::collection::vec(table(), 0..2),
        earlier in proptest::collection::vec(earlier(), 0..12),
        late in any::<bool>(),
    ) {
        let mut tables = tables;
        if late {
            tables.push(super::groups(&[BelongsTo], &[], date(2026, 2, 20), date(2026, 3, 20)));
        }
        let asked = Asked { tables: &tables, reserved: &reserved, earlier: &earlier, ..Asked::default() };
        let here = super::super::cells(&frame(&facts), asked).unwrap();
        let dimensions = dimensions(asked);
        let (keys, groups) = groups_of(&facts, &dimensions);
        let there = cells_of_groups(&groups, asked, |atoms| {
            Ok::<_, Error>(contributions_of(&facts, &dimensions, (&keys, atoms)))
        });
        let there = there.unwrap();
        prop_assert_eq!(there.request, here.request);
        prop_assert_eq!((there.definitions, there.witnesses), (here.definitions, here.witnesses));
    }
}

/// Three customers' facts, and what they come back as after `spoil`.
fn spoiled(spoil: impl FnOnce(&mut Contributions)) -> Result<Cells, Error> {
    let fact = |customer| Fact {
        day: date(2026, 3, 2),
        customer,
        category: "watch".into(),
        brand: "Seiko".into(),
        region: "north".into(),
        channel: "web".into(),
        numbers: [100, 10, 0, 1, 1, 0, 0],
    };
    let facts = [fact(1), fact(2), fact(3)];
    let tables = [super::groups(&[Brand], &[], date(2026, 3, 1), date(2026, 4, 1))];
    let asked = Asked { tables: &tables, ..Asked::default() };
    let dimensions = dimensions(asked);
    let (keys, groups) = groups_of(&facts, &dimensions);
    cells_of_groups(&groups, asked, |atoms| {
        let mut found = contributions_of(&facts, &dimensions, (&keys, atoms));
        spoil(&mut found);
        Ok(found)
    })
}

#[test]
fn answers_that_contradict_each_other_are_not_believed() {
    assert!(spoiled(|_| {}).is_ok());
    let disagrees =
        |spoil: &dyn Fn(&mut Contributions)| matches!(spoiled(spoil), Err(Error::Disagrees { .. }));
    let more = |found: &mut Contributions, line: usize, by: i64| {
        let amount = found.components[0].at(line);
        found.components[0].set(line, amount + by);
    };
    assert!(disagrees(&|found| more(found, 1, 1)), "another amount");
    assert!(disagrees(&|found| found.atoms[2] += 1), "another atom");
    let nobodys = || Contributions { components: vec![Amounts::default(); 7], ..Contributions::default() };
    assert!(disagrees(&|found| *found = nobodys()));
    assert!(disagrees(&|found| {
        let left = found.atoms.len() - 1;
        found.atoms.truncate(left);
        found.contributors.truncate(left);
        found.components.iter_mut().for_each(|column| *column = column.iter().take(left).collect());
    }));
    let negative = spoiled(|found| {
        more(found, 0, 200);
        more(found, 1, -200);
    });
    assert!(matches!(negative, Err(Error::Negative { component: Component::Gross })));
}
