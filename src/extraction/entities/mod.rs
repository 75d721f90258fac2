//! stub until merge
use super::{Entity, EntityType, Mention, Span};
/// x
pub struct TypedSpan { /// x
 pub span: Span, /// x
 pub entity_type: EntityType, /// x
 pub score: f32 }
/// x
pub fn resolve(text: &str, mentions: Vec<TypedSpan>) -> Vec<Entity> {
    mentions.into_iter().map(|m| Entity { name: m.span.slice(text).into(), entity_type: m.entity_type, mentions: vec![Mention { span: m.span, score: m.score }] }).collect()
}
