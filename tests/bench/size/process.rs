//! Measurements in processes of their own, which tell what they found as one line of JSON.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// What a measurement found, by name; times in seconds, memory in MiB.
#[derive(Debug, Default)]
pub struct Measured(BTreeMap<String, Value>);

impl Measured {
    pub fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    pub fn number(&self, name: &str) -> f64 {
        self.0
            .get(name)
            .and_then(Value::as_f64)
            .unwrap_or_else(|| panic!("no {name} was measured: {:?}", self.0))
    }

    pub fn text(&self, name: &str) -> String {
        self.0
            .get(name)
            .map_or_else(String::new, |it| it.as_str().map_or_else(|| it.to_string(), str::to_owned))
    }

    /// For the process that asked.
    pub fn tell(mut self) {
        self.note("memory", peak());
        println!("{}", json!(self.0));
    }

    /// Off the last line that a process printed.
    pub fn of(mut command: Command) -> Self {
        let output = command.stderr(Stdio::inherit()).output().expect("a process");
        assert!(output.status.success(), "{command:?} failed");
        let said = String::from_utf8(output.stdout).expect("a text");
        let last = said.lines().last().unwrap_or_default();
        Self(serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}")))
    }

    /// This program, asked for one measurement.
    pub fn by_itself(what: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg("--measure").args(what);
        Self::of(command)
    }
}

/// The most memory that this process has had, in MiB.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}
