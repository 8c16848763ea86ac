//! Loading: each layer read strictly by itself, then all of them together, then the jobs.
//!
//! Reading a layer by itself finds what is wrong in it even where a later layer covers it; reading them
//! together finds what is missing and what does not fit together. Nothing stops at the first problem.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::address::{self, Addressees};
use super::job::{self, Context, JobKind, JobSpec};
use super::layer::merge;
use super::node::Table;
use super::problem::{Fault, Problem};
use super::read::{Draft, read};
use super::section::{BUILT_IN, Reader, Seen, is_slug};
use super::shop::{ADMINISTRATORS, Places, Settings};
use super::texts::{Texts, shipped_jobs};
use crate::domain::ids::JobName;

/// Where the configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `None`: `/etc/firstwatch/firstwatch.toml`.
    pub file: Option<PathBuf>,
    /// All of the process's environment variables; those that begin with `FIRSTWATCH_` are settings.
    pub environment: BTreeMap<String, String>,
}

const USUAL_FILE: &str = "/etc/firstwatch/firstwatch.toml";

/// Loads and checks the settings. Files that they name (keys, sources, calendars) are not looked at: see
/// [`super::check_files`].
///
/// # Errors
/// Everything that is wrong, in every file, variable and job, sorted by file and line.
pub fn load(options: &LoadOptions) -> Result<Settings, Vec<Problem>> {
    let main = options.file.clone().unwrap_or_else(|| PathBuf::from(USUAL_FILE));
    let mut texts = Texts::default();
    let layers = texts.layers(&main, &options.environment);
    let merged = merge(&layers).unwrap_or_else(|error| {
        // Our own layers are already parsed, so `config` has nothing left to refuse.
        texts.problem(main.display().to_string(), format!("the layers do not join: {error}"));
        Table::new()
    });
    let home = main.display().to_string();
    for layer in &layers {
        let reader = Reader::new(&texts.origins, false, &home);
        reader.document(&layer.0, |section| read(section));
        texts.problems.extend(reader.seen.into_inner().problems);
    }
    let settings = together(&mut texts, &merged, &main, options);
    let mut problems = texts.problems;
    // A value of one layer is read twice; the same place and key is the same mistake.
    problems.sort_by(|a, b| (&a.file, a.line, &a.key).cmp(&(&b.file, b.line, &b.key)));
    problems.dedup_by(|a, b| (&a.file, a.line, &a.key) == (&b.file, b.line, &b.key));
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        _ => Err(problems),
    }
}

fn together(texts: &mut Texts, merged: &Table, main: &Path, options: &LoadOptions) -> Option<Settings> {
    let home = main.display().to_string();
    let origins = texts.origins.clone();
    let reader = Reader::new(&origins, true, &home);
    let draft = reader.document(merged, |section| read(section));
    let (jobs, jobs_directory) = jobs(texts, &draft, main);
    check_that_somebody_is_told(&reader, &draft, &jobs);
    if draft.sources.as_ref().is_some_and(Vec::is_empty) && jobs.iter().any(|job| job.kind == JobKind::Pull) {
        reader.note_key("source", Fault::new("there is no source to pull from", "add a [[source]]"));
    }
    let Seen { problems, places, .. } = reader.seen.into_inner();
    texts.problems.extend(problems);
    let keys = places
        .into_iter()
        .filter(|(_, place)| place.file != BUILT_IN)
        .map(|(key, place)| (key, (origins[place.file].name.clone(), place.line)))
        .collect();
    Some(Settings {
        business: draft.business?,
        store: draft.store?,
        vault: draft.vault?,
        mail: draft.mail?,
        recipients: draft.groups,
        disclosure: draft.disclosure?,
        complaints: draft.complaints?,
        calendar: draft.calendar?,
        sources: draft.sources?,
        jobs,
        jobs_directory,
        credentials_directory: options.environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        places: Places { home, keys },
    })
}

/// The jobs that can be read, and where they stand.
fn jobs(texts: &mut Texts, draft: &Draft, main: &Path) -> (Vec<JobSpec>, Option<PathBuf>) {
    let beside = main.parent().unwrap_or(Path::new(".")).join("jobs");
    let directory = draft.jobs_directory.clone().or_else(|| beside.is_dir().then_some(beside));
    let files = match &directory {
        Some(directory) => texts.files_of(directory),
        None => shipped_jobs(),
    };
    if files.is_empty()
        && let Some(directory) = &directory
    {
        texts.problem(directory.display().to_string(), "there is no job in this directory".to_owned());
    }
    let context = Context {
        language: draft.language,
        addressees: Addressees { domains: draft.domains.as_deref(), groups: Some(&draft.groups) },
    };
    let jobs = files.into_iter().filter_map(|(path, text)| {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let home = path.display().to_string();
        if !is_slug(&name) {
            texts
                .problem(home.clone(), "the job's name, which is the file's, is not a plain name".to_owned());
        }
        let table = texts.parse(home.clone(), &path, &text);
        let reader = Reader::new(&texts.origins, true, &home);
        let job = reader.document(&table, |section| job::read(section, JobName::new(name), context));
        texts.problems.extend(reader.seen.into_inner().problems);
        job
    });
    let jobs = jobs.collect();
    (jobs, directory)
}

/// A list of recipients that comes to nobody would be silence where somebody counts on a mail.
fn check_that_somebody_is_told(reader: &Reader<'_>, draft: &Draft, jobs: &[JobSpec]) {
    let mut uses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut used = |names: &[String], by: String| {
        if address::resolve(names, &draft.groups).is_empty() {
            for group in draft.groups.keys().filter(|group| names.contains(group)) {
                uses.entry(group).or_default().push(by.clone());
            }
        }
    };
    for job in jobs.iter().filter(|job| !job.recipients.is_empty()) {
        used(&job.recipients, format!("the job {}", job.name));
    }
    if jobs.iter().any(|job| job.kind == JobKind::ComplaintDeadlines) {
        for (kind, rule) in draft.complaints.iter().flat_map(|complaints| &complaints.kinds) {
            used(&rule.responsible, format!("complaints.kinds.{kind}"));
        }
    }
    if !jobs.is_empty() {
        used(&[ADMINISTRATORS.to_owned()], "every failure".to_owned());
    }
    for (group, uses) in uses {
        let message = format!("nobody is in this group, and nobody else is told by {}", uses.join(", "));
        reader.note_key(&format!("recipients.{group}"), Fault::new(message, "add an address"));
    }
}
