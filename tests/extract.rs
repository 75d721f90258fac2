//! `dateline extract`, the real binary.

use std::fs;

use assert_cmd::Command;
use serde_json::Value;

fn dateline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dateline"));
    command.arg("extract").env_remove("DATELINE_FORMAT");
    command
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn an_article_in_both_formats() {
    let json = dateline().args(["--format", "json", "examples/harbour.txt"]).assert().success();
    let answer = &lines(&json.get_output().stdout)[0];
    assert_eq!(answer["documentId"], "harbour.txt");
    assert_eq!(answer["entities"]["offsetUnit"], "OFFSET_UNIT_UNICODE_CODE_POINT");
    let types: Vec<_> = answer["entities"]["entities"].as_array().expect("a list").iter().map(|e| &e["type"]).collect();
    assert!(types.iter().any(|t| *t == "ENTITY_TYPE_PERSON"));
    assert!(answer["quotes"]["quotes"][0]["content"][0]["endOffset"].is_u64());

    let text = dateline().args(["--format", "text", "examples/harbour.txt"]).assert().success();
    let text = String::from_utf8_lossy(&text.get_output().stdout).into_owned();
    assert!(text.contains("Port strike enters") && text.contains("Ingrid Solheim") && !text.contains('\u{1b}'));
}

#[test]
fn lines_keep_their_order_and_errors_their_place() {
    let good = |id: usize| format!("{{\"document_id\":\"d{id}\",\"text\":\"Ann Lee left Oslo.\",\"quotes\":[]}}");
    let mut input: Vec<String> = (0..40).map(good).collect();
    input[7] = "{not json".into();
    input[9] = "{\"documentId\":\"blank\",\"text\":\" \"}".into();
    let run = dateline().args(["--jsonl", "--threads", "2"]).write_stdin(input.join("\n")).assert().code(1);
    let answers = lines(&run.get_output().stdout);
    assert_eq!(answers.len(), 40);
    for (i, answer) in answers.iter().enumerate() {
        match i {
            7 | 9 => assert!(answer["error"]["message"].is_string(), "{answer}"),
            _ => assert_eq!(answer["documentId"], format!("d{i}")),
        }
    }
    let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(errors.contains("-:8") && errors.contains("-:10"), "{errors}");
}

#[test]
fn a_bad_file_is_named_and_the_rest_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.txt");
    fs::write(&broken, b"First line.\nSecond \xff line.\n").expect("a file");
    let run = dateline()
        .args(["--format", "json", "no-such-file.txt"])
        .arg(&broken)
        .arg("examples/harbour.txt")
        .assert()
        .code(1);
    let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(errors.contains("no-such-file.txt") && errors.contains("broken.txt:2"), "{errors}");
    assert_eq!(lines(&run.get_output().stdout).len(), 1);
}

#[test]
fn a_line_that_is_not_utf8_is_named_and_the_rest_is_read() {
    let mut input = b"{\"documentId\":\"a\",\"text\":\"Ann Lee left.\"}\n{\"text\":\"\xff\"}\n\n".to_vec();
    input.extend_from_slice(b"{\"document_id\":\"b\",\"text\":\"Bo Ek left.\"}\n");
    let run = dateline().args(["--jsonl", "-"]).write_stdin(input).assert().code(1);
    let answers = lines(&run.get_output().stdout);
    assert_eq!((&answers[0]["documentId"], &answers[2]["documentId"]), (&"a".into(), &"b".into()));
    assert!(answers[1]["error"]["message"].as_str().is_some_and(|message| message.contains("UTF-8")));
    let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(errors.contains("-:2") && errors.contains("UTF-8"), "{errors}");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let text = |variable: &str| {
        let mut command = dateline();
        command.env_remove("NO_COLOR").env(variable, "1").args(["--format", "text", "examples/harbour.txt"]);
        String::from_utf8_lossy(&command.assert().success().get_output().stdout).contains('\u{1b}')
    };
    assert!(text("CLICOLOR_FORCE"));
    assert!(!text("NO_COLOR"));
}

#[test]
fn bad_configuration_is_told_before_anything_starts() {
    for (name, value, parts) in
        [("DATELINE_THREADS", "none", ["--threads", "none"]), ("DATELINE_FORMAT", "xml", ["--format", "json"])]
    {
        let run = dateline().env(name, value).arg("examples/harbour.txt").assert().code(2);
        let errors = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(parts.iter().all(|part| errors.contains(part)), "{errors}");
    }
}
