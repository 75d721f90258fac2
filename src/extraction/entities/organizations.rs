//! Names of organisations: acronyms and shortened forms.

use std::collections::HashMap;

use super::{TypedSpan, clusters::variant, fold};

/// Words of a name beyond this are not looked at.
const WORDS: usize = 10;

const CORPORATE: [&str; 16] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "companies",
    "ltd",
    "limited",
    "llc",
    "llp",
    "plc",
    "ag",
    "gmbh",
    "sa",
    "nv",
];

/// A name that goes on to one of these names a part of the body at its front: the Senate is
/// not the Senate Judiciary Committee.
const PARTS: [&str; 28] = [
    "committee",
    "subcommittee",
    "council",
    "commission",
    "office",
    "department",
    "ministry",
    "division",
    "branch",
    "wing",
    "caucus",
    "bureau",
    "court",
    "command",
    "agency",
    "force",
    "forces",
    "board",
    "assembly",
    "authority",
    "school",
    "college",
    "foundation",
    "university",
    "parliament",
    "police",
    "army",
    "mission",
];

/// Short for whole states and unions of them: the United Nations are not UN Habitat.
const STATES: [&str; 4] = ["us", "uk", "un", "eu"];

/// A distinct name as written.
struct Form {
    words: Vec<String>,
    /// Its letters, if it looks like an acronym.
    acronym: Option<String>,
    /// Acronyms that would stand for it.
    initials: Vec<String>,
    /// An acronym in brackets inside the name.
    own: Option<String>,
}

impl Form {
    fn parse(surface: &str) -> Self {
        let (name, own) = match surface.rsplit_once('(') {
            Some((name, rest)) if !name.trim().is_empty() => (name.trim(), acronym(rest.trim_end_matches(')'))),
            _ => (surface, None),
        };
        let mut words = abbreviate(fold::words(name));
        while words.len() > 1 && words.last().is_some_and(|w| CORPORATE.contains(&w.as_str())) {
            words.pop();
        }
        if words.len() > 1 && words.last().is_some_and(|w| w == "and") {
            words.pop();
        }
        words.truncate(WORDS);
        Self { words, acronym: acronym(name), initials: initials(name), own }
    }

    fn key(&self) -> String {
        variant(self.words.join(" "))
    }
}

/// "United States Senate" as "us senate".
fn abbreviate(words: Vec<String>) -> Vec<String> {
    const PAIRS: [(&str, &str, &str); 4] = [
        ("united", "states", "us"),
        ("united", "kingdom", "uk"),
        ("united", "nations", "un"),
        ("european", "union", "eu"),
    ];
    let mut short: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let pair = short.last().and_then(|last| PAIRS.iter().find(|(a, b, _)| a == last && *b == word));
        match (pair, short.last_mut()) {
            (Some((_, _, abbreviation)), Some(last)) => *last = (*abbreviation).into(),
            _ => short.push(word),
        }
    }
    short
}

/// Folded letters of "ISW", "U.N." or "MoD".
fn acronym(name: &str) -> Option<String> {
    let name = name.trim().trim_end_matches("'s").trim_end_matches("’s");
    let letters: String = name.chars().filter(|c| !matches!(c, '.' | '-' | '&')).collect();
    let count = letters.chars().count();
    let upper = letters.chars().filter(|c| c.is_uppercase()).count();
    let lower = letters.chars().filter(|c| c.is_lowercase()).count();
    ((2..=10).contains(&count) && upper > 1 && upper > lower && letters.chars().all(char::is_alphanumeric))
        .then(|| fold::fold(&letters))
}

