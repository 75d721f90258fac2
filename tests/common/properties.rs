//! What holds for every input: called with made-up inputs by `tests/properties.rs`, and for hours by `fuzz/`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::OnceLock;

use clap::Parser;
use dateline::config::{Action, Command};
use dateline::extraction::document::{Document, Word};
use dateline::extraction::tokenizer::Tokenizer;
use dateline::extraction::{Extraction, Extractor, Features, OffsetUnit, Offsets, Reading, Span};
use dateline::server::Server;
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokenizers::{models::wordpiece::WordPiece, normalizers::BertNormalizer, pre_tokenizers::bert::BertPreTokenizer};
use tokio::runtime::Runtime;
use tonic::body::Body;
use tonic::{Code, Status};
use unicode_categories::UnicodeCategories;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Any text is read; every span of the answer is a slice of it in every unit, every reference points at something, and an
/// answer does not depend on the turns in which it was read.
pub fn text_gives_a_sound_extraction(text: &str) {
    static EXTRACTOR: OnceLock<std::sync::Mutex<Extractor>> = OnceLock::new();
    let extractor = EXTRACTOR.get_or_init(|| Extractor::new().expect("the embedded model loads").into());
    let extractor = extractor.lock().expect("no panic under the lock");
    let extraction = extractor.extract(text, None);
    sound(text, &extraction);
    let mut reading = Reading::new(text, None, Features::ALL);
    let in_turns = loop {
        if let Some(extraction) = extractor.read_on(&mut reading, 1) {
            break extraction;
        }
    };
    assert_eq!(in_turns, extraction);
}

fn sound(text: &str, extraction: &Extraction) {
    let units = [OffsetUnit::Utf8Byte, OffsetUnit::Utf16CodeUnit, OffsetUnit::UnicodeCodePoint];
    let offsets = units.map(|unit| Offsets::new(text, unit));
    let slice = |span: Span| {
        let slice = text.get(span.begin..span.end).expect("on character boundaries, in the text");
        assert!(!slice.trim().is_empty(), "{span:?}");
        let lengths = [slice.len(), slice.encode_utf16().count(), slice.chars().count()];
        for (offsets, length) in offsets.iter().zip(lengths) {
            let (begin, end) = offsets.convert(span);
            assert_eq!(end - begin, length, "{span:?}");
        }
    };
    let score = |score: f32| assert!((0.0..=1.0).contains(&score), "{score}");
    let entity = |index: Option<usize>| assert!(index.is_none_or(|index| index < extraction.entities.len()));
    for found in &extraction.entities {
        assert!(!found.name.is_empty() && !found.mentions.is_empty());
        assert!(found.mentions.is_sorted_by(|a, b| a.span.end <= b.span.begin), "{:?}", found.mentions);
        for mention in &found.mentions {
            slice(mention.span);
            score(mention.score);
        }
    }
    for quote in &extraction.quotes {
        assert!(!quote.content.is_empty());
        assert!(quote.content.is_sorted_by(|a, b| a.end <= b.begin), "{:?}", quote.content);
        quote.content.iter().copied().chain(quote.cue).chain(quote.source).for_each(slice);
        score(quote.score);
        if let Some(speaker) = &quote.speaker {
            assert!(!speaker.name.is_empty());
            entity(speaker.entity);
            score(speaker.score);
        }
        if let Some(addressee) = &quote.addressee {
            slice(addressee.span);
            entity(addressee.entity);
        }
    }
}

