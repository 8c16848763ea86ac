//! Numbers as people read them: grouped, with their currency, and changes as percentages.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::{Decimal, SignDisplay};
use icu_locale_core::locale;

use super::Error;
use super::figure::{Change, Figure};
use super::texts::Texts;
use crate::domain::cell::Measure;
use crate::domain::money::Currency;
use crate::settings::Language;

/// What stands where a figure is withheld: never a zero, never an empty cell.
pub const WITHHELD: &str = "•••";
/// What stands where there is no figure to print.
pub const NOTHING: &str = "–";

const NO_BREAK: char = '\u{a0}';

/// How one language and one currency write numbers.
pub struct Numbers<'a> {
    decimal: DecimalFormatter,
    currency: &'a Currency,
    texts: &'a Texts,
}

impl<'a> Numbers<'a> {
    /// # Errors
    /// [`Error::Numbers`] when the embedded data lacks the language, which a test excludes.
    pub fn new(texts: &'a Texts, currency: &'a Currency) -> Result<Self, Error> {
        let locale = match texts.language() {
            Language::Vi => locale!("vi"),
            Language::En => locale!("en"),
        };
        let decimal = DecimalFormatter::try_new(locale.into(), Default::default())
            .map_err(|problem| Error::Numbers(problem.to_string()))?;
        Ok(Self { decimal, currency, texts })
    }

    /// `1.234.567`.
    pub fn count(&self, count: i64) -> String {
        self.decimal.format(&Decimal::from(count)).to_string()
    }

    /// `12,4 MB` or `500 kB`, rounded up.
    pub fn bytes(&self, bytes: u64) -> String {
        let rounded = |unit: u64| Decimal::from(bytes.div_ceil(unit));
        if bytes < 1_000_000 {
            return format!("{}{NO_BREAK}kB", self.decimal.format(&rounded(1_000)));
        }
        let mut tenths = rounded(100_000);
        tenths.multiply_pow10(-1);
        tenths.absolute.trim_end();
        format!("{}{NO_BREAK}MB", self.decimal.format(&tenths))
    }

    /// `1.234.567 ₫` in Vietnamese, `₫1,234,567` in English; `minor` in minor units.
    pub fn money(&self, minor: i64) -> String {
        let mut amount = Decimal::from(minor.unsigned_abs());
        amount.multiply_pow10(-i16::from(self.currency.decimals));
        let digits = self.decimal.format(&amount).to_string();
        let sign = if minor < 0 { "-" } else { "" };
        let (before, after) = self.signs();
        format!("{sign}{before}{digits}{after}")
    }

    /// `168 tr`, `1,2 tỷ`: an amount short enough to stand in a picture, to three digits.
    pub fn short(&self, minor: i64) -> String {
        let one = 10i128.pow(u32::from(self.currency.decimals));
        let scales =
            [(1_000_000_000, "short-billions"), (1_000_000, "short-millions"), (1_000, "short-thousands")];
        let size = i128::from(minor.unsigned_abs());
        // What rounds up to the next scale belongs there.
        let scale = scales.into_iter().find(|&(scale, _)| size * 2000 >= scale * one * 1999);
        let (divisor, key) = scale.map_or((one, None), |(scale, key)| (scale * one, Some(key)));
        let tenths = (size * 20 + divisor) / (divisor * 2);
        let whole = (size * 2 + divisor) / (divisor * 2);
        let mut digits = Decimal::from(if whole >= 100 { whole * 10 } else { tenths });
        digits.multiply_pow10(-1);
        digits.absolute.trim_end();
        let digits = self.decimal.format(&digits).to_string();
        let sign = if minor < 0 { "-" } else { "" };
        let digits = key
            .map_or_else(|| digits.clone(), |key| self.texts.fill(key, [("figure", digits.clone().into())]));
        format!("{sign}{digits}")
    }

    /// `+1.234.567 ₫`.
    pub fn moved(&self, by: i64, is_money: bool) -> String {
        let sign = if by > 0 { "+" } else { "" };
        format!("{sign}{}", self.figure(Figure::Shown(by), is_money))
    }

    /// What the currency puts before and behind the digits.
    pub fn signs(&self) -> (String, String) {
        let code = self.currency.code.as_str();
        match (self.texts.language(), symbol(code, self.texts.language())) {
            (Language::Vi, symbol) => (String::new(), format!("{NO_BREAK}{}", symbol.unwrap_or(code))),
            (Language::En, Some(symbol)) => (symbol.to_owned(), String::new()),
            (Language::En, None) => (format!("{code}{NO_BREAK}"), String::new()),
        }
    }

    pub fn decimals(&self) -> u8 {
        self.currency.decimals
    }

    /// A figure of a measure, or the mark that says why there is none.
    pub fn figure(&self, figure: Figure, is_money: bool) -> String {
        match figure {
            Figure::Shown(value) if is_money => self.money(value),
            Figure::Shown(value) => self.count(value),
            Figure::Withheld => WITHHELD.to_owned(),
            Figure::Absent => NOTHING.to_owned(),
        }
    }

    pub fn of(&self, figure: Figure, measure: Measure) -> String {
        self.figure(figure, measure.is_money())
    }

