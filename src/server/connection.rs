//! One HTTP/2 connection from its first byte to its last.

use std::io;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tower::ServiceExt;

use super::observed::Call;
use super::statuses;
use crate::config::ConnectionRules;
use crate::service::deadline::Deadline;

/// What every HTTP/2 client sends first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How often a preface that comes in pieces is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Ages differ by up to a tenth either way, so that connections opened together do not end together.
const JITTER: f64 = 0.1;

/// Serves until the client leaves, or the connection is told to end by its age or by `drain`, and its calls in
/// flight are done.
pub async fn serve(stream: TcpStream, routes: Routes, rules: ConnectionRules, drain: CancellationToken) {
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    tokio::select! {
        spoken = timeout(rules.preface_timeout(), speaks_http2(&stream)) => if !matches!(spoken, Ok(Ok(true))) { return },
        () = drain.cancelled() => return,
    }
    let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let call = Call::begin(request.uri().path());
        let answer = routes.clone().oneshot(with_deadline(request.map(Body::new)));
        async move { answer.await.map(|response| call.answer(statuses::complete_response(response))) }
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(rules.max_concurrent_streams)
        .max_header_list_size(rules.max_header_bytes)
        .keep_alive_interval(rules.keepalive_interval())
        .keep_alive_timeout(rules.keepalive_timeout())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // The drain has its own bound.
            connection.await
        }
        () = age(rules.max_connection_age()) => {
            // A GOAWAY: the client opens another connection, and calls in flight get their time.
            connection.as_mut().graceful_shutdown();
            timeout(rules.connection_grace(), connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}

/// Waits for the whole preface, which stays to be read; false if something else comes, or nothing more.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut begin = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut begin).await?;
        if length == 0 || !PREFACE.starts_with(&begin[..length]) {
            return Ok(false);
        }
        if length == PREFACE.len() {
            return Ok(true);
        }
        sleep(LOOK_AGAIN).await;
    }
}

async fn age(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit.mul_f64(1.0 + JITTER * (2.0 * fastrand::f64() - 1.0))).await,
        None => std::future::pending().await,
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
