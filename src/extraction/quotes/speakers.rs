//! Who speaks: from the source as written, or from no source at all, to a name.

use std::ops::Range;

use super::linking::{Attribution, Links, REACH, Vector};
use crate::extraction::document::Document;
use crate::extraction::{Entity, EntityType, Speaker};

/// What every word between a quote and a name takes from the score of their link. Chosen on dev.
const PER_WORD: f32 = 0.05;
/// Words that end the head phrase of an unnamed speaker ("a father | in a Chelsea shirt").
const AFTER_HEAD: [&str; 9] = [",", "who", "whose", "that", "which", "in", "among", "at", "near"];

/// A mention of a possible speaker.
struct Named {
    words: Range<usize>,
    entity: usize,
    is_person: bool,
}

/// Finds the speakers of one document's quotes.
pub struct Speakers<'a> {
    document: &'a Document<'a>,
    links: &'a Links<'a>,
    entities: &'a [Entity],
    /// In text order.
    named: Vec<Named>,
}

const SPEAK: [EntityType; 8] = [
    EntityType::Person,
    EntityType::Organization,
    EntityType::Gpe,
    EntityType::Norp,
    EntityType::Facility,
    EntityType::Location,
    EntityType::WorkOfArt,
    EntityType::Product,
];

impl<'a> Speakers<'a> {
    /// Indexes the mentions of the entities that can speak.
    pub fn new(document: &'a Document<'a>, links: &'a Links<'a>, entities: &'a [Entity]) -> Self {
        let mut named: Vec<Named> = entities
            .iter()
            .enumerate()
            .filter(|(_, e)| SPEAK.contains(&e.entity_type))
            .flat_map(|(entity, e)| e.mentions.iter().map(move |m| (entity, e.entity_type, m.span)))
            .map(|(entity, kind, span)| Named {
                words: document.words_in(span),
                entity,
                is_person: kind == EntityType::Person,
            })
            .collect();
        named.sort_by_key(|n| n.words.start);
        Self { document, links, entities, named }
    }

    /// The speaker of a quote; `previous` is the speaker of the quote before.
    pub fn of(&self, attribution: &Attribution, previous: Option<&Speaker>) -> Option<Speaker> {
        let Some(source) = &attribution.source else {
            return self.by_links(attribution.content[0].start, |_| true, true).or_else(|| previous.cloned());
        };
        let inside = self.between(source.start, source.end);
        if let Some(speaker) = self.named_outright(source, inside) {
            return Some(speaker);
        }
        match self.lower(source).as_str() {
            "he" | "she" | "him" | "her" => self.by_links(source.start, |n| n.is_person, false),
            "i" | "we" | "they" | "it" => self.by_links(source.start, |_| true, true),
            _ => self.by_links(source.start, |n| inside.is_empty() || overlaps(&n.words, source), true),
        }
        .or_else(|| self.phrase(source))
    }

    /// The source is a name and its titles, or several names joined.
    fn named_outright(&self, source: &Range<usize>, inside: &[Named]) -> Option<Speaker> {
        let people: Vec<&Named> = inside.iter().filter(|n| n.is_person && !self.is_possessive(n)).collect();
        match people[..] {
            [first, second, ..] if self.joined(first.words.end..second.words.start) => {
                let end = people.last().map_or(second.words.end, |n| n.words.end);
                Some(Speaker { name: self.text(&(first.words.start..end)), entity: None })
            }
            [first, ..] => Some(self.entity(first.entity)),
            [] => match inside {
                [only] if only.words.end == source.end && self.only_article(source.start..only.words.start) => {
                    Some(self.entity(only.entity))
                }
                _ => None,
            },
        }
    }

    /// The entity whose mentions the network points at; none if it points at nobody and `or_nobody`.
    fn by_links(&self, from: usize, fits: impl Fn(&Named) -> bool, or_nobody: bool) -> Option<Speaker> {
        let near = self.between(from.saturating_sub(REACH), from + REACH);
        let score = |n: &Named| {
            let distance = n.words.start.abs_diff(from) as f32;
            let learned = self.links.score(from, Vector::Speaker, n.words.start, Vector::Mention);
            learned - PER_WORD * distance
        };
        let scored: Vec<(usize, f32)> = near.iter().filter(|n| fits(n)).map(|n| (n.entity, score(n))).collect();
        let nobody = self.links.null(from, Vector::Speaker);
        let top = scored.iter().map(|(_, s)| *s).fold(nobody, f32::max);
        // All mentions of an entity speak for it.
        let mut mass: Vec<(usize, f32)> = Vec::new();
        for (entity, score) in scored {
            let share = (score - top).exp();
            match mass.iter_mut().find(|(e, _)| *e == entity) {
                Some((_, sum)) => *sum += share,
                None => mass.push((entity, share)),
            }
        }
        let (entity, share) = mass.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (!or_nobody || share > (nobody - top).exp()).then(|| self.entity(entity))
    }

    fn entity(&self, entity: usize) -> Speaker {
        Speaker { name: self.entities[entity].name.clone(), entity: Some(entity) }
    }

    /// An unnamed speaker is called as the text calls it.
    fn phrase(&self, source: &Range<usize>) -> Option<Speaker> {
        let article = matches!(self.lower(&(source.start..source.start + 1)).as_str(), "the" | "a" | "an");
        let begin = if article && source.len() > 1 { source.start + 1 } else { source.start };
        let ends = |word: &usize| AFTER_HEAD.contains(&self.document.word(*word));
        let end = (begin + 1..source.end).find(ends).unwrap_or(source.end);
        let bare = begin..end;
        Some(Speaker { name: self.text(&bare), entity: None })
    }

    /// Mentions that lie within these words.
    fn between(&self, begin: usize, end: usize) -> &[Named] {
        let first = self.named.partition_point(|n| n.words.start < begin);
        let last = self.named.partition_point(|n| n.words.start < end);
        &self.named[first..last.max(first)]
    }

    fn is_possessive(&self, named: &Named) -> bool {
        let word = |at| self.document.word(named.words.end + at);
        matches!(word(0), "'" | "’") && matches!(word(1), "s" | "S")
    }

    fn joined(&self, between: Range<usize>) -> bool {
        !between.is_empty() && matches!(self.lower(&between).as_str(), "and" | "," | ", and" | "&" | "or")
    }

    fn only_article(&self, words: Range<usize>) -> bool {
        words.is_empty() || matches!(self.lower(&words).as_str(), "the" | "a" | "an")
    }

    fn text(&self, words: &Range<usize>) -> String {
        let text = self.document.span(words.clone()).slice(self.document.text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn lower(&self, words: &Range<usize>) -> String {
        self.text(words).to_lowercase()
    }
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
