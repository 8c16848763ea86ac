//! `demo`: the whole main job on the made-up shop, in one folder, told as it goes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{NOW, SEED, write_shop};
use crate::api::Client;
use crate::cli::output::OutputFormat;
use crate::cli::{reach, show};
use crate::domain::actor::Actor;
use crate::domain::clock::SetClock;
use crate::jobs::House;
use crate::operations::runs::RunView;
use crate::operations::status::Status;
use crate::vault::MasterKey;

/// Marks a folder that a demo made, which the next demo may replace.
const MARK: &str = ".firstwatch-demo";

#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Where everything is put; a folder of an earlier demo is replaced
    #[arg(long, value_name = "DIR", default_value = "firstwatch-demo")]
    pub dir: PathBuf,
    /// Another made-up shop
    #[arg(long, default_value_t = SEED)]
    pub seed: u64,
}

/// What is run, in order, and what it shows.
const STEPS: [(&str, &str); 8] = [
    ("pull", "pulling three years of orders, customers, payments and complaints"),
    ("yearly-sales", "the report of the last year"),
    ("quarterly-sales", "the report of the last quarter"),
    ("monthly-sales", "the report of the last month"),
    ("weekly-sales", "the report of the last week"),
    ("daily-sales", "the report of yesterday"),
    ("complaint-report", "the report of last month's complaints"),
    ("complaint-deadlines", "complaints past their deadline"),
];

/// What is worth asking afterwards.
const ASK: [&str; 7] = [
    "status",
    "source rejected",
    "complaint list",
    "complaint explain 1",
    "run list",
    "report list",
    "outbox list",
];

pub fn run(options: &DemoOptions, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let progress = Progress::new(format);
    let dir = fresh_folder(&options.dir)?;
    progress.begin("making up a watch shop");
    let summary = write_shop(&dir, options.seed, &mut |done, all| progress.within(done, all))?;
    progress.end(&format!(
        "{} customers, {} orders, {} complaints",
        summary.customers, summary.orders, summary.complaints
    ));
    grant_ourselves(&dir.join("firstwatch.toml"))?;
    stamp(&dir.join("shop"), NOW)?;
    let house = open(&dir)?;
    let client = Client::in_process(house, Actor::user(rustix::process::geteuid().as_raw()));
    let (runs, status) = reach::block_on(work(&client, &progress))??;
    progress.finish();
    match format {
        OutputFormat::Json => {
            let open: Vec<String> =
                to_open(&dir).iter().map(|(path, _)| path.display().to_string()).collect();
            anstream::println!(
                "{}",
                serde_json::to_string_pretty(&json!({ "runs": runs, "status": status, "open": open }))?
            );
        }
        OutputFormat::Human => print_end(&dir, &status),
    }
    let failed = runs.iter().any(|run| run.state != "done");
    Ok(if failed { ExitCode::from(crate::cli::exit::FAILED) } else { ExitCode::SUCCESS })
}

/// An empty folder of our own. Nothing that a demo did not make is ever removed.
fn fresh_folder(dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.join(MARK).exists() {
        fs::remove_dir_all(dir)
            .with_context(|| format!("failed to clear the earlier demo in {}", dir.display()))?;
    } else if dir.exists() && fs::read_dir(dir)?.next().is_some() {
        bail!("{} is not empty and no demo made it; name another folder with --dir", dir.display());
    }
    fs::create_dir_all(dir).with_context(|| format!("failed to create {}", dir.display()))?;
    let dir = dir.canonicalize()?;
    fs::write(dir.join(MARK), "made by `firstwatch demo`; the next demo may replace this folder\n")?;
    Ok(dir)
}

