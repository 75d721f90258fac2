//! Protocol buffers' JSON mapping (lowerCamelCase, enum names), by the descriptors of the proto file.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor};
use serde_json::json;

use super::input::Problem;
use crate::extraction::{Extraction, OffsetUnit};
use crate::service::answer::Answer;
use crate::service::errors::ServiceError;
use crate::service::request::{Document, Options};
use crate::service::wire::{FILE_DESCRIPTOR_SET, v1};

static DESCRIPTORS: LazyLock<Option<DescriptorPool>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).ok());

fn descriptor(name: &str) -> Option<MessageDescriptor> {
    DESCRIPTORS.as_ref()?.get_message_by_name(&format!("dateline.v1.{name}"))
}

/// Reads a `dateline.v1.Document`; fields that it does not have are ignored.
pub fn document(line: &str) -> Result<v1::Document, String> {
    let descriptor = descriptor("Document").ok_or("no descriptor of Document")?;
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut deserializer, &options)
        .map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    message.transcode_to().map_err(|error| error.to_string())
}

/// `{"documentId": ..., "entities": ExtractEntitiesResponse, "quotes": ExtractQuotesResponse}` on one line.
pub fn answer(document: &Document, extraction: &Extraction) -> Result<String, ServiceError> {
    let options = Options { unit: OffsetUnit::default(), min_score: 0.0 };
    let answer = Answer::new(document, extraction, options);
    let entities = mapped("ExtractEntitiesResponse", &answer.entities_response(&[]))?;
    let quotes = mapped("ExtractQuotesResponse", &answer.quotes_response())?;
    Ok(json!({ "documentId": document.id, "entities": entities, "quotes": quotes }).to_string())
}

fn mapped(name: &str, message: &impl Message) -> Result<serde_json::Value, ServiceError> {
    let mapped = descriptor(name)
        .and_then(|descriptor| DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).ok())
        .and_then(|message| serde_json::to_value(message).ok());
    mapped.ok_or(ServiceError::ExtractionFailed)
}

/// What stands in the place of an answer.
pub fn error(problem: &Problem) -> String {
    json!({ "error": { "code": "INVALID_ARGUMENT", "place": problem.place, "message": problem.message } }).to_string()
}
