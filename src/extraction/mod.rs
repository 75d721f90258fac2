//! Text in, entities and quotes out: plain Rust that knows nothing of gRPC.
//!
//! The data's way: [`document`] cuts the text into words and sentences, [`tokenizer`] the words into wordpieces
//! with case features; [`encoder`] runs the `network` over windows of them; [`decoder`] turns its scores into
//! labelled spans; [`entities`] and [`quotes`] make entities and quotes of those.

pub mod calibration;
pub mod decoder;
pub mod document;
pub mod encoder;
pub mod entities;
mod extractor;
pub mod labels;
pub mod links;
mod network;
pub mod quotes;
pub mod tokenizer;
pub mod values;

pub use document::{OffsetUnit, Offsets, Span};
pub use extractor::{Extractor, Reading};
pub use jiff::civil::DateTime;

use links::Link;
use values::Normalised;

/// What kind of thing an [`Entity`] is. The first nineteen come from the network
/// (OntoNotes types plus `Title`), the last five from patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum EntityType {
    Person,
    Norp,
    Organization,
    Gpe,
    Location,
    Facility,
    Event,
    Product,
    WorkOfArt,
    Law,
    Language,
    Title,
    Date,
    Time,
    Money,
    Percent,
    Quantity,
    Ordinal,
    Cardinal,
    Url,
    Email,
    Handle,
    Hashtag,
    Phone,
}

/// One place where an entity is named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mention {
    /// Where, in bytes of the text.
    pub span: Span,
    /// Confidence in [0, 1]; patterns score 1.
    pub score: f32,
}

/// One person, place or thing with all its mentions.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// The fullest form among the mentions.
    pub name: String,
    /// What it is.
    pub entity_type: EntityType,
    /// All mentions in text order, never empty.
    pub mentions: Vec<Mention>,
    /// Of a person: the titles that stand with its name ("Prime Minister", "Mr."), as written, each once.
    pub titles: Vec<String>,
    /// What a date, time, amount or number means, where that is certain.
    pub value: Option<Normalised>,
    /// Entries about it elsewhere, best first.
    pub links: Vec<Link>,
}

/// How the words of a quote are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteKind {
    /// All of it in quotation marks.
    Direct,
    /// None of it in quotation marks.
    Indirect,
    /// A paraphrase that holds quoted words.
    Mixed,
}

/// To whom something is said.
#[derive(Debug, Clone, PartialEq)]
pub struct Addressee {
    /// As written beside the cue ("reporters", "Newsweek").
    pub span: Span,
    /// Index into [`Extraction::entities`], if it is a named entity.
    pub entity: Option<usize>,
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Speaker {
    /// The fullest name, or the words of an unnamed speaker ("officials").
    pub name: String,
    /// Index into [`Extraction::entities`], if the speaker is a named entity.
    pub entity: Option<usize>,
    /// Confidence that it is this speaker, in [0, 1].
    pub score: f32,
}

/// One reported act of communication.
#[derive(Debug, Clone, PartialEq)]
pub struct Quote {
    /// Direct, indirect or mixed.
    pub kind: QuoteKind,
    /// What was said, in text order, never empty; without the outer quotation marks.
    pub content: Vec<Span>,
    /// The reporting words ("said").
    pub cue: Option<Span>,
    /// The noun phrase that speaks, as written ("he", "the governor").
    pub source: Option<Span>,
    /// Who that is, where it could be told.
    pub speaker: Option<Speaker>,
    /// To whom it was said, where the cue is followed by that.
    pub addressee: Option<Addressee>,
    /// Confidence in [0, 1] that this was said, whoever spoke.
    pub score: f32,
}

/// What to look for in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// All entities with their values, not the speakers' alone.
    pub entities: bool,
    /// The quotes.
    pub quotes: bool,
}

impl Features {
    /// Entities and quotes.
    pub const ALL: Self = Self { entities: true, quotes: true };
}

/// All that one reading of a document gives. Quotes refer to entities by index.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extraction {
    /// In order of first mention.
    pub entities: Vec<Entity>,
    /// In order of first content or cue.
    pub quotes: Vec<Quote>,
}

/// What the network file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// Name of the network.
    pub name: String,
    /// Version of its weights.
    pub version: String,
}

/// The embedded model could not be used.
#[derive(Debug, thiserror::Error)]
#[error("embedded model: {0}")]
pub struct ModelError(String);
