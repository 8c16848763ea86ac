//! How an operation's error travels.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::operations;

/// What kind of error it is; the command line turns it into an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorKind {
    NotAllowed,
    NotFound,
    BadRequest,
    TryAgain,
    Unavailable,
    Failed,
}

/// The body of an error.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ErrorBody {
    pub error: ErrorDetail,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ErrorDetail {
    pub kind: ErrorKind,
    pub message: String,
}

/// An operation's error on its way out.
pub(super) struct Refusal(pub operations::Error);

impl From<operations::Error> for Refusal {
    fn from(error: operations::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        use operations::Error as E;
        let (status, kind) = match &self.0 {
            E::NotAllowed(_) => (StatusCode::FORBIDDEN, ErrorKind::NotAllowed),
            E::NotFound { .. } => (StatusCode::NOT_FOUND, ErrorKind::NotFound),
            E::BadRequest(_) => (StatusCode::BAD_REQUEST, ErrorKind::BadRequest),
            E::TryAgain(_) => (StatusCode::CONFLICT, ErrorKind::TryAgain),
            E::Unavailable(_) => (StatusCode::BAD_GATEWAY, ErrorKind::Unavailable),
            E::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Failed),
        };
        let body = ErrorBody { error: ErrorDetail { kind, message: self.0.to_string() } };
        (status, Json(body)).into_response()
    }
}
