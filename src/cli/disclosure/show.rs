//! What the commands print: counts, verdicts, and the disclosed figures with what reveals them.

use std::fmt::Write;

use serde_json::{Value, json};

use super::build::Built;
use super::numbers::plain;
use crate::disclosure::{AuditReport, Cost, Disclosed, Summary};

/// The summary of a protection, by its documented keys.
pub(super) fn summary_json(summary: &Summary, built: &Built, by: Cost, seconds: f64) -> Value {
    let decimals = cost_decimals(built, by);
    let cost = match decimals {
        0 => json!(i64::try_from(summary.secondary_cost).unwrap_or(i64::MAX)),
        _ => json!(summary.secondary_cost as f64 / 10f64.powi(decimals as i32)),
    };
    let mut json = json!({
        "cells": summary.cells,
        "empty": summary.empty,
        "primary": summary.primary,
        "secondary": summary.secondary,
        "secondary_cost": cost,
        "optimality_gap": summary.optimality_gap,
        "audit": audit_json(&summary.audit),
        "seconds": seconds,
    });
    if summary.told_before > 0 {
        json["told_before"] = json!(summary.told_before);
    }
    json
}

fn cost_decimals(built: &Built, by: Cost) -> usize {
    if by == Cost::Value { built.decimals.first().copied().unwrap_or(0) } else { 0 }
}

/// The same for people.
pub(super) fn summary_text(summary: &Summary, built: &Built, by: Cost, seconds: f64) -> String {
    let shown = summary.cells - summary.primary - summary.secondary;
    let mut text = format!("{}: {shown} shown", counted(summary.cells, "cell"));
    if summary.empty > 0 {
        write!(text, " ({} of them empty)", summary.empty).expect("a text takes all");
    }
    write!(text, ", {} withheld as sensitive", summary.primary).expect("a text takes all");
    write!(text, ", {} withheld to protect those", summary.secondary).expect("a text takes all");
    if summary.secondary > 0 && by != Cost::Cells {
        let cost = i64::try_from(summary.secondary_cost).unwrap_or(i64::MAX);
        let cost = plain(cost, cost_decimals(built, by));
        let of = match by {
            Cost::Value => built.request.measures.first().map_or("value", |measure| measure.name.as_str()),
            Cost::Count | Cost::Cells => "contributors",
        };
        write!(text, " ({cost} of {of})").expect("a text takes all");
    }
    if summary.told_before > 0 {
        let figures = counted(summary.told_before, "withheld figure");
        write!(
            text,
            "\nearlier releases alone tell {figures} better than the rules allow; this one adds nothing"
        )
        .expect("a text takes all");
    }
    if let Some(gap) = summary.optimality_gap {
        let percent = gap * 100.0;
        write!(text, "\noptimality gap: the cheapest safe pattern may be up to {percent:.1} % cheaper")
            .expect("a text takes all");
    }
    let audit = &summary.audit;
    let programmes = counted(audit.programmes, "linear programme");
    write!(text, "\naudit: {}; {programmes}, {seconds:.1} s\n", found(audit)).expect("a text takes all");
    text
}

/// The outcome of an audit, by its documented keys.
pub(super) fn verdict_json(report: &AuditReport, built: &Built, seconds: f64) -> Value {
    json!({
        "safe": report.disclosed.is_empty(),
        "audit": audit_json(report),
        "disclosed": report.disclosed.iter().map(|of| disclosed_json(of, built)).collect::<Vec<_>>(),
        "seconds": seconds,
    })
}

/// The same for people, a line for each disclosed figure.
pub(super) fn verdict_text(report: &AuditReport, built: &Built) -> String {
    let mut text = disclosed_text(&report.disclosed, built);
    let verdict = if report.disclosed.is_empty() { "safe" } else { "not safe" };
    writeln!(text, "{verdict}: {}", found(report)).expect("a text takes all");
    text
}

/// A line for each disclosed figure.
pub(super) fn disclosed_text(disclosed: &[Disclosed], built: &Built) -> String {
    disclosed.iter().map(|of| disclosed_line(of, built) + "\n").collect()
}

fn found(report: &AuditReport) -> String {
    let targets = counted(report.targets, "sensitive figure");
    match (report.exact, report.narrow) {
        (0, 0) => format!("{targets}, none disclosed"),
        (exact, narrow) => format!("{targets}, {exact} disclosed exactly, {narrow} too narrowly"),
    }
}

fn counted(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn audit_json(report: &AuditReport) -> Value {
    json!({
        "targets": report.targets,
        "exact": report.exact,
        "narrow": report.narrow,
        "programmes": report.programmes,
    })
}

fn disclosed_json(disclosed: &Disclosed, built: &Built) -> Value {
    let scale = 10f64.powi(built.decimals[disclosed.measure] as i32);
    let bound = |bound: f64| if bound.is_finite() { json!(bound / scale) } else { Value::Null };
    json!({
        "cell": built.subject(&disclosed.subject),
        "measure": built.request.measures[disclosed.measure].name,
        "value": disclosed.value as f64 / scale,
        "to_contributor": disclosed.to_contributor,
        "interval": [bound(disclosed.interval.0), bound(disclosed.interval.1)],
        "required": [disclosed.required.0 as f64 / scale, disclosed.required.1 as f64 / scale],
        "revealed_by": disclosed.revealed_by.iter().map(|of| built.released(*of)).collect::<Vec<_>>(),
    })
}

fn disclosed_line(disclosed: &Disclosed, built: &Built) -> String {
    let decimals = built.decimals[disclosed.measure];
    let bound = |bound: f64| match bound.is_finite() {
        true => format!("{:.*}", decimals, bound / 10f64.powi(decimals as i32)),
        false => "unbounded".into(),
    };
    let revealed: Vec<String> = disclosed.revealed_by.iter().map(|of| built.released(*of)).collect();
    format!(
        "{} {}: [{}, {}]{}, required [{}, {}], revealed by {}",
        built.subject(&disclosed.subject),
        built.request.measures[disclosed.measure].name,
        bound(disclosed.interval.0),
        bound(disclosed.interval.1),
        if disclosed.to_contributor { " for a contributor who knows their own part" } else { "" },
        plain(disclosed.required.0, decimals),
        plain(disclosed.required.1, decimals),
        if revealed.is_empty() {
            "its own publication or earlier releases".into()
        } else {
            revealed.join(" + ")
        },
    )
}
