//! Numbers of identity cards. Nobody's is kept here, so they are recognised by what they look like: twelve digits that
//! begin with a province of birth and a century (Circular 07/2016/TT-BCA Art. 5), or any nine or twelve digits in a text
//! that speaks of such a card.

/// Words that stand beside the number of a card.
const CARD: [&str; 9] = [
    "cmnd",
    "cccd",
    "căn cước",
    "can cuoc",
    "chứng minh",
    "chung minh",
    "citizen id",
    "id card",
    "identity card",
];

/// Codes of the provinces of birth: 001 to 096, not all given.
const LAST_PROVINCE: u32 = 96;
/// Sexes of the 20th and the 21st century.
const LAST_CENTURY: u32 = 3;

/// Whether such a number stands in one of the runs of digit groups of `text`. A run in an allowed term is none.
pub(super) fn stands_in(text: &str, runs: &[Vec<&str>], is_allowed: impl Fn(&str) -> bool) -> bool {
    let lower = text.to_lowercase();
    let speaks_of_cards = CARD.iter().any(|word| lower.contains(word));
    runs.iter().any(|run| {
        (0..run.len()).any(|first| {
            let mut digits = String::new();
            let mut last = first;
            for (index, group) in run.iter().enumerate().skip(first) {
                digits.push_str(group);
                last = index;
                if digits.len() >= 12 {
                    break;
                }
            }
            let is_one_group = last == first;
            // A figure never begins with a zero and two more digits.
            let is_number =
                digits.len() == 12 && (is_one_group || run[first].len() >= 3) && is_of_a_citizen(&digits);
            let is_beside_the_word = speaks_of_cards && is_one_group && matches!(digits.len(), 9 | 12);
            let stands_alone = || {
                let is_part = is_glued(text, run[first], run[last]) || is_inside_a_figure(text, run, first);
                speaks_of_cards || !is_part
            };
            (is_number && stands_alone() || is_beside_the_word) && !is_allowed(run[first])
        })
    })
}

/// Whether the group is one of the thousands of a figure that begins before it: `1.063.045.200.000` has no card's number in
/// it. The groups are parts of `text`.
fn is_inside_a_figure(text: &str, run: &[&str], group: usize) -> bool {
    let at = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let before = |group: usize| {
        let (left, right) = (run.get(group.checked_sub(1)?)?, run.get(group)?);
        Some(&text[at(left) + left.len()..at(right)])
    };
    let Some(sign) = before(group).filter(|sign| [".", ","].contains(sign)) else { return false };
    let mut first = group;
    while run[first].len() == 3 && before(first) == Some(sign) {
        first -= 1;
    }
    first < group && run[first].len() <= 3 && !run[first].starts_with('0')
}

/// Whether letters stand right before or behind, as in a hash or a product's code. Both are parts of `text`.
fn is_glued(text: &str, first: &str, last: &str) -> bool {
    let at = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let before = text[..at(first)].chars().next_back();
    let behind = text[at(last) + last.len()..].chars().next();
    [before, behind].into_iter().flatten().any(char::is_alphanumeric)
}

fn is_of_a_citizen(digits: &str) -> bool {
    let number = |from: usize, to: usize| digits[from..to].parse::<u32>().unwrap_or(0);
    (1..=LAST_PROVINCE).contains(&number(0, 3)) && number(3, 4) <= LAST_CENTURY
}
