//! To whom something was said, where that is written beside the cue: "told Newsweek", "said to reporters".

use std::ops::Range;

use super::linking::Attribution;
use crate::extraction::document::Document;

/// Verbs whose object is spoken to.
const TO_SOMEBODY: [&str; 36] = [
    "told",
    "tell",
    "tells",
    "telling",
    "asked",
    "ask",
    "asks",
    "asking",
    "urged",
    "urge",
    "urges",
    "urging",
    "warned",
    "warn",
    "warns",
    "warning",
    "informed",
    "informs",
    "assured",
    "assures",
    "reminded",
    "ordered",
    "orders",
    "advised",
    "instructed",
    "notified",
    "accused",
    "accuses",
    "accusing",
    "begged",
    "implored",
    "briefed",
    "promised",
    "encouraged",
    "thanked",
    "texted",
];
/// Verbs that take "to": "said to reporters".
const SPEAK_TO: [&str; 12] = [
    "said",
    "says",
    "wrote",
    "complained",
    "explained",
    "confirmed",
    "admitted",
    "confided",
    "suggested",
    "remarked",
    "confessed",
    "announced",
];
/// Words that end an addressee, or show that there is none.
const ENDS: [&str; 43] = [
    "that",
    "to",
    "of",
    "in",
    "on",
    "at",
    "during",
    "about",
    "after",
    "before",
    "by",
    "when",
    "while",
    "if",
    "whether",
    "how",
    "why",
    "what",
    "who",
    "not",
    "for",
    "against",
    "as",
    "from",
    "through",
    "via",
    "over",
    "last",
    "this",
    "yesterday",
    "earlier",
    "later",
    "today",
    "is",
    "was",
    "had",
    "has",
    "will",
    "would",
    "should",
    "there",
    "he",
    "she",
];
/// An addressee in words, at most.
const LONGEST: usize = 10;

/// The words of the addressee, if the cue is followed by one. `dates` tells the words of dates and times, which are
/// nobody.
pub fn addressee(
    document: &Document,
    attribution: &Attribution,
    dates: impl Fn(usize) -> bool,
) -> Option<Range<usize>> {
    let cue = attribution.cue.as_ref()?;
    let verb = document.word(cue.end.checked_sub(1)?).to_lowercase();
    let begin = if TO_SOMEBODY.contains(&verb.as_str()) {
        cue.end
    } else if SPEAK_TO.contains(&verb.as_str()) && document.word(cue.end) == "to" {
        cue.end + 1
    } else {
        return None;
    };
    let taken: Vec<&Range<usize>> = attribution.content.iter().chain(&attribution.source).collect();
    let sentence = document.sentences.partition_point(|s| s.end <= begin);
    let end = document.sentences.get(sentence)?.end;
    let ends = |&word: &usize| {
        let text = document.word(word);
        let mark = !text.starts_with(char::is_alphanumeric) && !matches!(text, "-" | "'" | "’" | "." | "&");
        let stop = text == "." && word + 1 == end;
        mark || stop || ENDS.contains(&text) || dates(word) || taken.iter().any(|part| part.contains(&word))
    };
    let phrase = begin..(begin..end).find(ends).unwrap_or(end);
    (!phrase.is_empty() && phrase.len() <= LONGEST).then_some(phrase)
}
