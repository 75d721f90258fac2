//! All names of one person or thing brought together, by rule.
//!
//! People by surname, given name, initials and nickname; organisations by acronym and short form; everything by
//! spelling. Titles, dates and numbers are one entity where they are written alike.

use std::collections::HashMap;

use super::TypedSpan;
use super::fold;
use crate::extraction::{Entity, EntityType, Mention, Span};

/// Behind a surname, and no part of it.
const NAME_SUFFIXES: [&str; 8] = ["jr", "sr", "ii", "iii", "iv", "qc", "kc", "mp"];
/// Behind a company's name, and no part of it.
const COMPANY_SUFFIXES: [&str; 14] =
    ["inc", "ltd", "corp", "co", "plc", "gmbh", "llc", "sa", "ag", "nv", "bv", "oy", "limited", "incorporated"];
/// Spellings of one place that share no words.
const VARIANTS: [(&str, &str); 12] = [
    ("us", "united states"),
    ("usa", "united states"),
    ("united states of america", "united states"),
    ("uk", "united kingdom"),
    ("britain", "united kingdom"),
    ("great britain", "united kingdom"),
    ("uae", "united arab emirates"),
    ("eu", "european union"),
    ("un", "united nations"),
    ("drc", "democratic republic of the congo"),
    ("dr congo", "democratic republic of the congo"),
    ("prc", "china"),
];
/// Words of a name beyond which it has no short forms.
const LONGEST_NAME: usize = 12;

/// Mentions of one spelling and type.
struct Group {
    entity_type: EntityType,
    words: Vec<String>,
    mentions: Vec<usize>,
    /// The group it was found to be another name of.
    parent: usize,
}

/// The entities named by these mentions (sorted, disjoint), in order of first mention. Each mention is in
/// exactly one entity, whose name is its fullest form: most words, then longest, then first. Time grows linearly
/// with the mentions.
pub fn clusters(text: &str, mentions: &[TypedSpan]) -> Vec<Entity> {
    let mut groups = by_spelling(text, mentions);
    join_bracketed(text, mentions, &mut groups);
    join_organizations(text, mentions, &mut groups);
    join_people(&mut groups);
    let moved = recent_namesakes(mentions, &groups);

    let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    for (at, group) in groups.iter().enumerate() {
        for &mention in &group.mentions {
            members[moved.get(&mention).copied().unwrap_or_else(|| root(&groups, at))].push(mention);
        }
    }
    members.retain(|m| !m.is_empty());
    members.iter_mut().for_each(|m| m.sort_unstable());
    members.sort_by_key(|m| m[0]);
    members.into_iter().map(|m| entity(text, mentions, &m)).collect()
}

fn entity(text: &str, mentions: &[TypedSpan], members: &[usize]) -> Entity {
    let name = |at: usize| {
        let words: Vec<&str> = mentions[at].span.slice(text).split_whitespace().collect();
        words.join(" ")
    };
    // A form in capitals alone is a headline's or a dateline's.
    let fullness = |name: &str| (name.split(' ').count(), name.contains(char::is_lowercase), name.len());
    let mut fullest = name(members[0]);
    for other in members[1..].iter().map(|&member| name(member)) {
        if fullness(&other) > fullness(&fullest) {
            fullest = other;
        }
    }
    Entity {
        name: fullest,
        entity_type: mentions[members[0]].entity_type,
        mentions: members.iter().map(|&m| Mention { span: mentions[m].span, score: mentions[m].score }).collect(),
    }
}

/// The group that stands for this one.
fn root(groups: &[Group], mut at: usize) -> usize {
    while groups[at].parent != at {
        at = groups[at].parent;
    }
    at
}

fn join(groups: &mut [Group], a: usize, b: usize) {
    let (a, b) = (root(groups, a), root(groups, b));
    // Towards the longer name, which later joins are compared with.
    let (from, to) = if groups[a].words.len() > groups[b].words.len() { (b, a) } else { (a, b) };
    groups[from].parent = to;
}

