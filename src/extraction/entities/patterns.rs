//! What needs no network: web and mail addresses, handles, hashtags, telephone numbers.

use std::sync::LazyLock;

use regex::Regex;

use crate::extraction::{EntityType, Span};

/// Addresses, handles, hashtags and telephone numbers of `text`, sorted and disjoint.
pub fn patterns(text: &str) -> Vec<(Span, EntityType)> {
    let mut found = Vec::new();
    for (regex, entity_type, check) in RULES.iter() {
        for candidate in regex.find_iter(text) {
            let span = Span { begin: candidate.start(), end: candidate.end() };
            if let Some(span) = check(text, span) {
                found.push((span, *entity_type));
            }
        }
    }
    // Stable: of two with the same beginning the earlier rule stands.
    found.sort_by_key(|(span, _)| span.begin);
    let mut end = 0;
    found.retain(|(span, _)| {
        let free = span.begin >= end;
        if free {
            end = span.end;
        }
        free
    });
    found
}

/// Narrows a candidate to its exact boundaries, or refuses it.
type Check = fn(&str, Span) -> Option<Span>;

/// In order of precedence. Every regex leaves no long tail unread after a match, so that
/// going through all candidates stays linear.
static RULES: LazyLock<Vec<(Regex, EntityType, Check)>> = LazyLock::new(|| {
    let host = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+";
    let address = r#"[^\s\p{Cc}<>"“”‘’«»{}|\\^`—–…。，、]"#;
    let email =
        r"[\p{L}\p{N}_%+'-]+(?:\.[\p{L}\p{N}_%+'-]+)*@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}{2,24}";
    let handle = r"@[\p{L}\p{N}\p{M}_]+(?:@(?:[a-z0-9-]+\.)+[a-z]{2,24}|(?:\.[a-z0-9-]+)*\.(?:social|com|org|net)\b)?";
    let rules: [(String, EntityType, Check); 6] = [
        (format!(r"(?i)\b(?:(?:https?|ftp)://|www\.)[\p{{L}}\p{{N}}\[]{address}*"), EntityType::Url, url),
        (email.into(), EntityType::Email, email_address),
        (format!(r"(?i)\b{host}[a-z]{{2,24}}\b(?::\d{{2,5}}\b)?(?:/{address}*)?"), EntityType::Url, bare_domain),
        (handle.into(), EntityType::Handle, handle_name),
        (r"#[\p{L}\p{N}\p{M}_]+".into(), EntityType::Hashtag, hashtag),
        (PHONE.into(), EntityType::Phone, phone),
    ];
    rules
        .into_iter()
        .map(|(source, entity_type, check)| (Regex::new(&source).expect("a constant pattern"), entity_type, check))
        .collect()
});

/// International; toll-free with letters; North American; with a trunk zero; local.
const PHONE: &str = concat!(
    r"(?:\+\d{1,4}(?:[ \u{a0}.-]?\(\d{1,4}\)|[ \u{a0}.-]?\d{1,14}){1,6}",
    r"|\b1-8\d\d-(?:[A-Z]{7}|[A-Z0-9]{3}-[A-Z0-9]{4})\b",
    r"|(?:\b1[ .-]?)?(?:\([2-9]\d\d\) ?|\b[2-9]\d\d[ \u{a0}.-])[2-9]\d\d[ \u{a0}.-]\d{4}\b",
    r"|(?:\(0\d{1,4}\)|\b0\d{1,4})(?:(?: \d{2,8}){1,4}|(?:-\d{2,8}){1,4}|(?:\.\d{2}){4})\b",
    r"|\b0\d{9,10}\b|\b[2-9]\d{9}\b|\b[2-9]\d\d[-.]\d{4}\b)",
    r"(?i:,? ?(?:ext\.?|extension|x) ?\d{1,5}\b)?",
);

fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn url(text: &str, span: Span) -> Option<Span> {
    if before(text, span.begin).is_some_and(|c| matches!(c, '@' | '/' | '.' | '-')) {
        return None;
    }
    let trimmed = trim_url(text, span);
    let slice = trimmed.slice(text);
    // "www." wants a name and an ending behind it.
    let whole = slice.contains("://") || slice.bytes().filter(|b| *b == b'.').count() > 1;
    whole.then_some(trimmed)
}

/// Gives punctuation that ends the sentence, or closes a bracket opened before the
/// address, back to the sentence.
fn trim_url(text: &str, span: Span) -> Span {
    let slice = span.slice(text);
    let count = |wanted: char| slice.chars().filter(|c| *c == wanted).count();
    let (mut round, opened) = (count(')'), count('('));
    let (mut square, opened_square) = (count(']'), count('['));
    let mut rest = slice;
    while let Some(last) = rest.chars().next_back() {
        match last {
            ')' if round > opened => round -= 1,
            ']' if square > opened_square => square -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '~' | '(' | '[' => {}
            's' if rest.ends_with("'s") => {}
            _ => break,
        }
        rest = &rest[..rest.len() - last.len_utf8()];
    }
    Span { begin: span.begin, end: span.begin + rest.len() }
}

fn email_address(text: &str, span: Span) -> Option<Span> {
    let slice = span.slice(text);
    let lead = slice.len() - slice.trim_start_matches(['\'', '-', '%', '+']).len();
    let span = Span { begin: span.begin + lead, end: span.end };
    let local = span.slice(text).find('@')?;
    (local > 0 && local <= 64 && span.end - span.begin <= 254 && !is_word(after(text, span.end))).then_some(span)
}

/// Endings that make a lone "name.ending" in lower case an address.
const COMMON_ENDINGS: [&str; 12] = ["com", "org", "net", "gov", "edu", "mil", "int", "info", "biz", "io", "tv", "eu"];

/// Endings that count only under a path or as the second ending of "co.uk".
const COUNTRY_ENDINGS: &str = " ac ae af ai al am ar at au az ba bd be bg bh br by ca cc ch cl cn co cr cu cy cz de dk do ec ee eg es et fi fm fr ge gh gl gr gt hk hn hr hu id ie il in iq ir is it jo jp ke kg kh kr kw kz la lb li lk lt lu lv ly ma md me mk mm mn mt mx my ng ni nl no np nz om pa pe ph pk pl pr ps pt py qa ro rs ru rw sa sd se sg si sk sm sn so st sv sy th tj tn to tr tv tw tz ua ug uk us uy uz va ve vn ye za zm zw app dev blog news online site xyz social media club shop store tech live asia cat ";

fn bare_domain(text: &str, span: Span) -> Option<Span> {
    if before(text, span.begin)
        .is_some_and(|c| matches!(c, '@' | '/' | '.' | '-' | '#' | '$' | '€' | '£') || is_word(Some(c)))
    {
        return None;
    }
    let slice = span.slice(text);
    let host = slice.split(['/', ':']).next()?;
    if after(text, span.begin + host.len()) == Some('@') {
        return None;
    }
    let path = slice.len() > host.len();
    let (name, ending) = host.rsplit_once('.')?;
    let lower = !host.contains(|c: char| c.is_ascii_uppercase());
    let country = COUNTRY_ENDINGS.split(' ').any(|e| e == ending);
    let common = COMMON_ENDINGS.contains(&ending);
    let second =
        name.rsplit_once('.').is_some_and(|(_, e)| matches!(e, "co" | "com" | "org" | "gov" | "ac" | "net" | "edu"));
    let known = if path { common || country } else { lower && (common || (country && second)) };
    // "p.m./a.m." and "1.5.de" are none.
    let named = name.split('.').any(|label| label.len() > 1 && label.contains(|c: char| c.is_ascii_alphabetic()));
    (known && named).then(|| trim_url(text, span))
}

