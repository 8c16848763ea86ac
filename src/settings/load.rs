//! Loading: each layer read strictly by itself, then all of them together, then the jobs.
//!
//! Reading a layer by itself finds what is wrong in it even where a later layer covers it; reading them
//! together finds what is missing and what does not fit together. Nothing stops at the first problem.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::address::{self, Addressees, Groups};
use super::field::is_slug;
use super::job::{self, Context, JobSpec};
use super::layer::merge;
use super::node::{Table, Value};
use super::problem::{Fault, Problem};
use super::read::{Draft, read};
use super::section::{BUILT_IN, Reader, Seen};
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

/// The configuration when nobody names another.
pub const USUAL_FILE: &str = "/etc/firstwatch/firstwatch.toml";

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
    let problems = each_once(texts.problems, &texts.unread);
    match settings {
        Some(settings) if problems.is_empty() => Ok(settings),
        _ => Err(problems),
    }
}

/// Sorted. A value of one layer is read twice, and told of once; a line that is not TOML is told of as
/// that, not as what became of it, and a file that could not be read is not told of what it lacks.
fn each_once(mut problems: Vec<Problem>, unread: &BTreeSet<String>) -> Vec<Problem> {
    problems.sort();
    let broken: BTreeSet<(String, usize)> = problems
        .iter()
        .filter(|problem| problem.key.is_empty())
        .filter_map(|problem| Some((problem.file.clone(), problem.line?)))
        .collect();
    let is_broken =
        |problem: &Problem| problem.line.is_some_and(|line| broken.contains(&(problem.file.clone(), line)));
    let mut told = BTreeSet::new();
    problems.retain(|problem| {
        let what = (problem.file.clone(), problem.key.clone(), problem.message.clone());
        problem.key.is_empty()
            || (!is_broken(problem) && !unread.contains(&problem.file) && told.insert(what))
    });
    problems
}

fn together(texts: &mut Texts, merged: &Table, main: &Path, options: &LoadOptions) -> Option<Settings> {
    let home = main.display().to_string();
    let origins = texts.origins.clone();
    let reader = Reader::new(&origins, true, &home);
    let draft = reader.document(merged, |section| read(section));
    let jobs = jobs(texts, &draft, main);
    check_that_somebody_is_told(&reader, &draft.groups, &jobs);
    if draft.sources.as_ref().is_some_and(Vec::is_empty) && jobs.has("pull") {
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
        audit: draft.audit?,
        engine: draft.engine?,
        disclosure: draft.disclosure?,
        complaints: draft.complaints?,
        payments: draft.payments?,
        calendar: draft.calendar?,
        roles: draft.roles?,
        metrics: draft.metrics?,
        sources: draft.sources?,
        jobs: jobs.specs,
        jobs_directory: jobs.directory,
        credentials_directory: options.environment.get("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        places: Places { home, keys },
    })
}

/// The jobs, with what is known even of those that cannot be read.
#[derive(Default)]
struct Jobs {
    specs: Vec<JobSpec>,
    /// `None` when they are the built-in ones.
    directory: Option<PathBuf>,
    kinds: Vec<String>,
    /// Each job with a list of whom it mails.
    told: Vec<(String, Vec<String>)>,
}

impl Jobs {
    fn has(&self, kind: &str) -> bool {
        self.kinds.iter().any(|known| known == kind)
    }
}

fn jobs(texts: &mut Texts, draft: &Draft, main: &Path) -> Jobs {
    let beside = main.parent().unwrap_or(Path::new(".")).join("jobs");
    let directory = draft.jobs_directory.clone().or_else(|| beside.is_dir().then_some(beside));
    let files = match &directory {
        Some(directory) => texts.files_of(directory),
        None => shipped_jobs(),
    };
    if let Some(directory) = directory.as_deref().filter(|directory| files.is_empty() && directory.is_dir()) {
        texts.problem(directory.display().to_string(), "there is no job in this directory".to_owned());
    }
    let context = Context {
        language: draft.language,
        addressees: Addressees { domains: draft.domains.as_deref(), groups: Some(&draft.groups) },
    };
    let mut jobs = Jobs { directory, ..Jobs::default() };
    for (path, text) in files {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        let home = path.display().to_string();
        if !is_slug(&name) {
            let message = "the job's name, which is the file's, may hold small letters, digits, - and _ only";
            texts.problem(home.clone(), message.to_owned());
        }
        let table = texts.parse(home.clone(), &path, &text);
        let reader = Reader::new(&texts.origins, true, &home);
        let spec = reader.document(&table, |section| job::read(section, JobName::new(&name), context));
        let Seen { problems, told, .. } = reader.seen.into_inner();
        texts.problems.extend(problems);
        jobs.specs.extend(spec);
        jobs.told.extend(told.into_iter().map(|(_, names)| (format!("the job {name}"), names)));
        if let Some(Value::Text(kind)) = table.get("kind").map(|node| &node.value) {
            jobs.kinds.push(kind.clone());
        }
    }
    jobs
}

