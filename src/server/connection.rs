//! One HTTP/2 connection from its first byte to its last.

use std::convert::Infallible;
use std::io::{self, Cursor};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::service::Routes;
use tower::ServiceExt;
use tracing::Instrument;

use super::incoming::with_deadline;
use super::observed::Call;
use super::statuses;
use super::tls::Tls;
use super::tokens::Tokens;
use crate::config::ConnectionRules;
use crate::service::errors::ServiceError;

/// What every HTTP/2 client sends first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Ages differ by up to a tenth either way, so that connections opened together do not end together.
const JITTER: f64 = 0.1;

/// What every connection is served with.
#[derive(Clone)]
pub struct Setup {
    /// The services.
    pub routes: Routes,
    /// Certificates, where TLS is spoken.
    pub tls: Option<Arc<Tls>>,
    /// Who may call, where that is asked.
    pub tokens: Option<Arc<Tokens>>,
    /// Limits and times.
    pub rules: ConnectionRules,
    /// Ends every connection when its calls in flight are done.
    pub drain: CancellationToken,
}

/// Serves until the client leaves, or the connection is told to end by its age or by `drain`, and its calls in
/// flight are done.
pub async fn serve(stream: TcpStream, setup: Setup) {
    let Setup { routes, tls, tokens, rules, drain } = setup;
    // Small answers must not wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let opening = async {
        match tls {
            None => begin(stream).await,
            Some(tls) => begin(tls.acceptor().accept(stream).await?).await,
        }
    };
    let stream = tokio::select! {
        opened = timeout(rules.preface_timeout(), opening) => match opened {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "no HTTP/2 connection"),
            Err(_) => return tracing::debug!("no HTTP/2 preface in time"),
        },
        () = drain.cancelled() => return,
    };
    let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let call = Call::begin(request.uri().path(), request.headers());
        let span = call.span().clone();
        let allowed = tokens.as_ref().is_none_or(|tokens| tokens.allow(request.uri().path(), request.headers()));
        let answer = allowed.then(|| routes.clone().oneshot(with_deadline(request)));
        let answering = async move {
            let response = match answer {
                Some(answer) => statuses::complete_response(answer.await?),
                None => Status::from(ServiceError::Unauthenticated).into_http(),
            };
            Ok::<_, Infallible>(call.answer(response))
        };
        answering.instrument(span)
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

/// Reads the preface, and puts it back before what comes next.
async fn begin<S: AsyncRead + AsyncWrite + Send + 'static>(stream: S) -> io::Result<Box<dyn Stream>> {
    let (mut reader, writer) = tokio::io::split(stream);
    let mut begin = [0; PREFACE.len()];
    reader.read_exact(&mut begin).await?;
    if begin != *PREFACE {
        return Err(io::Error::other("something else than HTTP/2"));
    }
    Ok(Box::new(tokio::io::join(Cursor::new(begin).chain(reader), writer)))
}

/// Plain or encrypted.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn age(limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep(limit.mul_f64(1.0 + JITTER * (2.0 * fastrand::f64() - 1.0))).await,
        None => std::future::pending().await,
    }
}
