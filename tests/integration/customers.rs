//! Customers' data with the real program: found, shown, corrected, looked up in its history, and erased for good.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::canaries::Wanted;
use super::harness::{Builder, Said, Shop, job, report};

const NAME: &str = "Đặng Thị Ngạn Huyền";
const PHONE: &str = "0977 345 678";
const EMAIL: &str = "huyen.dang@rieng.example";
const ADDRESS: &str = "17 Ngõ Tịnh Vỹ";
const NEW_PHONE: &str = "0388 111 222";
const WHY: [&str; 4] = ["--purpose", "data-request", "--request", "YC-2024-31"];

const SOURCE: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"

[[source]]
name = "shop"
kind = "csv"
[source.orders]
path = "orders.csv"
flat = true
[source.customers]
path = "customers.csv"
[source.payments]
path = "payments.csv"
[source.complaints]
path = "complaints.csv"
"#;

/// What the source's files say of her; the rest is thirty others.
struct Files {
    phone: &'static str,
    status: &'static str,
    more_orders: &'static str,
}

impl Default for Files {
    fn default() -> Self {
        Self { phone: PHONE, status: "completed", more_orders: "" }
    }
}

impl Files {
    fn write(&self, shop: &Shop) {
        let Self { phone, status, more_orders } = self;
        let mut orders =
            "order_id,placed_at,status,customer_id,name,phone,email,address,line_id,product,brand,\
                          category,quantity,unit_price\n"
                .to_owned();
        for order in 0..30 {
            let (day, brand) = (6 + order % 7, ["Casio", "Citizen", "Orient"][order % 3]);
            writeln!(
                orders,
                "O{order},2024-05-{day:02}T09:00:00+07:00,completed,C{order},,,,,1,{brand},{brand},watch,1,{}",
                1_000_000 + order
            )
            .unwrap();
        }
        let person = format!("{NAME},{phone},{EMAIL},{ADDRESS}");
        write!(
            orders,
            "H1,2024-05-07T09:00:00+07:00,{status},K7,{person},1,Casio,Casio,watch,1,3000000\n\
             H2,2024-05-08T09:00:00+07:00,completed,,{NAME},{PHONE},,,1,Casio,Casio,watch,1,2000000\n\
             H3,2024-05-09T09:00:00+07:00,completed,,{NAME},,,{ADDRESS},1,Orient,Orient,watch,1,1000000\n\
             H4,hôm qua,completed,K7,{person},1,Casio,Casio,watch,1,3000000\n\
             H5,hôm qua,completed,K8,{NAME},0912 000 111,,,1,Casio,Casio,watch,1,3000000\n{more_orders}"
        )
        .unwrap();
        shop.write("orders.csv", &orders);
        shop.write(
            "customers.csv",
            &format!("customer_id,name,phone,email,address\nK7,{NAME},{phone},{EMAIL},{ADDRESS}\n"),
        );
        shop.write(
            "payments.csv",
            "payment_id,order_id,paid_at,method,amount,status,reference\n\
             P1,H1,2024-05-07T10:00:00+07:00,bank-transfer,3000000,paid,DANG THI NGAN HUYEN CK H1\n\
             P2,H2,2024-05-08T10:00:00+07:00,cod,2000000,paid,\n",
        );
        shop.write(
            "complaints.csv",
            &format!("complaint_id,received_at,kind,customer_id,subject,body\nKN1,2024-05-10T09:00:00+07:00,product,K7,Của {NAME},Gọi {PHONE}\n"),
        );
    }
}

fn shop(roles: &[&str]) -> Shop {
    let uid = rustix::process::geteuid().as_raw();
    let roles: String = roles.iter().map(|role| format!("{role} = [{uid}]\n")).collect();
    let shop = Builder::new(&format!("[roles]\n{roles}{SOURCE}"))
        .job("pull", job("pull", ""))
        .job("weekly", report("week", "[\"html\", \"xlsx\"]", &["brand"]))
        .open();
    Files::default().write(&shop);
    shop.run_job(&["pull"], "done");
    shop
}

fn officers_shop() -> Shop {
    shop(&["data-officer", "complaint-handler"])
}

