//! The network: windows of wordpieces in, scores per word out.
//!
//! [`Encoder::begin`] cuts a document of any length into windows of whole sentences with context on both sides,
//! [`Encoder::advance`] runs them one by one and [`Progress`] stitches their rows. One window a run means no padding, so a score depends on
//! its own window alone, never on what else is being processed.

use std::ops::Range;
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::prelude::*;
use rten_tensor::{NdTensor, Tensor};

use super::document::Document;
use super::labels::{Labels, WindowSizes};
use super::tokenizer::{CLS, SEP, Wordpieces};
use super::{ExtractError, ModelError};

static NETWORK: &[u8] = include_bytes!("../../model/network.onnx");

/// A table with one row a word.
#[derive(Debug, Clone)]
pub struct Rows {
    width: usize,
    values: Vec<f32>,
}

impl Rows {
    /// An empty table with rows of `width` values.
    pub fn new(width: usize) -> Self {
        Self { width, values: Vec::new() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.values.len() / self.width
    }

    /// No rows at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of one word.
    pub fn row(&self, word: usize) -> &[f32] {
        &self.values[word * self.width..][..self.width]
    }

    /// Adds rows, one after another in one slice.
    pub fn extend(&mut self, rows: &[f32]) {
        self.values.extend_from_slice(rows);
    }
}

/// What the network says of each word of a document.
#[derive(Debug, Clone)]
pub struct Scores {
    /// One score an entity tag.
    pub entity: Rows,
    /// One score a quote tag.
    pub quote: Rows,
    /// The link vectors, one role after another.
    pub link: Rows,
}

/// A document's windows, and what the network says of those that it has read.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Word ranges.
    windows: Vec<Range<usize>>,
    /// How many of them are read.
    read: usize,
    scores: Option<Scores>,
}

impl Progress {
    /// The scores of every word, once all windows are read.
    pub fn finished(&self) -> Option<&Scores> {
        self.scores.as_ref().filter(|_| self.read == self.windows.len())
    }

    /// Keeps the rows of the next window: the seam of two windows is the middle of what they share.
    fn keep(&mut self, [entity, quote, link]: [NdTensor<f32, 2>; 3]) {
        let window = &self.windows[self.read];
        let seam = |left: &Range<usize>, right: &Range<usize>| (left.end + right.start).div_ceil(2);
        let first = if self.read == 0 { window.start } else { seam(&self.windows[self.read - 1], window) };
        let last = self.windows.get(self.read + 1).map_or(window.end, |next| seam(window, next));
        let kept = first - window.start..last - window.start;
        let scores = self.scores.get_or_insert_with(|| Scores {
            entity: Rows::new(entity.size(1)),
            quote: Rows::new(quote.size(1)),
            link: Rows::new(link.size(1)),
        });
        for (rows, new) in [(&mut scores.entity, entity), (&mut scores.quote, quote), (&mut scores.link, link)] {
            rows.extend(&new.data().unwrap_or_default()[kept.start * new.size(1)..kept.end * new.size(1)]);
        }
        self.read += 1;
    }
}

/// The loaded network. A clone shares the weights and has a thread of its own.
pub struct Encoder {
    model: Arc<Model>,
    nodes: [NodeId; 6],
    pool: Arc<ThreadPool>,
    sizes: WindowSizes,
}

impl Clone for Encoder {
    fn clone(&self) -> Self {
        Self { model: Arc::clone(&self.model), nodes: self.nodes, pool: one_thread(), sizes: self.sizes }
    }
}

fn one_thread() -> Arc<ThreadPool> {
    Arc::new(ThreadPool::with_num_threads(1))
}

impl Encoder {
    /// Loads the network that is built into the binary.
    ///
    /// # Errors
    /// If the file is not a network with the expected inputs and outputs.
    pub fn new(labels: &Labels) -> Result<Self, ModelError> {
        let mut options = ModelOptions::with_all_ops();
        // Once here rather than at every run.
        options.prepack_weights(true);
        let model = options.load_static_slice(NETWORK).map_err(|e| ModelError(e.to_string()))?;
        let node = |name| model.node_id(name).map_err(|e| ModelError(format!("{name}: {e}")));
        let nodes =
            [node("ids")?, node("features")?, node("word_starts")?, node("entity")?, node("quote")?, node("link")?];
        Ok(Self { model: Arc::new(model), nodes, pool: one_thread(), sizes: labels.window })
    }

