//! Exit codes: 0 done, 1 failed, 2 usage, 3 held or partly done, 4 not allowed, 65 bad data, 69 a
//! service is unavailable, 75 try again, 78 configuration. (2 is clap's own.)

use std::process::ExitCode;

use super::output::OutputFormat;
use crate::api::{ClientError, ErrorKind, SocketError};
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

/// Somebody else is at it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TryAgain(pub String);

/// The caller may not do this; the text says who may.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotAllowed(pub String);

/// Prints the error with its causes, and says the exit code it stands for.
pub fn report(error: &anyhow::Error, format: OutputFormat) -> ExitCode {
    let code = code_of(error);
    let message = format!("{error:#}");
    match format {
        OutputFormat::Json => print_json(&message, code),
        OutputFormat::Human => anstream::eprintln!("firstwatch: {message}"),
    }
    ExitCode::from(code)
}

/// What clap has to say: help and version, or how the command is to be called.
pub fn usage(error: &clap::Error, format: OutputFormat) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(FAILED);
    if error.use_stderr() && format == OutputFormat::Json {
        print_json(error.to_string().trim_end(), code);
    } else {
        // There is nobody left to tell that nothing can be printed.
        drop(error.print());
    }
    ExitCode::from(code)
}

/// `{"error": {"message", "exit_code"}}`.
fn print_json(message: &str, code: u8) {
    anstream::eprintln!("{}", serde_json::json!({ "error": { "message": message, "exit_code": code } }));
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
            ClientError::NoDaemon { .. } | ClientError::NoAnswer { .. } => UNAVAILABLE,
            ClientError::Protocol(_) => FAILED,
        };
    }
    if let Some(error) = error.downcast_ref::<OpenError>() {
        return match error {
            OpenError::Configuration(_) => CONFIGURATION,
            OpenError::Busy => TRY_AGAIN,
            OpenError::Store(_) if is_denied(error) => NOT_ALLOWED,
            OpenError::Store(_)
            | OpenError::Vault(_)
            | OpenError::Erasures(_)
            | OpenError::Upgrade { .. } => FAILED,
        };
    }
    if let Some(SocketError::Elsewhere { .. }) = error.downcast_ref() {
        return CONFIGURATION;
    }
    if error.downcast_ref::<NotAllowed>().is_some() {
        return NOT_ALLOWED;
    }
    if error.downcast_ref::<BadConfiguration>().is_some() {
        return CONFIGURATION;
    }
    if error.downcast_ref::<BadData>().is_some() {
        return BAD_DATA;
    }
    if error.downcast_ref::<TryAgain>().is_some() {
        return TRY_AGAIN;
    }
    FAILED
}

/// Whether the operating system said no to this user.
fn is_denied(error: &(dyn std::error::Error + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}
