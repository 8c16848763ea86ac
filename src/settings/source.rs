//! A `[[source]]`: where orders, customers, payments and complaints are pulled from, and how they are read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::date;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::feed::{self, FeedMap};
use super::field::Field;
use super::problem::{Fault, one_of};
use super::section::Section;
use super::server::{self, Access};
use super::source_kind::SourceKind;
use super::value;
use crate::domain::complaint::ComplaintKind;
use crate::domain::feed::Feed;
use crate::domain::ids::SourceName;
use crate::domain::order::OrderStatus;
use crate::domain::province::ProvinceScheme;

#[derive(Clone, Debug)]
pub struct SourceSettings {
    pub name: SourceName,
    pub kind: SourceKind,
    /// SQLite: the database file.
    pub path: Option<PathBuf>,
    pub access: Access,
    pub feeds: BTreeMap<Feed, FeedMap>,
    /// CSV.
    pub delimiter: u8,
    pub decimal: char,
    /// WHATWG label, for example `utf-8` or `windows-1258`.
    pub encoding: String,
    /// strptime formats tried in order after RFC 3339; `%d/%m/%Y %H:%M` for example.
    pub date_formats: Vec<String>,
    /// The zone of instants that carry none; the business's when not set.
    pub timezone: Option<String>,
    /// Their status = our status.
    pub statuses: BTreeMap<String, String>,
    /// Their complaint kind = our kind.
    pub complaint_kinds: BTreeMap<String, String>,
    pub provinces: ProvinceScheme,
}

const KINDS: [(&str, SourceKind); 6] = [
    ("csv", SourceKind::Csv),
    ("parquet", SourceKind::Parquet),
    ("sqlite", SourceKind::Sqlite),
    ("postgres", SourceKind::Postgres),
    ("mysql", SourceKind::Mysql),
    ("woocommerce", SourceKind::Woocommerce),
];

const SCHEMES: [(&str, ProvinceScheme); 4] = [
    ("name", ProvinceScheme::Name),
    ("code63", ProvinceScheme::Code63),
    ("code34", ProvinceScheme::Code34),
    ("as-given", ProvinceScheme::AsGiven),
];

/// Reads every `[[source]]`; gives nothing when one of them is wrong.
pub(super) fn read_all(field: &Field<'_>) -> Option<Vec<SourceSettings>> {
    let mut names = Vec::new();
    field.list(|entry| {
        let source = entry.section(read)?;
        if names.contains(&source.name) {
            return entry.wrong("another source has the same name", "give each source a name of its own");
        }
        names.push(source.name.clone());
        Some(source)
    })
}

fn read(section: &mut Section<'_>) -> Option<SourceSettings> {
    let name = section.required("name", |field| name(&field));
    let kind = section.required("kind", |field| field.choice(&KINDS));
    let path = section.optional("path", |field| field.path());
    let delimiter = section.optional("delimiter", |field| delimiter(&field)).unwrap_or(b',');
    let decimal = section.optional("decimal", |field| field.choice(&[(".", '.'), (",", ',')])).unwrap_or('.');
    let encoding =
        section.optional("encoding", |field| encoding(&field)).unwrap_or_else(|| "utf-8".to_owned());
    let date_formats = section.optional("date_formats", |field| field.list(|entry| date_format(&entry)));
    let timezone = section.optional("timezone", |field| Some(value::zone(&field)?.0));
    let statuses = section.optional("statuses", |field| field.texts(|_, field| status(field)));
    let complaint_kinds =
        section.optional("complaint_kinds", |field| field.texts(|_, field| complaint_kind(field)));
    let provinces = section.optional("provinces", |field| field.choice(&SCHEMES)).unwrap_or_default();
    if let Some(kind) = kind {
        refuse_what_does_not_apply(section, kind);
    }
    let access = kind.map_or_else(|| Some(Access::Files), |kind| server::read(section, kind));
    let feeds = match kind {
        Some(SourceKind::Woocommerce) => feed::of_web_shop(section),
        _ => feed::read_all(section, kind),
    };
    Some(SourceSettings {
        name: SourceName::new(name?),
        kind: kind?,
        path,
        access: access?,
        feeds: feeds?,
        delimiter,
        decimal,
        encoding,
        date_formats: date_formats.unwrap_or_default(),
        timezone,
        statuses: statuses.unwrap_or_default(),
        complaint_kinds: complaint_kinds.unwrap_or_default(),
        provinces,
    })
}

