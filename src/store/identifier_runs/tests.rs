use proptest::prelude::*;

use super::super::fixture::{Fixture, a_customer, fixture, now};
use super::*;
use crate::domain::erasure::{ErasedKind, ErasedRow, Erasure};
use crate::domain::ids::SourceName;
use crate::domain::purpose::Ground;

type Identifier = (IdentifierKind, [u8; 16], Option<CustomerNo>);

const KINDS: [IdentifierKind; 2] = [IdentifierKind::Name, IdentifierKind::Address];
const CUSTOMERS: i64 = 6;

/// Few blind indexes, so that they meet, and many customers of some.
fn identifier() -> impl Strategy<Value = Identifier> {
    (0..2usize, 0..40u8, 0..=CUSTOMERS)
        .prop_map(|(kind, blind, no)| (KINDS[kind], [blind; 16], (no > 0).then_some(CustomerNo(no))))
}

fn record((kind, blind, customer): &Identifier) -> RunRecord {
    RunRecord::new(*kind, blind, *customer).unwrap()
}

fn with_customers() -> Fixture {
    let fixture = fixture();
    fixture.write(|w| (0..CUSTOMERS).try_for_each(|_| a_customer(w).map(|_| ())));
    fixture
}

/// What both stores answer, asked in every way.
fn compare(one: &Fixture, other: &Fixture) {
    let ask = |fixture: &Fixture| {
        let asked = |r: &Reader<'_>| -> Result<Vec<String>, Error> {
            let mut said = Vec::new();
            for kind in KINDS {
                for blind in 0..40u8 {
                    let blind = [blind; 16];
                    said.push(format!(
                        "{:?} {} {:?}",
                        r.customer_by_index(kind, &blind)?,
                        r.is_known_identifier(kind, &blind)?,
                        r.customers_by_index(kind, &blind)?,
                    ));
                }
            }
            for no in 1..=CUSTOMERS {
                said.push(format!("{:?}", r.identifiers_of(CustomerNo(no))?));
                for kind in KINDS {
                    said.push(format!("{}", r.has_identifier(CustomerNo(no), kind)?));
                }
            }
            Ok(said)
        };
        fixture.store.read(asked).unwrap()
    };
    assert_eq!(ask(one), ask(other));
}

fn erasure(no: CustomerNo, owned: bool) -> Erasure {
    let row = ErasedRow { kind: ErasedKind::Order, source: SourceName::new("shop"), key: "1".into(), owned };
    let (created_at, erased_at) = (now(), now() + jiff::SignedDuration::from_hours(1));
    Erasure { customer: no, created_at, erased_at, ground: Ground::Request, rows: vec![row] }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn runs_answer_as_the_table_does(
        parts in proptest::collection::vec(proptest::collection::vec(identifier(), 0..400), 0..12),
        in_table in proptest::collection::vec(identifier(), 0..20),
        taken_back in proptest::collection::vec(identifier(), 0..20),
        erased in 1..=CUSTOMERS,
        owned: bool,
        settles: bool,
    ) {
        let (plain, runs) = (with_customers(), with_customers());
        let all = parts.iter().flatten().chain(&in_table);
        plain.write(|w| all.into_iter().try_for_each(|(kind, blind, no)| w.add_index(*kind, blind, *no)));
        runs.write(|w| in_table.iter().try_for_each(|(kind, blind, no)| w.add_index(*kind, blind, *no)));
        for part in &parts {
            runs.write(|w| w.add_run(part.iter().map(record).collect()));
        }
        if settles {
            runs.write(|w| w.settle_runs());
        }
        compare(&plain, &runs);
        for (kind, blind, customer) in &taken_back {
            if let Some(no) = customer {
                plain.write(|w| w.remove_index(*kind, blind, *no));
                runs.write(|w| w.remove_index(*kind, blind, *no));
            }
        }
        compare(&plain, &runs);
        for fixture in [&plain, &runs] {
            fixture.write(|w| w.erase(&erasure(CustomerNo(erased), owned)));
        }
        compare(&plain, &runs);
        prop_assert_eq!(runs.store.integrity_check().unwrap(), Vec::<String>::new());
    }
}

