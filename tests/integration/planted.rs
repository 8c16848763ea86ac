//! Persons planted in every place where a shop's files hold any, and in those where they should not: nobody
//! gets out, and a report that would name one is stopped.

use std::cell::RefCell;
use std::fmt::Write;
use std::fs::File;
use std::os::unix::fs::FileExt;

use mail_parser::MessageParser;
use serde_json::Value;

use super::canaries::Wanted;
use super::harness::{Builder, Shop, job, report};

const SIX_FEEDS: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"
currency = { code = "VND", decimals = 0 }

[[source]]
name = "shop"
kind = "csv"

[source.orders]
path = "orders.csv"

[source.order_lines]
path = "order_lines.csv"

[source.refunds]
path = "refunds.csv"

[source.payments]
path = "payments.csv"

[source.customers]
path = "customers.csv"

[source.complaints]
path = "complaints.csv"
"#;

const HEADS: [(&str, &str); 6] = [
    (
        "orders",
        "order_id,placed_at,status,customer_id,name,email,phone,address,province,channel,payment_method,total",
    ),
    ("order_lines", "order_id,line_id,product,quantity,unit_price,category"),
    ("refunds", "refund_id,order_id,refunded_at,amount,reason"),
    ("payments", "payment_id,order_id,paid_at,method,amount,status,reference"),
    ("customers", "customer_id,name,email,phone,address,province,created_at"),
    (
        "complaints",
        "complaint_id,received_at,kind,subject,body,customer_id,email,phone,order_id,channel,due_at",
    ),
];

/// Somebody who is nowhere else.
struct Person {
    name: String,
    email: String,
    phone: String,
    address: String,
}

/// Makes persons, and remembers them all.
#[derive(Default)]
struct Crowd {
    identifiers: RefCell<Vec<String>>,
    feeds: RefCell<[String; 6]>,
}

impl Crowd {
    fn person(&self) -> Person {
        const SYLLABLES: [&str; 12] =
            ["Quỳnh", "Thuỵ", "Bảo", "Đoan", "Khuê", "Ngạn", "Huyền", "Tịnh", "Vỹ", "Uyển", "Phượng", "Đằng"];
        let mut identifiers = self.identifiers.borrow_mut();
        let no = identifiers.len() / 4;
        let syllable = |at: usize| SYLLABLES[at % 12];
        let person = Person {
            name: format!("Tôn Nữ {} {} {}", syllable(no / 144), syllable(no / 12), syllable(no)),
            email: format!("chim.hoang.yen+{no}@rieng.example"),
            phone: format!("0977 {:03} {:03}", no / 7 + 100, no * 37 % 1000),
            address: format!("{} Ngõ {} {}; Phường Kín", no + 1, syllable(no / 12), syllable(no)),
        };
        identifiers.extend([&person.name, &person.email, &person.phone, &person.address].map(String::clone));
        person
    }

    fn row(&self, feed: &str, row: &str) {
        let at = HEADS.iter().position(|(name, _)| *name == feed).unwrap();
        writeln!(self.feeds.borrow_mut()[at], "{row}").unwrap();
    }

    fn write_to(&self, shop: &Shop) {
        for ((feed, head), rows) in HEADS.iter().zip(self.feeds.borrow().iter()) {
            shop.write(&format!("{feed}.csv"), &format!("{head}\n{rows}"));
        }
    }

    /// An order that fits, of somebody new.
    fn order(&self, id: &str, product: &str) {
        let Person { name, email, phone, address } = self.person();
        let row = format!(
            "{id},2024-05-06T09:00:00+07:00,completed,K{id},{name},{email},{phone},{address},Hà Nội,web,cod,"
        );
        self.row("orders", &row);
        self.row("order_lines", &format!("{id},1,{product},1,1000000,Đồng hồ"));
    }

    fn wanted(&self) -> Wanted {
        Wanted::new(self.identifiers.borrow().clone(), "")
    }
}

