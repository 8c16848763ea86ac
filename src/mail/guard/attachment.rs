//! The texts of attached files. What a file is, its first bytes say, not its name.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use zip::ZipArchive;

use super::{GuardError, Segment, markup};
use crate::domain::rendered::Attachment;

/// The most that one file of a package may hold unpacked.
const LARGEST_PART: u64 = 256 << 20;

/// Reads the file's name and its texts into `segments`. A sheet is read twice: by cells, as a spreadsheet
/// program shows them, and as the XML files of its package, where the document's properties, comments, heads
/// and feet, and the values kept by charts stand.
///
/// # Errors
/// [`GuardError`] for a file of no kind that is known here.
pub(super) fn read(number: usize, file: &Attachment, segments: &mut Vec<Segment>) -> Result<(), GuardError> {
    let part = format!("attachment {number}");
    let media = file.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    segments.push(Segment { part: format!("{part}: name"), text: file.file_name.clone() });
    segments.push(Segment { part: format!("{part}: media type"), text: file.media_type.clone() });
    match file.bytes.as_slice() {
        [b'P', b'K', 3, 4, ..] => package(&part, &file.bytes, segments),
        bytes if is_picture(bytes) => Ok(()),
        [b'%', b'P', b'D', b'F', ..] => super::pdf::read(&part, &file.bytes, segments),
        bytes if is_text(&media) => text(&part, &media, bytes, segments),
        _ => Err(unreadable(&part, "a kind of file that it does not know")),
    }
}

pub(super) fn unreadable(part: &str, reason: &str) -> GuardError {
    GuardError { part: part.to_owned(), reason: reason.to_owned() }
}

fn is_picture(bytes: &[u8]) -> bool {
    [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff", b"GIF87a", b"GIF89a"]
        .iter()
        .any(|magic| bytes.starts_with(magic))
}

fn is_text(media: &str) -> bool {
    media.starts_with("text/")
        || ["application/json", "application/xml"].contains(&media)
        || media.ends_with("+xml")
        || media.ends_with("+json")
}

fn text(part: &str, media: &str, bytes: &[u8], segments: &mut Vec<Segment>) -> Result<(), GuardError> {
    let text = std::str::from_utf8(bytes).map_err(|_| unreadable(part, "text that is not UTF-8"))?;
    let texts = if media.contains("html") || media.contains("xml") {
        markup::texts(text).map_err(|reason| unreadable(part, reason))?
    } else {
        // One line a row: a CSV file's names do not run over lines.
        text.lines().map(str::to_owned).collect()
    };
    segments.extend(texts.into_iter().map(|text| Segment { part: part.to_owned(), text }));
    Ok(())
}

/// A ZIP of XML files and pictures, as Office documents are.
fn package(part: &str, bytes: &[u8], segments: &mut Vec<Segment>) -> Result<(), GuardError> {
    let broken = |_| unreadable(part, "a broken package");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if archive.index_for_name("xl/workbook.xml").is_some() {
        sheets(part, bytes, segments)?;
    }
    for index in 0..archive.len() {
        let place = format!("{part}: file {} of the package", index + 1);
        let file = archive.by_index(index).map_err(broken)?;
        let name = file.name().map_err(broken)?.into_owned();
        let mut content = Vec::new();
        let read = file.take(LARGEST_PART + 1).read_to_end(&mut content);
        if read.is_err() || content.len() as u64 > LARGEST_PART {
            return Err(unreadable(&place, "it cannot be unpacked"));
        }
        segments.push(Segment { part: place.clone(), text: name.clone() });
        if [".xml", ".rels", ".vml"].iter().any(|ending| name.ends_with(ending)) {
            text(&place, "application/xml", &content, segments)?;
        } else if !content.is_empty() && !is_picture(&content) {
            return Err(unreadable(&place, "neither XML nor a picture"));
        }
    }
    Ok(())
}

fn sheets(part: &str, bytes: &[u8], segments: &mut Vec<Segment>) -> Result<(), GuardError> {
    let broken = |_| unreadable(part, "a broken workbook");
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    for (index, name) in workbook.sheet_names().into_iter().enumerate() {
        let place = format!("{part}: sheet {}", index + 1);
        let range = workbook.worksheet_range(&name).map_err(broken)?;
        segments.push(Segment { part: format!("{place}: name"), text: name });
        let cells = range.used_cells().filter(|(_, _, cell)| !matches!(cell, Data::Empty));
        segments.extend(cells.map(|(_, _, cell)| Segment { part: place.clone(), text: cell.to_string() }));
    }
    Ok(())
}
