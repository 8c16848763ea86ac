//! Metrics as a watcher meets them: over HTTP at the port, over the control socket, by the command; and the alerts that
//! are shipped for them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::harness::{Builder, FLAT_SHOP, Shop, job, report, wait_for};

/// A customer of the shop, who must be in no metric, and what a row that does not fit holds.
const PERSONS: [&str; 6] = ["Trần", "Bình", "0912345678", "binh@example.vn", "DH-77", "Lê Lợi"];

/// The only labels there are. A new one is a question of personal data first.
const LABELS: [&str; 8] = ["job", "source", "outcome", "state", "kind", "clock", "version", "schema"];

const SHOP: &str = r#"
[source.complaints]
path = "complaints.csv"
"#;

fn shop() -> Shop {
    let monthly = report("month", "[\"html\"]", &["category"]);
    let shop = Builder::new(&format!("{FLAT_SHOP}{SHOP}"))
        .job("pull", job("pull", ""))
        .job("monthly", monthly)
        .job("copy", job("backup", ""))
        .open();
    shop.write(
        "orders.csv",
        "order_id,placed_at,status,name,phone,email,address,line_id,product,category,quantity,unit_price\n\
         DH-77,2024-05-01T09:00:00+07:00,completed,Trần Thị Bình,0912345678,binh@example.vn,1 Lê Lợi,1,Mẫu,Nam,1,1000000\n\
         DH-78,0912345678,completed,Trần Thị Bình,0912345678,binh@example.vn,1 Lê Lợi,1,Mẫu,Nam,1,1000000\n",
    );
    shop.write(
        "complaints.csv",
        "complaint_id,received_at,kind,subject,phone\n\
         KN1,2024-05-02T09:00:00+07:00,delivery,Trần Thị Bình chưa nhận hàng,0912345678\n",
    );
    shop
}

type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// What a text of Prometheus tells, read strictly: HELP, TYPE, then the samples of that name, each once.
#[derive(Default)]
struct Told {
    kinds: BTreeMap<String, String>,
    samples: Samples,
}

impl Told {
    fn read(text: &str) -> Self {
        let mut told = Self::default();
        let mut current = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                assert!(!help.is_empty() && !told.kinds.contains_key(name), "{line}");
                let kind =
                    lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).unwrap();
                told.kinds.insert(name.to_owned(), kind.to_owned());
                current = name.to_owned();
                continue;
            }
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = match series.split_once('{') {
                Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
                None => (series, ""),
            };
            assert_eq!(name, current, "{line}");
            let label = |pair: &str| {
                let (label, value) = pair.split_once("=\"").unwrap();
                (label.to_owned(), value.strip_suffix('"').unwrap().to_owned())
            };
            let labels = labels.split(',').filter(|pair| !pair.is_empty()).map(label).collect();
            let before = told.samples.insert((name.to_owned(), labels), value.parse().unwrap());
            assert!(before.is_none(), "twice: {line}");
        }
        told
    }

    #[track_caller]
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let labels = labels.iter().map(|&(label, value)| (label.to_owned(), value.to_owned())).collect();
        let key = (name.to_owned(), labels);
        *self.samples.get(&key).unwrap_or_else(|| panic!("no {key:?} in {:#?}", self.samples))
    }

    fn series(&self) -> BTreeSet<&(String, BTreeMap<String, String>)> {
        self.samples.keys().collect()
    }
}

