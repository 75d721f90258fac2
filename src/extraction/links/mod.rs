//! Entries about entities elsewhere: countries and their parts by ISO 3166, and the caller's own dictionary.

pub mod dictionary;
pub mod file;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::entities::fold;
use super::{Entity, EntityType};

/// An entry about an entity elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The collection: "iso3166", or the dictionary's name.
    pub source: String,
    /// The entry there: "RU", "US-TX".
    pub id: String,
    /// Its address; empty if it has none.
    pub uri: String,
}

/// Code of each name, folded.
static PLACES: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
    let lines = include_str!("places.tsv").lines().filter(|line| !line.starts_with('#'));
    let places = lines.filter_map(|line| line.split_once('\t'));
    places.flat_map(|(code, names)| names.split(',').map(move |name| (folded(name), code))).collect()
});

fn folded(name: &str) -> String {
    fold::words(name).join(" ")
}

/// Country (ISO 3166-1) or subdivision (ISO 3166-2) that a GPE or NORP is or belongs to, where its name alone makes that
/// certain: "Texas" and "Kenyans" have a link, "Georgia", "Congo", "Paris" and "Kurds" none.
pub fn places(entity: &Entity) -> Option<Link> {
    if !matches!(entity.entity_type, EntityType::Gpe | EntityType::Norp) {
        return None;
    }
    let name = folded(&entity.name);
    // "Kenyans", "Frenchmen" stand in the table or lose an s.
    let singular = || name.strip_suffix('s').and_then(|name| PLACES.get(name));
    let code = PLACES.get(&name).or_else(|| singular().filter(|_| entity.entity_type == EntityType::Norp))?;
    Some(Link { source: "iso3166".into(), id: (*code).into(), uri: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(name: &str, entity_type: EntityType) -> Option<String> {
        let entity = Entity {
            name: name.into(),
            entity_type,
            mentions: Vec::new(),
            titles: Vec::new(),
            value: None,
            links: Vec::new(),
        };
        places(&entity).map(|link| link.id)
    }

    #[test]
    fn certain_names_have_their_code() {
        for (name, kind, expected) in [
            ("Russia", EntityType::Gpe, Some("RU")),
            ("the U.S.", EntityType::Gpe, Some("US")),
            ("United States", EntityType::Gpe, Some("US")),
            ("Côte d’Ivoire", EntityType::Gpe, Some("CI")),
            ("Texas", EntityType::Gpe, Some("US-TX")),
            ("Calif.", EntityType::Gpe, Some("US-CA")),
            ("Kenyans", EntityType::Norp, Some("KE")),
            ("Dutch", EntityType::Norp, Some("NL")),
            ("Georgia", EntityType::Gpe, None),
            ("Congo", EntityType::Gpe, None),
            ("Paris", EntityType::Gpe, None),
            ("Kurds", EntityType::Norp, None),
            ("Jordan", EntityType::Person, None),
        ] {
            assert_eq!(code(name, kind).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn no_name_has_two_codes() {
        for (code, names) in include_str!("places.tsv").lines().filter_map(|line| line.split_once('\t')) {
            assert!(names.split(',').all(|name| PLACES.get(&folded(name)) == Some(&code)), "{code}: {names}");
        }
    }
}
