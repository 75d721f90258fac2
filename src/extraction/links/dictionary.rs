//! The caller's own names: found on word boundaries, linked to their ids, and stronger than the network where an entry
//! says so.

use std::collections::HashSet;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use arc_swap::ArcSwap;

use super::Link;
use crate::extraction::document::Document;
use crate::extraction::entities::TypedSpan;
use crate::extraction::{Entity, EntityType, Span};

/// One thing with its names.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is called, first its name, then its aliases; never empty.
    pub names: Vec<String>,
    /// What it is; none leaves that to the network, and then the entry finds no mentions of its own.
    pub entity_type: Option<EntityType>,
    /// Its link.
    pub link: Link,
    /// Its mentions and type stand against the network's.
    pub overrides: bool,
}

/// The names of all entries, ready to be looked for.
pub struct Dictionary {
    entries: Vec<Entry>,
    /// Names with a capital letter, as written, and names without, in any case; each with the entry of each pattern.
    sets: [(AhoCorasick, Vec<usize>); 2],
}

/// A dictionary that can be replaced while it is in use; clones share it.
pub type SharedDictionary = Arc<ArcSwap<Dictionary>>;

/// The names cannot be searched for together.
#[derive(Debug, thiserror::Error)]
#[error("too many names to search for: {0}")]
pub struct TooLarge(#[from] aho_corasick::BuildError);

/// A name found in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Whole words.
    pub span: Span,
    entry: usize,
}

impl Dictionary {
    /// Prepares the search, in time linear in the names.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new(entries: Vec<Entry>) -> Result<Self, TooLarge> {
        let names = || entries.iter().enumerate().flat_map(|(i, e)| e.names.iter().map(move |name| (i, name)));
        let any_case = |name: &str| !name.contains(char::is_uppercase);
        let set = |insensitive: bool| {
            let (owners, patterns): (Vec<usize>, Vec<&String>) =
                names().filter(|(_, name)| any_case(name) == insensitive).unzip();
            AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .match_kind(MatchKind::Standard)
                .ascii_case_insensitive(insensitive)
                .build(patterns)
                .map(|automaton| (automaton, owners))
        };
        let sets = [set(false)?, set(true)?];
        Ok(Self { entries, sets })
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// No entries at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names in a text, in text order, disjoint: the first, and of those the longest, wins.
    pub fn find(&self, document: &Document) -> Vec<Hit> {
        if self.is_empty() {
            return Vec::new();
        }
        let begins: HashSet<usize> = document.words.iter().map(|w| w.span.begin).collect();
        let ends: HashSet<usize> = document.words.iter().map(|w| w.span.end).collect();
        let mut hits: Vec<Hit> = Vec::new();
        for (automaton, owners) in &self.sets {
            let found = automaton.find_overlapping_iter(&*document.text);
            let whole = found.filter(|m| begins.contains(&m.start()) && ends.contains(&m.end()));
            hits.extend(
                whole.map(|m| Hit {
                    span: Span { begin: m.start(), end: m.end() },
                    entry: owners[m.pattern().as_usize()],
                }),
            );
        }
        // Of one name in two entries, the earlier entry.
        hits.sort_by_key(|hit| (hit.span.begin, std::cmp::Reverse(hit.span.end), hit.entry));
        let mut end = 0;
        hits.retain(|hit| {
            let free = hit.span.begin >= end;
            end = if free { hit.span.end } else { end };
            free
        });
        hits
    }

    /// Adds to the network's mentions (disjoint, in text order) those that the dictionary finds: an overriding entry drops
    /// what it overlaps and sets the type of what it equals; any other entry with a type fills gaps alone.
    pub fn add(&self, hits: &[Hit], mentions: &mut Vec<TypedSpan>) {
        let mut dropped = vec![false; mentions.len()];
        let mut added = Vec::new();
        for hit in hits {
            let Entry { entity_type: Some(entity_type), overrides, .. } = self.entries[hit.entry] else { continue };
            let first = mentions.partition_point(|m| m.span.end <= hit.span.begin);
            let overlapped = first..mentions.partition_point(|m| m.span.begin < hit.span.end);
            if overrides || overlapped.is_empty() {
                dropped[overlapped].fill(true);
                added.push(TypedSpan { span: hit.span, entity_type, score: 1.0 });
            }
        }
        let mut dropped = dropped.into_iter();
        mentions.retain(|_| !dropped.next().unwrap_or_default());
        mentions.append(&mut added);
    }

    /// Links the entities one of whose mentions is a name of an entry.
    pub fn link(&self, hits: &[Hit], entities: &mut [Entity]) {
        let entry_at = |span: Span| hits.binary_search_by_key(&span, |hit| hit.span).ok().map(|at| hits[at].entry);
        for entity in entities {
            let entries = entity.mentions.iter().filter_map(|mention| entry_at(mention.span));
            for link in entries.map(|entry| &self.entries[entry].link) {
                if !entity.links.contains(link) {
                    // The caller's own collection before the open ones.
                    let own = entity.links.iter().filter(|l| l.source == link.source).count();
                    entity.links.insert(own, link.clone());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(names: &[&str], entity_type: Option<EntityType>, id: &str, overrides: bool) -> Entry {
        Entry {
            names: names.iter().map(ToString::to_string).collect(),
            entity_type,
            link: Link { source: "own".into(), id: id.into(), uri: String::new() },
            overrides,
        }
    }

    fn found(entries: Vec<Entry>, text: &str) -> Vec<String> {
        let document = Document::new(text);
        let dictionary = Dictionary::new(entries).expect("a dictionary");
        dictionary.find(&document).iter().map(|hit| hit.span.slice(text).to_string()).collect()
    }

    #[test]
    fn whole_words_the_longest_first_and_case_by_the_entry() {
        let entries = || {
            vec![
                entry(&["Ann", "Ann Le", "Ann Lee"], None, "1", false),
                entry(&["blue whale"], None, "2", false),
                entry(&["WHO"], None, "3", false),
            ]
        };
        assert_eq!(found(entries(), "Ann Lee, Annie and Ann."), ["Ann Lee", "Ann"]);
        assert_eq!(found(entries(), "Ann Leer"), ["Ann"]);
        assert_eq!(found(entries(), "Blue Whale and BLUE WHALE, blue whales"), ["Blue Whale", "BLUE WHALE"]);
        assert_eq!(found(entries(), "who of the WHO"), ["WHO"]);
        assert_eq!(found(vec![], "Ann"), [""; 0]);
    }

    #[test]
    fn an_overriding_entry_stands_against_the_network() {
        let text = "The Port of Acajutla is shut.";
        let document = Document::new(text);
        let network = [(4, 8, EntityType::Facility), (12, 20, EntityType::Gpe)];
        for (overrides, expected) in [(true, vec![(4, 20)]), (false, vec![(4, 8), (12, 20)])] {
            let port = entry(&["Port of Acajutla"], Some(EntityType::Facility), "p", overrides);
            let dictionary = Dictionary::new(vec![port]).expect("a dictionary");
            let mut mentions: Vec<TypedSpan> = network
                .iter()
                .map(|&(begin, end, entity_type)| TypedSpan { span: Span { begin, end }, entity_type, score: 0.5 })
                .collect();
            dictionary.add(&dictionary.find(&document), &mut mentions);
            let spans: Vec<_> = mentions.iter().map(|m| (m.span.begin, m.span.end)).collect();
            assert_eq!(spans, expected);
        }
    }
}
