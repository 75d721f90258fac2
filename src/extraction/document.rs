//! The text and the ways to point into it: words, sentences, spans, and offsets in the unit a caller counts in.

use std::ops::Range;
use std::sync::Arc;

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

/// A half-open range of bytes of the text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub begin: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The part of `text` that the span covers; empty if the span is not of this text.
    pub fn slice<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.begin..self.end).unwrap_or_default()
    }
}

/// White space before a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// None: the word touches the one before.
    None,
    /// Some, without a line break.
    Space,
    /// One line break.
    Newline,
    /// Two or more line breaks, or the start of the text.
    Paragraph,
}

/// A word as BERT splits them: a run of letters, digits and symbols, or one punctuation mark or ideograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, in bytes.
    pub span: Span,
    /// White space before it.
    pub gap: Gap,
}

/// A text with its words and sentences.
#[derive(Debug, Clone)]
pub struct Document {
    /// All of the text, as given.
    pub text: Arc<str>,
    /// In text order, disjoint.
    pub words: Vec<Word>,
    /// Ranges of words that cover all words in order.
    pub sentences: Vec<Range<usize>>,
}

impl Document {
    /// Splits a text, in time linear in its length.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let words = words(&text);
        let sentences = sentences(&text, &words);
        Self { text, words, sentences }
    }

    /// From the first byte of the first word to the last byte of the last.
    pub fn span(&self, words: Range<usize>) -> Span {
        match (self.words.get(words.start), self.words.get(words.end.wrapping_sub(1))) {
            (Some(first), Some(last)) => Span { begin: first.span.begin, end: last.span.end },
            _ => Span { begin: 0, end: 0 },
        }
    }

    /// The words that a span touches.
    pub fn words_in(&self, span: Span) -> Range<usize> {
        let first = self.words.partition_point(|w| w.span.end <= span.begin);
        let last = self.words.partition_point(|w| w.span.begin < span.end);
        first..last.max(first)
    }

    /// A word as written; empty if there is none.
    pub fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |w| w.span.slice(&self.text))
    }
}

/// What a character does to words, as in BERT's basic tokenizer.
enum Class {
    /// Ends a word.
    White,
    /// Is a word of its own.
    Alone,
    /// Belongs to a word.
    Part,
    /// Belongs to the word that is open, and opens none: accents that stand alone.
    Mark,
    /// Vanishes: control and format characters.
    Nothing,
}

fn class(c: char) -> Class {
    match c {
        ' ' | '\t' | '\n' | '\r' => Class::White,
        '\0' | '\u{fffd}' => Class::Nothing,
        _ if c.is_ascii_alphanumeric() => Class::Part,
        _ if c.is_ascii_punctuation() => Class::Alone,
        // Without their accents, as BERT reads them, these are =, <, > and `.
        '≠' | '≮' | '≯' | '\u{1fef}' => Class::Alone,
        // CJK ideographs, as in BERT.
        '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{2a6df}'
        | '\u{2a700}'..='\u{2ceaf}'
        | '\u{2f800}'..='\u{2fa1f}' => Class::Alone,
        _ if c.is_whitespace() && !c.is_control() => Class::White,
        _ => match c.general_category_group() {
            GeneralCategoryGroup::Punctuation => Class::Alone,
            _ if c.general_category() == GeneralCategory::NonspacingMark => Class::Mark,
            GeneralCategoryGroup::Other if c.general_category() != GeneralCategory::Unassigned => Class::Nothing,
            _ => Class::Part,
        },
    }
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::with_capacity(text.len() / 5);
    let mut open: Option<Span> = None;
    let mut between = 0;
    let mut close = |span: Option<Span>, words: &mut Vec<Word>| {
        if let Some(span) = span {
            words.push(Word { span, gap: gap(&text[between..span.begin], between == 0) });
            between = span.end;
        }
    };
    for (begin, c) in text.char_indices() {
        let end = begin + c.len_utf8();
        match class(c) {
            Class::White => close(open.take(), &mut words),
            Class::Alone => {
                close(open.take(), &mut words);
                close(Some(Span { begin, end }), &mut words);
            }
            Class::Part => open.get_or_insert(Span { begin, end }).end = end,
            Class::Mark => {
                if let Some(span) = &mut open {
                    span.end = end;
                }
            }
            Class::Nothing => {}
        }
    }
    close(open, &mut words);
    words
}

fn gap(between: &str, at_start: bool) -> Gap {
    let bytes = between.as_bytes();
    let breaks = bytes
        .iter()
        .enumerate()
        .filter(|&(i, b)| *b == b'\n' || *b == b'\r' && bytes.get(i + 1) != Some(&b'\n'))
        .count();
    match breaks {
        _ if at_start => Gap::Paragraph,
        0 if between.contains(char::is_whitespace) => Gap::Space,
        0 => Gap::None,
        1 => Gap::Newline,
        _ => Gap::Paragraph,
    }
}

/// Words before a full stop that does not end a sentence.
const ABBREVIATIONS: [&str; 34] = [
    "adm", "brig", "capt", "cmdr", "col", "cpl", "dr", "fr", "gen", "gov", "hon", "jr", "lt", "maj", "messrs", "mr",
    "mrs", "ms", "msgr", "mt", "no", "pres", "prof", "rep", "reps", "rev", "sen", "sens", "sgt", "sr", "st", "supt",
    "u.s", "vs",
];

