//! Payments with the real program: stated to their customer, confirmed, disputed, and held against their orders.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::Value;

use super::harness::{Builder, Shop, job};

const WHY: [&str; 4] = ["--purpose", "payment", "--request", "KN-12"];
const NAME: &str = "Đặng Thị Ngạn Huyền";

/// A customer with payments that fit, and some that do not.
fn shop(language: &str) -> Shop {
    let uid = rustix::process::geteuid().as_raw();
    let configuration = format!(
        "[roles]\ndata-officer = [{uid}]\n\n[business]\nname = \"1stwatch\"\ntimezone = \"Asia/Ho_Chi_Minh\"\n\
         language = {language:?}\n\n[[source]]\nname = \"shop\"\nkind = \"csv\"\n[source.orders]\npath = \"orders.csv\"\n\
         flat = true\n[source.payments]\npath = \"payments.csv\"\n"
    );
    let shop = Builder::new(&configuration).job("pull", job("pull", "")).open();
    let mut orders =
        "order_id,placed_at,status,customer_id,name,phone,line_id,product,quantity,unit_price\n".to_owned();
    for (id, status, price) in [
        ("DH-1", "completed", 5_530_000),
        ("DH-2", "completed", 3_200_000),
        ("DH-3", "cancelled", 1_000_000),
        ("DH-4", "processing", 7_000_000),
        ("DH-5", "completed", 2_000_000),
    ] {
        writeln!(orders, "{id},2024-05-02T09:00:00+07:00,{status},K1,{NAME},0977 345 678,1,Orient,1,{price}")
            .unwrap();
    }
    shop.write("orders.csv", &orders);
    pay(&shop, 5_530_000);
    shop.run_job(&["pull"], "done");
    shop
}

fn pay(shop: &Shop, first: i64) {
    let rows = [
        format!("TT-1,DH-1,2024-05-02T09:20:00+07:00,bank-transfer,{first},paid,{NAME} CK DH-1"),
        "TT-2,DH-2,2024-05-03T10:00:00+07:00,card,3000000,paid,".to_owned(),
        "TT-3,DH-3,2024-05-03T11:00:00+07:00,card,1000000,Đã thanh toán,".to_owned(),
        "TT-4,DH-4,2024-05-04T11:00:00+07:00,momo,2000000,paid,".to_owned(),
        "TT-5,DH-5,2024-05-04T12:00:00+07:00,card,2000000,mystery,".to_owned(),
        "TT-6,DH-9,2024-05-05T12:00:00+07:00,card,1000,paid,".to_owned(),
        "TT-7,DH-4,2024-05-05T13:00:00+07:00,momo,500000,failed,".to_owned(),
    ];
    let head = "payment_id,order_id,paid_at,method,amount,status,reference";
    shop.write("payments.csv", &format!("{head}\n{}\n", rows.join("\n")));
}

impl Shop {
    fn payments(&self, arguments: &[&str]) -> Value {
        self.ask(&[&["payment"], arguments].concat()).ok().json()
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list["payments"].as_array().unwrap().iter().map(|it| it["payment"].as_str().unwrap()).collect()
}

#[test]
fn payments_that_do_not_fit_their_orders_are_reported() {
    let shop = shop("vi");
    let list = shop.payments(&["list", "--mismatch"]);
    let found: Vec<String> = list["mismatches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{} {} {}/{}",
                it["order"].as_str().unwrap(),
                it["mismatch"].as_str().unwrap(),
                it["received"],
                it["due"]
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "DH-9 unknown-order 1000/0",
            "DH-5 unknown-status 0/2000000",
            "DH-3 not-due 1000000/1000000",
            "DH-2 short 3000000/3200000",
        ]
    );
    let status = shop.ask(&["status"]).exits(3).json();
    assert_eq!((&status["mismatching_payments"], &status["unconfirmed_payments"]), (&4.into(), &4.into()));
    let said = shop.run(&["status"]).exits(3).stdout;
    assert!(
        said.contains("payments: 4 unconfirmed past the term") && said.contains("4 orders whose payments"),
        "{said}"
    );
    let human = shop.run(&["payment", "list", "--mismatch", "--limit", "1"]).ok().stdout;
    assert!(human.contains("unknown-order") && human.contains("the newest 1 of 4"), "{human}");
    // A word that the shop's sources use is made known.
    let text = fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    shop.write("firstwatch.toml", &format!("{text}\n[payments]\nconfirm_within = \"36500d\"\nreceived = [\"paid\", \"mystery\", \"đã thanh toán\"]\n"));
    let list = shop.payments(&["list", "--mismatch"]);
    assert_eq!(list["total"], 3, "{list:#}");
    assert_eq!(shop.payments(&["list", "--unconfirmed"])["total"], 0);
    shop.write("firstwatch.toml", &format!("{text}\n[payments]\nconfirm_within = \"0s\"\n"));
    assert!(shop.run(&["status"]).exits(78).stderr.contains("payments.confirm_within"));
}

