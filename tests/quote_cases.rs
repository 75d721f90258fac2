//! The hard cases of `tests/quotes/*.tsv`, through the public API. `tests/quotes/README.md` says how to read, add,
//! show and mark them.
#![expect(
    clippy::disallowed_methods,
    reason = "SHOW and UPDATE_KNOWN are for the test, not configuration of the service"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use dateline::extraction::{Extraction, Extractor, Quote, QuoteKind, Span, Speaker};

/// One line of a table.
struct Case {
    known: bool,
    id: String,
    text: String,
    quotes: Vec<Expected>,
}

/// One quote that a case expects.
struct Expected {
    written: String,
    kind: QuoteKind,
    speaker: String,
    source: Place,
    cue: Place,
    content: Vec<Span>,
    addressee: Place,
}

/// Where a source, cue or addressee must stand.
enum Place {
    Anywhere,
    Nowhere,
    At(Span),
}

impl Place {
    fn fits(&self, found: Option<Span>) -> bool {
        match self {
            Place::Anywhere => true,
            Place::Nowhere => found.is_none(),
            Place::At(span) => found == Some(*span),
        }
    }
}

impl Case {
    fn parse(line: &str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let [mark @ ("ok" | "known"), id, text, quotes @ ..] = &columns[..] else {
            panic!("not `ok` or `known`, id, text: {line}");
        };
        let text = text.replace("\\n", "\n");
        let mut quotes: Vec<Expected> = quotes.iter().map(|q| Expected::parse(id, &text, q)).collect();
        quotes.sort_by_key(|q| q.content[0].begin);
        Self { known: *mark == "known", id: (*id).into(), text, quotes }
    }

    fn theme(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// What is wrong with an answer, one word for each fault.
    fn faults(&self, found: &Extraction) -> Vec<&'static str> {
        let mut left: Vec<&Quote> = found.quotes.iter().collect();
        let mut faults = Vec::new();
        for expected in &self.quotes {
            let shared = left.iter().map(|q| overlap(&expected.content, &q.content));
            match shared.enumerate().max_by_key(|(_, shared)| *shared) {
                Some((best, 1..)) => faults.extend(expected.faults(left.remove(best))),
                _ => faults.push("missed"),
            }
        }
        faults.extend(left.iter().map(|_| "extra"));
        faults
    }
}

impl Expected {
    fn parse(id: &str, text: &str, written: &str) -> Self {
        let fields: Vec<&str> = written.split(" | ").collect();
        let [kind, speaker, source, cue, content, addressee @ ..] = &fields[..] else {
            panic!("{id}: not `kind | speaker | source | cue | content`: {written}");
        };
        let kind = match *kind {
            "direct" => QuoteKind::Direct,
            "indirect" => QuoteKind::Indirect,
            "mixed" => QuoteKind::Mixed,
            other => panic!("{id}: no kind: {other}"),
        };
        let addressee = match addressee {
            [] => Place::Anywhere,
            [one] => place(id, text, one.strip_prefix("to ").unwrap_or_else(|| panic!("{id}: not `to ...`: {one}"))),
            more => panic!("{id}: too many fields: {more:?}"),
        };
        Self {
            written: written.into(),
            kind,
            speaker: (*speaker).into(),
            source: place(id, text, source),
            cue: place(id, text, cue),
            content: content.split(" || ").map(|part| locate(id, text, part)).collect(),
            addressee,
        }
    }

    fn faults(&self, found: &Quote) -> Vec<&'static str> {
        let checks = [
            ("content", self.content == found.content),
            ("kind", self.kind == found.kind),
            ("speaker", self.speaker_fits(found.speaker.as_ref())),
            ("source", self.source.fits(found.source)),
            ("cue", self.cue.fits(found.cue)),
            ("addressee", self.addressee.fits(found.addressee.as_ref().map(|a| a.span))),
        ];
        checks.into_iter().filter(|(_, fits)| !fits).map(|(aspect, _)| aspect).collect()
    }

    fn speaker_fits(&self, found: Option<&Speaker>) -> bool {
        let Some(found) = found else {
            return matches!(&*self.speaker, "*" | "-");
        };
        let unnamed = self.speaker.strip_prefix('(').and_then(|s| s.strip_suffix(')'));
        let (name, found_name) = (bare(unnamed.unwrap_or(&self.speaker)), bare(&found.name));
        match (&*self.speaker, unnamed) {
            ("*", _) => true,
            ("-", _) => false,
            (_, Some(_)) => found.entity.is_none() && (begins(&name, &found_name) || begins(&found_name, &name)),
            (joined, None) if joined.contains(" + ") => found_name == name.replace(" + ", " and "),
            _ => found.entity.is_some() && found_name == name,
        }
    }
}

/// A name or phrase without its case, article or possessive.
fn bare(name: &str) -> String {
    let name = name.to_lowercase();
    let first = ["the ", "a ", "an ", "his ", "her ", "its ", "their "];
    first.iter().find_map(|word| name.strip_prefix(word)).unwrap_or(&name).to_owned()
}

/// Whether a phrase begins with the words of a shorter one.
fn begins(phrase: &str, shorter: &str) -> bool {
    phrase.strip_prefix(shorter).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',']))
}

