//! Clock times and durations under a day.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::days;
use super::numbers::{figure_of, qualified};
use super::words::{Words, after, before};
use super::{Modifier, Value};

/// Zones whose offset from UTC is one, all year.
const ZONES: [(&str, &str); 12] = [
    ("gmt", "Z"),
    ("utc", "Z"),
    ("z", "Z"),
    ("est", "-05:00"),
    ("edt", "-04:00"),
    ("cdt", "-05:00"),
    ("mst", "-07:00"),
    ("mdt", "-06:00"),
    ("pst", "-08:00"),
    ("pdt", "-07:00"),
    ("cet", "+01:00"),
    ("cest", "+02:00"),
];

/// "5 p.m.", "17:00 GMT", "noon on Tuesday", "two hours". Parts of a day ("Tuesday night") have no exact value.
pub fn time(words: &Words, published: Option<Date>) -> Option<(Value, Modifier)> {
    let all = words.all();
    if let Some(found) = duration(&all) {
        return Some(found);
    }
    let (modifier, mut rest) = qualified(&all);
    rest = after(rest, "at").unwrap_or(rest);
    let mut zone = "";
    let mut kept: Vec<&str> = rest.to_vec();
    kept.retain(|w| match ZONES.iter().find(|(name, _)| name == w) {
        Some((_, offset)) => {
            zone = offset;
            false
        }
        None => !matches!(*w, "local" | "time" | "," | "sharp" | "o'clock" | "(" | ")" | "hours" | "hrs"),
    });
    let (clock, length) = clock(&kept)?;
    let day = match &kept[length..] {
        [] => None,
        ["on", day @ ..] | day => Some(days::day(day, published?)?),
    };
    let clock = format!("{clock}{zone}");
    Some((Value::Time(day.map_or(clock.clone(), |day| format!("{day}T{clock}"))), modifier))
}

/// The clock time at the start, as "17:00", and how many words it takes.
fn clock(words: &[&str]) -> Option<(String, usize)> {
    let (hour, minute, mut length): (u8, u8, usize) = match words {
        ["noon" | "midday", ..] => return Some(("12:00".into(), 1)),
        ["12", "noon", ..] => return Some(("12:00".into(), 2)),
        ["midnight", ..] => return Some(("00:00".into(), 1)),
        [h, ":" | "h", m, ..] if m.len() == 2 => (h.parse().ok()?, m.parse().ok()?, 3),
        [hm, ..] if hm.len() == 4 && hm.bytes().all(|b| b.is_ascii_digit()) => {
            (hm[..2].parse().ok()?, hm[2..].parse().ok()?, 1)
        }
        [hm, ..] if hm.contains('.') => {
            let (h, m) = hm.split_once('.').filter(|(_, m)| m.len() == 2)?;
            (h.parse().ok()?, m.parse().ok()?, 1)
        }
        [h, ..] => {
            let (figure, rest) = figure_of(&words[..1])?;
            let whole = rest.is_empty() && figure.high.is_none();
            (whole.then(|| figure.amount().number.parse().ok()).flatten().or_else(|| h.parse().ok())?, 0, 1)
        }
        [] => return None,
    };
    let half = match &words[length..] {
        ["am" | "a", ..] => Some(0),
        ["pm" | "p", ..] => Some(12),
        ["in", "morning", ..] => Some(0),
        ["in", "afternoon" | "evening", ..] => Some(12),
        _ => None,
    };
    let hour = match half {
        Some(half) => {
            length += if words[length] == "in" { 2 } else { 1 };
            (1..=12).contains(&hour).then_some(hour % 12 + half)?
        }
        // "5" alone may be morning or evening.
        None if length == 3 || words[0].len() == 4 || words[0].contains('.') => hour,
        None => return None,
    };
    (hour < 24 && minute < 60).then(|| (format!("{hour:02}:{minute:02}"), length))
}

/// "two hours", "30-minute", "an hour and a half", "2 hours 15 minutes".
fn duration(words: &[&str]) -> Option<(Value, Modifier)> {
    let words = after(words, "past").or_else(|| after(words, "last")).or_else(|| after(words, "next")).unwrap_or(words);
    let words = after(words, "a further").or_else(|| after(words, "another")).unwrap_or(words);
    let whole = before(words, "and a half").filter(|w| matches!(w, ["an", "hour"]));
    if whole.is_some() {
        return Some((Value::Time("PT1.5H".into()), Modifier::Exact));
    }
    let (modifier, bare) = qualified(words);
    match bare {
        ["an" | "one", "hour"] | ["hour"] => return Some((Value::Time("PT1H".into()), modifier)),
        ["half", "an", "hour"] | ["half", "hour"] | ["half", "-", "hour"] | ["a", "half", "hour"] => {
            return Some((Value::Time("PT30M".into()), modifier));
        }
        ["a" | "one", "minute"] => return Some((Value::Time("PT1M".into()), modifier)),
        ["a" | "one", "second"] => return Some((Value::Time("PT1S".into()), modifier)),
        _ => {}
    }
    let mut parts = Vec::new();
    let mut rest = words;
    let mut modifier = Modifier::Exact;
    while !rest.is_empty() {
        let (figure, behind) = figure_of(rest)?;
        let behind = behind.strip_prefix(&["-"]).unwrap_or(behind);
        let (unit, behind) = behind.split_first()?;
        let letter = match unit.trim_end_matches('s') {
            "hour" | "hr" | "h" => 'H',
            "minute" | "min" => 'M',
            "second" | "sec" => 'S',
            _ => return None,
        };
        if figure.high.is_some() {
            return None;
        }
        if parts.is_empty() {
            modifier = figure.modifier;
        }
        parts.push((letter, figure.low));
        rest = match behind {
            ["," | "and", more @ ..] => more,
            ["long" | "old" | "later" | "earlier" | "ago"] if parts.len() == 1 && behind[0] == "long" => &[],
            _ => behind,
        };
    }
    let order = |letter| "HMS".find(letter);
    let rising = parts.windows(2).all(|two| order(two[0].0) < order(two[1].0));
    let text: String = parts.iter().map(|(letter, n): &(char, Decimal)| format!("{}{letter}", n.normalize())).collect();
    (!parts.is_empty() && rising).then(|| (Value::Time(format!("PT{text}")), modifier))
}
