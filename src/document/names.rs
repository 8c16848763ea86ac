//! The names of measures, dimensions and their values.
//!
//! Invariant: what comes from the shop's data is made safe for any medium here: no control characters,
//! no marks that turn the direction of the text around it.

use super::dates;
use super::texts::Texts;
use crate::domain::cell::Measure;
use crate::domain::complaint::{Clock, ComplaintKind};
use crate::domain::entry::{Dimension, UNKNOWN};

/// `Doanh thu thuần`.
pub fn measure(measure: Measure, texts: &Texts) -> String {
    texts.say(&format!("measure-{}", measure.as_str()))
}

/// `Hãng`.
pub fn dimension(dimension: Dimension, texts: &Texts) -> String {
    texts.say(&format!("dimension-{}", dimension.as_str()))
}

/// `Miền Bắc` for `north` of a region; a product's name as it stands.
pub fn value(dimension: Option<Dimension>, code: &str, texts: &Texts) -> String {
    if code == UNKNOWN {
        let on_time = dimension == Some(Dimension::BelongsTo);
        return texts.say(if on_time { "on-time" } else { "unknown" });
    }
    let named = match dimension {
        Some(Dimension::Region) => REGIONS.contains(&code).then(|| format!("region-{code}")),
        Some(Dimension::CustomerType) => CUSTOMER_TYPES.contains(&code).then(|| format!("customer-{code}")),
        Some(Dimension::Weekday) => WEEKDAYS.contains(&code).then(|| format!("weekday-{code}")),
        Some(Dimension::ComplaintKind) => ComplaintKind::parse(code).map(|kind| format!("complaint-{kind}")),
        Some(Dimension::Clock) => {
            Clock::ALL.iter().find(|clock| clock.as_str() == code).map(|clock| format!("clock-{clock}"))
        }
        Some(Dimension::DamageLevel) => LEVELS.contains(&code).then(|| format!("level-{code}")),
        Some(Dimension::BelongsTo) => {
            return code.parse().map_or_else(|_| clean(code), |period| dates::period(period, texts));
        }
        _ => None,
    };
    match (dimension, named) {
        (_, None) => clean(code),
        // In sentences they are written small.
        (Some(Dimension::ComplaintKind | Dimension::Clock), Some(key)) => capitalised(&texts.say(&key)),
        (_, Some(key)) => texts.say(&key),
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const REGIONS: [&str; 3] = ["north", "central", "south"];
const CUSTOMER_TYPES: [&str; 2] = ["new", "returning"];
const LEVELS: [&str; 4] = ["1", "2", "3", "4"];
const WEEKDAYS: [&str; 7] = ["1", "2", "3", "4", "5", "6", "7"];

/// A value in its natural order where it has one, so that weekdays run from Monday and regions from
/// the north.
pub fn natural_order(dimension: Option<Dimension>, code: &str) -> usize {
    let order: &[&str] = match dimension {
        Some(Dimension::Region) => &REGIONS,
        Some(Dimension::CustomerType) => &CUSTOMER_TYPES,
        Some(Dimension::Weekday) => &WEEKDAYS,
        Some(Dimension::DamageLevel) => &LEVELS,
        Some(Dimension::Clock) => {
            let clock = Clock::ALL.iter().position(|clock| clock.as_str() == code);
            return clock.unwrap_or(usize::MAX);
        }
        _ => &[],
    };
    order.iter().position(|&known| known == code).unwrap_or(usize::MAX)
}

/// A name from the data without what could break a page: control characters become spaces, marks of
/// direction go, and a name written from right to left is isolated from the figures beside it.
pub fn clean(name: &str) -> String {
    let plain: String = name
        .chars()
        .filter(|&letter| !turns_direction(letter) && !is_noncharacter(letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if plain.chars().any(runs_right_to_left) { format!("\u{2068}{plain}\u{2069}") } else { plain }
}

/// Embeddings, overrides, isolates and marks: U+200E, U+200F, U+061C, U+202A to U+202E, U+2066 to U+2069.
fn turns_direction(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Hebrew, Arabic and their neighbours.
fn runs_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}')
}

/// U+FFFE, U+FFFF and their kin, which XML refuses.
fn is_noncharacter(letter: char) -> bool {
    let code = u32::from(letter);
    matches!(code, 0xfdd0..=0xfdef) || code & 0xfffe == 0xfffe
}

/// The keys that this room builds from domain words, for the test of the texts.
#[cfg(test)]
pub fn families() -> Vec<String> {
    use crate::document::report::Window;
    use crate::domain::behind::Lag;
    use crate::domain::order::OrderStatus;
    use crate::domain::trouble::Trouble;

    let mut keys = Vec::new();
    for measure in Measure::SALES.into_iter().chain(Measure::COMPLAINTS) {
        keys.push(format!("measure-{}", measure.as_str()));
        keys.push(format!("define-{}", measure.as_str()));
    }
    keys.extend(Dimension::ALL.iter().map(|dimension| format!("dimension-{}", dimension.as_str())));
    keys.extend(REGIONS.iter().map(|code| format!("region-{code}")));
    keys.extend(LEVELS.iter().map(|code| format!("level-{code}")));
    keys.extend(CUSTOMER_TYPES.iter().map(|code| format!("customer-{code}")));
    keys.extend(WEEKDAYS.iter().map(|code| format!("weekday-{code}")));
    keys.extend(WEEKDAYS.iter().map(|code| format!("weekday-short-{code}")));
    keys.extend(Window::ALL.iter().skip(4).map(|window| format!("window-{}", window.as_str())));
    keys.extend(OrderStatus::ALL.iter().map(|status| format!("status-{}", status.as_str())));
    keys.extend(["created", "paid", "completed"].map(|basis| format!("basis-{basis}")));
    keys.extend(super::complaints::families());
    keys.extend(ComplaintKind::ALL.iter().map(|kind| format!("complaint-{kind}")));
    keys.extend(Clock::ALL.iter().map(|clock| format!("clock-{}", clock.as_str())));
    keys.extend(Lag::ALL.iter().map(|lag| format!("lag-{}", lag.as_str())));
    for trouble in Trouble::ALL {
        keys.push(format!("trouble-{}", trouble.as_str()));
        keys.push(format!("remedy-{}", trouble.as_str()));
        keys.push(format!("over-{}", trouble.as_str()));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Language;

    #[test]
    fn codes_get_names_and_everything_else_prints_as_it_stands() {
        let texts = Texts::new(Language::Vi).expect("texts");
        assert_eq!(value(Some(Dimension::Region), "north", &texts), "Miền Bắc");
        assert_eq!(value(Some(Dimension::Brand), "north", &texts), "north");
        assert_eq!(value(Some(Dimension::Weekday), "7", &texts), "Chủ nhật");
        assert_eq!(value(Some(Dimension::Brand), "", &texts), "không rõ");
        assert_eq!(value(Some(Dimension::Brand), "=SUM(A1)\u{202e}\n<b>", &texts), "=SUM(A1) <b>");
        assert_eq!(clean("ساعة\u{ffff}"), "\u{2068}ساعة\u{2069}");
    }
}
