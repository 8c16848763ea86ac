//! What a person is told about a setting: where it stands, what is wrong, and what to do.
//!
//! Invariant: no message repeats a text value that could be an address or a secret; words that the
//! configuration itself defines (keys, kinds, group names) may stand in it.

use std::fmt;

use serde::Serialize;

/// One thing wrong with the configuration. Sorts by file, then line, then key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file's path, or `environment variable NAME`, or `default.toml (built in)`.
    pub file: String,
    /// From 1; `None` when the file as a whole is meant, or something that is not in it.
    pub line: Option<usize>,
    /// Dotted, for example `mail.relay`; entries of a list are counted from 1: `source[2].kind`. Empty when
    /// the file as a whole is meant.
    pub key: String,
    pub message: String,
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}; {}", self.message, self.remedy)
    }
}

impl std::error::Error for Problem {}

/// What is wrong with a value, before it is known where the value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub message: String,
    pub remedy: String,
}

impl Fault {
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }
}

/// The word of `known` that `word` was probably meant to be.
pub fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let word = plain(word);
    let worst = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &plain(known)), known))
        .filter(|(distance, _)| *distance <= worst)
        .min()
        .map(|(_, known)| known)
}

/// The remedy for a word that is none of `known`.
pub fn one_of<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match meant(word, known.iter().copied()) {
        Some(known) => format!("did you mean `{known}`?"),
        None if known.is_empty() => "take it out".to_owned(),
        None => format!("write one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_near_words_only() {
        let known = ["retries", "relay", "from", "internal_domains"];
        assert_eq!(meant("retrys", known), Some("retries"));
        assert_eq!(meant("internal-domain", known), Some("internal_domains"));
        assert_eq!(meant("form", known), Some("from"));
        assert_eq!(meant("colour", known), None);
    }

    #[test]
    fn shows_what_there_is() {
        let mut problem = Problem {
            file: "a.toml".into(),
            line: Some(3),
            key: "mail.relay".into(),
            message: "is empty".into(),
            remedy: "write a relay".into(),
        };
        assert_eq!(problem.to_string(), "a.toml:3: mail.relay: is empty; write a relay");
        (problem.line, problem.key) = (None, String::new());
        assert_eq!(problem.to_string(), "a.toml: is empty; write a relay");
    }
}
