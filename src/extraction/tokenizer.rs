//! Words to wordpieces: BERT's WordPiece (Wu et al. 2016) over the document's own words, and a case feature for
//! each piece, since the vocabulary is uncased and names live on case.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::document::{Document, Word};

/// Stands before a window.
pub const CLS: i32 = 101;
/// Stands behind a window.
pub const SEP: i32 = 102;
const UNKNOWN: i32 = 100;
/// Characters of a word beyond which it is unknown.
const LONGEST_WORD: usize = 100;

/// The wordpieces of a document, words in order.
#[derive(Debug, Clone, Default)]
pub struct Wordpieces {
    /// Rows of the vocabulary.
    pub ids: Vec<i32>,
    /// `1 + (shape * 2 + continuation) * 4 + gap`: the word's shape as written, whether the piece continues a
    /// word, the white space before the word. 0 is left to `[CLS]` and `[SEP]`.
    pub features: Vec<i32>,
    /// Index of each word's first piece, and behind them the number of pieces.
    pub word_starts: Vec<usize>,
}

/// The vocabulary that is built into the binary.
pub struct Tokenizer {
    /// Pieces that begin a word.
    first: HashMap<&'static str, i32>,
    /// Pieces that continue one, without their `##`.
    later: HashMap<&'static str, i32>,
    longest: usize,
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokenizer {
    /// Reads the vocabulary.
    pub fn new() -> Self {
        let (mut first, mut later, mut longest) = (HashMap::new(), HashMap::new(), 0);
        for (piece, id) in include_str!("../../model/vocab.txt").lines().zip(0..) {
            match piece.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => later.insert(rest, id),
                _ => first.insert(piece, id),
            };
            longest = longest.max(piece.len());
        }
        Self { first, later, longest }
    }

    /// Pieces of all words; every word has at least one.
    pub fn encode(&self, document: &Document) -> Wordpieces {
        let mut pieces = Wordpieces::default();
        let mut normal = String::new();
        for word in &document.words {
            pieces.word_starts.push(pieces.ids.len());
            let written = word.span.slice(&document.text);
            normalise(written, &mut normal);
            self.push_word(&normal, &mut pieces.ids);
            push_features(written, word, &mut pieces);
        }
        pieces.word_starts.push(pieces.ids.len());
        pieces
    }

    /// Longest match first; a word that cannot be pieced together is unknown as a whole.
    fn push_word(&self, word: &str, ids: &mut Vec<i32>) {
        let begin = ids.len();
        let mut rest = word;
        if word.is_empty() || word.chars().count() > LONGEST_WORD {
            ids.push(UNKNOWN);
            return;
        }
        while !rest.is_empty() {
            let table = if ids.len() == begin { &self.first } else { &self.later };
            let most = rest.floor_char_boundary(self.longest);
            let ends = rest[..most].char_indices().rev().map(|(at, c)| at + c.len_utf8());
            let Some((id, end)) = ends.into_iter().find_map(|end| Some((*table.get(&rest[..end])?, end))) else {
                ids.truncate(begin);
                ids.push(UNKNOWN);
                return;
            };
            ids.push(id);
            rest = &rest[end..];
        }
    }
}

/// Control and format characters and accents go, letters become lower case: BERT's normaliser.
fn normalise(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        out.extend(word.chars().filter(|c| !c.is_control()).map(|c| c.to_ascii_lowercase()));
        return;
    }
    use GeneralCategory::{Control, Format, NonspacingMark, PrivateUse};
    let kept = |c: &char| *c != '\u{fffd}' && !matches!(c.general_category(), Control | Format | PrivateUse);
    let bare = word.chars().filter(kept).nfd().filter(|c| c.general_category() != NonspacingMark);
    out.extend(bare.flat_map(char::to_lowercase));
}

fn push_features(written: &str, word: &Word, pieces: &mut Wordpieces) {
    let shape = shape(written);
    for continuation in 0..pieces.ids.len() - pieces.features.len() {
        pieces.features.push(1 + (shape * 2 + continuation.min(1) as i32) * 4 + word.gap as i32);
    }
}

/// How a word is written: 0 lower case, 1 Title, 2 UPPER, 3 one capital, 4 miXed, 5 letters and digits, 6 digits,
/// 7 neither.
fn shape(word: &str) -> i32 {
    let (mut letters, mut upper, mut digits, mut first_upper) = (0, 0, 0, false);
    for c in word.chars() {
        if c.is_alphabetic() {
            first_upper |= letters == 0 && c.is_uppercase();
            letters += 1;
            upper += usize::from(c.is_uppercase());
        } else if c.is_numeric() {
            digits += 1;
        }
    }
    match (letters, upper) {
        (0, _) if digits > 0 => 6,
        (0, _) => 7,
        _ if digits > 0 => 5,
        (_, 0) => 0,
        (1, _) => 3,
        _ if upper == letters => 2,
        (_, 1) if first_upper => 1,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes() {
        for (word, expected) in [
            ("the", 0),
            ("Paris", 1),
            ("NATO", 2),
            ("J", 3),
            ("McKay", 4),
            ("A380", 5),
            ("2022", 6),
            ("—", 7),
            ("iPhone", 4),
        ] {
            assert_eq!(shape(word), expected, "{word}");
        }
    }

    proptest! {
        #[test]
        fn every_word_has_a_piece_and_every_piece_a_feature(text in any::<String>()) {
            let document = Document::new(text.as_str());
            let pieces = Tokenizer::new().encode(&document);
            prop_assert_eq!(pieces.word_starts.len(), document.words.len() + 1);
            prop_assert!(pieces.word_starts.windows(2).all(|w| w[0] < w[1]));
            prop_assert_eq!(pieces.ids.len(), pieces.features.len());
            prop_assert!(pieces.features.iter().all(|f| (1..65).contains(f)));
        }
    }
}
