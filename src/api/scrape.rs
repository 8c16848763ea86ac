//! Metrics as a text: over the control socket, and at a port of this machine for watchers that know no sockets.
//!
//! Whoever reads the port is not asked who they are, so it tells figures alone and takes no other request.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use tokio::net::TcpListener;

use super::answer::{Answer, Caller, OpenHouse, off_the_workers};
use crate::domain::actor::Actor;
use crate::jobs::House;
use crate::operations::metrics::{self, Metric, MetricKind};

/// The text format of Prometheus, version 0.0.4.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`, as the caller.
pub(super) async fn get_metrics(State(house): OpenHouse, Extension(actor): Caller) -> Answer {
    let metrics = off_the_workers(house, move |house| metrics::metrics(house, &actor)).await?;
    Ok(([(CONTENT_TYPE, TEXT)], Body::from(prometheus_text(&metrics))).into_response())
}

/// Serves `GET /metrics`, and nothing else, to whoever reaches the port, until `stop` resolves. The daemon itself is who
/// asks.
///
/// # Errors
/// When the listener fails.
pub async fn serve_port(
    listener: TcpListener,
    house: Arc<House>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().route("/metrics", get(get_metrics)).with_state(house);
    axum::serve(listener, router.layer(Extension(Actor::Daemon))).with_graceful_shutdown(stop).await
}

/// Opens the port, which the settings have checked to be this machine's.
///
/// # Errors
/// When somebody else has it.
pub async fn bind_port(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// The metrics in the text format of Prometheus.
pub fn prometheus_text(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for Metric { name, help, kind, samples } in metrics {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        };
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing into a text cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for sample in samples {
            let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let labels = sample.labels.iter().map(|(label, value)| format!("{label}=\"{}\"", quoted(value)));
            let labels = labels.collect::<Vec<_>>().join(",");
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            let _ = writeln!(text, "{name}{labels} {}", sample.value);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::metrics::Sample;

    #[test]
    fn the_text_is_that_of_prometheus() {
        let sample = |labels: &[(&str, &str)], value| Sample {
            labels: labels.iter().map(|&(label, value)| (label.to_owned(), value.to_owned())).collect(),
            value,
        };
        let metrics = [
            Metric {
                name: "firstwatch_runs_total".to_owned(),
                help: "One line,\nor \\ two.".to_owned(),
                kind: MetricKind::Counter,
                samples: vec![
                    sample(&[("job", "pull"), ("outcome", "done")], 3.0),
                    sample(&[("job", "a\"b\\c\nd")], 0.0),
                ],
            },
            Metric {
                name: "firstwatch_store_free_bytes".to_owned(),
                help: "What is left.".to_owned(),
                kind: MetricKind::Gauge,
                samples: vec![sample(&[], 1_795_392_310.25), sample(&[], 1e15)],
            },
        ];
        let expected = "\
# HELP firstwatch_runs_total One line,\\nor \\\\ two.
# TYPE firstwatch_runs_total counter
firstwatch_runs_total{job=\"pull\",outcome=\"done\"} 3
firstwatch_runs_total{job=\"a\\\"b\\\\c\\nd\"} 0
# HELP firstwatch_store_free_bytes What is left.
# TYPE firstwatch_store_free_bytes gauge
firstwatch_store_free_bytes 1795392310.25
firstwatch_store_free_bytes 1000000000000000
";
        assert_eq!(prometheus_text(&metrics), expected);
    }
}
