//! The law of the house, held over `src`: imports point down only, each heavy crate has one home, one file reads the clock,
//! and no file grows past 400 lines. Reads the sources as tokens, so comments and texts are free to name anything.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Each room and its floor.
const FLOORS: [(&str, u8); 22] = [
    ("domain", 0),
    ("access", 1),
    ("books", 1),
    ("calendar", 1),
    ("deadline", 1),
    ("disclosure", 1),
    ("schedule", 1),
    ("settings", 1),
    ("document", 2),
    ("engine", 2),
    ("facts", 2),
    ("mail", 2),
    ("ping", 2),
    ("report", 2),
    ("source", 2),
    ("store", 2),
    ("vault", 2),
    ("jobs", 3),
    ("operations", 3),
    ("api", 4),
    ("cli", 5),
    ("daemon", 5),
];

/// The only imports from one room to another on its floor.
const SIDEWAYS: [(&str, &str); 7] = [
    ("settings", "calendar"),
    ("settings", "disclosure"),
    ("settings", "schedule"),
    ("deadline", "calendar"),
    ("schedule", "calendar"),
    ("operations", "jobs"),
    ("cli", "daemon"),
];

/// Heavy crates and their homes; a star stands for every crate whose name begins so.
const HOMES: [(&str, &[&str]); 19] = [
    ("polars*", &["facts", "report", "source/parquet"]),
    ("spark_connect*", &["engine/spark"]),
    ("arrow*", &["engine/spark"]),
    ("rusqlite", &["source/sqlite", "store"]),
    ("lettre", &["mail"]),
    ("smol", &["source/sql"]),
    ("sqlx*", &["source/sql"]),
    ("ureq", &["ping", "source/woocommerce"]),
    ("tokio_cron_scheduler", &["daemon"]),
    ("axum", &["api"]),
    ("config", &["settings"]),
    ("croner", &["schedule"]),
    ("highs", &["disclosure"]),
    ("typst*", &["document"]),
    ("mrml", &["document"]),
    ("minijinja", &["document"]),
    ("fluent*", &["document"]),
    ("rust_xlsxwriter", &["document"]),
    ("icu_decimal", &["document"]),
];

/// Types whose `now` reads the wall clock. (`Instant` measures and tells no time of day.)
const WALL_CLOCKS: [&str; 5] = ["Local", "SystemTime", "Timestamp", "Utc", "Zoned"];

const CLOCK: &str = "domain/clock.rs";

const MOST_LINES: usize = 400;

