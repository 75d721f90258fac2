//! What clients may do with a connection, over real sockets.

mod common;

use std::time::Duration;

use common::{channel, extract, loaded, start, start_with, stub::Stub};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(5);

/// Whether the server closes this connection soon.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(SOON, stream.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test]
async fn who_does_not_speak_http2_is_closed() {
    let (server, mut client) = start_with(&["--preface-timeout", "1"], Stub::default().loader()).await;
    loaded(&mut client).await;
    for sent in [&b""[..], b"PRI * HTTP/2.0\r\n", b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", &[0xff; 4096]] {
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        stream.write_all(sent).await.expect("sent");
        assert!(is_closed(&mut stream).await, "{sent:?}");
    }
    client.extract(extract("x")).await.expect("others are served");
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_the_others_go_on() {
    let (server, mut client) = start_with(&["--max-connections", "2"], Stub::default().loader()).await;
    loaded(&mut client).await;
    let second = TcpStream::connect(server.address).await.expect("a connection");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut third = TcpStream::connect(server.address).await.expect("a connection");
    assert!(is_closed(&mut third).await);
    client.extract(extract("x")).await.expect("an answer");
    drop(second);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut again = common::Client::new(channel(server.address).await);
    again.extract(extract("x")).await.expect("a free place");
}

#[tokio::test]
async fn a_connection_that_is_old_ends_when_its_calls_are_done() {
    let stub = Stub::default();
    let arguments = ["--max-connection-age", "1", "--connection-grace", "30"];
    let (server, mut client) = start_with(&arguments, stub.loader()).await;
    loaded(&mut client).await;
    let mut waiting = common::Client::new(channel(server.address).await);
    let call = tokio::spawn(async move { waiting.extract(extract("wait")).await });
    // Past the age: the call in flight holds its connection.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!call.is_finished());
    stub.0.open();
    call.await.expect("no panic").expect("the call in flight is answered");
}

#[tokio::test]
async fn a_grace_that_is_over_ends_the_connection() {
    let stub = Stub::default();
    let arguments = ["--max-connection-age", "1", "--connection-grace", "1"];
    let (server, mut client) = start_with(&arguments, stub.loader()).await;
    loaded(&mut client).await;
    let mut waiting = common::Client::new(channel(server.address).await);
    let cut = timeout(SOON, waiting.extract(extract("wait"))).await.expect("in time");
    cut.expect_err("cut after age and grace");
    stub.0.open();
}

#[tokio::test]
async fn huge_metadata_is_an_error_of_its_call_alone() {
    let (_server, mut client) = start(&["--max-header-bytes", "2048"]).await;
    let mut request = tonic::Request::new(extract("x"));
    request.metadata_mut().insert("x-long", "a".repeat(8000).parse().expect("metadata"));
    client.extract(request).await.expect_err("too much metadata");
    client.extract(extract("x")).await.expect("the connection lives on");
}
