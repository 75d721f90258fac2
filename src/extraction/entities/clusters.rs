//! Which mentions name the same person or thing.

use std::collections::HashMap;

use super::{TypedSpan, fold, organizations, people};
use crate::extraction::{Entity, EntityType, Mention};

/// The entities that `mentions` (in text order) name, in order of first mention; every
/// mention belongs to exactly one.
pub fn clusters(text: &str, mentions: &[TypedSpan]) -> Vec<Entity> {
    let people = of_type(mentions, EntityType::Person);
    let organizations = of_type(mentions, EntityType::Organization);
    let mut keys: Vec<Key> = mentions.iter().map(|m| Key::Surface(m.entity_type, surface(text, m))).collect();
    for (mention, group) in people.iter().zip(people::group(text, mentions, &people)) {
        keys[*mention] = Key::Group(EntityType::Person, group);
    }
    for (mention, group) in organizations.iter().zip(organizations::group(text, mentions, &organizations)) {
        keys[*mention] = Key::Group(EntityType::Organization, group);
    }
    gather(text, mentions, keys)
}

/// What mentions of one entity have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Surface(EntityType, String),
    Group(EntityType, usize),
}

fn of_type(mentions: &[TypedSpan], wanted: EntityType) -> Vec<usize> {
    (0..mentions.len()).filter(|i| mentions[*i].entity_type == wanted).collect()
}

fn gather(text: &str, mentions: &[TypedSpan], keys: Vec<Key>) -> Vec<Entity> {
    let mut index: HashMap<Key, usize> = HashMap::new();
    let mut entities: Vec<Entity> = Vec::new();
    let mut best: Vec<(usize, bool, usize)> = Vec::new();
    for (mention, key) in mentions.iter().zip(keys) {
        let at = *index.entry(key).or_insert(entities.len());
        if at == entities.len() {
            entities.push(Entity {
                name: String::new(),
                entity_type: mention.entity_type,
                mentions: Vec::new(),
                titles: Vec::new(),
                value: None,
                links: Vec::new(),
            });
            best.push((0, false, 0));
        }
        entities[at].mentions.push(Mention { span: mention.span, score: mention.score });
        let name = display(mention.span.slice(text), mention.entity_type);
        // Of two spellings the headline's capitals are the worse one.
        let rank = (name.split(' ').count(), name.contains(char::is_lowercase), name.chars().count());
        if rank > best[at] {
            best[at] = rank;
            entities[at].name = name;
        }
    }
    entities
}

/// The mention as a name: spaces collapsed, no possessive behind a name.
fn display(surface: &str, entity_type: EntityType) -> String {
    let name = surface.split_whitespace().collect::<Vec<_>>().join(" ");
    let owner = matches!(
        entity_type,
        EntityType::Person | EntityType::Gpe | EntityType::Organization | EntityType::Norp | EntityType::Location
    );
    match name.strip_suffix("'s").or(name.strip_suffix("’s")) {
        Some(bare) if owner && !bare.is_empty() => bare.to_string(),
        _ => name,
    }
}

/// Names of one place or people that share no spelling.
const VARIANTS: [(&str, &str); 17] = [
    ("us", "united states"),
    ("usa", "united states"),
    ("united states of america", "united states"),
    ("america", "united states"),
    ("uk", "united kingdom"),
    ("britain", "united kingdom"),
    ("great britain", "united kingdom"),
    ("uae", "united arab emirates"),
    ("emirates", "united arab emirates"),
    ("eu", "european union"),
    ("un", "united nations"),
    ("drc", "democratic republic of the congo"),
    ("dr congo", "democratic republic of the congo"),
    ("prc", "people's republic of china"),
    ("washington dc", "washington"),
    ("ussr", "soviet union"),
    ("gaza strip", "gaza"),
];

/// The one spelling that stands for `name` (folded words joined by spaces).
pub(super) fn variant(name: String) -> String {
    match VARIANTS.iter().find(|(other, _)| *other == name) {
        Some((_, name)) => (*name).to_string(),
        None => name,
    }
}

