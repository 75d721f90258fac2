//! Health, reflection and the end of a server.

mod common;

use std::process::Stdio;
use std::time::Duration;

use common::{channel, config, document, start};
use dateline::server::Server;
use dateline::service::wire::v1;
use tokio::io::{AsyncBufReadExt, BufReader};
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
    drop((watched, health));
    server.ended.await.expect("no panic").expect("no error");
}

#[tokio::test]
async fn silent_clients_do_not_hold_up_the_drain() {
    let (server, _client) = start(&["--drain-timeout", "2"]).await;
    let silent = tokio::net::TcpStream::connect(server.address).await.expect("a connection");
    server.stop.send(()).expect("a running server");
    tokio::time::timeout(Duration::from_secs(10), server.ended).await.expect("in time").expect("no panic").expect("ok");
    drop(silent);
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
    let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .env_remove("RUST_LOG")
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let mut log = BufReader::new(process.stderr.take().expect("a pipe")).lines();
    let mut address = None;
    while let Some(line) = log.next_line().await.expect("a line") {
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        if let Some(listening) = line["fields"]["address"].as_str() {
            address = listening.parse().ok();
        }
        if line["fields"]["message"] == "serving" {
            break;
        }
    }
    let channel = channel(address.expect("an address")).await;
    let client = v1::extraction_service_client::ExtractionServiceClient::new(channel);
    let long = common::ARTICLE.repeat(20);
    let call = tokio::spawn(async move {
        let request = v1::ExtractRequest { document: Some(document(&long)), options: None };
        client.max_decoding_message_size(usize::MAX).extract(request).await
    });
    tokio::time::sleep(Duration::from_millis(150)).await;
    let id = process.id().expect("a running process").to_string();
    std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
    call.await.expect("no panic").expect("the call in flight is answered");
    assert!(process.wait().await.expect("an end").success());
}
