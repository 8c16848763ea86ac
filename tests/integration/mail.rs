//! Mail against real servers: a scripted one on loopback that misbehaves on purpose, and Debian's Exim.

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use firstwatch::domain::rendered::{Attachment, Rendered};
use firstwatch::mail::{Courier, Delivery, Envelope, Recipient, Sender, compose, message_id};
use firstwatch::settings;
use mail_parser::{MessageParser, MimeHeaders};

use super::mta::{Mta, certificate, messages_in};

/// What the scripted server does at one point of the conversation.
#[derive(Clone, Copy)]
enum Act {
    Say(&'static str),
    /// Hangs up.
    Cut,
    /// Says nothing, and holds the line.
    Silence,
    /// Says that, then hangs up.
    SayAndCut(&'static str),
}
use Act::{Cut, Say, SayAndCut, Silence};

/// One conversation's replies.
#[derive(Clone, Copy)]
struct Script {
    greeting: Act,
    ehlo: Act,
    mail: Act,
    rcpt: Act,
    data: Act,
    dot: Act,
    /// Hangs up in the middle of the message, having said that.
    in_content: Option<&'static str>,
}

const POLITE: Script = Script {
    greeting: Say("220 relay ready"),
    ehlo: Say("250-relay\r\n250 8BITMIME"),
    mail: Say("250 sender ok"),
    rcpt: Say("250 recipient ok"),
    data: Say("354 go on"),
    dot: Say("250 2.0.0 queued as 7"),
    in_content: None,
};

/// What a server heard: each conversation's commands, and the messages it was sent.
#[derive(Debug, Default)]
struct Heard {
    conversations: Vec<Vec<String>>,
    messages: Vec<Vec<u8>>,
}

struct Server {
    port: u16,
    thread: JoinHandle<Heard>,
}

impl Server {
    /// Serves one conversation a script, then stops listening.
    fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut heard = Heard::default();
            for script in scripts {
                let (stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                heard.conversations.push(vec![]);
                converse(&stream, script, &mut heard);
                let _ = stream.shutdown(Shutdown::Both);
            }
            heard
        });
        Self { port, thread }
    }

    fn heard(self) -> Heard {
        self.thread.join().unwrap()
    }
}

/// `None` when the conversation is over.
fn act(mut stream: &TcpStream, act: Act) -> Option<()> {
    match act {
        Say(text) => stream.write_all(format!("{text}\r\n").as_bytes()).ok(),
        Cut => None,
        SayAndCut(text) => {
            let _ = stream.write_all(format!("{text}\r\n").as_bytes());
            None
        }
        Silence => {
            // Until the client gives up and hangs up.
            let mut rest = vec![];
            let _ = stream.read_to_end(&mut rest);
            None
        }
    }
}

fn converse(stream: &TcpStream, script: Script, heard: &mut Heard) -> Option<()> {
    let mut reader = BufReader::new(stream);
    act(stream, script.greeting)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        heard.conversations.last_mut().unwrap().push(line.trim_end().to_owned());
        match line.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" => act(stream, script.ehlo)?,
            "MAIL" => act(stream, script.mail)?,
            "RCPT" => act(stream, script.rcpt)?,
            "DATA" => {
                act(stream, script.data)?;
                if !matches!(script.data, Say(text) if text.starts_with("354")) {
                    continue;
                }
                if let Some(word) = script.in_content {
                    reader.read_line(&mut line).ok()?;
                    return act(stream, SayAndCut(word));
                }
                heard.messages.push(content(&mut reader)?);
                act(stream, script.dot)?;
            }
            "QUIT" => {
                act(stream, Say("221 bye"))?;
                return None;
            }
            _ => act(stream, Say("250 ok"))?,
        }
    }
}

/// The lines up to the lone dot, their leading dots undone.
fn content(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut message = vec![];
    loop {
        let mut line = vec![];
        reader.read_until(b'\n', &mut line).ok()?;
        match line.as_slice() {
            b".\r\n" => return Some(message),
            [] => return None,
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            line => message.extend_from_slice(line),
        }
    }
}

