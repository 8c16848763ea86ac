//! The commands that protect and audit tables without a store.

use std::path::Path;
use std::process::ExitCode;

use firstwatch::cli::disclosure::{DisclosureCommand, run};
use firstwatch::cli::output::OutputFormat;

/// Runs the command, and gives back its exit code and the rows it wrote.
fn release(directory: &Path, spec: &str, published: bool) -> (ExitCode, Vec<Vec<String>>) {
    std::fs::write(directory.join("spec.toml"), spec).expect("writes");
    let command = DisclosureCommand::Protect {
        spec: directory.join("spec.toml"),
        out: directory.join("out.csv"),
        ledger: Some(directory.join("ledger")),
        published,
    };
    let code = run(&command, OutputFormat::Json).expect("writes its result");
    let mut reader = csv::Reader::from_path(directory.join("out.csv")).expect("was written");
    let rows = reader.records().map(|row| row.expect("is CSV").iter().map(str::to_owned).collect());
    (code, rows.collect())
}

fn judge(directory: &Path, released: &Path) -> ExitCode {
    let command = DisclosureCommand::Audit {
        spec: directory.join("spec.toml"),
        released: released.into(),
        ledger: None,
    };
    run(&command, OutputFormat::Human).expect("writes its result")
}

fn orders_spec(days: &[&str]) -> String {
    format!(
        r#"
[input]
kind = "microdata"
path = "{}/tests/fixtures/disclosure/orders.csv"
contributor = "cust"
value = ["value"]
[dimensions.place]
levels = ["region", "prov"]
[dimensions.product]
levels = ["brand", "model"]
[[table]]
name = "brand-by-place"
dimensions = ["product", "place"]
levels = {{ product = ["brand"] }}
where = {{ day = {days:?} }}
[rules]
minimum_contributors = 3
"#,
        env!("CARGO_MANIFEST_DIR")
    )
}

#[test]
fn dailies_and_their_sum_are_protected_together() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut secondary = 0;
    for days in [&["1"][..], &["2"], &["3"], &["1", "2", "3"]] {
        let (code, rows) = release(directory.path(), &orders_spec(days), false);
        assert_eq!(code, ExitCode::SUCCESS);
        secondary += rows.iter().filter(|row| row.last().is_some_and(|status| status == "secondary")).count();
    }
    assert!(secondary > 0);
    assert_eq!(std::fs::read_dir(directory.path().join("ledger")).expect("a ledger").count(), 4);
}

#[test]
fn a_withheld_cell_published_by_hand_is_found() {
    let directory = tempfile::tempdir().expect("a directory");
    release(directory.path(), &orders_spec(&["1"]), false);
    assert_eq!(judge(directory.path(), &directory.path().join("out.csv")), ExitCode::SUCCESS);
    let written = std::fs::read_to_string(directory.path().join("out.csv")).expect("was written");
    let forged = directory.path().join("forged.csv");
    std::fs::write(&forged, written.replacen("primary", "safe", 1)).expect("writes");
    assert_eq!(judge(directory.path(), &forged), ExitCode::from(65));
}

const READY_MADE: &str = r#"
[input]
kind = "cells"
path = "cells.csv"
delimiter = ";"
decimal = ","
value = ["turnover"]
count = "n"
top = ["t1", "t2"]
[dimensions.half]
column = "month"
tree = { H1 = ["01", "02"], H2 = ["03"] }
[dimensions.region]
levels = ["region"]
[[table]]
name = "turnover"
dimensions = ["half", "region"]
[rules]
minimum_contributors = 3
"#;

const CELLS: &str = "month;region;n;turnover;t1;t2\n01;N;9;90,5;12;11\n01;S;9;80;12;11\n02;N;2;30;20;10\n02;S;9;70;9;9\n\
                     03;N;9;60;9;9\n03;S;9;50;8;8\nTotal;Total;47;380,5;20;12\n";

#[test]
fn ready_made_cells_with_trees_and_decimal_commas() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("cells.csv"), CELLS).expect("writes");
    let (code, rows) = release(directory.path(), READY_MADE, true);
    assert_eq!(code, ExitCode::SUCCESS);
    let find = |half: &str, region: &str| {
        rows.iter().find(|row| row[1] == half && row[2] == region).expect("is there").clone()
    };
    assert_eq!(find("Total", "Total")[3..], ["47", "380.5", "safe"]);
    assert_eq!(find("02", "N")[3..], ["", "", "primary"]);
    assert_eq!(find("H2", "Total")[3..], ["18", "110", "safe"]);
    assert!(rows.iter().any(|row| row[5] == "secondary" && row[4].is_empty()));
    assert_eq!(judge(directory.path(), &directory.path().join("out.csv")), ExitCode::SUCCESS);
}

#[test]
fn files_that_do_not_fit_are_bad_data() {
    let directory = tempfile::tempdir().expect("a directory");
    let broken = [
        (CELLS.replace("90,5", "-90,5"), READY_MADE.to_owned()),
        (CELLS.replace("90,5", "ninety"), READY_MADE.to_owned()),
        (CELLS.replace("turnover", "sales"), READY_MADE.to_owned()),
        (CELLS.replace("12;11\n01", "99;11\n01"), READY_MADE.to_owned()),
        (CELLS.to_owned(), READY_MADE.replace("minimum_contributors", "minimum")),
    ];
    for (cells, spec) in broken {
        std::fs::write(directory.path().join("cells.csv"), cells).expect("writes");
        std::fs::write(directory.path().join("spec.toml"), spec).expect("writes");
        let command = DisclosureCommand::Protect {
            spec: directory.path().join("spec.toml"),
            out: directory.path().join("out.csv"),
            ledger: None,
            published: false,
        };
        assert_eq!(run(&command, OutputFormat::Human).expect("says so"), ExitCode::from(65));
        assert!(!directory.path().join("out.csv").exists());
    }
}
