//! The routes: each names its operation and nothing more.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Caller, OpenHouse, answer, off_the_workers, told};
use super::{complaints, customers, payments, scrape};
use crate::domain::actor::Actor;
use crate::domain::ids::{JobName, OutboxId, ReleaseId, RunId, SourceName};
use crate::domain::period::Period;
use crate::jobs::{House, Trigger};
use crate::operations::{
    self, about, audit, backups, keys, metrics, outbox, releases, runs, sources, status,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    job: Option<JobName>,
    source: Option<SourceName>,
    state: Option<String>,
    period: Option<Period>,
    limit: Option<u32>,
}

impl Filter {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(50)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseRequest {
    paused: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionRequest {
    decision: outbox::Decision,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResendRequest {
    to: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CopyRequest {
    /// Its name or its absolute path; the newest when not given.
    copy: Option<String>,
}

/// The router over an open house. The caller's [`Actor`] comes as an extension of each request.
pub fn router(house: Arc<House>) -> Router {
    Router::new()
        .route("/v1/about", get(get_about))
        .route("/v1/status", get(get_status))
        .route("/v1/metrics", get(get_metrics))
        .route("/metrics", get(scrape::get_metrics))
        .route("/v1/jobs", get(get_jobs))
        .route("/v1/jobs/{name}", get(get_job))
        .route("/v1/jobs/{name}/run", post(post_run))
        .route("/v1/jobs/{name}/pause", post(post_pause))
        .route("/v1/runs", get(get_runs))
        .route("/v1/runs/{id}", get(get_run))
        .route("/v1/runs/{id}/retry", post(post_retry))
        .route("/v1/reports", get(get_reports))
        .route("/v1/reports/{id}", get(get_report))
        .route("/v1/reports/{id}/parts", get(get_parts))
        .route("/v1/reports/{id}/verify", post(post_verify_report))
        .route("/v1/reports/{id}/resend", post(post_resend))
        .route("/v1/previews/{job}", post(post_preview))
        .route("/v1/outbox", get(get_outbox))
        .route("/v1/outbox/{id}", post(post_decision))
        .route("/v1/sources", get(get_sources))
        .route("/v1/sources/{name}/test", post(post_test))
        .route("/v1/rejected", get(get_rejected))
        .route("/v1/audit", get(get_audit))
        .route("/v1/audit/verify", post(post_verify).layer(DefaultBodyLimit::max(complaints::LARGEST_FILE)))
        .route("/v1/audit/head", get(get_head))
        .route("/v1/backups", get(get_backups).post(post_backup))
        .route("/v1/backups/verify", post(post_verify_backup))
        .route("/v1/key/rotate", post(post_rotate))
        .route("/v1/key/finish", post(post_finish))
        .merge(complaints::routes())
        .merge(customers::routes())
        .merge(payments::routes())
        .with_state(house)
}

async fn get_about(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, about::about).await
}

async fn get_status(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, status::status).await
}

async fn get_metrics(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, metrics::metrics).await
}

async fn get_jobs(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, runs::list_jobs).await
}

async fn get_job(State(house): OpenHouse, Extension(actor): Caller, Path(name): Path<JobName>) -> Answer {
    answer(house, actor, move |house, actor| runs::show_job(house, actor, &name)).await
}

async fn post_run(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(name): Path<JobName>,
    Json(request): Json<runs::RunRequest>,
) -> Answer {
    if request.dry_run {
        let dry = move |house: &House, actor: &Actor| runs::dry_run(house, actor, &name, &request);
        return answer(house, actor, move |house, actor| Ok(json!({ "dry_run": dry(house, actor)? }))).await;
    }
    let wait = request.wait;
    let prepare = move |house: &House, actor: &Actor| runs::prepare(house, actor, &name, &request);
    if wait {
        return answer(house, actor, move |house, actor| {
            let prepared = prepare(house, actor)?;
            Ok(json!({ "run": runs::carry_out(house, prepared, Trigger::Manual)? }))
        })
        .await;
    }
    let begin = move |house: &House| {
        let prepared = prepare(house, &actor)?;
        let begun = runs::begin(house, &prepared, Trigger::Manual)?;
        Ok::<_, operations::Error>((prepared, begun))
    };
    let (prepared, begun) = off_the_workers(house.clone(), begin).await?;
    let claimed = match begun {
        runs::Begun::Joined(run) => return told(&json!({ "joined": run })),
        runs::Begun::Ours(claimed) => claimed,
    };
    tokio::task::spawn_blocking(move || {
        if let Err(error) = runs::finish(&house, claimed) {
            tracing::error!(%error, "a run by hand could not be recorded");
        }
    });
    told(&json!({ "started": prepared }))
}

