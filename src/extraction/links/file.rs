//! Dictionaries from CSV or JSONL files.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::Link;
use super::dictionary::{Dictionary, Entry, TooLarge};
use crate::extraction::EntityType;
use crate::extraction::labels;

/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 256;
/// Most entries.
const MAX_ENTRIES: usize = 1_000_000;

/// Why a dictionary cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DictionaryError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Read(String, io::Error),
    /// Neither `.csv` nor `.jsonl`.
    #[error("{0}: a dictionary's name ends in .csv or .jsonl")]
    Extension(String),
    /// One line is wrong.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// Which field, and what is wrong with it.
        problem: String,
    },
    /// All lines are right, and too many.
    #[error("{0}: {1}")]
    TooLarge(String, TooLarge),
}

/// One line as written; CSV has text where JSON has lists and truth values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<A: Default, F: Default> {
    name: String,
    #[serde(default)]
    aliases: A,
    #[serde(default)]
    r#type: String,
    id: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    r#override: F,
}

/// Reads and prepares a dictionary. Its links' source is the file's name without the extension.
///
/// # Errors
/// The first line that is wrong, with its field and the reason.
pub fn read(path: &Path) -> Result<Dictionary, DictionaryError> {
    let file = path.display().to_string();
    let source = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let open = || File::open(path).map(BufReader::new).map_err(|error| DictionaryError::Read(file.clone(), error));
    let wrong = |line: u64, problem: String| DictionaryError::Line { file: file.clone(), line, problem };
    let mut entries = Vec::new();
    let mut push = |line: u64, entry: Result<Entry, String>| {
        entries.push(entry.map_err(|problem| wrong(line, problem))?);
        let few = entries.len() <= MAX_ENTRIES;
        few.then_some(()).ok_or_else(|| wrong(line, format!("more than {MAX_ENTRIES} entries")))
    };
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => {
            let mut reader = csv::Reader::from_reader(open()?);
            let told = |e: csv::Error| wrong(e.position().map_or(1, csv::Position::line), e.to_string());
            let header = reader.headers().map_err(told)?.clone();
            for record in reader.records() {
                let record = record.map_err(told)?;
                let line = record.position().map_or(1, csv::Position::line);
                let row: Row<String, String> =
                    record.deserialize(Some(&header)).map_err(|e| wrong(line, e.to_string()))?;
                let aliases = row.aliases.split('|').map(str::to_string).collect();
                let overrides = match row.r#override.as_str() {
                    "true" => Ok(true),
                    "false" | "" => Ok(false),
                    other => Err(wrong(line, format!("override: \"{other}\" is neither true nor false"))),
                }?;
                let Row { name, r#type, id, url, .. } = row;
                push(line, Row { name, aliases, r#type, id, url, r#override: overrides }.entry(&source))?;
            }
        }
        Some("jsonl") => {
            for (number, line) in (1..).zip(open()?.lines()) {
                let line = line.map_err(|e| wrong(number, e.to_string()))?;
                if !line.trim().is_empty() {
                    let row = serde_json::from_str::<Row<Vec<String>, bool>>(&line);
                    push(number, row.map_err(|e| wrong(number, e.to_string()))?.entry(&source))?;
                }
            }
        }
        _ => return Err(DictionaryError::Extension(file)),
    }
    Dictionary::new(entries).map_err(|error| DictionaryError::TooLarge(file, error))
}

impl Row<Vec<String>, bool> {
    fn entry(self, source: &str) -> Result<Entry, String> {
        let names: Vec<String> = [self.name].into_iter().chain(self.aliases).map(|n| n.trim().to_string()).collect();
        let names: Vec<String> = match names.split_first() {
            Some((name, aliases)) if !name.is_empty() => {
                [name].into_iter().chain(aliases).filter(|n| !n.is_empty()).cloned().collect()
            }
            _ => return Err("name: required, and not blank".into()),
        };
        if let Some(long) = names.iter().find(|name| name.len() > MAX_NAME_BYTES) {
            return Err(format!("name or alias of {} bytes, at most {MAX_NAME_BYTES} are allowed", long.len()));
        }
        if self.id.trim().is_empty() {
            return Err("id: required, and not blank".into());
        }
        let entity_type = match self.r#type.as_str() {
            "" => None,
            name => Some(entity_type(name).ok_or_else(|| format!("type: \"{name}\" is no entity type"))?),
        };
        if self.r#override && entity_type.is_none() {
            return Err("type: required where override is true".into());
        }
        let link = Link { source: source.into(), id: self.id, uri: self.url };
        Ok(Entry { names, entity_type, link, overrides: self.r#override })
    }
}

/// By its name in the contract, or by the network's short form.
fn entity_type(name: &str) -> Option<EntityType> {
    labels::entity_type(match name {
        "ORGANIZATION" => "ORG",
        "LOCATION" => "LOC",
        "FACILITY" => "FAC",
        name => name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(extension: &str, text: &str) -> Result<usize, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(format!("own.{extension}"));
        std::fs::write(&path, text).expect("a file");
        let read = read(&path).map(|dictionary| dictionary.len());
        read.map_err(|e| e.to_string().rsplit('/').next().unwrap_or_default().to_string())
    }

    #[test]
    fn both_forms_are_read() {
        let csv =
            "name,aliases,type,id,url,override\nAnn Lee,A. Lee|Lee,PERSON,1,https://example.org/1,true\nX,,,2,,\n";
        assert_eq!(read_as("csv", csv), Ok(2));
        assert_eq!(read_as("csv", "id,name\n1,Ann\n"), Ok(1));
        let jsonl = "{\"name\": \"Ann\", \"id\": \"1\"}\n\n{\"name\": \"B\", \"aliases\": [\"C\"], \"type\": \"ORG\", \"id\": \"2\", \"override\": true}\n";
        assert_eq!(read_as("jsonl", jsonl), Ok(2));
    }

    #[test]
    fn a_broken_line_is_told_with_its_field() {
        for (extension, text, told) in [
            ("csv", "name,id\nAnn,1\n ,2\n", &["own.csv:3", "name", "blank"][..]),
            ("csv", "name,id,type\nAnn,1,PERSN\n", &["own.csv:2", "type", "PERSN"]),
            ("csv", "name,id,override\nAnn,1,yes\n", &["own.csv:2", "override", "yes"]),
            ("csv", "name,id,override\nAnn,1,true\n", &["own.csv:2", "type", "override"]),
            ("csv", "name\nAnn\n", &["own.csv:2", "id"]),
            ("csv", "name,id\nAnn,1,2,3\n", &["own.csv:2"]),
            ("jsonl", "{\"name\": \"Ann\", \"id\": \"1\"}\n{\"name\": 1}\n", &["own.jsonl:2"]),
            ("jsonl", "{\"name\": \"Ann\", \"id\": \"\"}\n", &["own.jsonl:1", "id"]),
            ("txt", "", &["own.txt", ".csv", ".jsonl"]),
        ] {
            let error = read_as(extension, text).expect_err(text);
            assert!(told.iter().all(|part| error.contains(part)), "{error}");
        }
        let long = format!("name,id\n{},1\n", "a".repeat(257));
        assert!(read_as("csv", &long).expect_err("too long").contains("257 bytes, at most 256"));
    }
}
