//! Single days: weekdays, today, day and month, in full or resolved against the article's own date.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::numbers::rank_of;
use super::words::after;

const MONTHS: [(&str, &[&str]); 12] = [
    ("january", &["jan"]),
    ("february", &["feb"]),
    ("march", &["mar"]),
    ("april", &["apr"]),
    ("may", &[]),
    ("june", &["jun"]),
    ("july", &["jul"]),
    ("august", &["aug"]),
    ("september", &["sep", "sept"]),
    ("october", &["oct"]),
    ("november", &["nov"]),
    ("december", &["dec"]),
];
const WEEKDAYS: [(&str, &[&str], Weekday); 7] = [
    ("monday", &["mon"], Weekday::Monday),
    ("tuesday", &["tue", "tues"], Weekday::Tuesday),
    ("wednesday", &["wed"], Weekday::Wednesday),
    ("thursday", &["thu", "thur", "thurs"], Weekday::Thursday),
    ("friday", &["fri"], Weekday::Friday),
    ("saturday", &["sat"], Weekday::Saturday),
    ("sunday", &["sun"], Weekday::Sunday),
];
/// Holidays on one day of the calendar, everywhere.
const HOLIDAYS: [(&str, i8, i8); 9] = [
    ("christmas day", 12, 25),
    ("christmas eve", 12, 24),
    ("christmas", 12, 25),
    ("boxing day", 12, 26),
    ("new year's eve", 12, 31),
    ("new year's day", 1, 1),
    ("new year's", 1, 1),
    ("valentine's day", 2, 14),
    ("halloween", 10, 31),
];

/// The number of a month's name.
pub fn month(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|(name, short)| *name == word || short.contains(&word))?;
    i8::try_from(at + 1).ok()
}

fn weekday(word: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, short, _)| *name == word || short.contains(&word)).map(|(_, _, day)| *day)
}

/// A year of four digits.
pub fn year(word: &str) -> Option<i16> {
    (word.len() == 4).then(|| word.parse().ok()).flatten().filter(|y| (1000..2200).contains(y))
}

/// Day of a month: "5", "5th", "fifth".
fn of_month<'a, 'w>(words: &'a [&'w str]) -> Option<(i8, &'a [&'w str])> {
    if let Some((rank, rest)) = rank_of(words) {
        return Some((i8::try_from(rank).ok()?, rest));
    }
    let (first, rest) = words.split_first()?;
    let day = first.parse().ok().filter(|d| (1..=31).contains(d) && first.len() <= 2)?;
    Some((day, rest))
}

/// A day by month and day, with its year if that is written. What follows it comes last.
pub struct Written<'a> {
    pub month: i8,
    pub day: i8,
    pub year: Option<i16>,
    pub rest: &'a [&'a str],
}

impl Written<'_> {
    /// The day; without a year, the one nearest to the article's date.
    pub fn date(&self, published: Option<Date>) -> Option<Date> {
        match self.year {
            Some(year) => Date::new(year, self.month, self.day).ok(),
            None => nearest(published?, |year| Date::new(year, self.month, self.day).ok()),
        }
    }
}

/// The date among those of three years that is nearest to `published`; in another year it must be near to be certain.
fn nearest(published: Date, of_year: impl Fn(i16) -> Option<Date>) -> Option<Date> {
    const NEAR: u32 = 100; // days
    let distance = |date: &Date| (*date - published).get_days().unsigned_abs();
    let years = published.year() - 1..=published.year() + 1;
    let date = years.filter_map(of_year).min_by_key(distance)?;
    (date.year() == published.year() || distance(&date) <= NEAR).then_some(date)
}

/// "January 5, 2020", "5 January", "the 5th of January 2020", "Jan. 5".
pub fn written<'a>(words: &'a [&'a str]) -> Option<Written<'a>> {
    let (month_of, day, rest) = match words {
        [name, rest @ ..] if month(name).is_some() => {
            let (day, rest) = of_month(rest)?;
            (month(name)?, day, rest)
        }
        _ => {
            let (day, rest) = of_month(words)?;
            let rest = after(rest, "of").or_else(|| after(rest, "day of")).unwrap_or(rest);
            let (name, rest) = rest.split_first()?;
            (month(name)?, day, rest)
        }
    };
    let (year, rest) = match rest {
        [",", word, more @ ..] | [word, more @ ..] if year(word).is_some() => (year(word), more),
        _ => (None, rest),
    };
    Some(Written { month: month_of, day, year, rest })
}

/// One day, all of `words`: a weekday is the last one up to the article's date, unless it is called next.
pub fn day(words: &[&str], published: Date) -> Option<Date> {
    exact(words, Some(published)).or_else(|| relative(words, published))
}

/// A day that does not depend on "last" or "next".
pub fn exact(words: &[&str], published: Option<Date>) -> Option<Date> {
    let words = match words {
        // "Tuesday, November 3": the weekday adds nothing.
        [name, ",", rest @ ..] | [name, rest @ ..] if weekday(name).is_some() && !rest.is_empty() => rest,
        _ => words,
    };
    if let [year_of, "-", month, "-", day] | [year_of, "/", month, "/", day] = words
        && let Some(year) = year(year_of)
    {
        return Date::new(year, month.parse().ok()?, day.parse().ok()?).ok();
    }
    if let [first, "/", second, "/", year_of] = words {
        // Month first or day first: certain only where one of them can be no month.
        let (a, b): (i8, i8) = (first.parse().ok()?, second.parse().ok()?);
        let year = year(year_of)?;
        return match (a > 12, b > 12) {
            (true, false) => Date::new(year, b, a).ok(),
            (false, true) => Date::new(year, a, b).ok(),
            _ if a == b => Date::new(year, a, b).ok(),
            _ => None,
        };
    }
    if let Some(found) = written(words).filter(|w| w.rest.is_empty()) {
        return found.date(published);
    }
    let (name, month, day) = HOLIDAYS.iter().find(|(name, ..)| after(words, name).is_some())?;
    match after(words, name)? {
        [] => nearest(published?, |year| Date::new(year, *month, *day).ok()),
        [written] | [",", written] => Date::new(year(written)?, *month, *day).ok(),
        _ => None,
    }
}

/// "Tuesday", "last Friday", "yesterday", "three days ago" is not here.
fn relative(words: &[&str], published: Date) -> Option<Date> {
    let plus = |days: i64| published.checked_add(days.days()).ok();
    let back = |day: Weekday| published.weekday().since(day);
    let (which, name) = match words {
        ["today" | "tonight"] => return Some(published),
        ["yesterday"] => return plus(-1),
        ["tomorrow"] => return plus(1),
        ["day", "before", "yesterday"] => return plus(-2),
        ["day", "after", "tomorrow"] => return plus(2),
        [which @ ("last" | "next" | "this" | "coming" | "past" | "following"), name] => (*which, weekday(name)?),
        ["this", which @ ("coming" | "past"), name] => (*which, weekday(name)?),
        [name] | ["on", name] => ("", weekday(name)?),
        _ => return None,
    };
    let back = i64::from(back(name));
    match which {
        "last" | "past" => plus(-(if back == 0 { 7 } else { back })),
        "next" | "coming" => plus(if back == 0 { 7 } else { 7 - back }),
        "following" => None,
        // "this Friday" is of the week that is running.
        "this" => {
            plus(i64::from(name.to_monday_zero_offset()) - i64::from(published.weekday().to_monday_zero_offset()))
        }
        _ => plus(-back),
    }
}
