//! From orders to the question asked of disclosure control: booked, sealed, loaded, cut into cells.

use std::collections::BTreeMap;
use std::path::Path;

use firstwatch::books::{Booking, book};
use firstwatch::disclosure::Request;
use firstwatch::domain::cell::Measure;
use firstwatch::domain::customer::Person;
use firstwatch::domain::entry::{BookedLine, CustomerType, Dimension, Entry};
use firstwatch::domain::ids::{LineId, OrderId, Pseudonym, RefundId};
use firstwatch::domain::money::Money;
use firstwatch::domain::order::{CountOrdersOn, Order, OrderLine, OrderStatus, Refund};
use firstwatch::facts::{self, Page};
use firstwatch::report::{self, Asked, CellTable, Shape};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// Noon in Ho Chi Minh City.
fn noon(day: Date) -> Timestamp {
    day.at(5, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

fn order(id: &str, day: Date, province: &str, lines: &[(&str, i64)]) -> Order {
    let line = |(at, &(brand, gross)): (usize, &(&str, i64))| OrderLine {
        id: LineId::new(at.to_string()),
        product: format!("{brand} {gross}"),
        sku: None,
        brand: Some(brand.to_owned()),
        category: Some("watch".into()),
        quantity: 1,
        gross: Money::from_minor(gross),
        discount: Money::ZERO,
        tax: Money::ZERO,
    };
    Order {
        id: OrderId::new(id),
        placed_at: noon(day),
        status: OrderStatus::Processing,
        paid_at: None,
        completed_at: None,
        cancelled_at: None,
        modified_at: None,
        channel: None,
        payment_method: None,
        province: Some(province.into()),
        region: None,
        customer: None,
        person: Person::default(),
        discount: Money::ZERO,
        shipping: Money::ZERO,
        tax: Money::ZERO,
        fees: Money::ZERO,
        total: None,
        lines: lines.iter().enumerate().map(line).collect(),
    }
}

/// A shop's books, order by order, and the pages sealed of them.
#[derive(Default)]
struct Shop {
    booked: BTreeMap<OrderId, Vec<BookedLine>>,
    pages: Vec<Page>,
}

impl Shop {
    fn pull(&mut self, order: &Order, customer: u64, refunds: &[Refund], today: Date) {
        let booked = self.booked.entry(order.id.clone()).or_default();
        let added = book(&Booking {
            order,
            refunds,
            customer: Pseudonym(customer),
            customer_type: CustomerType::Returning,
            basis: CountOrdersOn::Created,
            zone: &TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
            booked,
            closed_until: self.pages.last().map(|page| page.until),
            today,
        });
        booked.extend(added);
    }

    fn close(&mut self, directory: &Path, from: Date, until: Date) {
        let lines = self.booked.values().flatten().map(|line| &line.entry);
        let entries: Vec<Entry> =
            lines.filter(|entry| from <= entry.day && entry.day < until).cloned().collect();
        self.pages.push(facts::seal(directory, from, until, &entries).unwrap());
    }

    /// Net and customers by brand and province.
    fn report(&self, directory: &Path, from: Date, until: Date) -> Vec<(String, i64, usize)> {
        let frame = facts::load(directory, &self.pages, from, until).unwrap();
        let table = CellTable {
            name: "brands".into(),
            shape: Shape::Groups {
                rows: vec![Dimension::Brand],
                columns: vec![Dimension::Province],
                from,
                until,
            },
            measures: vec![Measure::Net],
        };
        let request = report::cells(&frame, Asked { tables: &[table], ..Asked::default() }).unwrap().request;
        let cells = request.tables[0].cells.iter().map(|cell| {
            let (net, customers) = figures(&request, &cell.atoms);
            (cell.place.iter().map(|path| path.join("")).collect::<Vec<_>>().join("/"), net, customers)
        });
        cells.collect()
    }
}

/// Net, by the request's own terms, and the number of customers.
fn figures(request: &Request, atoms: &[u32]) -> (i64, usize) {
    let lines: Vec<usize> =
        (0..request.data.atoms.len()).filter(|&line| atoms.contains(&request.data.atoms[line])).collect();
    let terms = &request.measures[0].terms;
    let net = terms
        .iter()
        .map(|&(component, factor)| {
            factor * lines.iter().map(|&line| request.data.components[component].at(line)).sum::<i64>()
        })
        .sum();
    let mut customers: Vec<u64> = lines.iter().map(|&line| request.data.contributors[line]).collect();
    customers.sort_unstable();
    customers.dedup();
    (net, customers.len())
}

fn cells(expected: &[(&str, i64, usize)]) -> Vec<(String, i64, usize)> {
    expected.iter().map(|&(place, net, customers)| (place.to_owned(), net, customers)).collect()
}

#[test]
fn two_months_of_a_shop_by_hand() {
    let directory = tempfile::tempdir().unwrap();
    let (march, april, may) = (date(2016, 3, 1), date(2016, 4, 1), date(2016, 5, 1));
    let mut shop = Shop::default();
    let first = order("1", date(2016, 3, 5), "Huế", &[("Seiko", 300), ("Citizen", 100)]);
    let mut second = order("2", date(2016, 3, 20), "Hà Nội", &[("Seiko", 500)]);
    shop.pull(&first, 1, &[], date(2016, 3, 6));
    shop.pull(&second, 2, &[], date(2016, 3, 21));
    second.lines[0].gross = Money::from_minor(450);
    shop.pull(&second, 2, &[], date(2016, 3, 22));
    shop.close(directory.path(), march, april);
    let in_march = cells(&[
        ("/", 850, 2),
        ("/Huế", 400, 1),
        ("/Hà Nội", 450, 1),
        ("Citizen/", 100, 1),
        ("Citizen/Huế", 100, 1),
        ("Seiko/", 750, 2),
        ("Seiko/Huế", 300, 1),
        ("Seiko/Hà Nội", 450, 1),
    ]);
    assert_eq!(shop.report(directory.path(), march, april), in_march);

    let late = order("3", date(2016, 3, 31), "Huế", &[("Seiko", 70)]);
    shop.pull(&late, 1, &[], date(2016, 4, 2));
    let refund = Refund {
        id: RefundId::new("r"),
        order: OrderId::new("1"),
        refunded_at: noon(date(2016, 4, 3)),
        amount: Money::from_minor(40),
        line: Some(LineId::new("1")),
        quantity: Some(1),
    };
    shop.pull(&first, 1, &[refund], date(2016, 4, 3));
    second.status = OrderStatus::Cancelled;
    second.cancelled_at = Some(noon(date(2016, 3, 30)));
    shop.pull(&second, 2, &[], date(2016, 4, 4));
    shop.close(directory.path(), april, may);
    let in_april = cells(&[
        ("/", -420, 2),
        ("/Huế", 30, 1),
        ("/Hà Nội", -450, 1),
        ("Citizen/", -40, 1),
        ("Citizen/Huế", -40, 1),
        ("Seiko/", -380, 2),
        ("Seiko/Huế", 70, 1),
        ("Seiko/Hà Nội", -450, 1),
    ]);
    assert_eq!(shop.report(directory.path(), april, may), in_april);
    assert_eq!(shop.report(directory.path(), march, april), in_march, "closed books never change");
    assert_eq!(shop.report(directory.path(), march, may)[0], ("/".to_owned(), 430, 2));
}
