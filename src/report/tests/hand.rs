//! Cells worked out by hand.

use super::*;
use crate::domain::period::Period;

fn fact(day: i8, customer: u64, category: &str, brand: &str, region: &str, gross: i64, refunds: i64) -> Fact {
    Fact {
        day: date(2016, 3, day),
        customer,
        category: category.into(),
        brand: brand.into(),
        region: region.into(),
        channel: "web".into(),
        numbers: [gross, 0, refunds, i64::from(gross > 0), 1, 0, 0],
    }
}

fn march() -> Vec<Fact> {
    vec![
        fact(1, 1, "watch", "Seiko", "north", 100, 0),
        fact(1, 2, "watch", "Seiko", "south", 200, 0),
        fact(2, 1, "watch", "Citizen", "north", 50, 0),
        fact(9, 3, "strap", "", "north", 7, 0),
        fact(31, 1, "watch", "Seiko", "north", 0, 30),
        fact(31, 1, "watch", "Seiko", "north", 40, 0),
    ]
}

const MARCH: (Date, Date) = (date(2016, 3, 1), date(2016, 4, 1));

fn net(request: &Request, atoms: &[u32]) -> i64 {
    contributed(request, atoms).values().map(|sum| sum[0] - sum[1] - sum[2]).sum()
}

#[test]
fn a_hierarchy_gives_every_level_and_total() {
    let table = groups(&[Category, Brand], &[Region], MARCH.0, MARCH.1);
    let cells = cells(&frame(&march()), &[table], &[]).unwrap();
    let table = &cells.request.tables[0];
    assert_eq!(table.dimensions, ["category>brand", "region"]);
    let shown: Vec<String> = table
        .cells
        .iter()
        .map(|cell| {
            let place: Vec<String> = cell.place.iter().map(|path| format!("{path:?}")).collect();
            format!("{} {}", place.join(" "), net(&cells.request, &cell.atoms))
        })
        .collect();
    let expected = [
        r#"[] [] 367"#,
        r#"[] ["north"] 167"#,
        r#"[] ["south"] 200"#,
        r#"["strap"] [] 7"#,
        r#"["strap"] ["north"] 7"#,
        r#"["strap", ""] [] 7"#,
        r#"["strap", ""] ["north"] 7"#,
        r#"["watch"] [] 360"#,
        r#"["watch"] ["north"] 160"#,
        r#"["watch"] ["south"] 200"#,
        r#"["watch", "Citizen"] [] 50"#,
        r#"["watch", "Citizen"] ["north"] 50"#,
        r#"["watch", "Seiko"] [] 310"#,
        r#"["watch", "Seiko"] ["north"] 110"#,
        r#"["watch", "Seiko"] ["south"] 200"#,
    ];
    assert_eq!(shown, expected);
    let definition = &cells.definitions[0][14];
    let fixed: Vec<(Dimension, &str)> =
        definition.fixed.iter().map(|(dimension, value)| (*dimension, value.as_str())).collect();
    assert_eq!(fixed, [(Brand, "Seiko"), (Category, "watch"), (Region, "south")]);
    assert_eq!((definition.from, definition.until), MARCH);
    let sums: Vec<(usize, &[usize])> =
        table.equations.iter().map(|it| (it.total, it.parts.as_slice())).collect();
    assert_eq!(sums[..2], [(0, &[3, 7][..]), (0, &[1, 2][..])], "down the rows, then down the columns");
    assert!(sums.contains(&(8, &[11, 13][..])) && sums.contains(&(12, &[13, 14][..])));
}

#[test]
fn one_axis_or_none() {
    let frame = frame(&march());
    let tables = [
        groups(&[Brand], &[], MARCH.0, MARCH.1),
        groups(&[], &[Weekday], MARCH.0, MARCH.1),
        groups(&[], &[], MARCH.0, MARCH.1),
    ];
    let cells = cells(&frame, &tables, &[]).unwrap();
    let places = |table: usize| -> Vec<Vec<Vec<String>>> {
        cells.request.tables[table].cells.iter().map(|cell| cell.place.clone()).collect()
    };
    let code = |code: &str| vec![vec![code.to_owned()]];
    assert_eq!(places(0), [vec![vec![]], code(""), code("Citizen"), code("Seiko")]);
    assert_eq!(places(1), [vec![vec![]], code("2"), code("3"), code("4")]);
    assert_eq!(places(2), [Vec::<Vec<String>>::new()]);
    assert_eq!(cells.request.tables[2].dimensions, Vec::<String>::new());
}

