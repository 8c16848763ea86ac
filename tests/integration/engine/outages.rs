//! An engine that is not there, is silent, or dies in the middle: a held run, exit code 69, and never a wrong report.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use firstwatch::domain::cell::Measure;
use firstwatch::domain::entry::Dimension;
use firstwatch::engine::{self, Pages};
use firstwatch::facts;
use firstwatch::report::{self, Asked, CellTable, Shape};
use jiff::civil::date;
use serde_json::Value;

use super::cells::from_elsewhere;
use super::sail::{Sail, engine};
use super::shop;
use crate::harness::Shop;

const WEEK: [&str; 3] = ["weekly", "--period", "2024-W19"];

/// A port where nobody listens.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn at(port: u16) -> String {
    format!("kind = \"spark-connect\"\nuri = \"sc://127.0.0.1:{port}\"\ntimeout = \"2s\"")
}

/// What the releases told, cell by cell.
fn released(shop: &Shop) -> Vec<String> {
    let store = shop.store();
    let mut query = store
        .prepare(
            "SELECT table_name, ordinal, from_day, until_day, fixed, measures, shown FROM release_cells \
             ORDER BY release_no, table_name, ordinal",
        )
        .unwrap();
    let cell = |row: &rusqlite::Row<'_>| {
        let values: Vec<String> = (0..7).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
        Ok(values.join(" "))
    };
    query.query_map((), cell).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_report_waits_for_its_engine_and_is_the_same_then() {
    let port = closed();
    let waiting = shop(&at(port));
    waiting.run_job(&["pull"], "done");
    // As it is now, but for its engine: a report says when its data came.
    let local = Shop::copy_of(&waiting.path(""));
    let text = std::fs::read_to_string(local.path("firstwatch.toml")).unwrap();
    local.write("firstwatch.toml", &text.replace(&at(port), "kind = \"local\""));
    let said = waiting.ask(&[&["job", "run", "--wait"], &WEEK[..]].concat()).exits(69);
    let run = &said.json()["run"];
    assert_eq!(
        (&run["state"], &run["details"]["unavailable"]),
        (&"held".into(), &"engine".into()),
        "{run:#}"
    );
    assert!(
        run["next_attempt_at"].is_string() && run["message"].as_str().unwrap().contains("cannot be reached")
    );
    let preview = [&["report", "preview", "--out", "there"], &WEEK[..]].concat();
    let said = waiting.run(&preview).exits(69);
    assert!(
        said.stderr.contains(&format!("127.0.0.1:{port}")) && said.stderr.contains("[engine] uri"),
        "{said:?}"
    );
    assert_eq!(waiting.number("SELECT count(*) FROM releases"), 0);
    // What it would withhold is nobody's to say; the configuration is sound all the same.
    let said = waiting.run(&["check"]).ok().stdout;
    assert!(said.contains("what the tables will withhold is not known"), "{said}");

    let sail = Sail::start();
    let text = std::fs::read_to_string(waiting.path("firstwatch.toml")).unwrap();
    let text = text.replace(&at(port), &at(sail.port()).replace("2s", "2m"));
    waiting.write("firstwatch.toml", &text);
    waiting.run(&preview).ok();
    let run = waiting.ask(&["run", "retry", &run["id"].to_string()]).ok().json();
    assert_eq!((&run["state"], &run["attempt"]), (&"done".into(), &2.into()), "{run:#}");

    local.run(&[&["report", "preview", "--out", "there"], &WEEK[..]].concat()).ok();
    local.run_job(&WEEK, "done");
    assert!(released(&local).len() > 20);
    assert_eq!(released(&waiting), released(&local));
    let html = |shop: &Shop| std::fs::read_to_string(shop.path("there/report.html")).unwrap();
    assert_eq!(html(&waiting), html(&local));

    // A proof takes nobody's word: it is summed here, with or without an engine.
    drop(sail);
    let verified = waiting.ask(&["report", "verify", "1"]).ok().json();
    assert_eq!(verified["figures_agree"], Value::Bool(true), "{verified:#}");
}

