//! A house over the made-up shop.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use firstwatch::domain::clock::SetClock;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::period::Period;
use firstwatch::domain::slot::Slot;
use firstwatch::facts::Page;
use firstwatch::jobs::{self, House, Trigger};
use firstwatch::settings::{self, LoadOptions};
use firstwatch::store::{Error, PageRow, RunRow, RunState};
use firstwatch::vault::MasterKey;
use jiff::Timestamp;

const NOW: &str = "2026-11-02T00:00:00Z";

const CONFIGURATION: &str = r#"
jobs_directory = "jobs"
business = { name = "Test", timezone = "Asia/Ho_Chi_Minh", language = "vi", currency = { code = "VND", decimals = 0 } }
store = { directory = "state" }
vault = { master_key_file = "key" }
mail = { relay = "maildir:mail", from = "a@shop.vn", internal_domains = ["shop.vn"] }
recipients = { managers = ["m@shop.vn"], administrators = ["a@shop.vn"], complaints = ["c@shop.vn"], data_officer = ["d@shop.vn"] }
"#;

/// Writes the configuration, a key, and the jobs.
pub fn write(folder: &Path, sources: &str, jobs: &[(&str, &str)]) {
    fs::create_dir_all(folder.join("jobs")).expect("a folder");
    for (name, text) in jobs {
        fs::write(folder.join(format!("jobs/{name}.toml")), text).expect("a file");
    }
    fs::write(folder.join("firstwatch.toml"), format!("{CONFIGURATION}{sources}")).expect("a file");
    if !folder.join("key").exists() {
        MasterKey::generate().and_then(|key| key.write_new(&folder.join("key"))).expect("a key");
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder.join("state/facts")).expect("a folder");
}

pub fn open(folder: &Path) -> House {
    let options =
        LoadOptions { file: Some(folder.join("firstwatch.toml")), environment: BTreeMap::default() };
    let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
    House::open(settings, None, Arc::new(SetClock::new(now()))).expect("a house")
}

/// Takes pages into the house as if it had sealed them.
pub fn bring(house: &House, directory: &Path, pages: &[Page]) {
    for page in pages {
        let place = house.facts_directory().join(&page.file);
        if fs::hard_link(directory.join(&page.file), &place).is_err() {
            fs::copy(directory.join(&page.file), &place).expect("a page");
        }
    }
    let row = |page: &Page| PageRow {
        from: page.from,
        until: page.until,
        file: page.file.clone(),
        sha256: page.sha256,
        rows: page.rows,
    };
    let noted = house
        .store
        .write::<_, Error>(|writer| pages.iter().try_for_each(|page| writer.insert_page(&row(page), now())));
    noted.expect("pages");
}

/// Runs the job's slot at an instant to its end.
pub fn run(house: &House, job: &str, at: Timestamp, period: Option<Period>) -> RunRow {
    let job = house.settings.job(&JobName::new(job)).expect("the job");
    let slot = Slot { job: job.name.clone(), at };
    let row = jobs::run_slot(house, job, slot, Trigger::Manual, period).expect("a run").row;
    assert_eq!(row.state, RunState::Done, "{}", row.message);
    row
}

pub fn now() -> Timestamp {
    NOW.parse().expect("an instant")
}
