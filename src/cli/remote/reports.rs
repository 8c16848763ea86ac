//! `report` and `outbox`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use base64::Engine;
use serde_json::json;

use super::Session;
use crate::cli::arguments::{OutboxCommand, ReportCommand};
use crate::cli::exit::{self, BadData};
use crate::cli::show;
use crate::operations::outbox::{Decision, OutboxView};
use crate::operations::releases::{Preview, ReleaseView};

pub(super) async fn report(session: &Session, command: ReportCommand) -> anyhow::Result<ExitCode> {
    match command {
        ReportCommand::List { limit } => {
            let releases: Vec<ReleaseView> =
                session.client.get(&format!("/v1/reports?limit={limit}")).await?;
            session.print(&releases, |releases| print_releases(session, releases))?;
        }
        ReportCommand::Show { id } => {
            let release: ReleaseView = session.client.get(&format!("/v1/reports/{id}")).await?;
            session.print(&release, |release| print_release(session, release))?;
        }
        ReportCommand::Preview { job, period, out } => {
            let period = period.map(|period| format!("?period={period}")).unwrap_or_default();
            let preview: Preview =
                session.client.post(&format!("/v1/previews/{job}{period}"), &json!({})).await?;
            let files = write(&preview, &out)?;
            let listed = json!({ "subject": preview.subject, "period": preview.period, "files": files, "hits": preview.hits });
            session.print(&listed, |_| print_preview(&preview, &files))?;
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
            session.print(&messages, |messages| print_outbox(session, messages))?;
            return Ok(ExitCode::SUCCESS);
        }
        OutboxCommand::Retry { id } => (id, Decision::Retry),
        OutboxCommand::Cancel { id } => (id, Decision::Cancel),
    };
    let () = session.client.post(&format!("/v1/outbox/{id}"), &json!({ "decision": decision })).await?;
    session.print(&json!({ "outbox": id, "decision": decision }), |_| {
        anstream::println!("message {id}: done")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the preview's files; their names come from the daemon and must be plain.
fn write(preview: &Preview, out: &Path) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(out).with_context(|| format!("failed to create {}", out.display()))?;
    let mut written = Vec::new();
    for file in &preview.files {
        if Path::new(&file.name).file_name().is_none_or(|name| name != file.name.as_str()) {
            return Err(
                BadData(format!("the preview names a file {:?}, which is no plain name", file.name)).into()
            );
        }
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(&file.content)
            .context("the preview's content is not base64")?;
        let path = out.join(&file.name);
        std::fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))?;
        written.push(path.display().to_string());
    }
    Ok(written)
}

fn print_preview(preview: &Preview, files: &[String]) {
    anstream::println!("{}", preview.subject);
    for file in files {
        anstream::println!("  {file}");
    }
    for hit in &preview.hits {
        anstream::println!("{}the egress guard would stop it: {hit}", show::cross());
    }
}

fn print_releases(session: &Session, releases: &[ReleaseView]) {
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
    anstream::println!("{table}");
}

fn print_release(session: &Session, release: &ReleaseView) {
    let at = show::instant(release.released_at, &session.zone);
    anstream::println!("release {}: {} {}, {at}", release.id, release.job, release.period);
    anstream::println!("{}", serde_json::to_string_pretty(&release.manifest).unwrap_or_default());
}

fn print_outbox(session: &Session, messages: &[OutboxView]) {
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
    anstream::println!("{table}");
}
