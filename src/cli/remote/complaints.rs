//! `complaint`: asks; what comes back is shown by `complaints_shown`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::complaints_shown::{shown_changed, shown_complaint, shown_imported, shown_list, shown_totals};
use super::explained::{Explained, shown_explained};
use super::words::{self, Words};
use super::{Session, segment};
use crate::api::LARGEST_FILE;
use crate::cli::complaint::{
    AddArguments, CompensateArguments, ComplaintCommand, ImportArguments, JudgementArguments, ListArguments,
    Moment, Noted,
};
use crate::cli::exit::{self, BadData};
use crate::domain::complaint::{ComplaintKind, Notice, PauseReason};
use crate::domain::ids::{CustomerId, OrderId, SourceName};
use crate::operations::complaints::{
    AddRequest, Change, ChangeRequest, Changed, CompensateRequest, CompensationTotals, ComplaintShown,
    ComplaintView, ImportRequest, Imported, Judgement, LISTED_AT_MOST,
};

pub(super) async fn complaint(session: &Session, command: ComplaintCommand) -> anyhow::Result<ExitCode> {
    use ComplaintCommand as C;
    let (number, change, noted) = match command {
        C::Add(arguments) => return add(session, *arguments).await,
        C::List(arguments) => return list(session, arguments).await,
        C::Show { number } => {
            let shown: ComplaintShown = session.client.get(&format!("/v1/complaints/{number}")).await?;
            session.print(&shown, |shown| shown_complaint(session, shown))?;
            return Ok(ExitCode::SUCCESS);
        }
        C::Explain { number } => {
            return explain(session, number).await;
        }
        C::Compensate(arguments) => return compensate(session, arguments).await,
        C::Compensations { period } => {
            let period = period.map(|period| format!("?period={period}")).unwrap_or_default();
            let totals: CompensationTotals =
                session.client.get(&format!("/v1/complaints/compensations{period}")).await?;
            session.print(&totals, shown_totals)?;
            return Ok(ExitCode::SUCCESS);
        }
        C::Import(arguments) => return import(session, arguments).await,
        C::Ack { number, noted } => (number, Change::Ack, noted),
        C::Assign { number, to, noted } => (number, Change::Assign { to }, noted),
        C::Pause { number, reason, noted } => {
            (number, Change::Pause { reason: pause_reason(&reason)? }, noted)
        }
        C::Resume { number, noted } => (number, Change::Resume, noted),
        C::Reclassify { number, judgement, noted } => (number, Change::Reclassify(judged(&judgement)), noted),
        C::Extend { number, noted } => (number, Change::Extend, noted),
        C::Contain { number, noted } => (number, Change::Contain, noted),
        C::Notify { number, notice, noted } => {
            (number, Change::Notify { notice: known_notice(&notice)? }, noted)
        }
        C::Resolve { number, noted } => (number, Change::Resolve, noted),
        C::Reopen { number, noted } => (number, Change::Reopen, noted),
        C::Close { number, noted } => (number, Change::Close, noted),
    };
    note(session, number, change, noted).await
}

async fn explain(session: &Session, number: i64) -> anyhow::Result<ExitCode> {
    let answer: Value = session.client.get(&format!("/v1/complaints/{number}/explain")).await?;
    let explained = Explained::deserialize(&answer).context("the explanation does not read")?;
    session.print(&answer, |_| shown_explained(&session.zone, &explained))?;
    Ok(ExitCode::SUCCESS)
}

async fn note(session: &Session, number: i64, change: Change, noted: Noted) -> anyhow::Result<ExitCode> {
    let Noted { at, note, note_file } = noted;
    let request =
        ChangeRequest { change, at: instant(session, at)?, note: text(note, note_file.as_deref())? };
    let changed: Changed = session.client.post(&format!("/v1/complaints/{number}/changes"), &request).await?;
    session.print(&changed, |changed| shown_changed(session, changed))?;
    Ok(ExitCode::SUCCESS)
}

async fn add(session: &Session, arguments: AddArguments) -> anyhow::Result<ExitCode> {
    let words = words_of(&arguments)?;
    let request = AddRequest {
        kind: kind(&arguments.kind)?,
        damage_level: arguments.level,
        vulnerable: arguments.vulnerable,
        third_party: arguments.third_party,
        attack: arguments.attack.map(bool::from),
        harm: arguments.harm.map(bool::from),
        received_at: instant(session, arguments.received)?,
        detected_at: instant(session, arguments.detected)?,
        channel: words.channel,
        source: arguments.source.map(SourceName::new),
        customer: arguments.customer.map(CustomerId::new),
        order: arguments.order.map(OrderId::new),
        subject: words.subject,
        body: words.body,
        email: words.email,
        phone: words.phone,
        assignee: arguments.assign,
    };
    let added: Changed = session.client.post("/v1/complaints", &request).await?;
    session.print(&added, |added| shown_changed(session, added))?;
    Ok(ExitCode::SUCCESS)
}

/// From a file like a mail, or each by itself.
fn words_of(arguments: &AddArguments) -> anyhow::Result<Words> {
    if let Some(file) = &arguments.words_file {
        let text = text(None, Some(file))?.unwrap_or_default();
        return Ok(words::read(&file.display().to_string(), &text)?);
    }
    Ok(Words {
        subject: arguments.subject.clone(),
        email: arguments.email.clone(),
        phone: arguments.phone.clone(),
        channel: arguments.channel.clone(),
        body: text(None, arguments.body_file.as_deref())?,
    })
}

