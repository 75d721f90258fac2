//! One spelling mostly names one thing: doubtful mentions take the type that the document gives their words.

use std::collections::HashMap;

use super::TypedSpan;
use crate::extraction::EntityType;

/// Mentions scored at least this keep their type. Chosen on dev.
const SURE: f32 = 0.9;

/// Names; dates and amounts are told by their words alone.
const NAMES: [EntityType; 10] = [
    EntityType::Person,
    EntityType::Norp,
    EntityType::Organization,
    EntityType::Gpe,
    EntityType::Location,
    EntityType::Facility,
    EntityType::Event,
    EntityType::Product,
    EntityType::WorkOfArt,
    EntityType::Law,
];

/// Gives each doubtful name the type with the highest sum of scores among the mentions of the same words.
pub fn settle(text: &str, mentions: &mut [TypedSpan]) {
    let mut votes: HashMap<&str, [f32; NAMES.len()]> = HashMap::new();
    let place = |kind| NAMES.iter().position(|name| *name == kind);
    for mention in mentions.iter() {
        if let Some(kind) = place(mention.entity_type) {
            votes.entry(mention.span.slice(text)).or_default()[kind] += mention.score;
        }
    }
    for mention in mentions.iter_mut().filter(|m| m.score < SURE && NAMES.contains(&m.entity_type)) {
        let sums = votes.get(mention.span.slice(text)).into_iter().flatten();
        if let Some((kind, _)) = NAMES.iter().zip(sums).max_by(|a, b| a.1.total_cmp(b.1)) {
            mention.entity_type = *kind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::Span;

    #[test]
    fn the_doubtful_follow_the_sure() {
        let text = "Bahri sank. Bahri rose. Bahri fell. Paris";
        let mention =
            |begin: usize, end, entity_type, score| TypedSpan { span: Span { begin, end }, entity_type, score };
        let mut mentions = [
            mention(0, 5, EntityType::Organization, 0.95),
            mention(12, 17, EntityType::Person, 0.6),
            mention(24, 29, EntityType::Gpe, 0.93),
            mention(36, 41, EntityType::Gpe, 0.4),
        ];
        settle(text, &mut mentions);
        let types: Vec<_> = mentions.iter().map(|m| m.entity_type).collect();
        use EntityType::{Gpe, Organization};
        assert_eq!(types, [Organization, Organization, Gpe, Gpe]);
    }
}
