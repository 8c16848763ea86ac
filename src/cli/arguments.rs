//! Every command and its arguments, as clap reads them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::engine::ArgValueCompleter;

use super::complete;
use super::output::OutputFormat;
use crate::domain::ids::JobName;
use crate::domain::period::Period;

/// A shop's night watch: sales reports in which no customer can be found, complaints that never miss a
/// deadline.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = "Example:  firstwatch demo --dir /tmp/shop")]
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
    /// The same in figures, for a watcher: the text format of Prometheus
    #[command(after_help = "Example:  firstwatch metrics > /var/lib/node-exporter/firstwatch.prom")]
    Metrics,
    /// Jobs: list, show, run by hand, pause, resume
    #[command(subcommand, after_help = "Example:  firstwatch job run weekly-sales --period 2026-W46 --wait")]
    Job(JobCommand),
    /// The run ledger
    #[command(subcommand, after_help = "Example:  firstwatch run list --job weekly-sales")]
    Run(RunCommand),
    /// Reports: released ones, and previews
    #[command(subcommand, after_help = "Example:  firstwatch report list --format json")]
    Report(ReportCommand),
    /// Messages on their way out
    #[command(subcommand, after_help = "Example:  firstwatch outbox list --state refused")]
    Outbox(OutboxCommand),
    /// Complaints and their deadlines: take them down, handle them, compensate, import
    #[command(subcommand, after_help = "Example:  firstwatch complaint list")]
    Complaint(super::complaint::ComplaintCommand),
    /// Customers' data: find, show, correct, who looked, payment statement, lawful deletion
    #[command(
        subcommand,
        after_help = "Example:  firstwatch customer show 7 --purpose data-request --request YC-2026-31"
    )]
    Customer(super::customer::CustomerCommand),
    /// Payments: list, and what customers say of them
    #[command(subcommand, after_help = "Example:  firstwatch payment list --unconfirmed")]
    Payment(super::payment::PaymentCommand),
    /// Sources: list, test, and the rows that did not fit
    #[command(subcommand, after_help = "Example:  firstwatch source rejected shop --format json")]
    Source(SourceCommand),
    /// The audit log
    #[command(subcommand, after_help = "Example:  firstwatch audit verify")]
    Audit(AuditCommand),
    /// Backups: make, prove, restore
    #[command(subcommand, after_help = "Example:  firstwatch backup verify")]
    Backup(BackupCommand),
    /// Keys
    #[command(subcommand, after_help = "Example:  firstwatch key new /etc/firstwatch/master.key")]
    Key(super::key::KeyCommand),
    /// Statistical disclosure control on any table, without a store
    #[command(
        subcommand,
        after_help = "Example:  firstwatch disclosure protect --spec week.toml --out week.csv"
    )]
    Disclosure(super::disclosure::DisclosureCommand),
    /// What the planner would do with a schedule
    #[command(
        subcommand,
        after_help = "Example:  firstwatch schedule next \"0 7 * * MON\" --timezone Asia/Ho_Chi_Minh"
    )]
    Schedule(super::schedule::Command),
    /// Working time and days off
    #[command(subcommand, after_help = "Example:  firstwatch calendar list --year 2026")]
    Calendar(super::calendar::Command),
    /// Print a shell's completions, which know your jobs and sources
    #[command(after_help = "Example:  firstwatch completions bash > /etc/bash_completion.d/firstwatch\n\n\
                      zsh: into a folder of $fpath as _firstwatch; fish: into ~/.config/fish/completions/firstwatch.fish. \
                      Print them again after an upgrade.")]
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
    #[command(after_help = "Example:  firstwatch job list")]
    List,
    /// One job
    #[command(after_help = "Example:  firstwatch job show weekly-sales")]
    Show {
        #[arg(value_parser = job_name, add = ArgValueCompleter::new(complete::jobs))]
        name: JobName,
    },
    /// Run a job now
    #[command(after_help = "Example:  firstwatch job run weekly-sales --period 2026-W46 --wait")]
    Run(RunArguments),
    /// Plan no more slots of a job
    #[command(after_help = "Example:  firstwatch job pause weekly-sales")]
    Pause {
        #[arg(value_parser = job_name, add = ArgValueCompleter::new(complete::jobs))]
        name: JobName,
    },
    /// Plan a paused job's slots again
    #[command(after_help = "Example:  firstwatch job resume weekly-sales")]
    Resume {
        #[arg(value_parser = job_name, add = ArgValueCompleter::new(complete::jobs))]
        name: JobName,
    },
}

