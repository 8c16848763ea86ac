//! Periods in which nothing may be said or nothing happened, tables without end, and names that try to break out.

use super::*;

/// One order in the whole period: nothing may be said.
pub fn everything_withheld() -> Example {
    let hidden = [None, None, Some(&[12_000_000, 9, 10][..]), None, Some(&[90_000_000, 40, 44][..])];
    let cells = vec![cell(&[], &[], None), cell(&["Casio"], &[], None)];
    Example {
        provisional: true,
        headline: vec![windows(&["net", "orders", "units"], hidden)],
        sections: vec![ExampleSection {
            title: local("Hãng", "Brands"),
            rows: vec![Dimension::Brand],
            columns: vec![],
            table: ProtectedTable::for_tests("brand", &["rows", "columns"], &["net", "orders"], cells),
            before: None,
        }],
        trend: None,
        thresholds: Vec::new(),
        late: None,
        ..usual_week()
    }
}

/// A period without a sale.
pub fn nothing_sold() -> Example {
    let zero: Option<&[i64]> = Some(&[0, 0, 0]);
    Example {
        period: "2026-W08",
        headline: vec![windows(
            &["net", "orders", "units"],
            [zero, Some(&[5_000_000, 7, 7]), zero, zero, Some(&[5_000_000, 7, 7])],
        )],
        sections: vec![ExampleSection {
            title: local("Hãng", "Brands"),
            rows: vec![Dimension::Brand],
            columns: vec![],
            table: ProtectedTable::for_tests(
                "brand",
                &["rows", "columns"],
                &["net", "orders"],
                vec![cell(&[], &[], Some(&[0, 0]))],
            ),
            before: None,
        }],
        trend: None,
        late: None,
        reconciliation: Reconciliation::default(),
        ..usual_week()
    }
}

/// A table of `groups` products by 12 columns, in a currency with decimals.
pub fn many_groups(groups: i64) -> Example {
    let mut cells = vec![cell(&[], &[], Some(&[groups * 123_456, groups, groups * 2]))];
    for product in 0..groups {
        let name = format!("Đồng hồ cơ tự động mẫu số {product}");
        let figures = [(groups - product) * 123_456, 1 + product % 7, 2 + product % 5];
        cells.push(cell(&[&name], &[], Some(&figures)));
        for channel in 0..12 {
            let channel = format!("kênh {channel:02}");
            cells.push(cell(&[&name], &[&channel], (product % 3 > 0).then_some(&figures[..])));
        }
    }
    Example {
        currency: Currency { code: "USD".into(), decimals: 2 },
        period: "2026-Q3",
        sections: vec![ExampleSection {
            title: local("Sản phẩm theo kênh", "Products by channel"),
            rows: vec![Dimension::Product],
            columns: vec![Dimension::Channel],
            table: ProtectedTable::for_tests(
                "product",
                &["rows", "columns"],
                &["net", "orders", "units"],
                cells,
            ),
            before: None,
        }],
        ..usual_week()
    }
}

/// Names that try to break out: markup, formulas, other scripts, marks of direction, great length.
pub fn strange_names() -> Example {
    let long = "Đồng hồ cơ tự động mặt xanh dây da cá sấu viền vàng ".repeat(4);
    let names = [
        long.trim(),
        "<script>alert(1)</script> & \"quoted\" 'it'",
        "{{ 7 * 7 }} {% raw %}",
        "=HYPERLINK(\"http://evil.example\",\"x\")",
        "+1+1",
        "@SUM(A1)",
        "-2+3",
        "ساعة يد كلاسيكية",
        "שעון \u{202e}יד",
        "⌚️ Đồng hồ 🕰️🎁",
        "a\u{0}b\u{7}c\u{fffe}d",
        "#set page(fill: red) *đậm* _x_ $x$ @label",
        "NoSpacesAtAllNoSpacesAtAllNoSpacesAtAllNoSpacesAtAllNoSpacesAtAllNoSpacesAtAll",
    ];
    let mut cells = vec![cell(&[], &[], Some(&[1_300_000_000_000, 260]))];
    for (rank, name) in (1i64..).zip(names) {
        cells.push(cell(&[name], &[], Some(&[-1_000_000 * rank + 100_000_000_000, 20])));
    }
    Example {
        business: "Shop <b>&amp; Co".into(),
        period: "2026-11-22",
        sections: vec![ExampleSection {
            title: local(
                "Sản phẩm: [mọi] loại / tên * lạ? và một tiêu đề rất dài",
                "Products: [all] kinds / of * names?",
            ),
            rows: vec![Dimension::Product],
            columns: vec![],
            table: ProtectedTable::for_tests("product", &["rows", "columns"], &["net", "orders"], cells),
            before: None,
        }],
        ..usual_week()
    }
}
