//! The names of a workbook's sheets: such as Excel takes, and no two alike.

use std::collections::BTreeSet;

use super::names;

/// Excel's own limit for the name of a sheet.
const LONGEST_SHEET_NAME: usize = 31;

/// The names that are taken, in lower case, as Excel compares them.
#[derive(Default)]
pub struct SheetNames(BTreeSet<String>);

impl SheetNames {
    /// A name that Excel takes (short, without its forbidden letters) and no other sheet has; after `instead`, when
    /// nothing is left of the title.
    pub fn free(&mut self, title: &str, instead: &str) -> String {
        let plain: String = names::clean(title)
            .chars()
            .map(|letter| if "[]:*?/\\'".contains(letter) { ' ' } else { letter })
            .collect();
        let plain = if plain.trim().is_empty() { instead.to_owned() } else { plain };
        for number in 1.. {
            let ending = if number == 1 { String::new() } else { format!(" {number}") };
            let name = format!("{}{ending}", shortened(plain.trim(), LONGEST_SHEET_NAME - ending.len()));
            if self.0.insert(name.to_lowercase()) {
                return name;
            }
        }
        plain
    }
}

/// Cut at a word where one ends near; Excel counts UTF-16 units.
fn shortened(title: &str, longest: usize) -> String {
    let units = |text: &str| text.encode_utf16().count();
    if units(title) <= longest {
        return title.to_owned();
    }
    let mut short = String::new();
    for letter in title.chars() {
        if units(&short) + letter.len_utf16() >= longest {
            break;
        }
        short.push(letter);
    }
    let at_word = short.rfind(' ').filter(|&end| end > short.len() / 2).unwrap_or(short.len());
    format!("{}…", short[..at_word].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheet_names_fit() {
        for title in ["Doanh thu theo tỉnh, thành và theo hãng trong kỳ", "🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰🕰"]
        {
            let name = shortened(title, LONGEST_SHEET_NAME);
            assert!(name.encode_utf16().count() <= LONGEST_SHEET_NAME, "{name}");
        }
        assert_eq!(shortened("Doanh thu", 31), "Doanh thu");
    }
}
