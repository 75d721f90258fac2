//! Dates and periods of a day or more as ISO 8601.

use jiff::ToSpan;
use jiff::civil::Date;

use super::days::{self, month, year};
use super::numbers::{Figure, figure_of, qualified, rank_of};
use super::words::{Words, after, before};
use super::{Modifier, Value};

const NUMBER_OF_SEASON: [(&str, u8); 5] =
    [("spring", 21), ("summer", 22), ("autumn", 23), ("fall", 23), ("winter", 24)];

/// A unit of the calendar.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Day,
    Week,
    Month,
    Year,
    Decade,
    Century,
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word.strip_suffix('s').unwrap_or(word) {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "year" | "yr" => Unit::Year,
        "decade" => Unit::Decade,
        "century" | "centurie" => Unit::Century,
        _ => return None,
    })
}

/// The value of a date or period. What is relative needs `published`.
pub fn date(words: &Words, published: Option<Date>) -> Option<(Value, Modifier)> {
    let all = words.all();
    let all = after(&all, "on").or_else(|| after(&all, "in")).or_else(|| after(&all, "since")).unwrap_or(&all);
    if let Some(text) = point(all, published) {
        return Some((Value::Date(text), Modifier::Exact));
    }
    if let Some((text, modifier)) = duration(all) {
        return Some((Value::Date(text), modifier));
    }
    // "mid-March", "early 2020", "the end of the year": near that, not all of it.
    let part = [
        "early",
        "late",
        "mid -",
        "mid",
        "middle of",
        "beginning of",
        "start of",
        "end of",
        "around",
        "about",
        "some",
        "circa",
        "c",
    ];
    let rest = part.iter().find_map(|start| after(all, start))?;
    let rest = after(rest, "in").unwrap_or(rest);
    Some((Value::Date(point(rest, published)?), Modifier::About))
}

/// One day, week, month, year or interval.
fn point(words: &[&str], published: Option<Date>) -> Option<String> {
    days::exact(words, published)
        .map(|day| day.to_string())
        .or_else(|| calendar(words, published))
        .or_else(|| interval(words, published))
        .or_else(|| days::day(words, published?).map(|day| day.to_string()))
        .or_else(|| relative(words, published?))
}

/// Months, years, decades, centuries, quarters, seasons.
fn calendar(words: &[&str], published: Option<Date>) -> Option<String> {
    let quarter = |n: i8, year: i16| format!("{year}-{:02}/{year}-{:02}", 3 * n - 2, 3 * n);
    match words {
        ["year" | "fiscal" | "fy", y] | [y] if year(y).is_some() => Some((*y).to_string()),
        [decade, "s"] if year(decade)? % 10 == 0 => {
            let first = year(decade)?;
            Some(format!("{first}/{}", if first % 100 == 0 && first < 2000 { first + 99 } else { first + 9 }))
        }
        [name, y] | [name, "of", y] | [name, ",", y] if month(name).is_some() => {
            Some(format!("{}-{:02}", year(y)?, month(name)?))
        }
        [name] if month(name).is_some() => {
            let (month, published) = (month(name)?, published?);
            // The nearest one, the past rather than the future.
            let ahead = (i32::from(month) - i32::from(published.month())).rem_euclid(12);
            let years = if ahead == 0 { 0 } else { i16::from(month < published.month()) };
            let future = published.year() + years;
            Some(format!("{}-{month:02}", if ahead < 6 { future } else { future - 1 }))
        }
        [which @ ("last" | "this" | "next"), name] if month(name).is_some() => {
            let (month, published) = (month(name)?, published?);
            let year = published.year();
            let year = match *which {
                "last" => year - i16::from(month >= published.month()),
                "next" => year + i16::from(month <= published.month()),
                _ => year,
            };
            Some(format!("{year}-{month:02}"))
        }
        ["q", n, y] | ["q", n, "of", y] | ["q", n, ",", y] => {
            Some(quarter(n.parse().ok().filter(|n| (1..=4).contains(n))?, year(y)?))
        }
        [season, y] | [season, "of", y] if season_number(season).is_some() => {
            Some(format!("{}-{}", year(y)?, season_number(season)?))
        }
        ["this", season] if season_number(season).is_some() => {
            Some(format!("{}-{}", published?.year(), season_number(season)?))
        }
        _ => {
            let (rank, rest) = rank_of(words)?;
            let rest = rest.strip_prefix(&["-"]).unwrap_or(rest);
            let rank = i16::try_from(rank).ok()?;
            match rest {
                ["century"] if rank <= 30 => Some(format!("{:04}/{:04}", 100 * (rank - 1) + 1, 100 * rank)),
                ["quarter", "of", y] | ["quarter", y] if rank <= 4 => Some(quarter(i8::try_from(rank).ok()?, year(y)?)),
                ["half", "of", y] if rank <= 2 => {
                    let year = year(y)?;
                    Some(format!("{year}-{:02}/{year}-{:02}", 6 * rank - 5, 6 * rank))
                }
                _ => None,
            }
        }
    }
}