fn domains() -> Vec<String> {
    vec!["1stwatch.vn".to_owned()]
}

fn recipient(address: &str) -> Recipient {
    Recipient::internal(address, &domains()).unwrap()
}

fn mail_settings(relay: settings::Relay) -> settings::Mail {
    settings::Mail {
        relay,
        from: "Báo cáo 1stwatch <reports@1stwatch.vn>".into(),
        internal_domains: domains(),
        user: None,
        password_file: None,
        messages_per_minute: 60,
        size_limit: 10_000_000,
        guard_allows: vec![],
        timeouts: timeouts(300),
    }
}

fn timeouts(milliseconds: u64) -> settings::MailTimeouts {
    let short = Duration::from_millis(milliseconds);
    settings::MailTimeouts { opening: short, command: short, data: short, content: short }
}

/// For a server that only works.
fn patient(relay: settings::Relay) -> settings::Mail {
    settings::Mail { timeouts: timeouts(60_000), ..mail_settings(relay) }
}

fn courier(port: u16) -> Courier {
    let relay = settings::Relay::SmtpLoopback { host: "127.0.0.1".into(), port };
    Courier::open(&mail_settings(relay), None).unwrap()
}

fn rendered() -> Rendered {
    Rendered {
        images: Vec::new(),
        subject: "1stwatch · Tuần 47/2026 · Doanh thu thuần 1.234.567.890 ₫".into(),
        html: Some("<p>Doanh thu tuần này tăng <b>12,5 %</b>.</p>".into()),
        text: "Doanh thu tuần này tăng 12,5 %.\n.\n..hai chấm\n".into(),
        attachments: vec![Attachment {
            file_name: "bao-cao.pdf".into(),
            media_type: "application/pdf".into(),
            bytes: b"%PDF-1.7\n.\r\n..\r\n\x00\xff".repeat(200),
        }],
    }
}

fn message(to: &Recipient) -> Vec<u8> {
    let envelope = Envelope {
        from: Sender::parse("Báo cáo 1stwatch <reports@1stwatch.vn>").unwrap(),
        to: to.clone(),
        message_id: message_id("release 7", to, "1stwatch.vn"),
        date: "2026-11-23T00:00:00Z".parse().unwrap(),
    };
    compose(&envelope, &rendered()).unwrap()
}

/// The outcome, and how often `before_dot` was called.
fn deliver(courier: &mut Courier, to: &str) -> (Delivery, u32) {
    let to = recipient(to);
    let mut calls = 0;
    let delivery = courier.deliver(&to, &message(&to), &mut || {
        calls += 1;
        Ok::<_, Infallible>(())
    });
    (delivery.unwrap(), calls)
}

fn outcome(script: Script) -> (Delivery, u32) {
    let server = Server::start(vec![script]);
    let outcome = deliver(&mut courier(server.port), "giam-doc@1stwatch.vn");
    server.heard();
    outcome
}

fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Sent { .. } => "sent".into(),
        Delivery::Refused { code, .. } => format!("refused {}", code.unwrap_or_default()),
        Delivery::TryAgain { .. } => "try again".into(),
        Delivery::Unreachable { .. } => "unreachable".into(),
        Delivery::Ambiguous { .. } => "ambiguous".into(),
    }
}

