//! A relay that fails on purpose: at one step of a conversation, in one way, by a seeded script; then it behaves.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use sha2::{Digest, Sha256};

/// The steps of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Accept,
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Content,
    Dot,
    AfterReply,
    Rset,
    Quit,
}

impl Step {
    pub const ALL: [Self; 11] = [
        Self::Accept,
        Self::Greeting,
        Self::Ehlo,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Content,
        Self::Dot,
        Self::AfterReply,
        Self::Rset,
        Self::Quit,
    ];
}

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    Cut,
    /// Goes on as if nothing were, but later than anybody waits.
    Late,
    Say(&'static str),
    SayAndCut(&'static str),
    /// A refusal for good, with a number to know it by.
    Refuse,
}
use Act::{Cut, Late, Refuse, Say, SayAndCut};

const ACTS: [Act; 12] = [
    Cut,
    Late,
    Refuse,
    Refuse,
    Say("451 4.3.0 later"),
    Say("421 closing"),
    Say("354 go on"),
    Say("251 hm"),
    Say("HTTP/1.1 200 OK"),
    // Half a reply, and half of one in several lines.
    SayAndCut("25"),
    SayAndCut("250-2.0.0 queued\r\n"),
    SayAndCut("250 2.0.0 queued"),
];

/// A plain generator (SplitMix64): the same seed, the same script.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn one_in(&mut self, end: u64) -> bool {
        self.below(end) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// A message that the relay has taken: it is the relay's from here on.
#[derive(Clone, Debug)]
pub struct Taken {
    pub recipient: String,
    pub message_id: String,
    pub sha256: [u8; 32],
}

/// What the relay knows.
pub struct Heard {
    chance: Chance,
    /// Conversations that are still to fail.
    pub faults_left: u32,
    pub taken: Vec<Taken>,
    /// Refusals for good, by their number; without a recipient where none was named yet.
    pub refused: BTreeMap<u64, (Step, Option<String>)>,
    pub failed_at: BTreeSet<Step>,
    ended: bool,
}

pub struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(address: SocketAddr, seed: u64, faults: u32, patience: Duration) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let heard = Arc::new(Mutex::new(Heard {
            chance: Chance(seed),
            faults_left: faults,
            taken: vec![],
            refused: BTreeMap::new(),
            failed_at: BTreeSet::new(),
            ended: false,
        }));
        let shared = heard.clone();
        let thread = std::thread::spawn(move || {
            let mut conversations = vec![];
            for stream in listener.incoming() {
                if lock(&shared).ended {
                    break;
                }
                let shared = shared.clone();
                conversations.push(std::thread::spawn(move || {
                    let stream = stream.unwrap();
                    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                    let fault = draw(&mut lock(&shared));
                    let talk = Conversation { stream: &stream, fault, patience, heard: &shared };
                    let _ = talk.run();
                    let _ = stream.shutdown(Shutdown::Both);
                }));
            }
            conversations.into_iter().for_each(|conversation| conversation.join().unwrap());
        });
        Self { address, heard, thread: Some(thread) }
    }

    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        lock(&self.heard)
    }

    /// Ends once every conversation is over, so that nothing is taken after that.
    pub fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.heard().ended = true;
        let _ = TcpStream::connect(self.address);
        thread.join().unwrap();
    }
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap()
}

/// Where and how a conversation fails: at its `nth` message.
#[derive(Clone, Copy)]
struct Fault {
    step: Step,
    act: Act,
    nth: u64,
}

fn draw(heard: &mut Heard) -> Option<Fault> {
    heard.faults_left = heard.faults_left.checked_sub(1)?;
    // The steps at which a message changes hands are where it matters most.
    let handover = [Step::Content, Step::Dot, Step::Dot, Step::AfterReply];
    let step = if heard.chance.one_in(3) { heard.chance.of(&handover) } else { heard.chance.of(&Step::ALL) };
    let nth = if step < Step::Mail { 0 } else { heard.chance.below(3) };
    Some(Fault { step, act: heard.chance.of(&ACTS), nth })
}

struct Conversation<'a> {
    stream: &'a TcpStream,
    fault: Option<Fault>,
    patience: Duration,
    heard: &'a Mutex<Heard>,
}

