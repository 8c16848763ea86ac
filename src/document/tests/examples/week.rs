//! Usual weeks, with some cells withheld.

use std::collections::BTreeMap;

use super::*;
use crate::domain::cell::Measure;
use crate::domain::order::OrderStatus;
use crate::settings::{Against, Way};

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
