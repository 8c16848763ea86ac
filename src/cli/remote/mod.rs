//! The commands that go through the api's client: ask, then print. One file a subject.

mod backups;
mod complaints;
mod complaints_shown;
mod customers;
mod explained;
mod inspect;
mod jobs;
mod keys;
mod metrics;
mod payments;
mod reports;
mod words;

pub(super) use backups::held;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::arguments::Command;
use super::key::KeyCommand;
use super::output::{self, OutputFormat};
use super::reach;
use crate::api::Client;
use crate::operations::about::About;

/// What every one of these commands needs.
pub(super) struct Session {
    pub client: Client,
    pub zone: TimeZone,
    pub format: OutputFormat,
}

impl Session {
    /// Prints `answer` as JSON, or as `human` shows it.
    pub fn print<T: Serialize>(&self, answer: &T, human: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        output::print(answer, self.format, human)
    }
}

/// A name as a part of a request's path or query, whatever a person typed.
fn segment(name: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC)
}

pub fn run(command: Command, config: Option<PathBuf>, format: OutputFormat) -> anyhow::Result<ExitCode> {
    if let Some(socket) = reach::socket_without_configuration(config.as_deref()) {
        return reach::block_on(ask_daemon(socket, command, format))?;
    }
    let settings = reach::load(config)?;
    let zone = settings.business.zone.clone();
    let session = Session { client: reach::client(settings)?, zone, format };
    reach::block_on(answer(&session, command))?
}

/// For those who hold a role and may not read the configuration: the daemon tells what they need of it.
async fn ask_daemon(socket: PathBuf, command: Command, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let client = Client::Socket(socket);
    let about: About = client.get("/v1/about").await?;
    let zone = TimeZone::get(&about.zone).context("the shop's zone is not known on this machine")?;
    answer(&Session { client, zone, format }, command).await
}

async fn answer(session: &Session, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Status => inspect::status(session).await,
        Command::Metrics => metrics::metrics(session).await,
        Command::Job(command) => jobs::job(session, command).await,
        Command::Run(command) => jobs::run(session, command).await,
        Command::Report(command) => reports::report(session, command).await,
        Command::Outbox(command) => reports::outbox(session, command).await,
        Command::Customer(command) => customers::customer(session, command).await,
        Command::Payment(command) => payments::payment(session, command).await,
        Command::Complaint(command) => complaints::complaint(session, command).await,
        Command::Source(command) => inspect::source(session, command).await,
        Command::Audit(command) => inspect::audit(session, command).await,
        Command::Key(KeyCommand::Rotate(arguments)) => keys::rotate(session, arguments).await,
        Command::Backup(command) => backups::backup(session, command).await,
        Command::Serve
        | Command::Demo(_)
        | Command::Check
        | Command::Key(_)
        | Command::Disclosure(_)
        | Command::Schedule(_)
        | Command::Calendar(_)
        | Command::Completions { .. }
        | Command::Man { .. } => unreachable!("these commands were dispatched before"),
    }
}
