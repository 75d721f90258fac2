//! Who is quoted saying what: the network's source, cue and content spans and the quotation marks of the text,
//! linked into attributions, each with its speaker.

mod addressee;
mod bearers;
mod direct;
mod linking;
mod marks;
mod phrases;
mod speakers;

use std::collections::HashSet;

use super::decoder::Labelled;
use super::document::Document;
use half::bf16;

use super::encoder::Rows;
use super::labels::{Labels, Role};
use super::{Addressee, Entity, EntityType, Quote, QuoteKind, Speaker};

/// The quotes of a document in text order. `spans` are the network's in text order, `link` its link vectors;
/// speakers are indices into `entities`.
pub fn quotes(
    document: &Document,
    spans: &[Labelled<Role>],
    link: &Rows<bf16>,
    labels: &Labels,
    entities: &[Entity],
) -> Vec<Quote> {
    let marks = marks::quoted(document);
    let links = linking::Links::new(link, labels);
    let mut attributions = linking::link(document, spans, &links);
    direct::fit_to_marks(document, &marks, &mut attributions);
    direct::split_floating(document, &marks, &mut attributions);
    direct::add_unseen(document, &marks, &mut attributions);
    direct::finish_turns(document, &mut attributions);
    let speakers = speakers::Speakers::new(document, &links, entities, labels.calibration.speaker);
    let is_time = |e: &&Entity| matches!(e.entity_type, EntityType::Date | EntityType::Time);
    let dates: HashSet<usize> =
        entities.iter().filter(is_time).flat_map(|e| &e.mentions).flat_map(|m| document.words_in(m.span)).collect();
    let mut previous: Option<Speaker> = None;
    attributions
        .into_iter()
        .map(|mut attribution| {
            let kind = direct::kind(document, &marks, &attribution);
            if kind == QuoteKind::Mixed {
                direct::with_marks(document, &mut attribution);
                attribution.join_overlapping();
            }
            let addressee = addressee::addressee(document, &attribution, |word| dates.contains(&word));
            let spoken_to = addressee.as_ref().and_then(|words| speakers.named_by(words));
            let speaker = speakers.of(&attribution, previous.as_ref(), spoken_to);
            previous.clone_from(&speaker);
            Quote {
                kind,
                content: attribution.content.iter().map(|part| document.span(part.clone())).collect(),
                cue: attribution.cue.map(|words| document.span(words)),
                source: attribution.source.map(|words| document.span(words)),
                speaker,
                addressee: addressee.map(|words| Addressee { span: document.span(words), entity: spoken_to }),
                score: labels.calibration.quote.apply(attribution.score),
            }
        })
        .collect()
}
