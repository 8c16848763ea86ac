//! The client: the same requests over the daemon's socket, or to the router in this process.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Buf;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;
use tower::ServiceExt;
use zeroize::Zeroizing;

use super::answer::overwritten_json;
use super::error::{ErrorBody, ErrorKind};
use super::router::router;
use crate::domain::actor::Actor;
use crate::jobs::House;

/// After this long, whoever waits is told what for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{message}")]
    Refused { kind: ErrorKind, message: String },
    #[error("no daemon answers at {path}")]
    NoDaemon {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the daemon at {path} ended before it answered; its log says why (`journalctl -u firstwatch`)")]
    NoAnswer { path: String },
    #[error("the daemon's answer does not fit this version of firstwatch: {0}")]
    Protocol(String),
}

/// Reaches the operations.
pub enum Client {
    Socket(PathBuf),
    InProcess { router: Router, actor: Actor },
}

impl Client {
    /// A client of the house in this process; the caller is who this process is.
    pub fn in_process(house: Arc<House>, actor: Actor) -> Self {
        Self::InProcess { router: router(house), actor }
    }

    /// # Errors
    /// [`ClientError`].
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// # Errors
    /// [`ClientError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = overwritten_json(body).map_err(|error| ClientError::Protocol(error.to_string()))?;
        self.send(Method::POST, path, Body::from(body)).await
    }

    /// Sends a file as it is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn post_file<T: DeserializeOwned>(
        &self,
        path: &str,
        content: Vec<u8>,
    ) -> Result<T, ClientError> {
        self.send(Method::POST, path, Body::from(Bytes::from_owner(Zeroizing::new(content)))).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<T, ClientError> {
        let (status, bytes) = match self {
            Self::Socket(socket) => {
                let only_reads = method == Method::GET;
                let answer = over_socket(socket, request(method, path, body)?);
                let answer = if only_reads { telling_of_waiting(answer).await } else { answer.await };
                match answer {
                    // The daemon was restarted just then; to ask once more changes nothing.
                    Err(ClientError::NoAnswer { .. }) if only_reads => {
                        over_socket(socket, request(Method::GET, path, Body::empty())?).await?
                    }
                    answer => answer?,
                }
            }
            Self::InProcess { router, actor } => {
                let mut request = request(method, path, body)?;
                request.extensions_mut().insert(actor.clone());
                let response = router
                    .clone()
                    .oneshot(request)
                    .await
                    .map_err(|error| ClientError::Protocol(error.to_string()))?;
                (response.status(), collect(response.into_body()).await?)
            }
        };
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|error| ClientError::Protocol(error.to_string()));
        }
        match serde_json::from_slice::<ErrorBody>(&bytes) {
            Ok(body) => Err(ClientError::Refused { kind: body.error.kind, message: body.error.message }),
            // The framework's own refusals (a body or a query that does not parse) are plain text.
            Err(_) => Err(ClientError::Refused {
                kind: if status == StatusCode::NOT_FOUND {
                    ErrorKind::NotFound
                } else {
                    ErrorKind::BadRequest
                },
                message: String::from_utf8_lossy(&bytes).into_owned(),
            }),
        }
    }
}

fn request(method: Method, path: &str, body: Body) -> Result<Request<Body>, ClientError> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "firstwatch")
        .header("content-type", "application/json")
        .body(body)
        .map_err(|error| ClientError::Protocol(error.to_string()))
}

/// Whoever only reads has an answer at once, unless systemd holds the socket for a daemon that does not come up.
async fn telling_of_waiting<T>(answer: impl Future<Output = T>) -> T {
    let mut answer = std::pin::pin!(answer);
    if let Ok(answer) = tokio::time::timeout(PATIENCE, &mut answer).await {
        return answer;
    }
    tracing::warn!(
        "waiting for the daemon, which does not answer yet; `systemctl status firstwatch` says why"
    );
    answer.await
}

async fn over_socket(
    socket: &PathBuf,
    request: Request<Body>,
) -> Result<(StatusCode, Zeroizing<Vec<u8>>), ClientError> {
    // Whoever opened the connection may be systemd, and the daemon not come up; or it stopped on the way.
    let broken = |error: hyper::Error| {
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() || is_cut_off(&error) {
            ClientError::NoAnswer { path: socket.display().to_string() }
        } else {
            ClientError::Protocol(error.to_string())
        }
    };
    let stream = UnixStream::connect(socket)
        .await
        .map_err(|source| ClientError::NoDaemon { path: socket.display().to_string(), source })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(broken)?;
    let status = response.status();
    let bytes = collect(response.into_body()).await?;
    drop(sender);
    driver.abort();
    Ok((status, bytes))
}

fn is_cut_off(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| {
        matches!(cause.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
    })
}

/// The whole body, overwritten when it has been read.
async fn collect<B>(body: B) -> Result<Zeroizing<Vec<u8>>, ClientError>
where
    B: hyper::body::Body,
    B::Error: std::fmt::Display,
{
    let collected = body.collect().await.map_err(|error| ClientError::Protocol(error.to_string()))?;
    let mut parts = collected.aggregate();
    let mut whole = Zeroizing::new(Vec::with_capacity(parts.remaining()));
    while parts.has_remaining() {
        let part = parts.chunk();
        whole.extend_from_slice(part);
        let length = part.len();
        parts.advance(length);
    }
    Ok(whole)
}
