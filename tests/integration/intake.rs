//! Complaints that come in files and from sources: imports, people and sources who both speak, disputed payments.

use std::fmt::Write;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::canaries::Wanted;
use super::harness::{Builder, Shop, job};

const BUSINESS: &str = r#"
[business]
name = "1stwatch"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"
"#;
const SOURCE: &str = r#"
[[source]]
name = "shop"
kind = "csv"
[source.complaints]
path = "complaints.csv"
[source.payments]
path = "payments.csv"
"#;

fn shop() -> Shop {
    let uid = rustix::process::geteuid().as_raw();
    let roles = format!("[roles]\ncomplaint-handler = [{uid}]\n");
    let shop = Builder::new(&format!("{roles}{BUSINESS}{SOURCE}")).job("pull", job("pull", "")).open();
    feed(&shop, "");
    shop.write("payments.csv", "payment_id,order_id,paid_at,method,amount,status,reference\n");
    shop
}

fn feed(shop: &Shop, rows: &str) {
    shop.write("complaints.csv", &format!("complaint_id,received_at,kind,damage_level,resolved_at\n{rows}"));
}

fn import(shop: &Shop, code: i32, arguments: &[&str]) -> Value {
    shop.ask(&[&["complaint", "import"], arguments].concat()).exits(code).json()
}

