//! The parts of a report that are derived: the trend, the movers, the thresholds, the groups told as one.

use super::examples::{Example, cell, local, usual_week, week_of_tet};
use super::{html, mail_alone};
use crate::disclosure::ProtectedTable;
use crate::document::grid::Grid;
use crate::document::numbers::Numbers;
use crate::document::page::{Figures, Page};
use crate::document::report::Section;
use crate::document::room::Room;
use crate::document::texts::Texts;
use crate::document::{is_any_crossed, movers};
use crate::domain::cell::Measure;
use crate::domain::entry::Dimension;
use crate::settings::{Against, Language, Threshold, Way};

fn page(example: &Example) -> Page {
    example.with_report(|report| {
        let texts = Texts::new(Language::Vi).expect("texts");
        let numbers = Numbers::new(&texts, report.currency).expect("numbers");
        let figures = Figures::of(report, &texts).expect("figures");
        Page::new(report, &figures, Room::WHOLE, &texts, &numbers).expect("a page")
    })
}

#[test]
fn a_trend_draws_what_is_shown_and_marks_what_is_not() {
    let trend = page(&usual_week()).trend.expect("a trend");
    let drawn: Vec<bool> = trend.columns.iter().map(|column| column.now.length.is_some()).collect();
    assert_eq!(drawn, [true; 7], "this week");
    let before: Vec<bool> = trend
        .columns
        .iter()
        .map(|column| column.before.as_ref().expect("a step before").length.is_some())
        .collect();
    assert_eq!(before, [true, true, true, false, true, true, true], "Thursday before is withheld");
    assert_eq!(trend.withheld.as_deref(), Some("được giữ kín"));
    let highest =
        trend.columns.iter().flat_map(|column| [Some(&column.now), column.before.as_ref()]).flatten();
    let highest = highest.filter_map(|bar| bar.length).fold(0.0, f64::max);
    assert!((highest - 1.0).abs() < 1e-9 && trend.zero == 0.0, "{highest} {}", trend.zero);
    let told = "T5 19/11: 177.650.001\u{a0}₫ (trước đó •••)";
    assert!(trend.alternative.contains(told), "{}", trend.alternative);
    // The picture's words stand in the mail, too, for whoever sees none and for the egress guard.
    let mail = mail_alone(usual_week(), Language::Vi);
    assert!(html(&mail).contains(told) && html(&mail).contains("src=\"cid:trend.png@firstwatch\""));
    assert!(mail.images[0].bytes.starts_with(b"\x89PNG"));
}

#[test]
fn a_trend_without_a_time_before_is_drawn_alone() {
    let steps = (9..23).map(|day| {
        let (_, status, figures) = cell(&[], &[], Some(&[if day < 16 { 0 } else { day - 18 }]));
        (vec![vec![format!("2026-11-{day:02}")]], status, figures)
    });
    let trend = ProtectedTable::for_tests("trend", &["window"], &["net"], steps.collect());
    let trend = page(&Example { trend: Some(trend), ..usual_week() }).trend.expect("a trend");
    assert_eq!(trend.before, None);
    assert!(trend.columns.iter().all(|column| column.before.is_none()));
    assert!((trend.zero - 2.0 / 6.0).abs() < 1e-9, "from -2 to 4: {}", trend.zero);
    let hidden = (9..23).map(|day| (vec![vec![format!("2026-11-{day:02}")]], cell(&[], &[], None).1, None));
    let hidden = ProtectedTable::for_tests("trend", &["window"], &["net"], hidden.collect());
    assert!(page(&Example { trend: Some(hidden), ..usual_week() }).trend.is_none(), "nothing to draw");
}

#[test]
fn movers_are_ranked_by_figures_shown_now_and_before() {
    let movers = page(&usual_week()).movers;
    let [table] = movers.as_slice() else { panic!("one table is compared: {movers:?}") };
    assert_eq!(table.title, "Biến động mạnh nhất: Kênh bán");
    let rows: Vec<(&str, &str, &str)> = table
        .rows
        .iter()
        .map(|row| (row.name.as_str(), row.cells[1].text.as_str(), row.detail.as_deref().unwrap_or_default()))
        .collect();
    // The shop in Cầu Giấy was withheld: nobody is told whether it rose. What is gone has fallen to nothing.
    assert_eq!(
        rows,
        [
            ("web", "+84.650.000\u{a0}₫", "Tuần 46/2026: 600.000.000\u{a0}₫ (+14,1\u{a0}%)"),
            ("shopee", "-50.000.000\u{a0}₫", "Tuần 46/2026: 350.000.000\u{a0}₫ (-14,3\u{a0}%)"),
            ("lazada", "-12.300.000\u{a0}₫", "Tuần 46/2026: 12.300.000\u{a0}₫ (-100,0\u{a0}%)"),
        ]
    );
}