fn season_number(word: &str) -> Option<u8> {
    NUMBER_OF_SEASON.iter().find(|(name, _)| *name == word).map(|(_, number)| *number)
}

/// "between 2010 and 2015", "May to June 2019", "January 5-7, 2020", "5-7 January".
fn interval(words: &[&str], published: Option<Date>) -> Option<String> {
    let between = after(words, "between").or_else(|| after(words, "from"));
    let words = between.unwrap_or(words);
    let middles = words.iter().enumerate().filter(|(_, w)| {
        matches!(**w, "to" | "-" | "–" | "until" | "through" | "till") || **w == "and" && between.is_some()
    });
    for (middle, _) in middles {
        let (from, to) = (&words[..middle], &words[middle + 1..]);
        // What one end leaves out stands at the other: the month ("January 5-7"), the year ("May to June 2019").
        let month_before = from.first().filter(|w| month(w).is_some());
        let to_full: Vec<&str> = match (month_before, to) {
            (Some(name), [day, ..])
                if day.len() <= 2 && day.parse::<i8>().is_ok() && to.iter().all(|w| month(w).is_none()) =>
            {
                [name].into_iter().copied().chain(to.iter().copied()).collect()
            }
            _ => to.to_vec(),
        };
        let year_behind = to.last().filter(|w| year(w).is_some());
        let month_behind = to.iter().find(|w| month(w).is_some());
        let mut from_full = from.to_vec();
        if let ([_], Some(name)) = (from, month_behind)
            && from[0].parse::<i8>().is_ok()
        {
            from_full.push(name);
        }
        if let Some(y) = year_behind.filter(|_| from_full.iter().all(|w| year(w).is_none())) {
            from_full.push(y);
        }
        // "2010-15"
        let short = match (from, to) {
            ([a], [b]) if b.len() == 2 && year(a).is_some() => Some(format!("{}{b}", &a[..2])),
            _ => None,
        };
        let to_full: Vec<&str> = short.as_deref().map_or(to_full, |s| vec![s]);
        let one = |words: &[&str]| {
            let day = days::exact(words, published).map(|d| d.to_string());
            let weekday = || days::day(words, published?).map(|d| d.to_string());
            day.or_else(|| calendar(words, published)).or_else(weekday)
        };
        if let (Some(a), Some(b)) = (one(&from_full), one(&to_full))
            && a < b
            && a.len() == b.len()
        {
            return Some(format!("{a}/{b}"));
        }
    }
    None
}

/// "last month", "two weeks ago", "the past 10 days", "next year".
fn relative(words: &[&str], published: Date) -> Option<String> {
    if let Some(ago) = before(words, "ago") {
        let (figure, rest) = count(ago)?;
        let [name] = rest else { return None };
        return shifted(published, unit(name)?, -whole(figure)?);
    }
    let (direction, rest) = match words {
        [w @ ("last" | "past" | "previous" | "recent"), rest @ ..] => (-1, (*w, rest)),
        ["this" | "current", rest @ ..] => (0, ("this", rest)),
        [w @ ("next" | "coming" | "upcoming"), rest @ ..] => (1, (*w, rest)),
        _ => return None,
    };
    match rest {
        ("recent" | "past" | "coming" | "upcoming", [name]) if !name.ends_with('s') && direction != 0 => {
            span(published, unit(name)?, direction)
        }
        ("last" | "previous" | "this" | "next", [name]) if unit(name).is_some() => {
            shifted(published, unit(name)?, direction)
        }
        (_, [name @ ("weekend" | "winter" | "summer" | "spring" | "autumn" | "fall")]) => match (*name, direction) {
            ("weekend", _) => {
                let days = i64::from(published.weekday().to_monday_zero_offset());
                let saturday = published.checked_add((5 - days).days()).ok()?;
                // On a weekend, the last one is the one before.
                let saturday = saturday.checked_add((7 * direction).days()).ok()?;
                Some(format!("{saturday}/{}", saturday.tomorrow().ok()?))
            }
            (_, 0) => None,
            (season, _) => {
                let year = i64::from(published.year()) + direction;
                // Certain only of the summer that is over, or of one a year away.
                let over = season == "summer" && published.month() <= 5 && direction < 0;
                over.then(|| format!("{year}-{}", season_number(season).unwrap_or_default()))
            }
        },
        (_, rest) if direction != 0 => {
            let (figure, rest) = count(rest)?;
            let [name] = rest else { return None };
            span(published, unit(name)?, direction * whole(figure)?)
        }
        _ => None,
    }
}

