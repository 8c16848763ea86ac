//! `backup`, but for `restore`, which needs no house.

use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::Session;
use crate::cli::arguments::BackupCommand;
use crate::cli::{exit, show};
use crate::jobs::{ListedCopy, ProvedCopy};
use crate::operations::backups::Created;

pub(super) async fn backup(session: &Session, command: BackupCommand) -> anyhow::Result<ExitCode> {
    match command {
        BackupCommand::Create => {
            let made: Created = session.client.post("/v1/backups", &json!({})).await?;
            session.print(&made, |made| format!("backed up as {}{}", made.backup, made.tended))?;
            if !made.tended.left.is_empty() {
                return Ok(ExitCode::from(exit::HELD));
            }
        }
        BackupCommand::List => {
            let copies: Vec<ListedCopy> = session.client.get("/v1/backups").await?;
            session.print(&copies, |copies| shown_copies(session, copies))?;
        }
        BackupCommand::Verify { copy } => {
            let copy = copy.map(absolute).transpose()?;
            let proved: ProvedCopy =
                session.client.post("/v1/backups/verify", &json!({ "copy": copy })).await?;
            session.print(&proved, shown_proof)?;
            if !proved.damage.is_empty() {
                return Ok(ExitCode::from(exit::FAILED));
            }
        }
        BackupCommand::Restore { .. } => unreachable!("this command was dispatched before"),
    }
    Ok(ExitCode::SUCCESS)
}

/// A path is meant from here, and the daemon stands elsewhere; a name stays a name.
fn absolute(copy: String) -> anyhow::Result<String> {
    if !copy.contains('/') {
        return Ok(copy);
    }
    let path = std::path::absolute(&copy).with_context(|| format!("{copy:?} is no path"))?;
    path.into_os_string().into_string().ok().with_context(|| format!("{copy:?} is no text"))
}

fn shown_copies(session: &Session, copies: &[ListedCopy]) -> String {
    let mut table = show::table(&["backup", "made", "files", "audit line", "by", "master key"]);
    for copy in copies {
        let told = copy.label.as_ref().map(|label| {
            let head = label.audit_head.as_ref().map_or(0, |head| head.line);
            let made = show::instant(label.created_at, &session.zone);
            [made, label.files.to_string(), head.to_string(), label.program.clone()]
        });
        let [made, files, head, program] = told
            .unwrap_or_else(|| ["its label cannot be read".to_owned(), "-".into(), "-".into(), "-".into()]);
        let key = copy.master_key.clone().unwrap_or_else(|| "-".into());
        table.add_row([copy.name.clone(), made, files, head, program, key]);
    }
    show::lines(&table, "there is no backup yet; `firstwatch backup create` makes one")
}

fn shown_proof(proved: &ProvedCopy) -> String {
    let mut lines: Vec<String> =
        proved.damage.iter().map(|damage| format!("{}{damage}", show::cross())).collect();
    lines.push(if proved.damage.is_empty() {
        format!("{}backup {} opens as a store of this house: {}", show::tick(), proved.name, held(proved))
    } else {
        format!("backup {} is damaged; make another with `firstwatch backup create`", proved.name)
    });
    lines.join("\n")
}

/// What was proved, one by one.
pub(in crate::cli) fn held(proved: &ProvedCopy) -> String {
    format!(
        "database sound, {} chained, {}, {} and {} of {} as written",
        show::count(proved.audit, "audit line"),
        show::count(proved.pages as u64, "sealed page"),
        show::count(proved.messages as u64, "message"),
        show::count(proved.parts as u64, "kept part"),
        show::count(proved.releases as u64, "release"),
    )
}
