//! What holds for every input, with made-up ones. `fuzz/` calls the same functions for hours (docs/reliability.md).

#[path = "common/properties.rs"]
mod properties;

use dateline::service::wire::v1;
use proptest::prelude::*;
use prost::Message;

use properties::{request_bytes_get_a_status, text_gives_a_sound_extraction, tokenizer_agrees_with_the_reference};

/// What news is made of, names and marks of every style, and what it is not made of.
const PIECES: &str = "(?s)([A-Za-z]{1,9}| |\\. |, |\n|\"|“|”|‘|’|''|«|»|said|told|Mr\\. Lee|\\$5m|at 5 p\\.m\\.|İ|é|e\u{301}|中|🎙|\
    \u{200b}|\u{a0}|http://a\\.b/|@x|[\\x00-\\x7f]){0,60}";

#[test]
fn the_tokenizer_agrees_on_what_is_known_to_be_hard() {
    for text in [
        "",
        "Ljubljana's mayor, Zoran Janković, paid €500 (about $540) at 5 p.m.",
        "naïve Ŝaŭlo, ĲSSEL, İstanbul, ß, ﬁn, Ω, Å",
        "北京 means Beijing; 東京タワー too",
        "a\u{200b}b c\u{ad}d \u{202e}e\u{202c} f\u{7}g",
        "שלום, العربية ١٢٣",
        "e\u{301}\u{323}x y\u{0300}",
        "🎙️ voice👩‍👩‍👧 ½ ² Ⅷ ™ ©",
        "line one\r\nline two\u{2028}line three\u{a0}nbsp\u{3000}wide",
        "“Don’t,” he said — «jamais»… ¿qué?",
        "pneumonoultramicroscopicsilicovolcanoconiosis antidisestablishmentarianism",
        &"x".repeat(101),
        &"ab ".repeat(2000),
    ] {
        tokenizer_agrees_with_the_reference(text);
    }
}

#[test]
fn the_tokenizer_agrees_on_every_character() {
    for c in '\0'..=char::MAX {
        tokenizer_agrees_with_the_reference(&format!("a{c}a"));
    }
}

#[test]
fn real_articles_give_sound_extractions() {
    text_gives_a_sound_extraction(include_str!("../examples/harbour.txt"));
    text_gives_a_sound_extraction(&include_str!("../examples/harbour.txt").repeat(5));
}

/// Found by `fuzz/`.
#[test]
fn texts_that_once_gave_unsound_extractions() {
    let gap = "\0".repeat(7);
    text_gives_a_sound_extraction(&format!(
        "“Is the dam safe?” asked Ma3982yor 2yor ın. “Nobo\u{1a}{gap}ın. “Nobo\u{1a}{gap}"
    ));
}

proptest! {
    #[test]
    fn the_tokenizer_agrees_on_anything(text in "(?s)[\\x00-\\x7fà-ž’“”«»—…\u{300}\u{200b}中€²İ🎙א]{0,80}") {
        tokenizer_agrees_with_the_reference(&text);
    }

    #[test]
    fn any_text_gives_a_sound_extraction(text in PIECES) {
        text_gives_a_sound_extraction(&text);
    }

    #[test]
    fn any_bytes_get_a_status(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        request_bytes_get_a_status(&bytes);
    }

    #[test]
    fn any_message_gets_a_status(choice in any::<u8>(), text in PIECES, id in "\\PC{0,20}", language in "(en|[a-z-]{0,5})",
            seconds in any::<Option<i64>>(), unit in any::<i32>(), min_score in any::<f32>()) {
        let publish_time = seconds.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 });
        let document = v1::Document { document_id: id, text, language_code: language, publish_time };
        let options = Some(v1::ExtractionOptions { offset_unit: unit, min_score });
        let message = v1::ExtractRequest { document: Some(document), options }.encode_to_vec();
        request_bytes_get_a_status(&[&[choice & !1][..], &message].concat());
    }
}
