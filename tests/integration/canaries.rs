//! Looking for persons in everything a shop leaves behind: its state, read as bytes and as what the bytes
//! mean, its mails, and what the program said.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use mail_parser::{MessageParser, MimeHeaders};
use polars::prelude::{ParquetReader, SerReader};
use rusqlite::types::ValueRef;
use unicode_normalization::UnicodeNormalization;

use super::harness::Shop;

/// Shorter texts are found anywhere by chance.
const SHORTEST: usize = 6;

/// What must not be found, in every spelling that a program might write.
pub struct Wanted {
    forms: AhoCorasick,
    /// Whose each form is.
    whose: Vec<usize>,
    identifiers: Vec<String>,
}

impl Wanted {
    /// Names of a single word are words, and are left out; so is what `catalogue` says.
    pub fn new(identifiers: impl IntoIterator<Item = String>, catalogue: &str) -> Self {
        let catalogue = catalogue.to_lowercase();
        let fits = |text: &String| {
            let word = text.chars().all(char::is_alphabetic);
            text.len() >= SHORTEST && !word && !catalogue.contains(&text.to_lowercase())
        };
        let identifiers: BTreeSet<String> = identifiers.into_iter().filter(fits).collect();
        let identifiers: Vec<String> = identifiers.into_iter().collect();
        let (mut forms, mut whose) = (vec![], vec![]);
        for (index, identifier) in identifiers.iter().enumerate() {
            for form in spellings(identifier) {
                whose.extend([index, index]);
                forms.push(form.encode_utf16().flat_map(u16::to_le_bytes).collect());
                forms.push(form.into_bytes());
            }
        }
        let forms = AhoCorasick::builder().ascii_case_insensitive(true).build(forms).unwrap();
        Self { forms, whose, identifiers }
    }

    pub fn len(&self) -> usize {
        self.identifiers.len()
    }

    pub fn found_in(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let hits = self.forms.find_overlapping_iter(bytes);
        hits.map(|hit| self.identifiers[self.whose[hit.pattern().as_usize()]].as_str()).collect()
    }

    /// Panics when anybody is found in the shop's state, in its mails or in what was said.
    #[track_caller]
    pub fn assert_absent_from(&self, shop: &Shop) {
        let mut found = vec![];
        let mut look = |place: &str, bytes: &[u8]| {
            found.extend(self.found_in(bytes).into_iter().map(|who| format!("{who:?} in {place}")));
        };
        look("what was said", &shop.everything_said());
        for message in shop.mail() {
            meant("a mail.eml", &message, &mut look);
        }
        // And what was left where temporary files go.
        for file in files_under(&shop.state()).into_iter().chain(files_under(&shop.path("tmp"))) {
            if let Ok(bytes) = fs::read(&file) {
                meant(&file.to_string_lossy(), &bytes, &mut look);
            }
        }
        values(shop, &mut look);
        found.sort();
        found.dedup();
        assert!(found.is_empty(), "{} leaks:\n{}", found.len(), found[..found.len().min(20)].join("\n"));
    }
}

/// As given; in small letters; composed and decomposed; a phone's digits alone.
fn spellings(identifier: &str) -> BTreeSet<String> {
    let small = identifier.to_lowercase();
    let mut forms: BTreeSet<String> = [identifier, small.as_str(), identifier.to_uppercase().as_str()]
        .into_iter()
        .flat_map(|text| [text.nfc().collect(), text.nfd().collect()])
        .collect();
    let digits: String = identifier.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 9 && !identifier.contains(char::is_alphabetic) {
        forms.insert(digits);
    }
    forms
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(files_under(&entry.path())),
            _ => files.push(entry.path()),
        }
    }
    files
}

/// Shows `look` the bytes, and the texts that they stand for.
fn meant(name: &str, bytes: &[u8], look: &mut dyn FnMut(&str, &[u8])) {
    look(name, bytes);
    match name.rsplit('.').next() {
        Some("eml") => {
            let message = MessageParser::default().parse(bytes).unwrap();
            look(name, message.subject().unwrap_or_default().as_bytes());
            let texts = message.text_bodies().filter_map(|part| part.text_contents());
            texts.for_each(|text| look(name, text.as_bytes()));
            for html in message.html_bodies().filter_map(|part| part.text_contents()) {
                look(name, html_escape::decode_html_entities(html).as_bytes());
            }
            for file in message.attachments() {
                meant(&format!("{name}: {}", file.attachment_name().unwrap()), file.contents(), look);
            }
        }
        Some("html") => {
            look(name, html_escape::decode_html_entities(std::str::from_utf8(bytes).unwrap()).as_bytes());
        }
        Some("xlsx") => {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            for index in 0..archive.len() {
                let mut part = String::new();
                archive.by_index(index).unwrap().read_to_string(&mut part).unwrap();
                look(name, html_escape::decode_html_entities(&part).as_bytes());
            }
        }
        Some("pdf") => {
            let document = lopdf::Document::load_mem(bytes).unwrap();
            let pages: Vec<u32> = document.get_pages().into_keys().collect();
            look(name, document.extract_text(&pages).unwrap().as_bytes());
        }
        Some("parquet") => {
            let frame = ParquetReader::new(Cursor::new(bytes)).finish().unwrap();
            for texts in frame.columns().iter().filter_map(|column| column.str().ok()) {
                texts.iter().flatten().for_each(|text| look(name, text.as_bytes()));
            }
        }
        _ => {}
    }
}

/// Every value of the store: one may be split between two pages of the file.
fn values(shop: &Shop, look: &mut dyn FnMut(&str, &[u8])) {
    let store = shop.store();
    let mut tables = store.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    for table in tables.query_map((), |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
        let mut rows = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let ValueRef::Text(bytes) | ValueRef::Blob(bytes) = row.get_ref(column).unwrap() {
                    look(&format!("table {table}"), bytes);
                }
            }
        }
    }
}
