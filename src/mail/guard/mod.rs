//! The egress guard: looks up every text of every part against the identifiers of every customer.
//!
//! It is the last door, behind the disclosure control and the types: it finds what should not be there at
//! all. Look-ups are exact, of texts normalised as [`domain::customer`](crate::domain::customer) does, in every form of
//! [`domain::spelling`](crate::domain::spelling): phone numbers with any separators, in digits of any script, with the
//! prefixes of before 2018; e-mail addresses; runs of two to six words as names, in any order, and of three to twenty as
//! addresses, whatever their marks (of two words: with the right ones or none at all). Numbers of identity cards are told
//! by what they look like.
//!
//! Invariant: what the guard cannot read does not leave ([`GuardError`]); a [`Hit`] says where and what
//! kind, never the text. Every part is read once and each distinct text is looked up once, so the time
//! grows with the length of the mail.
//!
//! Deliberately absent: pictures are not read (PNG, JPEG, GIF); a name of a single word is not looked up,
//! for it would be a common word; nor is one of two words with some of its marks, for too many words are alike then
//! («nguyên nhân» is a cause); texts of two cells, or of two blocks of HTML, are not joined (those of a PDF are, for it
//! does not say where a cell ends).

mod attachment;
mod citizen;
mod markup;
mod pdf;
mod scan;

use std::collections::BTreeSet;
use std::collections::hash_map::{Entry, HashMap};

use rayon::prelude::*;

use self::scan::Scanner;
use crate::domain::customer::IdentifierKind;
use crate::domain::rendered::Rendered;

/// Where a customer's identifier stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hit {
    /// `subject`, `text`, `html`, `attachment 1: name`, `attachment 1: sheet 2`, ...; never a file's or a
    /// sheet's own name, for that may be what was found.
    pub part: String,
    pub kind: IdentifierKind,
}

/// A part that cannot be read, so that nobody knows what it says. The message must not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} cannot be read by the egress guard ({reason}); leave that format out, or mend what makes it")]
pub struct GuardError {
    pub part: String,
    pub reason: String,
}

/// One piece of text, and where it stands.
struct Segment {
    part: String,
    text: String,
}

/// Looks up every text of `rendered`.
///
/// `allowed` are terms that a report may show although a customer may be called the same: products, brands,
/// categories, the business's own name, the words of its templates; the provinces are allowed always. A run
/// of words passes when it lies wholly inside one occurrence of such a term.
///
/// `known` tells whether a normalised identifier is some customer's. It is asked for [`IdentifierKind::Phone`],
/// [`IdentifierKind::Email`], [`IdentifierKind::Name`] ([in no order](crate::domain::spelling::in_no_order))
/// and [`IdentifierKind::Address`] (its [beginning](crate::domain::spelling::address_head) first), once for each text; from
/// three words on [without marks](crate::domain::spelling::without_marks), a form that every name and address has.
///
/// # Errors
/// [`GuardError`] for a part that cannot be read.
pub fn guard(
    rendered: &Rendered,
    allowed: &[String],
    known: &dyn Fn(IdentifierKind, &str) -> bool,
) -> Result<Vec<Hit>, GuardError> {
    let mut scanner = Scanner::new(allowed, known);
    let mut hits = BTreeSet::new();
    // A workbook says most of its texts twice.
    let mut scanned: HashMap<String, BTreeSet<IdentifierKind>> = HashMap::new();
    for Segment { part, text } in segments(rendered)? {
        let found = match scanned.entry(text) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let found = scanner.scan(new.key());
                new.insert(found)
            }
        };
        hits.extend(found.iter().map(|&kind| Hit { part: part.clone(), kind }));
    }
    Ok(hits.into_iter().collect())
}

fn segments(rendered: &Rendered) -> Result<Vec<Segment>, GuardError> {
    let segment = |part: &str, text: String| Segment { part: part.to_owned(), text };
    let mut segments = vec![segment("subject", rendered.subject.clone())];
    // A blank line ends a thought; a single line break may stand in the middle of a name.
    segments.extend(paragraphs(&rendered.text).map(|text| segment("text", text.to_owned())));
    if let Some(html) = &rendered.html {
        let texts = markup::texts(html)
            .map_err(|reason| GuardError { part: "html".to_owned(), reason: reason.to_owned() })?;
        segments.extend(texts.into_iter().map(|text| segment("html", text)));
    }
    let read = |(index, file)| {
        let mut segments = Vec::new();
        attachment::read(index + 1, file, &mut segments)?;
        Ok::<_, GuardError>(segments)
    };
    let files = rendered.attachments.par_iter().enumerate().with_max_len(1).map(read);
    for of_file in files.collect::<Vec<_>>() {
        segments.extend(of_file?);
    }
    Ok(segments)
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").flat_map(|part| part.split("\r\n\r\n"))
}

#[cfg(test)]
mod tests;