#[test]
fn a_file_is_taken_in_once_and_what_does_not_fit_is_kept() {
    let shop = shop();
    let secrets = ["Nguyễn Thuỵ Khuê Đoan", "0977 888 123", "khue.doan@rieng.example"];
    let [name, phone, email] = secrets;
    let head =
        "Mã;Ngày nhận;kind;subject;phone;email;damage_level;acknowledged_at;resolved_at;due_at;status\n";
    let good = format!(
        "K1;02/05/2024 09:00;Bảo hành;Của {name};{phone};{email};2;02/05/2024 10:00;03/05/2024 09:00;;resolved\n\
         K2;02/05/2024 09:00;delivery;;;;;;;04/05/2024 09:00;open\n"
    );
    let bad = format!(
        "K3;hôm qua;delivery;{name};{phone};;;;;;\n\
         K4;02/05/2024 09:00;kỳ-cục;;;;;;;;\n\
         K5;02/05/2024 09:00;product;;;;7;;;;\n\
         K6;02/05/2024 09:00;product;;;;;;;;closed\n\
         K7;02/05/2024 09:00;product;;;;;01/05/2024 09:00;;;\n\
         K8;02/05/2024 09:00;product\n"
    );
    shop.write("khieu-nai.csv", &format!("{head}{good}{bad}"));
    let how = [
        "khieu-nai.csv",
        "--delimiter",
        ";",
        "--date-format",
        "%d/%m/%Y %H:%M",
        "--columns",
        "complaint_id=Mã",
        "--columns",
        "received_at=Ngày nhận",
        "--kinds",
        "Bảo hành=product",
    ];
    let first = import(&shop, 3, &how);
    let counts = |answer: &Value| {
        ["read", "kept", "added", "changed", "as_before"].map(|key| answer[key].as_u64().unwrap())
    };
    assert_eq!(counts(&first), [8, 2, 2, 0, 0], "{first:#}");
    let places = |answer: &Value| -> Vec<(u64, String)> {
        let rejected = answer["rejected"].as_array().unwrap().iter();
        rejected
            .map(|row| (row["row"].as_u64().unwrap(), row["column"].as_str().unwrap().to_owned()))
            .collect()
    };
    let expected = [
        (3, "received_at"),
        (4, "kind"),
        (5, "damage_level"),
        (6, "resolved_at"),
        (7, "acknowledged_at"),
        (8, ""),
    ];
    let expected = expected.map(|(row, column)| (row, column.to_owned()));
    assert_eq!(places(&first), expected);
    let level = &first["rejected"][2];
    assert_eq!((&level["value"], &level["origin"]), (&"7".into(), &"khieu-nai.csv".into()));
    assert!(level["reason"].as_str().unwrap().contains("not 1, 2, 3 or 4"));

    // The same again changes nothing, over the socket too, and says the same.
    let events = |shop: &Shop| shop.number("SELECT count(*) FROM complaint_events");
    let before = (events(&shop), shop.number("SELECT count(*) FROM rejected"));
    assert_eq!(before, (5, 6));
    let daemon = shop.serve();
    let again = import(&shop, 3, &how);
    assert_eq!((counts(&again), places(&again).len()), ([8, 2, 0, 0, 2], 6), "{again:#}");
    assert_eq!((events(&shop), shop.number("SELECT count(*) FROM rejected")), before);
    let said = shop.run(&[&["complaint", "import"], &how[..]].concat()).exits(3).stdout;
    assert!(said.contains("8 rows read, 2 kept, 6 rejected") && said.contains("(sealed)"), "{said}");
    assert_eq!(daemon.stop().code(), Some(0));

    // Rejected rows of another file stay; one that comes through in another file is healed.
    shop.write("more.csv", "Mã,received_at,kind\nK5,2024-05-02T09:00:00+07:00,product\nK9,x,product\n");
    let more = import(&shop, 3, &["more.csv", "--columns", "complaint_id=Mã"]);
    assert_eq!(counts(&more), [2, 1, 1, 0, 0]);
    let status = shop.ask(&["status"]).exits(3).json();
    assert!(
        status["problems"].to_string().contains("6 rows of imported complaints were rejected"),
        "{status:#}"
    );
    let open = shop.ask(&["source", "rejected", "import"]).ok().json();
    let left: Vec<_> = open
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["origin"].as_str().unwrap(), row["row"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("khieu-nai.csv", 3),
        ("khieu-nai.csv", 4),
        ("khieu-nai.csv", 6),
        ("khieu-nai.csv", 7),
        ("khieu-nai.csv", 8),
        ("more.csv", 2),
    ];
    assert_eq!(left, expected);
    shop.write("khieu-nai.csv", &format!("{head}{good}"));
    import(&shop, 0, &how);
    assert_eq!(shop.ask(&["source", "rejected", "import"]).ok().json().as_array().unwrap().len(), 1);

    let shown = shop.ask(&["complaint", "list", "--all"]).ok().json();
    let of =
        |number: u64| shown.as_array().unwrap().iter().find(|view| view["number"] == number).unwrap().clone();
    assert_eq!(
        (&of(1)["kind"], &of(1)["state"], &of(1)["damage_level"]),
        (&"product".into(), &"resolved".into(), &2.into())
    );
    assert_eq!(
        of(2)["clocks"][1]["due"],
        "2024-05-04T02:00:00Z",
        "the promise is tighter than five working days"
    );
    assert_eq!(
        shop.number(
            "SELECT count(*) FROM audit WHERE operation = 'complaint.import' AND outcome LIKE '8 rows%'"
        ),
        3
    );
    Wanted::new(secrets.map(str::to_owned), "").assert_absent_from(&shop);
}

#[test]
fn a_file_that_is_none_is_refused_whole() {
    let shop = shop();
    shop.write("empty.csv", "");
    shop.write("headless.csv", "K1,2024-05-02T09:00:00+07:00,Tôn Nữ Quỳnh Bảo\n");
    std::fs::write(shop.path("utf16.csv"), [0xff, 0xfe, 0x4b, 0]).unwrap();
    for (arguments, part) in [
        (&["empty.csv"][..], "it is empty"),
        (&["headless.csv"], "is its first line a head?"),
        (&["utf16.csv"], "UTF-16"),
        (&["missing.csv"], "missing.csv cannot be read"),
        (&["headless.csv", "--columns", "complaintid=x"], "no column \"complaintid\""),
        (&["headless.csv", "--delimiter", "ư"], "one plain sign"),
        (&["headless.csv", "--kinds", "a=rude"], "which is none of"),
        (&["headless.csv", "--source", "nowhere"], "there is no source"),
    ] {
        let said = shop.run(&[&["complaint", "import"], arguments].concat()).exits(65);
        assert!(
            said.stderr.contains(part) && !said.stderr.contains("Quỳnh"),
            "{arguments:?}: {}",
            said.stderr
        );
    }
    shop.run(&["complaint", "import", "headless.csv", "--columns", "x"]).exits(2);
    assert_eq!(shop.number("SELECT count(*) FROM complaints"), 0);
}