#[test]
fn what_a_customer_says_of_a_payment_is_kept_and_a_dispute_is_a_complaint() {
    let shop = shop("vi");
    assert_eq!(ids(&shop.payments(&["list", "--unconfirmed"])), ["TT-4", "TT-3", "TT-2", "TT-1"]);
    let said = shop.payments(&["confirm", "TT-1", "--channel", "phone", "--at", "2024-06-01 09:30"]);
    let answer = &said["payment"]["answer"];
    assert_eq!(
        (&answer["answer"], &answer["at"], &answer["channel"]),
        (&"confirmed".into(), &"2024-06-01T02:30:00Z".into(), &"phone".into())
    );
    shop.write("words.txt", &format!("{NAME}: tôi không trả khoản này"));
    let said = shop.payments(&["dispute", "TT-2", "--channel", "letter", "--words-file", "words.txt"]);
    assert_eq!((&said["complaint"], &said["opened"]), (&1.into(), &true.into()));
    let complaints = shop.ask(&["complaint", "list"]).ok().json();
    assert_eq!(complaints[0]["kind"], "payment");
    assert_eq!(complaints[0]["clocks"].as_array().unwrap().len(), 2, "its deadlines come of themselves");
    let shown = shop.command(&["--format", "json", "complaint", "show", "1"]).output().unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let particulars = &shown["particulars"];
    assert!(particulars["body"].as_str().unwrap().contains("tôi không trả khoản này"));
    assert_eq!((&particulars["order"], &particulars["channel"]), (&"DH-2".into(), &"letter".into()));
    assert!(particulars["history"][0]["actor"].as_str().unwrap().starts_with("uid:"));
    assert_eq!(ids(&shop.payments(&["list", "--unconfirmed"])), ["TT-4", "TT-3"]);

    // Again it is the same complaint; a payment that has become another one is unconfirmed again.
    let again = shop.payments(&["dispute", "TT-2", "--channel", "phone"]);
    assert_eq!((&again["complaint"], &again["opened"]), (&1.into(), &false.into()));
    pay(&shop, 5_000_000);
    shop.run_job(&["pull"], "done");
    assert_eq!(ids(&shop.payments(&["list", "--unconfirmed"])), ["TT-4", "TT-3", "TT-1"]);
    assert_eq!(shop.payments(&["list", "--customer", "1"])["total"], 6);

    for (arguments, part) in [
        (&["confirm", "TT-404", "--channel", "phone"][..], "there is no payment \"TT-404\""),
        (&["confirm", "TT-1", "--channel", "0977 345 678"], "the channel names a person"),
        (&["confirm", "TT-1", "--channel", " "], "say how the customer answered"),
        (
            &["confirm", "TT-1", "--channel", "phone", "--at", "2024-05-01 09:30"],
            "is before the payment was made",
        ),
        (&["confirm", "TT-1", "--channel", "phone", "--at", "2124-05-01 09:30"], "is in the future"),
        (&["confirm", "TT-1", "--source", "x", "--channel", "phone"], "there is no payment"),
        (
            &["dispute", "TT-2", "--channel", "phone", "--words-file", "words.txt"],
            "complaint 1 is about this payment already",
        ),
        (&["list", "--customer", "99"], "there is no customer"),
    ] {
        let said = shop.run(&[&["payment"], arguments].concat()).exits(65);
        assert!(said.stderr.contains(part), "{arguments:?}: {}", said.stderr);
    }
    let audited = "SELECT count(*) FROM audit WHERE outcome = 'done' AND operation = ";
    assert_eq!(shop.number(&format!("{audited}'payment.confirm' AND subject = 'payment shop/TT-1'")), 1);
    assert_eq!(shop.number(&format!("{audited}'payment.dispute' AND subject = 'payment shop/TT-2'")), 2);
    assert_eq!(shop.number(&format!("{audited}'payment.list' AND subject = 'customer 1'")), 1);
    // What somebody tried in vain is on record as well, and what they typed is not.
    let mut failed: Vec<String> = Vec::new();
    let store = shop.store();
    let mut lines = store.prepare("SELECT operation, subject FROM audit WHERE outcome = 'failed'").unwrap();
    let mut rows = lines.query(()).unwrap();
    while let Some(row) = rows.next().unwrap() {
        failed.push(format!("{} {}", row.get::<_, String>(0).unwrap(), row.get::<_, String>(1).unwrap()));
    }
    assert_eq!(
        failed,
        [
            "payment.confirm no payment",
            "payment.confirm payment shop/TT-1",
            "payment.confirm payment shop/TT-1",
            "payment.confirm payment shop/TT-1",
            "payment.confirm payment shop/TT-1",
            "payment.confirm no payment",
            "payment.dispute payment shop/TT-2",
            "payment.list customer 99",
        ]
    );
    // Who asks what was done with a customer's data is told of their payments and of the complaint too.
    let history = shop.ask(&[&["customer", "history", "1"], &WHY[..]].concat()).ok().json();
    let looks: Vec<&str> =
        history["looks"].as_array().unwrap().iter().map(|look| look["operation"].as_str().unwrap()).collect();
    assert_eq!(
        looks,
        ["payment.confirm", "payment.dispute", "complaint.show", "payment.dispute", "payment.list"]
    );
    shop.run(&["audit", "verify"]).ok();
}

