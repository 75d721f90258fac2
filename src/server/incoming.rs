//! What a call sends, for as long as its caller waits.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use tokio::time::{Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;

use crate::service::deadline::Deadline;
use crate::service::errors::ServiceError;

/// Reads `grpc-timeout`, once for all methods: it goes into the request's extensions, and ends the reading of the request.
pub fn with_deadline(mut request: http::Request<Incoming>) -> http::Request<Body> {
    let header = request.headers().get("grpc-timeout").and_then(|value| value.to_str().ok());
    let Some(deadline) = header.and_then(Deadline::from_header) else { return request.map(Body::new) };
    request.extensions_mut().insert(deadline);
    request.map(|body| Body::new(InTime { body, end: Box::pin(sleep_until(deadline.0.into())) }))
}

/// A body that ends with DEADLINE_EXCEEDED when its time is over.
struct InTime {
    body: Incoming,
    end: Pin<Box<Sleep>>,
}

impl HttpBody for InTime {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| Status::from_error(error.into()))));
        }
        let late = || Some(Err(ServiceError::DeadlineExceeded.into()));
        self.end.as_mut().poll(cx).map(|()| late())
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
