use std::os::unix::fs::PermissionsExt;

use jiff::civil::date;

use super::*;
use crate::domain::entry::{CustomerType, EntryKind, Place};
use crate::domain::ids::Pseudonym;
use crate::domain::money::Money;

fn entry(day: Date, customer: u64, product: &str, gross: i64) -> Entry {
    Entry {
        day,
        belongs_to: day,
        kind: EntryKind::Sale,
        customer: Pseudonym(customer),
        place: Place {
            product: product.into(),
            brand: "Citizen".into(),
            category: String::new(),
            province: "Huế".into(),
            region: "central".into(),
            channel: "web".into(),
            payment_method: "cod".into(),
            customer_type: CustomerType::New,
        },
        gross: Money::from_minor(gross),
        discounts: Money::ZERO,
        refunds: Money::ZERO,
        orders: 1,
        units: 1,
        cancellations: 0,
        new_customers: 0,
        tax: Money::from_minor(-3),
        shipping: Money::ZERO,
    }
}

fn numbers(frame: &DataFrame, column: &str) -> Vec<i64> {
    frame.column(column).unwrap().i64().unwrap().iter().map(Option::unwrap).collect()
}

const OCTOBER: (Date, Date) = (date(2026, 10, 1), date(2026, 11, 1));
const NOVEMBER: (Date, Date) = (date(2026, 11, 1), date(2026, 11, 9));

#[test]
fn a_page_nets_sorts_and_reads_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut back = entry(date(2026, 10, 9), u64::MAX, "Eco-Drive", -40);
    (back.orders, back.units, back.tax) = (0, 0, Money::ZERO);
    let gone = entry(date(2026, 10, 2), 5, "Tsuyosa", 10);
    let mut taken_back = entry(date(2026, 10, 2), 5, "Tsuyosa", -10);
    (taken_back.orders, taken_back.units, taken_back.tax) = (-1, -1, Money::from_minor(3));
    let entries = [
        entry(date(2026, 10, 9), u64::MAX, "Eco-Drive", 100),
        back,
        gone,
        taken_back,
        entry(date(2026, 10, 3), 5, "", 7),
    ];
    let page = seal(directory.path(), OCTOBER.0, OCTOBER.1, &entries).unwrap();
    assert_eq!((page.rows, page.file.as_str()), (2, "2026-10-01_2026-11-01.parquet"));
    let frame = load(directory.path(), &[page], OCTOBER.0, OCTOBER.1).unwrap();
    assert_eq!(numbers(&frame, "gross"), [7, 60]);
    assert_eq!(numbers(&frame, "tax"), [-3, -3]);
    let customers: Vec<_> = frame.column("customer").unwrap().u64().unwrap().iter().flatten().collect();
    assert_eq!(customers, [5, u64::MAX]);
    let columns: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let expected = "day belongs_to kind customer product brand category province region channel \
                    payment-method customer-type gross discounts refunds orders units cancellations \
                    new-customers tax shipping";
    assert_eq!(columns.join(" "), expected);
}

#[test]
fn the_same_entries_in_any_order_give_the_same_bytes() {
    let [left, right] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let product = |n: u64| ["Seiko 5", "Presage", "Khác"][(n % 3) as usize];
    let mut entries: Vec<Entry> = (0..3_000)
        .map(|n| entry(date(2026, 10, 1 + (n % 31) as i8), n * 7919 % 400, product(n), n as i64))
        .collect();
    let page = seal(left.path(), OCTOBER.0, OCTOBER.1, &entries).unwrap();
    entries.reverse();
    entries.rotate_left(1234);
    assert_eq!(seal(right.path(), OCTOBER.0, OCTOBER.1, &entries).unwrap(), page);
    assert_eq!(
        seal(left.path(), OCTOBER.0, OCTOBER.1, &entries).unwrap(),
        page,
        "sealing again is no change"
    );
}

