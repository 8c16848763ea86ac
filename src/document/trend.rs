//! Net sales step by step, beside the steps before: the chart, its values in words, and its table.
//!
//! Invariant: a step is drawn where it is shown, and marked where it is withheld; the picture is in proportion to shown
//! figures alone.

use serde::Serialize;

use super::dates;
use super::figure::Figure;
use super::grid;
use super::names;
use super::numbers::Numbers;
use super::report::Report;
use super::tables::{CellText, RowView, TableView};
use super::texts::Texts;
use crate::domain::cell::Measure;
use crate::domain::period::Period;
use crate::domain::trend::trend;

/// The figures of a trend.
pub struct TrendFigures {
    pub steps: Vec<StepFigures>,
}

pub struct StepFigures {
    pub step: Period,
    pub now: Figure,
    pub step_before: Period,
    pub before: Figure,
}

/// A trend as it is drawn and told.
#[derive(Clone, Debug, Serialize)]
pub struct TrendView {
    /// What every figure of it is; for the picture's title and the table.
    pub table: TableView,
    /// The values in words, for whoever sees no pictures.
    pub alternative: String,
    /// What the columns in front and behind are of.
    pub now: String,
    pub before: Option<String>,
    /// What a dotted column means, where there is one.
    pub withheld: Option<String>,
    pub columns: Vec<Column>,
    /// Where zero lies, from the lowest value to the highest, 0 to 1.
    pub zero: f64,
    pub colour: String,
    pub pale: String,
}

/// One step in the picture.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// A line or two.
    pub label: Vec<String>,
    pub now: Bar,
    pub before: Option<Bar>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// As a part of the picture's height, below zero where negative; `None`: withheld.
    pub length: Option<f64>,
    /// Short: the table has the figure in full.
    pub text: String,
}

impl TrendFigures {
    /// `None` where the report has no trend, or nothing of it is known.
    pub fn of(report: &Report<'_>) -> Option<Self> {
        let table = report.trend?;
        let steps = trend(report.period)?;
        let figure = |step: Period| {
            let code = step.to_string();
            let cell = table.cells().iter().find(|cell| cell.place().iter().flatten().eq([&code]));
            cell.map_or(Figure::Absent, |cell| grid::figure(cell, 0))
        };
        let steps: Vec<StepFigures> = steps
            .now
            .into_iter()
            .zip(steps.before)
            .map(|(step, step_before)| StepFigures {
                step,
                now: figure(step),
                step_before,
                before: figure(step_before),
            })
            .collect();
        steps.iter().any(|step| step.now.shown().is_some()).then_some(Self { steps })
    }

    /// Whether anything is known of the steps before: else they lie before the shop's first sale.
    pub fn has_before(&self) -> bool {
        self.steps.iter().any(|step| step.before.shown() != Some(0) && step.before != Figure::Absent)
    }

    /// (steps withheld, steps in all).
    pub fn withheld(&self) -> (usize, usize) {
        let figures = self.steps.iter().flat_map(|step| [step.now, step.before]);
        (figures.filter(|&figure| figure == Figure::Withheld).count(), 2 * self.steps.len())
    }

    pub fn title(&self, texts: &Texts) -> String {
        let by_day = self.steps.iter().any(|step| matches!(step.step, Period::Day(_)));
        texts.say(if by_day { "trend-by-day" } else { "trend-by-month" })
    }

    /// `16/11 – 22/11/2026` as the heads of the columns: those of the steps, and of the steps before.
    pub fn heads(&self) -> [String; 2] {
        let range = |step: fn(&StepFigures) -> Period| match (self.steps.first(), self.steps.last()) {
            (Some(first), Some(last)) => dates::steps(step(first), step(last)),
            _ => String::new(),
        };
        [range(|step| step.step), range(|step| step.step_before)]
    }

    pub fn view(&self, report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> TrendView {
        let shown = self.steps.iter().flat_map(|step| [step.now, step.before]).filter_map(Figure::shown);
        let (lowest, highest) = shown.fold((0, 0), |(low, high): (i64, i64), it| (low.min(it), high.max(it)));
        let height = (highest as f64 - lowest as f64).max(1.0);
        let bar = |figure: Figure| Bar {
            length: figure.shown().map(|value| value as f64 / height),
            text: figure.shown().map_or_else(|| numbers.figure(figure, true), |value| numbers.short(value)),
        };
        let has_before = self.has_before();
        let columns = self.steps.iter().map(|step| Column {
            label: match step.step {
                Period::Month { year, month } => vec![format!("{month:02}"), year.to_string()],
                day => label(day, texts),
            },
            now: bar(step.now),
            before: has_before.then(|| bar(step.before)),
        });
        let [now, before] = self.heads();
        TrendView {
            alternative: self.alternative(texts, numbers),
            columns: columns.collect(),
            zero: -(lowest as f64) / height,
            table: self.table(texts, numbers),
            now,
            before: has_before.then_some(before),
            withheld: (self.withheld().0 > 0).then(|| texts.say("withheld-word")),
            colour: report.colour.to_string(),
            pale: report.colour.pale().to_string(),
        }
    }

    fn table(&self, texts: &Texts, numbers: &Numbers<'_>) -> TableView {
        let [now, before] = self.heads();
        let has_before = self.has_before();
        let cells = |step: &StepFigures| {
            let figures = [Some(step.now), has_before.then_some(step.before)].into_iter().flatten();
            figures.map(|figure| CellText::new(figure, true, numbers)).collect()
        };
        let rows = self.steps.iter().map(|step| RowView {
            name: label(step.step, texts).join(" "),
            kind: "leaf",
            cells: cells(step),
            ..RowView::default()
        });
        TableView {
            title: self.title(texts),
            head: names::measure(Measure::Net, texts),
            heads: [Some(now), has_before.then_some(before)].into_iter().flatten().collect(),
            rows: rows.collect(),
            ..TableView::default()
        }
    }

    fn alternative(&self, texts: &Texts, numbers: &Numbers<'_>) -> String {
        let has_before = self.has_before();
        let told = self.steps.iter().map(|step| {
            let now = numbers.figure(step.now, true);
            let label = label(step.step, texts).join(" ");
            if !has_before {
                return format!("{label}: {now}");
            }
            let arguments = [
                ("step", label.into()),
                ("now", now.into()),
                ("before", numbers.figure(step.before, true).into()),
            ];
            texts.fill("trend-step", arguments)
        });
        format!("{}. {}.", self.title(texts), told.collect::<Vec<_>>().join("; "))
    }
}

/// `T2`, `16/11`; `Tháng 11/2026`. It begins with a letter: a number right behind an amount would join it, and look like
/// a longer one to the egress guard.
pub fn label(step: Period, texts: &Texts) -> Vec<String> {
    match step {
        Period::Day(day) => {
            let weekday = day.weekday().to_monday_one_offset();
            vec![texts.say(&format!("weekday-short-{weekday}")), dates::day_and_month(day)]
        }
        _ => vec![dates::period(step, texts)],
    }
}
