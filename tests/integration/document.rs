//! A report from contributions to mail: what disclosure control withholds stands in no part of it.

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Reader, Xlsx};
use firstwatch::disclosure::{
    Amounts, CandidateCell, CandidateTable, Contributions, Equation, MeasureTerms, Policy, ProtectedTable,
    Request, protect,
};
use firstwatch::document::{Reconciliation, Report, Section, render};
use firstwatch::domain::entry::Dimension;
use firstwatch::domain::money::Currency;
use firstwatch::domain::order::CountOrdersOn;
use firstwatch::domain::rendered::Rendered;
use firstwatch::settings::{Colour, Format, Language};
use jiff::tz::TimeZone;

/// Brands with their customers' purchases; the third has two customers, so it and another must go.
fn brands() -> Vec<(&'static str, Vec<i64>)> {
    let many = |count: i64, price: i64| (0..count).map(|customer| price + 1_000 * customer).collect();
    vec![
        ("Casio", many(40, 2_310_000)),
        ("Seiko", many(25, 6_120_000)),
        ("Patek Philippe", vec![987_654_321, 3_141_592]),
        ("Orient", many(12, 4_560_000)),
    ]
}

fn request() -> Request {
    let mut data = Contributions { components: vec![Amounts::default(); 2], ..Contributions::default() };
    let mut contributor = 0;
    for (atom, (_, purchases)) in (0u32..).zip(brands()) {
        for price in purchases {
            contributor += 1;
            data.atoms.push(atom);
            data.contributors.push(contributor);
            data.components[0].push(price);
            data.components[1].push(1);
        }
    }
    let cell = |codes: &[&str], atoms: &[u32]| CandidateCell {
        place: vec![codes.iter().map(|&code| code.to_owned()).collect()],
        atoms: atoms.to_vec(),
    };
    let table = |name: &str, dimension: &str, cells, equations| CandidateTable {
        name: name.to_owned(),
        dimensions: vec![dimension.to_owned()],
        measures: vec![0, 1],
        cells,
        equations,
    };
    let mut by_brand = vec![cell(&[], &[0, 1, 2, 3])];
    by_brand.extend((0u32..).zip(brands()).map(|(atom, (name, _))| cell(&[name], &[atom])));
    let sum = Equation { total: 0, parts: vec![1, 2, 3, 4] };
    let measure = |name: &str, component, is_magnitude| MeasureTerms {
        name: name.to_owned(),
        terms: vec![(component, 1)],
        is_magnitude,
        is_balance: false,
    };
    Request {
        measures: vec![measure("net", 0, true), measure("orders", 1, false)],
        tables: vec![
            table("headline", "window", vec![cell(&["this"], &[0, 1, 2, 3])], Vec::new()),
            table("brands", "rows", by_brand, vec![sum]),
        ],
        data,
        ..Request::default()
    }
}

fn rendered(tables: &[ProtectedTable]) -> Rendered {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone");
    let title = BTreeMap::from([("vi".to_owned(), "Theo hãng".to_owned())]);
    let report = Report {
        business: "1stwatch",
        colour: Colour::default(),
        logo: None,
        trend: None,
        thresholds: &[],
        currency: &Currency { code: "VND".to_owned(), decimals: 0 },
        zone: &zone,
        zone_name: "Asia/Ho_Chi_Minh",
        basis: CountOrdersOn::Completed,
        job: "monthly-sales",
        title: &title,
        period: "2026-10".parse().expect("a period"),
        lagging: &[],
        headline: &[&tables[0]],
        sections: &[Section {
            title: &title,
            rows: &[Dimension::Brand],
            columns: &[],
            table: &tables[1],
            before: None,
        }],
        late: None,
        complaints: None,
        data_as_of: "2026-11-01T00:00:00Z".parse().expect("an instant"),
        reconciliation: &Reconciliation::default(),
        audience: None,
        minimum_contributors: 5,
        formats: &[Format::Html, Format::Xlsx],
        program: env!("CARGO_PKG_VERSION"),
        left_out: None,
    };
    render(&report, Language::Vi).expect("a report")
}

#[test]
fn what_is_withheld_stands_in_no_part_of_the_mail() {
    let protection = protect(&request(), &Policy::default()).expect("a safe pattern");
    let rendered = rendered(&protection.tables);
    let html = rendered.html.as_deref().expect("HTML");
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(rendered.attachments[0].bytes.clone())).expect("a workbook");
    let sheet = workbook.worksheet_range("Theo hãng").expect("the sheet of the table");
    let cells: Vec<String> = sheet.rows().flatten().map(ToString::to_string).collect();

    let total: i64 = brands().iter().flat_map(|brand| &brand.1).sum();
    assert!(cells.contains(&total.to_string()), "{cells:?}");
    let (mut withheld, mut rest) = (0, 0);
    for (cell, (name, purchases)) in protection.tables[1].cells()[1..].iter().zip(brands()) {
        let value: i64 = purchases.iter().sum();
        let digits = value.to_string();
        let grouped = digits.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group));
        let grouped = grouped.collect::<Vec<_>>().join(".");
        let shown = cell.values().is_some();
        withheld += usize::from(!shown);
        rest += if shown { 0 } else { value };
        assert_eq!(html.contains(&grouped), shown, "{name} in the HTML");
        assert_eq!(rendered.text.contains(&grouped), shown, "{name} in the text");
        assert_eq!(cells.contains(&digits), shown, "{name} in the workbook");
        let is_named = html.contains(name) && cells.iter().any(|cell| cell.contains(name));
        assert!(is_named, "{name} is named all the same");
    }
    assert!(withheld >= 2, "the two customers' brand, and one that hides it");
    // What they come to together is what the others leave of the total, which anybody can subtract.
    assert!(
        cells.contains(&format!("Khác ({withheld} nhóm)")) && cells.contains(&rest.to_string()),
        "{cells:?}"
    );
    assert_eq!(cells.iter().filter(|cell| *cell == "•••").count(), 0);
}