fn shop(formats: &str, rows: &str) -> Shop {
    Builder::new(SIX_FEEDS)
        .job("pull", job("pull", ""))
        .job("complaints", job("complaint-deadlines", ""))
        .job("monthly", report("month", formats, &[rows]))
        .open()
}

/// Rows that fit, with somebody in each place that is meant for persons.
fn plant_where_persons_belong(crowd: &Crowd) {
    for no in 0..40 {
        crowd.order(&format!("D{no}"), "Đồng hồ cơ");
    }
    // Without a customer number: known by phone, by e-mail, by nothing.
    for (id, left_out) in [("P", "email"), ("E", "phone"), ("N", "both")] {
        let Person { name, mut email, mut phone, address } = crowd.person();
        if left_out != "phone" {
            email.clear();
        }
        if left_out != "email" {
            phone.clear();
        }
        let row = format!(
            "{id},2024-05-07T09:00:00+07:00,completed,,{name},{email},{phone},{address},Hà Nội,web,cod,"
        );
        crowd.row("orders", &row);
        crowd.row("order_lines", &format!("{id},1,Đồng hồ pin,1,2000000,Đồng hồ"));
    }
    let Person { name, email, phone, address } = crowd.person();
    crowd.row("customers", &format!("K1000,{name},{email},{phone},{address},Đà Nẵng,2024-01-01"));
    let Person { name, email, phone, address } = crowd.person();
    let words = format!("\"Gọi {name}, số {phone}\",\"Giao tới {address},\nhay viết cho {email}\"");
    let Person { email, phone, .. } = crowd.person();
    crowd.row(
        "complaints",
        &format!("KN1,2024-05-08T09:00:00+07:00,delivery,{words},,{email},{phone},D1,web,"),
    );
    let Person { name, phone, .. } = crowd.person();
    crowd.row(
        "payments",
        &format!("TT1,D1,2024-05-08T09:00:00+07:00,transfer,1000000,paid,{name} CK {phone}"),
    );
    let Person { name, phone, .. } = crowd.person();
    crowd.row("refunds", &format!("HT1,D2,2024-05-09T09:00:00+07:00,1000,Trả cho {name} {phone}"));
}

/// Rows that do not fit for another reason, with somebody in them; how many.
fn plant_in_rejected_rows(crowd: &Crowd) -> usize {
    let Person { name, email, phone, address } = crowd.person();
    let rest = format!("X,{name},{email},{phone},{address},Hà Nội,web,cod,");
    crowd.row("orders", &format!("R1,2024-05-06T09:00:00+07:00,lạ-hoắc,{rest}"));
    crowd.row("order_lines", "R1,1,Đồng hồ cơ,1,1000000,Đồng hồ");
    let Person { name, phone, .. } = crowd.person();
    crowd.row("refunds", &format!("HT2,D2,2024-05-09T09:00:00+07:00,nhiều,Trả cho {name} {phone}"));
    let Person { name, phone, .. } = crowd.person();
    crowd.row("payments", &format!("TT2,D2,hôm qua,transfer,1000000,paid,{name} CK {phone}"));
    let Person { name, email, phone, address } = crowd.person();
    crowd.row("customers", &format!("K2000,{name},{email},{phone},{address},Đà Nẵng,bao giờ"));
    let Person { name, email, phone, .. } = crowd.person();
    let row =
        format!("KN2,2024-05-08T09:00:00+07:00,kỳ-cục,Của {name},Xin gọi {phone},,{email},{phone},D1,web,");
    crowd.row("complaints", &row);
    5
}

