//! Traces: the caller's goes on here, and reaches a collector.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{channel, document, process::Process};
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use tonic::{Request, Response, Status};

/// An OpenTelemetry collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().expect("no panic under the lock").push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = tonic::transport::Server::builder().add_service(TraceServiceServer::new(collector.clone()));
        tokio::spawn(serving.serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)));
        (collector, endpoint)
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.0.lock().expect("no panic under the lock");
        let resources = requests.iter().flat_map(|request| &request.resource_spans);
        resources.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }
}

#[tokio::test]
async fn the_callers_trace_goes_on_and_holds_no_text() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CALLER: &str = "00f067aa0ba902b7";
    const CANARY: &str = "Qwxzorn";
    let (collector, endpoint) = Collector::start().await;
    let mut server = Process::serve(["--otlp-endpoint", &endpoint]);
    let mut client = ExtractionServiceClient::new(channel(server.address("listening").await).await);
    server.event("serving").await;
    let text = format!("{CANARY} Lee said in {CANARY} that \"{CANARY} is shut.\"");
    let mut request = Request::new(v1::ExtractRequest { document: Some(document(&text)), options: None });
    let parent = format!("00-{TRACE}-{CALLER}-01").parse().expect("a header");
    request.metadata_mut().insert("traceparent", parent);
    client.extract(request).await.expect("an answer");
    drop(client);
    // What is not sent yet is sent at the end.
    server.signal("TERM");
    let ended = tokio::time::timeout(Duration::from_secs(20), server.child.wait()).await;
    assert!(ended.expect("in time").expect("an end").success());

    let spans = collector.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:?}"));
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let call = named("dateline.v1.ExtractionService/Extract");
    assert_eq!((hex(&call.trace_id).as_str(), hex(&call.parent_span_id).as_str()), (TRACE, CALLER));
    let read = named("document");
    assert_eq!((&read.trace_id, &read.parent_span_id), (&call.trace_id, &call.span_id));
    for (span, key) in [(call, "rpc.grpc.status_code"), (read, "wordpieces"), (read, "bytes"), (read, "outcome")] {
        assert!(span.attributes.iter().any(|attribute| attribute.key == key), "{key}: {span:?}");
    }
    assert!(!format!("{spans:?}").contains(CANARY));
}
