//! How long the egress guard takes over one message as customers grow: `cargo bench --bench guard`.
//!
//! Machines are noisy, so the figure is also a ratio: the message with every look-up, against a plain scan of the same
//! message whose look-ups are answered at once, in the same run.

use std::time::{Duration, Instant};

use firstwatch::domain::customer::IdentifierKind;
use firstwatch::domain::rendered::{Attachment, Rendered};
use firstwatch::mail;
use firstwatch::store::Store;
use firstwatch::vault::{MasterKey, Vault};
use rusqlite::{Connection, params};
use rust_xlsxwriter::Workbook;

const SIZES: [u32; 2] = [100_000, 1_000_000];
/// Rows of the message: as many groups as a long report has.
const ROWS: usize = 600;
/// Forms of identifiers that are kept of a customer.
const FORMS: [(IdentifierKind, u32); 4] = [
    (IdentifierKind::Phone, 1),
    (IdentifierKind::Email, 1),
    (IdentifierKind::Name, 3),
    (IdentifierKind::Address, 4),
];
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn main() {
    let message = message();
    let plain = time(|| look(&message, &|_, _| false));
    for size in SIZES {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path()).expect("a store");
        let vault = Vault::new(MasterKey::from_bytes([7; 32]));
        fill(folder.path(), &vault, size);
        let known = |kind, text: &str| {
            store
                .read(|reader| reader.is_known_identifier(kind, &vault.blind(kind, text).0))
                .expect("an answer")
        };
        // The guard looks everything up on one snapshot; each look-up here takes its own, which is no quicker.
        let first = time(|| look(&message, &known));
        let again = time(|| look(&message, &known));
        println!(
            "{size} customers: a message of {} kB and {ROWS} rows in {:.2} s, the second time {:.2} s: {:.1} and {:.1} \
             times a plain scan ({:.2} s)",
            message.text.len() / 1000 + message.html.as_ref().map_or(0, |html| html.len() / 1000),
            first.as_secs_f64(),
            again.as_secs_f64(),
            first.as_secs_f64() / plain.as_secs_f64(),
            again.as_secs_f64() / plain.as_secs_f64(),
            plain.as_secs_f64(),
        );
    }
}

fn look(message: &Rendered, known: &dyn Fn(IdentifierKind, &str) -> bool) {
    let hits = mail::guard(message, &[], known).expect("a readable message");
    assert!(hits.is_empty(), "{hits:?}");
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// A report as long as they get: the same rows in HTML, text and a workbook.
fn message() -> Rendered {
    let row = |no: usize| {
        let brand = ["Casio", "Citizen", "Orient", "Seiko", "Đăng Quang", "Tissot"][no % 6];
        let place = ["Hà Nội", "Đà Nẵng", "Cần Thơ", "Hải Phòng"][no % 4];
        [
            format!("Đồng hồ {brand} MTP-{no} dây da nam"),
            place.to_owned(),
            format!("{}.{:03}.000 ₫", no, no % 1000),
        ]
    };
    let rows: Vec<[String; 3]> = (0..ROWS).map(row).collect();
    let html = rows.iter().map(|cells| format!("<tr><td>{}</td></tr>", cells.join("</td><td>"))).collect();
    let text = rows.iter().map(|cells| format!("{}\n", cells.join("  "))).collect();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (line, cells) in rows.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(line as u32, column as u16, cell).expect("a cell");
        }
    }
    let bytes = workbook.save_to_buffer().expect("a workbook");
    let file = Attachment { file_name: "bao-cao.xlsx".into(), media_type: XLSX.into(), bytes };
    Rendered {
        subject: "1stwatch: Tuần 46/2026".into(),
        html: Some(html),
        text,
        attachments: vec![file],
        images: vec![],
    }
}

/// Identifiers of so many customers, spread as keyed hashes are.
fn fill(folder: &std::path::Path, vault: &Vault, size: u32) {
    let mut store = Connection::open(folder.join("firstwatch.db")).expect("the store");
    store.pragma_update(None, "foreign_keys", "OFF").expect("no foreign keys");
    store.pragma_update(None, "cache_size", -1_000_000).expect("a cache of a gigabyte");
    store.pragma_update(None, "synchronous", "OFF").expect("no syncs");
    let transaction = store.transaction().expect("a transaction");
    {
        let mut insert = transaction
            .prepare("INSERT INTO identifiers (kind, blind, customer) VALUES (?1, ?2, ?3)")
            .expect("a statement");
        for no in 0..size {
            for (kind, forms) in FORMS {
                for form in 0..forms {
                    let blind = vault.blind(kind, &format!("{no}/{form}")).0;
                    insert.execute(params![kind.as_str(), blind, no]).expect("a row");
                }
            }
        }
    }
    transaction.commit().expect("a commit");
}
