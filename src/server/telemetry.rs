//! The port beside the service's: Prometheus metrics, liveness and readiness, over HTTP/1.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use super::ServerError;
use super::observed::{IN_FLIGHT, REQUESTS, SECONDS};
use crate::service::workers::{DOCUMENTS, QUEUE_DOCUMENTS, QUEUE_SECONDS, TEXT_BYTES, WORDPIECES};

/// The version that runs, always 1.
const BUILD_INFO: &str = "dateline_build_info";
/// Upper bounds of the buckets of all durations, in seconds.
const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
/// How long a client may take to send its request.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

/// Whether the service answers calls now.
#[derive(Clone, Default)]
pub struct Ready(Arc<AtomicBool>);

impl Ready {
    /// From now on.
    pub fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Relaxed);
    }
}

/// The metrics of this process: they are global, so there is one recorder, however many servers run.
fn recorder() -> Result<PrometheusHandle, BuildError> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let recorder = RECORDER.get_or_init(|| {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())?;
        metrics::describe_counter!(REQUESTS, "Calls answered, by method and gRPC code");
        metrics::describe_histogram!(SECONDS, "From a call's first byte to its last, by method");
        metrics::describe_gauge!(IN_FLIGHT, "Calls that are being answered");
        metrics::describe_counter!(DOCUMENTS, "Documents, by outcome: read, late, abandoned, refused, failed");
        metrics::describe_counter!(TEXT_BYTES, "Bytes of text read");
        metrics::describe_counter!(WORDPIECES, "Wordpieces that the network read");
        metrics::describe_gauge!(QUEUE_DOCUMENTS, "Documents that wait for a worker");
        metrics::describe_histogram!(QUEUE_SECONDS, "How long documents waited for a worker");
        metrics::describe_gauge!(BUILD_INFO, "The version that runs, always 1");
        metrics::gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(handle)
    });
    recorder.clone().map_err(BuildError::FailedToCreateHTTPListener)
}

/// A port that is taken and does not answer yet.
pub struct Telemetry {
    listener: TcpListener,
    handle: PrometheusHandle,
    ready: Ready,
}

impl Telemetry {
    /// Takes the port and begins to record.
    ///
    /// # Errors
    /// If the port is not to be had.
    pub async fn bind(address: SocketAddr, ready: Ready) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(address).await.map_err(|e| ServerError::Listen(address, e))?;
        let handle = recorder().map_err(|e| ServerError::Metrics(e.to_string()))?;
        let address = listener.local_addr().map_err(|e| ServerError::Listen(address, e))?;
        tracing::info!(%address, "metrics");
        Ok(Self { listener, handle, ready })
    }

    /// Answers for as long as the process lives, also while the service drains.
    pub async fn serve(self) -> Infallible {
        let Self { listener, handle, ready } = self;
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (handle, ready) = (handle.clone(), ready.clone());
            let service = service_fn(move |request| {
                let response = answer(&request, &handle, &ready);
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    }
}

fn answer(request: &Request<Incoming>, handle: &PrometheusHandle, ready: &Ready) -> Response<String> {
    let get = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, body) = match request.uri().path() {
        _ if !get => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        "/metrics" => (StatusCode::OK, handle.render()),
        "/livez" => (StatusCode::OK, "live\n".into()),
        "/readyz" if ready.0.load(Ordering::Relaxed) => (StatusCode::OK, "ready\n".into()),
        "/readyz" => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".into()),
        _ => (StatusCode::NOT_FOUND, "/metrics, /livez and /readyz are here\n".into()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let text = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}
