//! The words of the documents, in each language, by Fluent.
//!
//! Invariant: both languages have the same keys, and every key is used; a test of this file holds that.
//! Absent: numbers and dates, which come in as texts already written by `numbers` and `dates`.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::langid;

use super::Error;
use crate::settings::{Language, LocalText};

const VIETNAMESE: &str = include_str!("../../config/locales/vi.ftl");
const ENGLISH: &str = include_str!("../../config/locales/en.ftl");

/// One language's words.
pub struct Texts {
    bundle: FluentBundle<FluentResource>,
    language: Language,
}

impl Texts {
    /// # Errors
    /// [`Error::Texts`] when the embedded file is not Fluent, which a test excludes.
    pub fn new(language: Language) -> Result<Self, Error> {
        let (id, words) = match language {
            Language::Vi => (langid!("vi"), VIETNAMESE),
            Language::En => (langid!("en"), ENGLISH),
        };
        let resource = FluentResource::try_new(words.to_owned()).map_err(|(_, problems)| Error::Texts {
            language: language_code(language),
            problem: problems.first().map_or_else(String::new, ToString::to_string),
        })?;
        let mut bundle = FluentBundle::new(vec![id]);
        // The isolating marks would stand as boxes in Excel and in old mail programs; names that need
        // them get them from `names`.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|problems| Error::Texts {
            language: language_code(language),
            problem: problems.first().map_or_else(String::new, ToString::to_string),
        })?;
        Ok(Self { bundle, language })
    }

    pub fn language(&self) -> Language {
        self.language
    }

    pub fn code(&self) -> &'static str {
        language_code(self.language)
    }

    /// The words under `key`, which has no arguments.
    pub fn say(&self, key: &str) -> String {
        self.fill(key, [])
    }

    /// The words under `key` with its arguments filled in. Numbers only choose a plural form; what is
    /// printed comes as text.
    pub fn fill<'a, const N: usize>(&self, key: &str, arguments: [(&'a str, FluentValue<'a>); N]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let arguments: FluentArgs<'a> = arguments.into_iter().collect();
        let mut problems = Vec::new();
        self.bundle.format_pattern(pattern, Some(&arguments), &mut problems).into_owned()
    }

    /// The configuration's text in this language, else in the other, else empty.
    pub fn local<'t>(&self, text: &'t LocalText) -> &'t str {
        text.get(self.code()).or_else(|| text.values().next()).map_or("", String::as_str)
    }
}

/// Every stretch of words that the documents say by themselves, without what is filled in.
pub fn own_words(language: Language) -> impl Iterator<Item = String> {
    let words = match language {
        Language::Vi => VIETNAMESE,
        Language::En => ENGLISH,
    };
    let lines = words.lines().filter(|line| !line.starts_with('#'));
    let said = lines.map(|line| line.split_once(" = ").map_or(line, |(_, said)| said));
    said.flat_map(|said| said.split(['{', '}']).step_by(2))
        .map(|words| words.trim().to_owned())
        .filter(|words| !words.is_empty())
}

fn language_code(language: Language) -> &'static str {
    match language {
        Language::Vi => "vi",
        Language::En => "en",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::document::names::families;

    fn keys(words: &str) -> BTreeSet<String> {
        words
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(key, _)| key.to_owned()))
            .collect()
    }

    /// Every source of the room that speaks, but for this one.
    const SOURCES: [&str; 21] = [
        include_str!("alerts.rs"),
        include_str!("movers.rs"),
        include_str!("remarks.rs"),
        include_str!("trend.rs"),
        include_str!("complaints.rs"),
        include_str!("grid.rs"),
        include_str!("names.rs"),
        include_str!("numbers.rs"),
        include_str!("dates.rs"),
        include_str!("page.rs"),
        include_str!("headline.rs"),
        include_str!("footer.rs"),
        include_str!("tables.rs"),
        include_str!("plain.rs"),
        include_str!("workbook.rs"),
        include_str!("workbook/charts.rs"),
        include_str!("workbook/complaints.rs"),
        include_str!("workbook/grids.rs"),
        include_str!("notice.rs"),
        include_str!("alarm.rs"),
        include_str!("statement.rs"),
    ];

    #[test]
    fn both_languages_have_the_same_keys() {
        assert_eq!(keys(VIETNAMESE), keys(ENGLISH));
        for language in [Language::Vi, Language::En] {
            Texts::new(language).expect("the embedded texts are Fluent");
        }
    }

    #[test]
    fn every_key_is_used_and_every_used_key_exists() {
        let known = keys(ENGLISH);
        let mut used: BTreeSet<String> = families().into_iter().collect();
        for source in SOURCES {
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for literal in source.split('"').skip(1).step_by(2) {
                if known.contains(literal) {
                    used.insert(literal.to_owned());
                }
            }
            for call in source.split("say(\"").skip(1).chain(source.split("fill(\"").skip(1)) {
                let key = call.split('"').next().unwrap_or_default();
                assert!(known.contains(key), "{key} is said but not written");
            }
        }
        assert_eq!(known, used);
    }
}