fn surface(text: &str, mention: &TypedSpan) -> String {
    let slice = mention.span.slice(text);
    let mut name = match mention.entity_type {
        // Grouped by modules of their own.
        EntityType::Person | EntityType::Organization => String::new(),
        EntityType::Gpe | EntityType::Location => variant(fold::words(slice).join(" ")),
        EntityType::Norp => singular(fold::words(slice).join(" ")),
        EntityType::Facility
        | EntityType::Event
        | EntityType::Product
        | EntityType::WorkOfArt
        | EntityType::Law
        | EntityType::Language => fold::words(slice).join(" "),
        // A path is a matter of case, the rest of an address is not.
        EntityType::Url => slice.to_string(),
        _ => slice.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "),
    };
    if name.is_empty() {
        name = slice.to_string();
    }
    name
}

/// "Russians" as "russian"; "swiss" stays.
fn singular(name: String) -> String {
    match name.strip_suffix('s') {
        Some(one) if one.chars().count() > 3 && !one.ends_with('s') => one.to_string(),
        _ => name,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::extraction::Span;

    /// Clusters the bracketed stretches of `marked` and gives `name: mention, mention`.
    pub fn read(marked: &str, entity_type: EntityType) -> Vec<String> {
        let mut text = String::new();
        let mut mentions = Vec::new();
        let mut begin = 0;
        for c in marked.chars() {
            match c {
                '{' => begin = text.len(),
                '}' => mentions.push(TypedSpan { span: Span { begin, end: text.len() }, entity_type, score: 1.0 }),
                c => text.push(c),
            }
        }
        let shown = |e: &Entity| {
            let spans: Vec<_> = e.mentions.iter().map(|m| m.span.slice(&text)).collect();
            format!("{}: {}", e.name, spans.join(", "))
        };
        let entities = clusters(&text, &mentions);
        assert_eq!(entities.iter().map(|e| e.mentions.len()).sum::<usize>(), mentions.len());
        entities.iter().map(shown).collect()
    }

    #[test]
    fn surfaces() {
        let cases: &[(EntityType, &str, &[&str])] = &[
            (
                EntityType::Gpe,
                "{U.S.} {United States} {US} {the United States} {UK} {Britain} {México} {Mexico} {Iran}",
                &[
                    "the United States: U.S., United States, US, the United States",
                    "Britain: UK, Britain",
                    "México: México, Mexico",
                    "Iran: Iran",
                ],
            ),
            (
                EntityType::Norp,
                "{Russian} {Russians} {Swiss} {Chinese}",
                &["Russians: Russian, Russians", "Swiss: Swiss", "Chinese: Chinese"],
            ),
            (EntityType::Cardinal, "{Two} {two} {1.5} {15}", &["Two: Two, two", "1.5: 1.5", "15: 15"]),
            (EntityType::Event, "{World  War II} {world\nwar II}", &["World War II: World  War II, world\nwar II"]),
            (EntityType::Gpe, "{...} {?}", &["...: ...", "?: ?"]),
        ];
        for (kind, marked, expected) in cases {
            assert_eq!(read(marked, *kind), *expected, "{marked}");
        }
    }

    #[test]
    fn types_stay_apart() {
        let text = "Georgia Georgia";
        let span = |begin, entity_type| TypedSpan { span: Span { begin, end: begin + 7 }, entity_type, score: 1.0 };
        assert_eq!(clusters(text, &[span(0, EntityType::Gpe), span(8, EntityType::Person)]).len(), 2);
    }

    #[test]
    fn linear() {
        for kind in [EntityType::Person, EntityType::Organization, EntityType::Gpe] {
            let mut marked = String::new();
            for i in 0..25_000 {
                // Many names that share first and last words, many bare surnames.
                marked.push_str(&format!("{{John A{i} Smith}} {{Smith}} {{ACB{i}}} {{J. B{i} Smith-Jones}} "));
            }
            let start = std::time::Instant::now();
            read(&marked, kind);
            assert!(start.elapsed().as_secs() < 30, "{kind:?}");
        }
    }
}
