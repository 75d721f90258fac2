//! Quotation marks of every style: which words stand between them.

use std::ops::Range;

use crate::extraction::document::{Document, Gap};

/// A stretch of words in quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// The words inside, without the marks; never empty.
    pub words: Range<usize>,
    /// Whether a closing mark stands behind it. One that is missing, or left out because the speech
    /// goes on in the next paragraph, ends with its paragraph.
    pub closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Double,
    Single,
    Guillemets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Open(Style),
    Close(Style),
}

/// All quoted stretches in text order; inside a stretch, marks of another style nest. Linear in the words.
pub fn quoted(document: &Document) -> Vec<Quoted> {
    let marks = Marks::new(document);
    let mut found = Vec::new();
    let mut open: Vec<(Style, usize)> = Vec::new();
    let mut word = 0;
    while word < document.words.len() {
        let gap = document.words[word].gap;
        let (mark, width) = marks.at(word, &open);
        let opens_line = gap >= Gap::Newline && matches!(mark, Some(Mark::Open(_)));
        if gap == Gap::Paragraph || opens_line {
            for (_, begin) in open.drain(..) {
                push(&mut found, begin..word, false);
            }
        }
        match mark {
            Some(Mark::Open(style)) => open.push((style, word + width)),
            Some(Mark::Close(style)) => {
                if let Some(at) = open.iter().rposition(|(s, _)| *s == style) {
                    let (_, begin) = open[at];
                    open.truncate(at);
                    push(&mut found, begin..word, true);
                }
            }
            None => {}
        }
        word += width;
    }
    for (_, begin) in open {
        push(&mut found, begin..document.words.len(), false);
    }
    found.sort_by_key(|q| (q.words.start, std::cmp::Reverse(q.words.end)));
    found
}

/// Any quotation mark.
pub fn is_mark(word: &str) -> bool {
    matches!(word, "\"" | "“" | "”" | "„" | "‟" | "'" | "’" | "‘" | "‚" | "`" | "«" | "»" | "‹" | "›")
}

fn push(found: &mut Vec<Quoted>, words: Range<usize>, closed: bool) {
    if !words.is_empty() {
        found.push(Quoted { words, closed });
    }
}

/// Tells marks from apostrophes, and opening ones from closing ones.
struct Marks<'a> {
    document: &'a Document,
    /// For each word: whether a single closing mark follows in its paragraph.
    single_closes_later: Vec<bool>,
}

impl<'a> Marks<'a> {
    fn new(document: &'a Document) -> Self {
        let mut marks = Self { document, single_closes_later: vec![false; document.words.len()] };
        let mut later = false;
        for word in (0..document.words.len()).rev() {
            marks.single_closes_later[word] = later;
            later |= matches!(marks.document.word(word), "'" | "’") && marks.may_close(word);
            later &= document.words[word].gap != Gap::Paragraph;
        }
        marks
    }

    /// Touches the word before.
    fn touches_before(&self, word: usize) -> bool {
        word > 0 && self.document.words[word].gap == Gap::None
    }

    /// Touches the word behind.
    fn touches_after(&self, word: usize) -> bool {
        self.document.words.get(word + 1).is_some_and(|w| w.gap == Gap::None)
    }

    fn letter_after(&self, word: usize) -> bool {
        self.touches_after(word) && self.document.word(word + 1).starts_with(char::is_alphanumeric)
    }

    /// Opens if it hangs on what follows and not on a word before.
    fn may_open(&self, word: usize) -> bool {
        let free = !self.touches_before(word)
            || matches!(self.document.word(word - 1), "(" | "[" | "—" | "–" | "-" | "\"" | "“" | "‘" | "'");
        free && self.touches_after(word)
    }

    fn may_close(&self, word: usize) -> bool {
        self.touches_before(word) && !self.letter_after(word)
    }