/// `None`: the conversation is over.
impl Conversation<'_> {
    fn run(&self) -> Option<()> {
        let mut reader = BufReader::new(self.stream);
        let (mut nth, mut recipient) = (0, None);
        if self.fault_at(Step::Accept, 0).is_some() {
            return None;
        }
        self.reply(Step::Greeting, 0, "220 relay ready", &None)?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.split([' ', '\r']).next().unwrap_or_default() {
                "EHLO" => self.reply(Step::Ehlo, 0, "250-relay\r\n250 8BITMIME", &None)?,
                "MAIL" => self.reply(Step::Mail, nth, "250 ok", &None)?,
                "RCPT" => {
                    recipient = line.split(['<', '>']).nth(1).map(str::to_owned);
                    self.reply(Step::Rcpt, nth, "250 ok", &recipient)?;
                }
                "DATA" => {
                    self.reply(Step::Data, nth, "354 go on", &recipient)?;
                    if matches!(self.fault_at(Step::Data, nth), None | Some(Late | Say("354 go on"))) {
                        self.message(&mut reader, nth, recipient.take())?;
                        nth += 1;
                    }
                }
                "RSET" => self.reply(Step::Rset, nth, "250 ok", &None)?,
                "QUIT" => return self.reply(Step::Quit, nth, "221 bye", &None).and(None),
                _ => self.say("500 what?")?,
            }
        }
    }

    /// The content, and the reply to its end.
    fn message(&self, reader: &mut impl BufRead, nth: u64, recipient: Option<String>) -> Option<()> {
        let until = self.fault_at(Step::Content, nth).map(|_| lock(self.heard).chance.below(3_000) as usize);
        let content = content(reader, until)?;
        let fault = self.fault_at(Step::Dot, nth);
        let may_keep = lock(self.heard).chance.one_in(2);
        let is_kept = match fault {
            None => true,
            Some(Say("251 hm" | "HTTP/1.1 200 OK") | Cut | Late | SayAndCut("25")) => may_keep,
            // It has said so.
            Some(SayAndCut(_)) => true,
            Some(Say(_) | Refuse) => false,
        };
        if is_kept {
            let text = String::from_utf8_lossy(&content);
            let message_id =
                text.lines().find_map(|line| line.strip_prefix("Message-ID: <")?.strip_suffix('>'))?;
            let taken = Taken {
                recipient: recipient.clone()?,
                message_id: message_id.to_owned(),
                sha256: Sha256::digest(&content).into(),
            };
            lock(self.heard).taken.push(taken);
        }
        self.reply(Step::Dot, nth, "250 2.0.0 queued", &recipient)?;
        if self.fault_at(Step::AfterReply, nth).is_some() { None } else { Some(()) }
    }

    fn fault_at(&self, step: Step, nth: u64) -> Option<Act> {
        let fault = self.fault.filter(|fault| fault.step == step && fault.nth == nth)?;
        lock(self.heard).failed_at.insert(step);
        Some(fault.act)
    }

    fn reply(&self, step: Step, nth: u64, usual: &str, recipient: &Option<String>) -> Option<()> {
        match self.fault_at(step, nth) {
            None => self.say(usual),
            Some(Cut) => None,
            Some(Late) => {
                std::thread::sleep(self.patience);
                self.say(usual)
            }
            Some(Say(text)) => self.say(text),
            Some(SayAndCut(text)) => {
                let mut stream = self.stream;
                let _ = stream.write_all(text.as_bytes());
                None
            }
            Some(Refuse) => {
                let number = {
                    let mut heard = lock(self.heard);
                    let number = heard.chance.next() >> 16;
                    heard.refused.insert(number, (step, recipient.clone()));
                    number
                };
                self.say(&format!("550 5.7.1 refused as {number}"))
            }
        }
    }

    fn say(&self, text: &str) -> Option<()> {
        let mut stream = self.stream;
        stream.write_all(format!("{text}\r\n").as_bytes()).ok()
    }
}

/// The lines up to the lone dot, their leading dots undone; `None` when they end before it, or are cut off after so
/// many bytes.
fn content(reader: &mut impl BufRead, until: Option<usize>) -> Option<Vec<u8>> {
    let mut message = vec![];
    loop {
        let mut line = vec![];
        reader.read_until(b'\n', &mut line).ok()?;
        match line.as_slice() {
            _ if until.is_some_and(|until| message.len() >= until) => return None,
            b".\r\n" => return Some(message),
            [] => return None,
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            line => message.extend_from_slice(line),
        }
    }
}
