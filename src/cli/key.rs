//! `key new`: makes a master key; and how the house is asked to go over to another one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::exit::BadData;
use super::output::{self, OutputFormat};
use crate::vault::{KeyOrigin, MasterKey, key_mark};

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a master key file (mode 0600); an existing file is never overwritten
    #[command(after_help = "Example:  firstwatch key new /etc/firstwatch/master.key")]
    New {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Tell the mark of a master key file: eight digits by which backups and errors name it, and which tell nothing of it
    #[command(after_help = "Example:  firstwatch key mark /etc/firstwatch/master.key")]
    Mark {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Go over to another master key, while everything goes on
    #[command(after_help = "Example:  firstwatch key rotate /etc/firstwatch/master.key.new\n\n\
                            Every data key is wrapped anew; sealed data, look-ups and pseudonyms stay as they are. Until \
                            the new key stands in the old one's place and --finish (or a restart) was asked for, both \
                            open the store.")]
    Rotate(RotateArguments),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RotateArguments {
    /// The new key, made by `firstwatch key new`
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Put the old key out of use: the new one is in its place
    #[arg(long)]
    pub finish: bool,
}

pub fn new(file: PathBuf, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let master = MasterKey::generate()?;
    master.write_new(&file)?;
    let mark = key_mark(&master.fingerprint());
    output::print(&json!({ "master_key_file": file, "mark": mark }), format, |_| {
        let keep = "Keep a copy where backups are not: without it nobody can read the customers again.";
        format!("wrote {}, the master key {mark}\n{keep}", file.display())
    })?;
    Ok(ExitCode::SUCCESS)
}

pub fn mark(file: &Path, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let master = MasterKey::read(file, KeyOrigin::Credential)
        .map_err(|error| BadData(format!("{:#}", anyhow::Error::from(error))))?;
    let mark = key_mark(&master.fingerprint());
    output::print(&json!({ "mark": mark }), format, |_| mark.clone())?;
    Ok(ExitCode::SUCCESS)
}
