//! Metrics and probes on their own port.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::{ARTICLE, channel, extract, process::Process};
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;

/// Status line and body.
fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.lines().next().unwrap_or_default().to_string(), body.to_string())
}

/// Waits for a line of the metrics: a call is counted when its answer has left, a moment after the client has it.
async fn wait_for(address: SocketAddr, expected: &str) -> String {
    for _ in 0..100 {
        let (_, text) = get(address, "/metrics");
        if text.lines().any(|line| line == expected) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{expected} is not in:\n{}", get(address, "/metrics").1);
}

#[tokio::test]
async fn calls_documents_and_the_queue_are_counted_and_documented() {
    let mut server = Process::serve(["--metrics-listen", "127.0.0.1:0", "--max-text-bytes", "10000"]);
    let service = server.address("listening").await;
    let metrics = server.address("metrics").await;
    server.event("serving").await;
    let mut client = ExtractionServiceClient::new(channel(service).await);
    client.extract(extract(ARTICLE)).await.expect("an answer");
    client.extract(extract("")).await.expect_err("no text");
    let mut raw = tonic::client::Grpc::new(channel(service).await);
    raw.ready().await.expect("a connection");
    let codec = tonic_prost::ProstCodec::<v1::Document, v1::Document>::default();
    let path = "/dateline.v1.ExtractionService/Made-up".parse().expect("a path");
    raw.unary(tonic::Request::new(v1::Document::default()), path, codec).await.expect_err("no such method");

    assert_eq!(get(metrics, "/livez").0, "HTTP/1.1 200 OK");
    assert_eq!(get(metrics, "/readyz").0, "HTTP/1.1 200 OK");
    assert_eq!(get(metrics, "/nothing").0, "HTTP/1.1 404 Not Found");
    let method = "method=\"dateline.v1.ExtractionService/Extract\"";
    for expected in [
        format!("dateline_requests_total{{{method},code=\"Ok\"}} 1"),
        format!("dateline_requests_total{{{method},code=\"InvalidArgument\"}} 1"),
        "dateline_requests_total{method=\"unknown\",code=\"Unimplemented\"} 1".into(),
        format!("dateline_text_bytes_total {}", ARTICLE.len()),
        "dateline_documents_total{outcome=\"read\"} 1".into(),
        "dateline_queue_documents 0".into(),
        "dateline_requests_in_flight 0".into(),
    ] {
        wait_for(metrics, &expected).await;
    }
    // How far the document of a call that is late gets is a matter of time; its code is not.
    let mut late = tonic::Request::new(extract(ARTICLE));
    late.set_timeout(Duration::from_millis(1));
    client.extract(late).await.expect_err("too late");
    let text = wait_for(metrics, &format!("dateline_requests_total{{{method},code=\"DeadlineExceeded\"}} 1")).await;
    let named: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert!(named.len() >= 8, "{named:?}");
    let documented = include_str!("../docs/observability.md");
    for name in &named {
        assert!(documented.contains(&format!("| `{name}` |")), "{name} is not in docs/observability.md");
    }
    let told = documented.lines().filter_map(|line| line.strip_prefix("| `dateline_")?.split('`').next());
    for name in told.map(|name| format!("dateline_{name}")) {
        assert!(named.contains(&name.as_str()), "{name} of docs/observability.md is not exposed");
    }
}

#[tokio::test]
async fn callers_make_no_labels_of_their_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens");
    std::fs::write(&file, "a-token-0123456789\n").expect("a file");
    let tokens = format!("--token-file={}", file.display());
    let mut server = Process::serve(["--metrics-listen", "127.0.0.1:0", &tokens]);
    let service = server.address("listening").await;
    let metrics = server.address("metrics").await;
    let mut raw = tonic::client::Grpc::new(channel(service).await);
    for path in ["/dateline.v1.made-up/one", "/dateline.v1.ExtractionService/two"] {
        raw.ready().await.expect("a connection");
        let codec = tonic_prost::ProstCodec::<v1::Document, v1::Document>::default();
        let request = tonic::Request::new(v1::Document::default());
        raw.unary(request, path.parse().expect("a path"), codec).await.expect_err("no token");
    }
    let text = wait_for(metrics, "dateline_requests_total{method=\"unknown\",code=\"Unauthenticated\"} 2").await;
    assert!(!text.contains("made-up") && !text.contains("/two"), "{text}");
}

#[test]
fn what_is_deployed_asks_for_metrics_that_are_there() {
    let documented = include_str!("../docs/observability.md");
    let autoscaler = include_str!("../deploy/kubernetes/autoscaler.yaml");
    let made = regex::Regex::new("as: (\\w+)").expect("a pattern");
    let adapter = include_str!("../deploy/kubernetes/prometheus-adapter.yaml");
    assert!(autoscaler.contains(&format!("name: {} ", &made.captures(adapter).expect("a name")[1])));
    let series = regex::Regex::new(r"dateline_\w+").expect("a pattern");
    for file in [include_str!("../deploy/grafana.json"), made.replace(adapter, "").as_ref()] {
        assert!(series.is_match(file));
        for found in series.find_iter(file).map(|found| found.as_str()) {
            let name = ["_bucket", "_sum", "_count"].iter().find_map(|end| found.strip_suffix(end)).unwrap_or(found);
            assert!(documented.contains(&format!("| `{name}` |")), "{name} is not in docs/observability.md");
        }
    }
    serde_json::from_str::<serde_json::Value>(include_str!("../deploy/grafana.json")).expect("JSON");
}