async fn list(session: &Session, arguments: ListArguments) -> anyhow::Result<ExitCode> {
    let ListArguments { all, overdue, assignee, kind, limit } = arguments;
    let mut query = format!("all={all}&overdue={overdue}");
    let filters = [("assignee", assignee), ("kind", kind), ("limit", limit.map(|limit| limit.to_string()))];
    for (key, value) in filters {
        if let Some(value) = value {
            query += &format!("&{key}={}", segment(&value));
        }
    }
    let complaints: Vec<ComplaintView> = session.client.get(&format!("/v1/complaints?{query}")).await?;
    let nothing = match (all, query.contains('&') && query != format!("all={all}&overdue=false")) {
        (_, true) => "no complaint is like that",
        (true, false) => "there is no complaint",
        (false, false) => "no complaint is open",
    };
    let cut = limit.is_none() && complaints.len() == LISTED_AT_MOST;
    session.print(&complaints, |complaints| {
        let list = shown_list(session, complaints, nothing);
        if !cut {
            return list;
        }
        format!("{list}\n\nthe first {LISTED_AT_MOST}; there may be more, and `--limit N` shows the first N")
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn compensate(session: &Session, arguments: CompensateArguments) -> anyhow::Result<ExitCode> {
    let CompensateArguments { number, amount, reason, reason_file, at } = arguments;
    let request = CompensateRequest {
        amount,
        reason: text(reason, reason_file.as_deref())?,
        at: instant(session, at)?,
    };
    let changed: Changed =
        session.client.post(&format!("/v1/complaints/{number}/compensations"), &request).await?;
    session.print(&changed, |changed| shown_changed(session, changed))?;
    Ok(ExitCode::SUCCESS)
}

async fn import(session: &Session, arguments: ImportArguments) -> anyhow::Result<ExitCode> {
    let content = content(&arguments.file, LARGEST_FILE)?;
    let name = arguments.file.file_name().unwrap_or(arguments.file.as_os_str());
    let request = ImportRequest {
        file: name.to_string_lossy().into_owned(),
        delimiter: Some(arguments.delimiter),
        encoding: Some(arguments.encoding),
        date_formats: arguments.date_formats,
        columns: arguments.columns.into_iter().collect::<BTreeMap<_, _>>(),
        complaint_kinds: arguments.kinds.into_iter().collect(),
        source: arguments.source.map(SourceName::new),
    };
    let how = serde_json::to_string(&request)?;
    let path = format!("/v1/complaints/import?how={}", segment(&how));
    let imported: Imported = session.client.post_file(&path, content).await?;
    session.print(&imported, shown_imported)?;
    Ok(if imported.rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::HELD) })
}

fn judged(arguments: &JudgementArguments) -> Judgement {
    Judgement {
        kind: arguments.kind.as_deref().and_then(ComplaintKind::parse),
        damage_level: arguments.level,
        vulnerable: arguments.vulnerable.map(bool::from),
        third_party: arguments.third_party.map(bool::from),
        attack: arguments.attack.map(bool::from),
        harm: arguments.harm.map(bool::from),
    }
}

/// clap has let only known words through.
fn kind(word: &str) -> anyhow::Result<ComplaintKind> {
    ComplaintKind::parse(word).with_context(|| format!("{word} is no kind of complaint"))
}

fn pause_reason(word: &str) -> anyhow::Result<PauseReason> {
    let known = PauseReason::ALL.into_iter().find(|reason| reason.as_str() == word);
    known.with_context(|| format!("{word} is no reason for a pause"))
}

fn known_notice(word: &str) -> anyhow::Result<Notice> {
    let known = Notice::ALL.into_iter().find(|notice| notice.as_str() == word);
    known.with_context(|| format!("{word} is no notice"))
}

pub(super) fn instant(session: &Session, moment: Option<Moment>) -> anyhow::Result<Option<Timestamp>> {
    let Some(moment) = moment else { return Ok(None) };
    match moment.in_zone(&session.zone) {
        Some(instant) => Ok(Some(instant)),
        None => Err(BadData("that instant is beyond the calendar".to_owned()).into()),
    }
}

/// A text that was given, or that stands in a file.
pub(super) fn text(given: Option<String>, file: Option<&Path>) -> anyhow::Result<Option<String>> {
    /// More than any letter; the house refuses what is longer than its own limit.
    const LARGEST: usize = 2 << 20;
    let Some(file) = file else { return Ok(given) };
    let bytes = content(file, LARGEST)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(BadData(format!("{} is no text in UTF-8; save it as such", file.display())).into()),
    }
}

/// What stands in a file, or (`-`) what comes by standard input. The house may be another user, so it gets the bytes,
/// not the path.
fn content(file: &Path, largest: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = largest as u64 + 1;
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        let opened = std::fs::File::open(file);
        opened.and_then(|opened| opened.take(most).read_to_end(&mut bytes))
    };
    if let Err(error) = read {
        return Err(BadData(format!("{} cannot be read: {error}", file.display())).into());
    }
    if bytes.len() > largest {
        let most = largest >> 20;
        return Err(BadData(format!("{} is larger than {most} MiB; split it", file.display())).into());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_large_or_missing_is_bad_data() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, [b'x'; 11]).unwrap();
        assert!(content(&file, 10).unwrap_err().downcast_ref::<BadData>().is_some());
        assert_eq!(content(&file, 11).unwrap().len(), 11);
        assert!(content(&folder.path().join("b"), 10).unwrap_err().downcast_ref::<BadData>().is_some());
        std::fs::write(&file, [0xff]).unwrap();
        assert!(text(None, Some(&file)).unwrap_err().to_string().contains("UTF-8"));
    }
}
