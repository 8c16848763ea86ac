//! `key new`: makes a master key.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::output::{self, OutputFormat};
use crate::vault::MasterKey;

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a master key file (mode 0600); an existing file is never overwritten
    #[command(after_help = "Example:  firstwatch key new /etc/firstwatch/master.key")]
    New {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub fn run(command: KeyCommand, format: OutputFormat) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::New { file } => {
            MasterKey::generate()?.write_new(&file)?;
            output::print(&json!({ "master_key_file": file }), format, |_| {
                let keep =
                    "Keep a copy where backups are not: without it nobody can read the customers again.";
                format!("wrote {}\n{keep}", file.display())
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
