//! A well-behaved mail relay on loopback that remembers what it accepted.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

/// By Message-ID, the hash of each copy.
pub type Accepted = BTreeMap<String, Vec<[u8; 32]>>;

pub struct Relay {
    pub port: u16,
    accepted: Arc<Mutex<Accepted>>,
    stopping: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Relay {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, stopping) = (Arc::<Mutex<Accepted>>::default(), Arc::<AtomicBool>::default());
        let (kept, stop) = (accepted.clone(), stopping.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let kept = kept.clone();
                // A client that was killed breaks off; that is no trouble of the relay.
                std::thread::spawn(move || stream.and_then(|stream| converse(stream, &kept)));
            }
        });
        Self { port, accepted, stopping, listener: Some(thread) }
    }

    /// What was accepted so far.
    pub fn accepted(&self) -> Accepted {
        self.accepted.lock().unwrap().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn converse(mut stream: TcpStream, accepted: &Mutex<Accepted>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 relay\r\n")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let reply: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let Some(message) = message(&mut reader)? else { return Ok(()) };
                // It is the relay's from here on, whether or not the answer arrives.
                let hash = Sha256::digest(&message).into();
                accepted.lock().unwrap().entry(message_id(&message)).or_default().push(hash);
                b"250 accepted\r\n"
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => b"250 ok\r\n",
        };
        stream.write_all(reply)?;
    }
}

/// Up to the dot; `None` when the client broke off before it.
fn message(reader: &mut impl BufRead) -> std::io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 || !line.ends_with(b"\n") {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some(message));
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn message_id(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: "));
    id.expect("a message has an identifier").trim_matches(['<', '>', ' ']).to_owned()
}
