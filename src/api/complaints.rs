//! The routes of complaints.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;

use super::answer::{Answer, Caller, OpenHouse, answer};
use super::error::Refusal;
use crate::domain::ids::ComplaintNo;
use crate::domain::period::Period;
use crate::jobs::House;
use crate::operations::Error;
use crate::operations::complaints::{
    self, AddRequest, ChangeRequest, CompensateRequest, ImportRequest, ListRequest,
};

/// The largest file that can be handed over, in bytes: it is held in memory, for its words must not lie on a disk in
/// the clear.
pub const LARGEST_FILE: usize = 64 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InPeriod {
    period: Option<Period>,
}

/// How the file is written, as the JSON of an [`ImportRequest`]; the file itself is the body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandedOver {
    how: String,
}

pub(super) fn routes() -> Router<Arc<House>> {
    let import = post(post_import).layer(DefaultBodyLimit::max(LARGEST_FILE));
    Router::new()
        .route("/v1/complaints", get(get_complaints).post(post_complaint))
        .route("/v1/complaints/compensations", get(get_compensations))
        .route("/v1/complaints/import", import)
        .route("/v1/complaints/{number}", get(get_complaint))
        .route("/v1/complaints/{number}/explain", get(get_explained))
        .route("/v1/complaints/{number}/changes", post(post_change))
        .route("/v1/complaints/{number}/compensations", post(post_compensation))
}

async fn get_complaints(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(mut request): Query<ListRequest>,
) -> Answer {
    request.limit.get_or_insert(complaints::LISTED_AT_MOST);
    answer(house, actor, move |house, actor| complaints::list(house, actor, &request)).await
}

async fn post_complaint(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Json(request): Json<AddRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| complaints::add(house, actor, request)).await
}

async fn get_compensations(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(InPeriod { period }): Query<InPeriod>,
) -> Answer {
    answer(house, actor, move |house, actor| complaints::compensations(house, actor, period)).await
}

async fn post_import(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(HandedOver { how }): Query<HandedOver>,
    content: Bytes,
) -> Answer {
    let request: ImportRequest = serde_json::from_str(&how)
        .map_err(|error| Refusal(Error::BadRequest(format!("how the file is written: {error}"))))?;
    answer(house, actor, move |house, actor| complaints::import(house, actor, &request, &content)).await
}

async fn get_complaint(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<ComplaintNo>,
) -> Answer {
    answer(house, actor, move |house, actor| complaints::show(house, actor, number)).await
}

async fn get_explained(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<ComplaintNo>,
) -> Answer {
    answer(house, actor, move |house, actor| complaints::explain(house, actor, number)).await
}

async fn post_change(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<ComplaintNo>,
    Json(request): Json<ChangeRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| complaints::change(house, actor, number, request)).await
}

async fn post_compensation(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(number): Path<ComplaintNo>,
    Json(request): Json<CompensateRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| complaints::compensate(house, actor, number, request)).await
}
