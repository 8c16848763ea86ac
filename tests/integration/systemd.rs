//! What the daemon and systemd tell each other, without a systemd: the test is at the other end. `tests/systemd` looks
//! at the same with a real one.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::harness::{Builder, FAKETIME, FLAT_SHOP, Shop, job, wait_for};

const ORDER: &str = "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n\
                     D1,2024-05-02T09:00:00+07:00,completed,K1,1,A,1,1000\n";

/// How often the daemon looks what is due.
const TICK: Duration = Duration::from_secs(5);

fn shop() -> Shop {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open();
    shop.write("orders.csv", ORDER);
    shop
}

/// Systemd's end of the notifications.
struct Notified {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Notified {
    fn by(shop: &Shop) -> Self {
        let path = shop.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        Self { socket, path }
    }

    /// What arrives within so long, in lines.
    fn listen(&self, patience: Duration) -> Vec<String> {
        let until = Instant::now() + patience;
        let mut lines = Vec::new();
        let mut buffer = [0; 4096];
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.socket.set_read_timeout(Some(left)).unwrap();
            let Ok(length) = self.socket.recv(&mut buffer) else { break };
            let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }

    fn wait_for(&self, what: &str, is_it: impl Fn(&str) -> bool) {
        wait_for(what, || self.listen(Duration::from_millis(100)).iter().any(|line| is_it(line)));
    }
}

/// A web shop that takes every connection and says nothing.
fn silent_shop() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let source = format!(
        "{FLAT_SHOP}\n[[source]]\nname = \"silent\"\nkind = \"woocommerce\"\nurl = \"https://{}\"\n\
         key_file = \"secret\"\nsecret_file = \"secret\"\ntimeout = \"10m\"\n",
        listener.local_addr().unwrap()
    );
    (listener, source)
}

