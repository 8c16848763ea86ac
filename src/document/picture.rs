//! Charts as PNG, for the mail: set by typst with the fonts that come with the program, from the same figures as all else.
//!
//! Invariant: the same figures give the same bytes.

use typst_layout::PagedDocument;
use typst_render::RenderOptions;

use super::Error;
use super::pdf;
use super::trend::TrendView;
use super::typesetter::Typesetter;

const TEMPLATE: &str = concat!(include_str!("templates/chart.typ"), include_str!("templates/picture.typ"));
/// Sharp where a screen has three dots a point.
const DOTS_A_POINT: f64 = 3.0;

/// # Errors
/// [`Error::Pdf`] for a fault of the template, which tests exclude.
pub fn trend(view: &TrendView) -> Result<Vec<u8>, Error> {
    let data = serde_json::to_vec(view).map_err(|problem| Error::Pdf(problem.to_string()))?;
    let world = Typesetter::new(TEMPLATE, data, None)
        .ok_or_else(|| Error::Pdf("the template has no place".to_owned()))?;
    let document = typst::compile::<PagedDocument>(&world).output.map_err(pdf::first)?;
    let page = document.pages().first().ok_or_else(|| Error::Pdf("the chart has no page".to_owned()))?;
    let options = RenderOptions { pixel_per_pt: DOTS_A_POINT.into(), ..RenderOptions::default() };
    let bytes = typst_render::render(page, &options).encode_png();
    typst::comemo::evict(0);
    bytes.map_err(|problem| Error::Pdf(problem.to_string()))
}
