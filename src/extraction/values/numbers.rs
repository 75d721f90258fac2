//! Numbers in digits and in words, ranges of them, and what qualifies them.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::words::{Words, after, before};
use super::{Amount, Modifier};

const UNITS: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
/// Words and signs that multiply what stands before them.
const SCALES: [(&[&str], u64); 9] = [
    (&["hundred"], 100),
    (&["thousand", "k", "grand"], 1_000),
    (&["lakh", "lakhs"], 100_000),
    (&["million", "millions", "m", "mn", "mln", "mio"], 1_000_000),
    (&["crore", "crores"], 10_000_000),
    (&["billion", "billions", "bn", "b", "bln"], 1_000_000_000),
    (&["trillion", "trillions", "tn", "trn"], 1_000_000_000_000),
    (&["quadrillion"], 1_000_000_000_000_000),
    (&["dozen"], 12),
];
const RANKS: [(&str, u32); 30] = [
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("thirtieth", 30),
    ("fortieth", 40),
    ("fiftieth", 50),
    ("sixtieth", 60),
    ("seventieth", 70),
    ("eightieth", 80),
    ("ninetieth", 90),
    ("hundredth", 100),
    ("thousandth", 1000),
    ("millionth", 1_000_000),
];
const AT_LEAST: [&str; 14] = [
    "at least",
    "more than",
    "over",
    "above",
    "no fewer than",
    "no less than",
    "not less than",
    "upwards of",
    "upward of",
    "just over",
    "a little over",
    "well over",
    "exceeding",
    "a minimum of",
];
const UP_TO: [&str; 17] = [
    "up to",
    "less than",
    "fewer than",
    "under",
    "below",
    "at most",
    "no more than",
    "not more than",
    "as many as",
    "as much as",
    "just under",
    "a little under",
    "well under",
    "a maximum of",
    "as little as",
    "as few as",
    "maximum",
];
const ABOUT: [&str; 16] = [
    "perhaps",
    "about",
    "around",
    "some",
    "roughly",
    "approximately",
    "nearly",
    "almost",
    "close to",
    "an estimated",
    "estimated",
    "circa",
    "~",
    "approx",
    "somewhere around",
    "in the region of",
];
/// They judge a number and do not change it.
const JUST: [&str; 6] = ["just", "only", "another", "a further", "barely", "a record"];
const AT_LEAST_BEHIND: [&str; 5] = ["or more", "- plus", "plus", "+", "and more"];
const UP_TO_BEHIND: [&str; 3] = ["or less", "or fewer", "at most"];
const ABOUT_BEHIND: [&str; 4] = ["or so", "- odd", "odd", "- ish"];

/// A number or a range of numbers, with what qualifies it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The number; of a range, its lower end.
    pub low: Decimal,
    /// Upper end of a range.
    pub high: Option<Decimal>,
    /// "about", "at least", "up to".
    pub modifier: Modifier,
}

impl Figure {
    /// As decimal digits.
    pub fn amount(&self) -> Amount {
        Amount { number: digits(self.low), upper: self.high.map(digits) }
    }

    /// Both ends times `factor`; none if that is too large.
    pub fn times(self, factor: Decimal) -> Option<Self> {
        let high = match self.high {
            Some(high) => Some(high.checked_mul(factor)?),
            None => None,
        };
        Some(Self { low: self.low.checked_mul(factor)?, high, ..self })
    }
}

fn digits(number: Decimal) -> String {
    number.normalize().to_string()
}

/// The figure that `words` begin with, and what follows it.
pub fn figure_of<'a, 'w>(words: &'a [&'w str]) -> Option<(Figure, &'a [&'w str])> {
    let (modifier, words) = qualified(words);
    let (between, words) = match after(words, "between").or_else(|| after(words, "from")) {
        Some(rest) => (true, rest),
        None => (false, words),
    };
    let low = plain(words)?;
    let mut figure = Figure { low: low.value, high: None, modifier };
    let mut rest = low.rest;
    let joins = if between { &["and", "to", "-", "–"][..] } else { &["to", "-", "–", "—", "or"][..] };
    let upper = rest.split_first().filter(|(join, _)| joins.contains(join)).and_then(|(_, r)| plain(qualified(r).1));
    if let Some(high) = upper {
        let scaled = match high.scale.filter(|_| low.scale.is_none()) {
            Some(scale) => low.value.checked_mul(scale)?,
            None => low.value,
        };
        if scaled < high.value {
            figure = Figure { low: scaled, high: Some(high.value), modifier };
            rest = high.rest;
        }
    } else if between {
        return None;
    }
    for (ends, modifier) in [
        (&AT_LEAST_BEHIND[..], Modifier::AtLeast),
        (&UP_TO_BEHIND[..], Modifier::UpTo),
        (&ABOUT_BEHIND[..], Modifier::About),
    ] {
        if let Some(left) = ends.iter().find_map(|end| after(rest, end)) {
            figure.modifier = modifier;
            rest = left;
        }
    }
    Some((figure, rest))
}

