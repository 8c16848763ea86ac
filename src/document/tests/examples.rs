//! Reports of a made-up shop, as disclosure control would hand them over.

mod edges;
mod week;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::edges::{everything_withheld, many_groups, nothing_sold, strange_names};
pub use self::week::{usual_week, week_of_tet};
use crate::disclosure::{CellStatus, ProtectedTable};
use crate::document::{Lagging, Reconciliation, Report, Section, render};
use crate::domain::behind::Lag;
use crate::domain::entry::Dimension;
use crate::domain::money::Currency;
use crate::domain::order::CountOrdersOn;
use crate::domain::rendered::Rendered;
use crate::settings::{Colour, Format, Language, LocalText, Threshold};

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
