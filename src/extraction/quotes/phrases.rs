//! Noun phrases that speak: where their head ends.

use std::ops::Range;

use crate::extraction::document::{Document, Gap};

/// Words that end the head phrase of an unnamed speaker ("a father | who had come").
const AFTER_HEAD: [&str; 8] = [",", "(", "who", "whose", "that", "which", "at", "near"];

/// The head phrase: without its article and without what comes behind its noun.
pub fn head(document: &Document, phrase: &Range<usize>) -> Range<usize> {
    let word = |at: usize| document.word(at);
    let article = matches!(word(phrase.start), "the" | "The" | "a" | "A" | "an" | "An");
    let begin = if article && phrase.len() > 2 || article && phrase.len() == 2 && word(phrase.start + 1) != "." {
        phrase.start + 1
    } else {
        phrase.start
    };
    // A word of a number or a compound touches the one before: "100,000", "mother-in-law".
    let touches = |at: usize| document.words.get(at).is_some_and(|w| w.gap == Gap::None);
    let ends = |&at: &usize| {
        let apart = if word(at) == "," { at + 1 == phrase.end || !touches(at + 1) } else { !touches(at) };
        apart && (AFTER_HEAD.contains(&word(at)) || is_clause(word(at), word(at + 1)))
    };
    begin..(begin + 1..phrase.end).find(ends).unwrap_or(phrase.end)
}

/// A participle with what belongs to it: "a study | published in Nature".
fn is_clause(word: &str, next: &str) -> bool {
    let participle = word.ends_with("ed") || word.ends_with("ing") || matches!(word, "seen" | "sent");
    participle && (PREPOSITIONS.contains(&next) || matches!(next, "this" | "last" | "through"))
}

/// They end a phrase's noun: "head | of the party". A name behind them is somebody else's.
pub const PREPOSITIONS: [&str; 12] =
    ["of", "for", "from", "by", "with", "to", "on", "about", "in", "at", "near", "among"];

/// The phrase's noun: its last word before a preposition ("audit | tabled by the Office").
pub fn noun(document: &Document, phrase: &Range<usize>) -> usize {
    let word = |at: usize| document.word(at);
    let end = (phrase.start + 1..phrase.end).find(|&at| PREPOSITIONS.contains(&word(at))).unwrap_or(phrase.end);
    let participle = word(end) == "by" && end > phrase.start + 1 && word(end - 1).ends_with("ed");
    end.max(phrase.start + 1) - 1 - usize::from(participle)
}

/// This word ends a noun phrase or goes on behind its noun.
pub fn follows_noun(word: &str) -> bool {
    AFTER_HEAD.contains(&word) || PREPOSITIONS.contains(&word) || word.ends_with("ed") || word == "and"
}
