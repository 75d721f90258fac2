//! Every method over a real socket with the generated client.

mod common;

use std::collections::HashMap;

use common::{ARTICLE, document, extract, start};
use dateline::service::wire::v1;
use tokio_stream::StreamExt;

const DIRECT: i32 = v1::QuoteKind::Direct as i32;

fn extraction(outcome: v1::Outcome) -> v1::Extraction {
    match outcome.result {
        Some(v1::outcome::Result::Extraction(extraction)) => extraction,
        other => panic!("no extraction but {other:?}"),
    }
}

#[tokio::test]
async fn an_article_is_read_as_a_person_would() {
    let (_server, mut client) = start(&[]).await;
    let answer = client.extract(extract(ARTICLE)).await.expect("an answer").into_inner();
    assert_eq!(answer.document_id, "d");
    let found = answer.extraction.expect("an extraction");

    let entity = |name: &str| found.entities.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("no {name}"));
    let solheim = entity("Ingrid Solheim");
    assert_eq!(solheim.r#type(), v1::EntityType::Person);
    assert_eq!(solheim.mentions.len(), 3);
    assert!(entity("Northern Dockers' Federation").mentions.len() >= 2, "NDF is the federation");
    for (name, kind) in [
        ("Kelstad", v1::EntityType::Gpe),
        ("press@ndf-kelstad.example", v1::EntityType::Email),
        ("@NDFKelstad", v1::EntityType::Handle),
        ("https://www.halvorsen-lines.example/news", v1::EntityType::Url),
        ("8.5 percent", v1::EntityType::Percent),
    ] {
        assert_eq!(entity(name).r#type(), kind, "{name}");
    }

    let quote = |words: &str| {
        let holds = |q: &&v1::Quote| q.content.iter().any(|c| c.text.contains(words));
        found.quotes.iter().find(holds).unwrap_or_else(|| panic!("no quote {words}"))
    };
    let speaker = |q: &v1::Quote| q.speaker.clone().unwrap_or_default();
    let opening = quote("We did not come this far");
    assert_eq!((opening.kind(), speaker(opening).entity_id), (v1::QuoteKind::Direct, solheim.entity_id.clone()));
    assert!(!opening.content[0].text.contains('"'));
    let denial = quote("Nobody has been replaced");
    assert_eq!(speaker(denial).name, "Erik Halvorsen", "he is Halvorsen");
    let report = quote("accept a mediator");
    assert_eq!((report.kind(), speaker(report).name), (v1::QuoteKind::Indirect, "Ingrid Solheim".to_owned()));
    assert_eq!(quote("My daughter thinks").kind(), v1::QuoteKind::Direct, "a floating quote");
}

#[tokio::test]
async fn single_batch_and_stream_agree() {
    let (_server, mut client) = start(&["--threads", "2"]).await;
    let paragraphs: Vec<&str> = ARTICLE.split("\n\n").collect();
    let documents: Vec<v1::Document> = paragraphs
        .iter()
        .enumerate()
        .map(|(i, text)| v1::Document { document_id: format!("p{i}"), ..document(text) })
        .chain([v1::Document { document_id: "whole".into(), ..document(ARTICLE) }])
        .collect();

    let mut single = HashMap::new();
    for document in &documents {
        let request = v1::ExtractRequest { document: Some(document.clone()), options: None };
        let answer = client.extract(request).await.expect("an answer").into_inner();
        let one = answer.extraction.expect("an extraction");
        let request = v1::ExtractEntitiesRequest { document: Some(document.clone()), ..Default::default() };
        let entities = client.extract_entities(request).await.expect("entities").into_inner();
        assert_eq!(entities.entities, one.entities);
        let request = v1::ExtractQuotesRequest { document: Some(document.clone()), options: None };
        let quotes = client.extract_quotes(request).await.expect("quotes").into_inner();
        assert_eq!(quotes.quotes, one.quotes);
        assert!(quotes.entities.iter().all(|e| one.entities.contains(e)));
        single.insert(document.document_id.clone(), one);
    }

    let request = v1::BatchExtractRequest { documents: documents.clone(), ..Default::default() };
    let batch = client.batch_extract(request).await.expect("a batch").into_inner();
    let ids: Vec<_> = batch.outcomes.iter().map(|o| o.document_id.clone()).collect();
    assert_eq!(ids, documents.iter().map(|d| d.document_id.clone()).collect::<Vec<_>>());
    for outcome in batch.outcomes {
        let id = outcome.document_id.clone();
        assert_eq!(extraction(outcome), single[&id], "{id}");
    }

    let sent =
        documents.clone().into_iter().map(|d| v1::StreamExtractRequest { document: Some(d), ..Default::default() });
    let mut answers = client.stream_extract(tokio_stream::iter(sent)).await.expect("a stream").into_inner();
    let mut seen = 0;
    while let Some(answer) = answers.next().await {
        let outcome = answer.expect("an answer").outcome.expect("an outcome");
        let id = outcome.document_id.clone();
        assert_eq!(extraction(outcome), single[&id], "{id}");
        seen += 1;
    }
    assert_eq!(seen, documents.len());
}

#[tokio::test]
async fn many_documents_at_once_are_read_as_one_by_one() {
    let (_server, mut client) = start(&["--threads", "4"]).await;
    let paragraphs: Vec<&str> = ARTICLE.split("\n\n").collect();
    // Neighbours of different lengths, none of them alike.
    let texts: Vec<String> = (0..24).map(|i| format!("{i}. {}", paragraphs[i % paragraphs.len()])).collect();
    let mut alone = Vec::new();
    for text in &texts {
        alone.push(client.extract(extract(text)).await.expect("an answer").into_inner());
    }
    let calls = texts.iter().map(|text| {
        let (mut client, request) = (client.clone(), extract(text));
        tokio::spawn(async move { client.extract(request).await })
    });
    let together: Vec<_> = calls.collect();
    for (call, alone) in together.into_iter().zip(alone) {
        assert_eq!(call.await.expect("no panic").expect("an answer").into_inner(), alone);
    }
}

#[tokio::test]
async fn options_narrow_the_answer() {
    let (_server, mut client) = start(&[]).await;
    let person = v1::EntityType::Person as i32;
    let request =
        v1::ExtractEntitiesRequest { document: Some(document(ARTICLE)), entity_types: vec![person], options: None };
    let people = client.extract_entities(request).await.expect("an answer").into_inner().entities;
    assert!(!people.is_empty() && people.iter().all(|e| e.r#type == person));

    let options = Some(v1::ExtractionOptions { min_score: 0.9, ..Default::default() });
    let request = v1::ExtractRequest { document: Some(document(ARTICLE)), options };
    let sure = client.extract(request).await.expect("an answer").into_inner().extraction.expect("an extraction");
    assert!(sure.entities.iter().flat_map(|e| &e.mentions).all(|m| m.score >= 0.9));
    assert!(sure.quotes.iter().all(|q| q.score >= 0.9));

    let quotes = vec![v1::Feature::Quotes as i32];
    let request = v1::BatchExtractRequest { documents: vec![document(ARTICLE)], features: quotes, options: None };
    let batch = client.batch_extract(request).await.expect("a batch").into_inner();
    let found = extraction(batch.outcomes[0].clone());
    assert!(found.quotes.iter().any(|q| q.kind == DIRECT));
    let speakers = found.quotes.iter().filter_map(|q| Some(q.speaker.clone()?.entity_id));
    let addressees = found.quotes.iter().filter_map(|q| Some(q.addressee.clone()?.entity_id));
    let named: Vec<_> = speakers.chain(addressees).collect();
    assert!(found.entities.iter().all(|e| named.contains(&e.entity_id)), "speakers and addressees alone");
}

#[tokio::test]
async fn model_info_tells_every_limit() {
    let (_server, mut client) = start(&["--max-text-bytes", "1000", "--max-batch-documents", "7"]).await;
    let info = client.get_model_info(v1::GetModelInfoRequest {}).await.expect("an answer").into_inner();
    assert!(!info.model_name.is_empty() && !info.model_version.is_empty());
    assert_eq!(info.entity_types.len(), 24);
    assert_eq!(info.language_codes, ["en"]);
    let limits = info.limits.expect("limits");
    assert_eq!((limits.max_text_bytes, limits.max_batch_documents, limits.max_document_id_bytes), (1000, 7, 128));
}

#[tokio::test]
async fn values_count_from_the_time_of_publication() {
    use v1::value::Kind;
    let (_server, mut client) = start(&[]).await;
    let text = "The bank lost about $1.2 billion last month, its chairman Jan Horvat said in Zagreb.";
    let mut values = Vec::new();
    for publish_time in [Some(prost_types::Timestamp { seconds: 1_795_597_200, nanos: 0 }), None] {
        let request = v1::ExtractRequest {
            document: Some(v1::Document { publish_time, ..document(text) }),
            ..Default::default()
        };
        let found = client.extract(request).await.expect("an answer").into_inner().extraction.expect("an extraction");
        values.push(found.entities.into_iter().filter_map(|e| Some((e.name, e.value?))).collect::<Vec<_>>());
    }
    let money =
        v1::MoneyValue { currency_code: "USD".into(), amount: "1200000000".into(), upper_amount: String::new() };
    let money = v1::Value { kind: Some(Kind::Money(money)), modifier: v1::Modifier::About.into() };
    let date = v1::Value { kind: Some(Kind::Date(v1::DateValue { iso8601: "2026-10".into() })), modifier: 0 };
    let (amount, month) = (("about $1.2 billion".to_string(), money), ("last month".to_string(), date));
    assert_eq!(values, [vec![amount.clone(), month], vec![amount]], "without a time, last month is none");
}