fn by_spelling(text: &str, mentions: &[TypedSpan]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<(EntityType, String), usize> = HashMap::new();
    for (at, mention) in mentions.iter().enumerate() {
        let words = spelling(mention.span.slice(text), mention.entity_type);
        let group = *known.entry((mention.entity_type, words.join(" "))).or_insert_with(|| {
            groups.push(Group { entity_type: mention.entity_type, words, mentions: Vec::new(), parent: groups.len() });
            groups.len() - 1
        });
        groups[group].mentions.push(at);
    }
    groups
}

/// What two spellings must share to be the same name.
fn spelling(surface: &str, entity_type: EntityType) -> Vec<String> {
    use EntityType::{Gpe, Norp, Organization, Person};
    let mut words = fold::words(surface);
    let suffixes: &[&str] = match entity_type {
        Person => &NAME_SUFFIXES,
        Organization => &COMPANY_SUFFIXES,
        _ => &[],
    };
    while words.len() > 1 && words.last().is_some_and(|w| suffixes.contains(&w.as_str())) {
        words.pop();
    }
    if entity_type == Norp
        && let [word] = &mut words[..]
        && word.len() > 4
        && word.ends_with('s')
        && !word.ends_with("ss")
    {
        word.pop();
    }
    if matches!(entity_type, Gpe | Organization) {
        let whole = words.join(" ");
        if let Some((_, full)) = VARIANTS.iter().find(|(short, _)| *short == whole) {
            words = full.split(' ').map(str::to_owned).collect();
        }
    }
    words
}

/// "Institute for the Study of War (ISW)", "FGE (General Electoral Prosecutor's Office)".
fn join_bracketed(text: &str, mentions: &[TypedSpan], groups: &mut [Group]) {
    let mut group_of = vec![0; mentions.len()];
    for (at, group) in groups.iter().enumerate() {
        for &mention in &group.mentions {
            group_of[mention] = at;
        }
    }
    for (at, pair) in mentions.windows(2).enumerate() {
        let [a, b] = pair else { continue };
        let between = Span { begin: a.span.end, end: b.span.begin }.slice(text);
        let bracketed = between.trim() == "(" && text[b.span.end..].starts_with(')');
        let short = is_acronym(a.span.slice(text)) != is_acronym(b.span.slice(text));
        if a.entity_type == b.entity_type && bracketed && short {
            join(groups, group_of[at], group_of[at + 1]);
        }
    }
}

/// Two to ten letters, most of them capitals, in one word.
fn is_acronym(surface: &str) -> bool {
    let letters = surface.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = surface.chars().filter(|c| c.is_uppercase()).count();
    !surface.contains(char::is_whitespace) && (2..=10).contains(&letters) && capitals * 3 >= letters * 2
}

/// Acronyms to the names they abbreviate, short forms to the one longer name that begins or ends with them.
fn join_organizations(text: &str, mentions: &[TypedSpan], groups: &mut [Group]) {
    let organizations: Vec<usize> =
        (0..groups.len()).filter(|&g| groups[g].entity_type == EntityType::Organization).collect();
    let mut shortened: HashMap<String, Option<usize>> = HashMap::new();
    let mut offer = |short: String, full: usize, groups: &[Group]| {
        let full = root(groups, full);
        shortened
            .entry(short)
            .and_modify(|known| *known = known.filter(|&k| root(groups, k) == full))
            .or_insert(Some(full));
    };
    for &group in &organizations {
        let words = &groups[group].words;
        if !(2..=LONGEST_NAME).contains(&words.len()) {
            continue;
        }
        let surface = mentions[groups[group].mentions[0]].span.slice(text);
        let capitals = surface.split(|c: char| !c.is_alphanumeric()).filter_map(|w| w.chars().next());
        let of_capitals: String = capitals.filter(|c| c.is_uppercase()).flat_map(char::to_lowercase).collect();
        let of_all: String = words.iter().filter_map(|w| w.chars().next()).collect();
        for initials in [&of_capitals, &of_all] {
            if initials.len() >= 2 {
                offer(format!("({initials})"), group, groups);
            }
        }
        for cut in 1..words.len() {
            offer(words[..cut].join(" "), group, groups);
            offer(words[cut..].join(" "), group, groups);
        }
    }
    for group in organizations {
        let surface = mentions[groups[group].mentions[0]].span.slice(text);
        let whole = groups[group].words.join(" ");
        let acronym = is_acronym(surface).then(|| shortened.get(&format!("({whole})"))).flatten();
        if let Some(Some(full)) = acronym.or_else(|| shortened.get(&whole)).copied()
            && root(groups, full) != root(groups, group)
        {
            join(groups, group, full);
        }
    }
}

