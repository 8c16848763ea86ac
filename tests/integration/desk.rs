//! Complaints as people handle them: the real program, with and without a daemon, from the call to the closing.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use serde_json::Value;

use super::canaries::Wanted;
use super::harness::{Builder, FLAT_SHOP, Shop, job};

const ORDERS: &str = "order_id,placed_at,status,customer_id,name,phone,line_id,product,quantity,unit_price,discount\n\
                      D1,2024-05-02T09:00:00+07:00,completed,K1,Tôn Nữ Quỳnh Bảo,0977 100 200,1,Orient Bambino,2,2600000,200000\n";
const WORDS: &str =
    "Tôi là Đặng Thị Ngạn Huyền, nhà ở 17 Ngõ Tịnh Vỹ; Phường Kín.\n\u{1b}[2JXin gọi 0977 345 678.";
const SECRETS: [&str; 9] = [
    "Đặng Thị Ngạn Huyền",
    "17 Ngõ Tịnh Vỹ",
    "0977 345 678",
    "huyen.dang@rieng.example",
    "Đồng hồ của bà Huyền hỏng",
    "đã gọi cho bà Huyền",
    "khách quen từ lâu năm",
    "hồ sơ ở kho lưu trữ",
    "chờ bên bảo hiểm của bà",
];

/// A shop whose user holds these roles.
fn shop(roles: &[&str]) -> Shop {
    let uid = rustix::process::geteuid().as_raw();
    let roles: String = roles.iter().map(|role| format!("{role} = [{uid}]\n")).collect();
    let shop = Builder::new(&format!("[roles]\n{roles}\n{FLAT_SHOP}")).job("pull", job("pull", "")).open();
    shop.write("orders.csv", ORDERS);
    shop.run_job(&["pull"], "done");
    shop
}

const EVERYTHING: [&str; 3] = ["complaint-handler", "data-officer", "manager"];

impl Shop {
    fn complaint(&self, arguments: &[&str]) -> Value {
        self.ask(&[&["complaint"], arguments].concat()).ok().json()
    }

