//! What the text says of those it names, by which pronouns and descriptions mean them: gender, titles, age.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use crate::extraction::document::Document;
use crate::extraction::entities::fold::fold;
use crate::extraction::{Entity, EntityType};

/// Given names that are one gender's: "anna f" (`training/given_names.py` names the lists).
static GIVEN_NAMES: &str = include_str!("../../../model/given_names.txt");
static GENDER_OF_NAME: LazyLock<HashMap<&str, Gender>> = LazyLock::new(|| {
    let gender = |letter| if letter == "f" { Gender::Female } else { Gender::Male };
    GIVEN_NAMES.lines().filter_map(|line| line.split_once(' ')).map(|(name, letter)| (name, gender(letter))).collect()
});

const MALE: [&str; 26] = [
    "mr",
    "sir",
    "lord",
    "king",
    "prince",
    "duke",
    "father",
    "brother",
    "husband",
    "son",
    "grandfather",
    "grandson",
    "uncle",
    "nephew",
    "widower",
    "spokesman",
    "chairman",
    "congressman",
    "councilman",
    "businessman",
    "policeman",
    "actor",
    "fisherman",
    "pope",
    "imam",
    "boyfriend",
];
const FEMALE: [&str; 26] = [
    "mrs",
    "ms",
    "miss",
    "mme",
    "lady",
    "dame",
    "queen",
    "princess",
    "duchess",
    "mother",
    "sister",
    "wife",
    "daughter",
    "grandmother",
    "granddaughter",
    "aunt",
    "niece",
    "widow",
    "spokeswoman",
    "chairwoman",
    "congresswoman",
    "councilwoman",
    "businesswoman",
    "policewoman",
    "actress",
    "girlfriend",
];
/// Titles as they are cut short before a name.
const SHORT_TITLES: [(&str, &str); 12] = [
    ("gov", "governor"),
    ("sen", "senator"),
    ("rep", "representative"),
    ("gen", "general"),
    ("pres", "president"),
    ("dr", "doctor"),
    ("prof", "professor"),
    ("col", "colonel"),
    ("sgt", "sergeant"),
    ("lt", "lieutenant"),
    ("capt", "captain"),
    ("rev", "reverend"),
];
/// Of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gender {
    /// "she"
    Female,
    /// "he"
    Male,
}

/// What is known of one entity.
#[derive(Debug, Default, Clone)]
pub struct Bearer {
    /// As titles, words of kinship and the given name tell.
    pub gender: Option<Gender>,
    /// Words of its titles, its own name if it is an organisation, its age; in lower case.
    pub known_as: HashSet<String>,
}

/// One for each entity.
pub fn bearers(document: &Document, entities: &[Entity]) -> Vec<Bearer> {
    entities.iter().map(|entity| bearer(document, entity)).collect()
}

fn bearer(document: &Document, entity: &Entity) -> Bearer {
    let mut known = Bearer::default();
    let lower = |word: usize| document.word(word).to_lowercase();
    if entity.entity_type != EntityType::Person {
        known.known_as = entity.name.split_whitespace().map(str::to_lowercase).collect();
        return known;
    }
    for title in entity.titles.iter().flat_map(|title| title.split([' ', '-'])) {
        let title = title.trim_end_matches('.').to_lowercase();
        let long = SHORT_TITLES.iter().find(|(short, _)| *short == title).map(|(_, long)| (*long).to_string());
        known.known_as.extend([title].into_iter().chain(long));
    }
    for mention in &entity.mentions {
        let words = document.words_in(mention.span);
        known.known_as.extend(age(document, &words));
        // "Mr. Smith", "his wife, Verena".
        let next_to = (0..words.start).rev().find(|&w| !matches!(document.word(w), "." | ","));
        let told = next_to.map(lower).into_iter().chain(known.known_as.iter().cloned()).find_map(|w| told_by(&w));
        known.gender = known.gender.or(told);
        known.known_as.extend(next_to.map(lower));
    }
    let given = entity.name.split([' ', '-']).next().filter(|_| entity.name.contains(' '));
    let by_name = || given.and_then(|name| GENDER_OF_NAME.get(fold(name).as_str()).copied());
    known.gender = known.gender.or_else(by_name);
    known
}

fn told_by(word: &str) -> Option<Gender> {
    if FEMALE.contains(&word) { Some(Gender::Female) } else { MALE.contains(&word).then_some(Gender::Male) }
}

/// "Ann Lee, 43," and "43-year-old Ann Lee": "43".
fn age(document: &Document, name: &Range<usize>) -> Option<String> {
    let number = |word: usize| {
        let text = document.word(word);
        (text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty()).then(|| text.to_string())
    };
    let behind = matches!(document.word(name.end), "," | "(").then(|| number(name.end + 1)).flatten();
    let before = || {
        let from = name.start.saturating_sub(8);
        let old = (from..name.start).rfind(|&w| document.word(w) == "old")?;
        number(old.checked_sub(4)?)
    };
    behind.or_else(before)
}
