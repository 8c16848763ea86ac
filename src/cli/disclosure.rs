//! `firstwatch disclosure`: protect any table, or judge how it was protected, without a store.

mod build;
mod ledger;
mod places;
mod problem;
mod records;
mod released;
mod spec;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use jiff::{Timestamp, Unit};
use serde_json::{Value, json};

use self::build::Built;
use self::ledger::Ledger;
use self::problem::Problem;
use self::records::{Records, plain};
use self::spec::Spec;
use crate::cli::output::OutputFormat;
use crate::disclosure::{self, AuditReport, Disclosed, Policy, Released, Subject, Summary};
use crate::domain::clock::{Clock, SystemClock};

/// Bad data: what was read does not fit, or what was judged is not safe.
const BAD_DATA: u8 = 65;

#[derive(Clone, Debug, clap::Subcommand)]
pub enum DisclosureCommand {
    /// Withhold what must be withheld, so that nobody can be found in what is left.
    #[command(
        after_help = "Example:\n  firstwatch disclosure protect --spec week.toml --out week.csv --ledger releases/\n\n\
        Exit codes: 0 done, 65 the specification, the input or the ledger does not fit (the message names file, row and column)."
    )]
    Protect {
        /// What to read, which tables to make, and the rules (TOML).
        #[arg(long, value_name = "FILE")]
        spec: PathBuf,
        /// Where to write every cell with its status (CSV).
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Protect against every release recorded in this directory, then record this one.
        #[arg(long, value_name = "DIR")]
        ledger: Option<PathBuf>,
        /// Leave withheld figures blank, for publication.
        #[arg(long)]
        published: bool,
    },
    /// Judge a pattern, also one made by another program: is any sensitive figure disclosed?
    #[command(
        after_help = "Example:\n  firstwatch disclosure audit --spec week.toml --released week.csv --ledger releases/\n\n\
        Prints one line for each disclosed figure: its interval, and the shown cells that reveal it.\n\
        Exit codes: 0 safe, 65 not safe, or a file does not fit."
    )]
    Audit {
        /// What was released: input, tables and rules (TOML).
        #[arg(long, value_name = "FILE")]
        spec: PathBuf,
        /// The release (CSV): columns table, one a dimension, and status or blank figures.
        #[arg(long, value_name = "FILE")]
        released: PathBuf,
        /// Count every release recorded in this directory as known.
        #[arg(long, value_name = "DIR")]
        ledger: Option<PathBuf>,
    },
}

/// Runs a command of this group; its result goes to standard output, what is wrong with the files to standard error.
///
/// # Errors
/// When the result cannot be written.
pub fn run(command: &DisclosureCommand, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let result = match command {
        DisclosureCommand::Protect { spec, out, ledger, published } => {
            protect(spec, out, ledger.as_deref(), *published, format)
        }
        DisclosureCommand::Audit { spec, released, ledger } => {
            audit(spec, released, ledger.as_deref(), format)
        }
    };
    match result {
        Err(error) if error.is::<Problem>() || error.is::<disclosure::Error>() => {
            anstream::eprintln!("error: {error}");
            Ok(ExitCode::from(BAD_DATA))
        }
        other => other,
    }
}

/// Everything a command reads before it computes.
struct Loaded {
    spec: Spec,
    built: Built,
    policy: Policy,
}

fn load(path: &Path, ledger: Option<&Path>) -> Result<Loaded, Problem> {
    let spec = Spec::read(path)?;
    let input = spec.input_path(path);
    let ledger = ledger.map(Ledger::read).transpose()?.unwrap_or_default();
    let records = Records::read(&input, &spec, &ledger.columns())?;
    let built = build::build(&spec, &input, &records, &ledger)?;
    let decimals = built.decimals.first().copied().unwrap_or(0);
    let policy = spec.policy(10f64.powi(decimals as i32)).map_err(|message| Problem::new(path, message))?;
    Ok(Loaded { spec, built, policy })
}

/// How long the command has taken, for its summary.
fn seconds_since(start: Timestamp) -> f64 {
    (SystemClock.now() - start).total(Unit::Second).unwrap_or_default()
}