    #[track_caller]
    fn refused(&self, code: i32, arguments: &[&str], part: &str) {
        let said = self.run(&[&["complaint"], arguments].concat()).exits(code);
        assert!(said.stderr.contains(part), "{arguments:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }

    /// What it prints of the words is not kept among what was said.
    fn shown(&self, arguments: &[&str]) -> String {
        let output = self.command(&[&["complaint", "show"], arguments].concat()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn audited(&self, operation: &str, outcome: &str) -> i64 {
        self.number(&format!(
            "SELECT count(*) FROM audit WHERE operation = '{operation}' AND outcome = '{outcome}'
             AND subject NOT LIKE 'customer %'"
        ))
    }
}

/// Takes a complaint down, its words by standard input; its number.
fn take_down(shop: &Shop) -> String {
    let mut command = shop.command(&[
        "--format",
        "json",
        "complaint",
        "add",
        "--kind",
        "data-access",
        "--level",
        "2",
        "--received",
        "2024-05-06 09:00",
        "--order",
        "D1",
        "--words-file",
        "-",
    ]);
    let [.., phone, email, subject] = &SECRETS[..5] else { unreachable!() };
    let words = format!("subject: {subject}\nemail: {email}\nphone: {phone}\nchannel: counter\n\n{WORDS}");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(words.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let added: Value = serde_json::from_slice(&output.stdout).unwrap();
    let complaint = &added["complaint"];
    assert_eq!(
        (&complaint["kind"], &complaint["state"]),
        (&"data-access".into(), &"open".into()),
        "{added:#}"
    );
    assert_eq!(complaint["received_at"], "2024-05-06T02:00:00Z");
    assert_eq!(complaint["clocks"].as_array().unwrap().len(), 2);
    complaint["number"].to_string()
}

/// The resolution's deadline.
fn due(changed: &Value) -> String {
    let clocks = changed["complaint"]["clocks"].as_array().unwrap();
    let resolution = clocks.iter().find(|clock| clock["clock"] == "resolution").unwrap();
    resolution["due"].as_str().unwrap().to_owned()
}

/// From the call to the closing, and open again.
fn handle(shop: &Shop) {
    let no = take_down(shop);
    let n = no.as_str();
    shop.write("note.txt", SECRETS[5]);
    let acked = shop.complaint(&["ack", n, "--at", "2024-05-06 10:00", "--note-file", "note.txt"]);
    assert_eq!((&acked["changed"], due(&acked)), (&true.into(), "2024-05-16T16:59:59Z".into()), "{acked:#}");
    let again = shop.complaint(&["ack", n, "--at", "2024-05-06 11:00", "--note", "x"]);
    assert_eq!(again["changed"], false);
    assert!(
        again["said"]
            .as_str()
            .unwrap()
            .contains("acknowledged on 2024-05-06 at 10:00 already; the note was not kept"),
        "{again:#}"
    );

    let assigned = shop.complaint(&["assign", n, "--to", "lan@1stwatch.vn", "--at", "2024-05-06 10:30"]);
    assert_eq!(assigned["complaint"]["assignee"], "lan@1stwatch.vn");
    shop.refused(65, &["assign", n, "--to", "lan@elsewhere.vn"], "outside the internal domains");

    let pause = ["pause", n, "--reason", "third-party", "--at", "2024-05-07 09:00", "--note", SECRETS[8]];
    shop.complaint(&pause);
    shop.refused(65, &pause, "complaint resume");
    shop.complaint(&["resume", n, "--at", "2024-05-08 09:00"]);
    shop.refused(65, &["resume", n], "is not paused");
    shop.refused(65, &["resolve", n, "--at", "2024-05-07 10:00"], "was last changed on 2024-05-08");

    let judged = shop.complaint(&["reclassify", n, "--third-party", "yes", "--at", "2024-05-09 09:00"]);
    assert_eq!(due(&judged), "2024-05-21T16:59:59Z", "15 days with a third party");
    assert_eq!(
        (&judged["complaint"]["damage_level"], &judged["complaint"]["third_party"]),
        (&2.into(), &true.into())
    );
    shop.refused(65, &["reclassify", n, "--attack", "yes"], "attack is judged of breaches");
    shop.refused(65, &["extend", n, "--at", "2024-05-10 09:00"], "needs a reason");
    let extended = shop.complaint(&["extend", n, "--at", "2024-05-10 09:00", "--note", SECRETS[7]]);
    assert_eq!(due(&extended), "2024-05-31T16:59:59Z", "10 days more");
    shop.refused(65, &["extend", n, "--at", "2024-05-11 09:00", "--note", "x"], "one extension only");
    shop.refused(65, &["close", n], "complaint resolve");
    shop.refused(65, &["reopen", n], "is open");

    let resolved = shop.complaint(&["resolve", n, "--at", "2024-05-20 09:00"]);
    assert_eq!(
        (&resolved["complaint"]["state"], &resolved["complaint"]["open"]),
        (&"resolved".into(), &false.into())
    );
    compensate(shop, n);
    let closed = shop.complaint(&["close", n, "--at", "2024-05-23 09:00"]);
    assert_eq!(closed["complaint"]["state"], "closed");
    shop.refused(65, &["compensate", n], "complaint reopen");
    let reopened = shop.complaint(&["reopen", n, "--at", "2024-05-24 09:00"]);
    assert_eq!(
        (&reopened["complaint"]["state"], &reopened["complaint"]["open"]),
        (&"open".into(), &true.into())
    );
    assert!(due(&reopened) > due(&extended), "{reopened:#}");
    look(shop, n);
}

/// Level 2 is worth 20 % of what was paid for the goods: 2 x 2,600,000 - 200,000.
fn compensate(shop: &Shop, n: &str) {
    shop.refused(
        65,
        &["compensate", n, "--amount", "1000001", "--at", "2024-05-21 09:00"],
        "comes to 1000000 VND",
    );
    shop.refused(65, &["compensate", n, "--amount=-5", "--reason", "x"], "give --amount");
    shop.refused(65, &["compensate", n, "--amount", "5000001", "--reason", "x"], "was paid for the order");
    shop.refused(65, &["compensate", n, "--amount", "1e6", "--reason", "x"], "not an amount");
    let given = shop.complaint(&["compensate", n, "--at", "2024-05-21 09:00"]);
    assert!(given["said"].as_str().unwrap().contains("1000000 VND"), "{given:#}");
    shop.refused(65, &["compensate", n, "--at", "2024-05-22 09:00"], "was compensated before");
    let more = ["compensate", n, "--amount", "50000", "--reason", SECRETS[6], "--at", "2024-06-02 09:00"];
    shop.complaint(&more);
}

fn look(shop: &Shop, n: &str) {
    let shown = shop.shown(&[n]);
    for secret in SECRETS {
        assert!(shown.contains(secret), "{secret} is not in {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "a customer's words do not steer the terminal");
    let uid = format!("(uid:{})", rustix::process::geteuid().as_raw());
    assert!(shown.contains(&uid) && shown.contains("compensated at level 2"), "{shown}");
    let explained = shop.run(&["complaint", "explain", n]).ok().stdout;
    for part in ["first-response: due", "Decree 356 Art. 5", "it was reopened 2024-05-24 09:00", "step "] {
        assert!(explained.contains(part), "{part}: {explained}");
    }
    let explained = shop.complaint(&["explain", n]);
    assert_eq!(explained["clocks"][1]["basis"]["key"], "complaints.kinds.data-access.resolution_third_party");
}

#[test]
fn a_complaint_is_handled_from_the_call_to_the_closing() {
    let shop = shop(&EVERYTHING);
    handle(&shop);
    let daemon = shop.serve();
    handle(&shop);
    assert_eq!(daemon.stop().code(), Some(0));

    let totals = shop.complaint(&["compensations", "--period", "2024-05"]);
    assert_eq!(
        totals["levels"][1],
        serde_json::json!({"level": 2, "count": 2, "amount": "2000000", "overridden": 0})
    );
    let totals = shop.complaint(&["compensations"]);
    assert_eq!(
        totals["levels"][1],
        serde_json::json!({"level": 2, "count": 4, "amount": "2100000", "overridden": 2})
    );
    let listed =
        shop.complaint(&["list", "--assignee", "LAN@1stwatch.vn", "--kind", "data-access", "--limit", "1"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(shop.complaint(&["list", "--kind", "product", "--all"]), serde_json::json!([]));
    assert_eq!(shop.complaint(&["list", "--overdue"]).as_array().unwrap().len(), 2);
    assert_eq!((shop.audited("complaint.close", "done"), shop.audited("complaint.show", "done")), (2, 2));
    assert_eq!(shop.number("SELECT count(*) FROM complaints WHERE customer IS NOT NULL AND settled = 0"), 2);
    Wanted::new(SECRETS.map(str::to_owned), "").assert_absent_from(&shop);
}

#[test]
fn what_cannot_be_is_refused_with_its_exit_code() {
    let shop = shop(&EVERYTHING);
    shop.write("note.txt", SECRETS[5]);
    let complain =
        |more: &[&str]| shop.complaint(&[&["add"], more].concat())["complaint"]["number"].to_string();
    for (code, arguments, part) in [
        (2, &["add"][..], "--kind"),
        (2, &["add", "--kind", "rude"], "data-breach"),
        (2, &["add", "--kind", "product", "--level", "5"], "1..=4"),
        (2, &["ack", "1", "--at", "yesterday"], "2026-11-20 09:30"),
        (2, &["pause", "1", "--reason", "holiday"], "force-majeure"),
        (65, &["add", "--kind", "product", "--received", "2999-01-01 09:00"], "is in the future"),
        (65, &["add", "--kind", "product", "--received", "1969-12-31 09:00"], "is before 1970"),
        (65, &["add", "--kind", "product", "--received=-005000-01-01T09:00"], "is before 1970"),
        (65, &["add", "--kind", "product", "--detected", "2024-05-01 09:00"], "leave --detected out"),
        (65, &["add", "--kind", "product", "--customer", "K9"], "no customer of that number"),
        (65, &["add", "--kind", "product", "--source", "nowhere"], "`firstwatch source list`"),
        (2, &["add", "--kind", "product", "--words-file", "-", "--phone", "12"], "cannot be used with"),
        (65, &["add", "--kind", "product", "--words-file", "note.txt"], "line 1 of note.txt does not begin"),
        (65, &["add", "--kind", "product", "--phone", "12"], "its phone number is none"),
        (65, &["add", "--kind", "product", "--channel", "điện thoại 0977 345 678"], "names a person"),
        (65, &["add", "--kind", "product", "--channel", "don 123456"], "names a person"),
        (65, &["add", "--kind", "product", "--channel", "zalo huyen@rieng"], "names a person"),
        (65, &["add", "--kind", "product", "--channel", "bà Tôn Nữ Quỳnh Bảo"], "names a person"),
        (65, &["add", "--kind", "product", "--channel", &"ă".repeat(41)], "more than 40 letters"),
        (65, &["add", "--kind", "product", "--subject", &"ă".repeat(201)], "more than 200 letters"),
        (65, &["add", "--kind", "product", "--phone", &"0".repeat(41)], "more than 40 letters"),
        (65, &["add", "--kind", "product", "--email", &"a@b.vn".repeat(43)], "more than 254 letters"),
        (65, &["add", "--kind", "product", "--harm", "yes"], "harm is judged"),
        (65, &["add", "--kind", "product", "--assign", "lan@1stwatch"], "cannot be assigned"),
        (65, &["add", "--kind", "product", "--body-file", "missing.txt"], "missing.txt cannot be read"),
        (65, &["ack", "99"], "`firstwatch complaint list --all`"),
        (65, &["show", "99"], "`firstwatch complaint list --all`"),
        (65, &["explain", "99"], "`firstwatch complaint list --all`"),
        (65, &["compensate", "99"], "`firstwatch complaint list --all`"),
    ] {
        shop.refused(code, arguments, part);
    }
    // Who tried in vain to see or to change one is on record.
    for (operation, count) in [("complaint.ack", 1), ("complaint.show", 1), ("complaint.compensate", 1)] {
        assert_eq!(shop.audited(operation, "failed"), count, "{operation}");
    }
    assert_eq!(shop.number("SELECT count(*) FROM complaints"), 0);
    let product = complain(&["--kind", "product", "--channel", &"ă".repeat(40)]);
    shop.refused(65, &["compensate", &product], "has no damage level");
    shop.refused(65, &["extend", &product, "--note", "x"], "Decree 356 Art. 5 gives one to");
    shop.complaint(&["reclassify", &product, "--level", "1"]);
    shop.refused(65, &["compensate", &product], "no order of complaint");
    let unbounded = ["compensate", &product, "--amount", "9000", "--reason", "x"];
    shop.refused(65, &unbounded, "set complaints.compensation.1.cap");
    shop.refused(65, &["ack", &product, "--at", "2024-05-01 09:00"], "nothing can be done about it before");

    let breach = complain(&[
        "--kind",
        "data-breach",
        "--received",
        "2024-05-06 09:00",
        "--detected",
        "2024-05-05 22:00",
    ]);
    shop.complaint(&["contain", &breach, "--at", "2024-05-06 12:00"]);
    shop.complaint(&["resolve", &breach, "--at", "2024-05-07 12:00"]);
    shop.refused(65, &["close", &breach], "notify 2 --notice attack");
    shop.complaint(&["notify", &breach, "--notice", "attack", "--at", "2024-05-06 20:00"]);
    shop.refused(65, &["close", &breach], "reclassify 2 --harm no");
    shop.complaint(&["reclassify", &breach, "--harm", "no"]);
    let closed = shop.complaint(&["close", &breach]);
    assert_eq!(
        (&closed["complaint"]["state"], &closed["complaint"]["harm"]),
        (&"closed".into(), &false.into())
    );
    assert_eq!(shop.number("SELECT settled FROM complaints WHERE no = 2"), 1);
}

#[test]
fn who_holds_no_role_for_it_is_refused_and_that_is_kept() {
    let shop = shop(&["complaint-handler"]);
    let add = ["add", "--kind", "product", "--order", "D1", "--level"];
    shop.complaint(&[&add[..], &["2"]].concat());
    shop.complaint(&[&add[..], &["1"]].concat());
    shop.refused(4, &["compensate", "1"], "compensation of damage level 2 is for the role manager");
    let given = shop.complaint(&["compensate", "2"]);
    assert!(given["said"].as_str().unwrap().contains("250000 VND"), "{given:#}");
    assert_eq!(shop.audited("complaint.compensate", "refused"), 1);

    // Without any role but the owner's: numbers and deadlines, and nothing to do about them.
    let configuration = std::fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let uid = rustix::process::geteuid().as_raw();
    shop.write(
        "firstwatch.toml",
        &configuration.replace(&format!("complaint-handler = [{uid}]"), "auditor = []"),
    );
    for refused in [
        &["add", "--kind", "product"][..],
        &["ack", "1"],
        &["explain", "1"],
        &["close", "1"],
        &["compensate", "1"],
    ] {
        shop.refused(4, refused, "it needs the role");
    }
    shop.write("some.csv", "complaint_id,received_at,kind\n");
    shop.refused(4, &["import", "some.csv"], "complaint.import is not allowed");
    let listed = shop.complaint(&["list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let shown = shop.complaint(&["show", "2"]);
    assert_eq!(shown["particulars"], Value::Null);
    // An amount tells what was bought: only the totals have it, and who asked for them is kept.
    for told in [&listed, &shown] {
        let told = told.to_string();
        assert!(!told.contains("250000") && !told.contains("events"), "{told}");
    }
    assert_eq!(shop.audited("complaint.compensations", "done"), 0);
    assert_eq!(shop.complaint(&["compensations"])["levels"][0]["amount"], "250000");
    assert_eq!(shop.audited("complaint.compensations", "done"), 1);
    assert_eq!(shop.audited("complaint.add", "refused"), 1);
    shop.run(&["audit", "verify"]).ok();
}

/// As it is installed: the configuration is the service's own, and who handles complaints is another user.
#[test]
fn who_may_not_read_the_configuration_asks_the_daemon() {
    const HANDLER: u32 = 64_123;
    if let Err(error) = std::process::Command::new("/bin/true").uid(HANDLER).gid(HANDLER).output() {
        println!("nobody here can be another user ({error}): skipped");
        return;
    }
    let roles = format!("[roles]\ncomplaint-handler = [{HANDLER}]\n{FLAT_SHOP}");
    let shop = Builder::new(&roles).job("pull", job("pull", "")).open();
    let open_to_all = tempfile::tempdir().unwrap();
    std::fs::set_permissions(open_to_all.path(), Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(shop.path("firstwatch.toml"), Permissions::from_mode(0o640)).unwrap();
    // The build may stand where nobody else looks in.
    let program = open_to_all.path().join("firstwatch");
    std::fs::copy(env!("CARGO_BIN_EXE_firstwatch"), &program).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let socket = open_to_all.path().join("control.socket");
    let mut serve = shop.command(&["serve"]);
    serve.env("FIRSTWATCH_STORE__SOCKET", &socket);
    let daemon = shop.serve_as(serve, &socket);
    let add = ["--format", "json", "complaint", "add", "--kind", "product", "--received", "2024-05-06 09:00"];
    let ask = |uid: u32, knows_socket: bool| {
        let asked = shop.command(&add);
        let mut command = std::process::Command::new(&program);
        command.args(asked.get_args()).env_clear().env("PATH", "/usr/bin:/bin");
        command.current_dir("/").uid(uid).gid(uid);
        if knows_socket {
            command.env("FIRSTWATCH_STORE__SOCKET", &socket);
        }
        command.output().unwrap_or_else(|error| panic!("{} as user {uid}: {error}", program.display()))
    };
    let added = ask(HANDLER, true);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    assert_eq!(added["complaint"]["received_at"], "2024-05-06T02:00:00Z", "in the shop's zone");
    assert_eq!(ask(HANDLER + 1, true).status.code(), Some(4), "who holds no role is told nothing");
    assert_eq!(
        ask(HANDLER, false).status.code(),
        Some(78),
        "who names a configuration means no other daemon"
    );
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn roles_are_checked_and_told() {
    let shop = shop(&EVERYTHING);
    let configuration = std::fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let with = |line: &str| {
        shop.write("firstwatch.toml", &configuration.replace("[roles]\n", &format!("[roles]\n{line}\n")))
    };
    with("auditor = [\"root\", \"@root\", \"4711\"]\nadmin = [4712]");
    let check = shop.ask(&["check"]).ok().json();
    assert_eq!(
        (&check["roles"]["auditor"], &check["roles"]["admin"]),
        (&serde_json::json!([0, 4711]), &serde_json::json!([4712]))
    );
    let told = shop.run(&["check"]).ok().stdout;
    assert!(
        told.contains("auditor") && told.contains("root, @root, 4711") && told.contains("0, 4711"),
        "{told}"
    );

    with("auditor = [\"root\", \"khong-ai-ca\"]");
    let told = shop.run(&["check"]).exits(78).stdout;
    assert!(
        told.contains(
            "firstwatch.toml:2: roles.auditor[2]: this machine has no user `khong-ai-ca`; correct the name"
        ),
        "{told}"
    );
    // A name that nobody has keeps nobody from working.
    shop.run(&["complaint", "add", "--kind", "inquiry"]).ok();
    for (line, part) in [
        ("auditor = [\"a b\"]", "is not the name of a user or a group"),
        ("auditor = [-1]", "-1 is out of range"),
        ("auditor = \"root\"", "a list belongs here"),
        ("handler = []", "write one of admin, data-officer, complaint-handler, manager, auditor"),
    ] {
        with(line);
        let told = shop.run(&["check"]).exits(78).stdout;
        assert!(told.contains(part), "{line}: {told}");
    }
}
