//! The article as a person reads it: entities in the colour of their type, quotes underlined, and tables under it.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};

use crate::extraction::{EntityType, Extraction, QuoteKind, Span};
use crate::service::request::Document;

/// What covers a stretch of text.
#[derive(Clone, Copy)]
enum Mark {
    Entity(EntityType),
    Content,
    Cue,
    Source,
}

/// The marked article and the tables.
pub fn answer(document: &Document, extraction: &Extraction) -> String {
    let mut out = marked(&document.text, extraction);
    let mut entities = table(["entity", "type", "mentions", "value"]);
    for entity in &extraction.entities {
        let count = entity.mentions.len().to_string();
        let value = entity.value.as_ref().map(ToString::to_string).unwrap_or_default();
        entities.add_row([clean(&entity.name), format!("{:?}", entity.entity_type), count, value]);
    }
    let mut quotes = table(["speaker", "as written", "cue", "kind", "quote"]);
    for quote in &extraction.quotes {
        let written = |span: Option<Span>| clean(span.map_or("", |s| s.slice(&document.text)));
        let content: Vec<_> = quote.content.iter().map(|span| clean(span.slice(&document.text))).collect();
        quotes.add_row([
            clean(quote.speaker.as_ref().map_or("?", |speaker| &speaker.name)),
            written(quote.source),
            written(quote.cue),
            kind(quote.kind).into(),
            content.join(" … "),
        ]);
    }
    let _ = write!(out, "\n\n{entities}\n\n{quotes}\n");
    out
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    table
}

/// One line, and nothing that a terminal would obey.
fn clean(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").replace(char::is_control, "\u{fffd}")
}

fn kind(kind: QuoteKind) -> &'static str {
    match kind {
        QuoteKind::Direct => "direct",
        QuoteKind::Indirect => "indirect",
        QuoteKind::Mixed => "mixed",
    }
}

/// The text with styles switched at the borders of spans.
fn marked(text: &str, extraction: &Extraction) -> String {
    let entities = extraction
        .entities
        .iter()
        .flat_map(|entity| entity.mentions.iter().map(|mention| (mention.span, Mark::Entity(entity.entity_type))));
    let quotes = extraction.quotes.iter().flat_map(|quote| {
        let parts = quote.content.iter().map(|span| (*span, Mark::Content));
        parts.chain(quote.cue.map(|span| (span, Mark::Cue))).chain(quote.source.map(|span| (span, Mark::Source)))
    });
    // Ends before begins, so that spans which touch do not run into each other.
    let mut borders: Vec<(usize, bool, Mark)> =
        entities.chain(quotes).flat_map(|(span, mark)| [(span.begin, true, mark), (span.end, false, mark)]).collect();
    borders.sort_by_key(|&(at, begins, _)| (at, begins));
    let mut out = String::new();
    let (mut entity, mut content, mut cue, mut source, mut from) = (None, 0, 0, 0, 0);
    for (at, begins, mark) in borders {
        let style = style(entity, content > 0, cue > 0, source > 0);
        let _ = write!(out, "{style}{}{style:#}", visible(&text[from..at]));
        from = at;
        let step = if begins { 1 } else { -1 };
        match mark {
            Mark::Entity(kind) => entity = begins.then_some(kind),
            Mark::Content => content += step,
            Mark::Cue => cue += step,
            Mark::Source => source += step,
        }
    }
    out + &visible(&text[from..])
}

/// Control characters but line breaks and tabs, made visible: an article must not steer the terminal.
fn visible(text: &str) -> String {
    text.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t'), "\u{fffd}")
}

fn style(entity: Option<EntityType>, content: bool, cue: bool, source: bool) -> Style {
    use EntityType::{
        Event, Facility, Gpe, Language, Law, Location, Norp, Organization, Person, Product, Title, WorkOfArt,
    };
    let mut style = Style::new();
    if let Some(kind) = entity {
        let colour = match kind {
            Person | Title => AnsiColor::Green,
            Organization => AnsiColor::Blue,
            Gpe | Location | Facility => AnsiColor::Magenta,
            Norp | Language => AnsiColor::Yellow,
            Event | Product | WorkOfArt | Law => AnsiColor::Red,
            _ => AnsiColor::Cyan,
        };
        style = style.fg_color(Some(colour.into()));
    }
    if content {
        style = style.underline();
    }
    if cue {
        style = style.italic();
    }
    if source {
        style = style.bold();
    }
    style
}
