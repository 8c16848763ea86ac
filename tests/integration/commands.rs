//! The command line as an administrator meets it: the real binary, its exit codes, what it prints where,
//! with and without the daemon.

use std::fs;
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use firstwatch::domain::clock::{Clock, SystemClock};
use firstwatch::store::Store;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::till::{Answer, Till, answered, plain};

const SHOP: &str = r#"
[[source]]
name = "shop"
kind = "csv"
[source.orders]
path = "orders.csv"
flat = true
[source.complaints]
path = "complaints.csv"
"#;
const NOBODY: u32 = 65_534;

fn shop() -> Till {
    let till = Till::new(SHOP);
    till.write(
        "orders.csv",
        "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n\
         A1,2026-10-05T03:00:00Z,completed,1,1,Orient Bambino,1,5000000\n\
         A2,2026-10-06T03:00:00Z,completed,2,1,Seiko 5,2,4000000\n",
    );
    till.write("complaints.csv", "complaint_id,received_at,kind\nK1,2026-10-05T03:00:00Z,product\n");
    till
}

fn firstwatch(arguments: &[&str]) -> Answer {
    answered(plain(env!("CARGO_BIN_EXE_firstwatch")).args(arguments).output().unwrap())
}

/// The error as a program reads it: JSON on standard error and nothing on standard output.
fn error_of(answer: &Answer) -> (i64, String) {
    assert_eq!(answer.out, "", "{answer:?}");
    let body: Value = serde_json::from_str(&answer.err).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    let code = body["error"]["exit_code"].as_i64().unwrap();
    assert_eq!(code, i64::from(answer.code));
    (code, body["error"]["message"].as_str().unwrap().to_owned())
}

