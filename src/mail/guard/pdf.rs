//! The texts of a PDF: its pages by the fonts' own tables back to Unicode, and its properties.

use lopdf::{Dictionary, Document, Object, ObjectId, decode_text_string, dictionary};

use super::attachment::unreadable;
use super::{GuardError, Segment};

/// Reads every page and every drawing placed on one, every string of the document's properties, outlines and annotations, and its XMP
/// metadata.
///
/// # Errors
/// [`GuardError`] for a PDF that is broken, encrypted, or set in a font that does not say what it shows.
pub(super) fn read(part: &str, bytes: &[u8], segments: &mut Vec<Segment>) -> Result<(), GuardError> {
    let mut document =
        Document::load_mem(bytes).map_err(|_| unreadable(part, "a broken or encrypted PDF"))?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(unreadable(part, "an encrypted PDF"));
    }
    drawings_as_pages(&mut document).ok_or_else(|| unreadable(part, "a PDF without pages"))?;
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

/// Makes a page of each drawing (form XObject), for only pages are read: charts are placed that way.
fn drawings_as_pages(document: &mut Document) -> Option<()> {
    let root = document.catalog().ok()?.get(b"Pages").ok()?.as_reference().ok()?;
    let is_drawing = |entries: &Dictionary| entries.get(b"Subtype").is_ok_and(|kind| *kind == "Form".into());
    let drawings: Vec<(ObjectId, Object)> = document
        .objects
        .iter()
        .filter_map(|(&id, object)| Some((id, &object.as_stream().ok()?.dict)))
        .filter(|(_, entries)| is_drawing(entries))
        .map(|(id, entries)| (id, entries.get(b"Resources").cloned().unwrap_or(Dictionary::new().into())))
        .collect();
    for (content, resources) in drawings {
        let page = dictionary! { "Type" => "Page", "Parent" => root, "Contents" => content, "Resources" => resources };
        let page = document.add_object(page);
        let pages = document.get_object_mut(root).ok()?.as_dict_mut().ok()?;
        pages.get_mut(b"Kids").ok()?.as_array_mut().ok()?.push(page.into());
    }
    Some(())
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