fn handle_name(text: &str, span: Span) -> Option<Span> {
    let mut lead = text[..span.begin].chars().rev();
    let opens = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "([\"'“‘«—–/:,".contains(c));
    let free = match lead.next() {
        Some('.') => opens(lead.next()),
        c => opens(c),
    };
    let name = span.slice(text);
    let lettered = name.contains(char::is_alphabetic) && name.chars().nth(30).is_none_or(|_| name.contains('.'));
    (free && lettered && !matches!(after(text, span.end), Some('@'))).then_some(span)
}

fn hashtag(text: &str, span: Span) -> Option<Span> {
    let free = before(text, span.begin).is_none_or(|c| !is_word(Some(c)) && !matches!(c, '&' | '#' | '/'));
    let tag = &span.slice(text)[1..];
    // "#4B" is a flat, "#1MillionStrong" a tag.
    let letters = tag.chars().filter(|c| c.is_alphabetic()).take(2).count();
    (free && (letters > 1 || tag.starts_with(char::is_alphabetic))).then_some(span)
}

fn phone(text: &str, span: Span) -> Option<Span> {
    let loose = |c: char| matches!(c, '.' | '-' | '/' | '$' | '€' | '£' | '#' | ',' | ':' | '=' | '+');
    let ahead = before(text, span.begin);
    // "tel:" and "Phone:" stand close by.
    let joined = ahead.is_some_and(|c| is_word(Some(c)) || loose(c)) && !(ahead == Some(':') && cued(text, span.begin));
    let mut next = text[span.end..].chars();
    let runs_on = match next.next() {
        Some('%') => true,
        Some('.' | ',' | '-' | '/' | ':' | '–') => next.next().is_some_and(|c| c.is_ascii_digit()),
        c => is_word(c),
    };
    if joined || runs_on {
        return None;
    }
    let number = span.slice(text);
    let core = number.split(['e', 'E', 'x']).next().unwrap_or(number);
    let digits = core.bytes().filter(u8::is_ascii_digit).count();
    let plain = core.bytes().all(|b| b.is_ascii_digit() || b == b' ');
    let sound = if number.starts_with('+') {
        (8..=15).contains(&digits)
    } else if core.contains(|c: char| c.is_ascii_uppercase()) {
        true
    } else if core.starts_with('0') || core.starts_with("(0") {
        (9..=11).contains(&digits)
            && !core.starts_with("00")
            && (core.contains(' ')
                || core.contains('-')
                || core.contains('(')
                || core.contains('.')
                || cued(text, span.begin))
            || core.starts_with("0800 ")
    } else {
        // Ten digits in a row, three plain numbers or a short one may be anything.
        let safe = digits >= 10 && !plain;
        digits <= 11 && (safe || cued(text, span.begin))
    };
    sound.then_some(span)
}

