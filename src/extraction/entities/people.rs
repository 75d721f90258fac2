//! Names of people: which shorter name belongs to which fuller one.

use std::collections::HashMap;

use super::{TypedSpan, fold};

/// More namesakes than this are not told apart by word order.
const NAMESAKES: usize = 16;

/// Words of a name beyond this are not looked at.
const WORDS: usize = 8;

const PARTICLES: [&str; 22] = [
    "van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "du", "la", "le", "al", "el", "bin", "ibn",
    "ben", "bint", "abu", "ter", "ten",
];

const HONORIFICS: [&str; 14] =
    ["mr", "mrs", "ms", "miss", "dr", "sir", "lady", "lord", "dame", "prof", "president", "senator", "sen", "rev"];

const SUFFIXES: [&str; 6] = ["jr", "sr", "ii", "iii", "iv", "phd"];

/// A distinct name as written, taken apart.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    words: Vec<String>,
    suffix: Option<String>,
    /// Begins with a particle in lower case: a surname alone.
    bare: bool,
    /// A few capitals, as the label of an interview's turn.
    capitals: bool,
}

impl Name {
    fn parse(surface: &str) -> Self {
        let bare = surface.chars().next().is_some_and(char::is_lowercase);
        let mut words = Vec::new();
        for word in fold::words(&surface.replace(['.', '"', '“', '”', '«', '»'], " ")) {
            words.extend(
                word.split('-').map(|w| w.trim_matches(['\'', '(', ')'])).filter(|w| !w.is_empty()).map(String::from),
            );
        }
        while words.len() > 1 && HONORIFICS.contains(&words[0].as_str()) {
            words.remove(0);
        }
        let suffix = (words.len() > 1).then(|| words.pop_if(|w| SUFFIXES.contains(&w.as_str()))).flatten();
        if words.len() > WORDS {
            // The surname is the most telling word.
            words.drain(WORDS - 1..words.len() - 1);
        }
        let bare = bare && words.first().is_some_and(|w| is_particle(w));
        let letters = || surface.chars().filter(|c| !matches!(c, '.' | ' '));
        let capitals = (2..=4).contains(&letters().count()) && letters().all(char::is_uppercase);
        if capitals {
            words = vec![words.concat()];
        }
        Self { words, suffix, bare, capitals }
    }

    fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn initials(&self) -> usize {
        self.words.iter().filter(|w| is_initial(w)).count()
    }

    /// The words without the particles before the first other word.
    fn core(&self) -> usize {
        self.words.iter().skip_while(|w| is_particle(w)).count()
    }
}

fn is_initial(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

fn is_particle(word: &str) -> bool {
    PARTICLES.contains(&word)
}

fn same(short: &str, long: &str) -> bool {
    let initial = |a: &str, b: &str| is_initial(a) && b.starts_with(a);
    short == long || initial(short, long) || initial(long, short)
}

/// Whether `short` is `long` with words left out or cut to initials.
fn fits(short: &Name, long: &Name) -> bool {
    let mut rest = long.words.iter();
    let words = short.words.iter().all(|word| rest.any(|other| same(word, other)));
    let suffixes = short.suffix == long.suffix
        // "Donald Trump Jr." is not "Donald Trump"; a longer name tells by itself.
        || (short.suffix.is_none() || long.suffix.is_none()) && short.words.len().max(long.words.len()) > 2;
    words && suffixes
}

/// A person, known by the fullest name.
struct Person {
    name: usize,
    first_mention: usize,
    /// Mentions before this one, counted from 1; 0 if not named yet.
    last_mention: usize,
}

/// What is known about a distinct name.
enum Meaning {
    /// It always names this person.
    Person(usize),
    /// It may name any of these.
    Namesakes(Vec<usize>),
    /// A single name: decided where it stands.
    Single,
}

/// Where persons are found by parts of their names.
#[derive(Default)]
struct Index<'n> {
    /// Two words of a name in their order; initials under one letter.
    pairs: HashMap<(&'n str, &'n str), Vec<usize>>,
    first: HashMap<&'n str, Vec<usize>>,
    last: HashMap<&'n str, Vec<usize>>,
    any: HashMap<&'n str, Vec<usize>>,
    /// First letters of all words.
    initials: HashMap<String, Vec<usize>>,
}

fn note<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<usize>>, key: K, person: usize) {
    let list = map.entry(key).or_default();
    if list.len() < NAMESAKES && list.last() != Some(&person) {
        list.push(person);
    }
}

fn initial(word: &str) -> &str {
    word.char_indices().nth(1).map_or(word, |(at, _)| &word[..at])
}

impl<'n> Index<'n> {
    fn add(&mut self, name: &'n Name, person: usize) {
        for (i, a) in name.words.iter().enumerate() {
            note(&mut self.any, a, person);
            for b in &name.words[i + 1..] {
                note(&mut self.pairs, (a, b), person);
                if !is_initial(a) {
                    note(&mut self.pairs, (initial(a), b), person);
                }
            }
        }
        note(&mut self.initials, name.words.iter().map(|w| initial(w)).collect(), person);
        note(&mut self.last, name.last(), person);
        if let Some(first) = name.words.iter().find(|w| !is_particle(w)) {
            note(&mut self.first, first, person);
        }
    }