#[test]
fn the_house_keeps_the_law() {
    let house = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(house.len() > 20, "the sources were not found");
    let found = violations(&house);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// A pattern that was released may be printed again; whoever could hand in any other would print what he likes.
#[test]
fn only_a_past_release_is_made_again() {
    let house = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let names_it = |code: &String| tokens(code).iter().any(|token| token.text == "reproduce");
    let callers: Vec<&str> =
        house.iter().filter(|(_, code)| names_it(code)).map(|(file, _)| &**file).collect();
    assert_eq!(callers, ["disclosure/mod.rs", "disclosure/reproduce.rs", "jobs/draft.rs"]);
}

#[test]
fn every_room_has_a_floor() {
    let house = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    for file in house.keys() {
        if let Some((room, _)) = file.split_once('/') {
            assert!(floor(room).is_some(), "src/{room} stands on no floor");
        }
    }
}

/// One tree for each rule, each a line away from being lawful.
#[test]
fn every_breach_is_found() {
    for (file, code, expected) in [
        ("domain/order.rs", "use crate::calendar::CalendarDays;", "domain may not import calendar"),
        ("books/mod.rs", "use crate::store::Store;", "books may not import store"),
        ("store/orders.rs", "fn f() { crate::jobs::pull::run() }", "store may not import jobs"),
        ("report/mod.rs", "use crate::{domain::money::Money, facts};", "report may not import facts"),
        (
            "mail/mod.rs",
            "use crate::{\n    domain::{ids, money},\n    vault::{Vault, keys::Key},\n};",
            "mail may not import vault",
        ),
        ("vault/mod.rs", "use super::store;", "vault may not import store"),
        ("vault/keys.rs", "use super::super::mail::Courier;", "vault may not import mail"),
        ("vault/mod.rs", "mod tests { use super::super::mail::guard; }", "vault may not import mail"),
        ("vault/mod.rs", "use super::{domain, document};", "vault may not import document"),
        ("access/mod.rs", "use crate::settings::Settings;", "access may not import settings"),
        ("schedule/mod.rs", "use crate::settings::OnDays;", "schedule may not import settings"),
        ("calendar/mod.rs", "use crate::deadline::Clock;", "calendar may not import deadline"),
        ("jobs/pull.rs", "use crate::operations::runs;", "jobs may not import operations"),
        ("daemon/mod.rs", "use firstwatch::cli::Cli;", "daemon may not import cli"),
        ("api/mod.rs", "macro_rules! m { () => { $crate::daemon::serve() } }", "api may not import daemon"),
        ("store/mod.rs", "use crate::attic::Box;", "attic stands on no floor"),
        ("store/mod.rs", "use crate::*;", "name the rooms"),
        ("books/mod.rs", "use polars::prelude::*;", "polars lives in facts, report, source/parquet"),
        ("source/csv.rs", "fn f(frame: polars_core::DataFrame) {}", "polars_core lives in"),
        ("mail/mod.rs", "use ::rusqlite::Connection;", "rusqlite lives in source/sqlite, store"),
        ("jobs/mod.rs", "use {lettre::Message, std::fmt};", "lettre lives in mail"),
        ("cli/serve.rs", "use tokio_cron_scheduler::Job;", "tokio_cron_scheduler lives in daemon"),
        ("engine/mod.rs", "use arrow_array::RecordBatch;", "arrow_array lives in engine/spark"),
        (
            "report/mod.rs",
            "use spark_connect_core::SparkConnectClient;",
            "spark_connect_core lives in engine/spark",
        ),
        ("report/mod.rs", "use crate::engine::Session;", "report may not import engine"),
        ("daemon/mod.rs", "let r = axum::Router::new();", "axum lives in api"),
        ("jobs/mod.rs", "use config as c;", "config lives in settings"),
        ("settings/mod.rs", "use croner::Cron;", "croner lives in schedule"),
        ("report/mod.rs", "extern crate highs;", "highs lives in disclosure"),
        ("mail/mod.rs", "use fluent_bundle::FluentBundle;", "fluent_bundle lives in document"),
        ("jobs/mod.rs", "let now = jiff::Timestamp::now();", "reads the wall clock"),
        ("store/mod.rs", "let t = std::time::SystemTime::now();", "reads the wall clock"),
        (
            "store/mod.rs",
            "db.execute(\"DELETE FROM t WHERE at < datetime('now')\");",
            "reads the wall clock in SQL",
        ),
        (
            "store/mod.rs",
            "let q = r#\"at INTEGER DEFAULT CURRENT_TIMESTAMP\"#;",
            "reads the wall clock in SQL",
        ),
        ("mail/mod.rs", "use crate::domain::clock::{Clock, SystemClock};", "takes now as a parameter"),
        ("calendar/mod.rs", "let text = std::fs::read_to_string(path);", "does no I/O (std::fs)"),
        ("domain/ids.rs", "use std::{fmt, env};", "does no I/O (std::env)"),
    ] {
        let found = violations(&tree(&[(file, code)]));
        assert_eq!(found.len(), 1, "{file}: {code}: {found:?}");
        assert!(found[0].contains(expected), "{file}: {code}: {found:?}");
        assert!(found[0].starts_with(&format!("src/{file}:")), "{found:?}");
    }
}

#[test]
fn what_is_lawful_passes() {
    for (file, code) in [
        ("main.rs", "use firstwatch::cli::Cli; use firstwatch::domain::clock::SystemClock;"),
        ("lib.rs", "pub mod domain;"),
        (
            "store/orders.rs",
            "use crate::domain::{ids, order::Order}; use crate::store::Store; use super::Store;",
        ),
        (
            "store/orders/lines.rs",
            "use super::super::Store; pub(super) fn f() {} mod tests { use super::*; }",
        ),
        ("deadline/mod.rs", "use crate::calendar::WorkingCalendar;"),
        ("settings/mod.rs", "use config::Config; use crate::schedule::Schedule; use std::fs;"),
        ("jobs/pull.rs", "use crate::{source, store::Store, vault}; use crate::settings::Settings;"),
        ("cli/serve.rs", "use crate::daemon; use crate::domain::clock::SystemClock;"),
        ("source/parquet.rs", "use polars::prelude::*;"),
        ("source/sqlite/read.rs", "use rusqlite::Connection;"),
        ("domain/clock.rs", "fn now() -> Timestamp { Timestamp::now() }"),
        (
            "mail/mod.rs",
            "// use crate::vault;\n/* crate::store /* nested */ polars::x */ let started = std::time::Instant::now();",
        ),
        (
            "mail/mod.rs",
            "let a = \"crate::vault \\\" polars::x\"; let b = r#\"crate::store\"#; let c = '\"'; let d = b'\\''; fn f<'a>(x: &'a str) {}",
        ),
        (
            "books/mod.rs",
            "let config = settings.config; struct config_reader; self.highs(); let x = Self::config(1);",
        ),
        ("calendar/mod.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; }"),
        ("mail/guard/tests.rs", "use rust_xlsxwriter::Workbook;"),
    ] {
        let found = violations(&tree(&[(file, code)]));
        assert!(found.is_empty(), "{file}: {code}: {found:?}");
    }
}

#[test]
fn long_files_are_found_and_tests_do_not_count() {
    let lines = |count: usize| "fn f() {}\n".repeat(count);
    let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(400), lines(400));
    let found = violations(&tree(&[
        ("store/long.rs", &lines(401)),
        ("store/fine.rs", &lines(400)),
        ("store/tested.rs", &tested),
        ("store/tests.rs", &lines(900)),
    ]));
    assert_eq!(found, ["src/store/long.rs:401: has 401 lines before its tests; split it below 400"]);
}

fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|&(file, code)| (file.to_owned(), code.to_owned())).collect()
}

/// Every Rust file below `directory` by its path there.
fn sources(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|&(_, floor)| floor)
}

/// Every breach of the law, as `src/FILE:LINE: what is wrong`.
fn violations(house: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for (file, code) in house {
        let tokens = tokens(code);
        let mut breaches = too_long(file, code);
        breaches.extend(wall_clocks(file, &tokens));
        if let Some((room, _)) = file.split_once('/') {
            breaches.extend(imports(file, room, &tokens));
            breaches.extend(strangers(file, &tokens, tests_begin(file, code)));
            breaches.extend(effects(file, room, &tokens, tests_begin(file, code)));
        }
        found.extend(breaches.into_iter().map(|(line, what)| format!("src/{file}:{line}: {what}")));
    }
    found
}

type Breaches = Vec<(usize, String)>;

fn too_long(file: &str, code: &str) -> Breaches {
    let lines = code.lines().count().min(tests_begin(file, code) - 1);
    match lines > MOST_LINES {
        true => vec![(lines, format!("has {lines} lines before its tests; split it below {MOST_LINES}"))],
        false => Vec::new(),
    }
}

/// The line at which the tests of a file begin, counted from 1.
fn tests_begin(file: &str, code: &str) -> usize {
    if file.ends_with("/tests.rs") || file.contains("/tests/") {
        return 1;
    }
    code.lines().position(|line| line.trim() == "#[cfg(test)]").map_or(usize::MAX, |index| index + 1)
}

