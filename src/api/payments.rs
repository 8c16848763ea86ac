//! The routes of payments.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};

use super::answer::{Answer, Caller, OpenHouse, answer};
use crate::jobs::House;
use crate::operations::payments::{self, AnswerRequest, ListRequest};

pub(super) fn routes() -> Router<Arc<House>> {
    Router::new().route("/v1/payments", get(get_payments)).route("/v1/payments/answers", post(post_answer))
}

async fn get_payments(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(request): Query<ListRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| payments::list(house, actor, &request)).await
}

async fn post_answer(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Json(request): Json<AnswerRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| payments::answer(house, actor, &request)).await
}