#[test]
fn a_sealed_page_never_changes() {
    let directory = tempfile::tempdir().unwrap();
    let first = [entry(date(2026, 10, 3), 5, "A", 7)];
    let page = seal(directory.path(), OCTOBER.0, OCTOBER.1, &first).unwrap();
    let other = [entry(date(2026, 10, 3), 5, "A", 8)];
    let refused = seal(directory.path(), OCTOBER.0, OCTOBER.1, &other);
    assert!(matches!(refused, Err(Error::OtherContent { .. })));
    let path = directory.path().join(&page.file);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(verify(directory.path(), std::slice::from_ref(&page)).unwrap(), 1);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(matches!(verify(directory.path(), std::slice::from_ref(&page)), Err(Error::HashDiffers { .. })));
    let read = load(directory.path(), &[page], OCTOBER.0, OCTOBER.1);
    assert!(matches!(read, Err(Error::HashDiffers { .. })));
}

#[test]
fn a_cut_write_is_written_anew() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("2026-10-01_2026-11-01.partial"), b"half").unwrap();
    let page = seal(directory.path(), OCTOBER.0, OCTOBER.1, &[]).unwrap();
    let frame = load(directory.path(), &[page], OCTOBER.0, OCTOBER.1).unwrap();
    assert_eq!(frame.height(), 0);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn days_are_taken_across_pages_and_no_others() {
    let directory = tempfile::tempdir().unwrap();
    let october: Vec<Entry> = (1..=31).map(|n| entry(date(2026, 10, n), 1, "A", n.into())).collect();
    let november: Vec<Entry> =
        (1..=8).map(|n| entry(date(2026, 11, n), 1, "A", i64::from(n) * 100)).collect();
    let pages = [
        seal(directory.path(), NOVEMBER.0, NOVEMBER.1, &november).unwrap(),
        seal(directory.path(), OCTOBER.0, OCTOBER.1, &october).unwrap(),
    ];
    let frame = load(directory.path(), &pages, date(2026, 10, 30), date(2026, 11, 3)).unwrap();
    assert_eq!(numbers(&frame, "gross"), [30, 31, 100, 200]);
    let none = load(directory.path(), &pages, date(2025, 1, 1), date(2025, 2, 1)).unwrap();
    assert_eq!((none.height(), none.width()), (0, 21));
}

#[test]
fn refuses_what_is_no_page() {
    let directory = tempfile::tempdir().unwrap();
    let seal = |from, until, entries: &[Entry]| seal(directory.path(), from, until, entries);
    assert!(matches!(seal(date(2026, 10, 9), date(2026, 11, 2), &[]), Err(Error::NotOneMonth { .. })));
    assert!(matches!(seal(date(2026, 10, 9), date(2026, 10, 9), &[]), Err(Error::NotOneMonth { .. })));
    let stray = [entry(date(2026, 9, 30), 1, "A", 1)];
    assert!(matches!(seal(OCTOBER.0, OCTOBER.1, &stray), Err(Error::OutsidePage { .. })));
    let negative = [entry(date(2026, 10, 3), 1, "A", -1)];
    assert!(matches!(
        seal(OCTOBER.0, OCTOBER.1, &negative),
        Err(Error::Negative { component: Component::Gross, .. })
    ));
    let huge = [entry(date(2026, 10, 3), 1, "A", i64::MAX), entry(date(2026, 10, 3), 1, "A", i64::MAX)];
    assert!(matches!(seal(OCTOBER.0, OCTOBER.1, &huge), Err(Error::TooLarge { .. })));
    let page = seal(OCTOBER.0, OCTOBER.1, &[]).unwrap();
    let twice = [page.clone(), page.clone()];
    assert!(matches!(verify(directory.path(), &twice), Err(Error::Overlap { .. })));
    let escape = Page { file: "../firstwatch.db".into(), ..page };
    assert!(matches!(verify(directory.path(), &[escape]), Err(Error::BadName { .. })));
}

#[test]
fn what_is_no_parquet_is_an_error() {
    assert!(matches!(frame::from_parquet(b"PAR1 not really PAR1".to_vec()), Err(Error::Polars(_))));
    assert!(matches!(frame::from_parquet(Vec::new()), Err(Error::Polars(_))));
}