    /// The mark that begins at this word, and of how many words it is made (`''` of two).
    fn at(&self, word: usize, open: &[(Style, usize)]) -> (Option<Mark>, usize) {
        use Mark::{Close, Open};
        use Style::{Double, Guillemets, Single};
        let is_open = |style| open.iter().any(|(s, _)| *s == style);
        let text = self.document.word(word);
        let doubled = matches!(text, "'" | "`" | "’" | "‘" | "\"")
            && self.touches_after(word)
            && self.document.word(word + 1) == text;
        let either = |style, width: usize| {
            let hangs = self.touches_after(word + width - 1);
            // Apart from both neighbours: " so ".
            if !hangs && !self.touches_before(word) && !is_open(style) {
                return Open(style);
            }
            let free = !self.touches_before(word) || self.may_open(word);
            // A mark that can be both closes what is open, unless it begins a line.
            if free && hangs && (!is_open(style) || !self.touches_before(word)) { Open(style) } else { Close(style) }
        };
        let mark = match text {
            _ if doubled => return (Some(either(Double, 2)), 2),
            "\"" => Some(either(Double, 1)),
            "„" | "‟" => Some(Open(Double)),
            // German closes with the mark that English opens with.
            "“" if is_open(Double) && self.may_close(word) => Some(Close(Double)),
            "“" => Some(Open(Double)),
            "”" => Some(Close(Double)),
            "«" if is_open(Guillemets) && self.may_close(word) => Some(Close(Guillemets)),
            "»" if !is_open(Guillemets) && self.may_open(word) => Some(Open(Guillemets)),
            "«" => Some(Open(Guillemets)),
            "»" => Some(Close(Guillemets)),
            "‘" if is_open(Single) && self.may_close(word) => Some(Close(Single)),
            "‘" | "‚" | "`" => Some(Open(Single)),
            "'" | "’" if is_open(Single) && self.may_close(word) => Some(Close(Single)),
            "'" if self.may_open(word) && self.single_closes_later[word] => Some(Open(Single)),
            _ => None,
        };
        (mark, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, bool)> {
        let document = Document::new(text);
        quoted(&document)
            .into_iter()
            .map(|q| {
                let (first, last) = (document.words[q.words.start], document.words[q.words.end - 1]);
                (text[first.span.begin..last.span.end].to_string(), q.closed)
            })
            .collect()
    }

    #[test]
    fn every_style() {
        for (text, inside) in [
            ("She said \"we won\" today.", vec![("we won", true)]),
            ("She said “we won” today.", vec![("we won", true)]),
            ("She said ''we won'' today.", vec![("we won", true)]),
            ("She said ``we won'' today.", vec![("we won", true)]),
            ("She said «we won» today.", vec![("we won", true)]),
            ("She said „we won“ today.", vec![("we won", true)]),
            ("She said ‚we won‘ today.", vec![("we won", true)]),
            ("She said \" we won \" today.", vec![("we won", true)]),
            ("She said \"\"we won\"\" today.", vec![("we won", true)]),
            ("She said 'we won' today.", vec![("we won", true)]),
            ("‘I don’t know,’ he said.", vec![("I don’t know,", true)]),
            ("'I don't know,' he said.", vec![("I don't know,", true)]),
            ("The officials' plan and the '90s.", vec![]),
            ("It's Jones's.", vec![]),
            ("“He told me ‘go’ and I went.”", vec![("He told me ‘go’ and I went.", true), ("go", true)]),
            ("“First.\n\n“Second.”", vec![("First.", false), ("Second.", true)]),
            ("\"First.\n\n\"Second.\" He left.", vec![("First.", false), ("Second.", true)]),
            ("\"Never closed.\n\nNext one.", vec![("Never closed.", false)]),
            ("He is 6'2\" tall.", vec![]),
            ("(\"Yes\")", vec![("Yes", true)]),
            ("\"", vec![]),
            ("", vec![]),
        ] {
            let expected: Vec<_> = inside.into_iter().map(|(t, c)| (t.to_string(), c)).collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