/// What qualifies the number that follows, and the words from that number on.
pub fn qualified<'a, 'w>(words: &'a [&'w str]) -> (Modifier, &'a [&'w str]) {
    // "just over" is not here: that is "at least".
    if let Some(rest) = JUST.iter().find_map(|just| after(words, just)).filter(|rest| plain(rest).is_some()) {
        return (Modifier::Exact, rest);
    }
    let lists = [(&AT_LEAST[..], Modifier::AtLeast), (&UP_TO[..], Modifier::UpTo), (&ABOUT[..], Modifier::About)];
    for (starts, modifier) in lists {
        if let Some(rest) = starts.iter().find_map(|start| after(words, start)) {
            let (inner, rest) = qualified(rest);
            return (if inner == Modifier::Exact { modifier } else { inner }, rest);
        }
    }
    for (ends, modifier) in [(&AT_LEAST_BEHIND[..], Modifier::AtLeast), (&ABOUT_BEHIND[..], Modifier::About)] {
        if let Some(rest) = ends.iter().find_map(|end| before(words, end)) {
            return (modifier, rest);
        }
    }
    (Modifier::Exact, words)
}

struct Plain<'a, 'w> {
    value: Decimal,
    /// The scale word at its end, if it has one: shared with the lower end of a range.
    scale: Option<Decimal>,
    rest: &'a [&'w str],
}

/// One number without qualifiers: "1,200", "2.5 million", "two hundred and five", "half a million".
fn plain<'a, 'w>(words: &'a [&'w str]) -> Option<Plain<'a, 'w>> {
    if let Some(rest) = after(words, "three quarters").or_else(|| after(words, "three - quarters")) {
        return Some(Plain { value: Decimal::new(75, 2), scale: None, rest });
    }
    let negative = matches!(words.first(), Some(&"minus" | &"-" | &"−"));
    let mut at = usize::from(negative);
    let word = |at: usize| words.get(at).copied().unwrap_or_default();
    let mut total = Decimal::ZERO;
    let mut part: Option<Decimal> = None;
    let mut last_scale = None;
    // Largest scale used so far: they only fall, "two million three hundred".
    let mut bound = Decimal::MAX;
    loop {
        // "$31-million"
        if word(at) == "-" && part.is_some() && scale(word(at + 1)).is_some() {
            at += 1;
        }
        let here = word(at);
        // "twenty - five", "two - and - a - half"
        let (joined, next) =
            if part.is_some() && matches!(here, "-" | "and") { (true, word(at + 1)) } else { (false, here) };
        if let Some(small) = small(next).filter(|_| part.is_none_or(|p| joins(p, next) && (joined || here != "-"))) {
            if part.is_some() && joined && here == "and" && !ends_in_hundred(part) {
                break;
            }
            part = Some(part.unwrap_or_default() + small);
            last_scale = None;
            at += 1 + usize::from(joined);
        } else if let Some(scale) = scale(here).filter(|_| part.is_some()) {
            let value = part.take()?.checked_mul(scale)?;
            if here == "hundred" || scale == Decimal::from(12) && total.is_zero() {
                part = Some(value);
            } else {
                if scale >= bound {
                    return None;
                }
                bound = scale;
                total = total.checked_add(value)?;
            }
            last_scale = Some(scale);
            at += 1;
            let goes_on = word(at) == "and" && small(word(at + 1)).is_some() && part.is_none();
            if part.is_none() && small(word(at)).is_none() && !goes_on {
                break;
            }
            at += usize::from(goes_on);
        } else if part.is_none() && at == usize::from(negative) {
            let value = digits_of(here).or_else(|| fraction(here));
            if let Some(value) = value {
                part = Some(value);
                at += 1;
                if let Some(more) = fraction(word(at)) {
                    part = Some(value + more);
                    at += 1;
                }
            } else if here == "half" {
                part = Some(Decimal::new(5, 1));
                at += if matches!(word(at + 1), "a" | "an") && scale(word(at + 2)).is_some() { 2 } else { 1 };
            } else if matches!(here, "a" | "an") && scale(word(at + 1)).is_some() {
                part = Some(Decimal::ONE);
                at += 1;
            } else if matches!((here, word(at + 1)), ("a" | "an" | "one", "quarter")) {
                part = Some(Decimal::new(25, 2));
                at += 2;
            } else {
                return None;
            }
        } else if part.is_some() && half_behind(words, at) > 0 {
            part = part.map(|p| p + Decimal::new(5, 1));
            at += half_behind(words, at);
        } else {
            break;
        }
    }
    let value = total.checked_add(part.unwrap_or_default())?;
    let value = if negative { -value } else { value };
    // "two thirds" is no decimal number, and a date is no number.
    let odd = ["third", "thirds", "fifth", "fifths", "/"];
    (at > 0 && !odd.contains(&word(at))).then_some(Plain { value, scale: last_scale, rest: &words[at..] })
}

