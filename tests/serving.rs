//! Health, reflection and the end of a server.

mod common;

use std::time::Duration;

use common::{
    channel, config, document,
    process::{Process, signal},
    start,
};
use dateline::server::Server;
use dateline::service::wire::v1;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_stream::StreamExt;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

const SERVICE: &str = "dateline.v1.ExtractionService";

#[tokio::test]
async fn health_follows_the_model_and_the_drain() {
    let (server, _client) = start(&[]).await;
    let mut health = HealthClient::new(channel(server.address).await);
    for service in ["", SERVICE] {
        let request = HealthCheckRequest { service: service.into() };
        let status = health.check(request).await.expect("a status").into_inner().status();
        assert_eq!(status, ServingStatus::Serving);
    }
    let request = HealthCheckRequest { service: SERVICE.into() };
    let mut watched = health.watch(request).await.expect("a watch").into_inner();
    let first = watched.next().await.expect("a status").expect("a status");
    assert_eq!(first.status(), ServingStatus::Serving);
    server.stop.send(()).expect("a running server");
    let next = watched.next().await.expect("a status").expect("a status");
    assert_eq!(next.status(), ServingStatus::NotServing);
    assert!(watched.next().await.is_none(), "a watch ends, and does not hold up the drain");
    tokio::time::timeout(Duration::from_secs(5), server.ended).await.expect("in time").expect("no panic").expect("ok");
    drop((watched, health));
}

#[tokio::test]
async fn no_client_holds_up_the_drain() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let (server, mut client) = start(&["--drain-timeout", "2"]).await;
    let silent = TcpStream::connect(server.address).await.expect("a connection");
    let mut deaf = TcpStream::connect(server.address).await.expect("a connection");
    deaf.write_all(PREFACE).await.expect("a preface");
    let mut half_open = TcpStream::connect(server.address).await.expect("a connection");
    half_open.write_all(PREFACE).await.expect("a preface");
    half_open.shutdown().await.expect("one half is closed");
    let mut slow = TcpStream::connect(server.address).await.expect("a connection");
    let trickle = tokio::spawn(async move {
        for byte in PREFACE.iter().cycle() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if slow.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
    });
    let endless = tokio_stream::pending::<v1::StreamExtractRequest>();
    let mut stream = client.stream_extract(endless).await.expect("a stream").into_inner();
    server.stop.send(()).expect("a running server");
    tokio::time::timeout(Duration::from_secs(10), server.ended).await.expect("in time").expect("no panic").expect("ok");
    stream.next().await.expect("an end").expect_err("cut");
    tokio::time::timeout(Duration::from_secs(10), trickle).await.expect("closed too").expect("no panic");
    drop((silent, deaf, half_open));
}

#[tokio::test]
async fn both_reflections_list_the_service() {
    use tonic_reflection::pb::{v1 as new, v1alpha as old};
    let (server, _client) = start(&[]).await;
    let channel = channel(server.address).await;
    let ask = new::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(new::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let mut client = new::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut answers = client.server_reflection_info(tokio_stream::once(ask)).await.expect("v1").into_inner();
    let answer = format!("{:?}", answers.next().await);
    assert!(answer.contains(SERVICE), "{answer}");
    let ask = old::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(old::server_reflection_request::MessageRequest::ListServices(String::new())),
    };
    let mut client = old::server_reflection_client::ServerReflectionClient::new(channel);
    let mut answers = client.server_reflection_info(tokio_stream::once(ask)).await.expect("v1alpha").into_inner();
    let answer = format!("{:?}", answers.next().await);
    assert!(answer.contains(SERVICE), "{answer}");
}

#[tokio::test]
async fn a_port_in_use_is_told() {
    let (server, _client) = start(&[]).await;
    let mut taken = config(&[]);
    taken.listen = server.address;
    let error = Server::bind(taken).await.err().expect("an error").to_string();
    assert!(error.contains(&server.address.to_string()), "{error}");
}

#[tokio::test]
async fn sigterm_lets_calls_in_flight_finish() {
    let mut process = Process::serve([""; 0]);
    let channel = channel(process.address("listening").await).await;
    process.event("serving").await;
    let client = v1::extraction_service_client::ExtractionServiceClient::new(channel);
    let long = common::ARTICLE.repeat(20);
    let call = tokio::spawn(async move {
        let request = v1::ExtractRequest { document: Some(document(&long)), options: None };
        client.max_decoding_message_size(usize::MAX).extract(request).await
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    process.signal("TERM");
    call.await.expect("no panic").expect("the call in flight is answered");
    assert!(process.child.wait().await.expect("an end").success());
}

#[tokio::test]
async fn no_text_of_a_request_is_logged_at_any_level() {
    const CANARY: &str = "Qwxzorn";
    let mut process = Process::serve(["--log", "trace", "--max-text-bytes", "1000"]);
    let channel = channel(process.address("listening").await).await;
    process.event("serving").await;
    let (server, log) = process.collect();
    let mut client = v1::extraction_service_client::ExtractionServiceClient::new(channel);
    let text = format!("{CANARY} Lee said in {CANARY} that \"{CANARY} is shut.\"");
    for text in [text.clone(), text.repeat(100)] {
        let request = v1::ExtractRequest { document: Some(document(&text)), options: None };
        let _ = client.extract(request).await;
        let request = v1::BatchExtractRequest { documents: vec![document(&text)], ..Default::default() };
        let _ = client.batch_extract(request).await;
    }
    drop(client);
    signal(&server, "TERM");
    let log = tokio::time::timeout(Duration::from_secs(40), log).await.expect("in time").expect("no panic");
    assert!(log.contains("TRACE"), "the level is in force");
    assert!(!log.contains(CANARY), "{}", log.lines().find(|line| line.contains(CANARY)).unwrap_or_default());
}
