//! The network's spans to attributions: each content part and each source to its cue.
//!
//! Scaled dot products of link vectors (as in the attention of Vaswani et al. 2017, used as a pointer: Vinyals
//! et al. 2015) say which cue a content or a source belongs to, or that it has none.

use std::ops::Range;

use crate::extraction::decoder::Labelled;
use crate::extraction::document::Document;
use half::bf16;

use crate::extraction::encoder::Rows;
use crate::extraction::labels::{Labels, Role};

/// How far, in words, a content or source may be from its cue, and a speaker's name from the quote.
pub const REACH: usize = 300;
/// What every word between a content or source and its cue takes from the score of their link: the network learned
/// to choose among the cues of one window. Chosen on dev.
const PER_WORD: f32 = 0.15;
/// What "no cue" loses against a cue. Chosen on dev.
const NO_CUE: f32 = 6.0;

/// The link vectors of a document's words.
pub struct Links<'a> {
    rows: &'a Rows<bf16>,
    labels: &'a Labels,
}

/// Position of each role's vector in a row, in the order of `link_vectors` in `model/labels.json`.
#[derive(Debug, Clone, Copy)]
pub enum Vector {
    /// Of a content part's first word, looking for its cue.
    Content,
    /// Of a source's first word, looking for its cue.
    Source,
    /// Of a cue's first word, to be found.
    Cue,
    /// Of a source's (or content's) first word, looking for the speaker's name.
    Speaker,
    /// Of a name's first word, to be found.
    Mention,
}

impl<'a> Links<'a> {
    /// Link vectors as the network gave them.
    pub fn new(rows: &'a Rows<bf16>, labels: &'a Labels) -> Self {
        Self { rows, labels }
    }

    fn vector(&self, word: usize, vector: Vector) -> impl Iterator<Item = f32> {
        let length = self.labels.link_length;
        self.rows.row(word)[vector as usize * length..][..length].iter().map(|v| v.to_f32())
    }

    /// Score of a link from one word to another.
    pub fn score(&self, from: usize, query: Vector, to: usize, key: Vector) -> f32 {
        self.scaled(self.vector(from, query), self.vector(to, key))
    }

    /// Score of there being nothing to link to.
    pub fn null(&self, from: usize, query: Vector) -> f32 {
        let key = match query {
            Vector::Content => 0,
            Vector::Source => 1,
            _ => 2,
        };
        self.scaled(self.vector(from, query), self.labels.link_null[key].iter().copied())
    }

    fn scaled(&self, a: impl Iterator<Item = f32>, b: impl Iterator<Item = f32>) -> f32 {
        a.zip(b).map(|(x, y)| x * y).sum::<f32>() / (self.labels.link_length as f32).sqrt()
    }
}

/// One act of speech as ranges of words.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// In text order, never empty.
    pub content: Vec<Range<usize>>,
    /// The reporting words.
    pub cue: Option<Range<usize>>,
    /// Who speaks, as written.
    pub source: Option<Range<usize>>,
    /// Confidence in [0, 1].
    pub score: f32,
}

impl Attribution {
    /// Parts that share words become one.
    pub fn join_overlapping(&mut self) {
        self.content.sort_by_key(|part| part.start);
        self.content.dedup_by(|part, before| {
            let shared = part.start < before.end;
            before.end = before.end.max(if shared { part.end } else { 0 });
            shared
        });
    }
}

/// Verbs of thought, hope and plan: they report no act of speech.
const UNSPOKEN: [&str; 24] = [
    "suspect",
    "suspects",
    "suspected",
    "wish",
    "wishes",
    "wished",
    "hope",
    "hopes",
    "hoped",
    "want",
    "wants",
    "wanted",
    "believe",
    "believes",
    "believed",
    "think",
    "thinks",
    "thought",
    "know",
    "knows",
    "knew",
    "expect",
    "expects",
    "expected",
];

/// Attributions in text order. `spans` are the network's, in text order.
pub fn link(document: &Document, spans: &[Labelled<Role>], links: &Links) -> Vec<Attribution> {
    let of = |role| spans.iter().filter(move |s| s.label == role).collect::<Vec<_>>();
    let (contents, cues, sources) = (of(Role::Content), of(Role::Cue), of(Role::Source));
    let nearest = |span: &Range<usize>, query| best_cue(span, query, &cues, links);

    let mut by_cue: Vec<Attribution> = cues
        .iter()
        .map(|c| Attribution { content: vec![], cue: Some(c.words.clone()), source: None, score: c.score })
        .collect();
    let mut without_cue = Vec::new();
    for content in contents {
        match nearest(&content.words, Vector::Content) {
            Some((cue, _)) => {
                by_cue[cue].content.push(content.words.clone());
                by_cue[cue].score = by_cue[cue].score.min(content.score);
            }
            None => without_cue.push(Attribution {
                content: vec![content.words.clone()],
                cue: None,
                source: None,
                score: content.score,
            }),
        }
    }
    let mut best_source = vec![f32::NEG_INFINITY; cues.len()];
    let mut loose = Vec::new();
    for source in sources {
        match nearest(&source.words, Vector::Source) {
            Some((cue, score)) if score > best_source[cue] => {
                best_source[cue] = score;
                by_cue[cue].source = Some(source.words.clone());
            }
            Some(_) => {}
            None => loose.push(source.words.clone()),
        }
    }
    label_turns(&mut without_cue, &loose);
    let mut all: Vec<_> = by_cue.into_iter().filter(|a| !a.content.is_empty()).chain(without_cue).collect();
    let unspoken = |cue: &Range<usize>| UNSPOKEN.contains(&document.word(cue.end - 1));
    all.retain(|a| !a.cue.as_ref().is_some_and(unspoken));
    all.sort_by_key(|a| a.content[0].start);
    all
}

/// The cue that a span belongs to, by index, or none if that is more likely.
fn best_cue(span: &Range<usize>, query: Vector, cues: &[&Labelled<Role>], links: &Links) -> Option<(usize, f32)> {
    let from = span.start;
    let first = cues.partition_point(|c| c.words.start + REACH < from);
    let mut best = None;
    let mut top = links.null(from, query) - NO_CUE;
    for (i, cue) in cues.iter().enumerate().skip(first) {
        if cue.words.start > span.end + REACH {
            break;
        }
        let between = cue.words.start.saturating_sub(span.end).max(span.start.saturating_sub(cue.words.end));
        let distance = between as f32;
        let score = links.score(from, query, cue.words.start, Vector::Cue) - PER_WORD * distance;
        if score > top {
            top = score;
            best = Some((i, score));
        }
    }
    best
}

/// A source without a cue ("NAME: ...") speaks the content without a cue that comes next.
fn label_turns(contents: &mut [Attribution], sources: &[Range<usize>]) {
    const NEAR: usize = 12;
    for source in sources {
        let next = contents.partition_point(|a| a.content[0].start < source.end);
        let behind = contents.get(next).filter(|a| a.content[0].start < source.end + NEAR).map(|_| next);
        let before = next.checked_sub(1).filter(|&i| contents[i].content[0].end + NEAR > source.start);
        if let Some(i) = behind.or(before).filter(|&i| contents[i].source.is_none()) {
            contents[i].source = Some(source.clone());
        }
    }
}
