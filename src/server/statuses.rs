//! Statuses that tonic makes itself get the details that every error of this service carries.

use tonic::Status;
use tonic::body::Body;

use crate::service::errors::complete;

/// Completes an answer that is an error from its first byte.
pub fn complete_response(response: http::Response<Body>) -> http::Response<Body> {
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() != tonic::Code::Ok => complete(status).into_http(),
        _ => response,
    }
}
