//! Random frames against a naive reading of every definition, row by row.

use jiff::ToSpan;
use proptest::prelude::*;

use super::*;

fn day(n: i64) -> Date {
    date(2026, 2, 20).checked_add(n.days()).unwrap()
}

pub(super) fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let text = |words: &'static [&'static str]| proptest::sample::select(words).prop_map(str::to_owned);
    let fact = (
        0i64..30,
        0u64..6,
        text(&["", "watch", "strap"]),
        text(&["", "Seiko", "Citizen", "Đồng hồ"]),
        text(&["north", "south"]),
        text(&["web", "shop"]),
        proptest::array::uniform7(prop_oneof![3 => Just(0i64), 1 => 0i64..1_000]),
    );
    let fact = fact.prop_map(|(n, customer, category, brand, region, channel, numbers)| Fact {
        day: day(n),
        // Some differ in their last bits alone, some in their first.
        customer: if customer % 2 == 0 { customer } else { customer << 60 },
        category,
        brand,
        region,
        channel,
        numbers,
    });
    proptest::collection::vec(fact, 0..60)
}

fn axis(names: &'static [Dimension]) -> impl Strategy<Value = Vec<Dimension>> {
    proptest::sample::subsequence(names, 0..=names.len())
}

pub(super) fn table() -> impl Strategy<Value = CellTable> {
    let range = (0i64..30, 0i64..20);
    (axis(&[Category, Brand]), axis(&[Region, Channel, Weekday]), range, any::<bool>()).prop_map(
        |(rows, columns, (from, days), windowed)| {
            let (from, until) = (day(from), day(from + days));
            if windowed {
                let window = |name: &str, from, until| Window { name: name.into(), from, until };
                let windows = vec![window("this", from, until), window("to-date", day(0), until)];
                return CellTable {
                    name: "w".into(),
                    shape: Shape::Windows(windows),
                    measures: vec![Measure::Units],
                };
            }
            groups(&rows, &columns, from, until)
        },
    )
}

pub(super) fn earlier() -> impl Strategy<Value = RecordedCell> {
    let value = |words: &'static [&'static str]| proptest::option::of(proptest::sample::select(words));
    (
        0i64..30,
        0i64..20,
        value(&["", "watch", "clock"]),
        value(&["Seiko"]),
        value(&["north", "south"]),
        value(&["1", "7"]),
        value(&["Huế", ""]),
        any::<bool>(),
    )
        .prop_map(|(from, days, category, brand, region, weekday, province, shown)| {
            let fixed = [
                (Category, category),
                (Brand, brand),
                (Region, region),
                (Weekday, weekday),
                (Province, province),
            ];
            let fixed = fixed.into_iter().filter_map(|(it, value)| Some((it, value?.to_owned())));
            RecordedCell {
                definition: CellDefinition {
                    from: day(from),
                    until: day(from + days),
                    fixed: fixed.collect(),
                },
                measures: vec![Measure::Gross],
                shown: shown.then(|| vec![1]),
            }
        })
}

/// What each customer contributes to a cell, row by row; rows without any number do not count, and what no measure is made
/// of is not summed.
fn naive(facts: &[Fact], cell: &CellDefinition, used: &BTreeSet<usize>) -> BTreeMap<u64, [i64; 7]> {
    let mut sums: BTreeMap<u64, [i64; 7]> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.numbers != [0; 7] && fact.is_in(cell)) {
        let sum = sums.entry(fact.customer).or_default();
        used.iter().for_each(|&component| sum[component] += fact.numbers[component]);
    }
    sums
}

/// The places a table must have: each prefix of each row's codes, crossed, and the grand total.
fn naive_fixed(facts: &[Fact], shape: &Shape) -> Option<BTreeSet<BTreeMap<Dimension, String>>> {
    let Shape::Groups { rows, columns, from, until } = shape else { return None };
    let mut all = BTreeSet::from([BTreeMap::new()]);
    let within = |fact: &&Fact| *from <= fact.day && fact.day < *until && fact.numbers != [0; 7];
    for fact in facts.iter().filter(within) {
        for across in 0..=rows.len() {
            for down in 0..=columns.len() {
                let dimensions = rows[..across].iter().chain(&columns[..down]);
                all.insert(dimensions.map(|&it| (it, fact.value(it))).collect());
            }
        }
    }
    Some(all)
}

