//! Every row of the table of bad input: the code, the field, the limit and the value; and text that looks bad
//! and is not.

mod common;

use common::stub::Stub;
use common::{Client, channel, checked, document, extract, loaded, reason, start, start_with};
use dateline::service::wire::v1;
use proptest::prelude::*;
use prost_types::Timestamp;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_types::RpcStatusExt;

async fn refused(client: &mut Client, request: v1::ExtractEntitiesRequest) -> (String, String, String) {
    let status = client.extract_entities(request).await.expect_err("an error");
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let (field, description) = checked(&status).expect("a field violation");
    (field, description, reason(&status))
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let (_server, mut client) = start(&["--max-text-bytes", "1000"]).await;
    let of = |document: v1::Document| v1::ExtractEntitiesRequest { document: Some(document), ..Default::default() };
    let good = || of(document("Ann Lee left Oslo."));
    let options = |options: v1::ExtractionOptions| v1::ExtractEntitiesRequest { options: Some(options), ..good() };
    let time = |seconds, nanos| v1::Document { publish_time: Some(Timestamp { seconds, nanos }), ..document("x") };
    let cases = [
        (v1::ExtractEntitiesRequest::default(), "document.text", vec!["required"]),
        (of(document("")), "document.text", vec!["required"]),
        (of(document(" \n\t")), "document.text", vec!["blank"]),
        (of(document(&"a".repeat(1001))), "document.text", vec!["1001", "1000"]),
        (
            of(v1::Document { document_id: "i".repeat(129), ..document("x") }),
            "document.document_id",
            vec!["129", "128"],
        ),
        (
            of(v1::Document { language_code: "fr".into(), ..document("x") }),
            "document.language_code",
            vec!["fr", "English"],
        ),
        (of(time(253_402_300_800, 0)), "document.publish_time", vec!["253402300800"]),
        (of(time(0, -1)), "document.publish_time", vec!["-1"]),
        (options(v1::ExtractionOptions { offset_unit: 9, min_score: 0.0 }), "options.offset_unit", vec!["9"]),
        (
            options(v1::ExtractionOptions { min_score: f32::NAN, ..Default::default() }),
            "options.min_score",
            vec!["NaN"],
        ),
        (options(v1::ExtractionOptions { min_score: 1.5, ..Default::default() }), "options.min_score", vec!["1.5"]),
        (options(v1::ExtractionOptions { min_score: -0.1, ..Default::default() }), "options.min_score", vec!["-0.1"]),
        (v1::ExtractEntitiesRequest { entity_types: vec![1, 99], ..good() }, "entity_types[1]", vec!["99"]),
        (v1::ExtractEntitiesRequest { entity_types: vec![0], ..good() }, "entity_types[0]", vec!["0"]),
    ];
    for (request, field, parts) in cases {
        let (named, description, reason) = refused(&mut client, request).await;
        assert_eq!(named, field);
        assert!(parts.iter().all(|part| description.contains(part)), "{description}");
        assert_eq!(reason == "UNSUPPORTED_LANGUAGE", field == "document.language_code");
    }
    for language in ["", "en", "en-GB", "EN-us"] {
        let document = v1::Document { language_code: language.into(), ..document("Ann Lee left Oslo.") };
        client.extract_entities(of(document)).await.expect(language);
    }
}

