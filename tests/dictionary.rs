//! A caller's dictionary: its ids in answers, the network overridden, reload while calls go on.

mod common;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{channel, extract};
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

const TEXT: &str = "Officials in Oslo said the Blue Gate Initiative would open in May.";

/// The next event whose message begins so, of a log in JSON.
async fn event(log: &mut Lines<BufReader<ChildStderr>>, message: &str) -> serde_json::Value {
    loop {
        let line = log.next_line().await.expect("a line").expect("the server runs");
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        if line["fields"]["message"].as_str().is_some_and(|m| m.starts_with(message)) {
            return line["fields"].clone();
        }
    }
}

fn serve(dictionary: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--dictionary"])
        .arg(dictionary)
        .env_remove("RUST_LOG")
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts")
}

/// Entities that the dictionary links: name, type and id.
async fn linked(client: &mut common::Client) -> Vec<(String, v1::EntityType, String)> {
    let answer = client.extract(extract(TEXT)).await.expect("an answer").into_inner();
    let entities = answer.extraction.expect("an extraction").entities;
    let own = |e: &v1::Entity| e.links.iter().find(|l| l.source == "own").map(|l| l.id.clone());
    entities.iter().filter_map(|e| Some((e.name.clone(), e.r#type(), own(e)?))).collect()
}

#[tokio::test]
async fn a_dictionary_links_overrides_and_reloads_while_calls_go_on() {
    use v1::EntityType::{Event, Gpe};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.csv");
    let write = |text: &str| std::fs::write(&path, text).expect("a file");
    write("name,aliases,type,id,override\nOslo,Christiania,,city-1,\nBlue Gate Initiative,,EVENT,event-7,true\n");
    let mut server = serve(&path);
    let mut log = BufReader::new(server.stderr.take().expect("a pipe")).lines();
    let address = event(&mut log, "listening").await["address"].as_str().expect("an address").parse().expect("one");
    event(&mut log, "serving").await;
    let mut client = ExtractionServiceClient::new(channel(address).await);
    let gate = ("Blue Gate Initiative".to_string(), Event, "event-7".to_string());
    assert_eq!(linked(&mut client).await, [("Oslo".into(), Gpe, "city-1".into()), gate.clone()]);

    let calls = {
        let mut client = client.clone();
        tokio::spawn(async move {
            let until = tokio::time::Instant::now() + Duration::from_secs(2);
            while tokio::time::Instant::now() < until {
                client.extract(extract(TEXT)).await.expect("no call is lost");
            }
        })
    };
    let id = server.id().expect("a running process").to_string();
    let hang_up = || std::process::Command::new("kill").args(["-HUP", &id]).status().expect("kill");
    write("name,id\nOslo,city-2\n");
    hang_up();
    assert_eq!(event(&mut log, "dictionary loaded").await["entries"], 1);
    assert_eq!(linked(&mut client).await, [("Oslo".into(), Gpe, "city-2".into())]);

    write("name,id\nOslo,city-3\n,city-4\n");
    hang_up();
    let refused = event(&mut log, "dictionary not reloaded").await["error"].to_string();
    assert!(refused.contains("own.csv:3") && refused.contains("name"), "{refused}");
    assert_eq!(linked(&mut client).await, [("Oslo".into(), Gpe, "city-2".into())], "the old one stays");
    calls.await.expect("no panic");
}

#[tokio::test]
async fn a_broken_dictionary_at_the_start_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.csv");
    std::fs::write(&path, "name,id,type\nOslo,1,CITY\n").expect("a file");
    let ended = serve(&path).wait_with_output().await.expect("an end");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && told.contains("own.csv:2: type: \"CITY\""), "{told}");
    let ended = assert_cmd::Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(["extract", "--dictionary"])
        .arg(&path)
        .write_stdin(TEXT)
        .output()
        .expect("an end");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && told.contains("own.csv:2: type: \"CITY\""), "{told}");
}
