//! Exit codes: 0 done, 1 failed, 2 usage, 3 held or partly done, 4 not allowed, 65 bad data, 69 a
//! service is unavailable, 75 try again, 78 configuration. (2 is clap's own.)

use std::process::ExitCode;

use crate::api::{ClientError, ErrorKind};
use crate::jobs::OpenError;

pub const FAILED: u8 = 1;
pub const HELD: u8 = 3;
pub const NOT_ALLOWED: u8 = 4;
pub const BAD_DATA: u8 = 65;
pub const UNAVAILABLE: u8 = 69;
pub const TRY_AGAIN: u8 = 75;
pub const CONFIGURATION: u8 = 78;

/// The configuration has problems; they have been printed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadConfiguration(pub String);

/// Input that a person gave is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadData(pub String);

/// Prints the error with its causes, and says the exit code it stands for.
pub fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let code = code_of(error);
    if json {
        let body = serde_json::json!({ "error": { "message": format!("{error:#}"), "exit_code": code } });
        anstream::eprintln!("{body}");
    } else {
        anstream::eprintln!("firstwatch: {error:#}");
    }
    ExitCode::from(code)
}

fn code_of(error: &anyhow::Error) -> u8 {
    if let Some(error) = error.downcast_ref::<ClientError>() {
        return match error {
            ClientError::Refused { kind, .. } => match kind {
                ErrorKind::NotAllowed => NOT_ALLOWED,
                ErrorKind::NotFound | ErrorKind::BadRequest => BAD_DATA,
                ErrorKind::TryAgain => TRY_AGAIN,
                ErrorKind::Unavailable => UNAVAILABLE,
                ErrorKind::Failed => FAILED,
            },
            ClientError::NoDaemon { .. } => UNAVAILABLE,
            ClientError::Protocol(_) => FAILED,
        };
    }
    if let Some(error) = error.downcast_ref::<OpenError>() {
        return match error {
            OpenError::Configuration(_) => CONFIGURATION,
            OpenError::Busy => TRY_AGAIN,
            OpenError::Store(_) | OpenError::Vault(_) => FAILED,
        };
    }
    if error.downcast_ref::<BadConfiguration>().is_some() {
        return CONFIGURATION;
    }
    if error.downcast_ref::<BadData>().is_some() {
        return BAD_DATA;
    }
    FAILED
}
