//! Reports of a made-up shop, as disclosure control would hand them over.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::disclosure::{CellStatus, ProtectedTable};
use crate::document::{Lagging, Reconciliation, Report, Section, render};
use crate::domain::behind::Lag;
use crate::domain::cell::Measure;
use crate::domain::entry::Dimension;
use crate::domain::money::Currency;
use crate::domain::order::{CountOrdersOn, OrderStatus};
use crate::domain::rendered::Rendered;
use crate::settings::{Against, Colour, Format, Language, LocalText, Threshold, Way};

pub struct ExampleSection {
    pub title: LocalText,
    pub rows: Vec<Dimension>,
    pub columns: Vec<Dimension>,
    pub table: ProtectedTable,
    pub before: Option<ProtectedTable>,
}

/// A report that owns what it is made of.
pub struct Example {
    pub business: String,
    pub currency: Currency,
    pub period: &'static str,
    pub provisional: bool,
    pub headline: Vec<ProtectedTable>,
    pub sections: Vec<ExampleSection>,
    pub trend: Option<ProtectedTable>,
    pub thresholds: Vec<Threshold>,
    pub late: Option<ProtectedTable>,
    pub reconciliation: Reconciliation,
    pub formats: Vec<Format>,
}

impl Example {
    pub fn render(&self, language: Language) -> Rendered {
        self.with_report(|report| render(report, language).expect("a report"))
    }

