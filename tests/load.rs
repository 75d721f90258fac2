//! What callers meet when the server is not at its best: no model yet, no room, no time, a panic, the drain.

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::stub::{Gate, Stub};
use common::{ARTICLE, Client, channel, document, extract, loaded, reason, start, start_with};
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_types::{RpcStatusExt, StatusExt};

const ONE_THREAD: [&str; 2] = ["--threads", "1"];

/// A limit far above what anything here takes.
const SOON: Duration = Duration::from_secs(20);

fn batch(texts: &[&str]) -> v1::BatchExtractRequest {
    v1::BatchExtractRequest { documents: texts.iter().map(|text| document(text)).collect(), ..Default::default() }
}

fn streamed(text: &str) -> v1::StreamExtractRequest {
    v1::StreamExtractRequest { document: Some(document(text)), ..Default::default() }
}

/// The code and the reason of an outcome that is an error.
fn error(outcome: v1::Outcome) -> Option<(i32, String)> {
    let Some(v1::outcome::Result::Error(error)) = outcome.result else { return None };
    let details = error.get_details_error_info().expect("an ErrorInfo");
    Some((error.code, details.reason))
}

/// Sends "wait" in a task and returns once the only worker and the queue hold it.
async fn send_waiting(client: &Client, count: usize) -> Vec<tokio::task::JoinHandle<Result<(), Status>>> {
    let mut calls = Vec::new();
    for _ in 0..count {
        let mut client = client.clone();
        calls.push(tokio::spawn(async move { client.extract(extract("wait")).await.map(drop) }));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    calls
}

#[tokio::test]
async fn nothing_is_served_before_the_model_is_loaded() {
    let (gate, stub) = (Gate::default(), Stub::default());
    let load = {
        let gate = gate.clone();
        move || {
            gate.pass();
            Ok(stub)
        }
    };
    let (server, mut client) = start_with(&[], load).await;
    let mut health = HealthClient::new(channel(server.address).await);
    let mut check = async |service: &str| {
        let request = HealthCheckRequest { service: service.into() };
        health.check(request).await.expect("a status").into_inner().status()
    };
    for service in ["", "dateline.v1.ExtractionService"] {
        assert_eq!(check(service).await, ServingStatus::NotServing);
    }
    let status = client.extract(extract("x")).await.expect_err("no model");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "MODEL_LOADING"));
    assert!(status.get_details_retry_info().is_some());
    gate.open();
    loaded(&mut client).await;
    client.extract(extract("x")).await.expect("an answer");
    tokio::time::timeout(SOON, async { while check("").await != ServingStatus::Serving {} }).await.expect("serving");
}

