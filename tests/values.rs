//! The expressions of `tests/values.tsv`, through the public API. `UPDATE_KNOWN=1` marks those that fail as known.

use std::{env, fs};

use dateline::extraction::EntityType;
use dateline::extraction::values::{Normalised, normalise};
use jiff::civil::Date;
use proptest::prelude::*;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/values.tsv");

fn entity_type(name: &str) -> EntityType {
    match name {
        "DATE" => EntityType::Date,
        "TIME" => EntityType::Time,
        "MONEY" => EntityType::Money,
        "PERCENT" => EntityType::Percent,
        "QUANTITY" => EntityType::Quantity,
        "ORDINAL" => EntityType::Ordinal,
        "CARDINAL" => EntityType::Cardinal,
        _ => panic!("no type with values: {name}"),
    }
}

/// As the table writes values.
fn written(found: Option<Normalised>) -> String {
    found.map_or("-".into(), |value| value.to_string())
}

#[test]
fn every_expression_has_its_value_or_is_known_to_fail() {
    let table = fs::read_to_string(TABLE).expect("table");
    let (mut marked, mut wrong, mut passed, mut count) = (String::new(), Vec::new(), 0, 0);
    for line in table.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [mark, kind, text, published, expected] = columns[..] else {
            marked += &format!("{line}\n");
            continue;
        };
        let date: Option<Date> = (published != "-").then(|| published.parse().expect("a date"));
        let found = written(normalise(entity_type(kind), text, date.map(|d| d.at(9, 0, 0, 0))));
        count += 1;
        passed += usize::from(found == expected);
        if (found == expected) != (mark == "ok") {
            wrong.push(format!("{kind} {text:?}: expected {expected}, found {found}, marked {mark}"));
        }
        let mark = if found == expected { "ok" } else { "known" };
        marked += &format!("{mark}\t{kind}\t{text}\t{published}\t{expected}\n");
    }
    println!("{passed} of {count} expressions");
    if env::var_os("UPDATE_KNOWN").is_some() {
        fs::write(TABLE, marked).expect("table");
    } else {
        assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    }
    assert!(count >= 400, "{count} expressions");
}

proptest! {
    #[test]
    fn any_text_gives_a_value_or_none(text in "[\\PC\\s]{0,60}", kind in 0usize..7) {
        let kinds = ["DATE", "TIME", "MONEY", "PERCENT", "QUANTITY", "ORDINAL", "CARDINAL"];
        let published = Some(jiff::civil::date(2026, 11, 25).at(9, 0, 0, 0));
        normalise(entity_type(kinds[kind]), &text, published);
    }

    #[test]
    fn near_misses_do_not_panic(
        words in prop::collection::vec("(a|an|the|one|two|hundred|million|and|half|-|to|between|last|next|days|ago|of|May|5|2020|\\$|%|am|:|30|quarter|first|’s)", 0..9),
        kind in 0usize..7,
    ) {
        let kinds = ["DATE", "TIME", "MONEY", "PERCENT", "QUANTITY", "ORDINAL", "CARDINAL"];
        normalise(entity_type(kinds[kind]), &words.join(" "), Some(jiff::civil::date(9999, 12, 31).at(9, 0, 0, 0)));
    }

    #[test]
    fn numbers_come_back(n in 0u64..1_000_000_000_000) {
        let found = |text: String| written(normalise(EntityType::Cardinal, &text, None));
        prop_assert_eq!(found(n.to_string()), n.to_string());
        let digits = n.to_string();
        let grouped: Vec<String> = digits.as_bytes().rchunks(3).rev().map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        prop_assert_eq!(found(grouped.join(",")), digits);
    }
}
