//! Who may do what, asked over the real socket by real users of this machine: every role, every operation.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use firstwatch::access::{Operation, Role};
use serde_json::{Value, json};

use super::harness::{Builder, FLAT_SHOP, Shop, job};

/// What only some may see: a customer's number, and a customer's words.
const NUMBER: &str = "0912 345 678";
const WORDS: &str = "Gọi lại cho tôi";

/// How an operation is asked for over the socket.
enum Case {
    /// A request that changes nothing, for what it names does not exist.
    Asked { post: Option<Value>, path: &'static str },
    /// Not over the socket.
    Elsewhere,
    /// A part of another operation's answer, which others get without it.
    Seen { path: &'static str, sees: fn(&Value) -> bool },
}

/// One case an operation: a new operation does not compile without its own.
fn case(operation: Operation) -> Case {
    use Operation as O;
    let get = |path| Case::Asked { post: None, path };
    let post = |path, body| Case::Asked { post: Some(body), path };
    let why = json!({ "purpose": "data-request", "request": "R-1" });
    let answer = |answer: &str| {
        post(
            "/v1/payments/answers",
            json!({ "payment": "none", "answer": answer, "channel": "phone", "words": null }),
        )
    };
    let change = |change: Value| post("/v1/complaints/9999/changes", json!({ "change": change }));
    match operation {
        O::Status => get("/v1/status"),
        O::Metrics => get("/v1/metrics"),
        O::JobList => get("/v1/jobs"),
        O::JobShow => get("/v1/jobs/nowhere"),
        O::JobRun => post("/v1/jobs/nowhere/run", json!({})),
        O::JobPause => post("/v1/jobs/nowhere/pause", json!({ "paused": true })),
        O::JobResume => post("/v1/jobs/nowhere/pause", json!({ "paused": false })),
        O::RunList => get("/v1/runs"),
        O::RunShow => get("/v1/runs/9999"),
        O::RunRetry => post("/v1/runs/9999/retry", json!({})),
        O::ReportList => get("/v1/reports"),
        O::ReportPreview => post("/v1/previews/nowhere", json!({})),
        O::ReportShow => get("/v1/reports/9999/parts"),
        O::ReportVerify => post("/v1/reports/9999/verify", json!({})),
        O::ReportResend => post("/v1/reports/9999/resend", json!({ "to": ["managers"] })),
        O::OutboxList => get("/v1/outbox"),
        O::OutboxRetry => post("/v1/outbox/9999", json!({ "decision": "retry" })),
        O::OutboxRelease => post("/v1/outbox/9999", json!({ "decision": "release" })),
        O::OutboxCancel => post("/v1/outbox/9999", json!({ "decision": "cancel" })),
        O::ComplaintAdd => post("/v1/complaints", json!({ "kind": "product", "damage_level": 9 })),
        O::ComplaintList => get("/v1/complaints"),
        O::ComplaintShow => Case::Seen {
            path: "/v1/complaints/1",
            sees: |complaint| complaint["particulars"]["body"] == WORDS,
        },
        O::ComplaintExplain => get("/v1/complaints/9999/explain"),
        O::ComplaintAck => change(json!({ "what": "ack" })),
        O::ComplaintAssign => change(json!({ "what": "assign", "to": "lan@1stwatch.vn" })),
        O::ComplaintPause => change(json!({ "what": "pause", "reason": "third-party" })),
        O::ComplaintResume => change(json!({ "what": "resume" })),
        O::ComplaintReclassify => change(json!({ "what": "reclassify" })),
        O::ComplaintExtend => change(json!({ "what": "extend" })),
        O::ComplaintContain => change(json!({ "what": "contain" })),
        O::ComplaintNotify => change(json!({ "what": "notify", "notice": "attack" })),
        O::ComplaintResolve => change(json!({ "what": "resolve" })),
        O::ComplaintReopen => change(json!({ "what": "reopen" })),
        O::ComplaintClose => change(json!({ "what": "close" })),
        O::ComplaintCompensate => post("/v1/complaints/9999/compensations", json!({})),
        O::ComplaintCompensations => get("/v1/complaints/compensations"),
        O::ComplaintImport => post(
            "/v1/complaints/import?how=%7B%22file%22%3A%22a.csv%22%2C%22delimiter%22%3Anull%2C%22encoding%22%3Anull%2C\
             %22date_formats%22%3A%5B%5D%2C%22columns%22%3A%7B%7D%2C%22complaint_kinds%22%3A%7B%7D%2C%22source%22%3Anull%7D",
            json!({}),
        ),
        O::CustomerFind => {
            post("/v1/customers/find", json!({ "why": why, "by": "phone", "value": "0900000000" }))
        }
        O::CustomerShow => post("/v1/customers/9999/show", json!({ "why": why })),
        O::CustomerCorrect => post(
            "/v1/customers/9999/corrections",
            json!({ "why": why, "fields": { "phone": "0900000000" }, "reason": "asked" }),
        ),
        O::CustomerHistory => post("/v1/customers/9999/history", json!({ "why": why })),
        O::CustomerStatement => post("/v1/customers/9999/statement", json!({ "why": why })),
        O::CustomerErase => {
            post("/v1/customers/9999/erase", json!({ "why": why, "ground": "request", "confirm": 9999 }))
        }
        O::PaymentList => get("/v1/payments"),
        O::PaymentConfirm => answer("confirmed"),
        O::PaymentDispute => answer("disputed"),
        O::SourceList => get("/v1/sources"),
        O::SourceTest => post("/v1/sources/nowhere/test", json!({})),
        O::SourceRejected => get("/v1/rejected"),
        O::SourceRejectedValues => Case::Seen {
            path: "/v1/rejected",
            sees: |rows| rows.as_array().is_some_and(|rows| rows.iter().any(|row| row["value"] == NUMBER)),
        },
        O::AuditList => get("/v1/audit"),
        O::AuditVerify => post("/v1/audit/verify", json!({})),
        O::AuditHead => get("/v1/audit/head"),
        O::BackupCreate => post("/v1/backups", json!({})),
        O::BackupList => get("/v1/backups"),
        O::BackupVerify => post("/v1/backups/verify", json!({ "copy": "nowhere" })),
        // The owner of the target restores there, without a daemon.
        O::BackupRestore => Case::Elsewhere,
        // A file is made by whoever makes it, for a store that is not there yet.
        O::KeyNew => Case::Elsewhere,
        O::KeyRotate => post("/v1/key/rotate", json!({ "master_key": "none" })),
    }
}

/// Users and groups of this machine, taken away again at the end.
#[derive(Default)]
struct People {
    users: Vec<String>,
    groups: Vec<String>,
}

impl People {
    fn run(program: &str, arguments: &[&str]) {
        let said = Command::new(program).args(arguments).output().unwrap();
        assert!(said.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    }

    fn group(&mut self, name: &str) -> String {
        let name = format!("fwt{}{name}", std::process::id());
        Self::run("groupadd", &["--system", &name]);
        self.groups.push(name.clone());
        name
    }

    fn user(&mut self, name: &str, more: &[&str]) -> String {
        let name = format!("fwt{}{name}", std::process::id());
        let fixed = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"];
        Self::run("useradd", &[&fixed[..], more, &[&name]].concat());
        self.users.push(name.clone());
        name
    }
}

impl Drop for People {
    fn drop(&mut self) {
        for user in &self.users {
            let _ = Command::new("userdel").arg(user).output();
        }
        for group in &self.groups {
            let _ = Command::new("groupdel").arg(group).output();
        }
    }
}

/// Asks as that user: each answer's status and body.
fn ask(user: &str, socket: &Path, requests: &[(Option<Value>, &str)]) -> Vec<(u16, Value)> {
    const CLIENT: &str = "import http.client, json, socket, sys
path, requests = json.load(sys.stdin)
class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
answers = []
for body, target in requests:
    daemon = Unix('localhost')
    text = None if body is None else json.dumps(body)
    # Who needs no body may have answered before it is sent.
    try: daemon.request('GET' if body is None else 'POST', target, text, {'content-type': 'application/json'})
    except BrokenPipeError: pass
    answer = daemon.getresponse()
    text = answer.read().decode()
    try: answers.append([answer.status, json.loads(text)])
    except ValueError: answers.append([answer.status, text])
print(json.dumps(answers))";
    let mut client = Command::new("setpriv")
        .args([
            "--reuid",
            user,
            "--regid",
            &primary_group(user),
            "--init-groups",
            "/usr/bin/python3",
            "-c",
            CLIENT,
        ])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let asked = json!([socket, requests]).to_string();
    client.stdin.take().unwrap().write_all(asked.as_bytes()).unwrap();
    let said = client.wait_with_output().unwrap();
    assert!(said.status.success(), "{user}");
    serde_json::from_slice(&said.stdout).unwrap()
}

fn may_make_users() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    let has = |program: &str| Command::new(program).arg("--help").output().is_ok();
    let can = is_root
        && ["useradd", "userdel", "groupadd", "setpriv", "/usr/bin/python3"].iter().all(|name| has(name));
    if !can {
        println!("skipped: only root can make users to ask as, with useradd, setpriv and python3");
    }
    can
}

/// A folder that everybody may enter, for the socket and the program.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn shop_with(roles: &str) -> Shop {
    let shop = Builder::new(&format!("[roles]\n{roles}\n{FLAT_SHOP}")).job("pull", job("pull", "")).open();
    // A row that does not fit, with somebody's number where the day should stand.
    let head = "order_id,placed_at,status,customer_id,phone,line_id,product,quantity,unit_price\n";
    shop.write("orders.csv", &format!("{head}D1,{NUMBER},completed,K1,,1,Mẫu,1,1000\n"));
    shop.run_job(&["pull"], "done");
    shop
}

fn serve_at(shop: &Shop, socket: &Path) -> Command {
    let mut serve = shop.command(&["serve"]);
    serve.env("FIRSTWATCH_STORE__SOCKET", socket);
    serve
}

fn primary_group(user: &str) -> String {
    let said = Command::new("id").args(["-g", user]).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

fn uid_of(user: &str) -> String {
    let said = Command::new("id").args(["-u", user]).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

/// Every operation as `user`, who holds `held`; sentences of what went wrong, and how many pairs were tried.
fn try_all(user: &str, held: &[Role], socket: &Path) -> (Vec<String>, BTreeSet<&'static str>, usize) {
    let mut cases = Vec::new();
    for operation in Operation::ALL {
        match case(operation) {
            Case::Elsewhere => {}
            case => cases.push((operation, case)),
        }
    }
    let request = |case: &Case| match case {
        Case::Asked { post, path } => (post.clone(), *path),
        Case::Seen { path, .. } => (None, *path),
        Case::Elsewhere => unreachable!("left out above"),
    };
    let requests: Vec<_> = cases.iter().map(|(_, case)| request(case)).collect();
    let (mut wrong, mut refused) = (Vec::new(), BTreeSet::new());
    for ((operation, case), (status, answer)) in cases.iter().zip(ask(user, socket, &requests)) {
        let allowed = operation.roles().iter().any(|role| held.contains(role));
        let is_right = match case {
            Case::Seen { sees, .. } => sees(&answer) == allowed,
            _ if allowed => status != 403 && status != 422 && status != 405,
            _ => status == 403 && answer["error"]["kind"] == "not-allowed",
        };
        if matches!(case, Case::Asked { .. }) && !allowed {
            refused.insert(operation.as_str());
        }
        if !is_right {
            wrong.push(format!("{user} {operation}: {status} {answer}, allowed: {allowed}"));
        }
    }
    (wrong, refused, cases.len())
}

#[test]
fn every_role_may_do_what_the_table_says_and_nothing_else() {
    if !may_make_users() {
        return;
    }
    let mut people = People::default();
    let group = people.group("audit");
    let mut everybody: Vec<(String, Vec<Role>)> =
        Role::ALL.map(|role| (people.user(&role.as_str()[..3], &[]), vec![role])).to_vec();
    everybody.push((people.user("two", &[]), vec![Role::Manager, Role::ComplaintHandler]));
    everybody.push((people.user("by", &["--groups", &group]), vec![Role::Auditor]));
    everybody.push((people.user("prim", &["--gid", &group]), vec![Role::Auditor]));
    everybody.push((people.user("no", &[]), vec![]));
    let lines = Role::ALL.map(|role| {
        let names = everybody
            .iter()
            .filter(|(name, held)| held.contains(&role) && !name.ends_with("by") && !name.ends_with("prim"));
        let mut names: Vec<String> = names.map(|(name, _)| format!("{name:?}")).collect();
        if role == Role::Auditor {
            names.push(format!("\"@{group}\""));
        }
        format!("{role} = [{}]\n", names.join(", "))
    });
    let shop = shop_with(&lines.concat());
    let folder = open_folder();
    let socket = folder.path().join("control.socket");
    let daemon = shop.serve_as(serve_at(&shop, &socket), &socket);
    let (handler, _) = everybody.iter().find(|(_, held)| held == &[Role::ComplaintHandler]).unwrap();
    let complaint = json!({ "kind": "product", "body": WORDS });
    assert_eq!(ask(handler, &socket, &[(Some(complaint), "/v1/complaints")])[0].0, 200);
    let (mut wrong, mut pairs) = (Vec::new(), 0);
    for (user, held) in &everybody {
        let (found, refused, tried) = try_all(user, held, &socket);
        wrong.extend(found);
        pairs += tried;
        let sql = format!(
            "SELECT count(DISTINCT operation) FROM audit WHERE actor = 'uid:{}' AND outcome = 'refused'",
            uid_of(user)
        );
        if shop.number(&sql) < refused.len() as i64 {
            wrong.push(format!("{user}: a refusal is not on record"));
        }
    }
    assert!(wrong.is_empty(), "{} of {pairs} pairs:\n{}", wrong.len(), wrong.join("\n"));
    println!("roles: {} users, {pairs} pairs, 0 wrongly allowed, 0 wrongly refused", everybody.len());

    // Who leaves the group has left its role, without a restart.
    let (by, _) = everybody.iter().find(|(name, _)| name.ends_with("by")).unwrap();
    People::run("gpasswd", &["--delete", by, &group]);
    assert_eq!(ask(by, &socket, &[(None, "/v1/audit")])[0].0, 403);
    assert_eq!(daemon.stop().code(), Some(0));
    shop.run(&["audit", "verify"]).ok();
}

#[test]
fn a_refusal_is_a_sentence_and_exit_code_4() {
    if !may_make_users() {
        return;
    }
    let mut people = People::default();
    let user = people.user("alone", &[]);
    let shop = shop_with(&format!("auditor = [{user:?}]"));
    let folder = open_folder();
    // The build may stand where nobody else looks in.
    let program: PathBuf = folder.path().join("firstwatch");
    fs::copy(env!("CARGO_BIN_EXE_firstwatch"), &program).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(shop.path("firstwatch.toml"), Permissions::from_mode(0o600)).unwrap();
    let socket = folder.path().join("control.socket");
    let daemon = shop.serve_as(serve_at(&shop, &socket), &socket);
    let ask = |arguments: &[&str]| {
        Command::new("setpriv")
            .args(["--reuid", &user, "--regid", &primary_group(&user), "--init-groups"])
            .arg(&program)
            .arg("--config")
            .arg(shop.path("firstwatch.toml"))
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("FIRSTWATCH_STORE__SOCKET", &socket)
            .current_dir("/")
            .output()
            .unwrap()
    };
    assert_eq!(ask(&["audit", "verify"]).status.code(), Some(0));
    let refused = ask(&["job", "run", "pull"]);
    assert_eq!(refused.status.code(), Some(4));
    let said = String::from_utf8(refused.stderr).unwrap();
    let uid = uid_of(&user);
    assert_eq!(
        said.trim(),
        format!("firstwatch: job.run is not allowed for uid:{uid}; it needs the role admin")
    );
    let sql = format!(
        "SELECT count(*) FROM audit WHERE actor = 'uid:{uid}' AND operation = 'job.run' AND outcome = 'refused'"
    );
    assert_eq!(shop.number(&sql), 1);
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn check_prints_the_table() {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open();
    shop.write("orders.csv", "order_id\n");
    let told = shop.run(&["check"]).stdout;
    for operation in Operation::ALL {
        let row = told.lines().find(|line| line.split_whitespace().next() == Some(operation.as_str()));
        let marks: Vec<bool> = row.unwrap().split_whitespace().skip(1).map(|mark| mark == "yes").collect();
        assert_eq!(marks, Role::ALL.map(|role| operation.roles().contains(&role)), "{operation}");
    }
    let table = shop.ask(&["check"]).json();
    assert_eq!(table["operations"]["key.rotate"], json!(["admin"]));
    assert_eq!(table["operations"].as_object().unwrap().len(), Operation::ALL.len());
}
