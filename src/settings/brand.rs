//! `[business.brand]`: how the shop's reports look.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::problem::Fault;
use super::section::Section;

#[derive(Clone, Debug, Default)]
pub struct Brand {
    pub colour: Colour,
    /// A PNG; whoever makes reports reads it.
    pub logo: Option<PathBuf>,
}

/// A colour that can be read as text on the reports' paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour([u8; 3]);

/// The paper that reports are written on, darker than the sheets.
const PAPER: Colour = Colour([0xf4, 0xf2, 0xec]);
/// The sheets of a mail that a reader's dark mode has turned.
const DARK: Colour = Colour([0x1d, 0x20, 0x26]);
/// The least contrast of text (WCAG 2.2, success criterion 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;

impl Default for Colour {
    fn default() -> Self {
        Self([0x0f, 0x5c, 0x63])
    }
}

impl Colour {
    /// `#rrggbb`.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        Some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// 0xRRGGBB.
    pub fn number(self) -> u32 {
        self.0.iter().fold(0, |number, &part| number << 8 | u32::from(part))
    }

    /// The same, light enough to be read on dark paper.
    pub fn for_dark(self) -> Self {
        let lighter = |white: u32| {
            Self(self.0.map(|part| {
                let mixed = (u32::from(part) * (100 - white) + 255 * white) / 100;
                u8::try_from(mixed).unwrap_or(u8::MAX)
            }))
        };
        (0..=100).map(lighter).find(|colour| colour.contrast(DARK) >= 7.0).unwrap_or(self)
    }

    /// A tint for what lies behind figures.
    pub fn pale(self) -> Self {
        Self(self.0.map(|part| 255 - (255 - part) / 3))
    }

    /// From 1 to 21 (WCAG 2.2).
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:06x}", self.number())
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is not a colour"))
    }
}

pub(super) fn read(section: &mut Section<'_>) -> Option<Brand> {
    let colour = section.optional("colour", |field| field.check(readable(field.text()?)));
    let logo = section.optional("logo", |field| field.path());
    Some(Brand { colour: colour.unwrap_or_default(), logo })
}

fn readable(text: &str) -> Result<Colour, Fault> {
    let colour = Colour::parse(text)
        .ok_or_else(|| Fault::new(format!("{text:?} is not a colour"), "write it like \"#0f5c63\""))?;
    let contrast = colour.contrast(PAPER);
    if contrast < LEAST_CONTRAST {
        return Err(Fault::new(
            format!(
                "text in {colour} has a contrast of {contrast:.1} on the reports' paper, less than {LEAST_CONTRAST}"
            ),
            "take a darker tone",
        ));
    }
    Ok(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_readable_on_light_and_on_dark_paper() {
        for text in ["#0f5c63", "#000000", "#b00020", "#5f4a0c"] {
            let colour = readable(text).unwrap();
            assert_eq!(colour.to_string(), text);
            assert!(colour.for_dark().contrast(DARK) >= 7.0, "{text}");
        }
        for text in ["#ffcc00", "#7fc6ca", "0f5c63", "#0f5c6", "#0f5c6é", "#+f5c63"] {
            assert!(readable(text).is_err(), "{text}");
        }
    }
}
