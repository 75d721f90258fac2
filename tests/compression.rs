//! gzip and zstd, both ways, and messages that are small until they are unpacked.

mod common;

use common::{ARTICLE, extract, loaded, reason, start, start_with, stub::Stub};
use tonic::Code;
use tonic::codec::CompressionEncoding::{Gzip, Zstd};

#[tokio::test]
async fn both_encodings_carry_the_same_answer() {
    let (_server, mut client) = start(&[]).await;
    let plain = client.extract(extract(ARTICLE)).await.expect("an answer").into_inner();
    for (encoding, name) in [(Gzip, "gzip"), (Zstd, "zstd")] {
        let mut client = client.clone().send_compressed(encoding).accept_compressed(encoding);
        let answer = client.extract(extract(ARTICLE)).await.expect("an answer");
        assert_eq!(answer.metadata().get("grpc-encoding").and_then(|v| v.to_str().ok()), Some(name));
        assert_eq!(answer.into_inner(), plain, "{name}");
    }
}

#[tokio::test]
async fn a_bomb_is_refused_by_its_size_unpacked() {
    let small = ["--max-text-bytes", "1000", "--max-batch-documents", "1"];
    let (_server, mut client) = start_with(&small, Stub::default().loader()).await;
    loaded(&mut client).await;
    for encoding in [Gzip, Zstd] {
        let mut client = client.clone().send_compressed(encoding);
        // 64 MiB of one letter: a few kilobytes on the wire.
        let status = client.extract(extract(&"a".repeat(64 << 20))).await.expect_err("too large");
        assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
        client.extract(extract("x")).await.expect("the connection lives on");
    }
}