impl Shop {
    /// What it shows of a person is not kept among what was said.
    fn unkept(&self, arguments: &[&str], stdin: &str) -> Said {
        let all = [&["--format", "json"], arguments, &WHY].concat();
        let mut command = self.command(&all);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn found(&self, by: &str, value: &str) -> Vec<i64> {
        let found = self.unkept(&["customer", "find", by, "-"], value).ok().json();
        found["customers"].as_array().unwrap().iter().map(|it| it["number"].as_i64().unwrap()).collect()
    }

    fn correct(&self, number: &str, fields: &str, more: &[&str]) -> Said {
        self.unkept(&[&["customer", "correct", number, "--fields-file", "-"], more].concat(), fields)
    }

    fn phone_of(&self, number: &str) -> Value {
        self.unkept(&["customer", "show", number], "").ok().json()["phone"].clone()
    }

    /// Audit lines of this operation as `subject|reason|outcome`.
    fn lines(&self, operation: &str) -> Vec<String> {
        let store = self.store();
        let mut statement = store
            .prepare("SELECT subject || '|' || reason || '|' || outcome FROM audit WHERE operation = ?1 ORDER BY no")
            .unwrap();
        let rows = statement.query_map([operation], |row| row.get(0)).unwrap();
        rows.map(|row| row.unwrap()).collect()
    }
}

fn her_number(shop: &Shop) -> String {
    let [number] = shop.found("--account", "K7")[..] else { panic!("one customer has the account") };
    number.to_string()
}

fn wanted() -> Wanted {
    let secrets = [NAME, PHONE, EMAIL, ADDRESS, NEW_PHONE, "DANG THI NGAN HUYEN", "khách đổi số khác"];
    Wanted::new(secrets.map(str::to_owned), "")
}

#[test]
fn the_data_officer_finds_and_shows_and_every_look_is_on_record() {
    let shop = officers_shop();
    let number = her_number(&shop);
    let her = vec![number.parse::<i64>().unwrap()];
    for (by, value) in [
        ("--phone", "+84 977-345-678"),
        ("--email", " Huyen.Dang@rieng.example\n"),
        ("--name", "huyền ĐẶNG"),
        ("--account", "K7"),
    ] {
        assert_eq!(shop.found(by, value), her, "{by}");
    }
    assert_eq!(shop.found("--phone", "0900 000 000"), [] as [i64; 0]);
    let shown = shop.unkept(&["customer", "show", &number], "").ok().json();
    assert_eq!((&shown["name"], &shown["address"]), (&NAME.into(), &ADDRESS.into()));
    assert_eq!(
        (shown["orders"].as_array().map(Vec::len), &shown["payments"]),
        (Some(2), &2.into()),
        "{shown:#}"
    );

    let why = "purpose data-request; request YC-2024-31";
    assert_eq!(shop.lines("customer.show"), [format!("customer {number}|{why}|done")]);
    let finds = shop.lines("customer.find");
    assert!(finds.contains(&format!("every customer|{why}|done")), "{finds:?}");
    assert_eq!(finds.iter().filter(|line| line.starts_with(&format!("customer {number}|"))).count(), 5);
    assert_eq!(finds.last().unwrap(), &format!("|{why}|done"));
    let history = shop.unkept(&["customer", "history", &number], "").ok().json();
    assert_eq!(history["looks"].as_array().unwrap().len(), 6, "{history:#}");

    // What cannot be done is on record too, and nothing of what was typed.
    for (arguments, part) in [
        (vec!["customer", "show", "4711"], "there is no customer \"4711\""),
        (vec!["customer", "find", "--phone", "Huyền"], "given as phone is none"),
    ] {
        let said = shop.run(&[&arguments[..], &WHY].concat()).exits(65);
        assert!(said.stderr.contains(part) && !said.stderr.contains("Huyền"), "{}", said.stderr);
    }
    assert_eq!(shop.lines("customer.show").last().unwrap(), &format!("customer 4711|{why}|failed"));
    let purposes = ["--purpose", "delivery", "--request", "YC-1"];
    let said = shop.run(&[&["customer", "erase", &number, "--ground", "request"], &purposes[..]].concat());
    assert!(said.exits(65).stderr.contains("is for data-request, authority"));
    for request in ["Chị Huyền", "0977345678", ""] {
        let said =
            shop.run(&["customer", "show", &number, "--purpose", "sale", "--request", request]).exits(65);
        assert!(said.stderr.contains("request"), "{}", said.stderr);
        assert_eq!(shop.lines("customer.show").last().unwrap(), &format!("customer {number}||failed"));
    }
    shop.run(&["customer", "show", &number]).exits(2);
    shop.run(&["audit", "verify"]).ok();
    wanted().assert_absent_from(&shop);
}

#[test]
fn nobody_else_sees_a_customer_and_the_refusal_is_on_record() {
    let shop = shop(&["manager", "complaint-handler", "auditor"]);
    for arguments in [
        &["customer", "find", "--account", "K7"][..],
        &["customer", "show", "1"],
        &["customer", "correct", "1", "--fields-file", "/dev/null"],
        &["customer", "history", "1"],
        &["customer", "statement", "1", "--out", "x"],
        &["customer", "erase", "1", "--ground", "request", "--confirm", "1"],
    ] {
        let said = shop.run(&[arguments, &WHY].concat()).exits(4);
        assert!(said.stderr.contains("it needs the role data-officer"), "{}", said.stderr);
        let operation = format!("customer.{}", arguments[1]);
        let lines = shop.lines(&operation);
        assert!(lines.len() == 1 && lines[0].ends_with("|refused"), "{lines:?}");
    }
    for (arguments, subject) in [
        (&["list", "--customer", "1"][..], "customer 1"),
        (&["confirm", "P1", "--channel", "phone"], "payment shop/P1"),
        (&["dispute", "P1", "--channel", "phone"], "payment shop/P1"),
    ] {
        shop.run(&[&["payment"], arguments].concat()).exits(4);
        assert_eq!(shop.lines(&format!("payment.{}", arguments[0])), [format!("{subject}||refused")]);
    }
    assert!(!shop.path("x").exists());
}

#[test]
fn a_correction_stands_against_a_source_that_only_repeats_itself() {
    let shop = officers_shop();
    let number = her_number(&shop);
    let fields = format!("phone: {NEW_PHONE}\nreason: khách đổi số khác\n");
    let corrected = shop.correct(&number, &fields, &[]).ok().json();
    assert_eq!(
        (&corrected["changed"], &corrected["customer"]["phone"]),
        (&serde_json::json!(["phone"]), &NEW_PHONE.into())
    );
    assert_eq!(shop.correct(&number, &fields, &[]).ok().json()["changed"], serde_json::json!([]));
    let her = [number.parse::<i64>().unwrap()];
    assert_eq!((shop.found("--phone", NEW_PHONE), shop.found("--phone", PHONE)), (her.to_vec(), vec![]));

    // The source goes on saying the old number: in its list, in an order that has changed, in the guest's order.
    let entries = shop.number("SELECT count(*) FROM entries");
    Files { status: "refunded", ..Files::default() }.write(&shop);
    shop.run_job(&["pull"], "done");
    assert!(shop.number("SELECT count(*) FROM entries") > entries);
    assert_eq!((shop.phone_of(&number), shop.found("--phone", PHONE)), (NEW_PHONE.into(), vec![]));
    assert_eq!(shop.number("SELECT count(DISTINCT customer) FROM orders WHERE id IN ('H1', 'H2')"), 1);

    // It says another number: that is newer.
    Files { phone: "0355 999 888", ..Files::default() }.write(&shop);
    shop.run_job(&["pull"], "done");
    assert_eq!(shop.phone_of(&number), "0355 999 888");
    assert_eq!(
        (shop.found("--phone", "0355999888"), shop.found("--phone", NEW_PHONE)),
        (her.to_vec(), vec![])
    );
    shop.correct(&number, "email: moi@rieng.example\nreason: viết nhầm", &["--clear", "address"]).ok();
    shop.run_job(&["pull"], "done");
    let shown = shop.unkept(&["customer", "show", &number], "").ok().json();
    assert_eq!((&shown["email"], &shown["address"]), (&"moi@rieng.example".into(), &Value::Null));

    let history = shop.unkept(&["customer", "history", &number], "").ok().json();
    let told: Vec<String> = history["corrections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {} {}>{}", it["field"], it["actor"], it["before"], it["after"]))
        .collect();
    let uid = rustix::process::geteuid().as_raw();
    assert_eq!(
        told,
        [
            format!("\"phone\" \"uid:{uid}\" \"{PHONE}\">\"{NEW_PHONE}\""),
            format!("\"phone\" \"source shop\" \"{NEW_PHONE}\">\"0355 999 888\""),
            format!("\"address\" \"uid:{uid}\" \"{ADDRESS}\">null"),
            format!("\"email\" \"uid:{uid}\" \"{EMAIL}\">\"moi@rieng.example\""),
        ]
    );
    assert_eq!(history["corrections"][0]["reason"], "khách đổi số khác");