#[test]
fn a_batch_goes_over_one_connection_byte_for_byte() {
    let server = Server::start(vec![POLITE]);
    let mut courier = courier(server.port);
    for to in ["giam-doc@1stwatch.vn", "ban-hang@1stwatch.vn"] {
        let (delivery, calls) = deliver(&mut courier, to);
        assert_eq!(delivery, Delivery::Sent { reply: "250 2.0.0 queued as 7".into() });
        assert_eq!(calls, 1);
    }
    drop(courier);
    let heard = server.heard();
    let said = heard.conversations[0].iter().filter(|line| !line.starts_with("EHLO")).map(String::as_str);
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            "MAIL FROM:<reports@1stwatch.vn>",
            "RCPT TO:<giam-doc@1stwatch.vn>",
            "DATA",
            "RSET",
            "MAIL FROM:<reports@1stwatch.vn>",
            "RCPT TO:<ban-hang@1stwatch.vn>",
            "DATA",
            "QUIT",
        ]
    );
    assert_eq!(heard.messages[0], message(&recipient("giam-doc@1stwatch.vn")));
    assert_eq!(heard.messages[1], message(&recipient("ban-hang@1stwatch.vn")));
}

#[test]
fn every_failure_says_what_became_of_the_message() {
    let cases: Vec<(&str, Script, &str, u32)> = vec![
        ("greeting 554", Script { greeting: Say("554 no"), ..POLITE }, "unreachable", 0),
        ("greeting 421", Script { greeting: Say("421 busy"), ..POLITE }, "unreachable", 0),
        ("no SMTP", Script { greeting: Say("HTTP/1.1 400 Bad Request"), ..POLITE }, "unreachable", 0),
        ("no greeting", Script { greeting: Silence, ..POLITE }, "unreachable", 0),
        ("cut at once", Script { greeting: Cut, ..POLITE }, "unreachable", 0),
        ("EHLO 5xx", Script { ehlo: Say("502 no"), ..POLITE }, "unreachable", 0),
        ("MAIL 4xx", Script { mail: Say("451 later"), ..POLITE }, "try again", 0),
        ("MAIL 5xx", Script { mail: Say("550 no"), ..POLITE }, "refused 550", 0),
        ("MAIL 354", Script { mail: Say("354 what"), ..POLITE }, "try again", 0),
        ("MAIL cut", Script { mail: Cut, ..POLITE }, "unreachable", 0),
        ("MAIL silence", Script { mail: Silence, ..POLITE }, "unreachable", 0),
        ("RCPT 4xx", Script { rcpt: Say("450 greylisted"), ..POLITE }, "try again", 0),
        ("RCPT 5xx", Script { rcpt: Say("550 5.1.1 no such user"), ..POLITE }, "refused 550", 0),
        ("RCPT 251", Script { rcpt: Say("251 will forward"), ..POLITE }, "sent", 1),
        ("RCPT cut", Script { rcpt: Cut, ..POLITE }, "try again", 0),
        ("RCPT silence", Script { rcpt: Silence, ..POLITE }, "try again", 0),
        // Nothing of the message has left before 354: such an end is certain.
        ("DATA 4xx", Script { data: Say("451 later"), ..POLITE }, "try again", 1),
        ("DATA 5xx", Script { data: Say("554 no"), ..POLITE }, "refused 554", 1),
        ("DATA 250", Script { data: Say("250 ok"), ..POLITE }, "try again", 1),
        ("DATA cut", Script { data: Cut, ..POLITE }, "try again", 1),
        ("DATA silence", Script { data: Silence, ..POLITE }, "try again", 1),
        ("354, then cut", Script { data: SayAndCut("354 go on"), ..POLITE }, "ambiguous", 1),
        ("cut in the message", Script { in_content: Some("552 too large"), ..POLITE }, "refused 552", 1),
        ("dot 4xx", Script { dot: Say("452 full"), ..POLITE }, "try again", 1),
        ("dot 5xx", Script { dot: Say("554 spam"), ..POLITE }, "refused 554", 1),
        ("dot 354", Script { dot: Say("354 Ok"), ..POLITE }, "ambiguous", 1),
        ("dot 251", Script { dot: Say("251 hm"), ..POLITE }, "ambiguous", 1),
        ("dot nonsense", Script { dot: Say("well done"), ..POLITE }, "ambiguous", 1),
        ("dot cut", Script { dot: Cut, ..POLITE }, "ambiguous", 1),
        ("dot silence", Script { dot: Silence, ..POLITE }, "ambiguous", 1),
        ("dot 250, then cut", Script { dot: SayAndCut("250 ok"), ..POLITE }, "sent", 1),
    ];
    for (name, script, expected, calls) in cases {
        let (delivery, called) = outcome(script);
        assert_eq!((word(&delivery).as_str(), called), (expected, calls), "{name}: {delivery:?}");
    }
}

