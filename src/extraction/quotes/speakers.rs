//! Who speaks: from the source as written, or from no source at all, to a name.

use std::ops::Range;

use super::linking::{Attribution, Links, REACH, Vector};
use crate::extraction::document::{Document, Gap};
use crate::extraction::{Entity, EntityType, Speaker};

/// What every word between a quote and a name takes from the score of their link. Chosen on dev.
const PER_WORD: f32 = 0.05;
/// What "nobody" loses where the source is definite ("the agency"): it means somebody named before. Chosen on dev.
const DEFINITE: f32 = 2.0;
/// What the speaker before gains where the source is a pronoun or there is none. Chosen on dev.
const SAME_AGAIN: f32 = 2.0;
/// Words that end the head phrase of an unnamed speaker ("a father | in a Chelsea shirt").
const AFTER_HEAD: [&str; 10] = [",", "(", "who", "whose", "that", "which", "in", "among", "at", "near"];
/// Between the head of a phrase and a name, these make it somebody else's ("a spokesman for the army").
const OF_ANOTHER: [&str; 8] = ["of", "for", "from", "by", "with", "to", "on", "about"];

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
        let again = previous.and_then(|speaker| speaker.entity);
        let Some(source) = &attribution.source else {
            let nobody = Some(0.0);
            let linked = self.by_links(attribution.content[0].start, |_| true, nobody, again);
            return linked.or_else(|| previous.cloned());
        };
        let inside = self.between(source.start, source.end);
        if let Some(speaker) = self.named_outright(source, inside).or_else(|| self.by_initials(source)) {
            return Some(speaker);
        }
        let within = |n: &Named| overlaps(&n.words, source) && !self.is_modifier(n);
        let named_within = inside.iter().any(within);
        match self.lower(source).as_str() {
            "he" | "she" | "him" | "her" => self.by_links(source.start, |n| n.is_person, None, again),
            "i" | "we" | "they" | "it" => self.by_links(source.start, |_| true, Some(0.0), again),
            _ if named_within => self.by_links(source.start, within, Some(0.0), None),
            _ if self.is_definite(source) => {
                self.by_links(source.start, |n| !overlaps(&n.words, source), Some(-DEFINITE), None)
            }
            _ => None,
        }
        .or_else(|| self.phrase(source))
    }

    /// The source is a name with its titles, or several names joined.
    fn named_outright(&self, source: &Range<usize>, inside: &[Named]) -> Option<Speaker> {
        let people: Vec<&Named> = inside.iter().filter(|n| n.is_person && !self.is_possessive(n)).collect();
        match people[..] {
            [first, second, ..] if self.joined(first, second) => {
                let names: Vec<&str> = people.iter().map(|p| self.entities[p.entity].name.as_str()).collect();
                Some(Speaker { name: names.join(" and "), entity: None })
            }
            [first, ..] if self.is_head(first.words.start.max(source.start + 1) - 1..first.words.start) => {
                Some(self.entity(first.entity))
            }
            _ => {
                let head = self.head(source);
                let last = inside.iter().rfind(|n| n.words.end <= head.end)?;
                let names_it = last.words.end == head.end && self.is_head(head.start..last.words.start);
                names_it.then(|| self.entity(last.entity))
            }
        }
    }

    /// "B.H." in an interview: the one person, or else organisation, with these initials.
    fn by_initials(&self, source: &Range<usize>) -> Option<Speaker> {
        let written = self.text(source);
        let initials: String = written.chars().filter(|c| c.is_alphabetic()).collect();
        let short = (1..=4).contains(&initials.chars().count()) && initials.chars().all(char::is_uppercase);
        if !short || written.chars().any(|c| c.is_alphanumeric() && !c.is_uppercase()) {
            return None;
        }
        let capitals = |name: &str| name.split(' ').filter_map(|w| w.chars().next()).collect::<String>();
        for kind in [EntityType::Person, EntityType::Organization] {
            let mut bearers = self
                .entities
                .iter()
                .enumerate()
                .filter(|(_, e)| e.entity_type == kind && e.name.contains(' ') && capitals(&e.name) == initials);
            if let (Some((entity, _)), None) = (bearers.next(), bearers.next()) {
                return Some(self.entity(entity));
            }
        }
        None
    }

    /// The entity whose mentions the network points at. Nobody, with what is added to that, is a choice where it
    /// is given; the speaker before may be favoured.
    fn by_links(
        &self,
        from: usize,
        fits: impl Fn(&Named) -> bool,
        nobody: Option<f32>,
        again: Option<usize>,
    ) -> Option<Speaker> {
        let near = self.between(from.saturating_sub(REACH), from + REACH);
        let score = |n: &Named| {
            let distance = n.words.start.abs_diff(from) as f32;
            let learned = self.links.score(from, Vector::Speaker, n.words.start, Vector::Mention);
            learned - PER_WORD * distance + if again == Some(n.entity) { SAME_AGAIN } else { 0.0 }
        };
        let scored: Vec<(usize, f32)> = near.iter().filter(|n| fits(n)).map(|n| (n.entity, score(n))).collect();
        let nobody = nobody.map_or(f32::NEG_INFINITY, |added| self.links.null(from, Vector::Speaker) + added);
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
        (share > (nobody - top).exp()).then(|| self.entity(entity))
    }

    fn entity(&self, entity: usize) -> Speaker {
        Speaker { name: self.entities[entity].name.clone(), entity: Some(entity) }
    }

    /// An unnamed speaker is called as the text calls it.
    fn phrase(&self, source: &Range<usize>) -> Option<Speaker> {
        Some(Speaker { name: self.text(&self.head(source)), entity: None })
    }

    /// The head phrase: without its article and without what comes behind its noun.
    fn head(&self, source: &Range<usize>) -> Range<usize> {
        let article = matches!(self.lower(&(source.start..source.start + 1)).as_str(), "the" | "a" | "an");
        let begin = if article && source.len() > 1 { source.start + 1 } else { source.start };
        // A word of a number or a compound touches the one before: "100,000", "mother-in-law".
        let touches = |word: usize| self.document.words[word].gap == Gap::None;
        let ends = |&word: &usize| {
            let text = self.document.word(word);
            let apart = if text == "," { word + 1 == source.end || !touches(word + 1) } else { !touches(word) };
            apart && AFTER_HEAD.contains(&text)
        };
        begin..(begin + 1..source.end).find(ends).unwrap_or(source.end)
    }

    /// These words before a name leave it the head: no preposition among them.
    fn is_head(&self, mut before: Range<usize>) -> bool {
        !before.any(|word| OF_ANOTHER.contains(&self.document.word(word)))
    }

    fn is_definite(&self, source: &Range<usize>) -> bool {
        source.len() > 1 && self.document.word(source.start).eq_ignore_ascii_case("the")
    }

    /// Mentions that lie within these words.
    fn between(&self, begin: usize, end: usize) -> &[Named] {
        let first = self.named.partition_point(|n| n.words.start < begin);
        let last = self.named.partition_point(|n| n.words.start < end);
        &self.named[first..last.max(first)]
    }

    /// "Washington-based", "U.S.-led": no name but part of an adjective.
    fn is_modifier(&self, named: &Named) -> bool {
        matches!(self.document.word(named.words.end), "-" | "‑")
    }

    fn is_possessive(&self, named: &Named) -> bool {
        let word = |at| self.document.word(named.words.end + at);
        matches!(word(0), "'" | "’") && matches!(word(1), "s" | "S")
    }

    /// "A and B", also with titles between: "governor A and mayor B".
    fn joined(&self, first: &Named, second: &Named) -> bool {
        let between = self.lower(&(first.words.end..second.words.start));
        between == "," || between == "&" || between == "and" || between == ", and" || between.starts_with("and ")
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