#[test]
fn every_error_has_its_exit_code_and_says_what_to_do() {
    let till = shop();
    for (arguments, code, part) in [
        (&["job", "run"][..], 2, "Usage: firstwatch job run"),
        (&["job", "run", "monthly-sales", "--period", "2026-13"], 2, "write 2026-11-22"),
        (&["outbox", "list", "--state", "lost"], 2, "dot-pending"),
        (&["job", "run", "nope"], 65, "`firstwatch job list` names them"),
        (&["job", "run", "pul"], 65, "did you mean \"pull\"?"),
        (&["source", "test", "shpo"], 65, "did you mean \"shop\"?"),
        (&["run", "show", "last"], 2, "`firstwatch run list` shows them"),
        (&["report", "verify", "last"], 2, "`firstwatch report list` shows them"),
        (&["outbox", "cancel", "all"], 2, "`firstwatch outbox list` shows them"),
        (&["job", "show", "../a b?c"], 65, "../a b?c"),
        (&["job", "run", "pull", "--period", "2026-10"], 65, "run it without --period"),
        (&["job", "run", "weekly-sales", "--period", "2026-10"], 65, "is not a week"),
        (&["job", "run", "yearly-sales", "--period", "2999"], 65, "not over yet"),
        (&["run", "show", "99"], 65, "`firstwatch run list` shows them"),
        (&["run", "retry", "99"], 65, "`firstwatch run list` shows them"),
        (&["report", "show", "99"], 65, "`firstwatch report list` shows them"),
        (&["report", "preview", "pull", "--out", "preview"], 65, "makes no report; these do: "),
        (&["outbox", "retry", "99"], 65, "no message 99; `firstwatch outbox list` shows them"),
        (&["outbox", "release", "99"], 65, "no message 99"),
        (&["complaint", "ack", "1", "--at", "2026-13-01 09:00"], 2, "not an instant"),
        (&["complaint", "compensations", "--period", "2026-13"], 2, "write 2026-11-22"),
        (&["complaint", "ack", "1"], 4, "it needs the role data-officer or complaint-handler"),
        (&["complaint", "show", "99"], 65, "`firstwatch complaint list --all` shows them"),
        (&["source", "test", "a&b c"], 65, "`firstwatch source list` names them"),
        (&["source", "rejected", "nope"], 65, "`firstwatch source list` names them"),
        (&["schedule", "next", "0 7"], 65, "has 2 fields instead of five"),
        (&["key", "new", till.path("master.key").to_str().unwrap()], 1, "so name a new one"),
    ] {
        let (got, message) = error_of(&till.ask(&[arguments, &["--format", "json"]].concat()));
        assert!(got == code && message.contains(part), "{arguments:?}: {got}: {message}");
        let human = till.ask(arguments);
        assert_eq!((i64::from(human.code), human.out.as_str()), (code, ""), "{human:?}");
        assert_eq!(human.err.matches(part).count(), 1, "said once: {}", human.err);
    }
    fs::remove_file(till.path("orders.csv")).unwrap();
    let (code, message) = error_of(&till.ask(&["source", "test", "shop", "--format=json"]));
    assert!(code == 69 && message.contains("orders.csv"), "{code}: {message}");
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_with_file_and_remedy() {
    let till = shop();
    let missing = till.path("missing.toml");
    let (code, message) =
        error_of(&firstwatch(&["--config", missing.to_str().unwrap(), "status", "--format", "json"]));
    assert!(code == 78 && message.contains("missing.toml: there is no such file; "), "{message}");

    fs::rename(till.path("master.key"), till.path("away.key")).unwrap();
    let lost = till.ask(&["status"]);
    assert_eq!((lost.code, lost.err.matches("master.key").count()), (78, 1), "{}", lost.err);
    assert!(lost.err.contains("`firstwatch key new`"), "{}", lost.err);
    let check = till.json(78, &["check"]);
    assert_eq!(check["problems"].as_array().unwrap().len(), 1, "{check}");

    fs::rename(till.path("away.key"), till.path("master.key")).unwrap();
    till.pull(0);
    fs::remove_file(till.path("master.key")).unwrap();
    assert_eq!(till.ask(&["key", "new", till.path("master.key").to_str().unwrap()]).code, 0);
    let other = till.ask(&["status"]);
    assert!(other.code == 78 && other.err.contains("not the one this store was sealed with"), "{other:?}");
}

#[test]
fn a_store_that_another_holds_is_to_be_tried_again() {
    let till = shop();
    till.pull(0);
    let held = Store::open(&till.path("state")).unwrap();
    let (code, message) = error_of(&till.ask(&["status", "--format", "json"]));
    assert!(code == 75 && message.contains("another firstwatch process"), "{message}");
    drop(held);
    assert_eq!(till.ask(&["status"]).code, 3);
}

#[test]
fn only_the_owner_opens_the_state_directory() {
    let till = shop();
    till.pull(0);
    let state = till.path("state");
    if chown(&state, Some(NOBODY), None).is_err() {
        eprintln!("not tried: only root can give a directory away");
        return;
    }
    let refused = till.ask(&["status"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(
        refused.err.contains("belongs to uid 65534") && refused.err.contains("start the daemon"),
        "{refused:?}"
    );
    let owners: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        owners.iter().all(|name| !name.to_string_lossy().ends_with("-wal")),
        "nothing was opened: {owners:?}"
    );
}

#[test]
fn answers_are_one_document_and_times_are_the_shops() {
    let till = shop();
    let run = till.pull(0);
    for arguments in [
        &["check"][..],
        &["job", "list"],
        &["job", "show", "weekly-sales"],
        &["job", "run", "weekly-sales", "--dry-run"],
        &["run", "list"],
        &["run", "show", "1"],
        &["report", "list"],
        &["outbox", "list"],
        &["complaint", "list"],
        &["complaint", "show", "1"],
        &["complaint", "list", "--all", "--overdue", "--kind", "product", "--limit", "3"],
        &["complaint", "compensations", "--period", "2026-10"],
        &["source", "list"],
        &["source", "test", "shop"],
        &["source", "rejected"],
        &["audit", "list"],
        &["audit", "verify"],
        &["audit", "head"],
        &["backup", "create"],
        &["job", "pause", "pull"],
        &["job", "resume", "pull"],
    ] {
        till.json(0, arguments);
    }
    let slot: jiff::Timestamp = run["slot"].as_str().unwrap().parse().unwrap();
    let there =
        slot.to_zoned(TimeZone::get("Asia/Ho_Chi_Minh").unwrap()).strftime("%Y-%m-%d %H:%M").to_string();
    let runs = till.ask(&["run", "list"]).out;
    let lines: Vec<&str> = runs.lines().collect();
    assert_eq!(lines[0], "RUN  JOB   SLOT              PERIOD  TRIGGER  STATE  MESSAGE");
    assert!(
        lines[1].starts_with(&format!("1    pull  {there}  -       manual   done   shop: 2 orders changed")),
        "{runs}"
    );
    assert_eq!(till.ask(&["outbox", "list"]).out, "the outbox is empty\n");
    let paused = till.ask(&["job", "pause", "pull"]).out;
    assert!(
        paused.starts_with("pull (paused)\nschedule    */15 * * * *\n") && !paused.contains("next"),
        "{paused}"
    );
}

#[test]
fn status_is_well_or_says_why_not() {
    let till = shop();
    let never = till.json(3, &["status"]);
    assert!(never["problems"].to_string().contains("was never pulled"), "{never}");
    let year = SystemClock.now().to_zoned(TimeZone::UTC).year();
    till.write("decided.toml", format!("confirmed = [{year}, {}]\n", year + 1));
    till.configure("maildir:mail", &format!("[calendar]\nfiles = [\"decided.toml\"]\n{SHOP}"));
    till.pull(0);
    let well = till.json(0, &["status"]);
    assert_eq!(well["problems"].as_array().map(Vec::len), Some(0), "{well}");
    assert!(till.ask(&["status"]).out.ends_with("✓ all is well\n"));
}

#[test]
fn a_report_that_waits_for_data_is_held() {
    let till = shop();
    let long_ago = SystemClock.now() - jiff::SignedDuration::from_hours(24 * 400);
    for file in ["orders.csv", "complaints.csv"] {
        fs::File::options()
            .append(true)
            .open(till.path(file))
            .unwrap()
            .set_modified(long_ago.into())
            .unwrap();
    }
    fs::create_dir(till.path("jobs")).unwrap();
    till.write("jobs/pull.toml", include_str!("../../jobs/pull.toml"));
    let daily = include_str!("../../jobs/daily-sales.toml");
    let patient = daily.replace("patience = \"6h\"", "patience = \"30d\"");
    assert_ne!(patient, daily);
    till.write("jobs/daily-sales.toml", patient);
    till.pull(0);
    let held = till.ask(&["job", "run", "daily-sales"]);
    assert_eq!((held.code, held.err.as_str()), (3, ""), "{held:?}");
    assert!(held.out.contains("held (attempt 1)") && held.out.contains("needs data until"), "{}", held.out);
    assert_eq!(till.ask(&["run", "retry", "2"]).code, 3);
    let done = till.ask(&["run", "retry", "1"]);
    assert!(done.code == 65 && done.err.contains("run 1 is done"), "{done:?}");
}

#[test]
fn mail_that_does_not_go_out_is_no_success() {
    let till = shop();
    till.pull(0);
    // Nobody listens on the port of discard.
    till.configure("smtp://127.0.0.1:9", SHOP);
    let run = till.ask(&["job", "run", "complaint-deadlines"]);
    assert_eq!((run.code, run.err.as_str()), (3, ""), "{run:?}");
    // One to the department, one to the managers, for no director is named.
    assert!(run.out.contains("mail: 2 pending; `firstwatch outbox list` says why"), "{}", run.out);
    assert!(till.ask(&["outbox", "list"]).out.contains("Connection refused"));
    // It is not the next job's fault.
    till.pull(0);
    let cancelled = till.ask(&["outbox", "cancel", "1"]);
    assert_eq!((cancelled.code, cancelled.out.as_str()), (0, "message 1 is cancelled\n"));
}

#[test]
fn a_reader_that_leaves_makes_no_panic() {
    let till = shop();
    for arguments in [&["completions", "bash"][..], &["check"], &["calendar", "list"]] {
        let mut child =
            till.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let answer = answered(child.wait_with_output().unwrap());
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn schedules_and_calendars_need_no_shop() {
    let next =
        ["schedule", "next", "30 2 * * *", "--timezone", "Europe/Paris", "--after", "2026-03-28T00:00:00Z"];
    let slots = firstwatch(&[&next[..], &["--count", "3"]].concat());
    // 02:30 does not exist on the 29th: it runs right after the gap.
    assert_eq!(slots.out, "2026-03-28T01:30:00Z\n2026-03-29T01:00:00Z\n2026-03-30T00:30:00Z\n");
    let add = ["calendar", "add", "--from", "2026-11-23T16:30:00+07:00"];
    assert_eq!(
        firstwatch(&[&add[..], &["--working-hours", "4"]].concat()).out,
        "2026-11-25T11:30:00+07:00\n"
    );
    assert_eq!(firstwatch(&[&add[..], &["--working-days", "1"]].concat()).out, "2026-11-25T23:59:59+07:00\n");
    let year = firstwatch(&["calendar", "list", "--year", "2026"]);
    assert!(year.out.contains("2026-11-24 Tue  Ngày Văn hóa Việt Nam\n"), "{}", year.out);
}

#[test]
fn completions_and_manual_pages_are_whole() {
    for (shell, part) in
        [("bash", "COMPLETE=\"bash\""), ("zsh", "#compdef firstwatch"), ("fish", "--command firstwatch")]
    {
        // What they offer is asked for in `completions`.
        let script = firstwatch(&["completions", shell]);
        assert!(script.code == 0 && script.out.contains(part), "{shell}: {}", script.out);
    }
    let folder = tempfile::tempdir().unwrap();
    let manual = folder.path().join("man1");
    assert_eq!(firstwatch(&["man", manual.to_str().unwrap()]).code, 0);
    let page = fs::read_to_string(manual.join("firstwatch-job-run.1")).unwrap();
    assert!(page.contains("Example") && page.contains("2026\\-W46"), "{page}");
}

#[test]
fn the_shipped_configuration_passes_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shipped-configuration");
    let set_up = answered(Command::new(script).arg(folder.path()).output().unwrap());
    assert_eq!(set_up.code, 0, "{set_up:?}");
    let config = folder.path().join("firstwatch.toml");
    let check = || {
        let mut command = plain(env!("CARGO_BIN_EXE_firstwatch"));
        command.env("CREDENTIALS_DIRECTORY", folder.path().join("credentials"));
        answered(command.args(["check", "--config", config.to_str().unwrap()]).output().unwrap())
    };
    assert_eq!(check().code, 0, "{}", check().out);
    let moved = fs::read_to_string(&config).unwrap();
    let shipped = include_str!("../../config/production.example.toml");
    assert_eq!(moved.replace(folder.path().to_str().unwrap(), ""), shipped, "only paths were changed");
    fs::remove_file(folder.path().join("srv/exports/refunds.csv")).unwrap();
    assert_eq!(check().code, 78, "the check looks at every file");
}

/// The daemon, stopped when the test is over however it ends.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(till: &Till) -> Daemon {
    let log = fs::File::create(till.path("log")).unwrap();
    let daemon = Daemon(till.command(&["serve"]).stderr(log).stdout(Stdio::null()).spawn().unwrap());
    wait_until("the daemon answers", || till.path("control.socket").exists());
    daemon
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_daemon_answers_works_on_and_stops() {
    let till = shop();
    let mut daemon = serve(&till);
    let second = till.ask(&["serve"]);
    assert!(second.code == 75 && second.err.contains("another firstwatch process"), "{second:?}");
    let started = till.json(0, &["job", "run", "pull"]);
    assert_eq!(started["started"]["slot"]["job"], "pull", "{started}");
    let waited = till.json(0, &["job", "run", "pull", "--wait"]);
    assert_eq!(waited["run"]["state"], "done", "{waited}");
    assert_eq!(till.json(3, &["status"])["orders"], 2);
    refuse_nobody(&till);
    let stopping = Instant::now();
    assert!(Command::new("kill").arg(daemon.0.id().to_string()).status().unwrap().success());
    assert!(daemon.0.wait().unwrap().success());
    assert!(stopping.elapsed() < Duration::from_secs(10));
    assert!(!till.path("control.socket").exists());
    let mut log = String::new();
    fs::File::open(till.path("log")).unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("ready") && log.contains("stopped"), "{log}");
    assert!(!log.contains('\u{1b}'), "no colour where there is no terminal: {log}");
}

/// Another user of the machine reaches the socket, is refused, and the refusal is in the audit log.
fn refuse_nobody(till: &Till) {
    let open = tempfile::tempdir().unwrap();
    let binary = open.path().join("firstwatch");
    fs::copy(env!("CARGO_BIN_EXE_firstwatch"), &binary).unwrap();
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(till.path(""), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = plain(&binary);
    command
        .arg("--config")
        .arg(till.path("firstwatch.toml"))
        .args(["job", "run", "pull", "--format", "json"]);
    let Ok(output) = command.uid(NOBODY).gid(NOBODY).output() else {
        eprintln!("not tried: only root can be somebody else");
        return;
    };
    let (code, message) = error_of(&answered(output));
    assert!(code == 4 && message.contains("needs the role admin"), "{message}");
    let lines = till.json(0, &["audit", "list"]);
    let refused = lines.as_array().unwrap().iter().find(|line| line["outcome"] == "refused").unwrap();
    assert_eq!((&refused["actor"], &refused["operation"]), (&"uid:65534".into(), &"job.run".into()));
}