#[test]
fn a_daemon_counts_again_what_has_changed() {
    let shop = shop("vi");
    let daemon = shop.serve();
    let counted = || {
        let status = shop.ask(&["status"]).json();
        (status["mismatching_payments"].as_i64().unwrap(), status["unconfirmed_payments"].as_i64().unwrap())
    };
    assert_eq!(counted(), (4, 4));
    shop.payments(&["confirm", "TT-1", "--channel", "phone", "--at", "2024-06-01 09:30"]);
    assert_eq!(counted(), (4, 3));
    pay(&shop, 5_000_000);
    shop.run_job(&["pull"], "done");
    assert_eq!(counted(), (5, 4), "less was paid than it was, and nobody has confirmed that");
    let erase = ["customer", "erase", "1", "--ground", "request", "--confirm", "1"];
    shop.run(&[&erase[..], &["--purpose", "data-request", "--request", "1"]].concat()).ok();
    assert_eq!(counted(), (5, 0), "nobody is left to confirm");
    assert!(daemon.stop().success());
}

#[test]
fn a_statement_shows_one_customer_their_payments() {
    for (language, words) in [
        ("vi", ["Bảng kê giao dịch thanh toán", "đã xác nhận 01/06/2024", "5.530.000\u{a0}₫"]),
        ("en", ["Statement of payments", "confirmed 01/06/2024", "₫5,530,000"]),
    ] {
        let shop = shop(language);
        shop.payments(&["confirm", "TT-1", "--channel", "phone", "--at", "2024-06-01 09:30"]);
        let made =
            shop.ask(&[&["customer", "statement", "1", "--out", "out"], &WHY[..]].concat()).ok().json();
        assert_eq!((&made["transactions"], &made["unanswered"]), (&6.into(), &5.into()), "{made:#}");
        let files: Vec<String> =
            made["files"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
        assert!(files[0].ends_with(".html") && files[1].ends_with(".pdf"), "{files:?}");
        let html = fs::read_to_string(shop.path(&files[0])).unwrap();
        for word in words.into_iter().chain([NAME, "TT-4", "02/05/2024 09:20"]) {
            assert!(html.contains(word), "{word}: {html}");
        }
        assert!(!html.contains("TT-6"), "another's payment");
        assert!(fs::read(shop.path(&files[1])).unwrap().starts_with(b"%PDF"));
        for file in &files {
            assert_eq!(fs::metadata(shop.path(file)).unwrap().mode() & 0o777, 0o600);
        }
        let statement = [
            "customer",
            "statement",
            "1",
            "--out",
            "out",
            "--language",
            "en",
            "--purpose",
            "sale",
            "--request",
            "1",
        ];
        assert!(
            shop.run(&statement).exits(65).stderr.contains("customer.statement is not for the purpose sale")
        );
    }
}