#[test]
fn after_an_error_the_next_message_gets_a_fresh_connection() {
    let server = Server::start(vec![Script { rcpt: Say("550 no"), ..POLITE }, POLITE]);
    let mut courier = courier(server.port);
    assert_eq!(word(&deliver(&mut courier, "nobody@1stwatch.vn").0), "refused 550");
    assert_eq!(word(&deliver(&mut courier, "giam-doc@1stwatch.vn").0), "sent");
    drop(courier);
    let heard = server.heard();
    assert_eq!((heard.conversations.len(), heard.messages.len()), (2, 1));
}

#[test]
fn a_connection_that_fell_asleep_is_opened_again() {
    let server = Server::start(vec![Script { dot: SayAndCut("250 ok"), ..POLITE }, POLITE]);
    let mut courier = courier(server.port);
    assert_eq!(word(&deliver(&mut courier, "giam-doc@1stwatch.vn").0), "sent");
    assert_eq!(word(&deliver(&mut courier, "ban-hang@1stwatch.vn").0), "sent");
    drop(courier);
    assert_eq!(server.heard().messages.len(), 2);
}

#[test]
fn a_record_that_fails_keeps_the_message_in_the_house() {
    let server = Server::start(vec![POLITE]);
    let to = recipient("giam-doc@1stwatch.vn");
    let result = courier(server.port).deliver(&to, &message(&to), &mut || Err("the disk is full"));
    assert_eq!(result, Err("the disk is full"));
    let heard = server.heard();
    assert!(heard.messages.is_empty());
    assert!(!heard.conversations[0].iter().any(|line| line == "DATA"));
}

#[test]
fn a_recipient_from_elsewhere_is_refused_again_when_sending() {
    let outside = Recipient::internal("x@gmail.com", &["gmail.com".to_owned()]).unwrap();
    // Nobody listens there: it must not come to a connection.
    let delivery = courier(1).deliver(&outside, b"A: b\r\n\r\n", &mut || Ok::<_, Infallible>(()));
    assert!(matches!(delivery, Ok(Delivery::Refused { code: None, .. })), "{delivery:?}");
}

#[test]
fn nobody_listening_is_everybodys_trouble() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (delivery, calls) = deliver(&mut courier(port), "giam-doc@1stwatch.vn");
    assert_eq!((word(&delivery).as_str(), calls), ("unreachable", 0));
}

#[test]
fn a_relay_elsewhere_gets_nothing_in_plaintext() {
    let server = Server::start(vec![POLITE]);
    let relay = settings::Relay::Smtps { host: "127.0.0.1".into(), port: server.port };
    let mut courier = Courier::open(&mail_settings(relay), None).unwrap();
    let (delivery, calls) = deliver(&mut courier, "giam-doc@1stwatch.vn");
    assert_eq!((word(&delivery).as_str(), calls), ("unreachable", 0));
    assert!(!server.heard().conversations[0].iter().any(|line| line.starts_with("EHLO")));
}

#[test]
fn a_maildir_holds_the_message_once() {
    let folder = tempfile::tempdir().unwrap();
    let relay = settings::Relay::Maildir(folder.path().join("mail"));
    let mut courier = Courier::open(&mail_settings(relay), None).unwrap();
    for _ in 0..2 {
        assert_eq!(word(&deliver(&mut courier, "giam-doc@1stwatch.vn").0), "sent");
    }
    let messages = messages_in(&folder.path().join("mail"));
    assert_eq!(messages, [message(&recipient("giam-doc@1stwatch.vn"))]);
}

