//! `status`, `complaint`, `source`, `audit` and `backup`.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::Session;
use crate::cli::arguments::{AuditCommand, BackupCommand, ComplaintCommand, SourceCommand};
use crate::cli::{exit, show};
use crate::jobs::Reject;
use crate::operations::audit::{AuditHead, AuditView};
use crate::operations::complaints::ComplaintView;
use crate::operations::sources::SourceListed;
use crate::operations::status::Status;
use crate::source::TestReport;

pub(super) async fn status(session: &Session) -> anyhow::Result<ExitCode> {
    let status: Status = session.client.get("/v1/status").await?;
    session.print(&status, |status| print_status(session, status))?;
    Ok(if status.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::HELD) })
}

pub(super) async fn complaint(session: &Session, command: ComplaintCommand) -> anyhow::Result<ExitCode> {
    match command {
        ComplaintCommand::List { all } => {
            let complaints: Vec<ComplaintView> =
                session.client.get(&format!("/v1/complaints?all={all}")).await?;
            session.print(&complaints, |complaints| print_complaints(session, complaints))?;
        }
        ComplaintCommand::Show { number } => {
            let complaint: ComplaintView = session.client.get(&format!("/v1/complaints/{number}")).await?;
            session.print(&complaint, |complaint| print_complaint(session, complaint))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn source(session: &Session, command: SourceCommand) -> anyhow::Result<ExitCode> {
    match command {
        SourceCommand::List => {
            let sources: Vec<SourceListed> = session.client.get("/v1/sources").await?;
            session.print(&sources, |sources| {
                let mut table = show::table(&["source", "kind", "feeds"]);
                for source in sources {
                    let kind = serde_json::to_value(source.kind).unwrap_or_default();
                    table.add_row([
                        source.name.to_string(),
                        kind.as_str().unwrap_or("").to_owned(),
                        source.feeds.join(", "),
                    ]);
                }
                anstream::println!("{table}");
            })?;
        }
        SourceCommand::Test { name } => {
            let report: TestReport =
                session.client.post(&format!("/v1/sources/{name}/test"), &json!({})).await?;
            session.print(&report, |report| {
                for sentence in &report.sentences {
                    anstream::println!("{sentence}");
                }
            })?;
        }
        SourceCommand::Rejected { name } => {
            let filter = name.map(|name| format!("?source={name}")).unwrap_or_default();
            let rejects: Vec<Reject> = session.client.get(&format!("/v1/rejected{filter}")).await?;
            session.print(&rejects, |rejects| print_rejects(rejects))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn audit(session: &Session, command: AuditCommand) -> anyhow::Result<ExitCode> {
    match command {
        AuditCommand::List { limit } => {
            let lines: Vec<AuditView> = session.client.get(&format!("/v1/audit?limit={limit}")).await?;
            session.print(&lines, |lines| {
                let mut table = show::table(&["line", "when", "who", "what", "subject", "outcome"]);
                for line in lines {
                    table.add_row([
                        line.id.to_string(),
                        show::instant(line.at, &session.zone),
                        line.actor.clone(),
                        line.operation.clone(),
                        line.subject.clone(),
                        line.outcome.clone(),
                    ]);
                }
                anstream::println!("{table}");
            })?;
        }
        AuditCommand::Verify => {
            let answer: Value = session.client.post("/v1/audit/verify", &json!({})).await?;
            session.print(&answer, |answer| {
                anstream::println!("{} lines, every one as it was written", answer["lines"])
            })?;
        }
        AuditCommand::Head => {
            let head: Option<AuditHead> = session.client.get("/v1/audit/head").await?;
            session.print(&head, |head| match head {
                Some(head) => anstream::println!("{} {}", head.id, head.sha256),
                None => anstream::println!("the audit log is empty"),
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn backup(session: &Session, command: BackupCommand) -> anyhow::Result<ExitCode> {
    let BackupCommand::Create = command;
    let answer: Value = session.client.post("/v1/backups", &json!({})).await?;
    session.print(&answer, |answer| {
        anstream::println!("backed up as {}", answer["backup"].as_str().unwrap_or(""))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn print_status(session: &Session, status: &Status) {
    let now = show::instant(status.now, &session.zone);
    anstream::println!(
        "{}  {now}  {} customers, {} orders, {} open complaints",
        status.business,
        status.customers,
        status.orders,
        status.open_complaints
    );
    let mut table = show::table(&["job", "last slot", "state", "next slot"]);
    for job in &status.jobs {
        let last = job.last.as_ref();
        table.add_row(vec![
            job.name.to_string().into(),
            show::maybe(last.map(|run| run.slot), &session.zone).into(),
            show::state(if job.paused { "paused" } else { last.map_or("never run", |run| &run.state) }),
            show::maybe(job.next.first().copied(), &session.zone).into(),
        ]);
    }
    anstream::println!("\n{table}\n");
    for source in &status.sources {
        let watermark = show::maybe(source.watermark, &session.zone);
        anstream::println!(
            "source {}: data until {watermark}, {} rows rejected",
            source.name,
            source.rejected
        );
    }
    let outbox: Vec<String> = status.outbox.iter().map(|(state, count)| format!("{count} {state}")).collect();
    anstream::println!(
        "outbox: {}\n",
        if outbox.is_empty() { "empty".to_owned() } else { outbox.join(", ") }
    );
    for problem in &status.problems {
        anstream::println!("{}{problem}", show::cross());
    }
    if status.problems.is_empty() {
        anstream::println!("{}all is well", show::tick());
    }
}

fn print_complaints(session: &Session, complaints: &[ComplaintView]) {
    let mut table = show::table(&["number", "kind", "level", "received", "clock", "due", ""]);
    for complaint in complaints {
        for clock in complaint.clocks.iter().filter(|clock| clock.stopped.is_none()) {
            table.add_row([
                complaint.number.to_string(),
                complaint.kind.to_string(),
                complaint.damage_level.map_or_else(|| "-".to_owned(), |level| level.to_string()),
                show::instant(complaint.received_at, &session.zone),
                clock.clock.clone(),
                show::instant(clock.due, &session.zone),
                if clock.overdue { "overdue".to_owned() } else { String::new() },
            ]);
        }
    }
    anstream::println!("{table}");
}

fn print_complaint(session: &Session, complaint: &ComplaintView) {
    let state = if complaint.open { "open" } else { "resolved" };
    anstream::println!("complaint {}: {}, {state}", complaint.number, complaint.kind);
    for event in &complaint.events {
        let what = serde_json::to_value(&event.event).unwrap_or_default();
        anstream::println!(
            "  {}  {}",
            show::instant(event.at, &session.zone),
            what["event"].as_str().unwrap_or("")
        );
    }
    for clock in &complaint.clocks {
        let due = show::instant(clock.due, &session.zone);
        let state = match (clock.stopped, clock.overdue) {
            (Some(at), _) => format!("stopped {}", show::instant(at, &session.zone)),
            (None, true) => "overdue".to_owned(),
            (None, false) => "running".to_owned(),
        };
        anstream::println!("  {} due {due}, {state}", clock.clock);
    }
}

fn print_rejects(rejects: &[Reject]) {
    if rejects.is_empty() {
        anstream::println!("{}every row fits", show::tick());
        return;
    }
    let mut table = show::table(&["source", "origin", "row", "column", "value", "why"]);
    for reject in rejects {
        table.add_row([
            reject.source.to_string(),
            reject.origin.clone(),
            reject.row.to_string(),
            reject.column.clone(),
            reject.value.clone().unwrap_or_else(|| "(sealed)".to_owned()),
            reject.reason.clone(),
        ]);
    }
    anstream::println!("{table}");
}