#[tokio::test]
async fn a_batch_is_bounded_and_one_bad_document_fails_alone() {
    let (_server, mut client) = start(&["--max-batch-documents", "4"]).await;
    for (count, value) in [(0, "0"), (5, "5")] {
        let request = v1::BatchExtractRequest { documents: vec![document("x"); count], ..Default::default() };
        let status = client.batch_extract(request).await.expect_err("an error");
        let (field, description) = checked(&status).expect("a field violation");
        assert_eq!(field, "documents");
        assert!(description.contains(value) && description.contains('4'), "{description}");
    }
    let unknown = v1::BatchExtractRequest { features: vec![1, 7], documents: vec![document("x")], options: None };
    let status = client.batch_extract(unknown).await.expect_err("an error");
    assert_eq!(checked(&status).map(|(field, _)| field).as_deref(), Some("features[1]"));

    let long_id = v1::Document { document_id: "i".repeat(129), ..document("x") };
    let documents = vec![document("Ann Lee left Oslo."), long_id.clone(), document("Bo Ek left Oslo."), document(" ")];
    let request = v1::BatchExtractRequest { documents, ..Default::default() };
    let outcomes = client.batch_extract(request).await.expect("a batch").into_inner().outcomes;
    let fields: Vec<_> = outcomes.into_iter().map(wrong_field).collect();
    let at = |field: &str| Some(field.to_owned());
    assert_eq!(fields, [None, at("documents[1].document_id"), None, at("documents[3].text")]);
}

/// The field that an outcome complains of.
fn wrong_field(outcome: v1::Outcome) -> Option<String> {
    let Some(v1::outcome::Result::Error(error)) = outcome.result else { return None };
    assert_eq!(error.code, Code::InvalidArgument as i32);
    let details = error.get_error_details();
    assert_eq!(details.error_info().map(|info| info.domain.as_str()), Some("dateline.v1"));
    let violations = &details.bad_request().expect("a field").field_violations;
    assert_eq!(violations.len(), 1);
    Some(violations[0].field.clone())
}

#[tokio::test]
async fn a_bad_document_does_not_end_its_stream() {
    let (_server, mut client) = start_with(&[], Stub::default().loader()).await;
    loaded(&mut client).await;
    let named = |id: &str, text| v1::Document { document_id: id.into(), ..document(text) };
    let sent = [
        v1::StreamExtractRequest::default(),
        v1::StreamExtractRequest { document: Some(named("blank", "\n")), ..Default::default() },
        v1::StreamExtractRequest { document: Some(named("feature", "x")), features: vec![9], options: None },
        v1::StreamExtractRequest { document: Some(named("good", "x")), ..Default::default() },
    ];
    let stream = client.stream_extract(tokio_stream::iter(sent)).await.expect("a stream").into_inner();
    let outcomes: Vec<_> = stream.map(|o| o.expect("an answer").outcome.expect("an outcome")).collect().await;
    let mut fields: Vec<_> = outcomes.into_iter().map(|o| (o.document_id.clone(), wrong_field(o))).collect();
    fields.sort();
    let expected = [
        ("", Some("document.text")),
        ("blank", Some("document.text")),
        ("feature", Some("features[0]")),
        ("good", None),
    ];
    assert_eq!(fields, expected.map(|(id, field)| (id.to_owned(), field.map(str::to_owned))));
}

#[tokio::test]
async fn errors_from_below_the_service_have_details_too() {
    let small = ["--max-text-bytes", "100", "--max-batch-documents", "1"];
    let (server, mut client) = start_with(&small, Stub::default().loader()).await;
    loaded(&mut client).await;
    let status = client.extract(extract(&"a".repeat(10_000))).await.expect_err("too large");
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));

    // What is sent is no message of the method called, or no method at all.
    let mut raw = tonic::client::Grpc::new(channel(server.address).await);
    for (path, code, expected) in [
        ("/dateline.v1.ExtractionService/Extract", Code::InvalidArgument, "MALFORMED_MESSAGE"),
        ("/dateline.v1.ExtractionService/Nothing", Code::Unimplemented, "UNIMPLEMENTED"),
        ("/no.such.Service/Extract", Code::Unimplemented, "UNIMPLEMENTED"),
    ] {
        raw.ready().await.expect("a connection");
        let codec = tonic_prost::ProstCodec::<v1::TextSpan, v1::ExtractResponse>::default();
        let message = tonic::Request::new(v1::TextSpan { begin_offset: 1, ..Default::default() });
        let status = raw.unary(message, path.parse().expect("a path"), codec).await.expect_err("an error");
        assert_eq!((status.code(), reason(&status).as_str()), (code, expected), "{path}");
    }
}