/// "and a half", "- and - a - half": how many words.
fn half_behind(words: &[&str], at: usize) -> usize {
    let rest = words.get(at..).unwrap_or_default();
    ["and a half", "- and - a - half", "and one half"]
        .iter()
        .find_map(|h| after(rest, h).map(|r| rest.len() - r.len()))
        .unwrap_or(0)
}

fn ends_in_hundred(part: Option<Decimal>) -> bool {
    part.is_some_and(|p| !p.is_zero() && (p % Decimal::from(100)).is_zero())
}

/// "twenty" takes a unit behind it, "two hundred" anything below a hundred.
fn joins(part: Decimal, word: &str) -> bool {
    let Some(small) = small(word) else { return false };
    let (ten, hundred) = (Decimal::TEN, Decimal::ONE_HUNDRED);
    let units_of_tens = small < ten
        && !small.is_zero()
        && (part % ten).is_zero()
        && !(part % hundred).is_zero()
        && part % hundred > ten;
    units_of_tens || part >= hundred && (part % hundred).is_zero() && small < hundred
}

fn small(word: &str) -> Option<Decimal> {
    let unit = UNITS.iter().position(|u| *u == word);
    let ten = || TENS.iter().position(|t| *t == word).map(|i| 10 * (i + 2));
    unit.or_else(ten).map(Decimal::from)
}

fn scale(word: &str) -> Option<Decimal> {
    SCALES.iter().find(|(names, _)| names.contains(&word)).map(|(_, scale)| Decimal::from(*scale))
}

fn digits_of(word: &str) -> Option<Decimal> {
    let begins = word.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let groups: Vec<&str> = word.split('.').next()?.split(',').collect();
    // "1,200,000" and "12,00,000", not "1,2".
    let grouped = groups.len() == 1
        || groups[0].len() <= 3
            && groups[1..].iter().all(|g| matches!(g.len(), 2 | 3))
            && groups[groups.len() - 1].len() == 3;
    let number = if begins && grouped { Decimal::from_str(&word.replace(',', "")).ok() } else { None };
    number.or_else(|| {
        let fraction = word.char_indices().next_back().and_then(|(i, c)| Some((i, fraction(&c.to_string())?)))?;
        let whole = Decimal::from_str(word.get(..fraction.0).filter(|w| !w.is_empty())?).ok()?;
        Some(whole + fraction.1)
    })
}

fn fraction(word: &str) -> Option<Decimal> {
    Some(match word {
        "½" => Decimal::new(5, 1),
        "¼" => Decimal::new(25, 2),
        "¾" => Decimal::new(75, 2),
        _ => return None,
    })
}

/// "first", "21st", "twenty-first": the number of a rank.
pub fn rank(words: &Words) -> Option<u32> {
    rank_of(&words.all()).filter(|(_, rest)| rest.is_empty()).map(|(rank, _)| rank)
}

/// The rank that `words` begin with, and what follows it.
pub fn rank_of<'a, 'w>(words: &'a [&'w str]) -> Option<(u32, &'a [&'w str])> {
    match words {
        [number, "st" | "nd" | "rd" | "th", rest @ ..] => Some((number.replace(',', "").parse().ok()?, rest)),
        [tens, "-", unit, rest @ ..] if TENS.contains(tens) => {
            let tens = 10 * (TENS.iter().position(|t| t == tens)? + 2);
            let unit = RANKS.iter().find(|(name, rank)| name == unit && *rank < 10)?.1;
            Some((u32::try_from(tens).ok()? + unit, rest))
        }
        [word, rest @ ..] => Some((RANKS.iter().find(|(name, _)| name == word)?.1, rest)),
        [] => None,
    }
}
