//! The texts of a PDF: its pages by the fonts' own tables back to Unicode, and its properties.

use lopdf::{Dictionary, Document, Object, decode_text_string};

use super::attachment::unreadable;
use super::{GuardError, Segment};

/// Reads every page, every string of the document's properties, outlines and annotations, and its XMP
/// metadata.
///
/// # Errors
/// [`GuardError`] for a PDF that is broken, encrypted, or set in a font that does not say what it shows.
pub(super) fn read(part: &str, bytes: &[u8], segments: &mut Vec<Segment>) -> Result<(), GuardError> {
    let document = Document::load_mem(bytes).map_err(|_| unreadable(part, "a broken or encrypted PDF"))?;
    if document.is_encrypted() {
        return Err(unreadable(part, "an encrypted PDF"));
    }
    for (page, _) in document.get_pages() {
        let place = format!("{part}: page {page}");
        let text = document
            .extract_text(&[page])
            .map_err(|_| unreadable(&place, "a font that does not say what it shows"))?;
        segments.push(Segment { part: place, text });
    }
    let place = format!("{part}: properties");
    for object in document.objects.values() {
        properties(object, &place, segments);
    }
    Ok(())
}

/// The strings of one object, and the text of a metadata stream. Pages' content is read elsewhere.
fn properties(object: &Object, place: &str, segments: &mut Vec<Segment>) {
    match object {
        Object::String(..) => {
            if let Ok(text) = decode_text_string(object) {
                segments.push(Segment { part: place.to_owned(), text });
            }
        }
        Object::Array(items) => items.iter().for_each(|item| properties(item, place, segments)),
        Object::Dictionary(entries) => dictionary(entries, place, segments),
        Object::Stream(stream) => {
            dictionary(&stream.dict, place, segments);
            if stream.dict.has_type(b"Metadata") {
                let content = stream.get_plain_content().unwrap_or_else(|_| stream.content.clone());
                let text = String::from_utf8_lossy(&content);
                let texts = super::markup::texts(&text).unwrap_or_else(|_| vec![text.to_string()]);
                segments.extend(texts.into_iter().map(|text| Segment { part: place.to_owned(), text }));
            }
        }
        _ => {}
    }
}

fn dictionary(entries: &Dictionary, place: &str, segments: &mut Vec<Segment>) {
    entries.iter().for_each(|(_, value)| properties(value, place, segments));
}
