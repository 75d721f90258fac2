//! Clients that abuse HTTP/2, frame by frame: their connection ends or is held back, and everybody else is served.

mod common;

use std::time::Duration;

use common::{extract, loaded, start, start_with, stub::Stub};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// POST, http, /: indexed fields of HPACK's static table (RFC 7541, appendix A).
const REQUEST: [u8; 3] = [0x83, 0x86, 0x84];

/// A frame as RFC 9113, 4.1 lays it out.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Sends the preface, an empty SETTINGS and `frames`, never waiting for an answer; whether the server ended the connection.
async fn abuse(address: std::net::SocketAddr, frames: impl Iterator<Item = Vec<u8>>) -> bool {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let (mut reader, mut writer) = stream.into_split();
    let ended = tokio::spawn(async move {
        let mut sink = Vec::new();
        timeout(Duration::from_secs(5), reader.read_to_end(&mut sink)).await.is_ok()
    });
    let opening = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let sending = async {
        writer.write_all(&opening).await?;
        for frame in frames {
            writer.write_all(&frame).await?;
        }
        Ok::<(), std::io::Error>(())
    };
    // The server may stop reading, or be gone.
    let _ = timeout(Duration::from_secs(4), sending).await;
    ended.await.expect("no panic")
}

#[tokio::test]
async fn floods_end_their_own_connection_and_nobody_elses() {
    let (server, mut client) = start_with(&[], Stub::default().loader()).await;
    loaded(&mut client).await;
    let served = {
        let mut client = client.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                let answer = timeout(Duration::from_secs(2), client.extract(extract("x"))).await;
                answer.expect("in time").expect("an answer");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
    };
    // CVE-2023-44487: streams opened and reset at once.
    let reset = (0..20_000u32).flat_map(|i| {
        let stream = 2 * i + 1;
        [frame(HEADERS, END_HEADERS, stream, &REQUEST), frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())]
    });
    assert!(abuse(server.address, reset).await, "rapid reset");
    // CVE-2024-27316: headers that never end.
    let endless = std::iter::once(frame(HEADERS, END_STREAM, 1, &REQUEST))
        .chain((0..10_000).map(|_| frame(CONTINUATION, 0, 1, &[0x84; 1000])));
    assert!(abuse(server.address, endless).await, "CONTINUATION flood");
    // Streams of even number are the server's to open.
    let wrong = std::iter::once(frame(HEADERS, END_HEADERS, 2, &REQUEST));
    assert!(abuse(server.address, wrong).await, "a stream that is not the client's");
    // A frame longer than was agreed.
    let long = std::iter::once(frame(PING, 0, 0, &vec![0; 20_000]));
    assert!(abuse(server.address, long).await, "a frame too long");
    // Frames that ask for an answer each: read no faster than their answers leave.
    let settings = (0..50_000).map(|_| frame(SETTINGS, 0, 0, &[]));
    abuse(server.address, settings).await;
    let pings = (0..50_000).map(|_| frame(PING, 0, 0, &[0; 8]));
    abuse(server.address, pings).await;
    served.await.expect("others are served throughout");
    client.extract(extract("x")).await.expect("and after");
}

#[tokio::test]
async fn a_client_that_takes_no_answers_holds_up_nobody_and_no_drain() {
    let (server, mut client) = start(&["--threads", "1", "--drain-timeout", "1"]).await;
    let stream = TcpStream::connect(server.address).await.expect("a connection");
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(0)
        .handshake(TokioIo::new(stream))
        .await
        .expect("HTTP/2");
    tokio::spawn(connection);
    let message = extract("Ann Lee said that Oslo is shut.").encode_to_vec();
    let length = u32::try_from(message.len()).expect("a short message").to_be_bytes();
    let body = Bytes::from([&[0][..], &length, &message].concat());
    let mut answers = Vec::new();
    for _ in 0..100 {
        let request = http::Request::post(format!("http://{}/dateline.v1.ExtractionService/Extract", server.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(Full::new(body.clone()))
            .expect("a request");
        answers.push(sender.send_request(request).await.expect("headers of an answer").into_body());
    }
    let pulled = timeout(Duration::from_millis(500), answers.remove(0).collect()).await;
    assert!(pulled.is_err(), "no window, no answer");
    timeout(Duration::from_secs(20), client.extract(extract("x"))).await.expect("in time").expect("an answer");
    server.stop.send(()).expect("a running server");
    timeout(Duration::from_secs(10), server.ended).await.expect("in time").expect("no panic").expect("no error");
}
