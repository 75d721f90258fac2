//! The network: windows of wordpieces in, scores per word out.
//!
//! [`Encoder::begin`] cuts a document of any length into windows of whole paragraphs, or else sentences, with some context before;
//! [`Encoder::advance`] runs them one by one and adds what they say to the [`Progress`]. One window a run means no padding, so a score
//! depends on its own window alone, never on what else is being processed.

use std::ops::Range;
use std::sync::Arc;

use half::bf16;
use rayon::ThreadPoolBuilder;

use super::ModelError;
use super::document::{Document, Gap};
use super::labels::{Labels, WindowSizes};
use super::network::Network;
use super::tokenizer::{CLS, SEP, Wordpieces};

static NETWORK: &[u8] = include_bytes!("../../model/network.safetensors");

/// A table with one row a word.
#[derive(Debug, Clone)]
pub struct Rows<T = f32> {
    width: usize,
    values: Vec<T>,
}

impl<T> Rows<T> {
    /// An empty table with room for `words` rows of `width` values.
    pub fn new(width: usize, words: usize) -> Self {
        Self { width, values: Vec::with_capacity(width * words) }
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
    pub fn row(&self, word: usize) -> &[T] {
        &self.values[word * self.width..][..self.width]
    }

    /// Adds rows, one after another.
    pub fn extend(&mut self, rows: impl IntoIterator<Item = T>) {
        self.values.extend(rows);
    }
}

/// What the network says of each word of a document.
#[derive(Debug, Clone)]
pub struct Scores {
    /// One score an entity tag.
    pub entity: Rows,
    /// One score a quote tag.
    pub quote: Rows,
    /// The link vectors, one role after another. They are most of what a long document takes: half precision does.
    pub link: Rows<bf16>,
}

/// Words that the network reads at once, and those of them that it is asked about: each word is asked of one window.
#[derive(Debug, Clone)]
struct Window {
    words: Range<usize>,
    asked: Range<usize>,
}

/// A document's windows, and what the network says of those that it has read.
#[derive(Debug, Clone)]
pub struct Progress {
    windows: Vec<Window>,
    /// Also the heads that only quotes need.
    quotes: bool,
    /// How many of them are read.
    read: usize,
    scores: Scores,
}

impl Progress {
    /// The scores of every word, once all windows are read.
    pub fn finished(&self) -> Option<&Scores> {
        (self.read == self.windows.len()).then_some(&self.scores)
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

    /// Cuts a document into windows, none of them read yet. Without `quotes` it will have no quote scores and no link vectors.
    pub fn begin(&self, document: &Document, pieces: &Wordpieces, quotes: bool) -> Progress {
        let ([entity, quote, link], words) = (self.network.widths(), document.words.len());
        let of_quotes = if quotes { words } else { 0 };
        let scores = Scores {
            entity: Rows::new(entity, words),
            quote: Rows::new(quote, of_quotes),
            link: Rows::new(link, of_quotes),
        };
        Progress { windows: windows(document, pieces, self.sizes), quotes, read: 0, scores }
    }

    /// Reads windows until at least this many wordpieces are read, or all of them; how many were.
    pub fn advance(&self, progress: &mut Progress, pieces: &Wordpieces, wordpieces: usize) -> usize {
        let mut run = 0;
        while run < wordpieces
            && let Some(Window { words, asked }) = progress.windows.get(progress.read)
        {
            let range = pieces.word_starts[words.start]..pieces.word_starts[words.end];
            let ids = [&[CLS], &pieces.ids[range.clone()], &[SEP]].concat();
            let features = [&[0], &pieces.features[range.clone()], &[0]].concat();
            // Window positions: one past the text's, for [CLS].
            let starts: Vec<usize> = asked.clone().map(|w| pieces.word_starts[w] - range.start + 1).collect();
            let [entity, quote, link] = self.network.run(&ids, &features, &starts, progress.quotes);
            progress.scores.entity.extend(entity);
            progress.scores.quote.extend(quote);
            progress.scores.link.extend(link.into_iter().map(bf16::from_f32));
            progress.read += 1;
            run += range.len();
        }
        run
    }
}

/// Whole paragraphs up to the limit, or whole sentences where paragraphs would leave half of it. The next window begins within the
/// context before the last one's end; a word that both hold is asked of the first if a paragraph ends there, else of the nearer. The same
/// cuts as `training/dateline_training/windows.py`.
fn windows(document: &Document, pieces: &Wordpieces, sizes: WindowSizes) -> Vec<Window> {
    let sentences = bounded_sentences(document, pieces, sizes.longest_sentence);
    let words = |range: Range<usize>| sentences[range.start].start..sentences[range.end - 1].end;
    let length = |range| {
        let words = words(range);
        pieces.word_starts[words.end] - pieces.word_starts[words.start]
    };
    let ends_paragraph = |word: usize| document.words.get(word).is_none_or(|next| next.gap >= Gap::Newline);
    let mut windows: Vec<Window> = Vec::new();
    let mut begin = 0;
    while begin < sentences.len() {
        let fits = |end: &usize| *end == begin + 1 || length(begin..*end) <= sizes.limit;
        let most = (begin + 1..=sentences.len()).take_while(fits).last().unwrap_or(begin + 1);
        let enough = |end: &usize| length(begin..*end) * 2 >= sizes.limit;
        let paragraph = |end: &usize| ends_paragraph(words(begin..*end).end);
        let end = (begin + 1..=most).rev().take_while(enough).find(paragraph).unwrap_or(most);
        let words = words(begin..end);
        let mut asked = words.clone();
        if let Some(before) = windows.last_mut() {
            let cut = before.words.end;
            asked.start = if ends_paragraph(cut) { cut } else { (cut + words.start).div_ceil(2) };
            before.asked.end = asked.start;
        }
        windows.push(Window { words, asked });
        if end == sentences.len() {
            break;
        }
        let shared = |next: &usize| length(*next..end) <= sizes.context;
        begin = (begin + 1..end).rev().take_while(shared).last().unwrap_or(end);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::tokenizer::Tokenizer;

    /// Lines of words without an end, of one sentence, of many; paragraphs of all lengths.
    #[test]
    fn each_word_is_asked_of_one_window_that_holds_it() {
        let sizes = WindowSizes { limit: 254, context: 48, longest_sentence: 128 };
        for (sentence, line) in [(1, 1), (9, 1), (9, 4), (9, 1000), (40, 7), (1000, 1)] {
            let words = (1..2000).map(|i| match i {
                i if i % (sentence * line) == 0 => "Oslo.\n",
                i if i % sentence == 0 => "Oslo. ",
                _ => "herring ",
            });
            let document = Document::new(words.collect::<String>());
            let pieces = Tokenizer::new().encode(&document);
            let windows = windows(&document, &pieces, sizes);
            let asked: Vec<usize> = windows.iter().flat_map(|w| w.asked.clone()).collect();
            assert_eq!(asked, (0..document.words.len()).collect::<Vec<_>>());
            for Window { words, asked } in windows {
                assert!(words.start <= asked.start && asked.end <= words.end);
                let length = pieces.word_starts[words.end] - pieces.word_starts[words.start];
                assert!(length <= sizes.limit, "{length} wordpieces");
            }
        }
    }
}
