//! A house with everything behind its control socket: a few customers, orders, payments and complaints, and a caller who
//! may do everything.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use firstwatch::api;
use firstwatch::domain::actor::Actor;
use firstwatch::domain::clock::SetClock;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::slot::Slot;
use firstwatch::jobs::{self, House, Trigger};
use firstwatch::settings::{self, LoadOptions};
use firstwatch::vault::MasterKey;
use http_body_util::BodyExt;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use super::targets::folder;

/// How the threads behind the socket are called: a panic of theirs is one of ours.
const THREADS: &str = "house";

const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);

/// Panics of threads behind the socket.
static PANICS: AtomicUsize = AtomicUsize::new(0);

struct Open {
    folder: TempDir,
    house: Arc<House>,
    runtime: Runtime,
}

static OPEN: LazyLock<Open> = LazyLock::new(open);

fn open() -> Open {
    let folder = folder();
    let at = folder.path();
    let user = rustix::process::geteuid().as_raw();
    let roles: String = ["data-officer", "complaint-handler", "manager", "auditor"]
        .iter()
        .map(|role| format!("{role} = [{user}]\n"))
        .collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/source/shop");
    let feeds: String = ["orders", "order_lines", "payments", "refunds", "customers", "complaints"]
        .iter()
        .map(|feed| format!("[source.{feed}]\npath = \"{}/{feed}.csv\"\n", source.display()))
        .collect();
    let configuration = format!(
        "[business]\nname = \"1stwatch\"\ntimezone = \"Asia/Ho_Chi_Minh\"\nlanguage = \"vi\"\n\
         currency = {{ code = \"VND\", decimals = 0 }}\n[store]\ndirectory = \"state\"\n[vault]\n\
         master_key_file = \"master.key\"\n[mail]\nrelay = \"maildir:mail\"\nfrom = \"a@1stwatch.vn\"\n\
         internal_domains = [\"1stwatch.vn\"]\n[recipients]\nmanagers = [\"m@1stwatch.vn\"]\n\
         administrators = [\"i@1stwatch.vn\"]\ncomplaints = [\"c@1stwatch.vn\"]\ndata_officer = [\"d@1stwatch.vn\"]\n\
         [roles]\n{roles}[[source]]\nname = \"shop\"\nkind = \"csv\"\ntimezone = \"Asia/Ho_Chi_Minh\"\n\
         date_formats = [\"%Y-%m-%d %H:%M:%S\", \"%Y-%m-%d\"]\n{feeds}"
    );
    fs::write(at.join("firstwatch.toml"), configuration).expect("a file");
    fs::create_dir(at.join("jobs")).expect("a folder");
    for kind in ["pull", "complaint-deadlines"] {
        let job = format!("kind = \"{kind}\"\nschedule = \"0 3 1 1 *\"\n");
        fs::write(at.join(format!("jobs/{kind}.toml")), job).expect("a file");
    }
    MasterKey::from_bytes([7; 32]).write_new(&at.join("master.key")).expect("a key");
    let options = LoadOptions { file: Some(at.join("firstwatch.toml")), ..LoadOptions::default() };
    let settings = settings::load(&options).unwrap_or_else(|problems| panic!("{problems:?}"));
    let house = House::open(settings, None, Arc::new(SetClock::new(NOW))).expect("a house");
    let job = house.settings.job(&JobName::new("pull")).expect("a job");
    let slot = Slot { job: job.name.clone(), at: NOW };
    jobs::run_slot(&house, job, slot, Trigger::Manual, None).expect("a pull");
    // No copy can be made: thousands of them would fill the disk.
    let _ = fs::remove_dir_all(at.join("state/backups"));
    fs::write(at.join("state/backups"), "").expect("a file");
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(THREADS)
        .enable_all()
        .build()
        .expect("a runtime");
    let house = Arc::new(house);
    let socket = at.join("socket");
    let listener = runtime.block_on(async { api::listen(&socket, None) }).expect("a socket");
    runtime.spawn(api::serve(listener, house.clone(), std::future::pending()));
    count_panics();
    Open { folder, house, runtime }
}

/// Whoever panics behind the socket answers with an error or not at all, and the daemon lives on; here it counts.
fn count_panics() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some(THREADS) {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        others(panic);
    }));
}

/// Any bytes that somebody writes into the control socket.
pub fn socket(bytes: &[u8]) {
    let open = &*OPEN;
    let before = PANICS.load(Ordering::Relaxed);
    let mut stream = UnixStream::connect(open.folder.path().join("socket")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time to wait");
    // It may hang up before it has read everything.
    if stream.write_all(bytes).and_then(|()| stream.shutdown(std::net::Shutdown::Write)).is_ok() {
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let waited = read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!waited, "no answer came, nor an end");
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), before, "something behind the socket panicked");
}

/// A request: `METHOD PATH`, a line's end, the body.
pub fn api(bytes: &[u8]) {
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    let head = String::from_utf8_lossy(&bytes[..end]);
    let body = bytes.get(end + 1..).unwrap_or_default();
    let (method, path) = head.split_once(' ').unwrap_or(("GET", &head));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .extension(Actor::user(rustix::process::geteuid().as_raw()))
        .body(Body::from(body.to_vec()));
    let Ok(request) = request else { return };
    let open = &*OPEN;
    let before = PANICS.load(Ordering::Relaxed);
    let answer = open.runtime.block_on(async {
        let answer = api::router(open.house.clone()).oneshot(request).await.expect("an answer");
        answer.into_body().collect().await.expect("a body").to_bytes()
    });
    assert_eq!(PANICS.load(Ordering::Relaxed), before, "{}", String::from_utf8_lossy(&answer));
}
