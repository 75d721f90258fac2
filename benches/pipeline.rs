//! The pipeline on one thread, whole and stage by stage: `cargo bench`.
//! Throughput is counted in words (white space between) of the article in `examples/`.

// The macros of criterion write functions without comments.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dateline::extraction::document::Document;
use dateline::extraction::encoder::Encoder;
use dateline::extraction::entities::{self, TypedSpan};
use dateline::extraction::labels::Labels;
use dateline::extraction::tokenizer::Tokenizer;
use dateline::extraction::{Extractor, Features, OffsetUnit, Offsets, Reading, Span, decoder, quotes};

const ARTICLE: &str = include_str!("../examples/harbour.txt");

fn pipeline(criterion: &mut Criterion) {
    let labels = Labels::new().expect("the embedded labels load");
    let encoder = Encoder::new(&labels).expect("the embedded network loads");
    let extractor = Extractor::new().expect("the embedded model loads");
    let tokenizer = Tokenizer::new();
    let document = Document::new(ARTICLE);
    let pieces = tokenizer.encode(&document);
    let network = || {
        let mut progress = encoder.begin(&document, &pieces, true);
        encoder.advance(&mut progress, &pieces, usize::MAX);
        progress
    };
    let progress = network();
    let scores = progress.finished().expect("all windows are read");
    let spans = decoder::decode(&scores.entity, &labels.entity);
    let roles = decoder::decode(&scores.quote, &labels.quote);
    let mentions: Vec<TypedSpan> = spans
        .iter()
        .map(|m| TypedSpan { span: document.span(m.words.clone()), entity_type: m.label, score: m.score })
        .collect();
    let found = entities::resolve(ARTICLE, mentions.clone());

    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(ARTICLE.split_whitespace().count() as u64));
    group.bench_function("words and sentences", |b| b.iter(|| Document::new(ARTICLE)));
    group.bench_function("wordpieces", |b| b.iter(|| tokenizer.encode(&document)));
    group.bench_function("network", |b| b.iter(network));
    group.bench_function("decoding", |b| {
        b.iter(|| (decoder::decode(&scores.entity, &labels.entity), decoder::decode(&scores.quote, &labels.quote)));
    });
    group.bench_function("patterns and clusters", |b| b.iter(|| entities::resolve(ARTICLE, mentions.clone())));
    group.bench_function("quotes and speakers", |b| {
        b.iter(|| quotes::quotes(&document, &roles, &scores.link, &labels, &found));
    });
    group.bench_function("offsets", |b| {
        b.iter(|| Offsets::new(ARTICLE, OffsetUnit::Utf16CodeUnit).convert(Span { begin: 100, end: 200 }));
    });
    group.bench_function("entities alone", |b| {
        b.iter(|| {
            let mut reading = Reading::new(ARTICLE, None, Features { entities: true, quotes: false });
            extractor.read_on(&mut reading, usize::MAX)
        });
    });
    group.bench_function("whole", |b| b.iter(|| extractor.extract(ARTICLE, None)));
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
