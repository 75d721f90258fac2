//! Quotation marks against the network: its spans are moved to the marks around them, and speech in marks
//! that it did not see is added.

use std::ops::Range;

use super::linking::Attribution;
use super::marks::{self, Quoted};
use crate::extraction::QuoteKind;
use crate::extraction::document::{Document, Gap};

/// Confidence of a quote that only its marks speak for.
const BY_MARKS_ALONE: f32 = 0.5;

/// Parts that fill most of a quoted stretch become the stretch, one part a line.
pub fn fit_to_marks(document: &Document, marks: &[Quoted], attributions: &mut [Attribution]) {
    let stretch = |part: &Range<usize>| around(marks, part).map(|quoted| spoken(document, quoted));
    for attribution in attributions.iter_mut() {
        let mut fitted = Vec::with_capacity(attribution.content.len());
        for parts in attribution.content.chunk_by(|a, b| stretch(a).is_some_and(|inside| stretch(b) == Some(inside))) {
            let filled: usize = parts.iter().map(Range::len).sum();
            match stretch(&parts[0]).filter(|inside| filled * 2 >= inside.len()) {
                Some(inside) => fitted.extend(lines(document, parts, &inside)),
                None => fitted.extend_from_slice(parts),
            }
        }
        attribution.content = fitted;
        attribution.join_overlapping();
    }
}

/// The parts within a stretch, from its first word to its last, those of one line joined.
fn lines(document: &Document, parts: &[Range<usize>], stretch: &Range<usize>) -> Vec<Range<usize>> {
    let same_line = |a: &Range<usize>, b: &Range<usize>| {
        (a.end..=b.start).all(|word| document.words.get(word).is_none_or(|w| w.gap < Gap::Newline))
    };
    let joined = parts.chunk_by(same_line);
    let mut lines: Vec<_> = joined.map(|line| line[0].start..line.last().map_or(0, |part| part.end)).collect();
    if let Some(first) = lines.first_mut() {
        first.start = stretch.start;
    }
    if let Some(last) = lines.last_mut() {
        last.end = stretch.end;
    }
    lines
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

/// Direct if all of the content stands in marks (or is a labelled turn: a source and no cue; or follows a dash that
/// begins a line), mixed if some does.
pub fn kind(document: &Document, marks: &[Quoted], attribution: &Attribution) -> QuoteKind {
    let within = |part: &Range<usize>| around(marks, part).is_some() || stands_in_marks(document, part);
    let touched = |part: &Range<usize>| {
        let next = marks.partition_point(|q| q.words.start < part.start);
        within(part) || marks.get(next).is_some_and(|q| q.words.start < part.end)
    };
    let turn = attribution.cue.is_none() && attribution.source.is_some();
    let dashed = attribution.content.first().is_some_and(|part| follows_dash(document, part));
    if turn || dashed || attribution.content.iter().all(within) {
        QuoteKind::Direct
    } else if attribution.content.iter().any(touched) {
        QuoteKind::Mixed
    } else {
        QuoteKind::Indirect
    }
}

/// A mark on either side, whatever the pairing of marks made of it; the opening one may be missing where a line begins.
fn stands_in_marks(document: &Document, part: &Range<usize>) -> bool {
    let mark = |word: usize| marks::is_mark(document.word(word));
    let begins = part.start.checked_sub(1).is_none_or(mark)
        || document.words.get(part.start).is_some_and(|w| w.gap >= Gap::Newline);
    begins && (mark(part.end) || document.word(part.end) == "," && mark(part.end + 1))
}

/// "— The boat is full, said the captain."
fn follows_dash(document: &Document, part: &Range<usize>) -> bool {
    part.start
        .checked_sub(1)
        .is_some_and(|dash| matches!(document.word(dash), "—" | "–" | "-") && document.words[dash].gap >= Gap::Newline)
}

/// Of a mixed quote, a part that is all in marks keeps them: they tell its words from the paraphrase.
pub fn with_marks(document: &Document, attribution: &mut Attribution) {
    let mark = |word: usize| marks::is_mark(document.word(word));
    for part in &mut attribution.content {
        let opened = part.start > 0 && mark(part.start - 1) && document.words[part.start].gap == Gap::None;
        let closed = mark(part.end) && document.words[part.end].gap == Gap::None;
        if closed && (opened || part.clone().any(mark)) {
            part.start -= usize::from(opened);
            part.end += 1;
        }
    }
}

/// A labelled turn ("NAME: ...") ends with its last sentence's full stop.
pub fn finish_turns(document: &Document, attributions: &mut [Attribution]) {
    for attribution in attributions.iter_mut().filter(|a| a.cue.is_none() && a.source.is_some()) {
        if let Some(last) = attribution.content.last_mut() {
            let stop = matches!(document.word(last.end), "." | "?" | "!" | "…");
            last.end += usize::from(stop && document.words[last.end].gap == Gap::None);
        }
    }
}

/// Speech in a paragraph of its own, whose marks do not go on from the one before, is an act of its own without a cue.
pub fn split_floating(document: &Document, marks: &[Quoted], attributions: &mut Vec<Attribution>) {
    let same_line = |a: usize, b: usize| {
        (a.min(b) + 1..=a.max(b)).all(|w| document.words.get(w).is_none_or(|w| w.gap < Gap::Paragraph))
    };
    let mut floating = Vec::new();
    for attribution in attributions.iter_mut() {
        let Some(cue) = attribution.cue.as_ref().map(|cue| cue.start) else { continue };
        let near = |part: &Range<usize>| same_line(cue, part.start) || same_line(cue, part.end - 1);
        let quoted = |part: &Range<usize>| around(marks, part);
        let content = std::mem::take(&mut attribution.content);
        let mut acts = vec![];
        for part in content {
            let goes_on = |before: &Vec<Range<usize>>| {
                before.last().is_none_or(|last| {
                    near(last) && near(&part) || quoted(&part).is_none() || quoted(last).is_none_or(|q| !q.closed)
                })
            };
            match acts.last_mut().filter(|before| goes_on(before)) {
                Some(open) => open.push(part),
                None => acts.push(vec![part]),
            }
        }
        // The cue's act is the one in its line, or else the one nearest to it.
        let away = |act: &Vec<Range<usize>>| {
            let distance = |part: &Range<usize>| part.start.abs_diff(cue).min(part.end.abs_diff(cue));
            (!act.iter().any(near), act.iter().map(distance).min())
        };
        let own = (0..acts.len()).min_by_key(|&i| away(&acts[i])).unwrap_or(0);
        for (i, content) in acts.into_iter().enumerate() {
            if i == own {
                attribution.content = content;
            } else {
                floating.push(Attribution { content, cue: None, source: None, score: attribution.score });
            }
        }
    }
    attributions.extend(floating);
    attributions.sort_by_key(|a| a.content[0].start);
}