    /// Those with the first and last word of `name`, or else with the first one's initial.
    fn pair(&self, name: &'n Name) -> &[usize] {
        let exact = self.pairs.get(&(name.first(), name.last()));
        exact.or_else(|| self.pairs.get(&(initial(name.first()), name.last()))).map_or(&[], Vec::as_slice)
    }
}

/// For each of `chosen` (indices of mentions of people, in text order) the number of its
/// person.
pub fn group(text: &str, mentions: &[TypedSpan], chosen: &[usize]) -> Vec<usize> {
    let mut numbers: HashMap<Name, usize> = HashMap::new();
    let mut first_mentions = Vec::new();
    let mut ids = Vec::with_capacity(chosen.len());
    for (order, mention) in chosen.iter().enumerate() {
        let name = Name::parse(mentions[*mention].span.slice(text));
        let next = numbers.len();
        let id = *numbers.entry(name).or_insert(next);
        if id == first_mentions.len() {
            first_mentions.push(order);
        }
        ids.push(id);
    }
    let mut names: Vec<(usize, Name)> = numbers.into_iter().map(|(name, id)| (id, name)).collect();
    names.sort_by_key(|(id, _)| *id);
    let names: Vec<Name> = names.into_iter().map(|(_, name)| name).collect();
    Resolver::new(&names, &first_mentions).assign(&ids)
}

struct Resolver<'n> {
    names: &'n [Name],
    people: Vec<Person>,
    meanings: Vec<Meaning>,
    index: Index<'n>,
    /// Who was named last with this surname.
    recent: HashMap<&'n str, usize>,
}

impl<'n> Resolver<'n> {
    /// Settles the full names, the fullest first.
    fn new(names: &'n [Name], first_mentions: &[usize]) -> Self {
        let mut order: Vec<usize> = (0..names.len()).collect();
        // A leading particle may be a surname's, so these wait for the others.
        let waits = |name: &Name| is_particle(name.first());
        order.sort_by_key(|id| {
            let name = &names[*id];
            (waits(name), std::cmp::Reverse(name.words.len()), name.initials(), *id)
        });
        let meanings = names.iter().map(|_| Meaning::Single).collect();
        let mut resolver =
            Self { names, people: Vec::new(), meanings, index: Index::default(), recent: HashMap::new() };
        for id in order {
            let name = &names[id];
            if name.words.len() > 1 {
                resolver.meanings[id] = resolver.full(id, name, first_mentions[id]);
            }
        }
        resolver
    }

    fn full(&mut self, id: usize, name: &'n Name, mention: usize) -> Meaning {
        let candidates: Vec<usize> =
            self.index.pair(name).iter().copied().filter(|p| fits(name, &self.names[self.people[*p].name])).collect();
        match candidates[..] {
            [] if name.bare && name.core() < 2 => Meaning::Single,
            [] => {
                self.people.push(Person { name: id, first_mention: mention, last_mention: 0 });
                self.index.add(name, self.people.len() - 1);
                Meaning::Person(self.people.len() - 1)
            }
            [person] => {
                let person_ref = &mut self.people[person];
                person_ref.first_mention = person_ref.first_mention.min(mention);
                Meaning::Person(person)
            }
            _ => Meaning::Namesakes(candidates),
        }
    }

    /// Goes through the mentions in text order.
    fn assign(mut self, ids: &[usize]) -> Vec<usize> {
        // Names that fit nobody are people of their own, by their last word.
        let mut strangers: HashMap<&str, usize> = HashMap::new();
        let mut groups = Vec::with_capacity(ids.len());
        for (order, id) in ids.iter().enumerate() {
            let name = &self.names[*id];
            let person = match &self.meanings[*id] {
                Meaning::Person(person) => Some(*person),
                Meaning::Namesakes(candidates) => self.nearest(candidates),
                Meaning::Single => self.single(name.last()).or_else(|| {
                    let list = self.index.initials.get(name.last()).filter(|_| name.capitals);
                    self.unambiguous(list)
                }),
            };
            if let Some(person) = person {
                self.people[person].last_mention = order + 1;
                self.recent.insert(self.names[self.people[person].name].last(), person);
            }
            let next = self.people.len() + strangers.len();
            groups.push(person.unwrap_or_else(|| *strangers.entry(name.last()).or_insert(next)));
        }
        groups
    }

    /// The one named last, or else the one to be named first.
    fn nearest(&self, candidates: &[usize]) -> Option<usize> {
        candidates.iter().copied().max_by_key(|p| {
            let person = &self.people[*p];
            (person.last_mention, std::cmp::Reverse(person.first_mention))
        })
    }