    for (fields, part) in [
        ("phone: Huyền\nreason: x", "given as phone is none"),
        ("phone: 0912 345 000", "needs a reason"),
        ("reason: x", "nothing is to be corrected"),
        ("Huyền", "line 1 of - has no colon"),
    ] {
        let said = shop.correct(&number, fields, &[]).exits(65);
        assert!(said.stderr.contains(part) && !said.stderr.contains("Huyền"), "{}", said.stderr);
    }
    wanted().assert_absent_from(&shop);
}

fn erase(shop: &Shop, number: &str) -> Value {
    let arguments = ["customer", "erase", number, "--ground", "request", "--confirm", number];
    shop.ask(&[&arguments[..], &WHY].concat()).ok().json()
}

fn wrapped_key(shop: &Shop, number: &str) -> Vec<u8> {
    let sql = format!("SELECT wrapped_key FROM customers WHERE no = {number}");
    shop.store().query_row(&sql, (), |row| row.get(0)).unwrap()
}

#[test]
fn an_erased_person_leaves_the_backups_that_are_kept_when_the_next_one_is_made() {
    let shop = officers_shop();
    let number = her_number(&shop);
    let key = wrapped_key(&shop, &number);
    for _ in 0..2 {
        shop.run(&["backup", "create"]).ok();
    }
    let copies: Vec<PathBuf> = {
        let entries = fs::read_dir(shop.state().join("backups")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let holds = |copy: &PathBuf| {
        let bytes = fs::read(copy.join("firstwatch.db")).unwrap();
        bytes.windows(key.len()).any(|window| window == key)
    };
    assert!(copies.iter().all(holds));
    assert_eq!(erase(&shop, &number)["copies"], 2);
    assert!(copies.iter().all(holds), "until the next one is made");
    let made = shop.ask(&["backup", "create"]).ok().json();
    assert_eq!(
        (&made["forgot"], &made["rewrapped"], &made["left"]),
        (&2.into(), &0.into(), &serde_json::json!([]))
    );
    assert!(!copies.iter().any(holds));
    for copy in &copies {
        let name = copy.file_name().unwrap().to_str().unwrap();
        shop.run(&["backup", "verify", name]).ok();
        let journal = fs::read_to_string(copy.join("erasures.journal")).unwrap();
        assert!(journal.contains(&format!("\"customer\":{number}")), "{journal}");
        let mut files: Vec<String> = fs::read_dir(copy)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, ["backup.json", "erasures.journal", "facts", "firstwatch.db", "releases"]);
    }
    let again = shop.ask(&["backup", "create"]).ok().json();
    assert_eq!(again["forgot"], 0, "once is enough");
    // By itself, a restore of one of them has nothing left to do.
    let oldest = copies.iter().min().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    fs::rename(shop.state(), shop.path("lost")).unwrap();
    let copy = format!("lost/backups/{oldest}");
    let restored = shop.ask(&["backup", "restore", &copy]).ok().json()["restored"].clone();
    assert_eq!((&restored["erasures"], &restored["erased_again"]), (&1.into(), &0.into()), "{restored:#}");
    gone(&shop, &number);
    shop.run(&["audit", "verify"]).ok();
}

/// Whether the bytes stand anywhere in the database or its log.
fn stands_in_store(shop: &Shop, bytes: &[u8]) -> bool {
    ["firstwatch.db", "firstwatch.db-wal"].iter().any(|file| {
        let content = fs::read(shop.state().join(file)).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

fn backed_up(shop: &Shop, name: &str) {
    let backup = shop.ask(&["backup", "create"]).ok().json()["backup"].as_str().unwrap().to_owned();
    fs::rename(shop.state().join("backups").join(backup), shop.path(name)).unwrap();
}

#[test]
fn an_erased_person_is_gone_and_the_figures_stay() {
    let shop = officers_shop();
    let number = her_number(&shop);
    shop.correct(&number, &format!("phone: {NEW_PHONE}\nreason: khách đổi số khác\n"), &[]).ok();
    shop.write("note.txt", &format!("đã gọi {NAME}"));
    shop.run(&["complaint", "ack", "1", "--note-file", "note.txt"]).ok();
    shop.run_job(&["weekly", "--period", "2024-W19"], "done");
    let verified = shop.ask(&["report", "verify", "1"]).ok().json();
    let sales = "SELECT sum(gross - discounts - refunds) + sum(orders) + count(*) FROM entries";
    let (before, key) = (shop.number(sales), wrapped_key(&shop, &number));
    let customers = shop.ask(&["status"]).exits(3).json()["customers"].clone();
    assert!(stands_in_store(&shop, &key));

    let said =
        shop.run(&[&["customer", "erase", &number, "--ground", "request"], &WHY[..]].concat()).exits(65);
    assert!(said.stderr.contains(&format!("--confirm {number}")), "{}", said.stderr);
    assert!(!shop.state().join("erasures.journal").exists());
    let daemon = shop.serve();
    let erased = erase(&shop, &number);
    assert_eq!((&erased["orders"], &erased["complaints"]), (&3.into(), &1.into()), "{erased:#}");
    assert_eq!((&erased["rejected"], &erased["log_cleared"]), (&1.into(), &true.into()), "{erased:#}");
    assert!(!stands_in_store(&shop, &key), "the key is in the database or its log");
    gone(&shop, &number);
    assert!(daemon.stop().success());

    // Who looked and who erased stays on record; the corrections are shut for good.
    let history = shop.ask(&[&["customer", "history", &number], &WHY[..]].concat()).ok().json();
    assert_eq!(history["corrections"][0]["erased"], true);
    assert!(history["erased_at"].is_string());
    let lines = shop.lines("customer.erase");
    let why = "purpose data-request; request YC-2024-31";
    assert_eq!(
        lines,
        [
            format!("customer {number}|{why}|failed"),
            format!("customer {number}|{why}|done"),
            format!("customer {number} ground request|{why}|done"),
        ]
    );
    let said = shop.run(&[&["customer", "show", &number], &WHY[..]].concat()).exits(65);
    assert!(said.stderr.contains("was erased at"), "{}", said.stderr);
    let shown = shop.ask(&["complaint", "show", "1"]).ok().json();
    assert_eq!(
        (&shown["particulars"]["erased"], &shown["particulars"]["history"][1]["note"]),
        (&true.into(), &Value::Null)
    );

    // The figures are what they were, byte for byte.
    assert_eq!(shop.number(sales), before);
    assert_eq!(shop.ask(&["report", "verify", "1"]).ok().json(), verified);
    shop.run(&["audit", "verify"]).ok();
    let status = shop.ask(&["status"]).exits(3).json();
    assert_eq!(status["customers"].as_i64(), customers.as_i64().map(|count| count - 1));
    wanted().assert_absent_from(&shop);
}

/// Nothing in the store leads to her.
#[track_caller]
fn gone(shop: &Shop, number: &str) {
    assert_eq!(
        shop.number(&format!(
            "SELECT length(wrapped_key) + length(sealed_person) FROM customers WHERE no = {number}"
        )),
        0
    );
    let identifiers =
        format!("SELECT count(*) FROM identifiers WHERE customer = {number} OR customer IS NULL");
    assert_eq!(shop.number(&identifiers), 0);
    assert_eq!(
        shop.number(
            "SELECT count(*) FROM orders WHERE id IN ('H1', 'H2', 'H3') AND sealed_person IS NOT NULL"
        ),
        0
    );
    assert_eq!(shop.number("SELECT count(*) FROM payments WHERE sealed_reference IS NOT NULL"), 0);
    assert_eq!(
        shop.number("SELECT coalesce(sum(length(sealed_text)), 0) FROM complaints WHERE id = 'KN1'"),
        0
    );
    assert_eq!(shop.number("SELECT count(*) FROM complaint_events WHERE sealed_note IS NOT NULL"), 0);
    for (by, value) in [
        ("--phone", PHONE),
        ("--phone", NEW_PHONE),
        ("--email", EMAIL),
        ("--account", "K7"),
        ("--name", NAME),
    ] {
        assert_eq!(shop.found(by, value), [] as [i64; 0], "{by}");
    }
}

#[test]
fn a_pull_brings_home_the_old_sales_and_nobody_and_a_new_order_a_new_customer() {
    let shop = officers_shop();
    let number = her_number(&shop);
    erase(&shop, &number);
    let customers = shop.number("SELECT count(*) FROM customers");
    let entries = shop.number("SELECT count(*) FROM entries");
    for _ in 0..2 {
        shop.run_job(&["pull"], "done");
    }
    gone(&shop, &number);
    assert_eq!(
        (shop.number("SELECT count(*) FROM customers"), shop.number("SELECT count(*) FROM entries")),
        (customers, entries)
    );
    assert_eq!(shop.ask(&["source", "rejected"]).ok().json().as_array().unwrap().len(), 1, "another's stays");

    // The old order changes: its sale is booked on, under the pseudonym that it had.
    Files { status: "refunded", ..Files::default() }.write(&shop);
    shop.run_job(&["pull"], "done");
    gone(&shop, &number);
    assert!(shop.number("SELECT count(*) FROM entries") > entries);
    let of_h1 = "FROM entries WHERE order_no = (SELECT no FROM orders WHERE id = 'H1')";
    assert_eq!(shop.number(&format!("SELECT count(DISTINCT pseudonym) {of_h1}")), 1);
    assert_eq!(shop.number("SELECT customer FROM orders WHERE id = 'H1'").to_string(), number);
    // A complaint about the old order can still be taken down and noted.
    shop.run(&["complaint", "add", "--kind", "product", "--order", "H1"]).ok();
    shop.run(&["complaint", "ack", "1", "--note", "x"]).ok();

    let more_orders = "H9,2024-06-07T09:00:00+07:00,completed,K7,Đặng Thị Ngạn Huyền,0977 345 678,,,1,Casio,Casio,watch,1,1\n";
    Files { more_orders, ..Files::default() }.write(&shop);
    shop.run_job(&["pull"], "done");
    let new = her_number(&shop);
    assert_ne!(new, number);
    let shown = shop.unkept(&["customer", "show", &new], "").ok().json();
    assert_eq!((&shown["orders"], &shown["name"]), (&serde_json::json!([["shop", "H9"]]), &NAME.into()));
    assert_eq!(
        shop.number(
            "SELECT count(*) FROM orders WHERE id IN ('H1', 'H2', 'H3') AND sealed_person IS NOT NULL"
        ),
        0
    );
}

fn restored(shop: &Shop, copy: &str, more: &[&str]) -> Value {
    fs::remove_dir_all(shop.state()).unwrap();
    shop.ask(&[&["backup", "restore", shop.path(copy).to_str().unwrap()], more].concat()).ok().json()["restored"].clone()
}

#[test]
fn a_restore_of_any_older_copy_leaves_the_person_gone() {
    let shop = officers_shop();
    // Before she was known at all.
    let number = her_number(&shop);
    fs::create_dir(shop.path("empty")).unwrap();
    backed_up(&shop, "20240501T000000Z");
    let key = wrapped_key(&shop, &number);
    shop.run_job(&["weekly", "--period", "2024-W19"], "done");
    erase(&shop, &number);
    let journal = shop.path("journal-kept-elsewhere");
    fs::copy(shop.state().join("erasures.journal"), &journal).unwrap();

    // The journal of the lost directory, named; the copy alone knows nothing of her erasure.
    let answer = restored(&shop, "20240501T000000Z", &["--erasures", journal.to_str().unwrap()]);
    assert_eq!((&answer["erasures"], &answer["erased_again"]), (&1.into(), &1.into()), "{answer:#}");
    gone(&shop, &number);
    assert!(!stands_in_store(&shop, &key), "the key is in the database or its log");
    shop.run(&["audit", "verify"]).ok();
    assert_eq!(shop.lines("customer.erase"), [format!("customer {number}|journal; ground request|done")]);
    shop.run_job(&["pull"], "done");
    gone(&shop, &number);

    // Every later copy carries the journal, and a restore finds it beside the older one, whatever is restored.
    backed_up(&shop, "20240601T000000Z");
    shop.run(&["backup", "verify", shop.path("20240601T000000Z").to_str().unwrap()]).ok();
    let answer = restored(&shop, "20240501T000000Z", &[]);
    assert_eq!(answer["erased_again"], 1, "{answer:#}");
    gone(&shop, &number);
    let answer = restored(&shop, "20240601T000000Z", &[]);
    assert_eq!((&answer["erasures"], &answer["erased_again"]), (&1.into(), &0.into()), "{answer:#}");
    gone(&shop, &number);

    // A journal that was altered is not read past, and nothing is restored.
    let altered = shop.path("20240601T000000Z/erasures.journal");
    fs::write(&altered, fs::read_to_string(&altered).unwrap().replace("\"customer\"", "\"custumer\""))
        .unwrap();
    let copy = shop.path("20240501T000000Z");
    let said = shop.run(&["backup", "restore", copy.to_str().unwrap(), "--to", "restored"]).exits(1);
    assert!(said.stderr.contains("line 1 of the journal of erasures"), "{}", said.stderr);
    assert!(!shop.path("restored").exists());
}

#[test]
fn a_copy_from_before_the_person_was_known_does_not_bring_them_back() {
    let uid = rustix::process::geteuid().as_raw();
    let shop = Builder::new(&format!("[roles]\ndata-officer = [{uid}]\n{SOURCE}"))
        .job("pull", job("pull", ""))
        .open();
    shop.write("orders.csv", "order_id,placed_at,status,line_id,product,quantity,unit_price\n");
    for (file, head) in [
        ("customers.csv", "customer_id,name\n"),
        ("payments.csv", "payment_id,order_id,paid_at,method,amount,status,reference\n"),
        ("complaints.csv", "complaint_id,received_at,kind\n"),
    ] {
        shop.write(file, head);
    }
    shop.run_job(&["pull"], "done");
    backed_up(&shop, "20240401T000000Z");
    Files::default().write(&shop);
    shop.run_job(&["pull"], "done");
    let number = her_number(&shop);
    erase(&shop, &number);
    // The state directory was moved aside, and only its journal is put where the new one is to stand.
    let journal = fs::read(shop.state().join("erasures.journal")).unwrap();
    fs::remove_dir_all(shop.state()).unwrap();
    fs::create_dir(shop.state()).unwrap();
    fs::write(shop.state().join("erasures.journal"), journal).unwrap();
    let copy = shop.path("20240401T000000Z");
    shop.run(&["backup", "restore", copy.to_str().unwrap()]).ok();
    shop.run_job(&["pull"], "done");
    gone(&shop, &number);
    assert_eq!(
        shop.number("SELECT customer FROM orders WHERE id = 'H1'").to_string(),
        number,
        "the sale is hers, who is nobody"
    );
    assert_eq!(shop.number("SELECT count(*) FROM customers WHERE erased_at IS NULL"), 30);
}

#[test]
fn an_erasure_that_a_power_cut_broke_off_is_made_good() {
    let shop = officers_shop();
    let number = her_number(&shop);
    let before = shop.path("before");
    assert!(
        std::process::Command::new("cp").arg("-a").arg(shop.state()).arg(&before).status().unwrap().success()
    );
    erase(&shop, &number);
    // The journal's line was on the disk, and the store's transaction was not.
    fs::copy(shop.state().join("erasures.journal"), before.join("erasures.journal")).unwrap();
    fs::remove_dir_all(shop.state()).unwrap();
    fs::rename(&before, shop.state()).unwrap();
    assert!(!wrapped_key(&shop, &number).is_empty());
    shop.run(&["audit", "head"]).ok();
    gone(&shop, &number);
    assert_eq!(shop.lines("customer.erase"), [format!("customer {number}|journal; ground request|done")]);

    let journal = shop.state().join("erasures.journal");
    fs::write(&journal, "1 {}\n").unwrap();
    let said = shop.run(&["audit", "head"]).exits(1);
    assert!(said.stderr.contains("line 1 of the journal of erasures"), "{}", said.stderr);
    assert!(is_private(&journal));
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).unwrap().mode() & 0o777 == 0o600
}