#[tokio::test]
async fn a_full_queue_refuses_calls_batches_and_documents_of_streams_at_once() {
    let stub = Stub::default();
    let limits = ["--queue-documents", "3", "--max-batch-documents", "2", "--max-stream-documents", "1"];
    let (_server, mut client) = start_with(&[&ONE_THREAD[..], &limits].concat(), stub.loader()).await;
    loaded(&mut client).await;
    let calls = send_waiting(&client, 3).await;

    let refused = |status: &Status| {
        assert_eq!((status.code(), reason(status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
        assert!(status.get_details_retry_info().is_some_and(|retry| retry.retry_delay.is_some()));
    };
    let single = tokio::time::timeout(SOON, client.extract(extract("x"))).await.expect("at once");
    refused(&single.expect_err("no room"));
    let many = tokio::time::timeout(SOON, client.batch_extract(batch(&["x", "y"]))).await.expect("at once");
    refused(&many.expect_err("no room"));
    let mut stream = client.stream_extract(tokio_stream::once(streamed("x"))).await.expect("a stream").into_inner();
    let outcome = stream.next().await.expect("an outcome").expect("an outcome").outcome.expect("an outcome");
    assert_eq!(error(outcome), Some((Code::ResourceExhausted as i32, "OVERLOADED".into())));

    stub.0.open();
    for call in calls {
        call.await.expect("no panic").expect("what was queued is answered");
    }
    let outcomes = client.batch_extract(batch(&["x", "y"])).await.expect("room again").into_inner().outcomes;
    assert_eq!(outcomes.into_iter().filter_map(error).count(), 0);
}

#[tokio::test]
async fn a_batch_as_large_as_the_queue_does_not_refuse_itself() {
    let sizes = ["--queue-documents", "64", "--max-batch-documents", "64"];
    let (_server, mut client) = start_with(&[&ONE_THREAD[..], &sizes].concat(), Stub::default().loader()).await;
    loaded(&mut client).await;
    let outcomes = client.batch_extract(batch(&["x"; 64])).await.expect("room").into_inner().outcomes;
    assert_eq!((outcomes.len(), outcomes.into_iter().filter_map(error).count()), (64, 0));
}

#[tokio::test]
async fn short_documents_do_not_wait_for_a_long_one() {
    let (_server, mut client) = start(&ONE_THREAD).await;
    let long = extract(&ARTICLE.repeat(100));
    let mut other = client.clone();
    let request = long.clone();
    let reading = tokio::spawn(async move { other.extract(request).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let short = client.extract(extract(ARTICLE)).await.expect("an answer").into_inner();
    for _ in 0..4 {
        let again = client.extract(extract(ARTICLE)).await.expect("an answer").into_inner();
        assert_eq!(again, short, "documents that take turns do not mix");
    }
    assert!(!reading.is_finished(), "the short ones were read between the long one's windows");
    let between = reading.await.expect("no panic").expect("an answer").into_inner();
    assert_eq!(between, client.extract(long).await.expect("an answer").into_inner());
}

#[tokio::test]
async fn a_long_document_that_nobody_waits_for_any_more_is_left() {
    let (_server, mut client) = start(&ONE_THREAD).await;
    // Half a minute of work at least.
    let mut long = Request::new(extract(&ARTICLE.repeat(500)));
    long.set_timeout(Duration::from_millis(500));
    client.extract(long).await.expect_err("too late");
    tokio::time::timeout(SOON, client.extract(extract("Ann Lee left."))).await.expect("soon").expect("an answer");
}

/// HTTP/2 without gRPC.
async fn bare_connection(address: SocketAddr) -> SendRequest<Body> {
    let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn a_request_that_is_never_sent_whole_ends_with_the_callers_time() {
    let (server, mut client) = start_with(&ONE_THREAD, Stub::default().loader()).await;
    loaded(&mut client).await;
    let mut sender = bare_connection(server.address).await;
    let begun = tokio_stream::once(Ok::<_, Status>(Frame::data(Bytes::from_static(&[0, 0, 0, 1, 0]))));
    let body = StreamBody::new(begun.chain(tokio_stream::pending()));
    let request = http::Request::post(format!("http://{}/dateline.v1.ExtractionService/Extract", server.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", "300m")
        .body(Body::new(body))
        .expect("a request");
    let answer = tokio::time::timeout(SOON, sender.send_request(request)).await.expect("an end").expect("an answer");
    let status = Status::from_header_map(answer.headers()).expect("a status");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn the_callers_time_is_kept() {
    let stub = Stub::default();
    let (server, mut client) = start_with(&ONE_THREAD, stub.loader()).await;
    loaded(&mut client).await;
    // tonic's channel would read the header too, and give up by itself.
    let sender = bare_connection(server.address).await;
    let bare = tower::service_fn(move |request| sender.clone().send_request(request));
    let origin = format!("http://{}", server.address).parse().expect("an address");
    let mut client = ExtractionServiceClient::with_origin(bare, origin);
    fn hurried<T>(message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("grpc-timeout", "300m".parse().expect("a header"));
        request
    }
    let late = |status: &Status| {
        assert_eq!((status.code(), reason(status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    };
    late(&client.extract(hurried(extract("wait"))).await.expect_err("too late"));
    let outcomes = client.batch_extract(hurried(batch(&["x", "y"]))).await.expect("a batch").into_inner().outcomes;
    let expected = (Code::DeadlineExceeded as i32, "DEADLINE_EXCEEDED".to_owned());
    assert_eq!(outcomes.into_iter().filter_map(error).collect::<Vec<_>>(), vec![expected; 2]);

    let idle = hurried(tokio_stream::pending::<v1::StreamExtractRequest>());
    let mut stream = client.stream_extract(idle).await.expect("a stream").into_inner();
    let end = tokio::time::timeout(SOON, stream.next()).await.expect("an end").expect("a status");
    late(&end.expect_err("too late"));
    stub.0.open();
    let done = hurried(tokio_stream::once(streamed("x")));
    let mut stream = client.stream_extract(done).await.expect("a stream").into_inner();
    assert!(stream.next().await.expect("an outcome").is_ok());
    assert!(stream.next().await.is_none(), "a stream in time ends well");
}

#[tokio::test]
async fn a_panic_is_the_error_of_its_document_alone() {
    let (_server, mut client) = start_with(&ONE_THREAD, Stub::default().loader()).await;
    loaded(&mut client).await;
    let status = client.extract(extract("panic")).await.expect_err("a panic");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "EXTRACTION_FAILED"));
    assert!(!status.message().contains("on purpose"));
    let outcomes = client.batch_extract(batch(&["x", "panic", "y"])).await.expect("a batch").into_inner().outcomes;
    let errors: Vec<_> = outcomes.into_iter().map(error).collect();
    assert_eq!(errors, [None, Some((Code::Internal as i32, "EXTRACTION_FAILED".into())), None]);
}

#[tokio::test]
async fn the_drain_finishes_calls_takes_no_new_ones_and_ends_in_time() {
    let stub = Stub::default();
    let (server, mut client) = start_with(&ONE_THREAD, stub.loader()).await;
    loaded(&mut client).await;
    let calls = send_waiting(&client, 2).await;
    server.stop.send(()).expect("a running server");
    let refused = async { while tokio::net::TcpStream::connect(server.address).await.is_ok() {} };
    tokio::time::timeout(SOON, refused).await.expect("the port is closed");
    stub.0.open();
    for call in calls {
        call.await.expect("no panic").expect("calls in flight are answered");
    }
    drop(client);
    tokio::time::timeout(SOON, server.ended).await.expect("in time").expect("no panic").expect("no error");
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_hold_up_the_drain() {
    let stub = Stub::default();
    let (server, mut client) = start_with(&[&ONE_THREAD[..], &["--drain-timeout", "1"]].concat(), stub.loader()).await;
    loaded(&mut client).await;
    let calls = send_waiting(&client, 1).await;
    server.stop.send(()).expect("a running server");
    tokio::time::timeout(SOON, server.ended).await.expect("in time").expect("no panic").expect("no error");
    for call in calls {
        call.await.expect("no panic").expect_err("cut");
    }
    stub.0.open();
}
