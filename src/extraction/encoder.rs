//! The network: windows of wordpieces in, scores per word out.
//!
//! [`Encoder::begin`] cuts a document of any length into windows of whole sentences with context on both sides,
//! [`Encoder::advance`] runs them one by one and [`Progress`] stitches their rows. One window a run means no padding, so a score depends on
//! its own window alone, never on what else is being processed.

use std::ops::Range;
use std::sync::Arc;

use rayon::ThreadPoolBuilder;

use super::document::Document;
use super::labels::{Labels, WindowSizes};
use super::network::{Network, Output};
use super::tokenizer::{CLS, SEP, Wordpieces};
use super::ModelError;

static NETWORK: &[u8] = include_bytes!("../../model/network.safetensors");

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
    fn keep(&mut self, output: &Output) {
        let window = &self.windows[self.read];
        let seam = |left: &Range<usize>, right: &Range<usize>| (left.end + right.start).div_ceil(2);
        let first = if self.read == 0 { window.start } else { seam(&self.windows[self.read - 1], window) };
        let last = self.windows.get(self.read + 1).map_or(window.end, |next| seam(window, next));
        let kept = first - window.start..last - window.start;
        let width = |rows: &[f32]| rows.len() / window.len();
        let scores = self.scores.get_or_insert_with(|| Scores {
            entity: Rows::new(width(&output.entity)),
            quote: Rows::new(width(&output.quote)),
            link: Rows::new(width(&output.link)),
        });
        let rows = [(&mut scores.entity, &output.entity), (&mut scores.quote, &output.quote), (&mut scores.link, &output.link)];
        for (rows, new) in rows {
            rows.extend(&new[kept.start * rows.width..kept.end * rows.width]);
        }
        self.read += 1;
    }
}

/// The loaded network. Clones share the weights.
#[derive(Clone)]
pub struct Encoder {
    network: Arc<Network>,
    sizes: WindowSizes,
}

impl Encoder {
    /// Loads the network that is built into the binary.
    ///
    /// # Errors
    /// If the file is not a network with the expected tensors.
    pub fn new(labels: &Labels) -> Result<Self, ModelError> {
        // Products spread over rayon's threads, but documents are what is shared out here: each is read in the thread that asks. Where
        // somebody has set up the pool before, it stays as it is.
        let _ = ThreadPoolBuilder::new().num_threads(1).build_global();
        let network = Network::new(NETWORK)?;
        if labels.window.limit.max(labels.window.longest_sentence) + 2 > network.longest() {
            return Err(ModelError(format!("windows are longer than the network's {}", network.longest())));
        }
        Ok(Self { network: Arc::new(network), sizes: labels.window })
    }

    /// Cuts a document into windows, none of them read yet.
    pub fn begin(&self, document: &Document, pieces: &Wordpieces) -> Progress {
        Progress { windows: windows(document, pieces, self.sizes), read: 0, scores: None }
    }

    /// Reads windows until at least this many wordpieces are read, or all of them; how many were.
    pub fn advance(&self, progress: &mut Progress, pieces: &Wordpieces, wordpieces: usize) -> usize {
        let mut run = 0;
        while run < wordpieces
            && let Some(window) = progress.windows.get(progress.read)
        {
            let output = self.run(pieces, window.clone());
            run += pieces.word_starts[window.end] - pieces.word_starts[window.start];
            progress.keep(&output);
        }
        run
    }

    /// One window, given as a range of words.
    fn run(&self, pieces: &Wordpieces, words: Range<usize>) -> Output {
        let range = pieces.word_starts[words.start]..pieces.word_starts[words.end];
        let ids = [&[CLS], &pieces.ids[range.clone()], &[SEP]].concat();
        let features = [&[0], &pieces.features[range.clone()], &[0]].concat();
        // Window positions: one past the text's, for [CLS].
        let starts: Vec<usize> = words.map(|w| pieces.word_starts[w] - range.start + 1).collect();
        self.network.run(&ids, &features, &starts)
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
