//! Events as entries of the journal (systemd.journal-fields(7)), by its native protocol.
//!
//! Every field of an event and of the spans around it is a field of its entry, `FIRSTWATCH_` before its name, so that
//! `journalctl FIRSTWATCH_JOB=pull` finds what a job's runs said. They stand in the message, too: what plain
//! `journalctl` shows must tell why something failed, which is why this is not the crate that keeps them apart.

use std::fmt::{Debug, Write};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Where the journal listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";

/// What is longer is cut, in bytes: an entry must fit into one datagram.
const LONGEST: usize = 16 * 1024;

pub(super) struct Journal(UnixDatagram);

impl Journal {
    pub fn open(socket: &Path) -> io::Result<Self> {
        let journal = UnixDatagram::unbound()?;
        journal.connect(socket)?;
        Ok(Self(journal))
    }
}

/// What an event or a span says: its message, and its fields in their order.
#[derive(Default)]
struct Said {
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.note(field.name(), format!("{value:?}"));
    }
}

impl Said {
    fn note(&mut self, name: &'static str, value: String) {
        match name {
            "message" => self.message = value,
            // What the crate `log` knows of the place stands among the metadata.
            _ if name.starts_with("log.") => {}
            _ => self.fields.push((name, value)),
        }
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Journal {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut said = Said::default();
        attributes.record(&mut said);
        span.extensions_mut().insert(said);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(said) = span.extensions_mut().get_mut::<Said>() {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(around) = span.extensions().get::<Said>() {
                said.fields.extend(around.fields.iter().cloned());
            }
        }
        // Where the journal does not listen there is nobody to tell.
        drop(self.0.send(&entry(event, &said)));
    }
}

fn entry(event: &Event<'_>, said: &Said) -> Vec<u8> {
    let metadata = event.metadata();
    let mut entry = Vec::with_capacity(512);
    put(&mut entry, "MESSAGE", &message(said));
    put(&mut entry, "PRIORITY", priority(*metadata.level()));
    put(&mut entry, "SYSLOG_IDENTIFIER", "firstwatch");
    put(&mut entry, "TARGET", metadata.target());
    if let (Some(file), Some(line)) = (metadata.file(), metadata.line()) {
        put(&mut entry, "CODE_FILE", file);
        put(&mut entry, "CODE_LINE", &line.to_string());
    }
    for (name, value) in &said.fields {
        put(&mut entry, &field_name(name), value);
    }
    entry
}

/// The message with the fields after it, as a person reads them: `mail sent outbox=3 job=weekly-sales`.
fn message(said: &Said) -> String {
    let mut message = said.message.clone();
    for (name, value) in &said.fields {
        let sign = if value.contains(' ') { "\"" } else { "" };
        write!(message, " {name}={sign}{value}{sign}").ok();
    }
    message.trim_start().to_owned()
}

fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// The journal takes capital letters, digits and underscores.
fn field_name(name: &str) -> String {
    let fits = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
    format!("FIRSTWATCH_{}", name.chars().map(fits).collect::<String>())
}

/// A value may hold lines of its own, so its length stands before it.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    let value = &value[..value.floor_char_boundary(LONGEST)];
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'\n');
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    /// The fields of one entry.
    fn read(journal: &UnixDatagram) -> BTreeMap<String, String> {
        let mut buffer = vec![0; 256 * 1024];
        let length = journal.recv(&mut buffer).unwrap();
        let mut rest = &buffer[..length];
        let mut fields = BTreeMap::new();
        while !rest.is_empty() {
            let end = rest.iter().position(|&byte| byte == b'\n').unwrap();
            let name = String::from_utf8(rest[..end].to_vec()).unwrap();
            let (size, after) = rest[end + 1..].split_at(8);
            let size = u64::from_le_bytes(size.try_into().unwrap()) as usize;
            assert_eq!(after[size], b'\n');
            fields.insert(name, String::from_utf8(after[..size].to_vec()).unwrap());
            rest = &after[size + 1..];
        }
        fields
    }

    #[test]
    fn an_entry_has_the_fields_of_its_event_and_of_the_spans_around_it() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let journal = UnixDatagram::bind(&socket).unwrap();
        let registry = tracing_subscriber::registry().with(Journal::open(&socket).unwrap());
        tracing::subscriber::with_default(registry, || {
            let run = tracing::info_span!("run", job = %"pull", run = 7_i64, slot = tracing::field::Empty);
            run.record("slot", "2026-11-23T00:00:00Z");
            let _entered = run.enter();
            tracing::warn!(error = "no such file\nnor folder", "failed");
            tracing::info!("{}", "ễ".repeat(LONGEST));
        });
        let entry = read(&journal);
        let of = |name: &str| entry.get(name).map(String::as_str);
        assert_eq!(
            of("MESSAGE"),
            Some("failed error=\"no such file\nnor folder\" job=pull run=7 slot=2026-11-23T00:00:00Z")
        );
        assert_eq!((of("PRIORITY"), of("SYSLOG_IDENTIFIER")), (Some("4"), Some("firstwatch")));
        assert_eq!((of("FIRSTWATCH_JOB"), of("FIRSTWATCH_RUN")), (Some("pull"), Some("7")));
        assert_eq!(of("FIRSTWATCH_SLOT"), Some("2026-11-23T00:00:00Z"));
        assert_eq!(of("FIRSTWATCH_ERROR"), Some("no such file\nnor folder"));
        assert!(of("CODE_FILE").unwrap().ends_with("journal.rs") && of("CODE_LINE").is_some());
        let long = read(&journal);
        assert_eq!((long["FIRSTWATCH_RUN"].as_str(), long["PRIORITY"].as_str()), ("7", "6"));
        assert!((LONGEST - 2..=LONGEST).contains(&long["MESSAGE"].len()));
    }
}