#[test]
fn a_threshold_is_judged_by_shown_figures_alone() {
    let threshold = |measure, against, way, percent| Threshold { measure, against, way, percent };
    let of = |threshold| {
        let example = Example { thresholds: vec![threshold], ..usual_week() };
        let crossed = example.with_report(|report| is_any_crossed(report).expect("known measures"));
        (crossed, page(&example).alerts)
    };
    let (previous, last_year) = (Against::Previous, Against::LastYear);
    let net = |way, percent| threshold(Measure::Net, previous, way, percent);
    // 1.184.650.000 on 1.052.300.000 is 12,6 % more.
    assert_eq!(of(net(Way::Rises, 13)), (false, vec![]));
    assert_eq!(of(net(Way::Falls, 1)), (false, vec![]));
    let risen = "Doanh thu thuần tăng 12,6\u{a0}% so với Tuần 46/2026 (ngưỡng: tăng 12\u{a0}%).";
    assert_eq!(of(net(Way::Rises, 12)), (true, vec![risen.to_owned()]));
    let fallen = "Đơn hàng giảm 3,3\u{a0}% so với Tuần 47/2025 (ngưỡng: giảm 3\u{a0}%).";
    assert_eq!(of(threshold(Measure::Orders, last_year, Way::Falls, 3)), (true, vec![fallen.to_owned()]));
    let new = of(threshold(Measure::NewCustomers, previous, Way::Rises, 50));
    assert_eq!((new.0, new.1.len()), (true, 1), "from nothing: {:?}", new.1);
    let hidden = of(threshold(Measure::Refunds, previous, Way::Falls, 90));
    assert!(hidden.0 && hidden.1[0].contains("không xét được ngưỡng"), "{hidden:?}");
}

#[test]
fn withheld_groups_are_told_as_what_they_leave() {
    let of = |dimension, cells| {
        let table = ProtectedTable::for_tests("t", &["rows", "columns"], &["net", "orders"], cells);
        let texts = Texts::new(Language::Vi).expect("texts");
        let (title, rows) = (local("Bảng", "Table"), [dimension]);
        let section = Section { title: &title, rows: &rows, columns: &[], table: &table, before: None };
        let grid = Grid::of_section(&section, &texts).expect("a grid");
        let row = |row: &Vec<String>| {
            let figures = [0, 1].map(|at| grid.figure(row, &[], at).shown());
            (grid.row_name(row, &texts), figures, grid.others(row, &texts).join("+"))
        };
        grid.rows.iter().map(row).collect::<Vec<_>>()
    };
    let told = |name: &str, figures, others: &str| (name.to_owned(), figures, others.to_owned());
    let cells = |hidden: &[&str]| {
        let mut cells = vec![cell(&[], &[], Some(&[100, 20])), cell(&["5"], &[], Some(&[70, 11]))];
        cells.extend(hidden.iter().map(|code| cell(&[code], &[], None)));
        cells
    };
    assert_eq!(
        of(Dimension::Brand, cells(&["Orient", "Bulova"])),
        [
            told("5", [Some(70), Some(11)], ""),
            told("Khác (2 nhóm)", [Some(30), Some(9)], "Bulova+Orient"),
            told("Tổng cộng", [Some(100), Some(20)], ""),
        ]
    );
    // One alone is a hole, for its rest would be itself; days of the week keep their order.
    assert_eq!(of(Dimension::Brand, cells(&["Orient"]))[1], told("Orient", [None; 2], ""));
    assert_eq!(of(Dimension::Weekday, cells(&["6", "7"])).len(), 4);
    let mut hidden = cells(&["Orient", "Bulova"]);
    hidden[0] = cell(&[], &[], None);
    assert_eq!(of(Dimension::Brand, hidden).len(), 4, "nothing is left of a withheld total");
}

#[test]
fn a_week_of_tet_compares_with_the_last_one() {
    let table = page(&week_of_tet()).by_tet.expect("a comparison by Tết");
    assert_eq!(table.heads, ["28/01/2025 – 03/02/2025", "so với Tết năm trước"]);
    let net = &table.rows[0];
    assert_eq!(
        (net.cells[0].text.as_str(), net.cells[1].text.as_str()),
        ("280.000.000\u{a0}₫", "+10,7\u{a0}%")
    );
    assert_eq!(net.cells[1].state, "up");
    assert!(page(&usual_week()).by_tet.is_none(), "November has no Tết");
    assert!(mail_alone(week_of_tet(), Language::En).text.contains("COMPARED BY TẾT"));
}

#[test]
fn movers_need_something_that_moved() {
    usual_week().with_report(|report| {
        let texts = Texts::new(Language::Vi).expect("texts");
        let numbers = Numbers::new(&texts, report.currency).expect("numbers");
        let grids = report.sections.iter().map(|section| Grid::of_section(section, &texts).expect("a grid"));
        let views: Vec<bool> =
            grids.map(|grid| movers::view(&grid, report, &texts, &numbers).is_some()).collect();
        assert_eq!(views, [false, true, false, false], "the channels alone are compared");
    });
}