fn wall_clocks(file: &str, tokens: &[Token]) -> Breaches {
    if file == CLOCK {
        return Vec::new();
    }
    let calls = tokens.windows(3).filter(|three| {
        WALL_CLOCKS.contains(&three[0].text.as_str()) && three[1].text == "::" && three[2].text == "now"
    });
    let calls = calls.map(|three| (three[0].line, format!("reads the wall clock; only {CLOCK} may")));
    let in_sql = |text: &str| {
        let upper = text.to_uppercase();
        ["('NOW'", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]
            .iter()
            .any(|word| upper.contains(word))
    };
    let queries = tokens.iter().filter(|token| token.is_literal && in_sql(&token.text));
    calls
        .chain(
            queries
                .map(|token| (token.line, "reads the wall clock in SQL; bind now as a parameter".to_owned())),
        )
        .collect()
}

/// The import law over one file of a room.
fn imports(file: &str, room: &str, tokens: &[Token]) -> Breaches {
    let mut breaches = Vec::new();
    for (line, head) in rooms_named(file, tokens) {
        if head == "*" {
            breaches.push((line, "imports everything at once; name the rooms".to_owned()));
        } else if head == room || head == "self" {
            continue;
        } else if let (Some(ours), Some(theirs)) = (floor(room), floor(&head)) {
            let is_sideways = ours == theirs && SIDEWAYS.contains(&(room, head.as_str()));
            if theirs >= ours && !is_sideways {
                breaches.push((line, format!("{room} may not import {head} (floor {ours}, floor {theirs})")));
            }
        } else {
            breaches.push((line, format!("{head} stands on no floor; give it one in this test")));
        }
    }
    breaches
}

/// What stands behind `crate::`, `firstwatch::`, and `super::` where that climbs out of the room.
fn rooms_named(file: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let mut modules = modules_of(file);
    // The brace depth at which each module written inside the file ends.
    let (mut depth, mut inline) = (0usize, Vec::new());
    let mut named = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let text = |offset: usize| tokens.get(index + offset).map_or("", |token| token.text.as_str());
        let follows_path = index > 0 && tokens[index - 1].text == "::";
        match token.text.as_str() {
            "mod" if text(2) == "{" => {
                inline.push(depth);
                modules += 1;
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    modules -= 1;
                }
            }
            "crate" | "firstwatch" if !follows_path && text(1) == "::" => {
                named.extend(heads(tokens, index + 2));
            }
            "super" if !follows_path => {
                let mut climbed = 1;
                while text(climbed * 2 - 1) == "::" && text(climbed * 2) == "super" {
                    climbed += 1;
                }
                if climbed >= modules && text(climbed * 2 - 1) == "::" {
                    named.extend(heads(tokens, index + climbed * 2));
                }
            }
            _ => {}
        }
    }
    named
}

/// How many modules deep a file's own module is: `store/mod.rs` one, `store/orders.rs` two.
fn modules_of(file: &str) -> usize {
    file.split('/').count() - usize::from(file.ends_with("/mod.rs"))
}

/// The first names of the use tree at `start`: one, or those of each entry of a group.
fn heads(tokens: &[Token], start: usize) -> Vec<(usize, String)> {
    let Some(first) = tokens.get(start) else { return Vec::new() };
    if first.text != "{" {
        return vec![(first.line, first.text.clone())];
    }
    let (mut depth, mut heads) = (0usize, Vec::new());
    for pair in tokens[start..].windows(2) {
        match pair[0].text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0].text.as_str(), "{" | ",") && pair[1].text != "}" {
            heads.push((pair[1].line, pair[1].text.clone()));
        }
    }
    heads
}