/// Ten thousand complaints whose deadline the file itself gives, tighter than any rule: late is who ended after it.
#[test]
fn a_history_of_ten_thousand_comes_to_the_counts_of_a_plain_recomputation() {
    const COUNT: usize = 10_000;
    let shop = shop();
    let mut random = fastrand::Rng::with_seed(4);
    let from: Timestamp = "2021-01-04T02:00:00Z".parse().unwrap();
    let mut csv = "complaint_id,received_at,kind,due_at,acknowledged_at,resolved_at,status\n".to_owned();
    let (mut late, mut on_time, mut open) = (0, 0, 0);
    for no in 0..COUNT {
        let received = from + SignedDuration::from_mins(random.i64(0..3 * 365 * 24 * 60));
        // A promise within a day binds: no rule of these kinds ends sooner than the next working day.
        let due = received + SignedDuration::from_mins(random.i64(1..9 * 60));
        let resolved = (random.u8(0..10) > 0).then(|| match random.u8(0..8) {
            // At the very instant, or a second later.
            0 => due,
            1 => due + SignedDuration::from_secs(1),
            _ => received + SignedDuration::from_mins(random.i64(0..20 * 60)),
        });
        let acknowledged = resolved.filter(|_| random.bool());
        let kind = ["inquiry", "payment", "delivery", "product", "data-access"][random.usize(0..5)];
        let cell = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let status = if resolved.is_some() { "resolved" } else { "open" };
        writeln!(csv, "H{no},{received},{kind},{due},{},{},{status}", cell(acknowledged), cell(resolved))
            .unwrap();
        match resolved {
            Some(resolved) if resolved > due => late += 1,
            Some(_) => on_time += 1,
            None => open += 1,
        }
    }
    assert!(late > 2000 && on_time > 2000 && open > 500, "{late} {on_time} {open}");
    shop.write("history.csv", &csv);
    let started = Instant::now();
    let imported = import(&shop, 0, &["history.csv"]);
    println!("{COUNT} complaints were imported in {:?}", started.elapsed());
    assert_eq!((&imported["read"], &imported["added"]), (&COUNT.into(), &COUNT.into()));
    let started = Instant::now();
    assert_eq!(import(&shop, 0, &["history.csv"])["as_before"], COUNT);
    println!("and again in {:?}", started.elapsed());

    let list = |more: &[&str]| -> Vec<Value> {
        let command = [&["--format", "json", "complaint", "list", "--all"], more].concat();
        serde_json::from_slice(&shop.command(&command).output().unwrap().stdout).unwrap()
    };
    assert_eq!(list(&[]).len(), 1000, "so many when nobody says how many");
    let listed = list(&["--limit", "20000"]);
    let mut found = [0, 0, 0];
    for complaint in &listed {
        let clocks = complaint["clocks"].as_array().unwrap();
        let resolution = clocks.iter().find(|clock| clock["clock"] == "resolution").unwrap();
        let due: Timestamp = resolution["due"].as_str().unwrap().parse().unwrap();
        let stopped = resolution["stopped"].as_str().map(|at| at.parse::<Timestamp>().unwrap());
        found[match stopped {
            Some(stopped) if stopped > due => 0,
            Some(_) => 1,
            None => 2,
        }] += 1;
    }
    assert_eq!(found, [late, on_time, open]);
    assert_eq!(shop.number("SELECT count(*) FROM complaints WHERE settled = 0"), open);
    assert_eq!(shop.ask(&["status"]).exits(3).json()["open_complaints"], open);
}

