//! typst's view of the world: one template, one file of data, the fonts that come with the program.
//!
//! Invariant: nothing outside is read, and there is no present day.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// Libertinus Serif has every Vietnamese letter and the sign of the đồng; DejaVu Sans Mono helps out with
/// the signs it lacks. The rest of typst's fonts are for mathematics.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

static FONTS: LazyLock<(LazyHash<FontBook>, Vec<Font>)> = LazyLock::new(|| {
    let fonts: Vec<Font> = typst_assets::fonts()
        .filter_map(|bytes| Font::new(Bytes::new(bytes), 0))
        .filter(|font| FAMILIES.contains(&font.info().family.as_str()))
        .collect();
    (LazyHash::new(FontBook::from_fonts(&fonts)), fonts)
});

/// A template beside its data, which it reads as `json("data.json")`, and the shop's logo, `logo.png`.
pub struct Typesetter {
    template: Source,
    data_id: FileId,
    data: Bytes,
    logo_id: FileId,
    logo: Option<Bytes>,
}

impl Typesetter {
    /// `None` only when typst's path rules change.
    pub fn new(template: &str, data: Vec<u8>, logo: Option<&[u8]>) -> Option<Self> {
        let file = |name| Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(name).ok()?).intern());
        Some(Self {
            template: Source::new(file("report.typ")?, template.to_owned()),
            data_id: file("data.json")?,
            data: Bytes::new(data),
            logo_id: file("logo.png")?,
            logo: logo.map(|logo| Bytes::new(logo.to_vec())),
        })
    }
}

impl World for Typesetter {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.0
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let logo = self.logo.as_ref().filter(|_| id == self.logo_id);
        let found = if id == self.data_id { Some(&self.data) } else { logo };
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.1.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