/// A list of recipients that comes to nobody would be silence where somebody counts on a mail.
fn check_that_somebody_is_told(reader: &Reader<'_>, groups: &Groups, jobs: &Jobs) {
    let complaints = reader.seen.borrow().told.clone();
    let complaints = complaints.into_iter().filter(|_| jobs.has("complaint-deadlines"));
    let failures = ("any job that fails".to_owned(), vec![ADMINISTRATORS.to_owned()]);
    let failures = (!jobs.kinds.is_empty()).then_some(failures);
    let mut silent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (by, names) in jobs.told.iter().cloned().chain(complaints).chain(failures) {
        if address::resolve(&names, groups).is_empty() {
            for group in groups.keys().filter(|group| names.contains(group)) {
                silent.entry(group).or_default().push(by.clone());
            }
        }
    }
    for (group, by) in silent {
        let more = if by.len() > 3 { format!(" and {} more", by.len() - 3) } else { String::new() };
        let by = by.into_iter().take(3).collect::<Vec<_>>().join(", ");
        let message = format!("nobody is in this group, so nobody would be told by {by}{more}");
        reader.note_key(&format!("recipients.{group}"), Fault::new(message, "add an address"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: &str = include_str!("../../config/default.toml");

    /// `default.toml` with its settings that have no default (`#key = value`) switched on.
    fn all_switched_on() -> String {
        let is_setting = |line: &str| {
            line.strip_prefix('#').is_some_and(|rest| {
                rest.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '[')
            })
        };
        DEFAULTS
            .lines()
            .map(|line| if is_setting(line) { &line[1..] } else { line })
            .fold(String::new(), |text, line| text + line + "\n")
    }

    fn keys_of(prefix: &str, table: &Table, keys: &mut Vec<String>) {
        for (key, node) in table {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            match &node.value {
                Value::Table(table) => keys_of(&path, table, keys),
                Value::List(list) => {
                    for entry in list {
                        if let Value::Table(table) = &entry.value {
                            keys_of(&format!("{path}[]"), table, keys);
                        }
                    }
                }
                _ => {}
            }
            keys.push(path);
        }
    }

    #[test]
    fn every_key_of_the_defaults_is_known_and_every_known_key_is_in_the_defaults() {
        let mut texts = Texts::default();
        let text = all_switched_on();
        let table = texts.parse("default.toml".to_owned(), Path::new("default.toml"), &text);
        let reader = Reader::new(&texts.origins, true, "default.toml");
        reader.document(&table, |section| read(section));
        let seen = reader.seen.into_inner();
        let unknown: Vec<&Problem> =
            seen.problems.iter().filter(|problem| problem.message.contains("is not known")).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(texts.problems.is_empty(), "{:?}", texts.problems);

        let mut standing = Vec::new();
        keys_of("", &table, &mut standing);
        let missing: Vec<&String> = seen.known.iter().filter(|key| !standing.contains(key)).collect();
        assert!(missing.is_empty(), "default.toml does not explain {missing:?}");
        assert!(standing.len() > 80, "the defaults were read as {standing:?}");
    }

    #[test]
    fn every_setting_of_the_defaults_is_explained() {
        // The keys of a feed are explained at the first feed.
        let again = ["#path", "#query", "#columns", "#constants"];
        let mut is_explained = false;
        for line in DEFAULTS.lines() {
            if line.is_empty() {
                is_explained = false;
            } else if line.starts_with("# ") {
                is_explained = true;
            } else if !line.trim_start_matches('#').starts_with('[') {
                let is_again = again.iter().any(|key| line.starts_with(key));
                assert!(is_explained || is_again, "{line:?} is not explained");
            }
        }
    }
}
