//! Random edits, deletions, reorders and truncations of the audit log of a real store, by somebody who can write its file
//! and hash every line anew: all are found, up to the last head that was noted elsewhere.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use firstwatch::store::{Archive, AuditHead, AuditVerdict, Error, Store};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::super::harness::{Builder, FLAT_SHOP, Shop, job};
use super::full;

const SEED: u64 = 0x6175_6469_7421;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    at: i64,
    texts: [String; 5],
    hash: Vec<u8>,
}

/// Lines of a real log: what a shop's commands leave behind.
fn shop() -> Shop {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open();
    shop.write("orders.csv", "order_id,placed_at,status,line_id,product,quantity,unit_price\n");
    shop.run_job(&["pull"], "done");
    let daemon = shop.serve();
    for _ in 0..20 {
        shop.run(&["job", "pause", "pull"]).ok();
        shop.run(&["complaint", "add", "--kind", "inquiry"]).exits(4);
        shop.run(&["job", "resume", "pull"]).ok();
    }
    daemon.stop();
    shop
}

fn read(store: &Connection) -> Vec<Line> {
    let sql = "SELECT at, actor, operation, subject, reason, outcome, hash FROM audit ORDER BY no";
    let mut statement = store.prepare(sql).unwrap();
    let line = |row: &rusqlite::Row<'_>| {
        let texts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        Ok(Line { at: row.get(0)?, texts, hash: row.get(6)? })
    };
    statement.query_map((), line).unwrap().map(Result::unwrap).collect()
}

/// As the program hashes them, from the `from`th on.
fn hash_anew(lines: &mut [Line], from: usize) {
    for index in from..lines.len() {
        let mut hash = Sha256::new();
        hash.update(match index {
            0 => vec![0; 32],
            _ => lines[index - 1].hash.clone(),
        });
        hash.update((index as i64 + 1).to_be_bytes());
        hash.update(lines[index].at.to_be_bytes());
        for text in &lines[index].texts {
            hash.update((text.len() as i64).to_be_bytes());
            hash.update(text);
        }
        lines[index].hash = hash.finalize().to_vec();
    }
}

/// One deed of somebody hostile; its name, and the first line that it touches.
fn tamper(lines: &mut Vec<Line>, random: &mut Rng) -> (&'static str, usize) {
    let at = random.usize(..lines.len());
    match random.u8(..6) {
        0 => {
            let text = &mut lines[at].texts[random.usize(..5)];
            match text.is_empty() || random.bool() {
                true => text.push(random.alphanumeric()),
                false => _ = text.pop(),
            }
            ("edit", at)
        }
        1 => {
            lines[at].at += if random.bool() { 1 } else { -1_000_000 };
            ("edit", at)
        }
        2 => {
            lines.remove(at);
            ("deletion", at)
        }
        3 => {
            let other = random.usize(..lines.len());
            lines.swap(at, other);
            ("reorder", at.min(other))
        }
        4 => {
            let copy = lines[at].clone();
            lines.insert(at, copy);
            ("insertion", at)
        }
        _ => {
            lines.truncate(at);
            ("truncation", at)
        }
    }
}

fn write(store: &Connection, lines: &[Line]) {
    store.execute("DELETE FROM audit", ()).unwrap();
    let sql = "INSERT INTO audit (no, at, actor, operation, subject, reason, outcome, hash)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let mut statement = store.prepare(sql).unwrap();
    for (index, line) in lines.iter().enumerate() {
        let [actor, operation, subject, reason, outcome] = &line.texts;
        let parameters =
            (index as i64 + 1, line.at, actor, operation, subject, reason, outcome, line.hash.as_slice());
        statement.execute(parameters).unwrap();
    }
}

fn verdict(folder: &Path, heads: &[AuditHead]) -> AuditVerdict {
    let archive = Archive::open(folder).unwrap().unwrap();
    archive.read::<_, Error>(|reader| reader.verify_audit(heads)).unwrap()
}

#[test]
fn every_tampering_with_the_audit_log_is_found() {
    let shop = shop();
    let folder = tempfile::tempdir().unwrap();
    // What was written last may still stand in the log beside the database.
    for name in
        ["firstwatch.db", "firstwatch.db-wal"].into_iter().filter(|name| shop.state().join(name).exists())
    {
        fs::copy(shop.state().join(name), folder.path().join(name)).unwrap();
    }
    drop(Store::open(folder.path()).unwrap());
    let store = Connection::open(folder.path().join("firstwatch.db")).unwrap();
    store.pragma_update(None, "synchronous", "OFF").unwrap();
    store.execute_batch("DROP TRIGGER audit_stays; DROP TRIGGER audit_remains").unwrap();
    let whole = read(&store);
    assert!(whole.len() > 60, "{}", whole.len());
    let head = |no: usize| AuditHead { no: no as i64, hash: whole[no - 1].hash.clone().try_into().unwrap() };
    // The last head was noted some lines ago.
    let noted = whole.len() - 7;
    let heads = [head(10), head(noted / 2), head(noted)];
    let rows = whole.len() as u64;
    assert_eq!(verdict(folder.path(), &heads), AuditVerdict::Whole { rows });

    let mut random = Rng::with_seed(SEED);
    let wanted = if full() { 10_000 } else { 400 };
    let (mut tried, mut found, mut after_head) = (0, 0, 0);
    let mut missed = Vec::new();
    while tried < wanted {
        let mut lines = whole.clone();
        let (deed, first) = tamper(&mut lines, &mut random);
        // Who can write the file can hash as we do.
        let clever = random.bool();
        if clever {
            let from = first.min(lines.len());
            hash_anew(&mut lines, from);
        }
        // A log that was cut off may have grown again.
        if deed == "truncation" && random.bool() {
            for _ in 0..random.usize(..=whole.len() - first) {
                let from = lines.len();
                lines.push(Line { texts: whole[0].texts.clone(), ..whole[0].clone() });
                hash_anew(&mut lines, from);
            }
        }
        if lines == whole {
            continue;
        }
        store.execute_batch("BEGIN").unwrap();
        write(&store, &lines);
        store.execute_batch("COMMIT").unwrap();
        let is_found = matches!(verdict(folder.path(), &heads), AuditVerdict::BrokenAt { .. });
        let differs = lines.iter().zip(&whole).position(|(line, was)| line != was);
        if differs.unwrap_or(lines.len().min(whole.len())) >= noted {
            // What was written since the last head only the chain itself can tell.
            after_head += 1;
            continue;
        }
        tried += 1;
        match is_found {
            true => found += 1,
            false => missed.push(format!("{deed} at line {}, hashed anew: {clever}", first + 1)),
        }
    }
    println!(
        "audit: {tried} edits, deletions, insertions, reorders and truncations up to the last noted head, {found} found, \
         {} missed; {after_head} after it",
        missed.len()
    );
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