/// Words and wordpieces are those of Hugging Face's tokenizer over the same vocabulary, where its tables of Unicode 8 know the characters.
pub fn tokenizer_agrees_with_the_reference(text: &str) {
    if !text.chars().all(known_to_the_reference) {
        return;
    }
    thread_local!(static BOTH: (tokenizers::Tokenizer, Tokenizer) = (reference(), Tokenizer::new()));
    let document = Document::new(text);
    let (theirs, pieces) = BOTH.with(|(reference, ours)| {
        (reference.encode(text, false).expect("any text is encoded"), ours.encode(&document))
    });
    let ids: Vec<i32> = theirs.get_ids().iter().map(|&id| i32::try_from(id).expect("a small vocabulary")).collect();
    assert_eq!(pieces.ids, ids, "{text:?}");
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut last = None;
    for (word, &(begin, end)) in theirs.get_word_ids().iter().zip(theirs.get_offsets()) {
        match spans.last_mut() {
            Some(span) if *word == last => span.1 = end,
            _ => spans.push((begin, end)),
        }
        last = *word;
    }
    // The reference leaves off the end of a word what its normaliser takes away.
    use GeneralCategory::{Control, Format, NonspacingMark, PrivateUse};
    let accent = |c: char| matches!(c.general_category(), NonspacingMark | Control | Format | PrivateUse);
    let bare = |w: &Word| (w.span.begin, w.span.begin + w.span.slice(text).trim_end_matches(accent).len());
    assert_eq!(document.words.iter().map(bare).collect::<Vec<_>>(), spans, "{text:?}");
}

/// Whether the reference's tables put a character where today's do. It also leaves out the first ideographs of extension E, which BERT does not.
fn known_to_the_reference(c: char) -> bool {
    let today = c.general_category();
    c.is_mark_nonspacing() == (today == GeneralCategory::NonspacingMark)
        && c.is_punctuation() == (c.general_category_group() == GeneralCategoryGroup::Punctuation)
        && c.is_other_format() == (today == GeneralCategory::Format)
        && !('\u{2b820}'..'\u{2b920}').contains(&c)
}

fn reference() -> tokenizers::Tokenizer {
    let pieces = (0..).zip(include_str!("../../model/vocab.txt").lines());
    let vocabulary: HashMap<&str, u32> = pieces.map(|(id, piece)| (piece, id)).collect();
    let model = serde_json::json!({
        "vocab": vocabulary, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    });
    let model: WordPiece = serde_json::from_value(model).expect("a model");
    let mut tokenizer = tokenizers::Tokenizer::new(model);
    let _ = tokenizer.with_normalizer(Some(BertNormalizer::default()));
    let _ = tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer
}

/// The methods that take documents.
const METHODS: [&str; 5] = ["Extract", "ExtractEntities", "ExtractQuotes", "BatchExtract", "StreamExtract"];

/// Whatever bytes a call consists of, a real server answers it with a status, and never one that says the fault is the server's.
/// The first byte chooses the method and whether the rest is a message, or is also to frame itself.
pub fn request_bytes_get_a_status(bytes: &[u8]) {
    static CALLER: OnceLock<(Runtime, SendRequest<Body>, SocketAddr)> = OnceLock::new();
    let (runtime, sender, address) = CALLER.get_or_init(caller);
    let (&choice, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let method = METHODS[usize::from(choice) / 2 % METHODS.len()];
    let body = if choice % 2 == 0 { framed(rest) } else { Bytes::copy_from_slice(rest) };
    let request = http::Request::post(format!("http://{address}/dateline.v1.ExtractionService/{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Body::new(http_body_util::Full::new(body)))
        .expect("a request");
    let status = runtime.block_on(async {
        let response = sender.clone().send_request(request).await.expect("an answer");
        assert_eq!(response.status(), 200);
        let at_once = Status::from_header_map(response.headers());
        let body = http_body_util::BodyExt::collect(response.into_body()).await.expect("a whole answer");
        at_once.or_else(|| body.trailers().and_then(Status::from_header_map)).expect("a status")
    });
    assert!(!matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss), "{status:?}");
}

/// A message with the five bytes before it that gRPC asks for.
fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("a small message");
    [&[0][..], &length.to_be_bytes(), message].concat().into()
}

/// A server, and a connection to it.
fn caller() -> (Runtime, SendRequest<Body>, SocketAddr) {
    let runtime = Runtime::new().expect("a runtime");
    let arguments = ["dateline", "serve", "--listen", "127.0.0.1:0", "--threads", "1"];
    let Action::Serve(config) = Command::parse_from(arguments).action else { unreachable!("serve was asked for") };
    let (sender, address) = runtime.block_on(async {
        let server = Server::bind(*config).await.expect("a free port");
        let address = server.local_address().expect("an address");
        tokio::spawn(server.run(std::future::pending()));
        let stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        tokio::spawn(connection);
        (sender, address)
    });
    (runtime, sender, address)
}
