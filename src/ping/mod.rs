//! Dead man's switch: tells a watcher outside (healthchecks.io, or a server of the same habits) that a job has started,
//! succeeded or failed, so that silence is noticed even when this whole machine is gone.
//!
//! A ping carries nothing but its address: no figure, no name, no message. It never holds up or fails a job: pings go
//! out in order from a thread of their own, a watcher that does not answer is tried three times and then logged, and
//! its own missing-ping alarm does the rest. The address is a secret of sorts, so logs name the host alone.

use std::sync::mpsc::{self, Receiver, Sender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tracing::{debug, warn};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// For one try, from the look-up to the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(10)];

/// How long the end of the process waits for what is queued.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// More than that waits only when the watcher is down, and then the oldest news is worth nothing.
const QUEUE: usize = 100;

/// What is told of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Started,
    Succeeded,
    Failed,
}

/// Sends pings. Dropping it sends what is queued, each tried once more at most, and waits a little for that.
#[derive(Debug, Default)]
pub struct Pinger(Mutex<Option<Line>>);

#[derive(Debug)]
struct Line {
    queue: mpsc::SyncSender<String>,
    /// Dropped to say that there is no time for pauses any more.
    _open: Sender<()>,
    /// Ends with the thread.
    done: Receiver<()>,
}

impl Pinger {
    /// Queues a ping of `url`, a job's address with its watcher.
    pub fn send(&self, url: &str, signal: Signal) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line.get_or_insert_with(open_line);
        match line.queue.try_send(address(url, signal)) {
            Ok(()) => {}
            Err(TrySendError::Full(url)) => warn!(host = host(&url), "a ping is left out; too many wait"),
            Err(TrySendError::Disconnected(url)) => {
                warn!(host = host(&url), "a ping is left out; its thread is gone");
            }
        }
    }
}

impl Drop for Pinger {
    fn drop(&mut self) {
        let line = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Line { queue, _open, done }) = line {
            drop((queue, _open));
            // The thread has logged what went wrong in it; what is not out by then stays behind.
            let _ = done.recv_timeout(LAST_WAIT);
        }
    }
}

fn open_line() -> Line {
    let (queue, pings) = mpsc::sync_channel::<String>(QUEUE);
    let (open, closing) = mpsc::channel();
    let (ending, done) = mpsc::channel();
    std::thread::spawn(move || {
        let _ending: Sender<()> = ending;
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .tls_config(tls)
            .max_redirects(0)
            .user_agent("firstwatch")
            .build()
            .new_agent();
        for url in pings {
            ping(&agent, &url, &closing);
        }
    });
    Line { queue, _open: open, done }
}

fn ping(agent: &Agent, url: &str, closing: &Receiver<()>) {
    let mut pauses = PAUSES.iter();
    loop {
        match agent.get(url).call() {
            Ok(_) => return debug!(host = host(url), "pinged"),
            Err(error) => {
                let Some(&pause) = pauses.next() else {
                    // The error's text may repeat the address.
                    return warn!(host = host(url), kind = kind(&error), "a ping did not arrive");
                };
                let is_closing = closing.recv_timeout(pause) == Err(mpsc::RecvTimeoutError::Disconnected);
                if is_closing {
                    pauses = [].iter();
                }
            }
        }
    }
}

/// The habits of healthchecks.io: the address itself is success, `/start` and `/fail` below it the others.
fn address(url: &str, signal: Signal) -> String {
    let below = match signal {
        Signal::Started => "/start",
        Signal::Succeeded => "",
        Signal::Failed => "/fail",
    };
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let path = path.trim_end_matches('/');
    match query {
        Some(query) => format!("{path}{below}?{query}"),
        None => format!("{path}{below}"),
    }
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or(rest)
}

fn kind(error: &ureq::Error) -> String {
    match error {
        ureq::Error::StatusCode(code) => format!("status {code}"),
        ureq::Error::Timeout(_) => "timeout".to_owned(),
        ureq::Error::HostNotFound => "host not found".to_owned(),
        ureq::Error::Io(error) => error.kind().to_string(),
        _ => "connection".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    #[test]
    fn addresses_follow_the_habits_of_healthchecks() {
        let url = "https://hc.example/ping/key";
        assert_eq!(address(url, Signal::Succeeded), "https://hc.example/ping/key");
        assert_eq!(address(url, Signal::Started), "https://hc.example/ping/key/start");
        assert_eq!(address("https://hc.example/k/?a=1", Signal::Failed), "https://hc.example/k/fail?a=1");
        assert_eq!(host("https://hc.example:8000/k?x"), "hc.example:8000");
    }

    /// Answers each request with the next status; returns their first lines.
    fn watcher(statuses: Vec<u16>) -> (String, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/ping/secret", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            let answer = |status| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
                first
            };
            statuses.into_iter().map(answer).collect()
        });
        (url, thread)
    }

    #[test]
    fn pings_arrive_in_order_and_a_failing_watcher_is_asked_again() {
        let (url, watcher) = watcher(vec![200, 503, 200]);
        let pinger = Pinger::default();
        pinger.send(&url, Signal::Started);
        pinger.send(&url, Signal::Succeeded);
        let seen = watcher.join().unwrap();
        drop(pinger);
        assert_eq!(
            seen,
            ["GET /ping/secret/start HTTP/1.1", "GET /ping/secret HTTP/1.1", "GET /ping/secret HTTP/1.1"]
        );
    }

    #[test]
    fn closing_does_not_wait_for_pauses() {
        let (url, watcher) = watcher(vec![500, 500]);
        let pinger = Pinger::default();
        pinger.send(&url, Signal::Failed);
        let start = std::time::Instant::now();
        drop(pinger);
        assert!(start.elapsed() < PAUSES[1], "{:?}", start.elapsed());
        assert_eq!(watcher.join().unwrap().len(), 2);
    }
}
