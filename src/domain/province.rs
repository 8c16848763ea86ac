//! Vietnam's provinces: 34 since 1 July 2025, merged from 63 (Decision 19/2025/QĐ-TTg), and their regions.
//!
//! Old codes are reused for other places, so a code says nothing without its scheme.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// How a source writes provinces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProvinceScheme {
    /// By name, old or new, with or without its title and its marks.
    #[default]
    Name,
    /// By the two-digit code of the 63 provinces before July 2025.
    Code63,
    /// By the two-digit code of the 34.
    Code34,
    /// Any text, taken as it stands: for a shop elsewhere.
    AsGiven,
}

/// One of the 34.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Province {
    pub code: String,
    /// Without its title (tỉnh, thành phố): `Hà Nội`.
    pub name: String,
    /// `north`, `central` or `south`.
    pub region: String,
}

struct Atlas {
    provinces: Vec<Province>,
    by_name: HashMap<String, usize>,
    /// What [`Self::by_name`] says of the names as [`all`] has them: most sources write them so.
    as_written: HashMap<String, usize>,
    by_old_code: HashMap<String, usize>,
    by_new_code: HashMap<String, usize>,
}

/// `config/provinces.csv`: old code, old name, new code, new name, region.
static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::read(include_str!("../../config/provinces.csv")));

impl Atlas {
    fn read(table: &str) -> Self {
        let mut atlas = Self {
            provinces: Vec::new(),
            by_name: HashMap::new(),
            as_written: HashMap::new(),
            by_old_code: HashMap::new(),
            by_new_code: HashMap::new(),
        };
        for line in table.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let [old_code, old_name, new_code, new_name, region] = fields[..] else { continue };
            let index = *atlas.by_new_code.entry(new_code.to_owned()).or_insert_with(|| {
                atlas.provinces.push(Province {
                    code: new_code.to_owned(),
                    name: without_title(new_name).to_owned(),
                    region: region.to_owned(),
                });
                atlas.provinces.len() - 1
            });
            atlas.by_old_code.insert(old_code.to_owned(), index);
            for name in [old_name, new_name] {
                atlas.by_name.insert(key(name), index);
            }
        }
        for (name, code) in [
            ("hcm", "79"),
            ("saigon", "79"),
            ("tphcm", "79"),
            ("hue", "46"),
            ("thuathienhue", "46"),
            ("daklak", "66"),
        ] {
            if let Some(&index) = atlas.by_new_code.get(code) {
                atlas.by_name.insert(name.to_owned(), index);
            }
        }
        for province in &atlas.provinces {
            if let Some(&index) = atlas.by_name.get(&key(&province.name)) {
                atlas.as_written.insert(province.name.clone(), index);
            }
        }
        atlas
    }
}

/// All 34, in the order of the table.
pub fn all() -> &'static [Province] {
    &ATLAS.provinces
}

/// The province that `text` names in `scheme`; `None` for one that is not known (and always for
/// [`ProvinceScheme::AsGiven`]).
pub fn find(text: &str, scheme: ProvinceScheme) -> Option<&'static Province> {
    let index = match scheme {
        ProvinceScheme::Name => ATLAS.as_written.get(text).or_else(|| ATLAS.by_name.get(&key(text))),
        ProvinceScheme::Code63 => ATLAS.by_old_code.get(&code(text)),
        ProvinceScheme::Code34 => ATLAS.by_new_code.get(&code(text)),
        ProvinceScheme::AsGiven => None,
    };
    index.map(|&index| &ATLAS.provinces[index])
}

fn without_title(name: &str) -> &str {
    ["Tỉnh ", "Thành phố "].iter().find_map(|title| name.strip_prefix(title)).unwrap_or(name)
}

fn code(text: &str) -> String {
    format!("{:0>2}", text.trim())
}

/// A name as it is looked up: no title, no marks, no spaces, lower case.
fn key(text: &str) -> String {
    let bare: String = text
        .nfd()
        .filter(|letter| !unicode_normalization::char::is_combining_mark(*letter))
        .collect::<String>()
        .to_lowercase()
        .replace('đ', "d");
    let bare = bare.trim();
    let bare = ["tinh ", "thanh pho ", "tp. ", "tp.", "tp "]
        .iter()
        .find_map(|title| bare.strip_prefix(title))
        .unwrap_or(bare);
    bare.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_as_it_is_written_here_is_found_as_any_other_way_of_writing_it() {
        for province in all() {
            let shouted = province.name.to_uppercase();
            assert_eq!(
                find(&province.name, ProvinceScheme::Name),
                find(&shouted, ProvinceScheme::Name),
                "{}",
                province.name
            );
        }
    }

    #[test]
    fn there_are_34_in_three_regions() {
        assert_eq!(all().len(), 34);
        let count = |region| all().iter().filter(|province| province.region == region).count();
        assert_eq!((count("north"), count("central"), count("south")), (15, 11, 8));
    }

    #[test]
    fn names_old_and_new_and_codes_by_scheme() {
        let name = |text, scheme| find(text, scheme).map(|province| province.name.as_str());
        assert_eq!(name("TP. Hồ Chí Minh", ProvinceScheme::Name), Some("Hồ Chí Minh"));
        assert_eq!(name("Bình Dương", ProvinceScheme::Name), Some("Hồ Chí Minh"));
        assert_eq!(name("ha giang", ProvinceScheme::Name), Some("Tuyên Quang"));
        assert_eq!(name("Thừa Thiên Huế", ProvinceScheme::Name), Some("Huế"));
        assert_eq!(name("6", ProvinceScheme::Code63), Some("Thái Nguyên"));
        assert_eq!(name("06", ProvinceScheme::Code34), None);
        assert_eq!(name("Kentucky", ProvinceScheme::Name), None);
    }
}