/// A blind index of its own for each number.
fn blind(number: u64) -> [u8; 16] {
    let mut blind = [0; 16];
    blind[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    blind
}

#[test]
fn however_many_parts_there_are_few_runs_are_asked_and_nothing_is_lost() {
    let fixture = with_customers();
    let (parts, of_each) = (70, 300);
    for part in 0..parts {
        let records = (0..of_each).map(|nth| {
            let number = part * of_each + nth;
            RunRecord::new(IdentifierKind::Name, &blind(number), Some(CustomerNo(1 + number as i64 % 6)))
        });
        fixture.write(|w| w.add_run(records.flatten().collect()));
        let count = fixture.store.read(|r| r.identifier_runs(None)).unwrap().len();
        assert!(count <= 3 * (MERGED - 1), "{count} runs after {part}");
    }
    let all_are_there = || {
        for number in 0..parts * of_each {
            let owner = fixture.store.read(|r| r.customers_by_index(IdentifierKind::Name, &blind(number)));
            assert_eq!(owner.unwrap(), [CustomerNo(1 + number as i64 % 6)]);
        }
    };
    all_are_there();
    fixture.write(|w| w.settle_runs());
    assert_eq!(fixture.store.read(|r| r.identifier_runs(None)).unwrap().len(), 1);
    all_are_there();
    let unknown =
        fixture.store.read(|r| r.is_known_identifier(IdentifierKind::Name, &blind(parts * of_each)));
    assert!(!unknown.unwrap());
}

#[test]
fn a_name_of_many_is_found_whole_and_each_of_them_leaves_it_alone() {
    let fixture = fixture();
    let many = 1_000;
    fixture.write(|w| (0..many).try_for_each(|_| a_customer(w).map(|_| ())));
    let of = |no: i64| RunRecord::new(IdentifierKind::Name, &[7; 16], Some(CustomerNo(no))).unwrap();
    fixture.write(|w| w.add_run((1..=many).map(of).collect()));
    let found = || fixture.store.read(|r| r.customers_by_index(IdentifierKind::Name, &[7; 16])).unwrap();
    assert_eq!(found(), (1..=many).map(CustomerNo).collect::<Vec<_>>());
    // The first of a chunk, and a whole chunk.
    let leaving = [CHUNK as i64 + 1].into_iter().chain(2 * CHUNK as i64 + 1..=3 * CHUNK as i64);
    for no in leaving.clone() {
        fixture.write(|w| w.remove_index(IdentifierKind::Name, &[7; 16], CustomerNo(no)));
    }
    let gone: BTreeSet<i64> = leaving.collect();
    assert_eq!(found(), (1..=many).filter(|no| !gone.contains(no)).map(CustomerNo).collect::<Vec<_>>());
    assert_eq!(fixture.store.integrity_check().unwrap(), Vec::<String>::new());
}

#[test]
fn damaged_runs_are_found() {
    let fixture = with_customers();
    let record = |blind: u8, no| RunRecord::new(IdentifierKind::Name, &[blind; 16], Some(CustomerNo(no)));
    fixture.write(|w| w.add_run([record(1, 99), record(2, 1)].into_iter().flatten().collect()));
    let problems = fixture.store.integrity_check().unwrap();
    assert_eq!(problems, ["run 1 of identifiers refers to none of customers"]);
    let other = fixture.tampered(
        "UPDATE identifier_chunks SET records = CAST(substr(records, 26) || substr(records, 1, 25) AS BLOB)",
    );
    let problems = other.store.integrity_check().unwrap();
    assert_eq!(problems[0], "run 1 of identifiers is out of order");
}

#[test]
fn what_tells_who_somebody_is_stands_in_no_run() {
    for kind in IdentifierKind::ALL {
        assert_eq!(RunRecord::new(kind, &[1; 16], None).is_some(), KINDS.contains(&kind), "{kind:?}");
    }
}