/// First letters of the capitalised words, and of all words, with "the" and without.
fn initials(name: &str) -> Vec<String> {
    let words: Vec<&str> =
        name.split(|c: char| c.is_whitespace() || c == '-' || c == '/').filter(|w| !w.is_empty()).collect();
    if words.len() < 2 || words.len() > WORDS + 2 {
        return Vec::new();
    }
    let letters = |keep: &dyn Fn(&str) -> bool| -> String {
        let mut letters = String::new();
        for word in words.iter().filter(|w| keep(w)) {
            match acronym(word).filter(|a| STATES.contains(&a.as_str())) {
                Some(state) => letters.push_str(&state),
                None => letters.extend(word.chars().find(|c| c.is_alphanumeric())),
            }
        }
        fold::fold(&letters)
    };
    let capital = |w: &str| w.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| c.is_uppercase() || c.is_numeric());
    let corporate = |w: &str| CORPORATE.contains(&w.trim_end_matches(['.', ',']).to_lowercase().as_str());
    let all = [
        letters(&|w| capital(w) && !w.eq_ignore_ascii_case("the")),
        letters(&|w| !w.eq_ignore_ascii_case("the")),
        letters(&|w| capital(w) && !corporate(w) && !w.eq_ignore_ascii_case("the")),
        letters(&|w| !matches!(w.to_ascii_lowercase().as_str(), "the" | "of" | "for" | "and")),
    ];
    let mut kept: Vec<String> = Vec::new();
    for one in all {
        if one.chars().count() > 1 && !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// Distinct names joined into organisations.
struct Union(Vec<usize>);

impl Union {
    fn root(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}

/// For each of `chosen` (indices of mentions of organisations, in text order) the number of
/// its organisation.
pub fn group(text: &str, mentions: &[TypedSpan], chosen: &[usize]) -> Vec<usize> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut forms: Vec<Form> = Vec::new();
    let mut ids = Vec::with_capacity(chosen.len());
    for mention in chosen {
        let form = Form::parse(mentions[*mention].span.slice(text));
        let id = *numbers.entry(form.key()).or_insert(forms.len());
        if id == forms.len() {
            forms.push(form);
        } else {
            // One key may be written in several ways: "US" and "us".
            forms[id].acronym = forms[id].acronym.take().or(form.acronym);
            forms[id].own = forms[id].own.take().or(form.own);
            // A few spellings give all the initials there are.
            if forms[id].initials.len() < 8 {
                forms[id].initials.extend(form.initials);
                forms[id].initials.sort();
                forms[id].initials.dedup();
            }
        }
        ids.push(id);
    }
    let mut union = Union((0..forms.len()).collect());
    // Forms with an acronym that is already spoken for.
    let mut explained = vec![false; forms.len()];
    for (at, pair) in chosen.windows(2).enumerate() {
        let (a, b) = (ids[at], ids[at + 1]);
        let (before, behind) = (&forms[a], &forms[b]);
        let gap = &text[mentions[pair[0]].span.end..mentions[pair[1]].span.begin];
        let bracketed = gap.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '“') == "("
            && text[mentions[pair[1]].span.end..].trim_start_matches(['"', '”']).starts_with(')');
        let short = |one: &Form, other: &Form| one.acronym.is_some() || one.words.len() == 1 && other.words.len() > 2;
        if bracketed && short(before, behind) != short(behind, before) {
            union.join(a, b);
            explained[if short(before, behind) { a } else { b }] = true;
        }
    }
    let acronyms = join_acronyms(&forms, &mut union, &explained);
    join_shortened(&forms, &mut union, &acronyms);
    ids.into_iter().map(|id| union.root(id)).collect()
}

/// Joins acronyms with the one name that they can stand for; tells which were joined.
fn join_acronyms(forms: &[Form], union: &mut Union, explained: &[bool]) -> Vec<bool> {
    let mut meanings: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut owned: HashMap<&str, usize> = HashMap::new();
    for (id, form) in forms.iter().enumerate() {
        if let Some(own) = &form.own {
            owned.entry(own).or_insert(id);
        }
        for initials in &form.initials {
            let list = meanings.entry(initials).or_default();
            // Two are enough to know that it is ambiguous.
            if list.len() < 2 {
                list.push(id);
            }
        }
    }
    let mut joined = explained.to_vec();
    for (id, form) in forms.iter().enumerate() {
        let Some(acronym) = form.acronym.as_deref().filter(|_| !explained[id]) else {
            continue;
        };
        let meant = owned.get(acronym).copied().or_else(|| match meanings.get(acronym).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        });
        if let Some(meant) = meant.filter(|meant| *meant != id) {
            union.join(id, meant);
            joined[id] = true;
        }
    }
    joined
}

/// Joins names with the one longer name that they are a run of words of.
fn join_shortened(forms: &[Form], union: &mut Union, skip: &[bool]) {
    let mut order: Vec<usize> = (0..forms.len()).collect();
    order.sort_by_key(|id| (std::cmp::Reverse(forms[*id].words.len()), *id));
    // Longer organisations by every run of their words.
    let mut runs: HashMap<&[String], Vec<usize>> = HashMap::new();
    for id in order {
        let words = forms[id].words.as_slice();
        if !skip[id] && !words.is_empty() {
            let mut roots: Vec<usize> = runs.get(words).into_iter().flatten().map(|other| union.root(*other)).collect();
            roots.dedup();
            if let [only] = roots[..] {
                union.join(only, id);
            }
        }
        for begin in 0..words.len() {
            for end in begin + 1..=words.len() {
                if (begin, end) == (0, words.len()) || !shortens(words, begin, end) {
                    continue;
                }
                let list = runs.entry(&words[begin..end]).or_default();
                if list.len() < 2 {
                    list.push(id);
                }
            }
        }
    }
}

