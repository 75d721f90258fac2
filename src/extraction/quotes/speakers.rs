//! Who speaks: from the source as written, or from no source at all, to a name.

use std::ops::Range;

use super::bearers::{self, Bearer, Gender};
use super::linking::{Attribution, Links, REACH, Vector};
use super::phrases;
use crate::extraction::calibration::Curve;
use crate::extraction::document::Document;
use crate::extraction::{Entity, EntityType, Speaker};

/// What every word between a quote and a name takes from the score of their link. Chosen on dev.
const PER_WORD: f32 = 0.07;
/// What "nobody" loses where the source is definite ("the agency"): it means somebody named before. Chosen on dev.
const DEFINITE: f32 = 2.0;
/// What the speaker before gains where the source is a pronoun or there is none. Chosen on dev.
const SAME_AGAIN: f32 = 2.0;
/// What a name gains whose titles or own words the source repeats. Chosen on dev.
const DESCRIBED: f32 = 4.0;
/// What a name gains whose gender is the pronoun's. Chosen on dev.
const SAME_GENDER: f32 = 1.0;
/// What a name loses whose gender is not the pronoun's. Chosen on dev.
const OTHER_GENDER: f32 = 6.0;
/// What "he" or "she" as an unnamed speaker before gains. Chosen on dev.
const UNNAMED_AGAIN: f32 = 0.0;
/// Share right on dev of speakers told by a name in the source, of those called by the words of their source, and of
/// those who are said to be the speaker before (`training/calibrate.py`).
const NAMED: f32 = 0.94;
const UNNAMED: f32 = 0.76;
const SAME_UNSAID: f32 = 0.38;
/// What speaks for whom it belongs to: "his letter said".
const DOCUMENTS: [&str; 37] = [
    "report",
    "letter",
    "statement",
    "note",
    "post",
    "tweet",
    "message",
    "memo",
    "email",
    "filing",
    "book",
    "memoir",
    "column",
    "article",
    "website",
    "blog",
    "account",
    "assessment",
    "channel",
    "page",
    "diary",
    "entry",
    "data",
    "survey",
    "poll",
    "paper",
    "study",
    "analysis",
    "probe",
    "investigation",
    "research",
    "figures",
    "headline",
    "review",
    "release",
    "circular",
    "audit",
];
/// Between a document and its author.
const BY_AUTHOR: [&str; 5] = ["by", "from", "of", "on", "in"];

/// Whom a pronoun can mean.
#[derive(Clone, Copy)]
enum Pronoun {
    /// One person.
    Of(Gender),
    /// No person.
    It,
    /// Anybody.
    Any,
}

/// A mention of a possible speaker.
struct Named {
    words: Range<usize>,
    entity: usize,
    is_person: bool,
}

