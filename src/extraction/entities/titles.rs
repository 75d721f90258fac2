//! Whose title it is: "[Prime Minister] Jana Horvat", "Jana Horvat, the [prime minister]".

use crate::extraction::{Entity, EntityType, Span};

/// Words between a name and a title behind it, at most: ", the Croatian".
const APPOSITION: usize = 6;

/// Fills [`Entity::titles`] of people, in text order and each form once. Entities are in order of first mention.
pub fn attach(text: &str, entities: &mut [Entity]) {
    let spans = |wanted: EntityType| {
        let of = entities.iter().enumerate().filter(move |(_, e)| e.entity_type == wanted);
        let mut spans: Vec<(Span, usize)> =
            of.flat_map(|(i, e)| e.mentions.iter().map(move |mention| (mention.span, i))).collect();
        spans.sort_unstable();
        spans
    };
    let (titles, people) = (spans(EntityType::Title), spans(EntityType::Person));
    // From the last: a title before another ("President Dr. Roe") has the same holder.
    let mut holders: Vec<Option<usize>> = vec![None; titles.len()];
    for (i, (title, _)) in titles.iter().enumerate().rev() {
        let next = people.partition_point(|(person, _)| person.begin < title.end);
        let person_behind = people.get(next).filter(|(person, _)| touches(text, title.end, person.begin));
        let title_behind = titles.get(i + 1).filter(|(other, _)| touches(text, title.end, other.begin));
        let before = next.checked_sub(1).map(|before| &people[before]);
        let apposed = before.filter(|(person, _)| person.end <= title.begin && apposes(text, person.end, title.begin));
        let behind =
            person_behind.map(|(_, person)| *person).or_else(|| title_behind.and(holders.get(i + 1).copied()?));
        holders[i] = behind.or(apposed.map(|(_, person)| *person));
    }
    for ((title, _), holder) in titles.iter().zip(holders) {
        let written = title.slice(text);
        if let Some(person) = holder.map(|holder| &mut entities[holder])
            && !person.titles.iter().any(|known| known == written)
        {
            person.titles.push(written.to_string());
        }
    }
}

/// Nothing but a space or a comma between.
fn touches(text: &str, end: usize, begin: usize) -> bool {
    let between = text.get(end..begin).unwrap_or("?");
    matches!(between.trim_matches([' ', '\t', '\u{a0}']), "" | "," | ".")
}

/// A comma or bracket, and then no more than a few words of the same phrase.
fn apposes(text: &str, end: usize, begin: usize) -> bool {
    let Some(between) = text.get(end..begin).filter(|between| between.len() < 80) else { return false };
    let inside = between.strip_prefix([',', '(']).or_else(|| between.strip_prefix(" ("));
    inside.is_some_and(|inside| {
        let breaks = |c: char| matches!(c, ',' | ';' | ':' | '(' | ')' | '\n' | '"' | '“' | '”');
        !inside.contains(breaks) && !inside.contains(". ") && inside.split_whitespace().count() <= APPOSITION
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::entities::{TypedSpan, resolve};

    #[test]
    fn titles_find_their_holders() {
        let text = "Former President Dr. Ann Lee met Jan Horvat, Croatia's foreign minister. The foreign minister, \
                    Jan Horvat, left. Mr. Smith said the mayor, Bo Roe (chairman), knew.";
        let mut mentions = Vec::new();
        for (surface, entity_type) in [
            ("Former President", EntityType::Title),
            ("Dr.", EntityType::Title),
            ("Ann Lee", EntityType::Person),
            ("Jan Horvat", EntityType::Person),
            ("foreign minister", EntityType::Title),
            ("Mr.", EntityType::Title),
            ("Smith", EntityType::Person),
            ("mayor", EntityType::Title),
            ("Bo Roe", EntityType::Person),
            ("chairman", EntityType::Title),
        ] {
            mentions.extend(text.match_indices(surface).map(|(begin, _)| TypedSpan {
                span: Span { begin, end: begin + surface.len() },
                entity_type,
                score: 0.9,
            }));
        }
        let entities = resolve(text, mentions);
        let people = entities.iter().filter(|e| e.entity_type == EntityType::Person);
        let found: Vec<(&str, Vec<&str>)> =
            people.map(|e| (e.name.as_str(), e.titles.iter().map(String::as_str).collect())).collect();
        let expected = [
            ("Ann Lee", vec!["Former President", "Dr."]),
            ("Jan Horvat", vec!["foreign minister"]),
            ("Smith", vec!["Mr."]),
            ("Bo Roe", vec!["mayor", "chairman"]),
        ];
        assert_eq!(found, expected);
    }
}
