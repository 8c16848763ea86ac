//! Finding the texts: the embedded defaults, the main file, `conf.d`, the environment, the jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::layer::Layer;
use super::node::{Node, Place, Table, Value, parse_file, parse_variable};
use super::problem::Problem;
use super::section::Origin;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "FIRSTWATCH_";

/// The jobs as they are shipped, for a shop that has no directory of its own.
pub(super) fn shipped_jobs() -> Vec<(PathBuf, String)> {
    macro_rules! jobs {
        ($($name:literal),*) => {
            [$(($name, include_str!(concat!("../../jobs/", $name, ".toml")))),*]
        };
    }
    let jobs = jobs![
        "backup",
        "complaint-deadlines",
        "complaint-report",
        "daily-sales",
        "integrity",
        "monthly-sales",
        "pull",
        "quarterly-sales",
        "weekly-sales",
        "yearly-sales"
    ];
    jobs.map(|(name, text)| (PathBuf::from(format!("jobs/{name}.toml")), text.to_owned())).into()
}

/// The texts found so far, and what was wrong with them as texts.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub origins: Vec<Origin>,
    pub problems: Vec<Problem>,
    /// Files that could not be read: what they lack is not known.
    pub unread: BTreeSet<String>,
}

impl Texts {
    /// The lowest layer first; the defaults are the origin [`super::section::BUILT_IN`].
    pub fn layers(&mut self, main: &Path, environment: &BTreeMap<String, String>) -> Vec<Layer> {
        let mut layers = vec![Layer(self.parse(
            "default.toml (built in)".to_owned(),
            Path::new("default.toml"),
            DEFAULTS,
        ))];
        let directory = main.parent().unwrap_or(Path::new(".")).to_owned();
        let mut files = vec![(main.to_owned(), self.read(main))];
        let parts = directory.join("conf.d");
        if parts.is_dir() {
            files.extend(self.files_of(&parts).into_iter().map(|(path, text)| (path, Some(text))));
        }
        for (path, text) in files {
            let name = path.display().to_string();
            layers.extend(text.map(|text| Layer(self.parse(name, &path, &text))));
        }
        for (name, text) in environment.iter().filter(|(_, text)| !text.trim().is_empty()) {
            if let Some(key) = name.strip_prefix(PREFIX) {
                let file = self.add(format!("environment variable {name}"), &directory);
                layers.push(Layer(nested(key, parse_variable(text, file), file)));
            }
        }
        layers
    }

    /// The `*.toml` files of a directory, by name.
    pub fn files_of(&mut self, directory: &Path) -> Vec<(PathBuf, String)> {
        let list = std::fs::read_dir(directory).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        });
        let mut paths = list.unwrap_or_else(|error| {
            self.unreadable(directory, error.kind());
            Vec::new()
        });
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
        paths.sort();
        paths.into_iter().filter_map(|path| Some((path.clone(), self.read(&path)?))).collect()
    }

    /// Reads a text as TOML, noting every place where it is not.
    pub fn parse(&mut self, name: String, path: &Path, text: &str) -> Table {
        let file = self.add(name.clone(), path.parent().unwrap_or(Path::new(".")));
        let (table, errors) = parse_file(text, file);
        self.problems.extend(errors.into_iter().map(|error| Problem {
            file: name.clone(),
            line: Some(error.line),
            key: String::new(),
            message: format!("this is not TOML: {}", error.message),
            remedy: "correct the line".to_owned(),
        }));
        table
    }

    /// Something wrong with a file as a whole.
    pub fn problem(&mut self, file: String, message: String) {
        let remedy = "correct it, or take it away".to_owned();
        self.problems.push(Problem { file, line: None, key: String::new(), message, remedy });
    }

    fn add(&mut self, name: String, base: &Path) -> usize {
        self.origins.push(Origin { name, base: base.to_owned() });
        self.origins.len() - 1
    }

    fn read(&mut self, path: &Path) -> Option<String> {
        let bytes = std::fs::read(path).map_err(|error| self.unreadable(path, error.kind())).ok()?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            self.problems.push(Problem {
                file: path.display().to_string(),
                line: Some(line),
                key: String::new(),
                message: "this is not UTF-8".to_owned(),
                remedy: "save the file as UTF-8".to_owned(),
            });
        });
        if text.is_err() {
            self.unread.insert(path.display().to_string());
        }
        text.ok()
    }

    fn unreadable(&mut self, path: &Path, kind: ErrorKind) {
        self.unread.insert(path.display().to_string());
        self.problems.push(Problem {
            file: path.display().to_string(),
            line: None,
            key: String::new(),
            message: match kind {
                ErrorKind::NotFound => "there is no such file".to_owned(),
                kind => format!("cannot be read: {kind}"),
            },
            remedy: "put it there after config/production.example.toml, or name another with --config"
                .to_owned(),
        });
    }
}

/// `SECTION__KEY` as tables in tables. A shell cannot say `data-breach`: below `complaints.kinds` an
/// underscore stands for the hyphen.
fn nested(name: &str, value: Node, file: usize) -> Table {
    let name = name.to_lowercase();
    let mut keys: Vec<String> = name.split("__").map(str::to_owned).collect();
    if let [first, second, kind, ..] = &mut keys[..]
        && (first.as_str(), second.as_str()) == ("complaints", "kinds")
    {
        *kind = kind.replace('_', "-");
    }
    let place = Some(Place { file, line: None });
    let outermost = keys.remove(0);
    let node = keys
        .into_iter()
        .rev()
        .fold(value, |value, key| Node { place, value: Value::Table(Table::from([(key, value)])) });
    Table::from([(outermost, node)])
}
