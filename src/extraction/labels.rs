//! What `model/labels.json` says about the network: its tags, their transitions, the sizes of its windows; and the
//! calibration of its scores.

use serde::Deserialize;

use super::calibration::Calibration;
use super::{EntityType, ModelError};

/// Sizes in wordpieces, without `[CLS]` and `[SEP]`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct WindowSizes {
    /// A window at most.
    pub limit: usize,
    /// What two windows that follow each other share at most.
    pub context: usize,
    /// A sentence at most; a longer one is cut.
    pub longest_sentence: usize,
}

/// A BIO tag of `T`s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag<T> {
    /// In no span.
    Outside,
    /// First word of a span.
    Begin(T),
    /// A later word of a span.
    Inside(T),
}

/// Part of an attribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What was said.
    Content,
    /// The reporting words.
    Cue,
    /// The noun phrase that speaks.
    Source,
}

/// Tags with the score of each step from one tag to the next.
#[derive(Debug, Clone)]
pub struct TagSet<T> {
    /// By column of the network's scores.
    pub tags: Vec<Tag<T>>,
    /// `transitions[to][from]`.
    pub transitions: Vec<Vec<f32>>,
}

/// All that is known of the network beside its weights.
#[derive(Debug, Clone)]
pub struct Labels {
    /// Name of the network.
    pub name: String,
    /// Version of its weights.
    pub version: String,
    /// How documents are cut.
    pub window: WindowSizes,
    /// The nineteen types.
    pub entity: TagSet<EntityType>,
    /// Source, cue, content.
    pub quote: TagSet<Role>,
    /// Length of one link vector.
    pub link_length: usize,
    /// Keys that stand for "no cue" (of a content, of a source) and "no named speaker".
    pub link_null: Vec<Vec<f32>>,
    /// Of its scores.
    pub calibration: Calibration,
}

#[derive(Deserialize)]
struct File {
    name: String,
    version: String,
    window: WindowSizes,
    entity_tags: Vec<String>,
    entity_transitions: Vec<Vec<f32>>,
    quote_tags: Vec<String>,
    quote_transitions: Vec<Vec<f32>>,
    link_length: usize,
    link_null: Vec<Vec<f32>>,
}

impl Labels {
    /// Parses the files that are built into the binary.
    ///
    /// # Errors
    /// If one names a tag that is not known here, or its tables do not fit.
    pub fn new() -> Result<Self, ModelError> {
        let file: File = serde_json::from_str(include_str!("../../model/labels.json"))
            .map_err(|e| ModelError(format!("labels.json: {e}")))?;
        if file.link_null.len() != 3 || file.link_null.iter().any(|key| key.len() != file.link_length) {
            return Err(ModelError("labels.json: link_null has the wrong shape".into()));
        }
        Ok(Self {
            name: file.name,
            version: file.version,
            window: file.window,
            entity: tag_set(&file.entity_tags, &file.entity_transitions, entity_type)?,
            quote: tag_set(&file.quote_tags, &file.quote_transitions, role)?,
            link_length: file.link_length,
            link_null: file.link_null,
            calibration: Calibration::new()?,
        })
    }
}

fn tag_set<T>(names: &[String], from_to: &[Vec<f32>], parse: fn(&str) -> Option<T>) -> Result<TagSet<T>, ModelError> {
    let unknown = |name: &str| ModelError(format!("labels.json: unknown tag {name}"));
    let tags = names
        .iter()
        .map(|name| match name.split_once('-') {
            None if name == "O" => Ok(Tag::Outside),
            Some(("B", kind)) => parse(kind).map(Tag::Begin).ok_or_else(|| unknown(name)),
            Some(("I", kind)) => parse(kind).map(Tag::Inside).ok_or_else(|| unknown(name)),
            _ => Err(unknown(name)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let n = tags.len();
    if from_to.len() != n || from_to.iter().any(|row| row.len() != n) {
        return Err(ModelError("labels.json: transitions do not fit the tags".into()));
    }
    let transitions = (0..n).map(|to| from_to.iter().map(|row| row[to]).collect()).collect();
    Ok(TagSet { tags, transitions })
}

/// The type of the network's name for it.
pub(super) fn entity_type(name: &str) -> Option<EntityType> {
    use EntityType::*;
    Some(match name {
        "PERSON" => Person,
        "NORP" => Norp,
        "ORG" => Organization,
        "GPE" => Gpe,
        "LOC" => Location,
        "FAC" => Facility,
        "EVENT" => Event,
        "PRODUCT" => Product,
        "WORK_OF_ART" => WorkOfArt,
        "LAW" => Law,
        "LANGUAGE" => Language,
        "TITLE" => Title,
        "DATE" => Date,
        "TIME" => Time,
        "MONEY" => Money,
        "PERCENT" => Percent,
        "QUANTITY" => Quantity,
        "ORDINAL" => Ordinal,
        "CARDINAL" => Cardinal,
        _ => return None,
    })
}

fn role(name: &str) -> Option<Role> {
    Some(match name {
        "content" => Role::Content,
        "cue" => Role::Cue,
        "source" => Role::Source,
        _ => return None,
    })
}