    /// `+12,5 %`, `mới`, `không đổi`; `None` when nothing may be derived.
    pub fn change(&self, change: Change) -> Option<String> {
        match change {
            Change::Tenths(tenths) => Some(self.percent(tenths, SignDisplay::ExceptZero)),
            Change::New => Some(self.texts.say("change-new")),
            Change::Same => Some(self.texts.say("change-same")),
            Change::Unknown => None,
        }
    }

    /// The size of a change without its sign, for a sentence: `12,5 %`.
    pub fn size(&self, tenths: i64) -> String {
        self.percent(tenths, SignDisplay::Never)
    }

    /// `20 %`.
    pub fn percents(&self, percents: u32) -> String {
        let digits = self.decimal.format(&Decimal::from(percents)).to_string();
        match self.texts.language() {
            Language::Vi => format!("{digits}{NO_BREAK}%"),
            Language::En => format!("{digits}%"),
        }
    }

    fn percent(&self, tenths: i64, sign: SignDisplay) -> String {
        let mut value = Decimal::from(tenths);
        value.multiply_pow10(-1);
        value.apply_sign_display(sign);
        let digits = self.decimal.format(&value).to_string();
        match self.texts.language() {
            Language::Vi => format!("{digits}{NO_BREAK}%"),
            Language::En => format!("{digits}%"),
        }
    }
}

/// The sign of the currencies a Vietnamese shop meets; the others print their code. `$` alone is
/// ambiguous for a Vietnamese reader, so it stands as CLDR has it for `vi`.
fn symbol(code: &str, language: Language) -> Option<&'static str> {
    match (code, language) {
        ("VND", _) => Some("₫"),
        ("EUR", _) => Some("€"),
        ("GBP", _) => Some("£"),
        ("USD", Language::En) => Some("$"),
        ("USD", Language::Vi) => Some("US$"),
        ("JPY", Language::En) => Some("¥"),
        ("JPY", Language::Vi) => Some("JP¥"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(language: Language, code: &str, decimals: u8, minor: i64) -> String {
        let texts = Texts::new(language).expect("texts");
        let currency = Currency { code: code.into(), decimals };
        Numbers::new(&texts, &currency).expect("numbers").money(minor)
    }

    #[test]
    fn amounts_follow_the_language() {
        assert_eq!(written(Language::Vi, "VND", 0, 1_234_567), "1.234.567\u{a0}₫");
        assert_eq!(written(Language::Vi, "VND", 0, -1_000), "-1.000\u{a0}₫");
        assert_eq!(written(Language::En, "VND", 0, 1_234_567), "₫1,234,567");
        assert_eq!(written(Language::En, "USD", 2, -123_450), "-$1,234.50");
        assert_eq!(written(Language::Vi, "USD", 2, 5), "0,05\u{a0}US$");
        assert_eq!(written(Language::En, "THB", 2, 100), "THB\u{a0}1.00");
        assert_eq!(written(Language::Vi, "VND", 0, i64::MIN), "-9.223.372.036.854.775.808\u{a0}₫");
    }

    #[test]
    fn short_amounts_have_three_digits() {
        let short = |language, decimals, minor| {
            let texts = Texts::new(language).expect("texts");
            let currency = Currency { code: "VND".into(), decimals };
            Numbers::new(&texts, &currency).expect("numbers").short(minor).replace(NO_BREAK, " ")
        };
        let amounts = [0, 999, 85_400, 168_400_000, 16_840_000, -1_234_000_000, 999_600_000];
        assert_eq!(
            amounts.map(|minor| short(Language::Vi, 0, minor)),
            ["0", "999", "85,4 k", "168 tr", "16,8 tr", "-1,2 tỷ", "1 tỷ"]
        );
        assert_eq!([12_345, 12_345_678].map(|minor| short(Language::En, 2, minor)), ["123", "123K"]);
        assert_eq!(short(Language::En, 0, i64::MIN), "-9,223,372,037B");
    }

    #[test]
    fn sizes_are_rounded_up() {
        let sizes = |language, bytes: [u64; 4]| {
            let texts = Texts::new(language).expect("texts");
            let currency = Currency { code: "VND".into(), decimals: 0 };
            let numbers = Numbers::new(&texts, &currency).expect("numbers");
            bytes.map(|bytes| numbers.bytes(bytes).replace(NO_BREAK, " "))
        };
        let bytes = [499_001, 1_000_000, 10_000_001, 1_234_567_890];
        assert_eq!(sizes(Language::Vi, bytes), ["500 kB", "1 MB", "10,1 MB", "1.234,6 MB"]);
        assert_eq!(sizes(Language::En, bytes), ["500 kB", "1 MB", "10.1 MB", "1,234.6 MB"]);
    }

    #[test]
    fn changes_are_signed_or_named() {
        let texts = Texts::new(Language::Vi).expect("texts");
        let currency = Currency { code: "VND".into(), decimals: 0 };
        let numbers = Numbers::new(&texts, &currency).expect("numbers");
        assert_eq!(numbers.change(Change::Tenths(125)).as_deref(), Some("+12,5\u{a0}%"));
        assert_eq!(numbers.change(Change::Tenths(-3)).as_deref(), Some("-0,3\u{a0}%"));
        assert_eq!(numbers.change(Change::New).as_deref(), Some("mới"));
        assert_eq!(numbers.change(Change::Unknown), None);
    }
}