    pub fn with_report<T>(&self, look: impl FnOnce(&Report<'_>) -> T) -> T {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone");
        let headline: Vec<&ProtectedTable> = self.headline.iter().collect();
        let sections: Vec<Section<'_>> = self
            .sections
            .iter()
            .map(|section| Section {
                title: &section.title,
                rows: &section.rows,
                columns: &section.columns,
                table: &section.table,
                before: section.before.as_ref(),
            })
            .collect();
        let until: Timestamp = "2026-11-21T11:00:00Z".parse().expect("an instant");
        let lagging = [
            Lagging { source: "shop", complete_until: Some(until), why: Lag::NotDelivered },
            Lagging { source: "pos", complete_until: None, why: Lag::Failing },
        ];
        look(&Report {
            business: &self.business,
            colour: Colour::default(),
            logo: None,
            currency: &self.currency,
            zone: &zone,
            zone_name: "Asia/Ho_Chi_Minh",
            basis: CountOrdersOn::Created,
            job: "weekly-sales",
            title: &local("Báo cáo bán hàng tuần", "Weekly sales report"),
            period: self.period.parse().expect("a period"),
            lagging: if self.provisional { &lagging } else { &[] },
            headline: &headline,
            sections: &sections,
            trend: self.trend.as_ref(),
            thresholds: &self.thresholds,
            late: self.late.as_ref(),
            complaints: None,
            data_as_of: "2026-11-23T00:00:00Z".parse().expect("an instant"),
            reconciliation: &self.reconciliation,
            audience: Some("managers"),
            minimum_contributors: 5,
            formats: &self.formats,
            program: env!("CARGO_PKG_VERSION"),
            left_out: None,
        })
    }
}

pub fn local(vi: &str, en: &str) -> LocalText {
    BTreeMap::from([("vi".to_owned(), vi.to_owned()), ("en".to_owned(), en.to_owned())])
}

/// A cell of [row codes, column codes]; no figures: withheld.
pub fn cell(
    rows: &[&str],
    columns: &[&str],
    figures: Option<&[i64]>,
) -> (Vec<Vec<String>>, CellStatus, Option<Vec<i64>>) {
    let owned = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect();
    let status = match figures {
        None => CellStatus::Primary,
        Some(figures) if figures.iter().all(|&figure| figure == 0) => CellStatus::Empty,
        Some(_) => CellStatus::Safe,
    };
    (vec![owned(rows), owned(columns)], status, figures.map(<[i64]>::to_vec))
}

/// A headline table over the five windows.
pub fn windows(measures: &[&str], figures: [Option<&[i64]>; 5]) -> ProtectedTable {
    let names = ["this", "previous", "last-year", "month-to-date", "year-to-date"];
    let cells = names
        .into_iter()
        .zip(figures)
        .map(|(name, figures)| {
            let (_, status, figures) = cell(&[], &[], figures);
            (vec![vec![name.to_owned()]], status, figures)
        })
        .collect();
    ProtectedTable::for_tests("headline", &["window"], measures, cells)
}

/// The days of the week and of the one before; one is withheld.
fn by_day() -> ProtectedTable {
    let days = (9..23).map(|day: i64| {
        let (_, status, figures) =
            cell(&[], &[], (day != 12).then_some(&[(day * 9_350_000) % 240_000_000 + 1][..]));
        (vec![vec![format!("2026-11-{day:02}")]], status, figures)
    });
    ProtectedTable::for_tests("trend", &["window"], &["net"], days.collect())
}

fn dong() -> Currency {
    Currency { code: "VND".into(), decimals: 0 }
}

fn reconciled() -> Reconciliation {
    Reconciliation {
        rows_read: 278,
        excluded: BTreeMap::from([
            (OrderStatus::Pending, 6),
            (OrderStatus::Cancelled, 9),
            (OrderStatus::Failed, 2),
        ]),
        rejected: 3,
    }
}

/// A good week of a watch shop, with some cells withheld.
pub fn usual_week() -> Example {
    Example {
        business: "1stwatch".into(),
        currency: dong(),
        period: "2026-W47",
        provisional: false,
        headline: vec![
            windows(
                &["net", "orders", "units"],
                [
                    Some(&[1_184_650_000, 261, 288]),
                    Some(&[1_052_300_000, 239, 260]),
                    Some(&[1_221_900_000, 270, 301]),
                    Some(&[3_402_780_000, 771, 843]),
                    Some(&[48_910_330_000, 10_984, 12_010]),
                ],
            ),
            windows(
                &["gross", "discounts"],
                [
                    Some(&[1_262_400_000, 58_250_000]),
                    Some(&[1_120_100_000, 49_800_000]),
                    Some(&[1_300_000_000, 60_100_000]),
                    Some(&[3_640_000_000, 170_220_000]),
                    Some(&[52_420_000_000, 2_410_000_000]),
                ],
            ),
            windows(
                &["refunds", "cancellations"],
                [
                    Some(&[19_500_000, 7]),
                    None,
                    Some(&[18_000_000, 7]),
                    Some(&[67_000_000, 24]),
                    Some(&[1_099_670_000, 318]),
                ],
            ),
            windows(
                &["new-customers"],
                [Some(&[142]), Some(&[0]), Some(&[151]), Some(&[420]), Some(&[6_120])],
            ),
        ],
        sections: vec![by_brand(), by_channel(), by_weekday(), by_province()],
        trend: Some(by_day()),
        thresholds: vec![
            Threshold { measure: Measure::Net, against: Against::Previous, way: Way::Rises, percent: 10 },
            Threshold { measure: Measure::Orders, against: Against::Previous, way: Way::Falls, percent: 20 },
            Threshold { measure: Measure::Refunds, against: Against::Previous, way: Way::Rises, percent: 50 },
        ],
        late: Some(late()),
        reconciliation: reconciled(),
        formats: vec![Format::Html, Format::Xlsx, Format::Pdf],
    }
}

fn by_brand() -> ExampleSection {
    let mut cells = Vec::new();
    let mut row = |codes: &[&str], total: Option<&[i64]>, regions: [Option<&[i64]>; 3]| {
        cells.push(cell(codes, &[], total));
        for (region, figures) in ["central", "north", "south"].into_iter().zip(regions) {
            cells.push(cell(codes, &[region], figures));
        }
    };
    row(
        &[],
        Some(&[1_184_650_000, 261, 288]),
        [Some(&[188_000_000, 42, 45]), Some(&[521_650_000, 110, 121]), Some(&[475_000_000, 109, 122])],
    );
    row(
        &["Đồng hồ nam"],
        Some(&[702_300_000, 148, 160]),
        [Some(&[101_300_000, 22, 23]), Some(&[321_000_000, 66, 72]), Some(&[280_000_000, 60, 65])],
    );
    row(
        &["Đồng hồ nam", "Casio"],
        Some(&[182_300_000, 71, 78]),
        [Some(&[30_300_000, 12, 13]), Some(&[82_000_000, 31, 34]), Some(&[70_000_000, 28, 31])],
    );
    row(&["Đồng hồ nam", "Seiko"], Some(&[298_000_000, 45, 48]), [None, Some(&[150_000_000, 22, 24]), None]);
    row(&["Đồng hồ nam", "Orient"], None, [None, None, None]);
    row(&["Đồng hồ nam", "Citizen"], None, [None, Some(&[0, 0, 0]), None]);
    row(
        &["Đồng hồ nữ"],
        Some(&[421_350_000, 96, 109]),
        [Some(&[80_700_000, 18, 20]), Some(&[175_650_000, 38, 42]), Some(&[165_000_000, 40, 47])],
    );
    row(
        &["Đồng hồ nữ", "Daniel Wellington"],
        Some(&[210_000_000, 51, 56]),
        [Some(&[42_000_000, 10, 11]), Some(&[88_000_000, 21, 23]), Some(&[80_000_000, 20, 22])],
    );
    row(
        &["Đồng hồ nữ", "Casio"],
        Some(&[211_350_000, 45, 53]),
        [Some(&[38_700_000, 8, 9]), Some(&[87_650_000, 17, 19]), Some(&[85_000_000, 20, 25])],
    );
    row(
        &["Phụ kiện"],
        Some(&[61_000_000, 17, 19]),
        [Some(&[6_000_000, 2, 2]), Some(&[25_000_000, 6, 7]), Some(&[30_000_000, 9, 10])],
    );
    row(
        &["Phụ kiện", ""],
        Some(&[61_000_000, 17, 19]),
        [Some(&[6_000_000, 2, 2]), Some(&[25_000_000, 6, 7]), Some(&[30_000_000, 9, 10])],
    );
    ExampleSection {
        title: local("Doanh thu theo hãng và vùng", "Revenue by brand and region"),
        rows: vec![Dimension::Category, Dimension::Brand],
        columns: vec![Dimension::Region],
        table: ProtectedTable::for_tests(
            "brand-region",
            &["rows", "columns"],
            &["net", "orders", "units"],
            cells,
        ),
        before: None,
    }
}

fn by_channel() -> ExampleSection {
    let measures = ["net", "gross", "discounts", "orders", "new-customers"];
    let cells = vec![
        cell(&[], &[], Some(&[1_184_650_000, 1_262_400_000, 58_250_000, 261, 142])),
        cell(&["web"], &[], Some(&[684_650_000, 730_400_000, 35_250_000, 151, 90])),
        cell(&["shopee"], &[], Some(&[300_000_000, 322_000_000, 14_000_000, 70, 40])),
        cell(&["Cửa hàng Cầu Giấy"], &[], Some(&[200_000_000, 210_000_000, 9_000_000, 40, 12])),
    ];
    ExampleSection {
        title: local("Kênh bán", "Channels"),
        rows: vec![Dimension::Channel],
        columns: vec![],
        table: ProtectedTable::for_tests("channel", &["rows", "columns"], &measures, cells),
        before: Some(channels_before()),
    }
}

/// One channel is withheld, and one has gone since.
fn channels_before() -> ProtectedTable {
    let cells = vec![
        cell(&[], &[], Some(&[1_052_300_000])),
        cell(&["web"], &[], Some(&[600_000_000])),
        cell(&["shopee"], &[], Some(&[350_000_000])),
        cell(&["lazada"], &[], Some(&[12_300_000])),
        cell(&["Cửa hàng Cầu Giấy"], &[], None),
    ];
    let cells = cells.into_iter().map(|(place, status, figures)| (place[..1].to_vec(), status, figures));
    ProtectedTable::for_tests("channel/previous", &["rows"], &["net"], cells.collect())
}

fn by_weekday() -> ExampleSection {
    let mut cells = vec![cell(&[], &[], Some(&[261, 288]))];
    for (code, orders, units) in [
        ("3", 30, 33),
        ("1", 28, 31),
        ("2", 25, 27),
        ("7", 58, 65),
        ("6", 61, 68),
        ("5", 33, 36),
        ("4", 26, 28),
    ] {
        cells.push(cell(&[code], &[], Some(&[orders, units])));
    }
    ExampleSection {
        title: local("Ngày trong tuần", "Days of the week"),
        rows: vec![Dimension::Weekday],
        columns: vec![],
        table: ProtectedTable::for_tests("weekday", &["rows", "columns"], &["orders", "units"], cells),
        before: None,
    }
}

fn by_province() -> ExampleSection {
    let names = [
        "Hà Nội",
        "TP. Hồ Chí Minh",
        "Hải Phòng",
        "Đà Nẵng",
        "Cần Thơ",
        "Huế",
        "Quảng Ninh",
        "Bắc Ninh",
        "Nghệ An",
        "Thanh Hoá",
        "Khánh Hoà",
        "Lâm Đồng",
        "Đồng Nai",
        "An Giang",
        "Gia Lai",
        "Đắk Lắk",
        "Lào Cai",
        "Cà Mau",
        "Sơn La",
        "Cao Bằng",
    ];
    let mut cells = vec![cell(&[], &[], Some(&[1_184_650_000, 261]))];
    for (rank, name) in (0i64..).zip(names) {
        let shown = [310_000_000 / (rank + 1), 70 / (rank + 1)];
        cells.push(cell(&[name], &[], (rank < 14).then_some(&shown[..])));
    }
    ExampleSection {
        title: local("Tỉnh, thành", "Provinces"),
        rows: vec![Dimension::Province],
        columns: vec![],
        table: ProtectedTable::for_tests("province", &["rows", "columns"], &["net", "orders"], cells),
        before: None,
    }
}

fn late() -> ProtectedTable {
    ProtectedTable::for_tests(
        "late",
        &["rows"],
        &["net"],
        [
            (&[][..], Some(&[1_184_650_000][..])),
            (&[""], Some(&[1_171_250_000])),
            (&["2026-10"], Some(&[8_400_000])),
            (&["2026-09"], None),
        ]
        .into_iter()
        .map(|(codes, figures)| {
            let (mut place, status, figures) = cell(codes, &[], figures);
            place.truncate(1);
            (place, status, figures)
        })
        .collect(),
    )
}

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

/// The week of Tết, whose last one was three weeks earlier in the year.
pub fn week_of_tet() -> Example {
    let figures = [
        ("this", Some(&[310_000_000, 61, 70][..])),
        ("previous", Some(&[900_000_000, 205, 230])),
        ("last-year", Some(&[620_000_000, 140, 151])),
        ("last-tet", Some(&[280_000_000, 58, 66])),
        ("month-to-date", Some(&[2_100_000_000, 480, 520])),
        ("year-to-date", None),
    ];
    let cells = figures.into_iter().map(|(name, figures)| {
        let (_, status, figures) = cell(&[], &[], figures);
        (vec![vec![name.to_owned()]], status, figures)
    });
    let measures = ["net", "orders", "units"];
    Example {
        period: "2026-W08",
        headline: vec![ProtectedTable::for_tests("headline", &["window"], &measures, cells.collect())],
        sections: Vec::new(),
        trend: None,
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
