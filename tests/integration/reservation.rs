//! Reports of days leave room for the key figures of their week.

use std::fmt::Write as _;
use std::fs;

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::harness::{Builder, FLAT_SHOP, Shop, job, report};

/// A Monday, and the year's last day: what runs from the month's or the year's beginning begins anew after it.
const MONDAY: Date = date(2018, 12, 31);

const HEAD: &str = "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n";

/// Eight customers a day, each once; on the Monday three.
fn orders() -> String {
    let mut text = HEAD.to_owned();
    for day in MONDAY.saturating_sub(12.days()).series(1.day()).take(19) {
        for order in 0..if day == MONDAY { 3 } else { 8 } {
            let price = 1_000_000 + 10_000 * order;
            writeln!(
                text,
                "{day}-{order},{day}T1{order}:00:00+07:00,completed,C{day}-{order},1,Casio,1,{price}"
            )
            .unwrap();
        }
    }
    text
}

fn days() -> impl Iterator<Item = String> {
    MONDAY.series(1.day()).take(7).map(|day| day.to_string())
}

fn weekly() -> String {
    report("week", "[\"html\"]", &[])
}

fn shop() -> Builder {
    Builder::new(FLAT_SHOP).job("pull", job("pull", "")).job("daily", report("day", "[\"html\"]", &[]))
}

fn pulled(builder: Builder) -> Shop {
    let shop = builder.open();
    shop.write("orders.csv", &orders());
    shop.run_job(&["pull"], "done");
    shop
}

fn release(shop: &Shop, job: &str, period: &str) {
    shop.run_job(&[job, "--period", period], "done");
}

/// Of the last release, whether net sales, orders and units are shown of the days `from..until`.
fn is_shown(shop: &Shop, from: Date, until: Date) -> bool {
    let cell = format!("table_name = 'headline' AND from_day = '{from}' AND until_day = '{until}'");
    let of_last = "release_no = (SELECT max(no) FROM releases)";
    let count = |more: &str| {
        shop.number(&format!("SELECT count(*) FROM release_cells WHERE {of_last} AND {cell} {more}"))
    };
    assert!(count("") > 0, "{cell}");
    count("AND shown IS NULL") == 0
}

#[test]
fn a_week_shows_its_key_figures_though_one_of_its_days_could_not() {
    let next = MONDAY.saturating_add(7.days());
    let week = |shop: &Shop| {
        release(shop, "weekly", "2019-W01");
        is_shown(shop, MONDAY, next)
    };

    let without = pulled(shop());
    let mut shown = 0;
    for day in days() {
        release(&without, "daily", &day);
        let from: Date = day.parse().unwrap();
        shown += u32::from(is_shown(&without, from, from.saturating_add(1.day())));
    }
    assert_eq!(shown, 6, "all but the Monday");
    // Nobody knew of it when the days went out: the week less six days is the Monday.
    without.write("jobs/weekly.toml", &weekly());
    assert!(!week(&without));

    let with = pulled(shop().job("weekly", weekly()));
    for day in days() {
        release(&with, "daily", &day);
    }
    assert!(week(&with));
    // Made again from what was recorded, which knows of no room.
    for release in ["2", "8"] {
        with.ask(&["report", "verify", release]).ok();
    }
}

#[test]
fn a_preview_leaves_the_same_room() {
    let shop = pulled(shop().job("weekly", weekly()));
    let out = shop.path("preview");
    release(&shop, "daily", "2018-12-31");
    let preview = ["report", "preview", "daily", "--period", "2019-01-01", "--out", out.to_str().unwrap()];
    shop.run(&preview).ok();
    release(&shop, "daily", "2019-01-01");
    assert!(!is_shown(&shop, date(2019, 1, 1), date(2019, 1, 2)), "it would tell the Monday from the week");
    for part in ["report.txt", "report.html"] {
        let released = shop.state().join("releases/daily.2019-01-01").join(part);
        let read = |path| fs::read(path).unwrap_or_else(|error| panic!("{part}: {error}"));
        assert!(read(released) == read(out.join(part)), "{part} is another than the preview's");
    }
}