    fn single(&self, word: &str) -> Option<usize> {
        let named = |list: Option<&Vec<usize>>| list.and_then(|list| self.nearest(list));
        if word.is_empty() {
            return None;
        }
        self.recent
            .get(word)
            .copied()
            .or_else(|| named(self.index.last.get(word)))
            .or_else(|| self.unambiguous(self.index.first.get(word)))
            .or_else(|| self.unambiguous(self.index.any.get(word).filter(|_| !is_initial(word))))
    }

    /// The only one, or the only one named so far.
    fn unambiguous(&self, list: Option<&Vec<usize>>) -> Option<usize> {
        let list = list?;
        let mut so_far = list.iter().copied().filter(|p| self.people[*p].last_mention > 0);
        match (&list[..], so_far.next(), so_far.next()) {
            ([only], _, _) => Some(*only),
            (_, Some(only), None) => Some(only),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::extraction::EntityType;
    use crate::extraction::entities::clusters::tests::read;

    #[test]
    fn people() {
        let cases: &[(&str, &[&str])] = &[
            (
                "{Kozhemyako} {Oleg Kozhemyako} {Kozhemyako’s}",
                &["Oleg Kozhemyako: Kozhemyako, Oleg Kozhemyako, Kozhemyako’s"],
            ),
            (
                "{John Smith} {Mary Smith} {Smith} {John} {Smith}",
                &["John Smith: John Smith, John, Smith", "Mary Smith: Mary Smith, Smith"],
            ),
            ("{Smith} {John Smith} {Mary Smith}", &["John Smith: Smith, John Smith", "Mary Smith: Mary Smith"]),
            ("{Yoon Suk Yeol} {Yoon} {Yoon Suk-yeol}", &["Yoon Suk Yeol: Yoon Suk Yeol, Yoon, Yoon Suk-yeol"]),
            (
                "{Olmedo «Tito» Tack} {Tito} {Tito Tack} {Tack}",
                &["Olmedo «Tito» Tack: Olmedo «Tito» Tack, Tito, Tito Tack, Tack"],
            ),
            (
                "{J.K. Rowling} {Joanne Rowling} {J. Rowling}",
                &["Joanne Rowling: J.K. Rowling, Joanne Rowling, J. Rowling"],
            ),
            ("{George W. Bush} {George Bush} {G.W. Bush}", &["George W. Bush: George W. Bush, George Bush, G.W. Bush"]),
            ("{John A. Smith} {John B. Smith}", &["John A. Smith: John A. Smith", "John B. Smith: John B. Smith"]),
            (
                "{Recep Tayyip Erdoğan} {Erdogan} {Tayyip Erdogan}",
                &["Recep Tayyip Erdoğan: Recep Tayyip Erdoğan, Erdogan, Tayyip Erdogan"],
            ),
            ("{Bashar al-Assad} {al-Assad} {Assad}", &["Bashar al-Assad: Bashar al-Assad, al-Assad, Assad"]),
            (
                "{Mohammed bin Salman} {bin Salman} {Salman}",
                &["Mohammed bin Salman: Mohammed bin Salman, bin Salman, Salman"],
            ),
            ("{Vincent van Gogh} {Van Gogh} {van Gogh}", &["Vincent van Gogh: Vincent van Gogh, Van Gogh, van Gogh"]),
            ("{Al Gore} {Tipper Gore} {Gore}", &["Al Gore: Al Gore", "Tipper Gore: Tipper Gore, Gore"]),
            (
                "{Donald Trump} {Donald Trump Jr.} {Trump}",
                &["Donald Trump: Donald Trump", "Donald Trump Jr.: Donald Trump Jr., Trump"],
            ),
            (
                "{Martin Luther King, Jr.} {Martin Luther King} {King}",
                &["Martin Luther King, Jr.: Martin Luther King, Jr., Martin Luther King, King"],
            ),
            (
                "{Andrés Manuel López Obrador} {Lopez Obrador} {López  Obrador}",
                &["Andrés Manuel López Obrador: Andrés Manuel López Obrador, Lopez Obrador, López  Obrador"],
            ),
            ("{Lula} {Luiz Inácio Lula da Silva}", &["Luiz Inácio Lula da Silva: Lula, Luiz Inácio Lula da Silva"]),
            ("{Beyoncé} {Beyonce} {Mr. Jones} {Jones}", &["Beyoncé: Beyoncé, Beyonce", "Mr. Jones: Mr. Jones, Jones"]),
            ("{William S. Saturn} {WSS} {MS}", &["William S. Saturn: William S. Saturn, WSS", "MS: MS"]),
            ("{PILAR GOODNIGHT} {Pilar Goodnight}", &["Pilar Goodnight: PILAR GOODNIGHT, Pilar Goodnight"]),
            ("{Jane Smith} {John Smith} {J. Smith}", &["Jane Smith: Jane Smith", "John Smith: John Smith, J. Smith"]),
            ("{\"} {...} {Jr.} {-}", &["...: \", ..., -", "Jr.: Jr."]),
        ];
        for (marked, expected) in cases {
            assert_eq!(read(marked, EntityType::Person), *expected, "{marked}");
        }
    }
}
