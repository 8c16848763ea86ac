//! A small shop in a folder of its own, and the real binary to ask about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub struct Till {
    folder: TempDir,
}

/// What the binary answered.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Till {
    /// A shop in Vietnam with these `[[source]]` tables and a key; its mail goes into a maildir.
    pub fn new(sources: &str) -> Self {
        let till = Self { folder: tempfile::tempdir().unwrap() };
        till.configure("maildir:mail", sources);
        assert_eq!(till.ask(&["key", "new", till.path("master.key").to_str().unwrap()]).code, 0);
        till
    }

    pub fn configure(&self, relay: &str, sources: &str) {
        let here = self.folder.path().display();
        let relay = relay.replace("maildir:", &format!("maildir:{here}/"));
        let text = format!(
            r#"
[business]
name = "Tiệm đồng hồ"
timezone = "Asia/Ho_Chi_Minh"
language = "vi"
currency = {{ code = "VND", decimals = 0 }}
[store]
directory = "{here}/state"
socket = "{here}/control.socket"
[vault]
master_key_file = "{here}/master.key"
[mail]
relay = "{relay}"
from = "Reports <reports@1stwatch.vn>"
internal_domains = ["1stwatch.vn"]
[recipients]
managers = ["boss@1stwatch.vn"]
administrators = ["it@1stwatch.vn"]
complaints = ["cskh@1stwatch.vn"]
data_officer = ["dpo@1stwatch.vn"]
{sources}
"#
        );
        self.write("firstwatch.toml", text);
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The binary with this shop's configuration, and nothing of our own environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plain(env!("CARGO_BIN_EXE_firstwatch"));
        command.arg("--config").arg(self.path("firstwatch.toml")).args(arguments);
        command
    }

    pub fn ask(&self, arguments: &[&str]) -> Answer {
        answered(self.command(arguments).output().unwrap())
    }

    /// Its answer as JSON: one document, and nothing on standard error.
    pub fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let answer = self.ask(&[arguments, &["--format", "json"]].concat());
        assert_eq!((answer.code, answer.err.as_str()), (code, ""), "{arguments:?}: {answer:?}");
        serde_json::from_str(&answer.out)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", answer.out))
    }

    /// Pulls, and gives the run.
    pub fn pull(&self, code: i32) -> Value {
        self.json(code, &["job", "run", "pull"])["run"].clone()
    }

    /// `file:row column`, and the reason, of each rejected row.
    pub fn rejected(&self) -> Vec<(String, String)> {
        let rejected = self.json(0, &["source", "rejected"]);
        let word = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        let told = |row: &Value| {
            let place = format!("{}:{} {}", word(row, "origin"), row["row"], word(row, "column"));
            (place.trim_end().to_owned(), word(row, "reason"))
        };
        rejected.as_array().unwrap().iter().map(told).collect()
    }
}

pub fn plain(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    command
}

pub fn answered(output: Output) -> Answer {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let answer = Answer {
        // A program that a signal ended has no code.
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    assert!(!answer.err.contains("panicked"), "{}", answer.err);
    answer
}