#[test]
fn without_data_there_is_the_total_and_every_window() {
    let windows = windows("2016-03".parse().unwrap());
    let tables = [
        groups(&[Brand], &[Region], MARCH.0, MARCH.1),
        CellTable { name: "w".into(), shape: Shape::Windows(windows), measures: vec![Measure::Gross] },
    ];
    for facts in [vec![], vec![Fact { day: date(2020, 1, 1), ..march()[0].clone() }]] {
        let cells = cells(&frame(&facts), &tables, &[]).unwrap();
        let [groups, windows] = &cells.request.tables[..] else { panic!("two tables") };
        assert_eq!((groups.cells.len(), groups.equations.len(), windows.cells.len()), (1, 0, 4));
        assert!(groups.cells.iter().chain(&windows.cells).all(|cell| cell.atoms.is_empty()));
        assert_eq!(cells.request.data.atoms.len(), 0, "rows of no cell are dropped");
    }
}

#[test]
fn only_measures_in_use_are_asked_for() {
    let earlier = RecordedCell {
        definition: CellDefinition { from: MARCH.0, until: MARCH.1, fixed: BTreeMap::new() },
        measures: vec![Measure::Units, Measure::Gross],
        shown: None,
    };
    let table = groups(&[Brand], &[], MARCH.0, MARCH.1);
    let twice = [earlier.clone(), RecordedCell { shown: Some(vec![1, 2]), ..earlier.clone() }, earlier];
    let cells = cells(&frame(&march()), &[table], &twice).unwrap();
    let names: Vec<(&str, bool)> =
        cells.request.measures.iter().map(|it| (it.name.as_str(), it.is_magnitude)).collect();
    assert_eq!(names, [("gross", true), ("net", true), ("orders", false), ("units", false)]);
    assert_eq!(cells.request.measures[1].terms, [(0, 1), (1, -1), (2, -1)]);
    assert_eq!(cells.request.tables[0].measures, [1, 2]);
    let [withheld, shown] = &cells.request.earlier[..] else { panic!("what is said twice is one") };
    assert_eq!((withheld.shown, shown.shown, withheld.measures.as_slice()), (false, true, &[3, 0][..]));
    assert_eq!(shown.atoms, cells.request.tables[0].cells[0].atoms);
}

#[test]
fn what_nobody_can_see_makes_no_contributor() {
    let mut facts = march();
    facts.push(fact(3, 99, "gift", "", "north", 0, 0));
    facts[6].numbers = [0; 7];
    let table = groups(&[Category], &[], MARCH.0, MARCH.1);
    let cells = cells(&frame(&facts), &[table], &[]).unwrap();
    assert!(!cells.request.data.contributors.contains(&99));
    assert_eq!(cells.request.tables[0].cells.len(), 3);
}

#[test]
fn refuses_what_it_cannot_vouch_for() {
    let table = groups(&[Brand], &[Brand], MARCH.0, MARCH.1);
    let refused = cells(&frame(&march()), &[table], &[]);
    assert!(matches!(refused, Err(Error::RepeatedDimension { dimension: Brand, .. })));
    let table = [groups(&[Brand], &[Region], MARCH.0, MARCH.1)];
    let refused = cells(&frame(&march()).drop("region").unwrap(), &table, &[]);
    assert!(matches!(refused, Err(Error::Column { column }) if column == "region"));
    let negative = [fact(1, 1, "watch", "Seiko", "north", -5, 0)];
    assert!(matches!(cells(&frame(&negative), &table, &[]), Err(Error::Negative { .. })));
    let huge = [(); 2].map(|()| fact(1, 1, "watch", "Seiko", "north", i64::MAX, 0));
    assert!(matches!(cells(&frame(&huge), &table, &[]), Err(Error::TooLarge { .. })));
}

#[test]
fn windows_of_each_kind_of_period() {
    let text = |period: &str| -> Vec<String> {
        let period: Period = period.parse().unwrap();
        windows(period).iter().map(|it| format!("{} {}..{}", it.name, it.from, it.until)).collect()
    };
    let week = [
        "this 2026-11-16..2026-11-23",
        "previous 2026-11-09..2026-11-16",
        "last-year 2025-11-17..2025-11-24",
        "month-to-date 2026-11-01..2026-11-23",
        "year-to-date 2026-01-01..2026-11-23",
    ];
    assert_eq!(text("2026-W47"), week);
    assert_eq!(
        text("2026-W53")[3..],
        [
            "last-tet 2026-01-08..2026-01-15",
            "month-to-date 2027-01-01..2027-01-04",
            "year-to-date 2027-01-01..2027-01-04"
        ]
    );
    assert_eq!(
        text("2016-03")[2..],
        ["last-year 2015-03-01..2015-04-01", "year-to-date 2016-01-01..2016-04-01"]
    );
    assert_eq!(text("2026-01")[3..], ["last-tet 2024-12-13..2025-01-13"]);
    assert_eq!(text("2026-Q1").len(), 3);
    assert_eq!(text("2026-Q4")[3..], ["year-to-date 2026-01-01..2027-01-01"]);
    assert_eq!(text("2026").len(), 3);
    assert_eq!(text("2026-03-01")[3..], ["year-to-date 2026-01-01..2026-03-02"]);
    assert_eq!(text("2026-03-02").len(), 5);
}
