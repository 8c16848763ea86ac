//! Many persons who come home in one pull are known by all that few in several pulls are known by.

use std::collections::{BTreeMap, BTreeSet};

use firstwatch::domain::customer::{IdentifierKind, normalise_words};
use firstwatch::domain::ids::CustomerNo;
use firstwatch::domain::spelling::{address_forms, name_forms};
use firstwatch::store::Error;

use super::harness::{Builder, FLAT_SHOP, Shop, job};
use super::rotation::house_with;

const ORDERS: u32 = 1_200;
/// So few that they are not many.
const STEP: u32 = 600;

const GIVEN: [&str; 7] = ["Ánh", "Bình", "Châu", "Đức", "Giang", "Hà", "Yến"];

/// A sixth are somebody's second order; a seventh names nobody but by name and address.
fn person(no: u32) -> (String, String, String) {
    let who = if no % 6 == 5 { no - 3 } else { no };
    let phone = if who.is_multiple_of(7) { String::new() } else { format!("09{who:08}") };
    (format!("Nguyễn Thị {}", GIVEN[who as usize % 7]), phone, format!("{who} Tràng Tiền"))
}

fn orders(numbers: std::ops::Range<u32>) -> String {
    let row = |no: u32| {
        let (name, phone, address) = person(no);
        format!(
            "D{no},2024-05-06T09:{:02}:00+07:00,completed,{name},{phone},{address},1,Mẫu,1,1000000\n",
            no % 60
        )
    };
    let head = "order_id,placed_at,status,name,phone,address,line_id,product,quantity,unit_price\n";
    format!("{head}{}", numbers.map(row).collect::<String>())
}

fn pulled(step: u32) -> Shop {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open();
    for from in (0..ORDERS).step_by(step as usize) {
        shop.write("orders.csv", &orders(from..from + step));
        shop.run_job(&["pull"], "done");
    }
    shop
}

/// Whether each form of each name and address is known, and the phones of those that it leads to.
fn known(shop: &Shop) -> Vec<(bool, BTreeSet<Option<String>>)> {
    let house = house_with(shop, "master.key").expect("its own key");
    let phone = |no: CustomerNo| {
        let row = house.store.read(|reader| reader.customer(no)).unwrap().expect("a customer");
        let opened = house.vault.open_person(&row.wrapped_key, "customer/person", &row.sealed_person);
        opened.ok().and_then(|person| person.phone.clone())
    };
    let customers = shop.number("SELECT max(no) FROM customers");
    let phones: BTreeMap<CustomerNo, Option<String>> =
        (1..=customers).map(|no| (CustomerNo(no), phone(CustomerNo(no)))).collect();
    let mut forms = BTreeSet::new();
    for no in 0..=ORDERS {
        let (name, _, address) = person(no);
        let names = normalise_words(&name).into_iter().flat_map(|name| name_forms(&name));
        let addresses = normalise_words(&address).into_iter().flat_map(|words| address_forms(&words));
        forms.extend(names.map(|form| (IdentifierKind::Name, form)));
        forms.extend(addresses.map(|form| (IdentifierKind::Address, form)));
    }
    let asked = forms.iter().map(|(kind, form)| {
        let blind = house.vault.blind(*kind, form).0;
        let found = house.store.read(|reader| {
            let is_known = reader.is_known_identifier(*kind, &blind)?;
            Ok::<_, Error>((is_known, reader.customers_by_index(*kind, &blind)?))
        });
        let (is_known, found) = found.unwrap();
        (is_known, found.into_iter().map(|no| phones[&no].clone()).collect())
    });
    asked.collect()
}

#[test]
fn a_pull_of_many_knows_everybody_as_several_of_few_do() {
    let (many, few) = (pulled(ORDERS), pulled(STEP));
    let runs = |shop: &Shop| shop.number("SELECT count(*) FROM identifier_runs");
    assert_eq!((runs(&many), runs(&few)), (1, 0));
    for table in ["customers", "orders", "entries"] {
        let count = |shop: &Shop| shop.number(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(count(&many), count(&few), "{table}");
    }
    let (of_many, of_few) = (known(&many), known(&few));
    assert!(of_many == of_few, "the same are known");
    assert!(of_many.iter().any(|(is_known, found)| *is_known && found.is_empty()), "of nobody");
    assert!(of_many.iter().any(|(is_known, _)| !is_known), "an address of none of them");

    // Who is erased is known by nothing.
    let erased = person(100).1;
    assert!(of_many.iter().any(|(_, found)| found.contains(&Some(erased.clone()))));
    for shop in [&many, &few] {
        let uid = rustix::process::getuid().as_raw();
        shop.write("conf.d/roles.toml", &format!("[roles]\ndata-officer = [{uid}]\n"));
        let why = ["--purpose", "data-request", "--request", "YC-1"];
        let found = shop.run(&[&["customer", "find", "--phone", &erased][..], &why].concat()).ok().stdout;
        let number = found.split_whitespace().find(|word| word.parse::<i64>().is_ok()).expect("a number");
        let erase = ["customer", "erase", number, "--ground", "request", "--confirm", number];
        shop.run(&[&erase[..], &why].concat()).ok();
    }
    let (left_of_many, left_of_few) = (known(&many), known(&few));
    assert!(left_of_many == left_of_few && left_of_many != of_many);
    assert!(!left_of_many.iter().any(|(_, found)| found.contains(&Some(erased.clone()))));
}
