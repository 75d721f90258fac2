//! Domain to wire: one document's extraction as its caller wants it.

use std::collections::HashSet;

use super::{
    enums,
    request::{Document, Options},
    wire::v1,
};
use crate::extraction::links::Link;
use crate::extraction::values::{Amount, Normalised, Value};
use crate::extraction::{Entity, EntityType, Extraction, Features, Mention, Offsets, Quote, Span, Speaker};

/// An extraction, its document and the options: all that an answer is made of.
///
/// Ids are places in the whole extraction, so they agree between methods and options.
pub struct Answer<'a> {
    document: &'a Document,
    extraction: &'a Extraction,
    options: Options,
    offsets: Offsets<'a>,
}

impl<'a> Answer<'a> {
    /// Prepares the answer; counts the offsets, in time linear in the text.
    pub fn new(document: &'a Document, extraction: &'a Extraction, options: Options) -> Self {
        let offsets = Offsets::new(&document.text, options.unit);
        Self { document, extraction, options, offsets }
    }

    /// Answers `ExtractEntities`; no `types` means all.
    pub fn entities_response(&self, types: &[EntityType]) -> v1::ExtractEntitiesResponse {
        v1::ExtractEntitiesResponse {
            document_id: self.document.id.clone(),
            offset_unit: self.offset_unit(),
            language_code: self.document.language.clone(),
            entities: self.entities(|_, entity| types.is_empty() || types.contains(&entity.entity_type)),
        }
    }

    /// Answers `ExtractQuotes`.
    pub fn quotes_response(&self) -> v1::ExtractQuotesResponse {
        v1::ExtractQuotesResponse {
            document_id: self.document.id.clone(),
            offset_unit: self.offset_unit(),
            language_code: self.document.language.clone(),
            quotes: self.quotes(),
            entities: self.speaker_entities(),
        }
    }

    /// Answers the other methods.
    pub fn extraction(&self, features: Features) -> v1::Extraction {
        v1::Extraction {
            offset_unit: self.offset_unit(),
            language_code: self.document.language.clone(),
            entities: if features.entities { self.entities(|_, _| true) } else { self.speaker_entities() },
            quotes: if features.quotes { self.quotes() } else { Vec::new() },
        }
    }

    fn offset_unit(&self) -> i32 {
        enums::offset_unit_to_wire(self.options.unit).into()
    }

    fn entities(&self, wanted: impl Fn(usize, &Entity) -> bool) -> Vec<v1::Entity> {
        let entities = self.extraction.entities.iter().enumerate();
        entities
            .filter(|&(index, entity)| self.keeps_entity(entity) && wanted(index, entity))
            .map(|(index, entity)| self.entity(index, entity))
            .collect()
    }

    fn speaker_entities(&self) -> Vec<v1::Entity> {
        let of = |quote: &Quote| {
            let speaker = quote.speaker.as_ref().and_then(|speaker| speaker.entity);
            speaker.into_iter().chain(quote.addressee.as_ref().and_then(|addressee| addressee.entity))
        };
        let named: HashSet<usize> = self.kept_quotes().flat_map(|(_, quote)| of(quote)).collect();
        self.entities(|index, _| named.contains(&index))
    }

    fn quotes(&self) -> Vec<v1::Quote> {
        self.kept_quotes().map(|(index, quote)| self.quote(index, quote)).collect()
    }

    fn kept_quotes(&self) -> impl Iterator<Item = (usize, &Quote)> {
        let quotes = self.extraction.quotes.iter().enumerate();
        quotes.filter(|(_, quote)| quote.score >= self.options.min_score)
    }

    fn keeps_mention(&self, mention: &Mention) -> bool {
        mention.score >= self.options.min_score
    }

    fn keeps_entity(&self, entity: &Entity) -> bool {
        entity.mentions.iter().any(|mention| self.keeps_mention(mention))
    }