/// "a", "two", "10"
fn count<'a, 'w>(words: &'a [&'w str]) -> Option<(Figure, &'a [&'w str])> {
    match words {
        ["a" | "an" | "one", rest @ ..] if rest.first().is_some_and(|w| unit(w).is_some()) => {
            Some((Figure { low: 1.into(), high: None, modifier: Modifier::Exact }, rest))
        }
        _ => figure_of(words).filter(|(figure, _)| figure.high.is_none()),
    }
}

fn whole(figure: Figure) -> Option<i64> {
    figure.low.is_integer().then(|| i64::try_from(figure.low).ok()).flatten().filter(|n| n.abs() < 10_000)
}

/// The calendar unit that lies `by` units from the article's.
fn shifted(published: Date, unit: Unit, by: i64) -> Option<String> {
    Some(match unit {
        Unit::Day => published.checked_add(by.days()).ok()?.to_string(),
        Unit::Week => {
            let week = published.checked_add(by.weeks()).ok()?.iso_week_date();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
        Unit::Month => {
            let date = published.first_of_month().checked_add(by.months()).ok()?;
            format!("{:04}-{:02}", date.year(), date.month())
        }
        Unit::Year => format!("{:04}", i64::from(published.year()) + by),
        Unit::Decade => {
            let first = (i64::from(published.year()) / 10 + by) * 10;
            format!("{first:04}/{:04}", first + 9)
        }
        Unit::Century => return None,
    })
}

/// The days between the article's date and `by` units before or after it.
fn span(published: Date, unit: Unit, by: i64) -> Option<String> {
    let span = match unit {
        Unit::Day => by.days(),
        Unit::Week => by.weeks(),
        Unit::Month => by.months(),
        Unit::Year => by.years(),
        Unit::Decade => (10 * by).years(),
        Unit::Century => (100 * by).years(),
    };
    let other = published.checked_add(span).ok()?;
    let (a, b) = if by < 0 { (other, published) } else { (published, other) };
    Some(format!("{a}/{b}"))
}

/// "three years", "20-year-old", "aged 43", "a decade", "18 months".
fn duration(words: &[&str]) -> Option<(String, Modifier)> {
    let (modifier, words) = qualified(words);
    let words = ["age of", "age", "aged", "for", "a", "another", "ages"]
        .iter()
        .find_map(|s| after(words, s).filter(|r| !r.is_empty()))
        .unwrap_or(words);
    let words = ["- old", "old", "long", "of age", "- long", "in a row", "straight"]
        .iter()
        .find_map(|end| before(words, end))
        .unwrap_or(words);
    if let [name] = words
        && let Some(unit) = unit(name)
        && !name.ends_with('s')
    {
        return Some((period(unit, "1"), modifier));
    }
    let (figure, rest) = figure_of(words)?;
    let modifier = if figure.modifier == Modifier::Exact { modifier } else { figure.modifier };
    let rest = rest.strip_prefix(&["-"]).unwrap_or(rest);
    let whole_number = figure.high.is_none();
    match rest {
        // An age: "Ann Lee, 43".
        [] if whole_number && figure.low.is_integer() && figure.low < 130.into() => {
            Some((format!("P{}Y", figure.amount().number), modifier))
        }
        [name] if whole_number => {
            let unit = unit(name)?;
            let scaled = match unit {
                Unit::Decade => figure.times(10.into())?,
                Unit::Century => figure.times(100.into())?,
                _ => figure,
            };
            Some((period_of(unit, &scaled.amount().number), modifier))
        }
        _ => None,
    }
}

fn period(unit: Unit, count: &str) -> String {
    match unit {
        Unit::Decade => "P10Y".into(),
        Unit::Century => "P100Y".into(),
        _ => period_of(unit, count),
    }
}

fn period_of(unit: Unit, count: &str) -> String {
    let letter = match unit {
        Unit::Day => 'D',
        Unit::Week => 'W',
        Unit::Month => 'M',
        _ => 'Y',
    };
    format!("P{count}{letter}")
}