#[tokio::test]
async fn nasty_text_is_answered() {
    let (_server, mut client) = start(&[]).await;
    let long = |unit: &str, bytes: usize| unit.repeat(bytes / unit.len());
    for text in [
        "\u{0}\u{1}\u{7f}control\u{85}".to_string(),
        "zero\u{200b}width\u{feff} joiner\u{200d}".into(),
        "👩‍👩‍👧‍👦 met 🇳🇴 in Oslo".into(),
        "قال أحمد: «مرحبا» in Cairo".into(),
        "\u{301}\u{301} lone marks \u{20dd}".into(),
        "One line.\r\nAnother line,\r\n\r\n\"said\" Ann Lee.\r".into(),
        "\u{200b}".into(),
        long("\"", 100_000),
        long("'a ", 6_000),
        long("a", 1 << 20),
        long("é\u{301}", 1 << 20),
    ] {
        client.extract(extract(&text)).await.unwrap_or_else(|e| panic!("{e:?}: {:.20}", text));
    }
}

#[tokio::test]
async fn a_stream_reads_no_faster_than_its_answers_are_taken() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (_server, mut client) = start(&["--max-stream-documents", "4"]).await;
    let (sent, count) = (Arc::new(AtomicUsize::new(0)), 2000);
    let counter = Arc::clone(&sent);
    // Large to send and quick to read: one long word.
    let text = "a".repeat(64 << 10);
    let requests = (0..count).map(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        v1::StreamExtractRequest { document: Some(document(&text)), ..Default::default() }
    });
    let answers = client.stream_extract(tokio_stream::iter(requests)).await.expect("a stream");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let read = sent.load(Ordering::Relaxed);
    drop(answers);
    assert!(read < count / 4, "{read} documents were read with no answer taken");
}

/// Takes the slice that offsets in a unit mean.
fn slice(text: &str, span: &v1::TextSpan, unit: v1::OffsetUnit) -> String {
    let (begin, end) = (span.begin_offset as usize, span.end_offset as usize);
    match unit {
        v1::OffsetUnit::Utf8Byte => text[begin..end].into(),
        v1::OffsetUnit::Utf16CodeUnit => {
            String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[begin..end]).expect("whole characters")
        }
        _ => text.chars().skip(begin).take(end - begin).collect(),
    }
}

#[test]
fn offsets_point_at_the_text_in_every_unit() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (_server, client) = runtime.block_on(start(&[]));
    let pieces = prop::sample::select(vec![
        "Ann Lee",
        "😀",
        "Gáspár Maróth",
        "\"We won,\"",
        " said ",
        "he",
        "\r\n\r\n",
        "“Čas,”",
        "北京",
        " in Oslo on Tuesday. ",
        "e\u{301}",
        "\u{200b}",
        "@a_b",
        " €5 million ",
        "«oui»",
        "\u{202e}",
    ]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
    let texts = prop::collection::vec(pieces, 1..30).prop_map(|p| p.concat());
    runner
        .run(&texts, |text| {
            prop_assume!(!text.trim().is_empty());
            for unit in [v1::OffsetUnit::Utf8Byte, v1::OffsetUnit::Utf16CodeUnit, v1::OffsetUnit::Unspecified] {
                let options = Some(v1::ExtractionOptions { offset_unit: unit.into(), min_score: 0.0 });
                let request = v1::ExtractRequest { document: Some(document(&text)), options };
                let answer = runtime.block_on(client.clone().extract(request)).expect("an answer").into_inner();
                let found = answer.extraction.expect("an extraction");
                prop_assert_ne!(found.offset_unit, 0, "the unit used is echoed");
                let mentions = found.entities.iter().flat_map(|e| &e.mentions).filter_map(|m| m.span.as_ref());
                let quotes = found.quotes.iter().flat_map(|q| q.content.iter().chain(&q.cue).chain(&q.source));
                for span in mentions.chain(quotes) {
                    prop_assert_eq!(&slice(&text, span, unit), &span.text);
                }
            }
            Ok(())
        })
        .expect("every text");
}
