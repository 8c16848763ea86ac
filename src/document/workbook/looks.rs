//! The formats of a workbook's cells.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use crate::document::numbers::Numbers;
use crate::settings::Colour;

const INK: Color = Color::RGB(0x1f2430);
const MUTED: Color = Color::RGB(0x5f6878);
const PAPER: Color = Color::RGB(0xeef3f2);
const LINE: Color = Color::RGB(0xd9d5cc);

/// The formats of the cells.
pub struct Looks {
    pub title: Format,
    pub small: Format,
    pub head: Format,
    pub number_head: Format,
    pub text: Format,
    pub total_text: Format,
    pub money: Format,
    pub count: Format,
    pub change: Format,
    pub hidden: Format,
    pub wrapped: Format,
    pub alert: Format,
}

impl Looks {
    pub fn new(numbers: &Numbers<'_>, colour: Colour) -> Self {
        let plain = Format::new().set_font_name("Arial").set_font_size(10).set_font_color(INK);
        let head = plain
            .clone()
            .set_bold()
            .set_font_color(Color::RGB(colour.number()))
            .set_background_color(PAPER)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(LINE)
            .set_text_wrap()
            .set_align(FormatAlign::Bottom);
        let (before, after) = numbers.signs();
        let quoted = |sign: &str| if sign.is_empty() { String::new() } else { format!("\"{sign}\"") };
        let decimals = match numbers.decimals() {
            0 => String::new(),
            decimals => format!(".{}", "0".repeat(usize::from(decimals))),
        };
        let money = format!("{}#,##0{decimals}{}", quoted(&before), quoted(&after));
        Self {
            title: plain.clone().set_bold().set_font_size(14),
            small: plain.clone().set_font_size(9).set_font_color(MUTED),
            number_head: head.clone().set_align(FormatAlign::Right),
            head,
            text: plain.clone().set_quote_prefix(),
            total_text: plain.clone().set_bold().set_quote_prefix(),
            money: plain.clone().set_num_format(money),
            alert: plain.clone().set_bold().set_font_color(Color::RGB(0x7a2416)),
            count: plain.clone().set_num_format("#,##0"),
            change: plain
                .clone()
                .set_num_format("+0.0%;-0.0%;0.0%")
                .set_font_color(MUTED)
                .set_align(FormatAlign::Right),
            hidden: plain.clone().set_font_color(MUTED).set_align(FormatAlign::Right),
            wrapped: plain.set_text_wrap().set_align(FormatAlign::Top).set_quote_prefix(),
        }
    }
}
