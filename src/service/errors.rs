//! The one place where errors become gRPC statuses.
//!
//! Every status carries an `ErrorInfo`; [`complete`] gives one to those that tonic makes.

use std::{collections::HashMap, time::Duration};

use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "dateline.v1";

/// When a caller that was refused for load may try again.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// A field of a request that holds what it must not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct FieldError {
    /// Path of the field from the request's root (`documents[3].text`).
    pub path: String,
    /// What is wrong, with the limit and the value.
    pub problem: String,
    /// The `ErrorInfo` reason.
    pub reason: &'static str,
}

impl FieldError {
    /// A field with a value that is not allowed.
    pub fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), reason: "INVALID_FIELD" }
    }

    /// The same error seen from the message that holds `parent`.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.path = format!("{parent}.{}", self.path);
        self
    }
}

/// Why a document or a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The request is wrong.
    #[error(transparent)]
    Invalid(#[from] FieldError),
    /// No room in the queue.
    #[error("all {0} places in the queue are taken")]
    Overloaded(u32),
    /// The model is not loaded yet.
    #[error("the model is still being loaded")]
    Loading,
    /// The caller's deadline passed.
    #[error("the deadline passed before the answer was ready")]
    DeadlineExceeded,
    /// The call has no token that is known.
    #[error("a bearer token is needed in the metadata \"authorization\"")]
    Unauthenticated,
    /// The network failed or the extraction panicked; says nothing of the text.
    #[error("the extraction failed on this document")]
    ExtractionFailed,
}

impl ServiceError {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) => Code::InvalidArgument,
            Self::Overloaded(_) => Code::ResourceExhausted,
            Self::Loading => Code::Unavailable,
            Self::DeadlineExceeded => Code::DeadlineExceeded,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::ExtractionFailed => Code::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(field) => field.reason,
            Self::Overloaded(_) => "OVERLOADED",
            Self::Loading => "MODEL_LOADING",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::ExtractionFailed => "EXTRACTION_FAILED",
        }
    }
}

impl From<ServiceError> for Status {
    fn from(error: ServiceError) -> Self {
        let mut details = error_info(error.reason());
        match &error {
            ServiceError::Invalid(field) => {
                details.add_bad_request_violation(&field.path, &field.problem);
            }
            ServiceError::Overloaded(_) | ServiceError::Loading => {
                details.set_retry_info(Some(RETRY_DELAY));
            }
            ServiceError::DeadlineExceeded | ServiceError::Unauthenticated | ServiceError::ExtractionFailed => {}
        }
        Status::with_error_details(error.code(), error.to_string(), details)
    }
}

/// The error as an outcome carries it, with the details that it would have as a call's status.
impl From<ServiceError> for tonic_types::Status {
    fn from(error: ServiceError) -> Self {
        let status = Status::from(error);
        // tonic keeps details encoded; what was encoded just now decodes.
        tonic_types::Status::decode(status.details()).unwrap_or_default()
    }
}

/// Gives a status that tonic made itself the code and the `ErrorInfo` that callers expect of
/// this service; a status that has details is left alone.
pub fn complete(status: Status) -> Status {
    if !status.details().is_empty() {
        return status;
    }
    let (code, reason) = match status.code() {
        // tonic's codes for a message over the limit, also once unpacked, and for bytes that are no message.
        Code::OutOfRange | Code::ResourceExhausted => (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
        Code::Internal => (Code::InvalidArgument, "MALFORMED_MESSAGE"),
        Code::Unimplemented => (Code::Unimplemented, "UNIMPLEMENTED"),
        Code::NotFound => (Code::NotFound, "NOT_FOUND"),
        Code::Cancelled => (Code::Cancelled, "CANCELLED"),
        other => (other, "TRANSPORT"),
    };
    Status::with_error_details(code, status.message(), error_info(reason))
}

fn error_info(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::<String, String>::new())
}

/// A value from a request, cut to what an error message can hold.
pub fn excerpt(value: &str) -> String {
    const LONGEST: usize = 64;
    match value.char_indices().nth(LONGEST) {
        None => format!("\"{}\"", value.escape_debug()),
        Some((end, _)) => format!("\"{}...\"", value[..end].escape_debug()),
    }
}