    /// Cuts a document into windows, none of them read yet.
    pub fn begin(&self, document: &Document, pieces: &Wordpieces) -> Progress {
        Progress { windows: windows(document, pieces, self.sizes), read: 0, scores: None }
    }

    /// Reads windows until at least this many wordpieces are read, or all of them; how many were.
    ///
    /// # Errors
    /// If the network cannot be run.
    pub fn advance(
        &self,
        progress: &mut Progress,
        pieces: &Wordpieces,
        wordpieces: usize,
    ) -> Result<usize, ExtractError> {
        let mut run = 0;
        while run < wordpieces
            && let Some(window) = progress.windows.get(progress.read)
        {
            let rows = self.run(pieces, window.clone())?;
            run += pieces.word_starts[window.end] - pieces.word_starts[window.start];
            progress.keep(rows);
        }
        Ok(run)
    }

    /// One window, given as a range of words: entity, quote and link rows.
    fn run(&self, pieces: &Wordpieces, words: Range<usize>) -> Result<[NdTensor<f32, 2>; 3], ExtractError> {
        let range = pieces.word_starts[words.start]..pieces.word_starts[words.end];
        let framed = |first, values: &[i32], last| {
            Tensor::from(std::iter::once(first).chain(values.iter().copied()).chain([last]).collect::<Vec<i32>>())
        };
        let ids = framed(CLS, &pieces.ids[range.clone()], SEP);
        let features = framed(0, &pieces.features[range.clone()], 0);
        // Window positions: one past the text's, for [CLS].
        let starts: Vec<i32> = words.map(|w| (pieces.word_starts[w] - range.start + 1) as i32).collect();
        let [ids_node, features_node, starts_node, outputs @ ..] = self.nodes;
        let inputs =
            vec![(ids_node, ids.into()), (features_node, features.into()), (starts_node, Tensor::from(starts).into())];
        let mut options = RunOptions::default();
        options.thread_pool = Some(Arc::clone(&self.pool));
        let failed = |e: &dyn std::fmt::Display| ExtractError(e.to_string());
        let values = self.model.run_n(inputs, outputs, Some(options)).map_err(|e| failed(&e))?;
        let [entity, quote, link] = values.map(NdTensor::<f32, 2>::try_from);
        Ok([entity.map_err(|e| failed(&e))?, quote.map_err(|e| failed(&e))?, link.map_err(|e| failed(&e))?])
    }
}

/// Word ranges of the windows: whole sentences up to the limit, the next window beginning within the context
/// before the last one's end. The same cuts as `training/dateline_training/windows.py`.
fn windows(document: &Document, pieces: &Wordpieces, sizes: WindowSizes) -> Vec<Range<usize>> {
    let sentences = bounded_sentences(document, pieces, sizes.longest_sentence);
    let length = |s: &Range<usize>| pieces.word_starts[s.end] - pieces.word_starts[s.start];
    let mut windows = Vec::new();
    let mut begin = 0;
    while begin < sentences.len() {
        let (mut end, mut size) = (begin, 0);
        while end < sentences.len() && (end == begin || size + length(&sentences[end]) <= sizes.limit) {
            size += length(&sentences[end]);
            end += 1;
        }
        windows.push(sentences[begin].start..sentences[end - 1].end);
        if end == sentences.len() {
            break;
        }
        let (mut next, mut shared) = (end, 0);
        while next - 1 > begin && shared + length(&sentences[next - 1]) <= sizes.context {
            next -= 1;
            shared += length(&sentences[next]);
        }
        begin = next;
    }
    windows
}

/// The document's sentences, those longer than `longest` wordpieces cut.
fn bounded_sentences(document: &Document, pieces: &Wordpieces, longest: usize) -> Vec<Range<usize>> {
    let mut bounded = Vec::with_capacity(document.sentences.len());
    for sentence in &document.sentences {
        let mut begin = sentence.start;
        for word in sentence.clone() {
            if word > begin && pieces.word_starts[word + 1] - pieces.word_starts[begin] > longest {
                bounded.push(begin..word);
                begin = word;
            }
        }
        if begin < sentence.end {
            bounded.push(begin..sentence.end);
        }
    }
    bounded
}
