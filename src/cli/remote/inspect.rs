//! `status`, `source` and `audit`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::jobs::next_of;
use super::{Session, segment};
use crate::cli::arguments::{AuditCommand, SourceCommand};
use crate::cli::{exit, show};
use crate::jobs::Reject;
use crate::operations::audit::{AuditHead, AuditView, Verified, VerifyRequest};
use crate::operations::sources::SourceListed;
use crate::operations::status::Status;
use crate::source::TestReport;

pub(super) async fn status(session: &Session) -> anyhow::Result<ExitCode> {
    let status: Status = session.client.get("/v1/status").await?;
    session.print(&status, |status| shown_status(session, status))?;
    Ok(if status.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::HELD) })
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
                show::lines(&table, "no source is configured; add a [[source]]")
            })?;
        }
        SourceCommand::Test { name } => {
            let path = format!("/v1/sources/{}/test", segment(&name));
            let report: TestReport = session.client.post(&path, &json!({})).await?;
            session.print(&report, |report| report.sentences.join("\n"))?;
        }
        SourceCommand::Rejected { name } => {
            let filter = name.map(|name| format!("?source={}", segment(&name))).unwrap_or_default();
            let rejects: Vec<Reject> = session.client.get(&format!("/v1/rejected{filter}")).await?;
            session.print(&rejects, |rejects| shown_rejects(rejects))?;
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
                show::lines(&table, "the audit log is empty")
            })?;
        }
        AuditCommand::Verify { heads } => {
            let heads = heads.as_deref().map(noted_heads).transpose()?.unwrap_or_default();
            let answer: Verified = session.client.post("/v1/audit/verify", &VerifyRequest { heads }).await?;
            session.print(&answer, |answer| {
                let lines = show::count(answer.lines, "line");
                let heads = match answer.heads {
                    0 => String::new(),
                    heads => format!("; the log holds {}", show::count(heads as u64, "noted head")),
                };
                format!("{}{lines}, every one as it was written{heads}", show::tick())
            })?;
        }
        AuditCommand::Head => {
            let head: Option<AuditHead> = session.client.get("/v1/audit/head").await?;
            session.print(&head, |head| match head {
                Some(head) => format!("{} {}", head.id, head.sha256),
                None => "the audit log is empty".to_owned(),
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Every number that a SHA-256 follows, whatever stands around the two.
fn noted_heads(file: &Path) -> anyhow::Result<Vec<AuditHead>> {
    let text = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
    let text = String::from_utf8_lossy(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let head = |pair: &[&str]| {
        let is_hash = pair[1].len() == 64 && pair[1].bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = pair[0].parse().ok().filter(|&id: &i64| id >= 1 && is_hash)?;
        Some(AuditHead { id, sha256: pair[1].to_owned() })
    };
    let heads: Vec<AuditHead> = words.windows(2).filter_map(head).collect();
    if heads.is_empty() {
        return Err(exit::BadData(format!(
            "{} holds no head: a line's number and its SHA-256",
            file.display()
        ))
        .into());
    }
    Ok(heads)
}

fn shown_status(session: &Session, status: &Status) -> String {
    let mut table = show::table(&["job", "last slot", "state", "next slot"]);
    for job in &status.jobs {
        let last = job.last.as_ref();
        table.add_row(vec![
            job.name.to_string().into(),
            show::maybe(last.map(|run| run.slot), &session.zone).into(),
            show::state(if job.paused { "paused" } else { last.map_or("never", |run| &run.state) }),
            show::maybe(next_of(job), &session.zone).into(),
        ]);
    }
    let mut lines = vec![
        format!(
            "{}  {}  {}, {}, {}",
            status.business,
            show::instant(status.now, &session.zone),
            show::count(status.customers, "customer"),
            show::count(status.orders, "order"),
            show::count(status.open_complaints, "open complaint"),
        ),
        String::new(),
        show::lines(&table, "there is no job\n"),
    ];
    lines.extend(status.sources.iter().map(|source| {
        let watermark = show::maybe(source.watermark, &session.zone);
        format!(
            "source {}: data until {watermark}, {} rejected",
            source.name,
            show::count(source.rejected, "row")
        )
    }));
    let outbox: Vec<String> = status.outbox.iter().map(|(state, count)| format!("{count} {state}")).collect();
    if status.unconfirmed_payments > 0 || status.mismatching_payments > 0 {
        lines.push(format!(
            "payments: {} unconfirmed past the term, {} whose payments do not fit",
            status.unconfirmed_payments,
            show::count(status.mismatching_payments, "order"),
        ));
    }
    lines.push(format!("outbox: {}", if outbox.is_empty() { "empty".to_owned() } else { outbox.join(", ") }));
    lines.push(String::new());
    lines.extend(status.problems.iter().map(|problem| format!("{}{problem}", show::cross())));
    if status.problems.is_empty() {
        lines.push(format!("{}all is well", show::tick()));
    }
    lines.join("\n")
}

pub(super) fn shown_rejects(rejects: &[Reject]) -> String {
    let mut table = show::table(&["source", "origin", "row", "column", "value", "why"]);
    for reject in rejects {
        table.add_row([
            reject.source.to_string(),
            reject.origin.clone(),
            reject.row.to_string(),
            if reject.column.is_empty() { "-".to_owned() } else { reject.column.clone() },
            reject.value.clone().unwrap_or_else(|| "(sealed)".to_owned()),
            reject.reason.clone(),
        ]);
    }
    show::lines(&table, &format!("{}every row fits", show::tick()))
}
