//! Scores per word to labelled spans: the linear-chain CRF (Lafferty et al. 2001) of the network's two heads.

use std::ops::Range;

use super::encoder::Rows;
use super::labels::{Tag, TagSet};

/// A span of words with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled<T> {
    /// Half-open range of words, never empty.
    pub words: Range<usize>,
    /// What it is.
    pub label: T,
    /// Probability that exactly these words bear this label, in [0, 1].
    pub score: f32,
}

/// Spans on the most likely path (Viterbi), in text order, each with its probability
/// (forward-backward). Time and memory grow linearly with the words.
pub fn decode<T: Copy + PartialEq>(scores: &Rows, set: &TagSet<T>) -> Vec<Labelled<T>> {
    let path = best_path(scores, set);
    let mut spans = Vec::new();
    let mut word = 0;
    while word < path.len() {
        let begin = word;
        word += 1;
        if let Tag::Begin(label) = set.tags[path[begin]] {
            while word < path.len() && set.tags[path[word]] == Tag::Inside(label) {
                word += 1;
            }
            spans.push(Labelled { words: begin..word, label, score: 0.0 });
        }
    }
    if !spans.is_empty() {
        let chain = Chain::new(scores, set);
        for span in &mut spans {
            span.score = chain.probability(span.words.clone(), &path);
        }
    }
    spans
}

fn best_path<T: PartialEq>(scores: &Rows, set: &TagSet<T>) -> Vec<usize> {
    let tags = set.tags.len();
    let mut best: Vec<f32> = start(scores, set);
    let mut back: Vec<u8> = Vec::with_capacity(scores.len() * tags);
    let mut next = vec![0.0; tags];
    for word in 1..scores.len() {
        let row = scores.row(word);
        for to in 0..tags {
            let (mut from, mut top) = (0, f32::NEG_INFINITY);
            for (tag, (score, step)) in best.iter().zip(&set.transitions[to]).enumerate() {
                if score + step > top {
                    (from, top) = (tag, score + step);
                }
            }
            next[to] = top + row[to];
            back.push(from as u8);
        }
        // Kept near zero: scores added up over a long text would lose their digits.
        let top = max(&next);
        best.iter_mut().zip(&next).for_each(|(b, n)| *b = n - top);
    }
    let mut path = vec![0; scores.len()];
    if let Some(last) = path.last_mut() {
        *last = (0..tags).max_by(|&a, &b| best[a].total_cmp(&best[b])).unwrap_or(0);
    }
    for word in (1..path.len()).rev() {
        path[word - 1] = usize::from(back[(word - 1) * tags + path[word]]);
    }
    path
}

fn max(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// A text cannot begin inside a span.
const NEVER: f32 = -1e4;

fn start<T>(scores: &Rows, set: &TagSet<T>) -> Vec<f32> {
    if scores.is_empty() {
        return vec![0.0; set.tags.len()];
    }
    let legal = |tag: &Tag<T>| if matches!(tag, Tag::Inside(_)) { NEVER } else { 0.0 };
    scores.row(0).iter().zip(&set.tags).map(|(score, tag)| score + legal(tag)).collect()
}

/// Forward and backward probabilities, scaled to sum to one at each word.
struct Chain {
    tags: usize,
    /// exp of the transitions, `[to * tags + from]`.
    steps: Vec<f32>,
    /// exp of each word's scores less their maximum.
    weights: Vec<f32>,
    forward: Vec<f32>,
    backward: Vec<f32>,
    /// What each forward row was divided by.
    scales: Vec<f32>,
    inside: Vec<bool>,
}

impl Chain {
    fn new<T>(scores: &Rows, set: &TagSet<T>) -> Self {
        let (words, tags) = (scores.len(), set.tags.len());
        let steps: Vec<f32> = set.transitions.iter().flatten().map(|s| s.exp()).collect();
        let mut weights = Vec::with_capacity(words * tags);
        for word in 0..words {
            let row = if word == 0 { &start(scores, set)[..] } else { scores.row(word) };
            let top = max(row);
            weights.extend(row.iter().map(|s| (s - top).exp()));
        }
        let mut chain = Self {
            tags,
            steps,
            weights,
            forward: vec![0.0; words * tags],
            backward: vec![1.0; words * tags],
            scales: vec![1.0; words],
            inside: set.tags.iter().map(|t| matches!(t, Tag::Inside(_))).collect(),
        };
        chain.run_forward(words);
        chain.run_backward(words);
        chain
    }

    fn run_forward(&mut self, words: usize) {
        let tags = self.tags;
        for word in 0..words {
            let (before, rest) = self.forward.split_at_mut(word * tags);
            let row = &mut rest[..tags];
            for (to, cell) in row.iter_mut().enumerate() {
                let arrived = match word {
                    0 => 1.0,
                    _ => dot(&before[(word - 1) * tags..], &self.steps[to * tags..][..tags]),
                };
                *cell = arrived * self.weights[word * tags + to];
            }
            let sum = row.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            row.iter_mut().for_each(|v| *v /= sum);
            self.scales[word] = sum;
        }
    }

    fn run_backward(&mut self, words: usize) {
        let tags = self.tags;
        for word in (0..words.saturating_sub(1)).rev() {
            let (row, after) = self.backward[word * tags..].split_at_mut(tags);
            row.fill(0.0);
            let next = &self.weights[(word + 1) * tags..][..tags];
            for ((after, weight), steps) in after.iter().zip(next).zip(self.steps.chunks(tags)) {
                let ahead = after * weight / self.scales[word + 1];
                for (cell, step) in row.iter_mut().zip(steps) {
                    *cell += ahead * step;
                }
            }
        }
    }

    /// Share of all paths that go through `path` within `span` and end the span there.
    fn probability(&self, span: Range<usize>, path: &[usize]) -> f32 {
        let tags = self.tags;
        let mut mass = self.forward[span.start * tags + path[span.start]];
        for word in span.start + 1..span.end {
            let step = self.steps[path[word] * tags + path[word - 1]];
            mass *= step * self.weights[word * tags + path[word]] / self.scales[word];
        }
        let last = path[span.end - 1];
        let words = self.scales.len();
        if span.end == words {
            return mass.clamp(0.0, 1.0);
        }
        // Everything may follow but a continuation of the span.
        let next = span.end * tags;
        let ahead: f32 = (0..tags)
            .filter(|&to| !self.inside[to])
            .map(|to| {
                self.steps[to * tags + last] * self.weights[next + to] * self.backward[next + to]
                    / self.scales[span.end]
            })
            .sum();
        (mass * ahead).clamp(0.0, 1.0)
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
