//! Quotation marks against the network: its spans are moved to the marks around them, and speech in marks
//! that it did not see is added.

use std::ops::Range;

use super::linking::Attribution;
use super::marks::Quoted;
use crate::extraction::QuoteKind;
use crate::extraction::document::{Document, Gap};

/// Confidence of a quote that only its marks speak for.
const BY_MARKS_ALONE: f32 = 0.5;

/// Content that fills most of a quoted stretch becomes the stretch; parts in one stretch become one.
pub fn fit_to_marks(document: &Document, marks: &[Quoted], attributions: &mut [Attribution]) {
    for attribution in attributions.iter_mut() {
        for part in &mut attribution.content {
            let inside = around(marks, part).map(|q| spoken(document, q));
            if let Some(inside) = inside.filter(|inside| part.len() * 2 >= inside.len()) {
                *part = inside;
            }
        }
        attribution.content.dedup();
    }
}

/// The stretch that holds `part`, give or take its marks.
fn around<'a>(marks: &'a [Quoted], part: &Range<usize>) -> Option<&'a Quoted> {
    let end = marks.partition_point(|q| q.words.start <= part.start + 1);
    // Nesting is shallow: the innermost stretch begins last.
    marks[end.saturating_sub(4)..end]
        .iter()
        .rev()
        .find(|q| q.words.start <= part.start + 1 && part.end <= q.words.end + 1 && part.start < q.words.end)
}

/// The words of a stretch less the comma that hands over to "he said".
fn spoken(document: &Document, quoted: &Quoted) -> Range<usize> {
    let Range { start, end } = quoted.words;
    let comma = document.word(end - 1) == ",";
    start..if comma && end - start > 1 { end - 1 } else { end }
}

/// Speech in quotation marks where the network marked nothing: whole lines in marks, and stretches that are
/// punctuated as sentences. Shorter ones are titles, terms and scare quotes.
pub fn add_unseen(document: &Document, marks: &[Quoted], attributions: &mut Vec<Attribution>) {
    let mut taken: Vec<Range<usize>> = attributions.iter().flat_map(|a| a.content.iter().cloned()).collect();
    taken.sort_by_key(|r| r.start);
    let mut covered_to = 0;
    let mut added = Vec::new();
    for quoted in marks {
        let nested = quoted.words.start < covered_to;
        covered_to = covered_to.max(quoted.words.end);
        let next = taken.partition_point(|r| r.end <= quoted.words.start);
        let free = taken.get(next).is_none_or(|r| r.start >= quoted.words.end);
        if !nested && free && is_speech(document, quoted) {
            added.push(Attribution {
                content: vec![spoken(document, quoted)],
                cue: None,
                source: None,
                score: BY_MARKS_ALONE,
            });
        }
    }
    attributions.extend(added);
    attributions.sort_by_key(|a| a.content[0].start);
}

fn is_speech(document: &Document, quoted: &Quoted) -> bool {
    let Range { start, end } = quoted.words;
    let sentence = matches!(document.word(end - 1), "." | "?" | "!" | "," | "…");
    let capital = document.word(start).starts_with(char::is_uppercase);
    let own_line = start.checked_sub(1).is_none_or(|mark| document.words[mark].gap >= Gap::Newline);
    sentence && capital && (own_line && end - start >= 3 || end - start >= 6)
}

/// Direct if all of the content stands in marks (or is a labelled turn: a source and no cue), mixed if some does.
pub fn kind(marks: &[Quoted], attribution: &Attribution) -> QuoteKind {
    let within = |part: &Range<usize>| around(marks, part).is_some();
    let touched = |part: &Range<usize>| {
        let next = marks.partition_point(|q| q.words.start < part.start);
        within(part) || marks.get(next).is_some_and(|q| q.words.start < part.end)
    };
    let turn = attribution.cue.is_none() && attribution.source.is_some();
    if turn || attribution.content.iter().all(within) {
        QuoteKind::Direct
    } else if attribution.content.iter().any(touched) {
        QuoteKind::Mixed
    } else {
        QuoteKind::Indirect
    }
}
