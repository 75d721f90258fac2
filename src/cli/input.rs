//! Documents from files: one a file, or one a line of JSON.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use prost_types::Timestamp;

use super::json;
use crate::config::Extract;
use crate::service::limits::Limits;
use crate::service::request::Document;
use crate::service::wire::v1;

/// A document with the place it comes from.
pub struct Input {
    /// `FILE`, or `FILE:LINE`.
    pub place: String,
    /// The document, checked.
    pub document: Document,
}

/// Why there is no answer for an input.
pub struct Problem {
    /// `FILE`, or `FILE:LINE`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// Reads the inputs one after another, as they are asked for.
pub fn read(config: &Extract) -> Box<dyn Iterator<Item = Result<Input, Problem>> + '_> {
    let standard = [Path::new("-")];
    let named = config.files.iter().map(|file| file.as_path());
    let files: Vec<&Path> = if config.files.is_empty() { standard.to_vec() } else { named.collect() };
    if config.jsonl {
        Box::new(files.into_iter().flat_map(lines))
    } else {
        Box::new(files.into_iter().map(|file| article(file, config.publish_time)))
    }
}

fn open(file: &Path) -> io::Result<Box<dyn Read>> {
    if file == Path::new("-") { Ok(Box::new(io::stdin())) } else { Ok(Box::new(File::open(file)?)) }
}

fn article(file: &Path, published: Option<jiff::Timestamp>) -> Result<Input, Problem> {
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    let read = open(file).and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| Problem { place: name.clone(), message: error.to_string() })?;
    let publish_time = published.map(|time| Timestamp { seconds: time.as_millisecond().div_euclid(1000), nanos: 0 });
    let text = utf8(bytes, &name, 1)?;
    let wire = v1::Document { text, document_id: id_of(file), publish_time, ..Default::default() };
    checked(wire, name)
}

/// The file's name, as far as an id may be long.
fn id_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let end = name.floor_char_boundary(crate::service::limits::MAX_DOCUMENT_ID_BYTES);
    if name == "-" { String::new() } else { name[..end].to_owned() }
}

fn lines(file: &Path) -> Box<dyn Iterator<Item = Result<Input, Problem>>> {
    let name = file.display().to_string();
    let mut reader = match open(file) {
        Ok(opened) => BufReader::new(opened),
        Err(error) => {
            let problem = Problem { place: name, message: error.to_string() };
            return Box::new(std::iter::once(Err(problem)));
        }
    };
    let mut number = 0;
    Box::new(std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            number += 1;
            match reader.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => return Some(document(line, &name, number)),
                Err(error) => {
                    return Some(Err(Problem { place: format!("{name}:{number}"), message: error.to_string() }));
                }
            }
        }
    }))
}

fn document(line: Vec<u8>, name: &str, number: usize) -> Result<Input, Problem> {
    let place = format!("{name}:{number}");
    let line = utf8(line, name, number)?;
    let wire = json::document(&line).map_err(|message| Problem { place: place.clone(), message })?;
    checked(wire, place)
}

/// Valid UTF-8, or the line that is not.
fn utf8(bytes: Vec<u8>, name: &str, first_line: usize) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = &error.as_bytes()[..at];
        let line = first_line + before.iter().filter(|byte| **byte == b'\n').count();
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Problem { place: format!("{name}:{line}"), message: format!("invalid UTF-8 at byte {column} of the line") }
    })
}

fn checked(wire: v1::Document, place: String) -> Result<Input, Problem> {
    // Memory is the only bound here; offsets are 32 bits wide.
    let limits = Limits {
        max_text_bytes: u32::MAX,
        max_batch_documents: 1,
        max_message_bytes: u64::MAX,
        max_stream_documents: 1,
        max_queued_documents: 1,
    };
    match Document::new(wire, &limits) {
        Ok(document) => Ok(Input { place, document }),
        Err(error) => Err(Problem { place, message: error.to_string() }),
    }
}
