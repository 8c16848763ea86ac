//! `[business]`: whose shop it is, and how it counts.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::brand::{self, Brand};
use super::field::Field;
use super::section::Section;
use super::value;
use crate::domain::money::Currency;
use crate::domain::order::CountOrdersOn;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Vi,
    En,
}

impl Language {
    /// As in the configuration, and as the key of a `LocalText`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Business {
    pub name: String,
    pub zone: TimeZone,
    pub zone_name: String,
    pub language: Language,
    pub currency: Currency,
    pub count_orders_on: CountOrdersOn,
    pub brand: Brand,
}

/// The language stands alone beside the rest, for the jobs need it whatever else is wrong.
pub(super) fn read(section: &mut Section<'_>) -> (Option<Language>, Option<Business>) {
    let name = section.required("name", |field| field.line());
    let zone = section.required("timezone", |field| value::zone(&field));
    let language =
        section.required("language", |field| field.choice(&[("vi", Language::Vi), ("en", Language::En)]));
    let currency = section.child("currency", currency);
    let count_orders_on = section.required("count_orders_on", |field| {
        field.choice(&[
            ("created", CountOrdersOn::Created),
            ("paid", CountOrdersOn::Paid),
            ("completed", CountOrdersOn::Completed),
        ])
    });
    let brand = section.optional("brand", |field| field.section(brand::read));
    let business = || {
        let (zone_name, zone) = zone?;
        let (name, language, currency, count_orders_on) = (name?, language?, currency?, count_orders_on?);
        let brand = brand.unwrap_or_default();
        Some(Business { name, zone, zone_name, language, currency, count_orders_on, brand })
    };
    (language, business())
}

fn currency(section: &mut Section<'_>) -> Option<Currency> {
    let code = section.required("code", |field: Field<'_>| {
        let code = field.text()?;
        if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(code.to_owned());
        }
        field.wrong("is not a currency's code", "write its three capital letters (ISO 4217), such as VND")
    });
    let decimals = section.required("decimals", |field| field.integer(0..=4));
    Some(Currency { code: code?, decimals: u8::try_from(decimals?).ok()? })
}
