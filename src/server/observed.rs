//! Every call counted and timed where it leaves the server, so that refusals, timeouts and broken streams count too.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Bytes;
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::Span;

use super::traces;

/// Calls by method and code.
pub const REQUESTS: &str = "dateline_requests_total";
/// From a call's first byte to its last, by method.
pub const SECONDS: &str = "dateline_request_seconds";
/// Calls that are being answered.
pub const IN_FLIGHT: &str = "dateline_requests_in_flight";

/// Every method that is served.
const METHODS: [&str; 11] = [
    "dateline.v1.ExtractionService/ExtractEntities",
    "dateline.v1.ExtractionService/ExtractQuotes",
    "dateline.v1.ExtractionService/Extract",
    "dateline.v1.ExtractionService/BatchExtract",
    "dateline.v1.ExtractionService/StreamExtract",
    "dateline.v1.ExtractionService/GetModelInfo",
    "grpc.health.v1.Health/Check",
    "grpc.health.v1.Health/List",
    "grpc.health.v1.Health/Watch",
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// One call from its start until this is dropped.
pub struct Call {
    method: String,
    begun: Instant,
    span: Span,
    /// Cancelled until an answer has ended otherwise.
    code: Code,
}

impl Call {
    /// Begins to count a call of the method at this path.
    pub fn begin(path: &str, headers: &HeaderMap) -> Self {
        metrics::gauge!(IN_FLIGHT).increment(1.0);
        // What is no method of ours is one label: callers must not be able to make new ones.
        let method = path.strip_prefix('/').filter(|method| METHODS.contains(method)).unwrap_or("unknown");
        let span = traces::span(method, headers);
        Self { method: method.to_string(), begun: Instant::now(), span, code: Code::Cancelled }
    }

    /// What happens for the call happens within this.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Watches the answer to its end.
    pub fn answer(mut self, response: http::Response<Body>) -> http::Response<Body> {
        if let Some(status) = Status::from_header_map(response.headers()) {
            self.code = status.code();
        }
        response.map(|body| Body::new(Observed { body, call: self }))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        metrics::gauge!(IN_FLIGHT).decrement(1.0);
        self.span.record("rpc.grpc.status_code", self.code as i32);
        if matches!(self.code, Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable) {
            self.span.record("otel.status_code", "ERROR");
        }
        let code = format!("{:?}", self.code);
        metrics::counter!(REQUESTS, "method" => self.method.clone(), "code" => code).increment(1);
        metrics::histogram!(SECONDS, "method" => self.method.clone()).record(self.begun.elapsed().as_secs_f64());
    }
}

/// The answer's body, whose trailers tell how the call ended.
struct Observed {
    body: Body,
    call: Call,
}

impl HttpBody for Observed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Self { body, call } = &mut *self;
        let frame = ready!(call.span.in_scope(|| Pin::new(body).poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(status) = frame.trailers_ref().and_then(Status::from_header_map) {
                    call.code = status.code();
                }
            }
            Some(Err(status)) => call.code = status.code(),
            None => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