#[derive(Debug, Args)]
pub struct RunArguments {
    #[arg(value_parser = job_name, add = ArgValueCompleter::new(complete::jobs))]
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
    #[command(after_help = "Example:  firstwatch run list --job pull --limit 5")]
    List {
        /// Only this job's
        #[arg(long, value_parser = job_name, add = ArgValueCompleter::new(complete::jobs))]
        job: Option<JobName>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One run
    #[command(after_help = "Example:  firstwatch run show 12 --format json")]
    Show {
        #[arg(value_parser = run_number, add = ArgValueCompleter::new(complete::runs))]
        id: i64,
    },
    /// Run a failed or held run's slot again, now
    #[command(after_help = "Example:  firstwatch run retry 12")]
    Retry {
        #[arg(value_parser = run_number, add = ArgValueCompleter::new(complete::runs))]
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Released reports, the newest first
    #[command(after_help = "Example:  firstwatch report list --limit 5")]
    List {
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// One release: its slot, its pages, its hashes
    #[command(after_help = "Example:  firstwatch report show 3 --out /tmp/release-3")]
    Show {
        #[arg(value_parser = release_number, add = ArgValueCompleter::new(complete::releases))]
        id: i64,
        /// Write its parts as they were released into this folder, which is made when it is not there
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Make a release again from its sealed pages and its manifest, and compare every byte
    #[command(after_help = "Example:  firstwatch report verify 3\n\n\
                            Exit code 0: not a byte differs; 1: what differs is named; 65: its manifest lacks what \
                            it was made of.")]
    Verify {
        #[arg(value_parser = release_number, add = ArgValueCompleter::new(complete::releases))]
        id: i64,
    },
    /// Send a release once more, the same bytes
    #[command(after_help = "Example:  firstwatch report resend 3 --to managers --to ke-toan@1stwatch.vn\n\n\
                            Exit code 0: sent; 3: queued, and not sent yet.")]
    Resend {
        #[arg(value_parser = release_number, add = ArgValueCompleter::new(complete::releases))]
        id: i64,
        /// A recipient group, or an internal address; may be repeated
        #[arg(long, required = true, value_name = "WHO")]
        to: Vec<String>,
    },
    /// Write what would be sent, without sending or releasing it
    #[command(
        after_help = "Example:  firstwatch report preview weekly-sales --period 2026-W46 --out /tmp/preview --open"
    )]
    Preview {
        #[arg(value_parser = job_name, add = ArgValueCompleter::new(complete::jobs))]
        job: JobName,
        #[arg(long)]
        period: Option<Period>,
        /// The folder to write into; it is made when it is not there
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Show the report in the browser, by `xdg-open`
        #[arg(long)]
        open: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// The newest messages
    #[command(after_help = "Example:  firstwatch outbox list --state ambiguous")]
    List {
        /// Only those in this state
        #[arg(long, value_parser = states())]
        state: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Send a refused or ambiguous message again, the same bytes
    #[command(after_help = "Example:  firstwatch outbox retry 7")]
    Retry {
        #[arg(value_parser = message_number)]
        id: i64,
    },
    /// Let a quarantined message go after all
    #[command(after_help = "Example:  firstwatch outbox release 7")]
    Release {
        #[arg(value_parser = message_number)]
        id: i64,
    },
    /// Never send a message
    #[command(after_help = "Example:  firstwatch outbox cancel 7")]
    Cancel {
        #[arg(value_parser = message_number)]
        id: i64,
    },
}

#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// The configured sources
    #[command(after_help = "Example:  firstwatch source list")]
    List,
    /// Connect, read ten rows of each feed, and say what was understood
    #[command(after_help = "Example:  firstwatch source test shop")]
    Test {
        #[arg(add = ArgValueCompleter::new(complete::sources))]
        name: String,
    },
    /// The rows that did not fit, and why
    #[command(after_help = "Example:  firstwatch source rejected shop --format json")]
    Rejected {
        #[arg(add = ArgValueCompleter::new(complete::sources))]
        name: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The newest lines
    #[command(after_help = "Example:  firstwatch audit list --limit 50")]
    List {
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Walk the whole chain, and hold it against heads that were noted elsewhere
    #[command(after_help = "Example:  firstwatch audit verify --heads /mnt/auditors/firstwatch.heads\n\n\
                            Exit code 0: every line is as it was written; 1: the first that is not is named.")]
    Verify {
        /// A file with heads: lines of [audit] heads_file, of `audit head`, or whole mails to the auditors
        #[arg(long, value_name = "FILE")]
        heads: Option<PathBuf>,
    },
    /// The newest line's number and hash: keep it elsewhere
    #[command(after_help = "Example:  firstwatch audit head")]
    Head,
}

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make a copy now
    #[command(after_help = "Example:  firstwatch backup create")]
    Create,
    /// The copies in the state directory, the newest first
    #[command(after_help = "Example:  firstwatch backup list")]
    List,
    /// Restore a copy into a folder that is thrown away, and prove what is in it
    #[command(after_help = "Example:  firstwatch backup verify /mnt/safe/20261116T020000Z\n\n\
                            Exit code 0: it is what was backed up; 1: the damage is named.")]
    Verify {
        /// A name of `backup list`, or a path; the newest when not given
        #[arg(value_name = "COPY")]
        copy: Option<String>,
    },
    /// Restore a copy into the state directory, which must not be there or be empty
    #[command(after_help = "Example:  firstwatch backup restore /mnt/safe/20261116T020000Z\n\n\
                            Stop the daemon first. Nothing is overwritten: move a damaged state directory aside.")]
    Restore {
        /// A name of `backup list`, or a path
        #[arg(value_name = "COPY")]
        copy: String,
        /// Another folder than the configured state directory
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// A journal of erasures from elsewhere: whom it names is erased again. Those beside the copy are found
        #[arg(long, value_name = "FILE")]
        erasures: Option<PathBuf>,
    },
}

fn states() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(crate::operations::outbox::states())
}

fn run_number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "not a run's number; `firstwatch run list` shows them")
}

fn release_number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "not a release's number; `firstwatch report list` shows them")
}

