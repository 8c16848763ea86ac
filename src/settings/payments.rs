//! `[payments]`: what the sources' words for a payment mean, and how long a customer has to review one.

use jiff::SignedDuration;

use super::field::Field;
use super::section::Section;
use super::value;
use crate::domain::payment::PaymentState;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payments {
    /// A payment that its customer has not answered after so long is listed as unconfirmed.
    pub confirm_within: SignedDuration,
    /// Lower case, as all words here: money came in.
    pub received: Vec<String>,
    /// It came in and was given back.
    pub returned: Vec<String>,
    /// None has come in.
    pub not_received: Vec<String>,
}

impl Payments {
    /// Of these words of sources, those by which money was received, and those that are known at all.
    pub fn sorted(&self, words: &[String]) -> (Vec<String>, Vec<String>) {
        let of = |wanted: &dyn Fn(Option<PaymentState>) -> bool| {
            words.iter().filter(|word| wanted(self.state_of(word))).cloned().collect()
        };
        (of(&|state| state == Some(PaymentState::Received)), of(&|state| state.is_some()))
    }

    /// `None`: the word is in none of the lists.
    pub fn state_of(&self, word: &str) -> Option<PaymentState> {
        let word = plain(word);
        let lists = [
            (&self.received, PaymentState::Received),
            (&self.returned, PaymentState::Returned),
            (&self.not_received, PaymentState::NotReceived),
        ];
        lists.into_iter().find(|(list, _)| list.contains(&word)).map(|(_, state)| state)
    }
}

/// A word in any case, with or without hyphens.
fn plain(word: &str) -> String {
    word.trim().to_lowercase().replace(['_', '-'], " ")
}

pub(super) fn read(section: &mut Section<'_>) -> Option<Payments> {
    let confirm_within = section.required("confirm_within", |field| {
        let term = value::duration(&field)?;
        if term.is_zero() { field.wrong("leaves nobody any time", "write at least 1s") } else { Some(term) }
    });
    let mut words = |key| section.required(key, |field| field.list(|entry| word(&entry)));
    let (received, returned, not_received) = (words("received"), words("returned"), words("not_received"));
    Some(Payments {
        confirm_within: confirm_within?,
        received: received?,
        returned: returned?,
        not_received: not_received?,
    })
}

fn word(field: &Field<'_>) -> Option<String> {
    field.line().map(|word| plain(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_in_any_spelling() {
        let list = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let payments = Payments {
            confirm_within: SignedDuration::from_hours(1),
            received: list(&["paid", "đã thanh toán"]),
            returned: list(&["charge back"]),
            not_received: list(&["pending"]),
        };
        let words = list(&["Paid", "ĐÃ THANH TOÁN", "charge-back", "pending ", "odd"]);
        let (received, known) = payments.sorted(&words);
        assert_eq!(received, words[..2]);
        assert_eq!(known, words[..4]);
    }
}