/// Rows whose columns slipped: somebody stands where a word, a day or a sum should; how many.
fn plant_in_wrong_columns(crowd: &Crowd) -> usize {
    let at = "2024-05-06T09:00:00+07:00";
    let words = [
        |person: Person| person.name,
        |person: Person| person.email,
        |person: Person| person.phone,
        |person: Person| person.address,
    ];
    for (no, word) in words.into_iter().enumerate() {
        let who = || word(crowd.person());
        crowd.row("orders", &format!("W{no},{at},{},,,,,,Hà Nội,web,cod,", who()));
        crowd.row("orders", &format!("V{no},{},completed,,,,,,Hà Nội,web,cod,", who()));
        crowd.row("orders", &format!("U{no},{at},completed,,,,,,Hà Nội,web,cod,{}", who()));
        crowd.row("orders", &format!("S{no},{at},completed,,,,,,{},web,cod,", who()));
        crowd.row("order_lines", &format!("D{no},9,Dây da,1,{},Dây", who()));
        crowd.row("refunds", &format!("HW{no},D3,{at},{},", who()));
        crowd.row("payments", &format!("TW{no},D3,{at},cod,{},paid,", who()));
        crowd.row("customers", &format!("KW{no},,,,,Đà Nẵng,{}", who()));
        crowd.row("complaints", &format!("CW{no},{at},{},,,,,,D1,web,", who()));
        crowd.row("complaints", &format!("CV{no},{at},delivery,,,,,,D1,web,{}", who()));
    }
    10 * words.len()
}

fn texts_to(shop: &Shop, address: &str) -> Vec<String> {
    let text = |bytes: Vec<u8>| {
        let message = MessageParser::default().parse(&bytes).unwrap();
        let to = message.to().and_then(|to| to.first()).and_then(|to| to.address()) == Some(address);
        to.then(|| format!("{}\n{}", message.subject().unwrap(), message.body_text(0).unwrap()))
    };
    shop.mail().into_iter().filter_map(text).collect()
}

#[test]
fn nobody_gets_out_of_the_places_where_persons_belong() {
    let crowd = Crowd::default();
    plant_where_persons_belong(&crowd);
    let rejected = plant_in_rejected_rows(&crowd);
    let shop = shop("[\"html\", \"xlsx\", \"pdf\"]", "category");
    crowd.write_to(&shop);
    // Over the socket, so that its log is looked through too.
    let daemon = shop.serve();
    shop.run(&["source", "test", "shop"]).ok();
    shop.run_job(&["pull"], "done");
    shop.run_job(&["complaints"], "done");
    shop.run_job(&["monthly", "--period", "2024-05"], "done");
    let shown = shop.ask(&["source", "rejected"]).ok().json();
    // An order waits with its lines.
    assert!(shown.as_array().unwrap().len() >= rejected, "{shown:#}");
    for command in [["run", "list"], ["complaint", "list"], ["source", "rejected"], ["audit", "list"]] {
        shop.run(&command).ok();
    }
    // A copy, whole and damaged; a rotation of the keys; a crash in the middle of it all.
    shop.run(&["backup", "create"]).ok();
    shop.run(&["backup", "verify"]).ok();
    let new = shop.path("new.key");
    shop.run(&["key", "new", new.to_str().unwrap()]).ok();
    shop.run(&["key", "rotate", new.to_str().unwrap()]).ok();
    let copy = std::fs::read_dir(shop.state().join("backups")).unwrap().next().unwrap().unwrap().path();
    let damaged = File::options().write(true).open(copy.join("firstwatch.db")).unwrap();
    damaged.write_all_at(b"no database", 0).unwrap();
    shop.run(&["backup", "verify"]).exits(1);
    shop.run(&[
        "backup",
        "restore",
        copy.to_str().unwrap(),
        "--to",
        shop.path("elsewhere").to_str().unwrap(),
    ])
    .exits(1);
    let pull = shop.run(&["job", "run", "pull"]);
    daemon.crash();
    assert!(pull.code == 0 && !shop.path("core").exists());
    shop.run(&["status"]);
    assert!(
        texts_to(&shop, "giam-doc@1stwatch.vn").iter().any(|text| text.contains("45.999.000")),
        "the report tells of the orders"
    );
    assert_eq!(texts_to(&shop, "cskh@1stwatch.vn").len(), 1);
    crowd.wanted().assert_absent_from(&shop);
}