/// The made-up export is as old as the made-up present: its age is the source's watermark.
fn stamp(shop: &Path, at: Timestamp) -> anyhow::Result<()> {
    for entry in fs::read_dir(shop)? {
        let path = entry?.path();
        File::options()
            .append(true)
            .open(&path)?
            .set_modified(at.into())
            .with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Whoever made the shop up handles its complaints, to try the commands.
fn grant_ourselves(config: &Path) -> anyhow::Result<()> {
    let uid = rustix::process::geteuid().as_raw();
    let mut text = fs::read_to_string(config)?;
    text += &format!(
        "\n# You, who made this shop up, may handle its complaints.\n[roles]\ncomplaint-handler = [{uid}]\ndata-officer = [{uid}]\n"
    );
    fs::write(config, text).with_context(|| format!("failed to write {}", config.display()))
}

fn open(dir: &Path) -> anyhow::Result<Arc<House>> {
    let config = dir.join("firstwatch.toml");
    MasterKey::generate()?.write_new(&dir.join("master.key"))?;
    let settings = reach::load(Some(config))?;
    let house = House::open(settings, None, Arc::new(SetClock::new(NOW)))?;
    Ok(Arc::new(house))
}

async fn work(client: &Client, progress: &Progress) -> anyhow::Result<(Vec<RunView>, Status)> {
    let mut runs = Vec::new();
    for (job, what) in STEPS {
        progress.begin(what);
        let answer: Value = client.post(&format!("/v1/jobs/{job}/run"), &json!({ "wait": true })).await?;
        let run: RunView = serde_json::from_value(answer["run"].clone())?;
        progress.end(&run.message);
        runs.push(run);
    }
    Ok((runs, client.get("/v1/status").await?))
}

/// What is worth opening, with a word about each.
fn to_open(dir: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    let releases = dir.join("state/releases");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&releases).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        files.sort();
        for (ending, word) in
            [("html", "the mail as a page"), ("pdf", "to print"), ("xlsx", "to calculate with")]
        {
            let is_wanted = |path: &&PathBuf| path.extension().is_some_and(|found| found == ending);
            found.extend(files.iter().filter(is_wanted).map(|path| (path.clone(), word)));
        }
    }
    found.push((dir.join("mail/new"), "every mail as it was delivered"));
    found.push((dir.join("firstwatch.toml"), "the configuration of all this"));
    found
}

fn print_end(dir: &Path, status: &Status) {
    anstream::println!(
        "\n{} customers, {} orders, {} open complaints in the store",
        status.customers,
        status.orders,
        status.open_complaints
    );
    anstream::println!("\nOpen:");
    for (path, word) in to_open(dir) {
        anstream::println!("  {}  ({word})", path.display());
    }
    let config = dir.join("firstwatch.toml");
    anstream::println!("\nAsk:");
    for command in ASK {
        anstream::println!("  firstwatch {command} --config {}", config.display());
    }
    if !status.problems.is_empty() {
        anstream::println!("\nThe shop has problems on purpose; `status` says them:");
        for problem in &status.problems {
            anstream::println!("  {}{problem}", show::cross());
        }
    }
}

/// A bar a step on a terminal, a line a step elsewhere, nothing for JSON.
struct Progress {
    bar: Option<ProgressBar>,
    human: bool,
}

impl Progress {
    fn new(format: OutputFormat) -> Self {
        use std::io::IsTerminal;
        let human = format == OutputFormat::Human;
        let bar = (human && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(STEPS.len() as u64 + 1);
            let style = ProgressStyle::with_template("{spinner} [{bar:24}] {msg}")
                .unwrap_or(ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("=> "));
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            bar
        });
        Self { bar, human }
    }

    fn begin(&self, what: &'static str) {
        match &self.bar {
            Some(bar) => bar.set_message(what),
            None if self.human => anstream::println!("{what} ..."),
            None => {}
        }
    }

    fn within(&self, done: u64, all: u64) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("making up a watch shop, {} %", done * 100 / all.max(1)));
        }
    }

    fn end(&self, result: &str) {
        match &self.bar {
            Some(bar) => {
                bar.println(format!("{}{result}", show::tick()));
                bar.inc(1);
            }
            None if self.human => anstream::println!("  {result}"),
            None => {}
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