/// Full names of one person, and single names that only one person bears.
fn join_people(groups: &mut [Group]) {
    let people: Vec<usize> = (0..groups.len()).filter(|&g| groups[g].entity_type == EntityType::Person).collect();
    let mut by_surname: HashMap<String, Vec<usize>> = HashMap::new();
    for &person in &people {
        let words = &groups[person].words;
        if words.len() < 2 {
            continue;
        }
        let namesakes = by_surname.entry(words[words.len() - 1].clone()).or_default();
        // More namesakes than a family has are not compared one by one.
        let same = namesakes.iter().rev().take(8).copied().find(|&n| same_person(&groups[n].words, words));
        match same {
            Some(other) => join(groups, person, other),
            None => namesakes.push(person),
        }
    }
    let bearers = bearers(groups, &people);
    let only_bearer = |person: usize| match &groups[person].words[..] {
        [name] => bearers.get(name.as_str()).filter(|list| list.len() == 1).map(|list| (person, list[0])),
        _ => None,
    };
    let named: Vec<(usize, usize)> = people.iter().filter_map(|&person| only_bearer(person)).collect();
    for (person, bearer) in named {
        groups[person].parent = bearer;
    }
}

/// The people who bear a name: as surname, or where nobody does as given name, or else as a name between.
fn bearers<'a>(groups: &'a [Group], people: &[usize]) -> HashMap<&'a str, Vec<usize>> {
    let mut bearers: HashMap<&str, (usize, Vec<usize>)> = HashMap::new();
    for &person in people {
        let words = &groups[person].words;
        if words.len() < 2 {
            continue;
        }
        for (at, word) in words.iter().enumerate() {
            let rank = if at + 1 == words.len() { 0 } else { at.min(1) + 1 };
            let bearer = root(groups, person);
            let (best, list) = bearers.entry(word).or_insert((rank, Vec::new()));
            if rank < *best {
                (*best, *list) = (rank, Vec::new());
            }
            if rank == *best && list.last() != Some(&bearer) && !list.contains(&bearer) && list.len() < 8 {
                list.push(bearer);
            }
        }
    }
    bearers.into_iter().map(|(name, (_, list))| (name, list)).collect()
}

/// Two full names with one surname: one's words are among the other's, or their given names or initials agree.
fn same_person(a: &[String], b: &[String]) -> bool {
    let within = |a: &[String], b: &[String]| a.iter().all(|w| b.contains(w));
    let initial = |a: &str, b: &str| a.chars().count() <= 2 && b.starts_with(a.chars().next().unwrap_or('\0'));
    within(a, b) || within(b, a) || a[0] == b[0] || initial(&a[0], &b[0]) || initial(&b[0], &a[0])
}