#[test]
fn a_silent_engine_is_not_waited_for_for_ever() {
    // It takes whatever is sent, and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in silent.incoming().map_while(Result::ok) {
            thread::spawn(move || std::io::copy(&mut &client, &mut std::io::sink()));
        }
    });
    let shop = shop(&at(port));
    shop.run_job(&["pull"], "done");
    let said = shop.ask(&[&["job", "run", "--wait"], &WEEK[..]].concat()).exits(69);
    let message = said.json()["run"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("gave no answer within 2s") && message.contains("[engine] timeout"),
        "{message}"
    );
}

/// Stands between us and the engine, and hangs up after so many bytes of its answers.
fn cut_after(engine: u16, mut left: usize) -> u16 {
    let between = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = between.local_addr().unwrap().port();
    thread::spawn(move || {
        let Ok((client, _)) = between.accept() else { return };
        let server = TcpStream::connect(("127.0.0.1", engine)).unwrap();
        let (mut up, mut answers) = (server.try_clone().unwrap(), server.try_clone().unwrap());
        let (mut asks, mut down) = (client.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut asks, &mut up));
        let mut buffer = [0; 512];
        while left > 0 {
            let most = left.min(buffer.len());
            let Ok(read) = answers.read(&mut buffer[..most]) else { break };
            if read == 0 || down.write_all(&buffer[..read]).is_err() {
                break;
            }
            left -= read;
        }
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    });
    port
}

/// One week of the shop's page, asked about.
fn question(shop: &Shop) -> (Pages, CellTable) {
    let page = std::fs::read_dir(shop.state().join("facts")).unwrap().next().unwrap().unwrap().path();
    let (from, until) = (date(2024, 5, 6), date(2024, 5, 13));
    let rows = u64::try_from(shop.number("SELECT row_count FROM pages")).unwrap();
    let pages = Pages { paths: vec![page.to_str().unwrap().to_owned()], rows, from, until };
    let shape =
        Shape::Groups { rows: vec![Dimension::Brand], columns: vec![Dimension::Weekday], from, until };
    (pages, CellTable { name: "brands".into(), shape, measures: vec![Measure::Net] })
}

fn here(directory: &Path, pages: &Pages, asked: Asked<'_>) -> report::Cells {
    let file = Path::new(&pages.paths[0]).file_name().unwrap().to_str().unwrap().to_owned();
    let sha256 = {
        use sha2::Digest;
        sha2::Sha256::digest(std::fs::read(directory.join(&file)).unwrap()).into()
    };
    let page = facts::Page { from: pages.from, until: pages.until, file, sha256, rows: pages.rows };
    let frame = facts::load(directory, &[page], pages.from, pages.until).unwrap();
    report::cells(&frame, asked).unwrap()
}

#[test]
fn an_engine_that_dies_in_the_middle_gives_no_cells() {
    let sail = Sail::start();
    let shop = shop("kind = \"local\"");
    shop.run_job(&["pull"], "done");
    shop.run_job(&WEEK, "done");
    let (pages, table) = question(&shop);
    let tables = [table];
    let asked = Asked { tables: &tables, ..Asked::default() };
    let here = here(&shop.state().join("facts"), &pages, asked);
    let (mut died, mut whole) = (0, 0);
    for bytes in (0..24).map(|step: usize| step * step * 40).chain([usize::MAX]) {
        let spark = engine(format!("sc://127.0.0.1:{}", cut_after(sail.port(), bytes)));
        match from_elsewhere(&spark, pages.clone(), asked) {
            Ok(there) => {
                assert!(there == here, "after {bytes} bytes");
                whole += 1;
            }
            Err(error) => {
                let is_unavailable = error
                    .chain()
                    .any(|cause| cause.downcast_ref().is_some_and(engine::Error::is_unavailable));
                assert!(is_unavailable, "after {bytes} bytes: {error:#}");
                died += 1;
            }
        }
    }
    assert!(died > 5 && whole > 0, "{died} died, {whole} came through");
}
