//! `firstwatch disclosure`: protect any table, or judge how it was protected, without a store.

mod build;
mod classes;
mod ledger;
mod marginals;
mod names;
mod numbers;
mod outfile;
mod parts;
mod pattern;
mod places;
mod problem;
mod recording;
mod records;
mod rules;
mod sheet;
mod show;
mod spec;
mod vetting;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::{Timestamp, Unit};

use self::build::Built;
use self::ledger::Ledger;
use self::outfile::{Audience, Draft};
use self::problem::Problem;
use self::records::{Records, Wanted};
use self::spec::Spec;
use crate::cli::exit::{BAD_DATA, BadData};
use crate::cli::output::{self, OutputFormat};
use crate::disclosure::{self, Policy};
use crate::domain::clock::{Clock, SystemClock};

#[derive(Clone, Debug, clap::Subcommand)]
pub enum DisclosureCommand {
    /// Withhold what must be withheld, so that nobody can be found in what is left.
    #[command(after_help = "\
Example:
  firstwatch disclosure protect --spec week.toml --out week.csv --ledger releases/

The least that SPEC needs (README.md, \"Protect a table of your own\", has every key):
  [input]
  kind = \"microdata\"          # or \"cells\"
  path = \"orders.csv\"
  contributor = \"customer\"
  value = [\"amount\"]
  [dimensions.place]
  levels = [\"region\", \"province\"]
  [[table]]
  name = \"sales\"
  dimensions = [\"place\"]

Exit codes: 0 done; 1 OUT or the ledger cannot be written; 65 the specification, the input or the ledger does not fit \
(the message names file, row and column); 75 another release is being made with the ledger.")]
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
    #[command(after_help = "\
Example:
  firstwatch disclosure audit --spec week.toml --released week.csv --ledger releases/

Prints one line for each disclosed figure: its interval, and the shown cells that reveal it. Figures are withheld where the \
column status says primary, secondary or withheld; without that column, where they are blank.

Exit codes: 0 safe; 65 not safe, or a file does not fit.")]
    Audit {
        /// What was released: input, tables and rules (TOML).
        #[arg(long, value_name = "FILE")]
        spec: PathBuf,
        /// The release (CSV): one column a dimension, figures, and a status or blanks.
        #[arg(long, value_name = "FILE")]
        released: PathBuf,
        /// Count every release recorded in this directory as known.
        #[arg(long, value_name = "DIR")]
        ledger: Option<PathBuf>,
    },
}

/// Runs a command of this group.
///
/// # Errors
/// [`BadData`] for whatever is wrong with the files; [`super::exit::TryAgain`] while another release is being made with
/// the same ledger; else when something cannot be written.
pub fn run(command: &DisclosureCommand, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let result = match command {
        DisclosureCommand::Protect { spec, out, ledger, published } => {
            let audience = if *published { Audience::Everybody } else { Audience::Officer };
            protect(spec, out, ledger.as_deref(), audience, format)
        }
        DisclosureCommand::Audit { spec, released, ledger } => {
            audit(spec, released, ledger.as_deref(), format)
        }
    };
    result.map_err(|error| match error.downcast::<Problem>() {
        Ok(problem) => BadData(problem.to_string()).into(),
        Err(other) => other,
    })
}

/// Everything a command reads before it computes.
struct Loaded {
    built: Built,
    policy: Policy,
}

fn load(path: &Path, spec: &Spec, ledger: &Ledger) -> Result<Loaded, Problem> {
    let input = spec.input_path(path);
    let mut wanted = Wanted::by(spec);
    ledger.ask(spec, &mut wanted)?;
    let records = Records::read(&input, spec, &wanted)?;
    let built = build::build(spec, &input, &records, ledger)?;
    let decimals = built.decimals.first().copied().unwrap_or(0);
    let policy = spec.rules.policy(&spec.cost, 10f64.powi(decimals as i32));
    let policy = policy.map_err(|(key, message)| Problem::new(path, format!("[rules] {key}: {message}")))?;
    Ok(Loaded { built, policy })
}

/// How long the command has taken, for its summary.
fn seconds_since(start: Timestamp) -> f64 {
    (SystemClock.now() - start).total(Unit::Second).unwrap_or_default()
}

fn protect(
    path: &Path,
    out: &Path,
    directory: Option<&Path>,
    audience: Audience,
    format: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let start = SystemClock.now();
    let spec = vetting::read(path)?;
    refuse_to_overwrite(out, &[path, &spec.input_path(path)])?;
    let lock = directory.map(Ledger::lock).transpose()?;
    let ledger = directory.map(Ledger::read).transpose()?.unwrap_or_default();
    let Loaded { built, mut policy } = load(path, &spec, &ledger)?;
    policy.series = directory.is_some();
    let protection = disclosure::protect_judged(&built.request, &built.judgements, &policy)
        .map_err(|error| refused(&error, &built))?;
    let draft = Draft::write(out, outfile::rows(&spec, &built, &protection, audience)?, audience)?;
    // The ledger first: what it does not know must not be out.
    let release = recording::release(&built, &protection);
    let recorded = directory.map(|directory| ledger.record(directory, release)).transpose()?;
    draft.keep()?;
    drop(lock);
    let (summary, seconds) = (&protection.summary, seconds_since(start));
    output::write(&match format {
        OutputFormat::Json => show::summary_json(summary, &built, policy.cost, seconds).to_string(),
        OutputFormat::Human => {
            let mut text = show::summary_text(summary, &built, policy.cost, seconds);
            if let Some(file) = recorded {
                let releases = ledger.len();
                let known = if releases == 1 {
                    "1 earlier release".into()
                } else {
                    format!("{releases} earlier releases")
                };
                text += &format!("protected against {known}; recorded in {}\n", file.display());
            }
            text
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn audit(
    path: &Path,
    released: &Path,
    directory: Option<&Path>,
    format: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let start = SystemClock.now();
    let spec = vetting::read(path)?;
    let ledger = directory.map(Ledger::read).transpose()?.unwrap_or_default();
    let Loaded { built, policy } = load(path, &spec, &ledger)?;
    let pattern = pattern::read(released, &spec, &built)?;
    let report = disclosure::audit_judged(&built.request, &built.judgements, &pattern, &policy)
        .map_err(|error| refused(&error, &built))?;
    output::write(&match format {
        OutputFormat::Json => show::verdict_json(&report, &built, seconds_since(start)).to_string(),
        OutputFormat::Human => show::verdict_text(&report, &built),
    })?;
    Ok(if report.disclosed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(BAD_DATA) })
}

fn refuse_to_overwrite(out: &Path, read: &[&Path]) -> Result<(), Problem> {
    let Ok(place) = std::fs::canonicalize(out) else { return Ok(()) };
    match read.iter().any(|path| std::fs::canonicalize(path).is_ok_and(|known| known == place)) {
        true => Err(Problem::new(out, "is what the command reads; name another file to write")),
        false => Ok(()),
    }
}

/// Why no release is possible, with the figures that it is about.
fn refused(error: &disclosure::Error, built: &Built) -> BadData {
    match error {
        disclosure::Error::DisclosedEarlier(disclosed) => {
            BadData(format!("{error}\n{}", show::disclosed_text(disclosed, built).trim_end()))
        }
        disclosure::Error::Malformed(_) => BadData(error.to_string()),
    }
}