fn name(field: &Field<'_>) -> Option<String> {
    let name = field.slug()?;
    if SourceName::RESERVED.contains(&name.as_str()) {
        let message = format!("`{name}` is what complaints are called that no source tells of");
        return field.wrong(message, "give the source another name");
    }
    Some(name)
}

fn refuse_what_does_not_apply(section: &Section<'_>, kind: SourceKind) {
    match kind {
        SourceKind::Sqlite => section.missing("path", "is not set", "name the SQLite database's file"),
        SourceKind::Csv | SourceKind::Parquet => section.refuse(
            "path",
            "a source of files has a path in each feed",
            "move it to [source.orders] and the others",
        ),
        SourceKind::Postgres | SourceKind::Mysql | SourceKind::Woocommerce => {
            section.refuse("path", "a server is not reached by a path", "take it out");
        }
    }
    if kind == SourceKind::Woocommerce {
        for key in ["decimal", "date_formats", "timezone"] {
            section.refuse(key, "WooCommerce says itself how it writes", "take it out");
        }
    }
    if kind != SourceKind::Csv {
        for key in ["delimiter", "encoding"] {
            section.refuse(key, "has a meaning for csv only", "take it out");
        }
    }
}

fn delimiter(field: &Field<'_>) -> Option<u8> {
    match field.text()?.as_bytes() {
        &[byte] if (byte.is_ascii_punctuation() || matches!(byte, b' ' | b'\t')) && byte != b'"' => {
            Some(byte)
        }
        _ => field.wrong("is not a delimiter", r#"write one sign, such as ",", ";" or "\t""#),
    }
}

fn encoding(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    let known = encoding_rs::Encoding::for_label(text.as_bytes());
    // A delimiter is one byte, so an encoding in which it is not cannot be cut into fields.
    let known = known.filter(|encoding| encoding.is_ascii_compatible());
    let fault = || {
        let usual = ["utf-8", "windows-1252", "windows-1258"];
        Fault::new(format!("the encoding {text:?} cannot be read"), one_of(text, usual))
    };
    field.check(known.map(|_| text.to_owned()).ok_or_else(fault))
}

/// A format that reads back what it writes.
fn date_format(field: &Field<'_>) -> Option<String> {
    let text = field.line()?;
    let moment = date(2026, 11, 22).at(7, 30, 0, 0).to_zoned(TimeZone::UTC).ok()?;
    let reads_back = |written: String| written != text && BrokenDownTime::parse(&text, &written).is_ok();
    if strtime::format(&text, &moment).is_ok_and(reads_back) {
        return Some(text);
    }
    field.wrong("is not a date format", "write it like %d/%m/%Y %H:%M (strptime)")
}

fn status(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if OrderStatus::parse(text).is_some() {
        return Some(text.to_owned());
    }
    let known = OrderStatus::ALL.map(OrderStatus::as_str);
    field.wrong(format!("{text:?} is not a status of ours"), one_of(text, known))
}

fn complaint_kind(field: &Field<'_>) -> Option<String> {
    let text = field.text()?;
    if ComplaintKind::parse(text).is_some() {
        return Some(text.to_owned());
    }
    let known = ComplaintKind::ALL.map(ComplaintKind::as_str);
    field.wrong(format!("{text:?} is not a kind of complaint of ours"), one_of(text, known))
}
