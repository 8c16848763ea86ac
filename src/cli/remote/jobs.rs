//! `job` and `run`.

use std::process::ExitCode;

use serde_json::json;

use super::Session;
use crate::api::Client;
use crate::cli::arguments::{JobCommand, RunArguments, RunCommand};
use crate::cli::exit;
use crate::cli::show;
use crate::domain::ids::JobName;
use crate::operations::runs::{DryRun, JobView, Prepared, RunRequest, RunView};

pub(super) async fn job(session: &Session, command: JobCommand) -> anyhow::Result<ExitCode> {
    match command {
        JobCommand::List => {
            let jobs: Vec<JobView> = session.client.get("/v1/jobs").await?;
            session.print(&jobs, |jobs| print_jobs(session, jobs))?;
        }
        JobCommand::Show { name } => {
            let job: JobView = session.client.get(&format!("/v1/jobs/{name}")).await?;
            session.print(&job, |job| print_job(session, job))?;
        }
        JobCommand::Run(arguments) => return run_job(session, arguments).await,
        JobCommand::Pause { name } => pause(session, &name, true).await?,
        JobCommand::Resume { name } => pause(session, &name, false).await?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run(session: &Session, command: RunCommand) -> anyhow::Result<ExitCode> {
    let run: RunView = match command {
        RunCommand::List { job, limit } => {
            let filter = job.map(|job| format!("&job={job}")).unwrap_or_default();
            let runs: Vec<RunView> = session.client.get(&format!("/v1/runs?limit={limit}{filter}")).await?;
            session.print(&runs, |runs| print_runs(session, runs))?;
            return Ok(ExitCode::SUCCESS);
        }
        RunCommand::Show { id } => {
            let run: RunView = session.client.get(&format!("/v1/runs/{id}")).await?;
            session.print(&run, |run| print_run(session, run))?;
            return Ok(ExitCode::SUCCESS);
        }
        RunCommand::Retry { id } => session.client.post(&format!("/v1/runs/{id}/retry"), &json!({})).await?,
    };
    session.print(&run, |run| print_run(session, run))?;
    Ok(exit_of(&run))
}

async fn run_job(session: &Session, arguments: RunArguments) -> anyhow::Result<ExitCode> {
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Answer {
        Run(Box<RunView>),
        Started(Prepared),
        DryRun(DryRun),
    }
    let RunArguments { name, period, dry_run, wait } = arguments;
    // Without a daemon nobody would go on with it after this process.
    let wait = wait || matches!(session.client, Client::InProcess { .. });
    let request = RunRequest { period, dry_run, wait };
    let answer: Answer = session.client.post(&format!("/v1/jobs/{name}/run"), &request).await?;
    session.print(&answer, |answer| match answer {
        Answer::Run(run) => print_run(session, run),
        Answer::Started(started) => {
            let slot = show::instant(started.slot.at, &session.zone);
            anstream::println!(
                "started {} for slot {slot}; `firstwatch run list` shows how it goes",
                started.slot.job
            );
        }
        Answer::DryRun(dry) => print_dry_run(dry),
    })?;
    Ok(match &answer {
        Answer::Run(run) => exit_of(run),
        Answer::Started(_) | Answer::DryRun(_) => ExitCode::SUCCESS,
    })
}

async fn pause(session: &Session, name: &JobName, paused: bool) -> anyhow::Result<()> {
    let job: JobView =
        session.client.post(&format!("/v1/jobs/{name}/pause"), &json!({ "paused": paused })).await?;
    session.print(&job, |job| print_job(session, job))
}

fn exit_of(run: &RunView) -> ExitCode {
    match run.state.as_str() {
        "failed" => ExitCode::from(exit::FAILED),
        "held" => ExitCode::from(exit::HELD),
        _ => ExitCode::SUCCESS,
    }
}

fn print_jobs(session: &Session, jobs: &[JobView]) {
    let mut table = show::table(&["job", "schedule", "last slot", "state", "next slot"]);
    for job in jobs {
        let last = job.last.as_ref();
        table.add_row(vec![
            job.name.to_string().into(),
            job.schedule.clone().into(),
            show::maybe(last.map(|run| run.slot), &session.zone).into(),
            show::state(if job.paused { "paused" } else { last.map_or("never run", |run| &run.state) }),
            show::maybe(job.next.first().copied(), &session.zone).into(),
        ]);
    }
    anstream::println!("{table}");
}

fn print_job(session: &Session, job: &JobView) {
    anstream::println!("{}  ({})", job.name, if job.paused { "paused" } else { &job.schedule });
    anstream::println!(
        "recipients  {}",
        if job.recipients.is_empty() { "-".into() } else { job.recipients.join(", ") }
    );
    for next in &job.next {
        anstream::println!("next        {}", show::instant(*next, &session.zone));
    }
    if let Some(run) = &job.last {
        anstream::println!(
            "last        {} {}: {}",
            show::instant(run.slot, &session.zone),
            run.state,
            run.message
        );
    }
}

fn print_runs(session: &Session, runs: &[RunView]) {
    let mut table = show::table(&["run", "job", "slot", "period", "trigger", "state", "message"]);
    for run in runs {
        table.add_row(vec![
            run.id.to_string().into(),
            run.job.to_string().into(),
            show::instant(run.slot, &session.zone).into(),
            run.period.map_or_else(|| "-".to_owned(), |period| period.to_string()).into(),
            run.trigger.clone().into(),
            show::state(&run.state),
            run.message.clone().into(),
        ]);
    }
    anstream::println!("{table}");
}

fn print_run(session: &Session, run: &RunView) {
    let period = run.period.map(|period| format!(" of {period}")).unwrap_or_default();
    let slot = show::instant(run.slot, &session.zone);
    anstream::println!(
        "run {}: {}{period}, slot {slot}, {} (attempt {})",
        run.id,
        run.job,
        run.state,
        run.attempt
    );
    if !run.message.is_empty() {
        anstream::println!("{}", run.message);
    }
    if let Some(next) = run.next_attempt_at {
        anstream::println!("it is tried again at {}", show::instant(next, &session.zone));
    }
}

fn print_dry_run(dry: &DryRun) {
    anstream::println!("job {} would {}", dry.job, dry.would);
    if !dry.recipients.is_empty() {
        anstream::println!("recipients: {}", dry.recipients.join(", "));
    }
}