fn protect(
    spec: &Path,
    out: &Path,
    ledger: Option<&Path>,
    published: bool,
    format: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let start = SystemClock.now();
    let Loaded { spec, built, policy } = load(spec, ledger)?;
    let protection = disclosure::protect_judged(&built.request, &built.judgements, &policy)?;
    let bytes = released::write(&spec, &built, &protection, published)?;
    // The ledger first: what it does not know must not be out.
    if let Some(directory) = ledger {
        Ledger::record(directory, &built, &protection)
            .with_context(|| format!("cannot record the release in {}", directory.display()))?;
    }
    std::fs::write(out, bytes).with_context(|| format!("cannot write {}", out.display()))?;
    let seconds = seconds_since(start);
    let mut output = anstream::stdout().lock();
    match format {
        OutputFormat::Json => {
            writeln!(output, "{}", summary_json(&protection.summary, &built, &policy, seconds))?
        }
        OutputFormat::Human => {
            let summary = &protection.summary;
            let shown = summary.cells - summary.primary - summary.secondary;
            writeln!(
                output,
                "{} cells: {shown} shown (of them {} empty), {} withheld as sensitive, {} to protect those",
                summary.cells, summary.empty, summary.primary, summary.secondary
            )?;
            writeln!(
                output,
                "audit: {} targets, {} disclosed exactly, {} too narrow, {} programmes, {seconds:.1} s",
                summary.audit.targets, summary.audit.exact, summary.audit.narrow, summary.audit.programmes
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn audit(
    spec: &Path,
    released: &Path,
    ledger: Option<&Path>,
    format: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let start = SystemClock.now();
    let Loaded { spec, built, policy } = load(spec, ledger)?;
    let pattern = released::read(released, &spec, &built)?;
    let report = disclosure::audit_judged(&built.request, &built.judgements, &pattern, &policy)?;
    let mut output = anstream::stdout().lock();
    match format {
        OutputFormat::Json => {
            let disclosed: Vec<Value> =
                report.disclosed.iter().map(|of| disclosed_json(of, &built)).collect();
            let result = json!({
                "safe": report.disclosed.is_empty(),
                "audit": audit_json(&report),
                "disclosed": disclosed,
                "seconds": seconds_since(start),
            });
            writeln!(output, "{result}")?;
        }
        OutputFormat::Human => {
            for disclosed in &report.disclosed {
                writeln!(output, "{}", disclosed_line(disclosed, &built))?;
            }
            let verdict = if report.disclosed.is_empty() { "safe" } else { "not safe" };
            writeln!(
                output,
                "{verdict}: {} targets, {} disclosed exactly, {} too narrow",
                report.targets, report.exact, report.narrow
            )?;
        }
    }
    Ok(if report.disclosed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(BAD_DATA) })
}

fn summary_json(summary: &Summary, built: &Built, policy: &Policy, seconds: f64) -> Value {
    let by_value = policy.cost == disclosure::Cost::Value;
    let decimals = if by_value { built.decimals.first().copied().unwrap_or(0) } else { 0 };
    let cost = summary.secondary_cost as f64 / 10f64.powi(decimals as i32);
    let cost = if decimals == 0 { json!(summary.secondary_cost as i64) } else { json!(cost) };
    json!({
        "cells": summary.cells,
        "empty": summary.empty,
        "primary": summary.primary,
        "secondary": summary.secondary,
        "secondary_cost": cost,
        "optimality_gap": summary.optimality_gap,
        "audit": audit_json(&summary.audit),
        "seconds": seconds,
    })
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
        "cell": subject_name(&disclosed.subject, built),
        "measure": built.request.measures[disclosed.measure].name,
        "value": disclosed.value as f64 / scale,
        "interval": [bound(disclosed.interval.0), bound(disclosed.interval.1)],
        "required": [disclosed.required.0 as f64 / scale, disclosed.required.1 as f64 / scale],
        "revealed_by": disclosed.revealed_by.iter().map(|of| released_name(*of, built)).collect::<Vec<_>>(),
    })
}

fn disclosed_line(disclosed: &Disclosed, built: &Built) -> String {
    let decimals = built.decimals[disclosed.measure];
    let bound = |bound: f64| match bound.is_finite() {
        true => format!("{:.*}", decimals, bound / 10f64.powi(decimals as i32)),
        false => "unbounded".into(),
    };
    let revealed: Vec<String> = disclosed.revealed_by.iter().map(|of| released_name(*of, built)).collect();
    format!(
        "{} {}: [{}, {}], required [{}, {}], revealed by {}",
        subject_name(&disclosed.subject, built),
        built.request.measures[disclosed.measure].name,
        bound(disclosed.interval.0),
        bound(disclosed.interval.1),
        plain(disclosed.required.0, decimals),
        plain(disclosed.required.1, decimals),
        if revealed.is_empty() {
            "its own publication or earlier releases".into()
        } else {
            revealed.join(" + ")
        },
    )
}

fn subject_name(subject: &Subject, built: &Built) -> String {
    let cell = |table: usize, cell: usize| released_name(Released::Cell { table, cell }, built);
    match subject {
        Subject::Cell { table, cell: number } => cell(*table, *number),
        Subject::Earlier { cell } => released_name(Released::Earlier { cell: *cell }, built),
        Subject::Implied { table, total, .. } => format!("the withheld parts of {}", cell(*table, *total)),
        Subject::Difference { greater, lesser } => {
            format!("{} less {}", released_name(*greater, built), released_name(*lesser, built))
        }
        Subject::Beside { cell, singleton } => {
            format!("{} beside {}", released_name(*cell, built), released_name(*singleton, built))
        }
    }
}

fn released_name(released: Released, built: &Built) -> String {
    match released {
        Released::Cell { table, cell } => {
            let table = &built.request.tables[table];
            let code = |path: &Vec<String>| path.last().cloned().unwrap_or_else(|| places::TOTAL.into());
            let codes: Vec<String> = table.cells[cell].place.iter().map(code).collect();
            format!("{}[{}]", table.name, codes.join(", "))
        }
        Released::Earlier { cell } => format!("ledger[{cell}]"),
    }
}