#[test]
fn nobody_gets_out_of_columns_that_slipped() {
    let crowd = Crowd::default();
    plant_where_persons_belong(&crowd);
    let rejected = plant_in_wrong_columns(&crowd);
    let shop = shop("[\"html\"]", "category");
    crowd.write_to(&shop);
    shop.run(&["source", "test", "shop"]).ok();
    shop.run_job(&["pull"], "done");
    shop.run_job(&["complaints"], "done");
    let shown = shop.ask(&["source", "rejected"]).ok().json();
    assert!(shown.as_array().unwrap().len() >= rejected, "{shown:#}");
    shop.run(&["source", "rejected"]).ok();
    crowd.wanted().assert_absent_from(&shop);
}

#[test]
fn nobody_gets_out_of_a_file_that_cannot_be_read() {
    let crowd = Crowd::default();
    plant_where_persons_belong(&crowd);
    let shop = shop("[\"html\"]", "category");
    crowd.write_to(&shop);
    let rows = crowd.feeds.borrow()[0].clone();
    let without_head = rows.clone().into_bytes();
    let other_encoding = rows.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let quote_left_open = format!("{}\nD1,2024-05-06,completed,K,\"{rows}", HEADS[0].1).into_bytes();
    // The last costs only the row that was cut off.
    for (spoilt, code) in [(without_head, 1), (other_encoding, 1), (quote_left_open, 0)] {
        std::fs::write(shop.path("orders.csv"), spoilt).unwrap();
        shop.run(&["job", "run", "pull"]).exits(code);
        shop.run(&["source", "test", "shop"]);
        shop.run(&["source", "rejected"]).ok();
        shop.run(&["status"]);
        shop.run(&["run", "list"]).ok();
    }
    crowd.wanted().assert_absent_from(&shop);
}

#[test]
fn a_report_that_would_name_a_customer_is_stopped() {
    for (kind, pick) in
        [("email", (|person| person.email) as fn(Person) -> String), ("phone", |person| person.phone)]
    {
        let crowd = Crowd::default();
        let whose = pick(crowd.person());
        for no in 0..40 {
            crowd.order(&format!("D{no}"), &format!("Khắc riêng {whose}"));
        }
        // The person whom the product names is a customer.
        crowd.row("customers", &format!("K999,,{},,,,", if kind == "email" { &whose } else { "" }));
        crowd.row("customers", &format!("K998,,,{},,,", if kind == "phone" { &whose } else { "" }));
        let shop = shop("[\"html\", \"xlsx\"]", "product");
        crowd.write_to(&shop);
        shop.run_job(&["pull"], "done");
        let said = shop.ask(&["job", "run", "monthly", "--period", "2024-05"]).exits(1);
        let run = &said.json()["run"];
        assert!(run["message"].as_str().unwrap().contains(&format!("found {kind} in")), "{run:#}");
        assert_eq!(texts_to(&shop, "giam-doc@1stwatch.vn"), [""; 0]);

        // It is met again at each attempt, and told once.
        let id = run["id"].to_string();
        let again: Value = shop.ask(&["run", "retry", &id]).exits(1).json();
        assert!(again["message"].as_str().unwrap().contains(&format!("found {kind} in")), "{again:#}");
        let notices = texts_to(&shop, "quan-tri@1stwatch.vn");
        assert_eq!(notices.len(), 1);
        assert!(notices[0].contains("monthly"), "{}", notices[0]);
        let wanted = crowd.wanted();
        for text in [said.stdout.as_bytes(), said.stderr.as_bytes(), notices[0].as_bytes()] {
            assert!(wanted.found_in(text).is_empty());
        }
        for message in shop.mail() {
            assert!(wanted.found_in(&message).is_empty());
        }
        assert_eq!(shop.number("SELECT count(*) FROM releases"), 0);
        shop.run(&["status"]).exits(3);
        assert!(wanted.found_in(&shop.everything_said()).is_empty());
    }
}