    fn entity(&self, index: usize, entity: &Entity) -> v1::Entity {
        let mentions = entity.mentions.iter().filter(|mention| self.keeps_mention(mention));
        v1::Entity {
            entity_id: entity_id(index),
            name: entity.name.clone(),
            r#type: enums::entity_type_to_wire(entity.entity_type).into(),
            mentions: mentions
                .map(|mention| v1::Mention { span: Some(self.span(mention.span)), score: mention.score })
                .collect(),
            value: entity.value.as_ref().map(value),
            titles: entity.titles.clone(),
            links: entity.links.iter().map(link).collect(),
        }
    }

    fn quote(&self, index: usize, quote: &Quote) -> v1::Quote {
        v1::Quote {
            quote_id: quote_id(index),
            kind: enums::quote_kind_to_wire(quote.kind).into(),
            content: quote.content.iter().map(|&span| self.span(span)).collect(),
            cue: quote.cue.map(|span| self.span(span)),
            source: quote.source.map(|span| self.span(span)),
            speaker: quote.speaker.as_ref().map(|speaker| self.speaker(speaker)),
            addressee: quote.addressee.as_ref().map(|addressee| v1::Addressee {
                span: Some(self.span(addressee.span)),
                entity_id: self.kept(addressee.entity).map(|(index, _)| entity_id(index)).unwrap_or_default(),
            }),
            score: quote.score,
        }
    }

    fn speaker(&self, speaker: &Speaker) -> v1::Speaker {
        let kept = self.kept(speaker.entity);
        let entity_type =
            kept.map_or(v1::EntityType::Unspecified, |(_, entity)| enums::entity_type_to_wire(entity.entity_type));
        v1::Speaker {
            name: speaker.name.clone(),
            entity_id: kept.map(|(index, _)| entity_id(index)).unwrap_or_default(),
            r#type: entity_type.into(),
            score: speaker.score,
        }
    }

    /// An entity that options leave out is not referred to.
    fn kept(&self, entity: Option<usize>) -> Option<(usize, &Entity)> {
        let entity = entity.and_then(|index| Some((index, self.extraction.entities.get(index)?)));
        entity.filter(|(_, entity)| self.keeps_entity(entity))
    }

    fn span(&self, span: Span) -> v1::TextSpan {
        let (begin, end) = self.offsets.convert(span);
        v1::TextSpan {
            begin_offset: offset(begin),
            end_offset: offset(end),
            text: self.document.text[span.begin..span.end].into(),
        }
    }
}

fn link(link: &Link) -> v1::Link {
    v1::Link { source: link.source.clone(), id: link.id.clone(), uri: link.uri.clone() }
}

fn value(normalised: &Normalised) -> v1::Value {
    use v1::value::Kind;
    let upper = |amount: &Amount| amount.upper.clone().unwrap_or_default();
    let kind = match &normalised.value {
        Value::Date(iso8601) => Kind::Date(v1::DateValue { iso8601: iso8601.clone() }),
        Value::Time(iso8601) => Kind::Time(v1::TimeValue { iso8601: iso8601.clone() }),
        Value::Money { currency, amount } => Kind::Money(v1::MoneyValue {
            currency_code: currency.unwrap_or_default().into(),
            amount: amount.number.clone(),
            upper_amount: upper(amount),
        }),
        Value::Number(amount) => {
            Kind::Number(v1::NumberValue { number: amount.number.clone(), upper_number: upper(amount) })
        }
        Value::Quantity { unit, amount } => Kind::Quantity(v1::QuantityValue {
            number: amount.number.clone(),
            upper_number: upper(amount),
            unit_code: (*unit).into(),
        }),
    };
    v1::Value { kind: Some(kind), modifier: enums::modifier_to_wire(normalised.modifier).into() }
}

/// The name of an entity within its document, by its place in the extraction.
pub fn entity_id(index: usize) -> String {
    format!("e{}", index + 1)
}

/// The name of a quote within its document, by its place in the extraction.
pub fn quote_id(index: usize) -> String {
    format!("q{}", index + 1)
}

/// An offset on the wire. The text limit is a `u32`, so every offset fits.
fn offset(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
