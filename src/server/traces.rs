//! One span a call, within the caller's trace (W3C Trace Context).

use http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of a call of this method; it goes on the trace that `traceparent` tells of, if it does. Names follow OpenTelemetry's
/// conventions for gRPC.
pub fn span(method: &str, headers: &HeaderMap) -> Span {
    let (service, name) = method.rsplit_once('/').unwrap_or_default();
    let span = tracing::info_span!(
        "call",
        otel.name = method,
        otel.kind = "server",
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = name,
        rpc.grpc.status_code = Empty,
        otel.status_code = Empty,
        trace_id = Empty,
    );
    let caller = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
    let context = caller.span().span_context().clone();
    if context.is_valid() {
        span.record("trace_id", context.trace_id().to_string());
        // Fails where no spans are exported.
        let _ = span.set_parent(caller);
    }
    span
}
