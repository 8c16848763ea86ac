//! `key new`: makes a master key.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

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

pub fn run(command: KeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::New { file } => {
            MasterKey::generate()?.write_new(&file)?;
            anstream::println!("wrote {}", file.display());
            anstream::println!(
                "Keep a copy where backups are not: without it nobody can read the customers again."
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}