async fn post_pause(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(name): Path<JobName>,
    Json(request): Json<PauseRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| runs::pause(house, actor, &name, request.paused)).await
}

async fn get_runs(State(house): OpenHouse, Extension(actor): Caller, Query(filter): Query<Filter>) -> Answer {
    answer(house, actor, move |house, actor| {
        runs::list_runs(house, actor, filter.job.as_ref(), filter.limit())
    })
    .await
}

async fn get_run(State(house): OpenHouse, Extension(actor): Caller, Path(id): Path<RunId>) -> Answer {
    answer(house, actor, move |house, actor| runs::show_run(house, actor, id)).await
}

async fn post_retry(State(house): OpenHouse, Extension(actor): Caller, Path(id): Path<RunId>) -> Answer {
    answer(house, actor, move |house, actor| runs::retry_run(house, actor, id)).await
}

async fn get_reports(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(filter): Query<Filter>,
) -> Answer {
    answer(house, actor, move |house, actor| releases::list(house, actor, filter.limit())).await
}

async fn get_report(State(house): OpenHouse, Extension(actor): Caller, Path(id): Path<ReleaseId>) -> Answer {
    answer(house, actor, move |house, actor| releases::show(house, actor, id)).await
}

async fn get_parts(State(house): OpenHouse, Extension(actor): Caller, Path(id): Path<ReleaseId>) -> Answer {
    answer(house, actor, move |house, actor| releases::parts(house, actor, id)).await
}

async fn post_verify_report(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(id): Path<ReleaseId>,
) -> Answer {
    answer(house, actor, move |house, actor| releases::verify(house, actor, id)).await
}

async fn post_resend(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(id): Path<ReleaseId>,
    Json(request): Json<ResendRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| releases::resend(house, actor, id, &request.to)).await
}

async fn post_preview(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(job): Path<JobName>,
    Query(filter): Query<Filter>,
) -> Answer {
    answer(house, actor, move |house, actor| releases::preview(house, actor, &job, filter.period)).await
}

async fn get_outbox(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(filter): Query<Filter>,
) -> Answer {
    answer(house, actor, move |house, actor| {
        let state = filter.state.as_deref().map(outbox::state).transpose()?;
        outbox::list(house, actor, state, filter.limit())
    })
    .await
}

async fn post_decision(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(id): Path<OutboxId>,
    Json(request): Json<DecisionRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| outbox::decide(house, actor, id, request.decision)).await
}

async fn get_sources(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, sources::list).await
}

async fn post_test(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Path(name): Path<SourceName>,
) -> Answer {
    answer(house, actor, move |house, actor| sources::test(house, actor, &name)).await
}

async fn get_rejected(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(filter): Query<Filter>,
) -> Answer {
    answer(house, actor, move |house, actor| sources::rejected(house, actor, filter.source.as_ref())).await
}

async fn get_audit(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Query(filter): Query<Filter>,
) -> Answer {
    answer(house, actor, move |house, actor| audit::list(house, actor, filter.limit())).await
}

async fn post_verify(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Json(request): Json<audit::VerifyRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| audit::verify(house, actor, &request)).await
}

async fn get_head(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, audit::head).await
}

async fn post_backup(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, backups::create).await
}

async fn get_backups(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, backups::list).await
}

async fn post_verify_backup(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Json(request): Json<CopyRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| backups::verify(house, actor, request.copy.as_deref())).await
}

async fn post_rotate(
    State(house): OpenHouse,
    Extension(actor): Caller,
    Json(request): Json<keys::RotateRequest>,
) -> Answer {
    answer(house, actor, move |house, actor| keys::rotate(house, actor, &request)).await
}

async fn post_finish(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    answer(house, actor, keys::finish).await
}