/// Whether the words just before promise a telephone number.
fn cued(text: &str, at: usize) -> bool {
    const CUES: [&str; 13] = [
        "phone",
        "tel",
        "telephone",
        "call",
        "calling",
        "dial",
        "fax",
        "hotline",
        "mobile",
        "cell",
        "whatsapp",
        "text",
        "helpline",
    ];
    let lead: Vec<char> = text[..at].chars().rev().take(28).collect();
    let lead: String = lead.into_iter().rev().collect::<String>().to_lowercase();
    lead.split(|c: char| !c.is_alphanumeric()).any(|w| CUES.contains(&w))
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntityType::{Email, Handle, Hashtag, Phone, Url};

    fn check(text: &str, expected: &[(&str, EntityType)]) {
        let found: Vec<_> = patterns(text).into_iter().map(|(span, kind)| (span.slice(text), kind)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn one_of_each() {
        let cases: &[(&str, &str, EntityType)] = &[
            ("See https://example.com/a?b=c#d.", "https://example.com/a?b=c#d", Url),
            ("(see http://example.com/x)", "http://example.com/x", Url),
            (
                "http://en.wikipedia.org/wiki/Mercury_(planet), he said",
                "http://en.wikipedia.org/wiki/Mercury_(planet)",
                Url,
            ),
            ("“https://example.com/”", "https://example.com/", Url),
            ("'http://example.com/it's'", "http://example.com/it", Url),
            ("go to www.example.com!", "www.example.com", Url),
            ("at example.com/path?", "example.com/path", Url),
            ("at example.com.", "example.com", Url),
            ("on bbc.co.uk today", "bbc.co.uk", Url),
            ("https://medium.com/@ann/post #", "https://medium.com/@ann/post", Url),
            ("HTTP://EXAMPLE.COM/X;", "HTTP://EXAMPLE.COM/X", Url),
            ("http://пример.рф/путь.", "http://пример.рф/путь", Url),
            ("mail john.o'neil+news@mail.example.co.uk.", "john.o'neil+news@mail.example.co.uk", Email),
            ("mailto:a@b.org", "a@b.org", Email),
            ("by @Ann_Lee1's friend", "@Ann_Lee1", Handle),
            (".@POTUS spoke", "@POTUS", Handle),
            ("(@x)", "@x", Handle),
            ("“@élan”", "@élan", Handle),
            ("@ann@mastodon.social wrote", "@ann@mastodon.social", Handle),
            ("@ann.bsky.social.", "@ann.bsky.social", Handle),
            ("the #MeToo movement", "#MeToo", Hashtag),
            ("#Укра́їна!", "#Укра́їна", Hashtag),
            ("#1MillionStrong", "#1MillionStrong", Hashtag),
            ("call +1 (212) 555-0100.", "+1 (212) 555-0100", Phone),
            ("+44 20 7946 0958,", "+44 20 7946 0958", Phone),
            ("+44 (0)20 7946 0958", "+44 (0)20 7946 0958", Phone),
            ("+380441234567", "+380441234567", Phone),
            ("(212) 555-0100", "(212) 555-0100", Phone),
            ("at 212-555-0100 ext. 12 now", "212-555-0100 ext. 12", Phone),
            ("212.555.0100", "212.555.0100", Phone),
            ("1-800-555-0199", "1-800-555-0199", Phone),
            ("1-800-273-TALK", "1-800-273-TALK", Phone),
            ("(020) 7946 0958", "(020) 7946 0958", Phone),
            ("07700 900123", "07700 900123", Phone),
            ("01 23 45 67 89", "01 23 45 67 89", Phone),
            ("Phone:2125550100", "2125550100", Phone),
            ("call 555-0100 or", "555-0100", Phone),
        ];
        for (text, surface, kind) in cases {
            check(text, &[(surface, *kind)]);
        }
    }

    #[test]
    fn none() {
        for text in [
            "e.g. this, i.e. that, U.S. and U.K./U.S., p.m./a.m.",
            "1.5 or 3.14.15 or $1.5/kg or 10.km/h",
            "file.Names and Main.rs and St.Petersburg and end.The next",
            "Amazon.com said; Booking.com too",
            "www. and http:// alone",
            "a @ b, 5 @ 10, @ home, @123",
            "issue #1, #4B, C# and &#8217; &#x27;",
            "2005-2010, 1914-18, 2005-06-07, 05.11.2005 12:30, 12/05/2005",
            "won 21-14, 6-4 6-3 7-5, 555-0100 votes",
            "$212-555-0100 or 1,212,555,0100 or 212-555-01000",
            "978-0-306-40615-7, 192.168.0.1, id 4111111111111111, 2125550100",
            "300 400 5000 and +1.5 and +10 percent, 100 000 000 people",
            "v1.0.0.0 and 00 30 000 000",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn several() {
        check(
            "x@y.com, @z, #tag http://a.b/c",
            &[("x@y.com", Email), ("@z", Handle), ("#tag", Hashtag), ("http://a.b/c", Url)],
        );
    }

    #[test]
    fn linear() {
        for unit in ["a.", "a@", "@a", "#", "(0", "+1 ", "1-", "http://", "a.com/", "))", "@a.com", "a-", "'s", "www.a"]
        {
            let text = unit.repeat((1 << 18) / unit.len());
            let start = std::time::Instant::now();
            patterns(&text);
            assert!(start.elapsed().as_secs() < 20, "{unit}");
        }
    }
}
