//! Every command and its arguments, as clap reads them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};

use super::output::OutputFormat;
use crate::domain::ids::JobName;
use crate::domain::period::Period;

/// A shop's night watch: sales reports in which no customer can be found, complaints that never miss a
/// deadline.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = "Start here:  firstwatch demo --dir /tmp/shop")]
pub struct Cli {
    /// The configuration; /etc/firstwatch/firstwatch.toml when not given
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to print what comes out
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: OutputFormat,
    /// Say more; twice says everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon
    #[command(after_help = "Example:  firstwatch serve --config /etc/firstwatch/firstwatch.toml")]
    Serve,
    /// Show the whole main job on a made-up shop, in one folder
    #[command(after_help = "Example:  firstwatch demo --dir /tmp/shop")]
    Demo(super::demo::DemoOptions),
    /// Check configuration, jobs, calendars and keys; print every error at once, then the plan
    #[command(after_help = "Example:  firstwatch check --config config/production.example.toml")]
    Check,
    /// Is all well? Jobs, sources, outbox, and every problem
    #[command(after_help = "Example:  firstwatch status --format json")]
    Status,
    /// Jobs: list, show, run by hand, pause, resume
    #[command(subcommand)]
    Job(JobCommand),
    /// The run ledger
    #[command(subcommand)]
    Run(RunCommand),
    /// Reports: released ones, and previews
    #[command(subcommand)]
    Report(ReportCommand),
    /// Messages on their way out
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Complaints and their deadlines
    #[command(subcommand)]
    Complaint(ComplaintCommand),
    /// Sources: list, test, and the rows that did not fit
    #[command(subcommand)]
    Source(SourceCommand),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Backups
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Keys
    #[command(subcommand)]
    Key(super::key::KeyCommand),
    /// Statistical disclosure control on any table, without a store
    #[command(subcommand)]
    Disclosure(super::disclosure::DisclosureCommand),
    /// What the planner would do with a schedule
    #[command(subcommand)]
    Schedule(super::schedule::Command),
    /// Working time and days off
    #[command(subcommand)]
    Calendar(super::calendar::Command),
    /// Print a shell's completions
    #[command(after_help = "Example:  firstwatch completions bash > /etc/bash_completion.d/firstwatch")]
    Completions { shell: clap_complete::Shell },
    /// Write the manual pages
    #[command(after_help = "Example:  firstwatch man /usr/local/share/man/man1")]
    Man {
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// Every job with its last and next slot
    List,
    /// One job
    Show {
        #[arg(value_parser = job_name)]
        name: JobName,
    },
    /// Run a job now
    #[command(after_help = "Example:  firstwatch job run weekly-sales --period 2026-W46 --wait")]
    Run(RunArguments),
    /// Plan no more slots of a job
    Pause {
        #[arg(value_parser = job_name)]
        name: JobName,
    },
    /// Plan a paused job's slots again
    Resume {
        #[arg(value_parser = job_name)]
        name: JobName,
    },
}

#[derive(Debug, Args)]
pub struct RunArguments {
    #[arg(value_parser = job_name)]
    pub name: JobName,
    /// A report's period: 2026-11-22, 2026-W46, 2026-11, 2026-Q3 or 2026; the last complete one when not given
    #[arg(long)]
    pub period: Option<Period>,
    /// Say what it would do, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Wait until it is done (it always does when no daemon runs)
    #[arg(long)]
    pub wait: bool,
}

#[derive(Debug, Subcommand)]
pub enum RunCommand {
    /// The newest runs
    List {
        /// Only this job's
        #[arg(long, value_parser = job_name)]
        job: Option<JobName>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One run
    Show { id: i64 },
    /// Run a failed or held run's slot again, now
    Retry { id: i64 },
}

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Released reports, the newest first
    List {
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One release: its slot, its pages, its hashes
    Show { id: i64 },
    /// Write what would be sent, without sending or releasing it
    #[command(
        after_help = "Example:  firstwatch report preview weekly-sales --period 2026-W46 --out /tmp/preview"
    )]
    Preview {
        #[arg(value_parser = job_name)]
        job: JobName,
        #[arg(long)]
        period: Option<Period>,
        /// The folder to write into; it is made when it is not there
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// The newest messages
    List {
        /// pending, claimed, dot_pending, sent, refused, ambiguous, cancelled or quarantined
        #[arg(long)]
        state: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Send a refused or ambiguous message again, the same bytes
    Retry { id: i64 },
    /// Never send a message
    Cancel { id: i64 },
}

#[derive(Debug, Subcommand)]
pub enum ComplaintCommand {
    /// Open complaints, the earliest deadline first
    List {
        /// Resolved ones too
        #[arg(long)]
        all: bool,
    },
    /// One complaint: its events and its clocks
    Show { number: i64 },
}

#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// The configured sources
    List,
    /// Connect, read ten rows of each feed, and say what was understood
    Test { name: String },
    /// The rows that did not fit, and why
    Rejected { name: Option<String> },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The newest lines
    List {
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Walk the whole chain
    Verify,
    /// The newest line's number and hash: keep it elsewhere
    Head,
}

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make a copy now
    Create,
}

fn job_name(text: &str) -> Result<JobName, std::convert::Infallible> {
    Ok(JobName::new(text))
}

pub(super) fn completions(shell: clap_complete::Shell) -> ExitCode {
    clap_complete::generate(shell, &mut Cli::command(), "firstwatch", &mut std::io::stdout());
    ExitCode::SUCCESS
}

pub(super) fn man(dir: &std::path::Path) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(dir).with_context(|| format!("failed to create {}", dir.display()))?;
    clap_mangen::generate_to(Cli::command(), dir)
        .with_context(|| format!("failed to write manual pages into {}", dir.display()))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