/// Finds the speakers of one document's quotes.
pub struct Speakers<'a> {
    document: &'a Document,
    links: &'a Links<'a>,
    entities: &'a [Entity],
    bearers: Vec<Bearer>,
    /// In text order.
    named: Vec<Named>,
    calibration: Curve,
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
    pub fn new(document: &'a Document, links: &'a Links<'a>, entities: &'a [Entity], calibration: Curve) -> Self {
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
        Self { document, links, entities, bearers: bearers::bearers(document, entities), named, calibration }
    }

    /// The speaker of a quote; `previous` is the speaker of the quote before, `spoken_to` the entity addressed.
    pub fn of(
        &self,
        attribution: &Attribution,
        previous: Option<&Speaker>,
        spoken_to: Option<usize>,
    ) -> Option<Speaker> {
        let again = |n: &Named| match previous {
            Some(speaker) if speaker.entity == Some(n.entity) => SAME_AGAIN,
            _ => 0.0,
        };
        let Some(source) = &attribution.source else {
            let linked = self.by_links(attribution.content[0].start, Some(0.0), |n| Some(again(n)));
            return linked.or_else(|| again_unsaid(previous));
        };
        let inside = self.between(source.start, source.end);
        if let Some(speaker) = self.named_outright(source, inside).or_else(|| self.by_initials(source)) {
            return Some(speaker);
        }
        if let Some(pronoun) = self.pronoun(source) {
            let unnamed = previous.filter(|speaker| speaker.entity.is_none());
            let nobody = match pronoun {
                Pronoun::Of(_) => unnamed.map(|_| UNNAMED_AGAIN),
                _ => Some(0.0),
            };
            let other = |n: &Named| (spoken_to != Some(n.entity)).then_some(());
            let worth = |n: &Named| other(n).and(Some(self.agrees(n, pronoun)? + again(n)));
            let pair = || if let Pronoun::Any = pronoun { self.pair(source).map(|p| self.both(p)) } else { None };
            let meant = self.by_links(source.start, nobody, worth).or_else(pair).or_else(|| again_unsaid(unnamed));
            return meant.or_else(|| self.phrase(source));
        }
        if let Some(speaker) = self.of_two(source) {
            return Some(speaker);
        }
        let described = self.described(source);
        let author = self.author(source, inside);
        let names_another = inside.iter().any(|n| !self.is_modifier(n));
        let elsewhere = |n: &Named| {
            let worth = described(n);
            let other = !overlaps(&n.words, source) && spoken_to != Some(n.entity);
            (other && (worth > 0.0 || !names_another)).then_some(worth)
        };
        let definite = || self.is_definite(source).then(|| self.by_links(source.start, Some(-DEFINITE), elsewhere));
        let meant = author.or_else(|| definite().flatten());
        meant.or_else(|| self.phrase(source))
    }

    /// The entity that these words name.
    pub fn named_by(&self, words: &Range<usize>) -> Option<usize> {
        self.named_outright(words, self.between(words.start, words.end))?.entity
    }

    /// The pronoun that the source is, or whose document it is ("his letter").
    fn pronoun(&self, source: &Range<usize>) -> Option<Pronoun> {
        let first = self.lower(&(source.start..source.start + 1));
        let alone = source.len() == 1;
        let noun = phrases::noun(self.document, &phrases::head(self.document, source));
        let speaks = !alone && DOCUMENTS.contains(&self.lower(&(noun..noun + 1)).as_str());
        let pronoun = match first.as_str() {
            "he" | "him" => Pronoun::Of(Gender::Male),
            "his" if speaks => Pronoun::Of(Gender::Male),
            "she" => Pronoun::Of(Gender::Female),
            "her" if speaks => Pronoun::Of(Gender::Female),
            "it" => Pronoun::It,
            "its" if speaks => Pronoun::It,
            "i" | "we" | "they" | "them" => Pronoun::Any,
            "their" | "my" | "our" if speaks => Pronoun::Any,
            _ => return None,
        };
        (alone || speaks).then_some(pronoun)
    }

    /// "both men", "the two", "the former", "the latter", of the two people joined last.
    fn of_two(&self, source: &Range<usize>) -> Option<Speaker> {
        let [first, second] = self.pair(source)?;
        match self.lower(source).as_str() {
            "both" | "both men" | "both women" | "the two" | "the two men" | "the two women" | "the pair"
            | "the couple" | "the duo" => Some(self.both([first, second])),
            "the former" => Some(self.entity(first.entity)),
            "the latter" => Some(self.entity(second.entity)),
            _ => None,
        }
    }

    /// The two people joined last before the source, in its sentence or the two before.
    fn pair(&self, source: &Range<usize>) -> Option<[&Named; 2]> {
        let sentence = self.document.sentences.partition_point(|s| s.end <= source.start);
        let from = self.document.sentences.get(sentence.saturating_sub(2))?.start;
        let people: Vec<&Named> = self.between(from, source.start).iter().filter(|n| n.is_person).collect();
        people.windows(2).rev().find_map(|two| match two {
            [a, b] if a.entity != b.entity && self.joined(a, b) => Some([*a, *b]),
            _ => None,
        })
    }

    fn both(&self, [first, second]: [&Named; 2]) -> Speaker {
        let name = |n: &Named| self.entities[n.entity].name.as_str();
        Speaker { name: format!("{} and {}", name(first), name(second)), entity: None, score: UNNAMED }
    }

    /// Who stands behind a document: "a report by the Comptroller", "data from Kpler".
    fn author(&self, source: &Range<usize>, inside: &[Named]) -> Option<Speaker> {
        let noun = phrases::noun(self.document, &phrases::head(self.document, source));
        let is_document = DOCUMENTS.contains(&self.lower(&(noun..noun + 1)).as_str());
        let author = inside.iter().find(|n| !self.is_modifier(n))?;
        let by = author.words.start < noun
            || (noun + 1..author.words.start).any(|w| BY_AUTHOR.contains(&self.document.word(w)));
        (is_document && by).then(|| self.entity(author.entity))
    }

    /// What a name gains or loses by the pronoun; none if it cannot be meant.
    fn agrees(&self, named: &Named, pronoun: Pronoun) -> Option<f32> {
        match (pronoun, self.bearers[named.entity].gender) {
            (Pronoun::Of(_), _) if !named.is_person => None,
            (Pronoun::It, _) if named.is_person => None,
            (Pronoun::Of(gender), Some(known)) => Some(if gender == known { SAME_GENDER } else { -OTHER_GENDER }),
            _ => Some(0.0),
        }
    }

    /// What names gain where the source describes them: "the governor", "the 43-year-old", "the department".
    fn described(&self, source: &Range<usize>) -> impl Fn(&Named) -> f32 {
        let phrase = phrases::head(self.document, source);
        let noun = phrases::noun(self.document, &phrase);
        let words: Vec<String> = phrase.clone().map(|w| self.document.word(w).to_lowercase()).collect();
        let noun = self.document.word(noun).to_lowercase();
        move |named| {
            let known = &self.bearers[named.entity].known_as;
            let age = words.iter().any(|w| w.bytes().all(|b| b.is_ascii_digit()) && known.contains(w));
            if known.contains(&noun) || age { DESCRIBED } else { 0.0 }
        }
    }

    /// The source is a name with its titles, or several names joined.
    fn named_outright(&self, source: &Range<usize>, inside: &[Named]) -> Option<Speaker> {
        let people: Vec<&Named> = inside.iter().filter(|n| n.is_person && !self.is_possessive(n)).collect();
        match people[..] {
            [first, second, ..] if self.joined(first, second) => {
                let names: Vec<&str> = people.iter().map(|p| self.entities[p.entity].name.as_str()).collect();
                Some(Speaker { name: names.join(" and "), entity: None, score: NAMED })
            }
            [first, ..] if self.is_head(source.start..first.words.start) && self.ends_noun(first, source) => {
                Some(self.entity(first.entity))
            }
            _ => {
                let head = phrases::head(self.document, source);
                let noun = phrases::noun(self.document, &head);
                let names_it = |n: &&Named| {
                    (n.words.end == head.end || n.words.end == noun + 1) && self.is_head(head.start..n.words.start)
                };
                // "The militant group, the Islamic State, ..."
                let apposed = |n: &&Named| {
                    let between = self.lower(&(head.end..n.words.start.max(head.end)));
                    n.words.start > head.end && (between == "," || between == ", the") && self.ends_noun(n, source)
                };
                inside.iter().rfind(names_it).or_else(|| inside.iter().find(apposed)).map(|n| self.entity(n.entity))
            }
        }
    }

    /// No noun follows the name within the source: "the Bush administration" is not Bush.
    fn ends_noun(&self, named: &Named, source: &Range<usize>) -> bool {
        let next = named.words.end;
        let text = self.document.word(next);
        next >= source.end || !text.starts_with(char::is_lowercase) || phrases::follows_noun(text)
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

    /// The entity whose mentions the network points at, given what each name is worth beside that (none: it cannot
    /// be meant). Nobody, with what is added to that, is a choice where it is given.
    fn by_links(&self, from: usize, nobody: Option<f32>, worth: impl Fn(&Named) -> Option<f32>) -> Option<Speaker> {
        let score = |n: &Named| {
            let distance = n.words.start.abs_diff(from) as f32;
            let learned = self.links.score(from, Vector::Speaker, n.words.start, Vector::Mention);
            Some((n.entity, learned - PER_WORD * distance + worth(n)?))
        };
        let scored: Vec<(usize, f32)> =
            self.between(from.saturating_sub(REACH), from + REACH).iter().filter_map(score).collect();
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
        let nobody = (nobody - top).exp();
        let total: f32 = mass.iter().map(|(_, share)| share).sum::<f32>() + nobody;
        let (entity, share) = mass.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (share > nobody).then(|| Speaker { score: self.calibration.apply(share / total), ..self.entity(entity) })
    }

    fn entity(&self, entity: usize) -> Speaker {
        Speaker { name: self.entities[entity].name.clone(), entity: Some(entity), score: NAMED }
    }

    /// An unnamed speaker is called as the text calls it.
    fn phrase(&self, source: &Range<usize>) -> Option<Speaker> {
        Some(Speaker { name: self.text(&phrases::head(self.document, source)), entity: None, score: UNNAMED })
    }

    /// These words before a name leave it the head: no preposition among them.
    fn is_head(&self, mut before: Range<usize>) -> bool {
        !before.any(|word| phrases::PREPOSITIONS.contains(&self.document.word(word)))
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
        let text = self.document.span(words.clone()).slice(&self.document.text);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn lower(&self, words: &Range<usize>) -> String {
        self.text(words).to_lowercase()
    }
}

/// The speaker before, for want of another.
fn again_unsaid(previous: Option<&Speaker>) -> Option<Speaker> {
    previous.map(|speaker| Speaker { score: SAME_UNSAID, ..speaker.clone() })
}

fn overlaps(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}