/// Whether the run of `words` may stand for the whole.
fn shortens(words: &[String], begin: usize, end: usize) -> bool {
    let small = |w: &String| matches!(w.as_str(), "of" | "for" | "and" | "the" | "in" | "on" | "at");
    if small(&words[begin]) || small(&words[end - 1]) {
        return false;
    }
    let part = words[end..].iter().any(|w| PARTS.contains(&w.as_str()));
    // One word behind "of" names another body or a place; "Red Cross" is enough.
    let owner = begin > 0 && small(&words[begin - 1]) && end - begin < 2;
    let run = &words[begin..end];
    let state = run.len() == 1 && STATES.contains(&run[0].as_str());
    let white_house = run == ["house"] && begin > 0 && words[begin - 1] == "white";
    let elsewhere = words.get(end).is_some_and(|w| w == "in");
    !(part || owner || state || white_house || elsewhere)
}

#[cfg(test)]
mod tests {
    use crate::extraction::EntityType;
    use crate::extraction::entities::clusters::tests::read;

    #[test]
    fn organizations() {
        let cases: &[(&str, &[&str])] = &[
            (
                "the {Institute for the Study of War} ({ISW}) and {ISW}",
                &["Institute for the Study of War: Institute for the Study of War, ISW, ISW"],
            ),
            (
                "{Institute for the Study of War (ISW)} {ISW}",
                &["Institute for the Study of War (ISW): Institute for the Study of War (ISW), ISW"],
            ),
            (
                "{ISW} {Institute for the Study of War}",
                &["Institute for the Study of War: ISW, Institute for the Study of War"],
            ),
            (
                "{FGE} ({General Electoral Prosecutor's Office})",
                &["General Electoral Prosecutor's Office: FGE, General Electoral Prosecutor's Office"],
            ),
            ("{Royal Dutch Shell plc} {Shell}", &["Royal Dutch Shell plc: Royal Dutch Shell plc, Shell"]),
            ("{Tribunal} {Electoral Tribunal}", &["Electoral Tribunal: Tribunal, Electoral Tribunal"]),
            (
                "{Electoral Tribunal} {War Tribunal} {Tribunal}",
                &["Electoral Tribunal: Electoral Tribunal", "War Tribunal: War Tribunal", "Tribunal: Tribunal"],
            ),
            (
                "{Apple Inc.} {Apple} {Apple Computer} {The Apple}",
                &["Apple Computer: Apple Inc., Apple, Apple Computer, The Apple"],
            ),
            (
                "{Senate} {Senate Judiciary Committee}",
                &["Senate: Senate", "Senate Judiciary Committee: Senate Judiciary Committee"],
            ),
            (
                "{U.N.} {UN} {United Nations} {Security Council} {U.N. Security Council}",
                &[
                    "United Nations: U.N., UN, United Nations",
                    "U.N. Security Council: Security Council, U.N. Security Council",
                ],
            ),
            (
                "{Department of Justice} {DoJ} {Justice}",
                &["Department of Justice: Department of Justice, DoJ", "Justice: Justice"],
            ),
            (
                "{AT&T} {AT&T Inc} {J.P. Morgan & Co.} {JP Morgan}",
                &["AT&T Inc: AT&T, AT&T Inc", "J.P. Morgan & Co.: J.P. Morgan & Co., JP Morgan"],
            ),
            (
                "{U.N. Habitat} {United Nations} {White House} {House} {al-Qaida} {al-Qaida in Iraq}",
                &[
                    "U.N. Habitat: U.N. Habitat",
                    "United Nations: United Nations",
                    "White House: White House",
                    "House: House",
                    "al-Qaida: al-Qaida",
                    "al-Qaida in Iraq: al-Qaida in Iraq",
                ],
            ),
            ("{U.S. Air Force} {USAF}", &["U.S. Air Force: U.S. Air Force, USAF"]),
            (
                "{PG&E} of {Pacific Gas and Electric Company}",
                &["Pacific Gas and Electric Company: PG&E, Pacific Gas and Electric Company"],
            ),
            (
                "{U.S. Senate} {United States Senate} {Senate}",
                &["United States Senate: U.S. Senate, United States Senate, Senate"],
            ),
            (
                "{Philippine Institute of Volcanology} ({Phivolcs})",
                &["Philippine Institute of Volcanology: Philippine Institute of Volcanology, Phivolcs"],
            ),
            ("{(} {()} {The}", &["(): (, ()", "The: The"]),
        ];
        for (marked, expected) in cases {
            assert_eq!(read(marked, EntityType::Organization), *expected, "{marked}");
        }
    }
}
