//! `metrics`: the house in figures.

use std::process::ExitCode;

use super::Session;
use crate::api;
use crate::operations::metrics::Metric;

pub(super) async fn metrics(session: &Session) -> anyhow::Result<ExitCode> {
    let metrics: Vec<Metric> = session.client.get("/v1/metrics").await?;
    session.print(&metrics, |metrics| api::prometheus_text(metrics))?;
    Ok(ExitCode::SUCCESS)
}