#[test]
fn a_real_server_takes_the_message_and_it_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mta) = Mta::start(folder.path()) else { return };
    let relay = settings::Relay::SmtpLoopback { host: "localhost".into(), port: mta.port };
    let mut courier = Courier::open(&patient(relay), None).unwrap();
    assert_eq!(word(&deliver(&mut courier, "nobody@1stwatch.vn").0), "refused 550");
    assert_eq!(word(&deliver(&mut courier, "later@1stwatch.vn").0), "try again");
    let (delivery, calls) = deliver(&mut courier, "giam-doc@1stwatch.vn");
    assert_eq!((word(&delivery).as_str(), calls), ("sent", 1), "{delivery:?}");
    for number in 0..12 {
        assert_eq!(word(&deliver(&mut courier, &format!("nhan-vien-{number}@1stwatch.vn")).0), "sent");
    }

    let messages = mta.messages(13);
    let read = messages.iter().map(|bytes| MessageParser::default().parse(bytes).unwrap());
    let to_director = |message: &mail_parser::Message| {
        message.to().and_then(|to| to.first()).and_then(|to| to.address()) == Some("giam-doc@1stwatch.vn")
    };
    let found: Vec<_> = read.filter(to_director).collect();
    let [message] = &found[..] else { panic!("{} messages", found.len()) };
    assert_eq!(message.subject(), Some(rendered().subject.as_str()));
    assert_eq!(message.from().and_then(|from| from.first()).unwrap().name(), Some("Báo cáo 1stwatch"));
    let id = message_id("release 7", &recipient("giam-doc@1stwatch.vn"), "1stwatch.vn");
    assert_eq!(message.message_id(), Some(id.as_str()));
    assert_eq!(message.body_text(0).unwrap().trim_end(), rendered().text.trim_end());
    assert_eq!(message.body_html(0).unwrap().trim_end(), rendered().html.unwrap());
    let file = message.attachment(0).unwrap();
    assert_eq!(file.attachment_name(), Some("bao-cao.pdf"));
    assert_eq!(file.contents(), rendered().attachments[0].bytes);
}

/// The authorities that are trusted come from the environment of the process, so the sending is done by
/// another: this test's own program, asked for [`sends_over_tls_for_another_test`].
#[test]
fn a_relay_elsewhere_is_reached_over_tls_when_its_certificate_holds() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mta) = Mta::start(folder.path()) else { return };
    let send = |host: &str, authority: &Path| {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "mail::sends_over_tls_for_another_test", "--ignored"])
            .env("FIRSTWATCH_TEST_HOST", host)
            .env("FIRSTWATCH_TEST_PORT", mta.tls_port.to_string())
            .env("SSL_CERT_FILE", authority)
            .env_remove("SSL_CERT_DIR")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap().success()
    };
    assert!(send("localhost", &mta.authority));
    assert_eq!(mta.messages(1).len(), 1);
    // A certificate for another name; an authority that did not sign it.
    assert!(!send("127.0.0.1", &mta.authority));
    let stranger = tempfile::tempdir().unwrap();
    certificate(stranger.path());
    assert!(!send("localhost", &stranger.path().join("authority.pem")));
    assert_eq!(mta.messages(1).len(), 1);
}

#[test]
#[ignore = "another test runs it, with an environment of its own"]
fn sends_over_tls_for_another_test() {
    let host = std::env::var("FIRSTWATCH_TEST_HOST").unwrap();
    let port = std::env::var("FIRSTWATCH_TEST_PORT").unwrap().parse().unwrap();
    let relay = settings::Relay::Smtps { host, port };
    let mut courier = Courier::open(&patient(relay), None).unwrap();
    let (delivery, _) = deliver(&mut courier, "giam-doc@1stwatch.vn");
    assert_eq!(word(&delivery), "sent", "{delivery:?}");
}