/// Bytes that two contents share.
fn overlap(a: &[Span], b: &[Span]) -> usize {
    let shared = |x: &Span, y: &Span| x.end.min(y.end).saturating_sub(x.begin.max(y.begin));
    a.iter().map(|x| b.iter().map(|y| shared(x, y)).sum::<usize>()).sum()
}

fn place(id: &str, text: &str, words: &str) -> Place {
    match words {
        "*" => Place::Anywhere,
        "-" => Place::Nowhere,
        _ => Place::At(locate(id, text, words)),
    }
}

/// Where `words`, or its occurrence of the number behind `#`, stands in the text.
fn locate(id: &str, text: &str, words: &str) -> Span {
    let numbered = words.rsplit_once('#').and_then(|(words, number)| Some((words, number.parse::<usize>().ok()?)));
    let (words, number) = numbered.map_or((words, None), |(words, number)| (words, Some(number)));
    let whole = |&begin: &usize| {
        let cut = |a: Option<char>, b: Option<char>| [a, b].iter().all(|c| c.is_some_and(char::is_alphanumeric));
        let (before, after) = (&text[..begin], &text[begin + words.len()..]);
        !cut(before.chars().next_back(), words.chars().next()) && !cut(words.chars().next_back(), after.chars().next())
    };
    let found: Vec<usize> = text.match_indices(words).map(|(begin, _)| begin).filter(whole).collect();
    let begin = match (&found[..], number) {
        (&[begin], None) => Some(begin),
        (many @ [_, _, ..], Some(number)) => number.checked_sub(1).and_then(|i| many.get(i).copied()),
        _ => None,
    };
    let begin = begin.unwrap_or_else(|| panic!("{id}: `{words}` occurs {} times, number {number:?}", found.len()));
    Span { begin, end: begin + words.len() }
}

/// A quote as the tables write it.
fn written(text: &str, quote: &Quote) -> String {
    let slice = |span: Option<Span>| span.map_or("-", |span| span.slice(text));
    let speaker = match &quote.speaker {
        None => "-".into(),
        Some(Speaker { name, entity: None, .. }) => format!("({name})"),
        Some(Speaker { name, .. }) => name.clone(),
    };
    let kind = format!("{:?}", quote.kind).to_lowercase();
    let content: Vec<&str> = quote.content.iter().map(|part| part.slice(text)).collect();
    let fields = [&kind, &speaker, slice(quote.source), slice(quote.cue), &content.join(" || ")];
    let addressee = quote.addressee.as_ref().map_or(String::new(), |a| format!(" | to {}", a.span.slice(text)));
    (fields.join(" | ") + &addressee).replace('\n', "\\n")
}

fn tables() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quotes");
    let files = fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let mut tables: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "tsv")).collect();
    tables.sort();
    tables
}

/// The line of all themes; sorts behind them.
const SUM: &str = "~ all";

/// What became of the cases of a theme.
#[derive(Default)]
struct Tally {
    passed: usize,
    all: usize,
    faults: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn add(&mut self, faults: &[&'static str]) {
        self.passed += usize::from(faults.is_empty());
        self.all += 1;
        faults.iter().for_each(|fault| *self.faults.entry(fault).or_default() += 1);
    }
}

#[test]
fn every_case_holds_or_is_known_to_fail() {
    let (show, update) = (env::var("SHOW").ok(), env::var("UPDATE_KNOWN").is_ok());
    let extractor = Extractor::new().expect("the model");
    let mut themes: BTreeMap<String, Tally> = BTreeMap::new();
    let mut mismarked = Vec::new();
    for path in tables() {
        let table = fs::read_to_string(&path).expect("a table");
        let mut marked = String::new();
        for line in table.lines() {
            let case = Case::parse(line);
            let found = extractor.extract(&case.text, None);
            let faults = case.faults(&found);
            for theme in [case.theme(), SUM] {
                themes.entry(theme.into()).or_default().add(&faults);
            }
            let failing = |show: &str| show == "failing" && !faults.is_empty();
            if show.as_deref().is_some_and(|show| show == case.theme() || show == case.id || failing(show)) {
                println!("{} {}", case.id, case.text.replace('\n', "\\n"));
                case.quotes.iter().for_each(|q| println!("    expected  {}", q.written));
                found.quotes.iter().for_each(|q| println!("    found     {}", written(&case.text, q)));
                println!("    {}", if faults.is_empty() { "passes".into() } else { faults.join(", ") });
            }
            if case.known == faults.is_empty() {
                let what = if case.known { "is marked as known and passes" } else { "fails" };
                mismarked.push(format!("{} {what} {}", case.id, faults.join(", ")));
            }
            let rest = line.split_once('\t').map_or("", |(_, rest)| rest);
            marked += &format!("{}\t{rest}\n", if faults.is_empty() { "ok" } else { "known" });
        }
        if update && marked != table {
            fs::write(&path, marked).expect("a table that can be written");
        }
    }
    for (theme, Tally { passed, all, faults }) in &themes {
        let faults: Vec<_> = faults.iter().map(|(fault, count)| format!("{fault} {count}")).collect();
        println!("{theme:14} {passed:3} of {all:3}   {}", faults.join(", "));
    }
    assert!(update || mismarked.is_empty(), "see tests/quotes/README.md:\n{}", mismarked.join("\n"));
}
