//! One HTTP/2 connection from its first byte to its last.

use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tower::ServiceExt;

use super::observed::Call;
use super::statuses;
use crate::service::deadline::Deadline;

/// How long a client may be connected without a word.
const FIRST_BYTE: Duration = Duration::from_secs(10);
/// Pings find clients that are gone.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves until the client leaves or, after `drain`, its calls in flight are done.
pub async fn serve(stream: TcpStream, routes: Routes, max_concurrent_streams: u32, drain: CancellationToken) {
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        first = tokio::time::timeout(FIRST_BYTE, stream.readable()) => if !matches!(first, Ok(Ok(()))) { return },
        () = drain.cancelled() => return,
    }
    let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let call = Call::begin(request.uri().path());
        let answer = routes.clone().oneshot(with_deadline(request.map(Body::new)));
        async move { answer.await.map(|response| call.answer(statuses::complete_response(response))) }
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(max_concurrent_streams)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}

/// Reads `grpc-timeout` here, once for all methods.
fn with_deadline(mut request: http::Request<Body>) -> http::Request<Body> {
    let header = request.headers().get("grpc-timeout").and_then(|value| value.to_str().ok());
    if let Some(deadline) = header.and_then(Deadline::from_header) {
        request.extensions_mut().insert(deadline);
    }
    request
}
