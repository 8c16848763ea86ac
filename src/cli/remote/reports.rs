//! `report` and `outbox`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use base64::Engine;
use serde_json::json;

use super::{Session, segment};
use crate::cli::arguments::{OutboxCommand, ReportCommand};
use crate::cli::exit::{self, BadData};
use crate::cli::show;
use crate::jobs::Verification;
use crate::operations::outbox::{Decision, OutboxView};
use crate::operations::releases::{Preview, PreviewFile, ReleaseView, Resent};

pub(super) async fn report(session: &Session, command: ReportCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReportCommand::List { limit } => {
            let releases: Vec<ReleaseView> =
                session.client.get(&format!("/v1/reports?limit={limit}")).await?;
            session.print(&releases, |releases| shown_releases(session, releases))?;
        }
        ReportCommand::Show { id, out: None } => {
            let release: ReleaseView = session.client.get(&format!("/v1/reports/{id}")).await?;
            session.print(&release, |release| shown_release(session, release))?;
        }
        ReportCommand::Show { id, out: Some(out) } => {
            let parts: Vec<PreviewFile> = session.client.get(&format!("/v1/reports/{id}/parts")).await?;
            let files = write(&parts, &out)?;
            session.print(&json!({ "release": id, "files": files }), |_| files.join("\n"))?;
        }
        ReportCommand::Verify { id } => {
            let path = format!("/v1/reports/{id}/verify");
            let verification: Verification = session.client.post(&path, &json!({})).await?;
            session.print(&verification, shown_verification)?;
            if !verification.is_identical() {
                return Ok(ExitCode::from(exit::FAILED));
            }
        }
        ReportCommand::Resend { id, to } => {
            let path = format!("/v1/reports/{id}/resend");
            let messages: Vec<Resent> = session.client.post(&path, &json!({ "to": to })).await?;
            let answer = json!({ "release": id, "messages": messages });
            session.print(&answer, |_| shown_resent(id, &messages))?;
            if !messages.iter().all(Resent::is_sent) {
                return Ok(ExitCode::from(exit::HELD));
            }
        }
        ReportCommand::Preview { job, period, out, open } => {
            let period = period.map(|period| format!("?period={period}")).unwrap_or_default();
            let preview: Preview = session
                .client
                .post(&format!("/v1/previews/{}{period}", segment(job.as_str())), &json!({}))
                .await?;
            let files = write(&preview.files, &out)?;
            let listed = json!({ "subject": preview.subject, "period": preview.period, "files": files, "recipients": preview.recipients, "hits": preview.hits });
            session.print(&listed, |_| shown_preview(&preview, &files))?;
            if open {
                show_in_browser(&out.join("report.html"))?;
            }
            if !preview.hits.is_empty() {
                return Ok(ExitCode::from(exit::HELD));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn outbox(session: &Session, command: OutboxCommand) -> anyhow::Result<ExitCode> {
    let (id, decision) = match command {
        OutboxCommand::List { state, limit } => {
            let filter = state.map(|state| format!("&state={state}")).unwrap_or_default();
            let messages: Vec<OutboxView> =
                session.client.get(&format!("/v1/outbox?limit={limit}{filter}")).await?;
            session.print(&messages, |messages| shown_outbox(session, messages))?;
            return Ok(ExitCode::SUCCESS);
        }
        OutboxCommand::Retry { id } => (id, Decision::Retry),
        OutboxCommand::Release { id } => (id, Decision::Release),
        OutboxCommand::Cancel { id } => (id, Decision::Cancel),
    };
    let () = session.client.post(&format!("/v1/outbox/{id}"), &json!({ "decision": decision })).await?;
    session.print(&json!({ "outbox": id, "decision": decision }), |_| match decision {
        Decision::Retry => {
            format!("message {id} is queued again; `firstwatch outbox list` shows what came of it")
        }
        Decision::Release => {
            format!("message {id} may leave; `firstwatch outbox list` shows what came of it")
        }
        Decision::Cancel => format!("message {id} is cancelled"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Hands a page to whatever the desktop opens pages with.
fn show_in_browser(page: &Path) -> anyhow::Result<()> {
    let opened = Command::new("xdg-open").arg(page).stdin(Stdio::null()).stdout(Stdio::null()).status();
    let remedy = || format!("xdg-open did not open it; open {} yourself", page.display());
    anyhow::ensure!(opened.with_context(remedy)?.success(), remedy());
    Ok(())
}

/// Writes a report's files; their names come from the daemon and must be plain.
fn write(parts: &[PreviewFile], out: &Path) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(out).with_context(|| format!("failed to create {}", out.display()))?;
    let mut written = Vec::new();
    for file in parts {
        if Path::new(&file.name).file_name().is_none_or(|name| name != file.name.as_str()) {
            return Err(
                BadData(format!("the report names a file {:?}, which is no plain name", file.name)).into()
            );
        }
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&file.content)
            .context("the report's content is not base64")?;
        let path = out.join(&file.name);
        std::fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn shown_preview(preview: &Preview, files: &[String]) -> String {
    let mut lines = vec![preview.subject.clone()];
    lines.extend(files.iter().map(|file| format!("  {file}")));
    lines.push(match preview.recipients.len() {
        0 => "nobody would get it: no threshold is crossed".to_owned(),
        count => format!("it would go to {}", show::count(count as u64, "recipient")),
    });
    let hits = preview.hits.iter();
    lines.extend(hits.map(|hit| format!("{}the egress guard would stop it: {hit}", show::cross())));
    lines.join("\n")
}

fn shown_releases(session: &Session, releases: &[ReleaseView]) -> String {
    let mut table = show::table(&["release", "job", "period", "released", "note"]);
    for release in releases {
        table.add_row([
            release.id.to_string(),
            release.job.to_string(),
            release.period.to_string(),
            show::instant(release.released_at, &session.zone),
            if release.provisional { "PROVISIONAL".to_owned() } else { String::new() },
        ]);
    }
    show::lines(&table, "no report has been released yet")
}

/// What a person asks of a release; all of its manifest is in the JSON.
fn shown_release(session: &Session, release: &ReleaseView) -> String {
    let at = show::instant(release.released_at, &session.zone);
    let note = if release.provisional { ", PROVISIONAL" } else { "" };
    let manifest = &release.manifest;
    let mut text =
        format!("release {}: {} {}, released {at}{note}\n", release.id, release.job, release.period);
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<12}{value}");
    };
    let until = [&manifest["report"]["data_as_of"], &manifest["data_as_of"]];
    if let Some(until) = until.iter().find_map(|until| until.as_str()).and_then(|until| until.parse().ok()) {
        line("data until", show::instant(until, &session.zone));
    }
    let disclosure = &manifest["disclosure"];
    if let [Some(cells), Some(primary), Some(secondary)] =
        ["cells", "primary", "secondary"].map(|key| disclosure[key].as_u64())
    {
        line(
            "cells",
            format!("{cells}, of them {primary} withheld as sensitive and {secondary} to protect those"),
        );
    }
    line("recipients", manifest["messages"].as_array().map_or(0, Vec::len).to_string());
    line("pages", format!("{} sealed", manifest["pages"].as_array().map_or(0, Vec::len)));
    for part in manifest["parts"].as_array().into_iter().flatten() {
        let word = |key: &str| part[key].as_str().unwrap_or("-");
        line("part", format!("{}  sha256 {}", word("file"), word("sha256")));
    }
    text + "`--format json` shows every hash"
}

fn shown_verification(verification: &Verification) -> String {
    let Verification { release, job, period, released_by, verified_by, .. } = verification;
    let name = format!("release {release} ({job} {period})");
    let mut lines: Vec<String> = verification
        .differences
        .iter()
        .map(|it| format!("{}{} {}: {}", show::cross(), it.kind.as_str(), it.name, it.problem))
        .collect();
    lines.extend(
        verification
            .gone
            .iter()
            .map(|file| format!("{file} is no longer there; what it held was compared by its hash")),
    );
    lines.push(if verification.is_identical() {
        format!(
            "{}{name} is what its {} and its manifest give, byte for byte: {}, {}, {}",
            show::tick(),
            show::count(verification.pages as u64, "sealed page"),
            show::count(verification.cells as u64, "cell"),
            show::count(verification.parts as u64, "part"),
            show::count(verification.messages as u64, "message"),
        )
    } else if verification.differs_by_program() {
        format!(
            "{name}: every figure is the one that the sealed pages give; the bytes differ, for firstwatch {released_by} \
             released it and this is firstwatch {verified_by}"
        )
    } else {
        format!("{name} differs from what its sealed pages and its manifest give")
    });
    lines.join("\n")
}

fn shown_resent(release: i64, messages: &[Resent]) -> String {
    let line = |message: &Resent| {
        let state = if message.is_sent() {
            format!("{}sent", show::tick())
        } else {
            format!("{}; `firstwatch outbox list` says why", message.state)
        };
        format!("release {release} to {}, message {}: {state}", message.recipient, message.id)
    };
    messages.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn shown_outbox(session: &Session, messages: &[OutboxView]) -> String {
    let mut table = show::table(&["message", "kind", "to", "state", "since", "reply"]);
    for message in messages {
        table.add_row(vec![
            message.id.to_string().into(),
            message.kind.clone().into(),
            message.recipient.clone().into(),
            show::state(&message.state),
            show::instant(message.changed_at, &session.zone).into(),
            message.note.clone().into(),
        ]);
    }
    show::lines(&table, "the outbox is empty")
}
