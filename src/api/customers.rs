//! The routes of customers. Whoever asks says why, so each is a POST.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Extension, Json, Router};

use super::answer::{Answer, Caller, OpenHouse, answer};
use crate::domain::ids::CustomerNo;
use crate::jobs::House;
use crate::operations::customers::{
    self, CorrectRequest, EraseRequest, FindRequest, HistoryRequest, ShowRequest, StatementRequest,
};

pub(super) fn routes() -> Router<Arc<House>> {
    Router::new()
        .route("/v1/customers/find", post(post_find))
        .route("/v1/customers/{number}/show", post(post_show))
        .route("/v1/customers/{number}/corrections", post(post_correction))
        .route("/v1/customers/{number}/history", post(post_history))
        .route("/v1/customers/{number}/statement", post(post_statement))
        .route("/v1/customers/{number}/erase", post(post_erase))
}

async fn post_find(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Json(request): Json<FindRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| customers::find(house, actor, &request)).await
}

async fn post_show(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<CustomerNo>,
    Json(request): Json<ShowRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| customers::show(house, actor, number, &request)).await
}

async fn post_correction(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<CustomerNo>,
    Json(request): Json<CorrectRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| customers::correct(house, actor, number, &request)).await
}

async fn post_history(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<CustomerNo>,
    Json(request): Json<HistoryRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| customers::history(house, actor, number, &request)).await
}

async fn post_statement(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<CustomerNo>,
    Json(request): Json<StatementRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| customers::statement(house, actor, number, &request)).await
}

async fn post_erase(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<CustomerNo>,
    Json(request): Json<EraseRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| customers::erase(house, actor, number, &request)).await
}
