//! The stages in order: a text goes in, its entities and quotes come out.

use std::sync::Arc;

use super::document::Document;
use super::encoder::{Encoder, Progress, Scores};
use super::entities::TypedSpan;
use super::labels::Labels;
use super::links::dictionary::SharedDictionary;
use super::tokenizer::{Tokenizer, Wordpieces};
use super::{DateTime, Extraction, Features, ModelError, ModelInfo, decoder, entities, links, quotes, values};

/// A text that is being read: a long one can make way for others between two windows.
pub struct Reading {
    document: Document,
    published: Option<DateTime>,
    features: Features,
    network: Option<(Wordpieces, Progress)>,
    wordpieces: usize,
}

impl Reading {
    /// Splits the text, and reads nothing of it yet. `published` (UTC) is what relative dates count from. What only other features need
    /// is left out.
    pub fn new(text: impl Into<Arc<str>>, published: Option<DateTime>, features: Features) -> Self {
        Self { document: Document::new(text), published, features, network: None, wordpieces: 0 }
    }

    /// All of the text.
    pub fn text(&self) -> &str {
        &self.document.text
    }

    /// Wordpieces that the network has read so far, those that two windows share counted twice.
    pub fn wordpieces(&self) -> usize {
        self.wordpieces
    }
}

/// Text in, [`Extraction`] out. Clones share the weights; each reads in the thread that calls it.
///
/// ```
/// let extractor = dateline::extraction::Extractor::new()?;
/// let text = "\"We will not bow,\" Prime Minister Jana Horvat said in Zagreb on Tuesday.";
/// let found = extractor.extract(text, None);
/// let speaker = found.quotes[0].speaker.as_ref().map(|s| s.name.as_str());
/// assert_eq!(speaker, Some("Jana Horvat"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Extractor {
    labels: Arc<Labels>,
    tokenizer: Arc<Tokenizer>,
    encoder: Encoder,
    dictionary: Option<SharedDictionary>,
}

impl Extractor {
    /// Loads the model that is built into the binary.
    ///
    /// # Errors
    /// If the embedded files do not fit together.
    pub fn new() -> Result<Self, ModelError> {
        let labels = Labels::new()?;
        let encoder = Encoder::new(&labels)?;
        Ok(Self { labels: Arc::new(labels), tokenizer: Arc::new(Tokenizer::new()), encoder, dictionary: None })
    }

    /// Also links what this dictionary names, as it is at the time of each reading.
    #[must_use]
    pub fn with_dictionary(self, dictionary: SharedDictionary) -> Self {
        Self { dictionary: Some(dictionary), ..self }
    }

    /// Name and version of the embedded model.
    pub fn model(&self) -> ModelInfo {
        ModelInfo { name: self.labels.name.clone(), version: self.labels.version.clone() }
    }

    /// Reads `text` and returns its entities and quotes. The answer depends on nothing but `text`, the dictionary and `published`, the
    /// time (UTC) that relative dates count from.
    pub fn extract(&self, text: &str, published: Option<DateTime>) -> Extraction {
        let mut reading = Reading::new(text, published, Features::ALL);
        loop {
            if let Some(extraction) = self.read_on(&mut reading, usize::MAX) {
                return extraction;
            }
        }
    }

    /// Reads at least this many wordpieces more, one at least; the answer, once all of the text is read. Whatever is read in
    /// between, it is that of [`Extractor::extract`].
    pub fn read_on(&self, reading: &mut Reading, wordpieces: usize) -> Option<Extraction> {
        let Reading { document, published, features, network, wordpieces: read } = reading;
        if document.words.is_empty() {
            return Some(Extraction::default());
        }
        let (pieces, progress) = network.get_or_insert_with(|| {
            let pieces = self.tokenizer.encode(document);
            let progress = self.encoder.begin(document, &pieces, features.quotes);
            (pieces, progress)
        });
        *read += self.encoder.advance(progress, pieces, wordpieces.max(1));
        progress.finished().map(|scores| self.resolve(document, scores, *published, *features))
    }

    /// What the network's scores say, made into entities and quotes.
    fn resolve(
        &self,
        document: &Document,
        scores: &Scores,
        published: Option<DateTime>,
        features: Features,
    ) -> Extraction {
        let mut mentions = decoder::decode(&scores.entity, &self.labels.entity)
            .into_iter()
            .map(|m| TypedSpan {
                span: document.span(m.words),
                entity_type: m.label,
                score: self.labels.calibration.mention.apply(m.score),
            })
            .collect();
        let dictionary = self.dictionary.as_ref().map(|dictionary| dictionary.load());
        let hits = dictionary.as_ref().map(|dictionary| dictionary.find(document)).unwrap_or_default();
        if let Some(dictionary) = &dictionary {
            dictionary.add(&hits, &mut mentions);
        }
        let mut entities = entities::resolve(&document.text, mentions);
        for entity in &mut entities {
            let written = entity.mentions[0].span.slice(&document.text);
            if features.entities {
                entity.value = values::normalise(entity.entity_type, written, published);
            }
            entity.links = links::places(entity).into_iter().collect();
        }
        if let Some(dictionary) = &dictionary {
            dictionary.link(&hits, &mut entities);
        }
        if !features.quotes {
            return Extraction { entities, quotes: Vec::new() };
        }
        let roles = decoder::decode(&scores.quote, &self.labels.quote);
        let quotes = quotes::quotes(document, &roles, &scores.link, &self.labels, &entities);
        Extraction { entities, quotes }
    }
}