/// Unicode's sentence bounds (UAX #29) and line breaks, less those after abbreviations and initials. They only
/// say where a window may be cut, so a missed one does little harm.
fn sentences(text: &str, words: &[Word]) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut begin = 0;
    for (bound, _) in text.split_sentence_bound_indices() {
        let end = begin + words[begin..].partition_point(|w| w.span.begin < bound);
        let breaks = words.get(end).is_some_and(|w| w.gap >= Gap::Newline) || !abbreviates(text, &words[begin..end]);
        if end > begin && breaks {
            sentences.push(begin..end);
            begin = end;
        }
    }
    if begin < words.len() {
        sentences.push(begin..words.len());
    }
    sentences
}

/// These words end in an abbreviation or an initial with its full stop.
fn abbreviates(text: &str, words: &[Word]) -> bool {
    let [.., before, stop] = words else { return false };
    let word = before.span.slice(text);
    let initial = word.chars().count() == 1 && word.starts_with(char::is_uppercase);
    stop.span.slice(text) == "." && (initial || ABBREVIATIONS.contains(&word.to_lowercase().as_str()))
}

/// What a caller counts offsets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OffsetUnit {
    /// Bytes of UTF-8.
    Utf8Byte,
    /// UTF-16 code units, as in Java and JavaScript.
    Utf16CodeUnit,
    /// Unicode code points, as in Python.
    #[default]
    UnicodeCodePoint,
}

/// Bytes between two checkpoints.
const STRIDE: usize = 64;

/// Converts spans of one text from bytes into another unit.
pub struct Offsets<'a> {
    text: &'a str,
    unit: OffsetUnit,
    /// Units before the first character that begins at or behind each multiple of [`STRIDE`] bytes. Empty where
    /// a unit is a byte.
    checkpoints: Vec<usize>,
}

impl<'a> Offsets<'a> {
    /// Reads the text once.
    pub fn new(text: &'a str, unit: OffsetUnit) -> Self {
        let mut checkpoints = Vec::new();
        if unit != OffsetUnit::Utf8Byte && !text.is_ascii() {
            let mut units = 0;
            for (at, c) in text.char_indices() {
                while checkpoints.len() * STRIDE <= at {
                    checkpoints.push(units);
                }
                units += width(c, unit);
            }
        }
        Self { text, unit, checkpoints }
    }

    /// The span's first unit, and one past its last. A span of another text is moved to fit.
    pub fn convert(&self, span: Span) -> (usize, usize) {
        (self.at(span.begin), self.at(span.end))
    }

    fn at(&self, byte: usize) -> usize {
        let byte = self.text.floor_char_boundary(byte);
        let index = (byte / STRIDE).min(self.checkpoints.len().saturating_sub(1));
        let Some(&units) = self.checkpoints.get(index) else { return byte };
        let from = self.text.ceil_char_boundary(index * STRIDE).min(byte);
        units + self.text[from..byte].chars().map(|c| width(c, self.unit)).sum::<usize>()
    }
}

fn width(c: char, unit: OffsetUnit) -> usize {
    match unit {
        OffsetUnit::Utf8Byte => c.len_utf8(),
        OffsetUnit::Utf16CodeUnit => c.len_utf16(),
        OffsetUnit::UnicodeCodePoint => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sentences_of(text: &str) -> Vec<&str> {
        let document = Document::new(text);
        document.sentences.iter().map(|s| document.span(s.clone()).slice(text)).collect()
    }

    #[test]
    fn sentences_survive_abbreviations() {
        assert_eq!(
            sentences_of("Mr. J. Smith met Gen. Roe. They left.\nNo stop here\nNew line."),
            ["Mr. J. Smith met Gen. Roe.", "They left.", "No stop here", "New line."]
        );
    }

    #[test]
    fn gaps() {
        let gaps: Vec<Gap> = Document::new("a b\nc\r\nd\n\ne-f").words.iter().map(|w| w.gap).collect();
        use Gap::*;
        assert_eq!(gaps, [Paragraph, Space, Newline, Newline, Paragraph, None, None]);
    }

    proptest! {
        #[test]
        fn words_are_ordered_disjoint_and_covered_by_sentences(text in any::<String>()) {
            let document = Document::new(text.as_str());
            let mut end = 0;
            for word in &document.words {
                prop_assert!(word.span.begin >= end && word.span.end > word.span.begin);
                prop_assert!(text.get(word.span.begin..word.span.end).is_some());
                end = word.span.end;
            }
            let covered: Vec<usize> = document.sentences.iter().cloned().flatten().collect();
            prop_assert_eq!(covered, (0..document.words.len()).collect::<Vec<_>>());
        }

        #[test]
        fn offsets_count_in_every_unit(text in "\\PC{0,300}", a in 0usize..1200, b in 0usize..1200) {
            let (a, b) = (text.floor_char_boundary(a), text.floor_char_boundary(b));
            let span = Span { begin: a.min(b), end: a.max(b) };
            let slice = span.slice(&text);
            let (begin, end) = Offsets::new(&text, OffsetUnit::Utf8Byte).convert(span);
            prop_assert_eq!(&text[begin..end], slice);
            let (begin, end) = Offsets::new(&text, OffsetUnit::UnicodeCodePoint).convert(span);
            prop_assert_eq!(text.chars().skip(begin).take(end - begin).collect::<String>(), slice);
            let (begin, end) = Offsets::new(&text, OffsetUnit::Utf16CodeUnit).convert(span);
            let units: Vec<u16> = text.encode_utf16().collect();
            prop_assert_eq!(String::from_utf16_lossy(&units[begin..end]), slice);
        }
    }
}
