//! Heads of the audit log, noted where whoever can write the state directory cannot: mailed to the auditors, and added
//! to a file elsewhere. The chain proves itself up to its end only; a head noted before proves that end too.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;

use super::dispatch::Dispatch;
use super::house::House;
use super::run::Run;
use crate::document::{self, AuditHeadNoted, Matter, Notice};
use crate::settings::AUDITORS;
use crate::store::AuditHead;

/// What the outbox calls such a mail.
const KIND: &str = "audit-head";

/// Notes the head where the settings say; what was done with it, as a part of a sentence, or `None` when they say
/// nothing.
pub(super) fn export(house: &House, head: &AuditHead, run: &Run) -> anyhow::Result<Option<String>> {
    let (now, mut noted) = (run.now, Vec::new());
    if let Some(file) = &house.settings.audit.heads_file {
        append(file, &line(head, now))
            .with_context(|| format!("failed to note the audit head in {}", file.display()))?;
        noted.push("noted in the file of heads".to_owned());
    }
    let auditors = house.settings.recipients_of(&[AUDITORS.to_owned()]);
    if !auditors.is_empty() {
        let purpose = format!("audit.head.{}", head.no);
        let dispatch = Dispatch { house, purpose: &purpose, date: now };
        let business = &house.settings.business;
        let line = line(head, now);
        let matter = Matter::AuditHead(AuditHeadNoted { no: head.no, line: line.trim_end(), at: now });
        let notice = Notice { business: &business.name, zone: &business.zone, matter };
        let rendered = document::notice(&notice, business.language)?;
        let messages = dispatch.compose(&rendered, &dispatch.not_told(auditors)?)?;
        noted.push(format!("mailed to {} auditors", messages.len()));
        run.write(house, |writer| {
            messages.iter().try_for_each(|message| writer.enqueue(&message.row(KIND, None), now).map(|_| ()))
        })?;
        house.ring_for_mail();
    }
    Ok((!noted.is_empty()).then(|| noted.join(" and ")))
}

/// `2026-11-23T02:00:00Z 123 9f86d0...`: when, which line, its SHA-256.
fn line(head: &AuditHead, now: Timestamp) -> String {
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{now} {} {}\n", head.no, hex::encode(head.hash))
}

/// Down on the disk before anybody is told. The file may be one that can only be added to.
fn append(file: &Path, line: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o640).open(file)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()
}