/// A surname that several people bear means the one named last before it, or the first to come.
fn recent_namesakes(mentions: &[TypedSpan], groups: &[Group]) -> HashMap<usize, usize> {
    let people: Vec<usize> = (0..groups.len()).filter(|&g| groups[g].entity_type == EntityType::Person).collect();
    let bearers = bearers(groups, &people);
    let mut full_at: HashMap<usize, Vec<usize>> = HashMap::new();
    for &person in people.iter().filter(|&&p| groups[p].words.len() > 1) {
        full_at.entry(root(groups, person)).or_default().extend(&groups[person].mentions);
    }
    full_at.values_mut().for_each(|m| m.sort_unstable());
    let mut moved = HashMap::new();
    for &person in &people {
        let [name] = &groups[person].words[..] else { continue };
        let Some(list) = bearers.get(name.as_str()).filter(|list| list.len() > 1) else { continue };
        for &mention in &groups[person].mentions {
            let last_before = |bearer: usize| {
                let named = full_at.get(&bearer).map_or(&[][..], Vec::as_slice);
                named[..named.partition_point(|&m| m < mention)].last().map(|&m| mentions[m].span.begin)
            };
            if let Some(&bearer) = list.iter().rev().max_by_key(|&&bearer| last_before(bearer)) {
                moved.insert(mention, bearer);
            }
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntityType::{Gpe, Norp, Organization, Person};

    /// Names with their type, in order of the text; the entities as (name, number of mentions).
    fn found(text: &str, names: &[(&str, EntityType)]) -> Vec<(String, usize)> {
        let mut from = 0;
        let mentions: Vec<TypedSpan> = names
            .iter()
            .map(|&(name, entity_type)| {
                let begin = from + text[from..].find(name).expect("name in text");
                from = begin + name.len();
                TypedSpan { span: Span { begin, end: from }, entity_type, score: 1.0 }
            })
            .collect();
        clusters(text, &mentions).into_iter().map(|e| (e.name, e.mentions.len())).collect()
    }

    fn check(text: &str, names: &[(&str, EntityType)], expected: &[(&str, usize)]) {
        let expected: Vec<_> = expected.iter().map(|&(n, c)| (n.to_string(), c)).collect();
        assert_eq!(found(text, names), expected, "{text}");
    }

    #[test]
    fn people() {
        let p = |names: &[&'static str]| names.iter().map(|&n| (n, Person)).collect::<Vec<_>>();
        check("Oleg Kozhemyako; Kozhemyako", &p(&["Oleg Kozhemyako", "Kozhemyako"]), &[("Oleg Kozhemyako", 2)]);
        check("Putin; Vladimir Putin", &p(&["Putin", "Vladimir Putin"]), &[("Vladimir Putin", 2)]);
        check("Yoon Suk Yeol, Yoon", &p(&["Yoon Suk Yeol", "Yoon"]), &[("Yoon Suk Yeol", 2)]);
        check(
            "Olmedo «Tito» Tack, Tito, Tack",
            &p(&["Olmedo «Tito» Tack", "Tito", "Tack"]),
            &[("Olmedo «Tito» Tack", 3)],
        );
        check(
            "J. K. Rowling, Joanne Rowling, Rowling",
            &p(&["J. K. Rowling", "Joanne Rowling", "Rowling"]),
            &[("J. K. Rowling", 3)],
        );
        check("Isabel van Brugen, van Brugen", &p(&["Isabel van Brugen", "van Brugen"]), &[("Isabel van Brugen", 2)]);
        check(
            "John Smith, Smith, Mary Smith, Smith",
            &p(&["John Smith", "Smith", "Mary Smith", "Smith"]),
            &[("John Smith", 2), ("Mary Smith", 2)],
        );
        check("Gáspár Maróth, Maroth", &p(&["Gáspár Maróth", "Maroth"]), &[("Gáspár Maróth", 2)]);
    }

    #[test]
    fn organizations() {
        let o = |names: &[&'static str]| names.iter().map(|&n| (n, Organization)).collect::<Vec<_>>();
        check(
            "Institute for the Study of War (ISW), ISW",
            &o(&["Institute for the Study of War", "ISW", "ISW"]),
            &[("Institute for the Study of War", 3)],
        );
        check(
            "FGE (General Electoral Prosecutor's Office), FGE",
            &o(&["FGE", "General Electoral Prosecutor's Office", "FGE"]),
            &[("General Electoral Prosecutor's Office", 3)],
        );
        check(
            "World Health Organization, WHO",
            &o(&["World Health Organization", "WHO"]),
            &[("World Health Organization", 2)],
        );
        check("Royal Dutch Shell, Shell plc", &o(&["Royal Dutch Shell", "Shell plc"]), &[("Royal Dutch Shell", 2)]);
        check(
            "Bank of Italy, Bank of Spain, Bank",
            &o(&["Bank of Italy", "Bank of Spain", "Bank"]),
            &[("Bank of Italy", 1), ("Bank of Spain", 1), ("Bank", 1)],
        );
    }

    #[test]
    fn places_and_peoples() {
        check(
            "the United States, U.S., USA",
            &[("United States", Gpe), ("U.S.", Gpe), ("USA", Gpe)],
            &[("United States", 3)],
        );
        check("Russian, Russians", &[("Russian", Norp), ("Russians", Norp)], &[("Russians", 2)]);
        check("Paris, Paris", &[("Paris", Gpe), ("Paris", Organization)], &[("Paris", 1), ("Paris", 1)]);
    }
}
