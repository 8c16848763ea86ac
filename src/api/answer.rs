//! How a request becomes an operation and its result an answer.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Value;

use super::error::Refusal;
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::operations;

pub(super) type Answer = Result<Json<Value>, Refusal>;
pub(super) type OpenHouse = State<Arc<House>>;
pub(super) type Caller = Extension<Actor>;

/// Runs a synchronous operation off the async workers. A panic in it is a failed operation, not a dead daemon.
pub(super) async fn answer<T, F>(house: Arc<House>, actor: Actor, operation: F) -> Answer
where
    T: Serialize + Send + 'static,
    F: FnOnce(&House, &Actor) -> operations::Result<T> + Send + 'static,
{
    let result = off_the_workers(house, move |house| operation(house, &actor)).await?;
    let value = serde_json::to_value(result).map_err(|error| operations::Error::Failed(error.into()))?;
    Ok(Json(value))
}

pub(super) async fn off_the_workers<T: Send + 'static>(
    house: Arc<House>,
    operation: impl FnOnce(&House) -> operations::Result<T> + Send + 'static,
) -> operations::Result<T> {
    tokio::task::spawn_blocking(move || operation(&house)).await.map_err(|_| {
        operations::Error::Failed(anyhow::anyhow!("the operation panicked; this is a bug of firstwatch"))
    })?
}