fn message_number(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "not a message's number; `firstwatch outbox list` shows them")
}

fn job_name(text: &str) -> Result<JobName, std::convert::Infallible> {
    Ok(JobName::new(text))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_carries_an_example() {
        fn walk(command: &clap::Command, path: &str, without: &mut Vec<String>, seen: &mut usize) {
            let path = format!("{path} {}", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            *seen += 1;
            // The example is one that can be typed: it calls firstwatch with this command or one below it.
            let words = path.trim().trim_start_matches("firstwatch").trim();
            if !(help.contains("Example") && help.contains(&format!("firstwatch {words}"))) {
                without.push(path.clone());
            }
            for below in command.get_subcommands() {
                walk(below, &path, without, seen);
            }
        }
        let (mut without, mut seen) = (Vec::new(), 0);
        walk(&Cli::command(), "", &mut without, &mut seen);
        assert!(without.is_empty(), "no example in the help of {without:?}");
        assert!(seen > 40, "{seen} commands were looked at");
    }

    #[test]
    fn every_example_is_understood() {
        fn examples(command: &clap::Command, all: &mut Vec<String>) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines =
                help.lines().filter_map(|line| line.find("firstwatch ").map(|at| line[at..].to_owned()));
            all.extend(lines);
            command.get_subcommands().for_each(|below| examples(below, all));
        }
        let mut all = Vec::new();
        examples(&Cli::command(), &mut all);
        for example in all {
            let command = example.split(['>', '<']).next().unwrap_or_default();
            // Only the schedule's pattern is quoted.
            let words: Vec<String> = command
                .split('"')
                .enumerate()
                .flat_map(|(at, part)| match at % 2 {
                    1 => vec![part.to_owned()],
                    _ => part.split_whitespace().map(str::to_owned).collect(),
                })
                .collect();
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{example}: {error}");
            }
        }
    }
}
