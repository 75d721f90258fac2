//! The pipeline on one thread, whole and by the stage that a caller can reach: `cargo bench`.
//! Throughput is counted in words (white space between) of the article in `examples/`.

// The macros of criterion write functions without comments.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dateline::extraction::document::Document;
use dateline::extraction::tokenizer::Tokenizer;
use dateline::extraction::{Extractor, OffsetUnit, Offsets, Span, entities};

const ARTICLE: &str = include_str!("../examples/harbour.txt");

fn pipeline(criterion: &mut Criterion) {
    let extractor = Extractor::new().expect("the embedded model loads");
    let tokenizer = Tokenizer::new();
    let document = Document::new(ARTICLE);
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(ARTICLE.split_whitespace().count() as u64));
    group.bench_function("words and sentences", |b| b.iter(|| Document::new(ARTICLE)));
    group.bench_function("wordpieces", |b| b.iter(|| tokenizer.encode(&document)));
    group.bench_function("patterns", |b| b.iter(|| entities::patterns(ARTICLE)));
    group.bench_function("offsets", |b| {
        b.iter(|| Offsets::new(ARTICLE, OffsetUnit::Utf16CodeUnit).convert(Span { begin: 100, end: 200 }));
    });
    group.bench_function("whole", |b| b.iter(|| extractor.extract(ARTICLE)));
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
