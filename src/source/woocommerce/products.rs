//! What kind of thing a line sold: orders do not tell, products do. Only those are asked for that lines name, each once a
//! fetch; a product that the shop no longer has is of no kind.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::PER_PAGE;
use super::client::{Client, Query};
use crate::source::error::Error;

/// How shops without WooCommerce's own brands call them.
const BRAND_WORDS: [&str; 6] = ["brand", "pa_brand", "thương hiệu", "hãng", "nhãn hiệu", "thuong hieu"];

#[derive(Default)]
pub(super) struct Products(BTreeMap<u64, ProductKind>);

#[derive(Clone, Default)]
pub(super) struct ProductKind {
    /// The first that it is in.
    pub category: Option<String>,
    pub brand: Option<String>,
}

impl Products {
    /// Asks for the products that the orders name and that are not known yet.
    ///
    /// # Errors
    /// [`Error::Server`].
    pub fn learn(&mut self, client: &mut Client, orders: &[Value]) -> Result<(), Error> {
        let lines = orders.iter().filter_map(|order| order["line_items"].as_array()).flatten();
        let named: BTreeSet<u64> = lines.filter_map(|line| line["product_id"].as_u64()).collect();
        let unknown: Vec<u64> = named.into_iter().filter(|id| *id > 0 && !self.0.contains_key(id)).collect();
        for some in unknown.chunks(PER_PAGE) {
            self.0.extend(some.iter().map(|id| (*id, ProductKind::default())));
            let ids = some.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
            let query = Query::new("products")
                .with("include", ids)
                .with("_fields", "id,categories,brands,attributes")
                .with("orderby", "id")
                .with("order", "asc");
            let (mut page, mut pages) = (1, 1);
            while page <= pages {
                let answer = client.page(&query, page, PER_PAGE)?;
                let told = answer.items.iter().filter_map(|item| Some((item["id"].as_u64()?, kind(item))));
                self.0.extend(told);
                (page, pages) = (page + 1, answer.pages);
            }
        }
        Ok(())
    }

    pub fn of(&self, line: &Value) -> ProductKind {
        line["product_id"].as_u64().and_then(|id| self.0.get(&id)).cloned().unwrap_or_default()
    }
}

fn kind(product: &Value) -> ProductKind {
    let items = |key: &str| product[key].as_array().into_iter().flatten();
    let category = items("categories").find(|category| category["slug"] != "uncategorized");
    let attribute = items("attributes").find(|attribute| {
        let name = attribute["name"].as_str().unwrap_or_default().trim().to_lowercase();
        BRAND_WORDS.contains(&name.as_str())
    });
    let brand = items("brands").map(|brand| &brand["name"]).chain(attribute.map(|one| &one["options"][0]));
    ProductKind {
        category: category.and_then(|category| words(&category["name"])),
        brand: brand.into_iter().find_map(words),
    }
}

/// WordPress writes such names as HTML.
fn words(name: &Value) -> Option<String> {
    let name = html_escape::decode_html_entities(name.as_str()?.trim()).into_owned();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brands_are_found_where_shops_keep_them() {
        let of = |product: Value| (kind(&product).category, kind(&product).brand);
        let some = |text: &str| Some(text.to_owned());
        let uncategorized = json!({"name": "Chưa phân loại", "slug": "uncategorized"});
        let watches = json!({"name": "Đồng hồ &amp; dây", "slug": "dong-ho"});
        assert_eq!(
            of(json!({"categories": [uncategorized, watches], "brands": [{"name": "Seiko"}]})),
            (some("Đồng hồ & dây"), some("Seiko"))
        );
        let attributes =
            json!([{"name": "Màu", "options": ["đen"]}, {"name": "Thương hiệu", "options": ["Casio"]}]);
        assert_eq!(of(json!({"categories": [], "attributes": attributes})), (None, some("Casio")));
        assert_eq!(of(json!({})), (None, None));
    }
}
