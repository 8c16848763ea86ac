//! What may be an identifier in a piece of text.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::citizen;
use crate::domain::customer::{IdentifierKind, normalise_email, normalise_phone, normalise_words};
use crate::domain::province;
use crate::domain::quick_hash::QuickHash;
use crate::domain::spelling::{
    HEAD_WORDS, address_head, in_no_order, is_invisible, phone_forms, plain, without_marks,
};

const NAME_WORDS: std::ops::RangeInclusive<usize> = 2..=6;
/// So many words are the same name or address whatever marks they are written with.
const MARKS_COUNT_BELOW: usize = 3;
const ADDRESS_WORDS: std::ops::RangeInclusive<usize> = 3..=20;
/// Between two groups of a phone number: `) (` is three.
const LONGEST_SEPARATOR: usize = 3;
/// `0084` and a leading zero before fifteen digits.
const LONGEST_PHONE: usize = 20;
const SHORTEST_PHONE: usize = 8;

pub(super) struct Scanner<'a> {
    known: &'a dyn Fn(IdentifierKind, &str) -> bool,
    /// What was asked already of numbers and addresses of mail, and of runs of words.
    answers: HashMap<IdentifierKind, HashMap<String, bool>>,
    runs: Runs,
    allowed: HashSet<String>,
    /// Groups of digits in allowed terms: a code of a product.
    allowed_numbers: HashSet<String>,
    longest_allowed: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(allowed: &[String], known: &'a dyn Fn(IdentifierKind, &str) -> bool) -> Self {
        let provinces = province::all().iter().map(|province| province.name.as_str());
        let allowed: HashSet<String> =
            allowed.iter().map(String::as_str).chain(provinces).filter_map(normalise_words).collect();
        let words = allowed.iter().flat_map(|term| term.split(' '));
        let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
        let allowed_numbers = words.filter(is_number).map(str::to_owned).collect();
        let longest_allowed = allowed.iter().map(|term| term.split(' ').count()).max().unwrap_or(0);
        Self { known, answers: HashMap::new(), runs: Runs::new(), allowed, allowed_numbers, longest_allowed }
    }

    /// The kinds of identifiers found in `text`.
    pub(super) fn scan(&mut self, text: &str) -> BTreeSet<IdentifierKind> {
        let mut found = BTreeSet::new();
        self.words(text, &mut found);
        let plain = plain(text);
        if *plain != *text {
            self.words(&plain, &mut found);
        }
        let runs = digit_runs(&plain);
        self.phones(&runs, &mut found);
        if citizen::stands_in(&plain, &runs, |group| self.allowed_numbers.contains(group)) {
            found.insert(IdentifierKind::CitizenId);
        }
        self.emails(&plain, &mut found);
        if text.contains(is_invisible) {
            // `Nguy<soft hyphen>ễn` reads like one word.
            let visible: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
            found.extend(self.scan(&visible));
        }
        found
    }

    fn is_known(&mut self, kind: IdentifierKind, text: &str) -> bool {
        let answers = self.answers.entry(kind).or_default();
        if let Some(&answer) = answers.get(text) {
            return answer;
        }
        let answer = (self.known)(kind, text);
        answers.insert(text.to_owned(), answer);
        answer
    }

    fn words(&mut self, text: &str, found: &mut BTreeSet<IdentifierKind>) {
        let Some(joined) = normalise_words(text) else { return };
        let words = spans(&joined);
        let numbers: Vec<u32> =
            words.iter().map(|&(start, end)| self.runs.word(&joined[start..end])).collect();
        let passes_until = self.passes_until(&joined, &words);
        for first in 0..words.len() {
            let (mut run, mut head) = (Runs::EMPTY, None);
            let longest = (*ADDRESS_WORDS.end()).min(words.len() - first);
            for count in 1..=longest {
                run = self.runs.longer(run, numbers[first + count - 1]);
                if count < *NAME_WORDS.start() || first + count <= passes_until[first] {
                    continue;
                }
                let upto = |count: usize| &joined[words[first].0..words[first + count - 1].1];
                let may_be_address = ADDRESS_WORDS.contains(&count)
                    && *head.get_or_insert_with(|| {
                        let head = without_marks(upto(HEAD_WORDS));
                        self.is_known(IdentifierKind::Address, &address_head(&head))
                    });
                if !may_be_address && !NAME_WORDS.contains(&count) {
                    // No address begins like this, and names are shorter.
                    break;
                }
                let answer = match self.runs.answer(run) {
                    Some(answer) => answer,
                    None => {
                        let answer = self.ask_words(upto(count), count, may_be_address);
                        self.runs.remember(run, answer);
                        answer
                    }
                };
                found.extend(answer.name.then_some(IdentifierKind::Name));
                found.extend(answer.address.then_some(IdentifierKind::Address));
            }
        }
    }

    fn ask_words(&mut self, run: &str, count: usize, may_be_address: bool) -> Answer {
        // Figures alone are nobody's name or address.
        let worded = run.contains(char::is_alphabetic);
        let is_name = worded && NAME_WORDS.contains(&count);
        // Marks go missing, and are got wrong; in two words they count, for without them those are any two words.
        let plain = if count < MARKS_COUNT_BELOW { Cow::Borrowed(run) } else { without_marks(run).into() };
        Answer {
            // With the given name first it is the same name.
            name: is_name && self.is_known(IdentifierKind::Name, &in_no_order(&plain)),
            address: worded && may_be_address && (self.known)(IdentifierKind::Address, &plain),
        }
    }

    /// For each word the furthest end of an allowed term that begins there or before: a run of words from
    /// here to there or less lies wholly inside that term.
    fn passes_until(&self, joined: &str, words: &[(usize, usize)]) -> Vec<usize> {
        let mut furthest = 0;
        (0..words.len())
            .map(|first| {
                let longest = self.longest_allowed.min(words.len() - first);
                let term = (1..=longest)
                    .rev()
                    .find(|count| self.allowed.contains(&joined[words[first].0..words[first + count - 1].1]));
                furthest = furthest.max(term.map_or(0, |count| first + count));
                furthest
            })
            .collect()
    }

    fn phones(&mut self, runs: &[Vec<&str>], found: &mut BTreeSet<IdentifierKind>) {
        for run in runs {
            for first in 0..run.len() {
                let mut digits = String::new();
                for group in &run[first..] {
                    if digits.len() + group.len() > LONGEST_PHONE {
                        break;
                    }
                    digits.push_str(group);
                    self.phone(&digits, found);
                }
                self.phones_inside(run[first], found);
            }
        }
    }

    /// A number glued to other digits: an order's number behind it, a code before it.
    fn phones_inside(&mut self, group: &str, found: &mut BTreeSet<IdentifierKind>) {
        for start in 0..group.len().saturating_sub(9) {
            let rest = &group[start..];
            let lengths: &[usize] = match rest.as_bytes() {
                [b'0', ..] => &[10, 11],
                [b'8', b'4', ..] => &[11],
                _ => &[],
            };
            for &length in lengths.iter().filter(|&&length| length <= rest.len()) {
                self.phone(&rest[..length], found);
            }
        }
    }

    fn phone(&mut self, digits: &str, found: &mut BTreeSet<IdentifierKind>) {
        if digits.len() >= SHORTEST_PHONE
            && !found.contains(&IdentifierKind::Phone)
            && let Some(phone) = normalise_phone(digits)
            && phone_forms(&phone).iter().any(|phone| self.is_known(IdentifierKind::Phone, phone))
        {
            found.insert(IdentifierKind::Phone);
        }
    }

    fn emails(&mut self, text: &str, found: &mut BTreeSet<IdentifierKind>) {
        for (at, _) in text.match_indices('@') {
            for email in emails_around(text, at) {
                if !found.contains(&IdentifierKind::Email)
                    && let Some(email) = normalise_email(&email)
                    && self.is_known(IdentifierKind::Email, &email)
                {
                    found.insert(IdentifierKind::Email);
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Answer {
    name: bool,
    address: bool,
}

/// Every run of words met so far, as a tree: a report says the same words again and again in its mail, its
/// text and its sheets, and each run is to be looked up once.
struct Runs {
    words: HashMap<String, u32>,
    longer: HashMap<(u32, u32), u32, QuickHash>,
    answers: Vec<Option<Answer>>,
}

impl Runs {
    const EMPTY: u32 = 0;

    fn new() -> Self {
        Self { words: HashMap::new(), longer: HashMap::default(), answers: vec![None] }
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.words.get(word) {
            return number;
        }
        let number = self.words.len() as u32;
        self.words.insert(word.to_owned(), number);
        number
    }

    fn longer(&mut self, run: u32, word: u32) -> u32 {
        let next = self.answers.len() as u32;
        let longer = *self.longer.entry((run, word)).or_insert(next);
        if longer == next {
            self.answers.push(None);
        }
        longer
    }

    fn answer(&self, run: u32) -> Option<Answer> {
        self.answers[run as usize]
    }

    fn remember(&mut self, run: u32, answer: Answer) {
        self.answers[run as usize] = Some(answer);
    }
}

/// Where each word of a normalised text begins and ends.
fn spans(joined: &str) -> Vec<(usize, usize)> {
    let mut start = 0;
    joined
        .split(' ')
        .map(|word| {
            let span = (start, start + word.len());
            start = span.1 + 1;
            span
        })
        .collect()
}

/// The runs of digit groups that a short separator stands between.
pub(super) fn digit_runs(text: &str) -> Vec<Vec<&str>> {
    let mut runs: Vec<Vec<&str>> = Vec::new();
    let (mut gap, mut connected) = (0, false);
    let mut rest = text.char_indices().peekable();
    while let Some((start, letter)) = rest.next() {
        if letter.is_ascii_digit() {
            let mut end = start + 1;
            while rest.next_if(|(_, next)| next.is_ascii_digit()).is_some() {
                end += 1;
            }
            let group = &text[start..end];
            match runs.last_mut().filter(|_| connected) {
                Some(run) => run.push(group),
                None => runs.push(vec![group]),
            }
            (gap, connected) = (0, true);
        } else {
            gap += 1;
            connected &= gap <= LONGEST_SEPARATOR && !letter.is_alphanumeric();
        }
    }
    runs
}

/// Every text around the `@` at byte `at` that may be an address: the longest, and those that begin or end
/// at a punctuation mark inside it.
fn emails_around(text: &str, at: usize) -> Vec<String> {
    const LONGEST: usize = 128;
    const MOST_CUTS: usize = 8;
    let before = text[..at].trim_end_matches([' ', '\u{a0}']);
    let after = text[at + 1..].trim_start_matches([' ', '\u{a0}']);
    let is_local = |letter: char| letter.is_alphanumeric() || "._%+-'~#&=".contains(letter);
    let is_domain = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    let local: String = {
        let taken: Vec<char> =
            before.chars().rev().take(LONGEST).take_while(|&letter| is_local(letter)).collect();
        taken.into_iter().rev().collect()
    };
    let domain: String = after.chars().take(LONGEST).take_while(|&letter| is_domain(letter)).collect();
    let domain = domain.trim_end_matches(['.', '-']);
    let starts = std::iter::once(0)
        .chain(local.match_indices(|letter: char| !letter.is_alphanumeric()).map(|(cut, _)| cut + 1));
    let ends: Vec<usize> = std::iter::once(domain.len())
        .chain(domain.match_indices(['.', '-']).map(|(cut, _)| cut))
        .take(MOST_CUTS)
        .collect();
    starts
        .take(MOST_CUTS)
        .filter(|&start| start < local.len())
        .flat_map(|start| {
            let local = &local[start..];
            ends.iter().map(move |&end| format!("{local}@{}", &domain[..end])).collect::<Vec<_>>()
        })
        .collect()
}