/// Heavy crates outside their homes; a test may use what it likes.
fn strangers(file: &str, tokens: &[Token], until: usize) -> Breaches {
    let mut breaches = Vec::new();
    let names = tokens.iter().enumerate().filter(|(_, token)| !token.is_literal && token.line < until);
    for (index, token) in names {
        let Some((_, homes)) = HOMES.iter().find(|(name, _)| match name.strip_suffix('*') {
            Some(start) => token.text == start || token.text.starts_with(&format!("{start}_")),
            None => token.text == *name,
        }) else {
            continue;
        };
        let before = |steps: usize| index.checked_sub(steps).map_or("", |at| tokens[at].text.as_str());
        let after = tokens.get(index + 1).map_or("", |token| token.text.as_str());
        let is_rooted =
            before(1) != "::" || matches!(before(2), "use" | "{" | "," | "(" | "<" | "&" | "=" | ":" | "");
        let is_path = after == "::" || matches!(before(1), "use" | "crate") && matches!(after, ";" | "as");
        let is_home =
            homes.iter().any(|home| file.starts_with(&format!("{home}/")) || file == format!("{home}.rs"));
        if is_rooted && is_path && !is_home {
            breaches.push((token.line, format!("{} lives in {}", token.text, homes.join(", "))));
        }
    }
    breaches
}

/// Floors 0 and 1 do no I/O, but for `settings` (threads of a search for programmes are none); the machine's clock is named on floor 3 and above.
fn effects(file: &str, room: &str, tokens: &[Token], until: usize) -> Breaches {
    let floor = floor(room).unwrap_or(u8::MAX);
    let mut breaches = Vec::new();
    for (index, token) in tokens.iter().enumerate().take_while(|(_, token)| token.line < until) {
        if floor <= 2 && token.text == "SystemClock" && file != CLOCK {
            breaches.push((token.line, format!("{room} takes now as a parameter")));
        }
        let opens_path = tokens.get(index + 1).is_some_and(|next| next.text == "::");
        if floor <= 1 && room != "settings" && token.text == "std" && opens_path {
            for (line, head) in heads(tokens, index + 2) {
                if matches!(head.as_str(), "env" | "fs" | "net" | "process") {
                    breaches.push((line, format!("{room} does no I/O (std::{head})")));
                }
            }
        }
    }
    breaches
}

#[derive(Debug)]
struct Token {
    line: usize,
    text: String,
    is_literal: bool,
}

/// Names, paths and signs of Rust code, and its texts; comments, lifetimes and characters are left out.
fn tokens(code: &str) -> Vec<Token> {
    let (mut rest, mut line) = (code, 1);
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (length, token) = next_token(rest, first);
        if let Some((text, is_literal)) = token {
            tokens.push(Token { line, text, is_literal });
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    tokens
}

/// The length of what comes next, and the token it is, if it is one.
fn next_token(rest: &str, first: char) -> (usize, Option<(String, bool)>) {
    let one = first.len_utf8();
    if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), None)
    } else if rest.starts_with("/*") {
        (block_comment(rest), None)
    } else if let Some((length, text)) = literal(rest) {
        (length, Some((text, true)))
    } else if first == '\'' {
        (quote(rest), None)
    } else if first.is_alphanumeric() || first == '_' {
        let length = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
        (length, Some((rest[..length].to_owned(), false)))
    } else if rest.starts_with("::") {
        (2, Some(("::".to_owned(), false)))
    } else if first.is_whitespace() {
        (one, None)
    } else {
        (one, Some((first.to_string(), false)))
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// A text, plain or raw, with its prefix: its whole length and what it says.
fn literal(rest: &str) -> Option<(usize, String)> {
    let bare = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - bare.len();
    if prefix > 1 {
        return None;
    }
    if let Some(raw) = bare.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let body = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = body.find(&end)?;
        return Some((prefix + 1 + hashes + 1 + length + end.len(), body[..length].to_owned()));
    }
    let body = bare.strip_prefix('"')?;
    let mut escaped = false;
    let length = body.find(|sign| {
        let ends = sign == '"' && !escaped;
        escaped = sign == '\\' && !escaped;
        ends
    })?;
    Some((prefix + 1 + length + 1, body[..length].to_owned()))
}

/// A character or a lifetime.
fn quote(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    match (signs.next(), signs.next()) {
        (Some((_, '\\')), _) => {
            rest.char_indices().skip(3).find(|&(_, sign)| sign == '\'').map_or(rest.len(), |(at, _)| at + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}