/// A request by hand, and the whole answer to it.
fn http(stream: &mut (impl Read + Write), request: &str) -> String {
    write!(stream, "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn body(answer: &str) -> &str {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    body
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn serve_at(shop: &Shop, port: u16) -> Command {
    let mut serve = shop.command(&["serve"]);
    serve.env("FIRSTWATCH_METRICS__LISTEN", format!("127.0.0.1:{port}"));
    serve
}

#[test]
fn a_watcher_reads_the_house_in_figures_and_nobody_in_them() {
    let shop = shop();
    let port = free_port();
    let daemon = shop.serve_as(serve_at(&shop, port), &shop.socket());
    let at_port = |request: &str| http(&mut TcpStream::connect(("127.0.0.1", port)).unwrap(), request);
    wait_for("the port", || TcpStream::connect(("127.0.0.1", port)).is_ok());

    let before = Told::read(body(&at_port("GET /metrics")));
    assert_eq!(before.value("firstwatch_runs_total", &[("job", "pull"), ("outcome", "done")]), 0.0);
    assert_eq!(before.value("firstwatch_problems", &[("kind", "source-unpulled")]), 1.0);
    shop.run_job(&["pull"], "done");
    shop.run_job(&["pull"], "done");
    shop.run_job(&["monthly", "--period", "2024-05"], "done");
    shop.run_job(&["copy"], "done");
    // What it reads goes missing: the next pull fails.
    fs::remove_file(shop.path("orders.csv")).unwrap();
    shop.run_job(&["pull"], "failed");
    shop.run(&["job", "pause", "monthly"]).ok();

    let text = at_port("GET /metrics");
    let text = body(&text);
    let told = Told::read(text);
    let of = |name, labels: &[_]| told.value(name, labels);
    let runs = |job, outcome| of("firstwatch_runs_total", &[("job", job), ("outcome", outcome)]);
    assert_eq!((runs("pull", "done"), runs("pull", "failed"), runs("monthly", "done")), (2.0, 1.0, 1.0));
    assert_eq!((runs("pull", "held"), runs("copy", "skipped")), (0.0, 0.0));
    assert_eq!(of("firstwatch_source_rejected_rows", &[("source", "shop")]), 1.0);
    assert_eq!(of("firstwatch_outbox_messages", &[("state", "sent")]), 1.0);
    assert_eq!(of("firstwatch_releases", &[("state", "released")]), 1.0);
    let problem = |kind| of("firstwatch_problems", &[("kind", kind)]);
    assert_eq!((problem("job-failed"), problem("job-paused"), problem("rows-rejected")), (1.0, 1.0, 1.0));
    assert_eq!((problem("source-unpulled"), problem("store")), (0.0, 0.0));
    let clock = |state| of("firstwatch_complaint_clocks", &[("clock", "resolution"), ("state", state)]);
    assert_eq!((clock("overdue"), clock("running"), clock("paused")), (1.0, 0.0, 0.0));
    let schema = shop.number("PRAGMA user_version").to_string();
    let build = [("schema", &*schema), ("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(of("firstwatch_build_info", &build), 1.0);
    let database = fs::metadata(shop.state().join("firstwatch.db")).unwrap().len();
    assert!(of("firstwatch_store_size_bytes", &[("kind", "database")]) >= database as f64);
    assert!(of("firstwatch_store_size_bytes", &[("kind", "backups")]) > 0.0);
    assert!(of("firstwatch_store_free_bytes", &[]) > 0.0);
    assert_eq!(of("firstwatch_slot_lag_seconds", &[("job", "pull")]), 0.0);
    let watermark = of("firstwatch_source_watermark_timestamp_seconds", &[("source", "shop")]);
    let done = of("firstwatch_job_last_success_timestamp_seconds", &[("job", "pull"), ("kind", "pull")]);
    let next = of("firstwatch_job_next_slot_timestamp_seconds", &[("job", "pull"), ("kind", "pull")]);
    let started = of("process_start_time_seconds", &[]);
    assert!(started <= done && done < next && watermark <= done, "{started} {watermark} {done} {next}");

    // The same over the socket and by the command, as a text and as JSON.
    let over_socket = http(&mut UnixStream::connect(shop.socket()).unwrap(), "GET /metrics");
    assert_eq!(Told::read(body(&over_socket)).series(), told.series());
    assert_eq!(Told::read(&shop.run(&["metrics"]).ok().stdout).series(), told.series());
    let json = shop.ask(&["metrics"]).ok().json();
    let names: BTreeSet<&str> =
        json.as_array().unwrap().iter().map(|metric| metric["name"].as_str().unwrap()).collect();
    assert_eq!(names, told.kinds.keys().map(String::as_str).collect());

    // The port tells figures and takes nothing else.
    for (request, status) in [
        ("GET /v1/status", "404"),
        ("GET /", "404"),
        ("POST /metrics", "405"),
        ("POST /v1/jobs/pull/run", "404"),
    ] {
        let answer = at_port(request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
    }

    nobody_is_in(text, &told);
    by_the_conventions(&told);
    alerts_fit(&told);
    assert_eq!(daemon.stop().code(), Some(0));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

fn nobody_is_in(text: &str, told: &Told) {
    for word in PERSONS.iter().chain(&["giam-doc", "quan-tri", "1stwatch"]) {
        assert!(!text.contains(word), "{word} is in\n{text}");
    }
    let labels: BTreeSet<&str> =
        told.samples.keys().flat_map(|(_, labels)| labels.keys()).map(String::as_str).collect();
    let unknown: Vec<_> = labels.iter().filter(|label| !LABELS.contains(label)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // Whatever stands in a label is a name of the configuration's or of ours.
    let is_plain =
        |value: &str| value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    for (_, labels) in told.samples.keys() {
        assert!(labels.values().all(|value| is_plain(value)), "{labels:?}");
    }
}

/// Prometheus, "Metric and label naming".
fn by_the_conventions(told: &Told) {
    for (name, kind) in &told.kinds {
        assert!(name.starts_with("firstwatch_") || name == "process_start_time_seconds", "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        assert!(matches!(kind.as_str(), "counter" | "gauge"), "{name}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alerts {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[allow(dead_code, reason = "it must be there")]
    name: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    lasting: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Each alert asks for metrics, labels and states that there are, and the guide says what to do.
fn alerts_fit(told: &Told) {
    let alerts: Alerts = serde_saphyr::from_str(&shipped("systemd/alerts.example.yml")).unwrap();
    let guide = shipped("systemd/README.md");
    let mut names = BTreeSet::new();
    for rule in alerts.groups.iter().flat_map(|group| &group.rules) {
        let Rule { alert, expr, lasting, labels, annotations } = rule;
        assert!(alert.starts_with("Firstwatch") && names.insert(alert), "{alert}");
        assert!(guide.contains(&format!("`{alert}`")), "the guide does not say what to do at {alert}");
        assert!(matches!(labels["severity"].as_str(), "warning" | "critical"), "{alert}");
        assert!(annotations["summary"].len() > 10 && annotations["description"].len() > 10, "{alert}");
        let is_length =
            |text: &String| text.ends_with(['m', 'h', 'd']) && text[..text.len() - 1].parse::<u32>().is_ok();
        assert!(lasting.as_ref().is_none_or(is_length), "{alert}");
        let mut asked = 0;
        for (name, matchers) in selectors(expr) {
            asked += 1;
            if name == "up" {
                continue;
            }
            assert!(told.kinds.contains_key(&name), "{alert} asks for {name}, which there is not");
            for (label, values) in matchers.iter().filter(|(label, _)| label != "job") {
                for value in values {
                    let fits = |(known, labels): &(String, BTreeMap<String, String>)| {
                        *known == name && labels.get(label) == Some(value)
                    };
                    assert!(told.samples.keys().any(fits), "{alert}: no {name} has {label}={value}");
                }
            }
        }
        assert!(asked > 0, "{alert} asks for nothing");
    }
    assert!(names.len() > 10);
    for name in told.kinds.keys() {
        assert!(guide.contains(&format!("`{name}`")), "the guide does not tell of {name}");
    }
    promtool(&["check", "rules", "systemd/alerts.example.yml"], "");
}

type Matchers = Vec<(String, Vec<String>)>;

/// The metrics that an expression names, each with its matchers: those of ours, and `up`.
fn selectors(expression: &str) -> Vec<(String, Matchers)> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut found = Vec::new();
    let mut rest = expression;
    while let Some(start) = rest.find(is_name) {
        let word = &rest[start..];
        let end = word.find(|letter| !is_name(letter)).unwrap_or(word.len());
        let (name, after) = word.split_at(end);
        rest = after;
        if !(name.starts_with("firstwatch_") || name.starts_with("process_") || name == "up") {
            continue;
        }
        let mut matchers = Vec::new();
        if let Some(inside) = after.strip_prefix('{') {
            let (inside, after) = inside.split_once('}').unwrap();
            rest = after;
            for pair in inside.split(',') {
                let (label, value) = pair.split_once('=').unwrap();
                let values = value.trim_start_matches('~').trim_matches('"').split('|').map(str::to_owned);
                matchers.push((label.trim().to_owned(), values.collect()));
            }
        }
        found.push((name.to_owned(), matchers));
    }
    found
}

/// The judge of Prometheus itself, where the machine has it.
fn promtool(arguments: &[&str], input: &str) {
    let child = Command::new("promtool")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        return println!("skipped: promtool is not there");
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&[said.stdout, said.stderr].concat()));
}

#[test]
fn prometheus_takes_the_text() {
    let shop = shop();
    shop.run_job(&["pull"], "done");
    promtool(&["check", "metrics"], &shop.run(&["metrics"]).ok().stdout);
}

#[test]
fn a_port_that_is_taken_keeps_nobody_from_watching() {
    let shop = shop();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let daemon = shop.serve_as(serve_at(&shop, taken.local_addr().unwrap().port()), &shop.socket());
    shop.run_job(&["pull"], "done");
    assert!(daemon.log().contains("metrics cannot be told at this port"), "{}", daemon.log());
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn nobody_but_this_machine_is_told() {
    let shop = shop();
    for (address, problem) in [
        ("0.0.0.0:9464", "may be reached from other machines"),
        ("[::]:9464", "may be reached from other machines"),
        ("192.168.1.10:9464", "may be reached from other machines"),
        ("127.0.0.1:0", "a port is missing"),
        ("127.0.0.1", "is not an address and its port"),
        ("localhost:9464", "is not an address and its port"),
    ] {
        let mut check = shop.command(&["check"]);
        let said = check.env("FIRSTWATCH_METRICS__LISTEN", address).output().unwrap();
        let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        assert_eq!(said.status.code(), Some(78), "{address}: {text}");
        assert!(text.contains(problem) && text.contains("write 127.0.0.1:9464"), "{address}: {text}");
    }
}
