//! In how many ways one identifier is written, so that each is looked up: digits of any script, numbers from before 2018,
//! names without their marks and in any order.
//!
//! Invariant: what is looked up in a text has one form each; what is kept of a person has all of them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization, is_nfkc};

/// The zero of every script whose digits NFKC leaves as they are; nine more follow each.
const ZEROS: [u32; 36] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0,
];

/// Mobile prefixes of eleven digits, and what took their place in September 2018.
const PREFIXES_OF_2018: [(&str, &str); 21] = [
    ("0162", "032"),
    ("0163", "033"),
    ("0164", "034"),
    ("0165", "035"),
    ("0166", "036"),
    ("0167", "037"),
    ("0168", "038"),
    ("0169", "039"),
    ("0120", "070"),
    ("0121", "079"),
    ("0122", "077"),
    ("0126", "076"),
    ("0128", "078"),
    ("0123", "083"),
    ("0124", "084"),
    ("0125", "085"),
    ("0127", "081"),
    ("0129", "082"),
    ("0186", "056"),
    ("0188", "058"),
    ("0199", "059"),
];

/// With full-width letters, digits of any script, no-break spaces and their like written the plain way.
pub fn plain(text: &str) -> Cow<'_, str> {
    let text = if is_nfkc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) };
    if text.chars().all(|letter| plain_digit(letter) == letter) {
        return text;
    }
    Cow::Owned(text.chars().map(plain_digit).collect())
}

fn plain_digit(letter: char) -> char {
    let code = u32::from(letter);
    if code < ZEROS[0] {
        return letter;
    }
    let digit = ZEROS.iter().find(|&&zero| (zero..zero + 10).contains(&code)).map(|zero| code - zero);
    digit.and_then(|digit| char::from_digit(digit, 10)).unwrap_or(letter)
}

/// Letters that show nothing and may stand in the middle of a word.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// A normalised phone number, and as it is dialled since 2018.
pub fn phone_forms(normalised: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([normalised.to_owned()]);
    if normalised.len() == 11 {
        let changed = PREFIXES_OF_2018
            .iter()
            .find_map(|(old, new)| normalised.strip_prefix(old).map(|rest| format!("{new}{rest}")));
        forms.extend(changed);
    }
    forms
}

/// A normalised name as it stands, and in no order with and without its marks.
pub fn name_forms(normalised: &str) -> BTreeSet<String> {
    [normalised.to_owned(), in_no_order(normalised), in_no_order(&without_marks(normalised))].into()
}

/// A normalised address, with and without its marks, and how each begins: a text that has no beginning of an address
/// need not be asked for the rest.
pub fn address_forms(normalised: &str) -> BTreeSet<String> {
    let plain = without_marks(normalised);
    [address_head(normalised), address_head(&plain), normalised.to_owned(), plain].into()
}

/// Words of an address by which it begins.
pub const HEAD_WORDS: usize = 3;

/// How a normalised address begins; no address itself is written like it.
pub fn address_head(normalised: &str) -> String {
    normalised.split(' ').take(HEAD_WORDS).collect::<Vec<_>>().join("+")
}

/// The words of a normalised text, sorted: the same for family name first and last.
pub fn in_no_order(normalised: &str) -> String {
    let mut words: Vec<&str> = normalised.split(' ').collect();
    words.sort_unstable();
    words.join("+")
}

/// `nguyen van an`: how a name is written where marks are not to be had.
pub fn without_marks(normalised: &str) -> String {
    let is_mark = |letter: &char| ('\u{300}'..='\u{36f}').contains(letter);
    normalised
        .nfd()
        .filter(|letter| !is_mark(letter))
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customer::normalise_words;

    #[test]
    fn digits_of_any_script_are_digits() {
        for text in [
            "0912345678",
            "０９１２３４５６７８",
            "٠٩١٢٣٤٥٦٧٨",
            "۰۹۱۲۳۴۵۶۷۸",
            "०९१२३४५६७८",
            "០៩១២៣៤៥៦៧៨",
            "๐๙๑๒๓๔๕๖๗๘",
        ] {
            assert_eq!(plain(text), "0912345678", "{text}");
        }
        assert!(matches!(plain("Nguyễn 1"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_number_of_eleven_digits_is_also_the_one_it_became() {
        assert_eq!(phone_forms("01682345678"), ["01682345678".into(), "0382345678".into()].into());
        assert_eq!(phone_forms("01202345678").len(), 2);
        assert_eq!(phone_forms("0912345678").len(), 1);
        assert_eq!(phone_forms("02438254321").len(), 1, "a landline has eleven digits too");
    }

    #[test]
    fn a_name_is_one_name_in_any_order_and_without_marks() {
        let kept = name_forms(&normalise_words("Đặng Thị Ánh").unwrap());
        for text in ["Đặng Thị Ánh", "Ánh Thị Đặng", "dang thi anh", "ANH DANG THI"] {
            assert!(kept.contains(&in_no_order(&normalise_words(text).unwrap())), "{text}");
        }
        assert!(!kept.contains(&in_no_order("đặng thị anh")), "marks that are there must be right");
        assert_eq!(without_marks("phường bến nghé, đường lê lợi"), "phuong ben nghe, duong le loi");
    }
}
