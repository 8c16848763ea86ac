//! How a request becomes an operation and its result an answer.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use zeroize::Zeroizing;

use super::error::Refusal;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::operations;

pub(super) type Answer = Result<Response, Refusal>;
pub(super) type OpenHouse = State<Arc<House>>;
pub(super) type Caller = Extension<Actor>;

/// Runs a synchronous operation off the async workers. A panic in it is a failed operation, not a dead daemon.
pub(super) async fn answer<T, F>(house: Arc<House>, actor: Actor, operation: F) -> Answer
where
    T: Serialize + Send + 'static,
    F: FnOnce(&House, &Actor) -> operations::Result<T> + Send + 'static,
{
    let result = off_the_workers(house, move |house| operation(house, &actor)).await?;
    told(&result)
}

/// The answer as JSON.
pub(super) fn told(answer: &impl Serialize) -> Answer {
    let body = overwritten_json(answer).map_err(|error| operations::Error::Failed(error.into()))?;
    Ok(([(CONTENT_TYPE, "application/json")], Body::from(body)).into_response())
}

/// Written once, and overwritten when it has been sent: it may be a person's data. It is measured first, for a buffer that
/// grows leaves copies behind.
pub(super) fn overwritten_json(value: &impl Serialize) -> serde_json::Result<Bytes> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, value)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0));
    serde_json::to_writer(&mut *bytes, value)?;
    Ok(Bytes::from_owner(bytes))
}

struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) async fn off_the_workers<T: Send + 'static>(
    house: Arc<House>,
    operation: impl FnOnce(&House) -> operations::Result<T> + Send + 'static,
) -> operations::Result<T> {
    tokio::task::spawn_blocking(move || operation(&house)).await.map_err(|_| {
        operations::Error::Failed(anyhow::anyhow!("the operation panicked; this is a bug of firstwatch"))
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_the_value_and_its_buffer_never_grew() {
        let value = serde_json::json!({ "name": "Đặng Thị \"Huyền\"", "orders": [1, 2], "none": null });
        let bytes = overwritten_json(&value).unwrap();
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), value);
        assert_eq!(bytes, serde_json::to_vec(&value).unwrap());
    }
}