/// The distinct earlier cells, in their order.
fn distinct(earlier: &[RecordedCell]) -> Vec<&RecordedCell> {
    let mut kept: Vec<&RecordedCell> = Vec::new();
    for cell in earlier {
        let same = |other: &&RecordedCell| {
            other.definition == cell.definition && other.shown.is_some() == cell.shown.is_some()
        };
        if !kept.iter().any(same) {
            kept.push(cell);
        }
    }
    kept
}

fn check_sums(request: &Request) -> Result<(), TestCaseError> {
    for table in &request.tables {
        for sum in &table.equations {
            let mut parts: Vec<u32> = Vec::new();
            sum.parts.iter().for_each(|&part| parts.extend(&table.cells[part].atoms));
            parts.sort_unstable();
            prop_assert_eq!(&parts, &table.cells[sum.total].atoms, "the parts are the total, each once");
        }
        let places: Vec<_> = table.cells.iter().map(|cell| &cell.place).collect();
        if table.dimensions != ["window"] {
            prop_assert!(places.is_sorted() && places.iter().collect::<BTreeSet<_>>().len() == places.len());
        }
    }
    Ok(())
}

/// Atoms are told apart by some cell, each is in one, and the data are sorted, each pair once.
fn check_atoms(request: &Request) -> Result<(), TestCaseError> {
    let candidates = request.tables.iter().flat_map(|table| table.cells.iter().map(|cell| &cell.atoms));
    let cells: Vec<&Vec<u32>> = candidates.chain(request.earlier.iter().map(|cell| &cell.atoms)).collect();
    let atoms: BTreeSet<u32> = request.data.atoms.iter().copied().collect();
    let signatures: BTreeSet<Vec<bool>> =
        atoms.iter().map(|atom| cells.iter().map(|cell| cell.contains(atom)).collect()).collect();
    prop_assert_eq!(signatures.len(), atoms.len());
    prop_assert!(signatures.iter().all(|signature| signature.contains(&true)));
    let pairs: Vec<_> = request.data.atoms.iter().zip(&request.data.contributors).collect();
    prop_assert!(pairs.windows(2).all(|pair| pair[0] < pair[1]));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cells_hold_what_their_definitions_say(
        facts in facts(),
        tables in proptest::collection::vec(table(), 1..4),
        earlier in proptest::collection::vec(earlier(), 0..12),
        turn in 0usize..60,
        days in 1i64..40,
    ) {
        let found = cells(&frame(&facts), &tables, &earlier).unwrap();
        let terms = found.request.measures.iter().flat_map(|measure| &measure.terms);
        let used: BTreeSet<usize> = terms.map(|&(component, _)| component).collect();
        for ((table, asked), definitions) in
            found.request.tables.iter().zip(&tables).zip(&found.definitions)
        {
            prop_assert_eq!(table.cells.len(), definitions.len());
            for (cell, definition) in table.cells.iter().zip(definitions) {
                prop_assert_eq!(contributed(&found.request, &cell.atoms), naive(&facts, definition, &used));
            }
            if let Some(fixed) = naive_fixed(&facts, &asked.shape) {
                let have: BTreeSet<_> = definitions.iter().map(|it| it.fixed.clone()).collect();
                prop_assert_eq!(have, fixed);
            }
        }
        let distinct = distinct(&earlier);
        prop_assert_eq!(found.request.earlier.len(), distinct.len());
        for (cell, recorded) in found.request.earlier.iter().zip(distinct) {
            prop_assert_eq!(cell.shown, recorded.shown.is_some());
            prop_assert_eq!(contributed(&found.request, &cell.atoms), naive(&facts, &recorded.definition, &used));
        }
        check_sums(&found.request)?;
        check_atoms(&found.request)?;
        let mut shuffled = facts.clone();
        shuffled.reverse();
        shuffled.rotate_left(turn.min(facts.len()));
        prop_assert_eq!(&cells(&frame(&shuffled), &tables, &earlier).unwrap(), &found);
        let asked = Asked { tables: &tables, earlier: &earlier, ..Asked::default() };
        prop_assert_eq!(super::super::cells(&Paged::new(&facts, days), asked).unwrap(), found);
    }
}