#[test]
fn systemd_hears_what_the_daemon_is_at_as_long_as_it_gets_on() {
    let (silent, configuration) = silent_shop();
    let shop = Builder::new(&configuration).job("pull", job("pull", "")).open();
    shop.write("orders.csv", ORDER);
    shop.write("secret", "a secret");
    fs::set_permissions(shop.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let notified = Notified::by(&shop);
    let mut serve = shop.command(&["serve"]);
    serve.env("NOTIFY_SOCKET", &notified.path);
    let daemon = shop.serve_as(serve, &shop.socket());
    notified.wait_for("readiness", |line| line == "READY=1");
    notified.wait_for("the next slot", |line| line.starts_with("STATUS=idle; next: pull at 20"));

    // However long the job takes, the daemon gets on.
    shop.run(&["job", "run", "pull"]).ok();
    notified.wait_for("the job", |line| line.starts_with("STATUS=1 job at work; next: pull at 20"));
    let meanwhile = notified.listen(3 * TICK);
    assert!(meanwhile.iter().filter(|line| *line == "WATCHDOG=1").count() >= 2, "{meanwhile:?}");

    assert_eq!(daemon.stop().code(), Some(0));
    drop(silent);
    let last = notified.listen(Duration::from_millis(100));
    assert!(last.contains(&"STOPPING=1".to_owned()), "{last:?}");
}

/// The crate that wakes us is silent for as long as the clock was put back; then nothing may say that all is well.
#[test]
fn a_scheduler_that_wakes_nobody_leaves_systemd_without_news() {
    if !Path::new(FAKETIME).exists() {
        eprintln!("skipped: the package faketime is not installed");
        return;
    }
    let shop = shop();
    let notified = Notified::by(&shop);
    let clock = shop.path("clock");
    fs::write(&clock, "+0").unwrap();
    let mut serve = shop.command(&["serve"]);
    serve
        .env("NOTIFY_SOCKET", &notified.path)
        .env("LD_PRELOAD", FAKETIME)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_CACHE_DURATION", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    let daemon = shop.serve_as(serve, &shop.socket());
    notified.wait_for("a sign of life", |line| line == "WATCHDOG=1");
    fs::write(&clock, "-1h").unwrap();
    // What was on its way when the clock changed.
    notified.listen(TICK + Duration::from_secs(2));
    let news = notified.listen(3 * TICK);
    assert!(!news.contains(&"WATCHDOG=1".to_owned()), "{news:?}");
    // Without systemd, work goes on.
    wait_for("another timer to wake", || daemon.log().contains("another timer wakes meanwhile"));
}

/// `serve` with this socket handed over as systemd does it: as its file 3.
fn activated(shop: &Shop, listener: &UnixListener) -> Child {
    let program = shop.command(&["serve"]);
    let mut serve = Command::new("sh");
    serve
        .args(["-c", "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        serve.env(name, value.unwrap_or_default());
    }
    let log = fs::File::options().create(true).append(true).open(shop.path("serve.log")).unwrap();
    serve
        .current_dir(shop.path(""))
        .stdin(Stdio::from(OwnedFd::from(listener.try_clone().unwrap())))
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn stop(mut daemon: Child, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(&daemon), signal).unwrap();
    daemon.wait().unwrap().code()
}

#[test]
fn the_socket_of_systemd_outlives_the_daemon_and_who_asks_meanwhile_waits() {
    let shop = shop();
    let listener = UnixListener::bind(shop.socket()).unwrap();
    let ask = || {
        let mut command = shop.command(&["run", "list"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let first = activated(&shop, &listener);
    assert!(ask().wait().unwrap().success());
    assert_eq!(stop(first, Signal::TERM), Some(0));
    assert!(shop.socket().exists(), "it is systemd's to remove");

    let mut waiting = ask();
    // Longer than whoever waits keeps silent.
    std::thread::sleep(Duration::from_millis(5_500));
    assert!(waiting.try_wait().unwrap().is_none(), "nobody is there to answer");
    let second = activated(&shop, &listener);
    let answered = waiting.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&answered.stderr);
    assert!(answered.status.success() && said.contains("waiting for the daemon"), "{said}");
    assert_eq!(stop(second, Signal::TERM), Some(0));

    // Who is cut off in the middle is told so, and where to look.
    let asking = ask();
    // The first connection only looks whether somebody is there; what only reads is asked twice.
    listener.set_nonblocking(false).unwrap();
    for _ in 0..3 {
        drop(listener.accept().unwrap());
    }
    let answer = asking.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&answer.stderr);
    assert_eq!(answer.status.code(), Some(69), "{said}");
    assert!(said.contains("ended before it answered") && said.contains("journalctl -u firstwatch"), "{said}");
}

#[test]
fn a_socket_elsewhere_than_configured_is_refused() {
    let shop = shop();
    let elsewhere = shop.path("elsewhere");
    let listener = UnixListener::bind(&elsewhere).unwrap();
    let refused = activated(&shop, &listener).wait().unwrap();
    let log = fs::read_to_string(shop.path("serve.log")).unwrap();
    assert_eq!(refused.code(), Some(78), "{log}");
    assert!(log.contains(&format!("systemd listens at {}", elsewhere.display())), "{log}");
    assert!(log.contains("ListenStream= in firstwatch.socket"), "{log}");
}

/// The shipped units, beside a program that is there.
#[test]
fn the_units_are_sound_and_expose_little() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("skipped: the package systemd is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for unit in ["firstwatch.service", "firstwatch.socket"] {
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(unit)).unwrap();
        let text = text.replace("/usr/bin/firstwatch", env!("CARGO_BIN_EXE_firstwatch"));
        fs::write(folder.path().join(unit), text).unwrap();
    }
    let analyze = |arguments: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        let output =
            command.args(arguments).current_dir(folder.path()).env("NO_COLOR", "1").output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.success(), said)
    };
    let verify = |unit: &str| analyze(&["verify", "--man=no", "--recursive-errors=no", unit]);
    let (sound, said) = verify("./firstwatch.service");
    assert!(sound && !said.contains("firstwatch."), "{said}");
    let (sound, said) = verify("./firstwatch.socket");
    assert!(sound && !said.contains("firstwatch."), "{said}");
    // 1.3 of 10. Of what is left, most is for reaching relays and sources, and the socket.
    let (low, said) = analyze(&["security", "--offline=true", "--threshold=13", "./firstwatch.service"]);
    assert!(low, "{said}");

    // A wrong word in a unit is found by the same look.
    let service = folder.path().join("firstwatch.service");
    let wrong = fs::read_to_string(&service).unwrap().replace("WatchdogSec=60", "WatchdogSec=soon");
    fs::write(&service, wrong).unwrap();
    let (_, said) = verify("./firstwatch.service");
    assert!(said.contains("ignoring: soon"), "{said}");
}
