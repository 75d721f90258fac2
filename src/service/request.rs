//! Wire to domain: what a request asks for, once it is known to be valid.

use std::sync::Arc;

use jiff::tz::TimeZone;
use prost_types::Timestamp;

use super::{
    enums,
    errors::{FieldError, excerpt},
    limits::{Limits, MAX_DOCUMENT_ID_BYTES},
    wire::v1,
};
use crate::extraction::{DateTime, EntityType, Features, OffsetUnit};

/// A document that may be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The caller's name for it; may be empty.
    pub id: String,
    /// Not blank and within the limit.
    pub text: Arc<str>,
    /// A tag of English.
    pub language: String,
    /// When it was published, UTC.
    pub published: Option<DateTime>,
}

impl Document {
    /// Checks a document.
    ///
    /// # Errors
    /// The first field that is not allowed, by its path from the document.
    pub fn new(wire: v1::Document, limits: &Limits) -> Result<Self, FieldError> {
        check_id(&wire.document_id)?;
        check_text(&wire.text, limits)?;
        check_language(&wire.language_code)?;
        let published = wire.publish_time.as_ref().map(time).transpose()?;
        let language = if wire.language_code.is_empty() { "en".into() } else { wire.language_code };
        Ok(Self { id: wire.document_id, text: wire.text.into(), language, published })
    }

    /// Checks a document that a request must have in its field `document`.
    ///
    /// # Errors
    /// If it is absent or not valid.
    pub fn required(wire: Option<v1::Document>, limits: &Limits) -> Result<Self, FieldError> {
        let wire = wire.unwrap_or_default();
        Self::new(wire, limits).map_err(|error| error.within("document"))
    }
}

fn check_id(id: &str) -> Result<(), FieldError> {
    if id.len() <= MAX_DOCUMENT_ID_BYTES {
        return Ok(());
    }
    let problem = format!("{} bytes, at most {MAX_DOCUMENT_ID_BYTES} are allowed", id.len());
    Err(FieldError::new("document_id", problem))
}

/// Checks that a text is there and within the limit.
///
/// # Errors
/// On the field `text`.
pub fn check_text(text: &str, limits: &Limits) -> Result<(), FieldError> {
    let limit = limits.max_text_bytes;
    if text.len() > limit as usize {
        let problem = format!("{} bytes, at most {limit} are allowed", text.len());
        return Err(FieldError::new("text", problem));
    }
    if text.trim().is_empty() {
        return Err(FieldError::new("text", "required, and not blank"));
    }
    Ok(())
}

fn check_language(code: &str) -> Result<(), FieldError> {
    let mut subtags = code.split('-');
    let english = subtags.next().is_some_and(|language| language.eq_ignore_ascii_case("en"));
    // BCP 47: subtags of one to eight letters and digits; 35 characters hold any tag in use.
    let well_formed = code.len() <= 35
        && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric()));
    if code.is_empty() || english && well_formed {
        return Ok(());
    }
    let problem = format!("{} is not supported, only English (\"en\", \"en-GB\", ...) is", excerpt(code));
    Err(FieldError { reason: "UNSUPPORTED_LANGUAGE", ..FieldError::new("language_code", problem) })
}

fn time(time: &Timestamp) -> Result<DateTime, FieldError> {
    // 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the range of google.protobuf.Timestamp.
    const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
    const NANOS: std::ops::RangeInclusive<i32> = 0..=999_999_999;
    let known = SECONDS.contains(&time.seconds) && NANOS.contains(&time.nanos);
    if let Some(Ok(time)) = known.then(|| jiff::Timestamp::new(time.seconds, time.nanos)) {
        return Ok(TimeZone::UTC.to_datetime(time));
    }
    let problem = format!(
        "{} s and {} ns after 1970 is out of range, allowed is 0001-01-01T00:00:00Z to \
         9999-12-31T23:59:59.999999999Z with 0 to 999999999 ns",
        time.seconds, time.nanos
    );
    Err(FieldError::new("publish_time", problem))
}

/// How to answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// What offsets count.
    pub unit: OffsetUnit,
    /// Lowest score to answer, in [0, 1].
    pub min_score: f32,
}

impl Options {
    /// Checks the options of a request; absent ones are the defaults.
    ///
    /// # Errors
    /// The first option that is not allowed.
    pub fn new(wire: Option<v1::ExtractionOptions>) -> Result<Self, FieldError> {
        let wire = wire.unwrap_or_default();
        let unit =
            enums::offset_unit(wire.offset_unit).ok_or_else(|| unknown("options.offset_unit", wire.offset_unit))?;
        if !(0.0..=1.0).contains(&wire.min_score) {
            let problem = format!("{} is not allowed, only 0 to 1 is", wire.min_score);
            return Err(FieldError::new("options.min_score", problem));
        }
        Ok(Self { unit, min_score: wire.min_score })
    }
}

/// Checks the types that a caller wants; empty means all.
///
/// # Errors
/// The first that is not known or unspecified, by its index.
pub fn entity_types(wire: &[i32]) -> Result<Vec<EntityType>, FieldError> {
    let checked = wire.iter().enumerate().map(|(index, &number)| {
        enums::entity_type(number).ok_or_else(|| unknown(format!("entity_types[{index}]"), number))
    });
    checked.collect()
}

/// Checks the features that a caller wants; empty means all.
///
/// # Errors
/// The first that is not known or unspecified, by its index.
pub fn features(wire: &[i32]) -> Result<Features, FieldError> {
    if wire.is_empty() {
        return Ok(Features::ALL);
    }
    let mut features = Features { entities: false, quotes: false };
    for (index, &number) in wire.iter().enumerate() {
        match v1::Feature::try_from(number) {
            Ok(v1::Feature::Entities) => features.entities = true,
            Ok(v1::Feature::Quotes) => features.quotes = true,
            Ok(v1::Feature::Unspecified) | Err(_) => {
                return Err(unknown(format!("features[{index}]"), number));
            }
        }
    }
    Ok(features)
}

/// The number of documents of a batch, if it is allowed.
///
/// # Errors
/// On the field `documents`.
pub fn check_batch(count: usize, limits: &Limits) -> Result<u32, FieldError> {
    let limit = limits.max_batch_documents;
    match u32::try_from(count) {
        Ok(count) if (1..=limit).contains(&count) => Ok(count),
        _ => Err(FieldError::new("documents", format!("{count} documents, 1 to {limit} are allowed"))),
    }
}

fn unknown(path: impl Into<String>, number: i32) -> FieldError {
    FieldError::new(path, format!("{number} is not a value that may be asked for"))
}
