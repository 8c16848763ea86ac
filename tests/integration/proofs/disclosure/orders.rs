//! A week of orders: seven dailies and the week after them, and the week alone, beside what the best peers withhold.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::proofs::full;

/// GaussSuppression 1.2 needs 86 secondary cells for the week alone before an interval audit finds nothing.
const WEEK_ALONE: u64 = 80;

/// A prototype of this method needed 463 for all eight releases.
const EIGHT: u64 = 400;

const DAYS: [&str; 7] = ["1", "2", "3", "4", "5", "6", "7"];

/// Brand and model by region and province, and brand by channel by region, of some days. Without implied cells and
/// insiders, for the programs that it is compared with know neither.
fn specification(days: &[&str]) -> String {
    let orders = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/disclosure/orders-week.csv");
    let mut specification = format!(
        "[input]\nkind = 'microdata'\npath = '{}'\ncontributor = 'cust'\nvalue = ['value']\n\
         [dimensions]\nplace = {{ levels = ['region', 'prov'] }}\nproduct = {{ levels = ['brand', 'model'] }}\n\
         channel = {{ levels = ['channel'] }}\n\
         [rules]\nminimum_contributors = 3\np_percent = 10\nimplied_cells = false\ninsiders = false\n",
        orders.display()
    );
    for table in [
        "name = 'product-by-place'\ndimensions = ['product', 'place']",
        "name = 'brand-by-channel'\ndimensions = ['product', 'channel', 'place']\n\
         levels = { product = ['brand'], place = ['region'] }",
    ] {
        writeln!(specification, "[[table]]\n{table}\nwhere = {{ day = {days:?} }}").unwrap();
    }
    specification
}

/// The summary of a release, and that of its audit.
fn release(folder: &TempDir, days: &[&str], ledger: bool) -> (Value, Value) {
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("spec.toml"), specification(days)).unwrap();
    let run = |arguments: &[&str]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firstwatch"));
        command.args(["--format", "json", "disclosure"]).args(arguments).args(["--spec", &path("spec.toml")]);
        if ledger {
            command.args(["--ledger", &path("ledger")]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let made = run(&["protect", "--out", &path("out.csv")]);
    let judged =
        if ledger && !full() { Value::Null } else { run(&["audit", "--released", &path("out.csv")]) };
    (made, judged)
}

#[test]
fn a_week_alone_withholds_less_than_the_best_peer() {
    let folder = TempDir::new().unwrap();
    let (made, judged) = release(&folder, &DAYS, false);
    println!("disclosure, a week alone: {made}");
    assert_eq!((&made["audit"]["exact"], &made["audit"]["narrow"]), (&0.into(), &0.into()));
    assert_eq!((&judged["safe"], &judged["audit"]["targets"]), (&true.into(), &made["audit"]["targets"]));
    assert!(made["secondary"].as_u64().unwrap() <= WEEK_ALONE, "{made}");
}

/// Its short form is the first three dailies.
#[test]
fn a_week_after_its_days_withholds_less_than_the_prototype() {
    let folder = TempDir::new().unwrap();
    let dailies = if full() { 7 } else { 3 };
    let mut secondary = 0;
    for day in &DAYS[..dailies] {
        let (made, _) = release(&folder, &[day], true);
        secondary += made["secondary"].as_u64().unwrap();
    }
    let (made, judged) = release(&folder, &DAYS[..dailies], true);
    secondary += made["secondary"].as_u64().unwrap();
    println!("disclosure, {dailies} days and their sum: {secondary} secondary cells; the last {made}");
    assert_eq!((&made["audit"]["exact"], &made["audit"]["narrow"]), (&0.into(), &0.into()));
    assert!(judged.is_null() || judged["safe"] == true, "{judged}");
    assert!(secondary <= EIGHT, "{secondary}");
}