#[test]
fn people_and_a_source_may_both_speak() {
    let shop = shop();
    let pull = |rows: &str| {
        feed(&shop, rows);
        shop.run_job(&["pull"], "done");
        let shown = shop.ask(&["complaint", "show", "1"]).ok().json();
        (shown["state"].as_str().unwrap().to_owned(), shop.number("SELECT count(*) FROM complaint_events"))
    };
    let still_open = "K1,2024-05-02T02:00:00Z,product,,\n";
    assert_eq!(pull(still_open), ("open".into(), 1));
    shop.run(&["complaint", "reclassify", "1", "--kind", "payment", "--at", "2024-05-03 09:00"]).ok();
    shop.run(&["complaint", "resolve", "1", "--at", "2024-05-04 09:00"]).ok();
    for _ in 0..3 {
        assert_eq!(pull(still_open), ("resolved".into(), 3), "the source says nothing new");
    }
    let kind = |shop: &Shop| shop.ask(&["complaint", "show", "1"]).ok().json()["kind"].clone();
    assert_eq!(kind(&shop), "payment");
    // What the source does say anew, counts.
    let resolved = "K1,2024-05-02T02:00:00Z,product,,2024-05-06T02:00:00Z\n";
    assert_eq!(pull(resolved), ("resolved".into(), 4));
    assert_eq!(pull(still_open), ("open".into(), 5), "it takes its resolution back");
    assert_eq!(pull(still_open), ("open".into(), 5));
    assert_eq!(pull("K1,2024-05-02T02:00:00Z,delivery,3,2024-05-09T02:00:00Z\n"), ("resolved".into(), 7));
    assert_eq!(kind(&shop), "delivery");
    shop.run(&["complaint", "reopen", "1", "--at", "2024-05-10 09:00"]).ok();
    assert_eq!(pull("K1,2024-05-02T02:00:00Z,delivery,3,2024-05-09T02:00:00Z\n"), ("open".into(), 8));
}

#[test]
fn a_disputed_payment_opens_a_complaint_once() {
    let shop = shop();
    let pay = |rows: &str| {
        shop.write(
            "payments.csv",
            &format!("payment_id,order_id,paid_at,method,amount,status,reference\n{rows}"),
        );
        shop.run_job(&["pull"], "done")
    };
    #[expect(clippy::disallowed_methods, reason = "the program under test reads the real clock")]
    let paid = |days: i64| Timestamp::now() - SignedDuration::from_hours(days * 24);
    let (recent, old) = (paid(20), paid(181));
    let first = format!("T1,D1,{recent},card,500000,paid,\n");
    pay(&format!("{first}T0,D0,{old},card,500000,chargeback,\n"));
    assert_eq!(shop.number("SELECT count(*) FROM complaints"), 0, "an old dispute is history");
    let run = pay(&format!("T1,D1,{recent},card,500000,Disputed,\nT2,D2,{recent},card,1,charge-back,\n"));
    assert_eq!(run["details"]["sources"]["shop"]["complaints"], 2);
    pay(&format!("T1,D1,{recent},card,500000,disputed,\n"));
    let listed = shop.ask(&["complaint", "list"]).ok().json();
    let listed = listed.as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["kind"]), (2, &"payment".into()));
    let shown = shop.ask(&["complaint", "show", "1"]).ok().json();
    let particulars = &shown["particulars"];
    assert_eq!(
        (&particulars["source"], &particulars["id"], &particulars["order"]),
        (&"shop".into(), &"payment/T1".into(), &"D1".into())
    );
    assert_eq!((&particulars["history"][0]["actor"], &particulars["subject"]), (&Value::Null, &Value::Null));
    assert_eq!(shown["received_at"], particulars["history"][0]["at"]);
    assert_eq!(particulars["history"].as_array().map(Vec::len), Some(1), "{}", json!(shown));
}

#[test]
fn a_list_that_is_cut_says_so() {
    let shop = shop();
    let rows = (0..1_001).fold(String::from("complaint_id,received_at,kind\n"), |mut rows, number| {
        writeln!(rows, "K{number},2024-05-02T09:00:00+07:00,delivery").unwrap();
        rows
    });
    shop.write("many.csv", &rows);
    import(&shop, 0, &["many.csv"]);
    let cut = shop.run(&["complaint", "list"]).exits(0).stdout;
    assert!(cut.trim_end().ends_with("there may be more, and `--limit N` shows the first N"), "{cut}");
    let whole = shop.run(&["complaint", "list", "--limit", "2000"]).exits(0).stdout;
    assert!(!whole.contains("there may be more"));
}
