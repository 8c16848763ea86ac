//! `job` and `run`.

use std::process::ExitCode;

use serde_json::json;

use super::{Session, segment};
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
            session.print(&jobs, |jobs| shown_jobs(session, jobs))?;
        }
        JobCommand::Show { name } => {
            let job: JobView = session.client.get(&format!("/v1/jobs/{}", segment(name.as_str()))).await?;
            session.print(&job, |job| shown_job(session, job))?;
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
            let filter = job.map(|job| format!("&job={}", segment(job.as_str()))).unwrap_or_default();
            let runs: Vec<RunView> = session.client.get(&format!("/v1/runs?limit={limit}{filter}")).await?;
            session.print(&runs, |runs| shown_runs(session, runs))?;
            return Ok(ExitCode::SUCCESS);
        }
        RunCommand::Show { id } => {
            let run: RunView = session.client.get(&format!("/v1/runs/{id}")).await?;
            session.print(&run, |run| shown_run(session, run))?;
            return Ok(ExitCode::SUCCESS);
        }
        RunCommand::Retry { id } => session.client.post(&format!("/v1/runs/{id}/retry"), &json!({})).await?,
    };
    session.print(&run, |run| shown_run(session, run))?;
    Ok(exit_of(&run))
}

/// What `job run` answers: as JSON an object with one of the keys `run` (it is over), `started` (the daemon
/// goes on with it), `joined` (another trigger of the slot was first; this is its run) and `dry_run`.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Run(Box<RunView>),
    Started(Prepared),
    Joined(Box<RunView>),
    DryRun(DryRun),
}

async fn run_job(session: &Session, arguments: RunArguments) -> anyhow::Result<ExitCode> {
    let RunArguments { name, period, dry_run, wait } = arguments;
    // Without a daemon nobody would go on with it after this process.
    let wait = wait || matches!(session.client, Client::InProcess { .. });
    let request = RunRequest { period, dry_run, wait };
    let answer: Answer =
        session.client.post(&format!("/v1/jobs/{}/run", segment(name.as_str())), &request).await?;
    session.print(&answer, |answer| match answer {
        Answer::Run(run) | Answer::Joined(run) => shown_run(session, run),
        Answer::Started(started) => {
            let slot = show::instant(started.slot.at, &session.zone);
            format!("started {} for slot {slot}; `firstwatch run list` shows how it goes", started.slot.job)
        }
        Answer::DryRun(dry) => shown_dry_run(dry),
    })?;
    Ok(match &answer {
        Answer::Run(run) | Answer::Joined(run) => exit_of(run),
        Answer::Started(_) | Answer::DryRun(_) => ExitCode::SUCCESS,
    })
}

async fn pause(session: &Session, name: &JobName, paused: bool) -> anyhow::Result<()> {
    let job: JobView = session
        .client
        .post(&format!("/v1/jobs/{}/pause", segment(name.as_str())), &json!({ "paused": paused }))
        .await?;
    session.print(&job, |job| shown_job(session, job))
}

/// Mail that did not go out makes a run partly done: it is not what was asked for.
fn exit_of(run: &RunView) -> ExitCode {
    match run.state.as_str() {
        "failed" if run.is_partly_done() => ExitCode::from(exit::HELD),
        "failed" => ExitCode::from(exit::FAILED),
        "held" if run.wants_a_service() => ExitCode::from(exit::UNAVAILABLE),
        "held" => ExitCode::from(exit::HELD),
        _ if run.has_mail_left() => ExitCode::from(exit::HELD),
        _ => ExitCode::SUCCESS,
    }
}

fn shown_jobs(session: &Session, jobs: &[JobView]) -> String {
    let mut table = show::table(&["job", "schedule", "last slot", "state", "next slot"]);
    for job in jobs {
        let last = job.last.as_ref();
        table.add_row(vec![
            job.name.to_string().into(),
            job.schedule.clone().into(),
            show::maybe(last.map(|run| run.slot), &session.zone).into(),
            show::state(if job.paused { "paused" } else { last.map_or("never", |run| &run.state) }),
            show::maybe(next_of(job), &session.zone).into(),
        ]);
    }
    show::lines(&table, "there is no job")
}

/// The next slot that will be run: a paused job has none.
pub(super) fn next_of(job: &JobView) -> Option<jiff::Timestamp> {
    job.next.first().copied().filter(|_| !job.paused)
}

fn shown_job(session: &Session, job: &JobView) -> String {
    let mut lines = vec![
        format!("{}{}", job.name, if job.paused { " (paused)" } else { "" }),
        format!("schedule    {}", job.schedule),
        format!(
            "recipients  {}",
            if job.recipients.is_empty() { "-".into() } else { job.recipients.join(", ") }
        ),
    ];
    if next_of(job).is_some() {
        let next = job.next.iter().map(|&next| show::instant(next, &session.zone));
        lines.push(format!("next        {}", next.collect::<Vec<_>>().join(", ")));
    }
    if let Some(run) = &job.last {
        lines.push(format!(
            "last        {} {}: {}",
            show::instant(run.slot, &session.zone),
            run.state,
            run.message
        ));
    }
    lines.join("\n")
}

fn shown_runs(session: &Session, runs: &[RunView]) -> String {
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
    show::lines(&table, "no run yet")
}

fn shown_run(session: &Session, run: &RunView) -> String {
    let period = run.period.map(|period| format!(" of {period}")).unwrap_or_default();
    let slot = show::instant(run.slot, &session.zone);
    let state = if run.is_partly_done() { "failed in part" } else { &run.state };
    let mut lines =
        vec![format!("run {}: {}{period}, slot {slot}, {state} (attempt {})", run.id, run.job, run.attempt)];
    if run.joined {
        lines.push("this slot was triggered before; nothing was run twice".to_owned());
    }
    if !run.message.is_empty() {
        lines.push(run.message.clone());
    }
    if let Some(next) = run.next_attempt_at {
        lines.push(format!(
            "it is tried again at {}, while the daemon runs",
            show::instant(next, &session.zone)
        ));
    }
    lines.extend(shown_mail(run));
    lines.join("\n")
}

fn shown_mail(run: &RunView) -> Option<String> {
    let mail = run.mail.as_ref().filter(|mail| !mail.is_empty())?;
    let counts: Vec<String> = mail.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let advice = if run.has_mail_left() { "; `firstwatch outbox list` says why" } else { "" };
    Some(format!("mail: {}{advice}", counts.join(", ")))
}

fn shown_dry_run(dry: &DryRun) -> String {
    let mut text = format!("job {} would {}", dry.job, dry.would);
    if !dry.recipients.is_empty() {
        text += &format!("\nrecipients: {}", dry.recipients.join(", "));
    }
    text
}
