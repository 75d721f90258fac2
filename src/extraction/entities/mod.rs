//! From labelled spans to entities: adds what patterns find and brings all names of one
//! person or thing together.

mod clusters;
mod consistency;
pub(super) mod fold;
mod organizations;
mod patterns;
mod people;
mod titles;

use super::{Entity, EntityType, Span};

pub use clusters::clusters;
pub use patterns::patterns;

/// One labelled stretch of text, before it is known whose name it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TypedSpan {
    /// Where, in bytes of the text.
    pub span: Span,
    /// What is named there.
    pub entity_type: EntityType,
    /// Confidence in [0, 1].
    pub score: f32,
}

/// The entities of `text`, in order of first mention: the given mentions (disjoint, any
/// order, on character boundaries) and what the patterns find. Where they overlap the
/// pattern stands.
pub fn resolve(text: &str, mut mentions: Vec<TypedSpan>) -> Vec<Entity> {
    mentions.sort_by_key(|mention| mention.span);
    for mention in mentions.iter_mut().filter(|m| m.entity_type == EntityType::Person) {
        mention.span.end = mention.span.begin + without_honours(mention.span.slice(text)).len();
    }
    consistency::settle(text, &mut mentions);
    let mut entities = clusters(text, &merge(patterns(text), mentions));
    titles::attach(text, &mut entities);
    entities
}

/// "Durham Hall" of "Durham Hall QC".
fn without_honours(name: &str) -> &str {
    const HONOURS: [&str; 8] = [" QC", " KC", " SC", " MBE", " OBE", " CBE", " PhD", " MEP"];
    HONOURS.iter().find_map(|honour| name.strip_suffix(honour)).unwrap_or(name)
}

/// Both lists, each sorted and disjoint, as one; drops mentions that touch a pattern.
fn merge(found: Vec<(Span, EntityType)>, mentions: Vec<TypedSpan>) -> Vec<TypedSpan> {
    let mut merged = Vec::with_capacity(found.len() + mentions.len());
    let mut found = found.into_iter().peekable();
    let mut covered = 0;
    for mention in mentions {
        while let Some((span, entity_type)) = found.next_if(|(span, _)| span.begin < mention.span.end) {
            covered = span.end;
            merged.push(TypedSpan { span, entity_type, score: 1.0 });
        }
        if mention.span.begin >= covered {
            merged.push(mention);
        }
    }
    merged.extend(found.map(|(span, entity_type)| TypedSpan { span, entity_type, score: 1.0 }));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(text: &str, surface: &str, entity_type: EntityType) -> TypedSpan {
        let begin = text.find(surface).expect("surface in text");
        TypedSpan { span: Span { begin, end: begin + surface.len() }, entity_type, score: 0.9 }
    }

    #[test]
    fn patterns_win_and_order_holds() {
        let text = "Ann Lee (@annlee) wrote to press@example.com on 5 May, see example.org/5 now.";
        let given = vec![
            mention(text, "5 May", EntityType::Date),
            mention(text, "Ann Lee", EntityType::Person),
            mention(text, "annlee", EntityType::Person),
            mention(text, "org/5 now", EntityType::Date),
        ];
        let found: Vec<_> =
            resolve(text, given).into_iter().map(|e| (e.name, e.entity_type, e.mentions[0].score)).collect();
        let expected = [
            ("Ann Lee", EntityType::Person, 0.9),
            ("@annlee", EntityType::Handle, 1.0),
            ("press@example.com", EntityType::Email, 1.0),
            ("5 May", EntityType::Date, 0.9),
            ("example.org/5", EntityType::Url, 1.0),
        ];
        assert_eq!(found, expected.map(|(name, kind, score)| (name.to_string(), kind, score)));
    }

    #[test]
    fn honours_are_no_part_of_a_name() {
        let text = "Kama Melly QC prosecuted.";
        let found = resolve(text, vec![mention(text, "Kama Melly QC", EntityType::Person)]);
        assert_eq!(found[0].name, "Kama Melly");
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(resolve("", Vec::new()).is_empty());
    }
}
